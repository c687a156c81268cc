/* The words of the status screens, by language and name ("enrol.title"). */
#ifndef PP_RENDER_STATUS_STRINGS_H
#define PP_RENDER_STATUS_STRINGS_H

#include "base/json.h"
#include "render/status/screen.h"

struct strings {
    cJSON *english, *french;
};

bool strings_load(struct strings *strings, struct pp_error *error);
void strings_finish(struct strings *strings);

/* Borrowed. `language` is English or French; "" for a name that there is not. */
const char *strings_get(const struct strings *strings, enum screen_language language, const char *name);

#endif
