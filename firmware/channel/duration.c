#include "channel/duration.h"

#include <stddef.h>

#define DAY_MS              (INT64_C(24) * 60 * 60 * 1000)
#define NUMBER_DIGITS_MAX   9
#define FRACTION_DIGITS_MAX 3

struct unit {
    char letter;
    bool in_time; /* behind the T */
    int64_t ms;
};

static const struct unit units[] = {
    {'D', false, DAY_MS}, {'H', true, 60 * 60 * 1000}, {'M', true, 60 * 1000}, {'S', true, 1000}};
#define UNIT_COUNT (sizeof units / sizeof *units)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits, 1 … NUMBER_DIGITS_MAX of them. */
static bool take_number(const char **text, int64_t *value) {
    int digits = 0;
    for (*value = 0; is_digit(**text); (*text)++) {
        if (++digits > NUMBER_DIGITS_MAX)
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return digits > 0;
}

/* ".6" is 600. Without a point 0. */
static bool take_fraction(const char **text, int64_t *ms) {
    *ms = 0;
    if (**text != '.')
        return true;
    (*text)++;
    int digits = 0;
    int64_t weight = 100;
    for (; is_digit(**text); (*text)++, weight /= 10) {
        if (++digits > FRACTION_DIGITS_MAX)
            return false;
        *ms += weight * (**text - '0');
    }
    return digits > 0;
}

/* One part, e.g. "12H"; `*next` is the first unit that may still come. */
static bool take_part(const char **text, bool in_time, size_t *next, struct channel_duration *out) {
    int64_t number = 0;
    int64_t fraction = 0;
    const char *start = *text;
    if (!take_number(text, &number))
        return false;
    const char *behind_number = *text;
    if (!take_fraction(text, &fraction))
        return false;
    bool has_fraction = *text != behind_number;
    for (size_t i = *next; i < UNIT_COUNT; i++) {
        if (units[i].letter != **text || units[i].in_time != in_time || (has_fraction && units[i].ms != 1000))
            continue;
        (*text)++;
        *next = i + 1;
        if (units[i].ms == DAY_MS)
            out->days = (int32_t)number;
        else
            out->ms += number * units[i].ms + fraction;
        return true;
    }
    *text = start;
    return false;
}

static bool parse(const char *text, struct channel_duration *out) {
    size_t next = 0;
    bool in_time = false;
    if (*text++ != 'P' || *text == 0)
        return false;
    while (*text) {
        if (*text == 'T' && !in_time) {
            in_time = true;
            text++;
        }
        if (!take_part(&text, in_time, &next, out))
            return false;
    }
    return true;
}

bool channel_duration_parse(const char *text, struct channel_duration *out, struct pp_error *error) {
    struct channel_duration parsed = {0};
    if (!parse(text, &parsed))
        return pp_fail(error, PP_E_INVALID, "\"%.40s\" is not a duration like \"PT10S\" or \"P1DT2H30M\"",
                       text);
    if (channel_duration_ms(&parsed) > CHANNEL_DURATION_DAYS_MAX * DAY_MS)
        return pp_fail(error, PP_E_LIMIT, "longer than %d days", CHANNEL_DURATION_DAYS_MAX);
    *out = parsed;
    return true;
}

int64_t channel_duration_ms(const struct channel_duration *duration) {
    return duration->days * DAY_MS + duration->ms;
}
