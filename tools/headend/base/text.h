/* What people type: names, sites, time zones, channel ids. Each check names the field in its error. */
#ifndef HEADEND_BASE_TEXT_H
#define HEADEND_BASE_TEXT_H

#include <stddef.h>

#include "base/error.h"

#define TEXT_NAME_MAX  100 /* bytes of a name, site or title */
#define CHANNEL_ID_MAX 63  /* bytes */
#define TIME_ZONE_MAX  64  /* bytes */

/* UTF-8 (RFC 3629) of at most `max` bytes without control characters. */
PP_MUST_USE bool text_check(const char *field, const char *text, size_t min, size_t max,
                            struct pp_error *error);
/* Lower-case letters, digits and dashes, beginning with a letter or a digit. */
PP_MUST_USE bool channel_id_check(const char *id, struct pp_error *error);
/* Makes an id of what people call a channel: "Café & Bar" becomes "cafe-bar". False where no letter or digit of
 * it can stand in one. */
bool channel_id_of_title(const char *title, char id[CHANNEL_ID_MAX + 1]);
/* A name of the tz database: "Europe/Paris". */
PP_MUST_USE bool time_zone_check(const char *zone, struct pp_error *error);
/* "en" or "fr". */
PP_MUST_USE bool locale_check(const char *locale, struct pp_error *error);

/* Writes it in lower case (Latin, Greek, Cyrillic, Armenian), for comparisons, in as many bytes; what does not fit
 * is cut between two characters. A byte that is not UTF-8 becomes a question mark. */
void text_fold(const char *text, char *out, size_t size);
/* Makes a question mark of each byte that is not UTF-8: of text that was cut anywhere, before others read it. */
void text_mend(char *text);
/* How many of the first `size` bytes of UTF-8 are at most `max` and end with a character. */
size_t text_fit(const char *text, size_t size, size_t max);
/* Lower case of a name, site or title, as it is kept to be searched; what is longer is not found by its end. Returns
 * `out`, or NULL for NULL. */
#define TEXT_FOLDED_SIZE 512 /* bytes, with the NUL */
const char *text_folded(const char *text, char out[TEXT_FOLDED_SIZE]);

#define TEXT_LINE_MAX 1024 /* bytes */
/* Prints text from elsewhere on the standard output; its lines and tabs stay (base/visible.h). */
void text_print(const char *text);

#endif
