/*
 * Urgent messages: what a display point shows over everything else, at once, until their end. The headend lists them in
 * the state that it signs (design §6), so whoever ends TLS can make none, and can only hold one back:
 *
 *   "messages": [{"id": "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f",
 *                 "severity": "extreme", "style": "full", "sound": "mute", "from": 1795900000, "until": 1795903600,
 *                 "texts": [{"language": "en", "title": "Leave the building", "text": "Use the stairs."},
 *                           {"language": "fr", "title": "Quittez le bâtiment", "text": "Prenez l'escalier."}]}]
 *
 * Of several that are in effect the most severe one is shown, of those the one that began last. A text is chosen by the
 * display point's locale: that language and region, else that language, else the first.
 */
#ifndef PP_COMMAND_URGENT_H
#define PP_COMMAND_URGENT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "command/command.h"

#define URGENT_LIST_MAX       4            /* of a state */
#define URGENT_TEXTS_MAX      6            /* languages of one */
#define URGENT_LANGUAGE_MAX   15           /* bytes of a tag (BCP 47), as a locale has */
#define URGENT_TITLE_MAX      160          /* bytes */
#define URGENT_TEXT_MAX       600          /* bytes */
#define URGENT_LIFETIME_MAX_S (7 * 86400)  /* from "from" to "until" */
#define URGENT_AHEAD_MAX_S    (30 * 86400) /* of "from", when it is sent */

enum urgent_severity { URGENT_INFO, URGENT_WARNING, URGENT_SEVERE, URGENT_EXTREME, URGENT_SEVERITIES };
enum urgent_style { URGENT_FULL, URGENT_BAND, URGENT_STYLES };
/* What becomes of the sound of what goes on beneath. */
enum urgent_sound { URGENT_KEEP, URGENT_DUCK, URGENT_MUTE, URGENT_SOUNDS };

struct urgent_text {
    char language[URGENT_LANGUAGE_MAX + 1];
    char title[URGENT_TITLE_MAX + 1]; /* one line */
    char text[URGENT_TEXT_MAX + 1];   /* lines; "" none */
};

struct urgent {
    char id[COMMAND_ID_SIZE];
    enum urgent_severity severity;
    enum urgent_style style;
    enum urgent_sound sound;
    int64_t from_s, until_s; /* s since 1970, by the clock of whoever signed the state */
    struct urgent_text texts[URGENT_TEXTS_MAX];
    size_t text_count; /* at least one */
};

struct urgent_list {
    struct urgent items[URGENT_LIST_MAX];
    size_t count;
};

/* "severe", "band", "duck". */
const char *urgent_severity_name(enum urgent_severity severity);
const char *urgent_style_name(enum urgent_style style);
const char *urgent_sound_name(enum urgent_sound sound);
PP_MUST_USE bool urgent_severity_find(const char *name, enum urgent_severity *severity);
PP_MUST_USE bool urgent_style_find(const char *name, enum urgent_style *style);
PP_MUST_USE bool urgent_sound_find(const char *name, enum urgent_sound *sound);
/* What a severity does to the sound where nobody says. */
enum urgent_sound urgent_sound_of(enum urgent_severity severity);

/* The member "messages" of a state, which may be missing. PP_E_INVALID or PP_E_LIMIT, naming the field, for what has
 * not the shape above: then none of it counts. Members that are not known are ignored. */
PP_MUST_USE bool urgent_list_parse(const cJSON *state, struct urgent_list *out, struct pp_error *error);
/* The same for whoever signs one at `now_s`: members that are not known are refused, and what begins later than one may
 * be sent ahead (a day more, for a clock that was set). */
PP_MUST_USE bool urgent_list_check(const cJSON *state, int64_t now_s, struct pp_error *error);
/* The member "texts" alone: of an object that has it. */
PP_MUST_USE bool urgent_texts_parse(const cJSON *object, struct urgent *out, struct pp_error *error);

/* The one to be shown at `now_s`; NULL where none is in effect. `*again_s`: when that may change, 0 never. */
const struct urgent *urgent_find(const struct urgent_list *list, int64_t now_s, int64_t *again_s);
/* Never NULL. */
const struct urgent_text *urgent_choose(const struct urgent *urgent, const char *locale);

#endif
