/* The words of the status screens, by language and name ("enrol.title"). */
#ifndef PP_RENDER_STATUS_STRINGS_H
#define PP_RENDER_STATUS_STRINGS_H

#include "base/json.h"
#include "render/status/screen.h"

struct strings {
    cJSON *english, *french;
};

PP_MUST_USE bool strings_load(struct strings *strings, struct pp_error *error);
void strings_finish(struct strings *strings);

#define STRINGS_REASON_MAX 512 /* bytes with the NUL */

/* What is shown of a reason that pingplay-network(8) has given in English: "reason.*", of which a star stands for any
 * text, the same in both. A field's name before it ("addresses: ") is left out. False where no word of it is known. */
bool strings_reason(const struct strings *strings, enum screen_language language, const char *reason,
                    char shown[STRINGS_REASON_MAX]);

/* The same on a screen ("stick-failed"): in its words for all others (its "other") where none of it is known; "" for
 * "". What came in English, as from NetworkManager, is for the log. */
void strings_explain(const struct strings *strings, enum screen_language language, const char *screen,
                     const char *reason, char shown[STRINGS_REASON_MAX]);

/* Borrowed. `language` is English or French; "" for a name that there is not. */
const char *strings_get(const struct strings *strings, enum screen_language language, const char *name);

#endif
