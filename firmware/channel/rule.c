#include "channel/rule.h"

#include <string.h>

#include "base/mem.h"
#include "channel/moment.h"

#define WEEK 7

static bool has_number(const struct rule_numbers *numbers, int64_t forward, int64_t back) {
    return (forward > 0 && forward <= 366 &&
            (numbers->forward[(forward - 1) / 64] >> (forward - 1) % 64 & 1)) ||
           (back > 0 && back <= 366 && (numbers->back[(back - 1) / 64] >> (back - 1) % 64 & 1));
}

static bool has_any(const struct rule_numbers *numbers) {
    uint64_t any = 0;
    for (size_t i = 0; i < PP_COUNT(numbers->forward); i++)
        any |= numbers->forward[i] | numbers->back[i];
    return any;
}

/* 1970-01-01 was a Thursday. */
static int weekday_of(int64_t day) {
    return (int)((day % WEEK + WEEK + 4) % WEEK);
}

static int64_t week_of(const struct channel_rule *rule, int64_t day) {
    return day - (weekday_of(day) - rule->week_start + WEEK) % WEEK;
}

/* The first week of a year is the one that has 4 January (RFC 5545 §3.3.10, BYWEEKNO). */
static int64_t first_week(const struct channel_rule *rule, int year) {
    return week_of(rule, civil_to_days((struct civil_date){year, 1, 4}));
}

static bool week_matches(const struct channel_rule *rule, int64_t day) {
    int64_t week = week_of(rule, day);
    int year = civil_of_days(week + 3).year;
    return has_number(&rule->weeks, (week - first_week(rule, year)) / WEEK + 1,
                      (first_week(rule, year + 1) - week) / WEEK);
}

/* Whether a day is in a period that an INTERVAL does not leave out. */
static bool interval_matches(const struct channel_rule *rule, int64_t day, struct civil_date date) {
    if (rule->interval == 1)
        return true;
    int64_t start = rule->start / RULE_DAY_S;
    struct civil_date first = civil_of_days(start);
    int64_t periods = rule->freq == RULE_DAILY    ? day - start
                      : rule->freq == RULE_WEEKLY ? (week_of(rule, day) - week_of(rule, start)) / WEEK
                      : rule->freq == RULE_MONTHLY
                          ? (date.year - first.year) * INT64_C(12) + date.month - first.month
                          : date.year - first.year;
    return periods % rule->interval == 0;
}

static bool weekday_matches(const struct channel_rule *rule, int64_t day, struct civil_date date,
                            int64_t year_day, int64_t year_days) {
    int weekday = weekday_of(day);
    if (!rule->weekdays && !rule->has_nth)
        return true;
    if (rule->weekdays >> weekday & 1)
        return true;
    bool of_month = rule->freq == RULE_MONTHLY || rule->months;
    int64_t forward = of_month ? date.day : year_day;
    int64_t back = of_month ? civil_month_days(date.year, date.month) - date.day : year_days - year_day;
    return has_number(&rule->nth[weekday], (forward - 1) / WEEK + 1, back / WEEK + 1);
}

/* Whether the rule has a day, before BYSETPOS chooses. */
static bool day_matches(struct rule_search *search, int64_t day) {
    const struct channel_rule *rule = search->rule;
    struct civil_date date = civil_of_days(day);
    search->steps++;
    if ((rule->months && !(rule->months >> date.month & 1)) || !interval_matches(rule, day, date))
        return false;
    int64_t year_day = day - civil_to_days((struct civil_date){date.year, 1, 1}) + 1;
    int64_t year_days = 337 + civil_month_days(date.year, 2);
    int month_days = civil_month_days(date.year, date.month);
    return weekday_matches(rule, day, date, year_day, year_days) &&
           (!has_any(&rule->month_days) ||
            has_number(&rule->month_days, date.day, month_days - date.day + 1)) &&
           (!has_any(&rule->year_days) || has_number(&rule->year_days, year_day, year_days - year_day + 1)) &&
           (!has_any(&rule->weeks) || week_matches(rule, day));
}

/* ---- BYSETPOS ---- */

static int64_t period_of(const struct channel_rule *rule, int64_t day, int64_t *length) {
    struct civil_date date = civil_of_days(day);
    *length = 1;
    if (rule->freq == RULE_DAILY)
        return day;
    if (rule->freq == RULE_WEEKLY) {
        *length = WEEK;
        return week_of(rule, day);
    }
    bool month = rule->freq == RULE_MONTHLY;
    *length = month ? civil_month_days(date.year, date.month) : 337 + civil_month_days(date.year, 2);
    return civil_to_days((struct civil_date){date.year, month ? date.month : 1, 1});
}

static void check_period(struct rule_search *search, int64_t day) {
    int64_t length = 0;
    int64_t first = period_of(search->rule, day, &length);
    if (search->known && search->first == first)
        return;
    search->known = true;
    search->first = first;
    search->count = 0;
    memset(search->days, 0, sizeof search->days);
    for (int64_t i = 0; i < length; i++) {
        if (!day_matches(search, first + i))
            continue;
        search->days[i / 64] |= UINT64_C(1) << i % 64;
        search->count++;
    }
}

/* How many days of the period that it has lie before `day`. */
static int64_t rank_of(const struct rule_search *search, int64_t day) {
    int64_t place = day - search->first;
    int64_t rank = 0;
    for (int64_t i = 0; i < place; i++)
        rank += search->days[i / 64] >> i % 64 & 1;
    return rank;
}

/* ---- Times of day ---- */

static int64_t times_a_day(const struct channel_rule *rule) {
    return (int64_t)__builtin_popcount(rule->hours) * __builtin_popcountll(rule->minutes) *
           __builtin_popcountll(rule->seconds);
}

/* The next number of a set from `number` on, or the one before it from `number` down; -1: there is none. */
static int bit_from(uint64_t bits, int number, bool up) {
    for (; number >= 0 && number < 64; number += up ? 1 : -1) {
        if (bits >> number & 1)
            return number;
    }
    return -1;
}

/* The first time of a day from an hour on, or the last down from it. */
static bool first_time(const struct channel_rule *rule, int hour, bool up, int time[3]) {
    int first = up ? 0 : 63;
    time[0] = bit_from(rule->hours, hour, up);
    time[1] = bit_from(rule->minutes, first, up);
    time[2] = bit_from(rule->seconds, first, up);
    return time[0] >= 0;
}

/* The one behind it, or before it. */
static bool step_time(const struct channel_rule *rule, bool up, int time[3]) {
    const uint64_t sets[3] = {rule->hours, rule->minutes, rule->seconds};
    int first = up ? 0 : 63;
    for (int part = 2; part >= 0; part--) {
        int next = bit_from(sets[part], time[part] + (up ? 1 : -1), up);
        time[part] = next < 0 ? bit_from(sets[part], first, up) : next;
        if (next >= 0)
            return true;
    }
    return false;
}

/* The day's first time from `from` on, or its last up to it, that BYSETPOS has. */
static bool find_time(struct rule_search *search, int64_t day, int64_t from, bool up, int64_t *found) {
    const struct channel_rule *rule = search->rule;
    bool chosen = has_any(&rule->set);
    int64_t times = times_a_day(rule);
    int64_t rank = chosen ? rank_of(search, day) * times + (up ? 0 : times - 1) : 0;
    int64_t all = search->count * times;
    int hour = day == from / RULE_DAY_S && !chosen ? (int)(from % RULE_DAY_S / 3600) : up ? 0 : 23;
    int time[3];
    bool more = first_time(rule, hour, up, time);
    for (; more; more = step_time(rule, up, time), rank += up ? 1 : -1) {
        *found = day * RULE_DAY_S + time[0] * 3600 + time[1] * 60 + time[2];
        if ((up ? *found >= from : *found <= from) &&
            (!chosen || has_number(&rule->set, rank + 1, all - rank)))
            return true;
    }
    return false;
}

/* ---- The search ---- */

static bool find_in_day(struct rule_search *search, int64_t day, int64_t from, bool up, int64_t *found) {
    if (!has_any(&search->rule->set))
        return day_matches(search, day) && find_time(search, day, from, up, found);
    check_period(search, day);
    search->steps++;
    int64_t place = day - search->first;
    return (search->days[place / 64] >> place % 64 & 1) && find_time(search, day, from, up, found);
}

/* Days behind one that the rule does not have either, as its month or year is none of the rule's. */
static int64_t days_to_skip(const struct channel_rule *rule, int64_t day) {
    if (!rule->months && rule->interval == 1)
        return 0;
    struct civil_date date = civil_of_days(day);
    bool counted = interval_matches(rule, day, date);
    if (rule->freq == RULE_YEARLY && !counted)
        return civil_to_days((struct civil_date){date.year + 1, 1, 1}) - day - 1;
    bool whole_month =
        (rule->months && !(rule->months >> date.month & 1)) || (rule->freq == RULE_MONTHLY && !counted);
    return whole_month ? civil_month_days(date.year, date.month) - date.day : 0;
}

bool rule_next(struct rule_search *search, int64_t from, int64_t last, int64_t *found) {
    from = from > search->rule->start ? from : search->rule->start;
    for (int64_t day = from / RULE_DAY_S; day * RULE_DAY_S <= last;
         day += 1 + days_to_skip(search->rule, day)) {
        if (find_in_day(search, day, from, true, found))
            return *found <= last;
    }
    return false;
}

bool rule_previous(struct rule_search *search, int64_t from, int64_t first, int64_t *found) {
    first = first > search->rule->start ? first : search->rule->start;
    for (int64_t day = from / RULE_DAY_S; from >= first && day >= first / RULE_DAY_S; day--) {
        if (find_in_day(search, day, from, false, found))
            return *found >= first;
    }
    return false;
}

/* A question looks at the days around now, and back as far as an occurrence can last, twice for the one that
 * ends and the one that comes. */
int64_t rule_search_cost(const struct channel_rule *rule, int64_t days) {
    int64_t window = days + RULE_LOOK_AHEAD_DAYS + 2 * RULE_SLACK_DAYS + 4;
    int64_t cost = window + 2 * RULE_SLACK_DAYS * times_a_day(rule) / 24;
    if (!has_any(&rule->set))
        return cost;
    int64_t period = rule->freq == RULE_YEARLY    ? 366
                     : rule->freq == RULE_MONTHLY ? 31
                     : rule->freq == RULE_WEEKLY  ? WEEK
                                                  : 1;
    return cost + (window / period + 3) * period * 2;
}
