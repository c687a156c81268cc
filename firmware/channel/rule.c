#include "channel/rule.h"

#include <time.h>

#define RRULE_COUNT_MAX 1000 /* of COUNT: such a rule is counted through once, by the parser */
#define TIMES_A_DAY_MAX 288  /* every five minutes */
/* libical searches no further than the year 2582, or 2037 with a time_t of 32 bits. */
#define LIBICAL_END_S (sizeof(time_t) > 4 ? INT64_C(19344441600) : INT64_C(2145916800))

/* Costs in steps of libical, each about 0.3 us on a PC: an occurrence that we look at ourselves, with its
 * zone; a day without an occurrence in a monthly or yearly rule, which libical passes over by itself. */
#define OCCURRENCE_STEPS 10
#define EMPTY_DAY_STEPS  7

struct icaltimetype rule_time(int64_t seconds) {
    time_t moment = (time_t)seconds;
    struct tm tm;
    gmtime_r(&moment, &tm);
    struct icaltimetype time = icaltime_null_time();
    time.year = tm.tm_year + 1900;
    time.month = tm.tm_mon + 1;
    time.day = tm.tm_mday;
    time.hour = tm.tm_hour;
    time.minute = tm.tm_min;
    time.second = tm.tm_sec;
    return time;
}

int64_t rule_seconds(const struct icaltimetype *time) {
    struct tm tm = {
        .tm_year = time->year - 1900,
        .tm_mon = time->month - 1,
        .tm_mday = time->day,
        .tm_hour = time->hour,
        .tm_min = time->minute,
        .tm_sec = time->second,
    };
    return timegm(&tm);
}

bool rule_parse(const char *text, struct icalrecurrencetype *rule) {
    icalerror_clear_errno();
    *rule = icalrecurrencetype_from_string(text);
    return rule->freq != ICAL_NO_RECURRENCE && icalerrno == ICAL_NO_ERROR;
}

static struct icaltimetype ical_of_local(const struct channel_local_time *local) {
    struct icaltimetype time = icaltime_null_time();
    time.year = local->year;
    time.month = local->month;
    time.day = local->day;
    time.hour = local->hour;
    time.minute = local->minute;
    time.second = local->second;
    return time;
}

int64_t rule_event_start(const struct channel_event *event) {
    struct icaltimetype time = ical_of_local(&event->start);
    return rule_seconds(&time);
}

static bool picks_dates(const struct icalrecurrencetype *rule) {
    return rule->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_month_day[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_year_day[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX ||
           rule->by_set_pos[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

static int compare_numbers(const void *a, const void *b) {
    return *(const short *)a - *(const short *)b;
}

static size_t length_of(const short *list, size_t max) {
    size_t length = 0;
    while (length < max && list[length] != ICAL_RECURRENCE_ARRAY_MAX)
        length++;
    return length;
}

/* Each value once: libical counts "BYDAY=MO,MO" as two occurrences. */
static void tidy_list(short *list, size_t max) {
    size_t length = length_of(list, max);
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        size_t same = 0;
        while (same < kept && list[same] != list[i])
            same++;
        if (same == kept)
            list[kept++] = list[i];
    }
    if (kept < length)
        list[kept] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* libical takes the first for the earliest, though RFC 5545 asks for no order. */
static void sort_list(short *list, size_t max) {
    tidy_list(list, max);
    qsort(list, length_of(list, max), sizeof *list, compare_numbers);
}

/* Every hour is every day at 24 hours, which libical searches day by day. */
static void hourly_to_daily(struct icalrecurrencetype *rule) {
    rule->freq = ICAL_DAILY_RECURRENCE;
    if (rule->by_hour[0] != ICAL_RECURRENCE_ARRAY_MAX)
        return;
    for (short hour = 0; hour < 24; hour++)
        rule->by_hour[hour] = hour;
    rule->by_hour[24] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* BYMONTHDAY alone means that day of each month, where libical takes the month of the first occurrence. */
static void yearly_in_each_month(struct icalrecurrencetype *rule) {
    if (rule->by_month_day[0] == ICAL_RECURRENCE_ARRAY_MAX ||
        rule->by_month[0] != ICAL_RECURRENCE_ARRAY_MAX || rule->by_week_no[0] != ICAL_RECURRENCE_ARRAY_MAX ||
        rule->by_year_day[0] != ICAL_RECURRENCE_ARRAY_MAX)
        return;
    for (short month = 1; month <= 12; month++)
        rule->by_month[month - 1] = month;
    rule->by_month[12] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* What a rule does not say it has from the start. */
static void fill_list(short *list, int value) {
    if (list[0] != ICAL_RECURRENCE_ARRAY_MAX)
        return;
    list[0] = (short)value;
    list[1] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* Puts a rule that was checked into the form that libical searches rightly and fast. */
void rule_prepare(struct icalrecurrencetype *rule, const struct channel_local_time *start) {
    tidy_list(rule->by_day, PP_COUNT(rule->by_day));
    sort_list(rule->by_hour, PP_COUNT(rule->by_hour));
    sort_list(rule->by_minute, PP_COUNT(rule->by_minute));
    sort_list(rule->by_second, PP_COUNT(rule->by_second));
    if (rule->freq == ICAL_HOURLY_RECURRENCE)
        hourly_to_daily(rule);
    fill_list(rule->by_hour, start->hour);
    fill_list(rule->by_minute, start->minute);
    fill_list(rule->by_second, start->second);
    if (rule->freq == ICAL_YEARLY_RECURRENCE)
        yearly_in_each_month(rule);
}

/* Occurrences of a prepared rule on a day that has any. */
static int64_t times_a_day(const struct icalrecurrencetype *rule) {
    size_t times = length_of(rule->by_hour, PP_COUNT(rule->by_hour)) *
                   length_of(rule->by_minute, PP_COUNT(rule->by_minute)) *
                   length_of(rule->by_second, PP_COUNT(rule->by_second));
    return times ? (int64_t)times : 1;
}

/* libical expands a period as a whole. */
static int64_t period_days(const struct icalrecurrencetype *rule) {
    return rule->freq == ICAL_YEARLY_RECURRENCE    ? 366
           : rule->freq == ICAL_MONTHLY_RECURRENCE ? 31
           : rule->freq == ICAL_WEEKLY_RECURRENCE  ? 7
                                                   : 1;
}

/* Takes the steps of one search from the budget. `gap_days` is the longest time seen without an occurrence.
 */
static bool charge_search(const struct channel_event *event, const struct icalrecurrencetype *rule,
                          int64_t gap_days, struct channel_rule_budget *left, struct pp_error *error) {
    int64_t window = channel_duration_ms(&event->duration) / 1000 / RULE_DAY_S + RULE_LOOK_BACK_DAYS + 1;
    int64_t period = period_days(rule);
    int64_t steps = times_a_day(rule) * (period + RULE_LOOK_AHEAD_DAYS + 1 + OCCURRENCE_STEPS * window) +
                    (period > 7 && gap_days > period ? (gap_days - period) * EMPTY_DAY_STEPS : 0);
    if (steps > left->search)
        return pp_fail(error, PP_E_LIMIT,
                       "recurs so often or so rarely, or lasts so long, that the schedule takes too long to "
                       "search");
    left->search -= steps;
    return true;
}

/* Where libical begins. In weekly rules it goes back to the first of the weekdays, and from a Monday to
 * Sunday it goes into the week before: all weeks of an INTERVAL are wrong then. It is led to that day itself.
 */
int64_t rule_start(const struct channel_event *event, const struct icalrecurrencetype *rule) {
    int64_t start = rule_event_start(event);
    if (rule->freq != ICAL_WEEKLY_RECURRENCE || rule->by_day[0] == ICAL_RECURRENCE_ARRAY_MAX)
        return start;
    int weekday =
        (int)((start / RULE_DAY_S + 4) % 7) + 1; /* as libical's: Sunday is 1; 1970 began on a Thursday */
    int here = (weekday - (int)rule->week_start + 7) % 7;
    int there = ((int)icalrecurrencetype_day_day_of_week(rule->by_day[0]) - (int)rule->week_start + 7) % 7;
    return there > here ? (start / RULE_DAY_S + there - here) * RULE_DAY_S : start;
}

/* Where the days end that there is a budget to walk through; the rule's own end may come before. */
static int64_t walk_end(const struct icalrecurrencetype *rule, int64_t first, int64_t days) {
    int64_t end = first + days * RULE_DAY_S < LIBICAL_END_S ? first + days * RULE_DAY_S : LIBICAL_END_S;
    /* A day more, for the zones. */
    int64_t until = icaltime_is_null_time(rule->until) ? end : rule_seconds(&rule->until) + RULE_DAY_S;
    return until < end ? until : end;
}

/* Walks from the first occurrence to the last of a COUNT, else to the second, for the gap between. */
static bool walk(struct channel_event *event, const struct icalrecurrencetype *rule, int64_t *gap_days,
                 struct channel_rule_budget *left, struct pp_error *error) {
    int64_t per_day = times_a_day(rule);
    int64_t first = rule_start(event, rule);
    int64_t days = left->walk / per_day;
    struct icalrecurrencetype bounded = *rule;
    bounded.until = rule_time(walk_end(rule, first, days));
    bounded.count = 0;
    icalrecur_iterator *iterator = icalrecur_iterator_new(bounded, rule_time(first));
    int wanted = rule->count ? rule->count : 2;
    int found = 0;
    event->last_s = first;
    for (*gap_days = 0; iterator && found < wanted; found++) {
        struct icaltimetype time = icalrecur_iterator_next(iterator);
        if (icaltime_is_null_time(time))
            break;
        int64_t gap = (rule_seconds(&time) - event->last_s) / RULE_DAY_S;
        *gap_days = gap > *gap_days ? gap : *gap_days;
        event->last_s = rule_seconds(&time);
    }
    if (iterator)
        icalrecur_iterator_free(iterator);
    bool budget_ended_it = first + days * RULE_DAY_S < LIBICAL_END_S &&
                           rule_seconds(&bounded.until) == first + days * RULE_DAY_S;
    if (budget_ended_it && found < wanted)
        return pp_fail(error, PP_E_LIMIT,
                       "recurs so rarely that it takes too long to work out, with the rules before it");
    if (!found)
        return pp_fail(error, PP_E_INVALID, "never happens");
    left->walk -= ((event->last_s - first) / RULE_DAY_S + 1) * per_day;
    return true;
}

/* Hours at an INTERVAL are not the same ones each day, and BYSETPOS would choose within an hour: neither can
 * be made daily. */
static bool check_kind(const struct icalrecurrencetype *rule, struct pp_error *error) {
    if (rule->freq == ICAL_SECONDLY_RECURRENCE || rule->freq == ICAL_MINUTELY_RECURRENCE)
        return pp_fail(error, PP_E_UNSUPPORTED, "recurs more often than hourly");
    if (rule->freq == ICAL_HOURLY_RECURRENCE && (rule->interval != 1 || picks_dates(rule)))
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "is hourly with an INTERVAL or with dates; let it be daily, with BYHOUR");
    if (rule->count > RRULE_COUNT_MAX)
        return pp_fail(error, PP_E_LIMIT, "has a COUNT of more than %d", RRULE_COUNT_MAX);
    return true;
}

bool channel_rrule_check(struct channel_event *event, struct channel_rule_budget *left,
                         struct pp_error *error) {
    const char *text = event->rrule;
    struct icalrecurrencetype rule;
    if (strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") != strlen(text))
        return pp_fail(error, PP_E_INVALID, "is not a recurrence rule (RFC 5545 §3.3.10)");
    if (strstr(text, "RSCALE"))
        return pp_fail(error, PP_E_UNSUPPORTED, "has an RSCALE");
    if (!rule_parse(text, &rule))
        return pp_fail(error, PP_E_INVALID, "is not a recurrence rule (RFC 5545 §3.3.10)");
    if (!check_kind(&rule, error))
        return false;
    rule_prepare(&rule, &event->start);
    if (times_a_day(&rule) > TIMES_A_DAY_MAX)
        return pp_fail(error, PP_E_LIMIT, "recurs more than %d times a day", TIMES_A_DAY_MAX);
    /* libical chooses by BYSETPOS among days only. */
    if (rule.by_set_pos[0] != ICAL_RECURRENCE_ARRAY_MAX && times_a_day(&rule) > 1)
        return pp_fail(error, PP_E_UNSUPPORTED, "has a BYSETPOS and several times a day");
    int64_t gap_days = 0;
    return walk(event, &rule, &gap_days, left, error) && charge_search(event, &rule, gap_days, left, error);
}

/* Where libical may jump into a rule. With an INTERVAL of weeks it finds the right week only from the weekday
 * of the first occurrence. */
int64_t rule_jump(const struct icalrecurrencetype *rule, int64_t first, int64_t from) {
    int64_t weeks = (int64_t)rule->interval * 7 * RULE_DAY_S;
    return rule->freq == ICAL_WEEKLY_RECURRENCE ? first + (from - first) / weeks * weeks : from;
}
