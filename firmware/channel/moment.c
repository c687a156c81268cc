#include "channel/moment.h"

#include <string.h>

int civil_month_days(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Years are counted from 1 March, so that the leap day is the last; 400 of them have 146,097 days. */
int64_t civil_to_days(struct civil_date date) {
    int64_t year = date.year - (date.month <= 2);
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

struct civil_date civil_of_days(int64_t days) {
    days += 719468;
    int64_t era = days / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * day_of_year + 2) / 153);
    return (struct civil_date){.year = (int)(year + era * 400 + (month >= 10)),
                               .month = month < 10 ? month + 3 : month - 9,
                               .day = (int)(day_of_year - (153 * month + 2) / 5 + 1)};
}

/* `count` digits at *text, which then stands behind them. */
static bool take_digits(const char **text, int count, int min, int max, int *out) {
    *out = 0;
    for (; count; count--, (*text)++) {
        if (**text < '0' || **text > '9')
            return false;
        *out = *out * 10 + (**text - '0');
    }
    return *out >= min && *out <= max;
}

static bool take_mark(const char **text, bool wanted, char mark) {
    if (!wanted)
        return true;
    return *(*text)++ == mark;
}

bool moment_parse(const char *text, struct moment *out) {
    struct civil_date date;
    int hour = 0;
    int minute = 0;
    int second = 0;
    bool extended = strlen(text) > 4 && text[4] == '-';
    if (!take_digits(&text, 4, 1970, 9999, &date.year) || !take_mark(&text, extended, '-') ||
        !take_digits(&text, 2, 1, 12, &date.month) || !take_mark(&text, extended, '-') ||
        !take_digits(&text, 2, 1, civil_month_days(date.year, date.month), &date.day))
        return false;
    *out = (struct moment){.seconds = civil_to_days(date) * MOMENT_DAY_S, .date = !*text};
    if (out->date)
        return true;
    if (*text++ != 'T' || !take_digits(&text, 2, 0, 23, &hour) || !take_mark(&text, extended, ':') ||
        !take_digits(&text, 2, 0, 59, &minute) || !take_mark(&text, extended, ':') ||
        !take_digits(&text, 2, 0, 59, &second))
        return false;
    out->seconds += hour * 3600 + minute * 60 + second;
    out->utc = *text == 'Z';
    return !text[out->utc];
}
