/*
 * Recurrence rules (RFC 5545 §3.3.10). Each day is asked by itself whether the rule has it, so a search costs
 * what it looks at, wherever it begins; only BYSETPOS needs the whole of a week, month or year. Times are wall
 * times, counted in s since 1970 as if they were UTC. Internal.
 *
 * What RFC 5545 leaves open: a start that the rule does not have is no occurrence; BYSETPOS chooses in the
 * whole first period, also from what lies before the start; a week belongs to the year with most of its days,
 * and BYWEEKNO with an INTERVAL counts calendar years.
 */
#ifndef PP_CHANNEL_RULE_H
#define PP_CHANNEL_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define RULE_DAY_S           (24 * 60 * 60)
#define RULE_LOOK_AHEAD_DAYS 8 /* a question looks no further for the next occurrence */
#define RULE_SLACK_DAYS      1 /* and so much further both ways: the most that a zone's offset can change */
#define RULE_COUNT_MAX       1000 /* of COUNT: such a rule is counted through once, by the parser */
#define RULE_TIMES_MAX       288  /* occurrences a day: every five minutes */
#define RULE_INTERVAL_MAX    32767

enum rule_freq { RULE_NONE, RULE_HOURLY, RULE_DAILY, RULE_WEEKLY, RULE_MONTHLY, RULE_YEARLY };

enum rule_until { RULE_ENDLESS, RULE_UNTIL_LOCAL, RULE_UNTIL_UTC };

/* Numbers from 1 to 366 as bits: those that count from the beginning, and those that count from the end. */
struct rule_numbers {
    uint64_t forward[6], back[6];
};

/* A set without a bit is a part that the rule does not have. */
struct channel_rule {
    enum rule_freq freq; /* RULE_NONE: does not recur. HOURLY has become DAILY */
    int interval;
    int count; /* 0: none */
    enum rule_until until;
    int64_t until_s;        /* the last s of it */
    int64_t start;          /* dtstart */
    int64_t last;           /* with a COUNT: where its last occurrence begins */
    int week_start;         /* weekdays count from 0, Sunday */
    uint32_t hours, months; /* bit n is hour or month n; hours are never empty */
    uint64_t minutes, seconds;
    uint32_t weekdays;          /* bit n is each such weekday */
    struct rule_numbers nth[7]; /* by weekday: "1MO", "-1FR" */
    struct rule_numbers month_days, year_days, weeks, set;
    bool has_nth;
};

/* What the rules of one manifest may cost together, so that neither parsing it nor following its schedule
 * holds anybody up. The parser begins with the whole and takes from it. */
struct rule_budget {
    int64_t walk;   /* days looked at while parsing */
    int64_t search; /* days looked at to answer one question */
};
#define RULE_BUDGET ((struct rule_budget){.walk = 250000, .search = 150000})

/* Reads a rule for an event that starts at `start` and lasts `days` (rounded up), and takes its cost from the
 * budget. PP_E_INVALID: not a rule, or it never happens; PP_E_UNSUPPORTED: a rule that is not taken;
 * PP_E_LIMIT. */
PP_MUST_USE bool rule_parse(const char *text, int64_t start, int64_t days, struct rule_budget *left,
                            struct channel_rule *rule, struct pp_error *error);
/* rule_parse's parts: the text alone; what is missing, from the start; the days that one question may cost. */
PP_MUST_USE bool rule_read(const char *text, int64_t start, struct channel_rule *rule,
                           struct pp_error *error);
int64_t rule_search_cost(const struct channel_rule *rule, int64_t days);

/* A search through one rule; zeroed but for the rule. */
struct rule_search {
    const struct channel_rule *rule;
    int64_t steps; /* days looked at */
    bool known;    /* of the period that was looked at last, for BYSETPOS: */
    int64_t first; /* its first day */
    int64_t count; /* of days that the rule has before it chooses */
    uint64_t days[6];
};

/* The first occurrence from `from` on, up to `last`; the last one up to `from`, back to `first`. COUNT and UNTIL
 * are the caller's to mind. */
bool rule_next(struct rule_search *search, int64_t from, int64_t last, int64_t *found);
bool rule_previous(struct rule_search *search, int64_t from, int64_t first, int64_t *found);

#endif
