#include "headend/base/silence.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name;
    int64_t seconds;
} units[] = {{"d", 24 * 60 * 60}, {"h", 60 * 60}, {"min", 60}, {"s", 1}};

static int64_t unit_seconds(const char *name) {
    for (size_t i = 0; i < PP_COUNT(units); i++) {
        if (strcmp(name, units[i].name) == 0)
            return units[i].seconds;
    }
    return 0;
}

bool silence_read(const char *text, int64_t *seconds, struct pp_error *error) {
    *seconds = 0;
    if (strcmp(text, "never") == 0)
        return true;
    size_t digits = strspn(text, "0123456789");
    int64_t number = digits && digits < 10 ? strtoll(text, NULL, 10) : 0;
    int64_t unit = unit_seconds(text + digits + strspn(text + digits, " "));
    if (!unit || !digits || digits >= 10)
        return pp_fail(error, PP_E_INVALID,
                       "\"%.40s\" is no time: say never, or a number with d, h or min, like 7d", text);
    if (number * unit < SILENCE_LEAST_S || number * unit > SILENCE_MAX_S)
        return pp_fail(error, PP_E_INVALID, "\"%s\": must be from 1min to 3660d", text);
    *seconds = number * unit;
    return true;
}

void silence_text(int64_t seconds, char text[SILENCE_TEXT_SIZE]) {
    snprintf(text, SILENCE_TEXT_SIZE, "never");
    for (size_t i = 0; seconds && i < PP_COUNT(units); i++) {
        if (seconds % units[i].seconds == 0) {
            snprintf(text, SILENCE_TEXT_SIZE, "%" PRId64 "%s", seconds / units[i].seconds, units[i].name);
            return;
        }
    }
}
