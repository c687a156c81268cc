/* The text of a recurrence rule, what of it is taken, and what it costs. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "channel/moment.h"
#include "channel/rule.h"

#define PART_MAX 512 /* bytes of one part's value, with the NUL */

/* A rule while it is read. */
struct reading {
    struct channel_rule rule;
    uint32_t seen;          /* bit n: parts[n] stood there */
    enum rule_freq written; /* the FREQ as it stands there */
    bool too_often;         /* SECONDLY or MINUTELY */
};

/* ---- Values ---- */

/* A number of up to five digits at *text, which then stands behind it. */
static bool take_number(const char **text, int *number) {
    int digits = 0;
    for (*number = 0; **text >= '0' && **text <= '9' && digits < 6; (*text)++, digits++)
        *number = *number * 10 + (**text - '0');
    return digits > 0 && digits < 6;
}

static bool take_sign(const char **text) {
    bool negative = **text == '-';
    *text += negative || **text == '+';
    return negative;
}

/* Behind an element of a list: another one, or the end. */
static bool take_comma(const char **text, bool *more) {
    *more = **text == ',';
    *text += *more;
    return *more || !**text;
}

static bool read_number(const char *text, int min, int max, int *number) {
    return take_number(&text, number) && !*text && *number >= min && *number <= max;
}

/* "8,12,17", each from 0 to `max`, as bits. */
static bool read_bits(const char *text, int min, int max, uint64_t *bits) {
    bool more = true;
    while (more) {
        int number = 0;
        if (!take_number(&text, &number) || number < min || number > max || !take_comma(&text, &more))
            return false;
        *bits |= UINT64_C(1) << number;
    }
    return true;
}

static void add_number(struct rule_numbers *numbers, bool back, int number) {
    uint64_t *words = back ? numbers->back : numbers->forward;
    words[(number - 1) / 64] |= UINT64_C(1) << (number - 1) % 64;
}

/* "1,-1", each from 1 to `max`, either way. */
static bool read_numbers(const char *text, int max, struct rule_numbers *numbers) {
    bool more = true;
    while (more) {
        int number = 0;
        bool back = take_sign(&text);
        if (!take_number(&text, &number) || number < 1 || number > max || !take_comma(&text, &more))
            return false;
        add_number(numbers, back, number);
    }
    return true;
}

static bool take_weekday(const char **text, int *weekday) {
    static const char names[] = "SUMOTUWETHFRSA";
    for (*weekday = 0; *weekday < 7; (*weekday)++) {
        if (!strncmp(*text, names + 2 * *weekday, 2)) {
            *text += 2;
            return true;
        }
    }
    return false;
}

/* ---- Parts ---- */

static bool read_freq(const char *text, struct reading *reading) {
    static const char *const names[] = {"SECONDLY", "MINUTELY", "HOURLY", "DAILY",
                                        "WEEKLY",   "MONTHLY",  "YEARLY"};
    static const enum rule_freq kinds[] = {RULE_NONE,   RULE_NONE,    RULE_HOURLY, RULE_DAILY,
                                           RULE_WEEKLY, RULE_MONTHLY, RULE_YEARLY};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        reading->rule.freq = reading->written = kinds[i];
        reading->too_often = kinds[i] == RULE_NONE;
        return true;
    }
    return false;
}

static bool read_interval(const char *text, struct reading *reading) {
    return read_number(text, 1, RULE_INTERVAL_MAX, &reading->rule.interval);
}

static bool read_count(const char *text, struct reading *reading) {
    return read_number(text, 1, 99999, &reading->rule.count);
}

/* A date is all of that day. */
static bool read_until(const char *text, struct reading *reading) {
    struct moment until;
    if (!moment_parse(text, &until))
        return false;
    reading->rule.until = until.utc ? RULE_UNTIL_UTC : RULE_UNTIL_LOCAL;
    reading->rule.until_s = until.seconds + (until.date ? RULE_DAY_S - 1 : 0);
    return true;
}

static bool read_week_start(const char *text, struct reading *reading) {
    return take_weekday(&text, &reading->rule.week_start) && !*text;
}

static bool read_seconds(const char *text, struct reading *reading) {
    return read_bits(text, 0, 59, &reading->rule.seconds);
}

static bool read_minutes(const char *text, struct reading *reading) {
    return read_bits(text, 0, 59, &reading->rule.minutes);
}

static bool read_hours(const char *text, struct reading *reading) {
    uint64_t bits = 0;
    bool read = read_bits(text, 0, 23, &bits);
    reading->rule.hours = (uint32_t)bits;
    return read;
}

static bool read_months(const char *text, struct reading *reading) {
    uint64_t bits = 0;
    bool read = read_bits(text, 1, 12, &bits);
    reading->rule.months = (uint32_t)bits;
    return read;
}

static bool read_weekdays(const char *text, struct reading *reading) {
    struct channel_rule *rule = &reading->rule;
    bool more = true;
    while (more) {
        int number = 0;
        int weekday = 0;
        bool back = take_sign(&text);
        bool counted = *text >= '0' && *text <= '9';
        if ((counted && (!take_number(&text, &number) || number < 1 || number > 53)) || (!counted && back) ||
            !take_weekday(&text, &weekday) || !take_comma(&text, &more))
            return false;
        if (counted)
            add_number(&rule->nth[weekday], back, number);
        else
            rule->weekdays |= 1U << weekday;
        rule->has_nth = rule->has_nth || counted;
    }
    return true;
}

static bool read_month_days(const char *text, struct reading *reading) {
    return read_numbers(text, 31, &reading->rule.month_days);
}

static bool read_year_days(const char *text, struct reading *reading) {
    return read_numbers(text, 366, &reading->rule.year_days);
}

static bool read_weeks(const char *text, struct reading *reading) {
    return read_numbers(text, 53, &reading->rule.weeks);
}

static bool read_set(const char *text, struct reading *reading) {
    return read_numbers(text, 366, &reading->rule.set);
}

enum part {
    FREQ,
    INTERVAL,
    COUNT,
    UNTIL,
    WKST,
    BYSECOND,
    BYMINUTE,
    BYHOUR,
    BYDAY,
    BYMONTHDAY,
    BYYEARDAY,
    BYWEEKNO,
    BYMONTH,
    BYSETPOS
};

#define BIT(part)    (1U << (part))
#define DAYS_OF_YEAR (BIT(BYDAY) | BIT(BYMONTHDAY) | BIT(BYYEARDAY) | BIT(BYWEEKNO))
#define ANY_BY       (DAYS_OF_YEAR | BIT(BYSECOND) | BIT(BYMINUTE) | BIT(BYHOUR) | BIT(BYMONTH))

struct part_row {
    const char *name;
    bool (*read)(const char *text, struct reading *reading);
};

static const struct part_row parts[] = {
    [FREQ] = {"FREQ", read_freq},
    [INTERVAL] = {"INTERVAL", read_interval},
    [COUNT] = {"COUNT", read_count},
    [UNTIL] = {"UNTIL", read_until},
    [WKST] = {"WKST", read_week_start},
    [BYSECOND] = {"BYSECOND", read_seconds},
    [BYMINUTE] = {"BYMINUTE", read_minutes},
    [BYHOUR] = {"BYHOUR", read_hours},
    [BYDAY] = {"BYDAY", read_weekdays},
    [BYMONTHDAY] = {"BYMONTHDAY", read_month_days},
    [BYYEARDAY] = {"BYYEARDAY", read_year_days},
    [BYWEEKNO] = {"BYWEEKNO", read_weeks},
    [BYMONTH] = {"BYMONTH", read_months},
    [BYSETPOS] = {"BYSETPOS", read_set},
};

#define NOT_A_RULE "is not a recurrence rule (RFC 5545 §3.3.10)"

static bool read_part(const char *name, const char *value, struct reading *reading, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(parts); i++) {
        if (strcmp(name, parts[i].name) != 0)
            continue;
        if (reading->seen & BIT(i))
            return pp_fail(error, PP_E_INVALID, NOT_A_RULE ": it has two %s", name);
        reading->seen |= BIT(i);
        return parts[i].read(value, reading) ||
               pp_fail(error, PP_E_INVALID, NOT_A_RULE ": %s=%.40s", name, value);
    }
    if (!strcmp(name, "RSCALE") || !strcmp(name, "SKIP"))
        return pp_fail(error, PP_E_UNSUPPORTED, "has an %s (RFC 7529)", name);
    return pp_fail(error, PP_E_INVALID, NOT_A_RULE ": %.40s", name);
}

static bool read_parts(const char *text, struct reading *reading, struct pp_error *error) {
    char copy[PART_MAX + 1];
    char *rest = copy;
    if (strlen(text) > PART_MAX || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") != strlen(text))
        return pp_fail(error, PP_E_INVALID, NOT_A_RULE);
    strcpy(copy, text);
    for (char *part = strsep(&rest, ";"); part; part = strsep(&rest, ";")) {
        char *value = strchr(part, '=');
        if (!value)
            return pp_fail(error, PP_E_INVALID, NOT_A_RULE ": %.40s", part);
        *value++ = 0;
        if (!read_part(part, value, reading, error))
            return false;
    }
    return (reading->seen & BIT(FREQ)) || pp_fail(error, PP_E_INVALID, NOT_A_RULE ": it has no FREQ");
}

/* ---- What is taken ---- */

/* RFC 5545 §3.3.10, the table of parts that go with a FREQ, and the text before it. */
struct forbidden {
    bool is;
    enum pp_code code;
    const char *words;
};

static bool check_kind(const struct reading *reading, struct pp_error *error) {
    const struct channel_rule *rule = &reading->rule;
    enum rule_freq freq = reading->written;
    uint32_t seen = reading->seen;
    bool hourly = freq == RULE_HOURLY;
    const struct forbidden rows[] = {
        {reading->too_often, PP_E_UNSUPPORTED, "recurs more often than hourly"},
        {hourly && 24 % rule->interval, PP_E_UNSUPPORTED,
         "is hourly with an INTERVAL that does not divide the day; let it be daily, with BYHOUR"},
        {hourly && (seen & BIT(BYSETPOS)), PP_E_UNSUPPORTED, "is hourly with a BYSETPOS"},
        {(seen & BIT(COUNT)) && (seen & BIT(UNTIL)), PP_E_INVALID, "has both a COUNT and an UNTIL"},
        {(seen & BIT(BYWEEKNO)) && freq != RULE_YEARLY, PP_E_INVALID, "has a BYWEEKNO but is not yearly"},
        {(seen & BIT(BYYEARDAY)) && freq != RULE_YEARLY && !hourly, PP_E_INVALID,
         "has a BYYEARDAY but is not yearly"},
        {(seen & BIT(BYMONTHDAY)) && freq == RULE_WEEKLY, PP_E_INVALID, "has a BYMONTHDAY but is weekly"},
        {rule->has_nth && freq != RULE_MONTHLY && freq != RULE_YEARLY, PP_E_INVALID,
         "has a BYDAY with a number but is neither monthly nor yearly"},
        {rule->has_nth && (seen & BIT(BYWEEKNO)), PP_E_INVALID, "has a BYDAY with a number and a BYWEEKNO"},
        {(seen & BIT(BYSETPOS)) && !(seen & ANY_BY), PP_E_INVALID,
         "has a BYSETPOS and no other BY to choose from"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (rows[i].is)
            return pp_fail(error, rows[i].code, "%s", rows[i].words);
    }
    return rule->count <= RULE_COUNT_MAX ||
           pp_fail(error, PP_E_LIMIT, "has a COUNT of more than %d", RULE_COUNT_MAX);
}

/* Every hour, or every third, is every day at those hours. */
static void hourly_to_daily(struct channel_rule *rule, int64_t hour) {
    uint32_t every = 0;
    for (int i = 0; i < 24; i++)
        every |= (uint32_t)((i - hour) % rule->interval == 0) << i;
    rule->hours = rule->hours ? rule->hours & every : every;
    rule->freq = RULE_DAILY;
    rule->interval = 1;
}

/* What a rule does not say it has from its start. */
static void complete(struct reading *reading, int64_t start) {
    struct channel_rule *rule = &reading->rule;
    struct civil_date date = civil_of_days(start / RULE_DAY_S);
    int64_t second = start % RULE_DAY_S;
    uint32_t weekday = 1U << (start / RULE_DAY_S + 4) % 7;
    uint32_t days = reading->seen & DAYS_OF_YEAR;
    rule->start = start;
    if (rule->freq == RULE_HOURLY)
        hourly_to_daily(rule, second / 3600);
    if (!(reading->seen & BIT(BYHOUR)) && reading->written != RULE_HOURLY)
        rule->hours = 1U << second / 3600;
    if (!rule->minutes)
        rule->minutes = UINT64_C(1) << second / 60 % 60;
    if (!rule->seconds)
        rule->seconds = UINT64_C(1) << second % 60;
    if ((rule->freq == RULE_WEEKLY && !days) || days == BIT(BYWEEKNO))
        rule->weekdays = weekday;
    else if ((rule->freq == RULE_MONTHLY || rule->freq == RULE_YEARLY) && !days)
        add_number(&rule->month_days, false, date.day);
    if (rule->freq == RULE_YEARLY && !days && !rule->months)
        rule->months = 1U << date.month;
}

bool rule_read(const char *text, int64_t start, struct channel_rule *rule, struct pp_error *error) {
    struct reading reading = {.rule = {.interval = 1, .week_start = 1}};
    if (!read_parts(text, &reading, error) || !check_kind(&reading, error))
        return false;
    complete(&reading, start);
    *rule = reading.rule;
    if (!rule->hours)
        return pp_fail(error, PP_E_INVALID, "never happens");
    int64_t times = (int64_t)__builtin_popcount(rule->hours) * __builtin_popcountll(rule->minutes) *
                    __builtin_popcountll(rule->seconds);
    return times <= RULE_TIMES_MAX ||
           pp_fail(error, PP_E_LIMIT, "recurs more than %d times a day", RULE_TIMES_MAX);
}

/* ---- What it costs ---- */

/* Weekdays, leap years and weeks are the same again after 400 years; a yearly INTERVAL may ask for more. */
#define CYCLE_DAYS INT64_C(146097)

/* Walks from the start to the first occurrence, or to the last of a COUNT. */
static bool walk(struct channel_rule *rule, struct rule_budget *left, struct pp_error *error) {
    struct rule_search search = {.rule = rule};
    int wanted = rule->count ? rule->count : 1;
    int found = 0;
    bool paid = true;
    /* A day more, for the zones. */
    int64_t end = rule->until == RULE_ENDLESS ? INT64_MAX : rule->until_s + RULE_DAY_S;
    for (int64_t from = rule->start; paid && found < wanted; from = rule->last + 1) {
        int64_t cycle = from + CYCLE_DAYS * RULE_DAY_S;
        int64_t last = cycle < end ? cycle : end;
        int64_t affordable = from + (left->walk - search.steps) * RULE_DAY_S;
        bool more = rule_next(&search, from, last < affordable ? last : affordable, &rule->last);
        paid = search.steps < left->walk && (more || last <= affordable);
        if (!more)
            break;
        found++;
    }
    left->walk -= search.steps < left->walk ? search.steps : left->walk;
    if (!paid && found < wanted)
        return pp_fail(error, PP_E_LIMIT,
                       "recurs so rarely that it takes too long to work out, with the rules before it");
    return found || pp_fail(error, PP_E_INVALID, "never happens");
}

bool rule_parse(const char *text, int64_t start, int64_t days, struct rule_budget *left,
                struct channel_rule *rule, struct pp_error *error) {
    if (!rule_read(text, start, rule, error) || !walk(rule, left, error))
        return false;
    int64_t cost = rule_search_cost(rule, days);
    if (cost > left->search)
        return pp_fail(error, PP_E_LIMIT,
                       "lasts so long, with the rules before it, that the schedule takes too long to search");
    left->search -= cost;
    return true;
}
