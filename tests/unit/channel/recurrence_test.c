/* Recurrence rules: those of tests/data/recurrence, which other implementations worked out, and what they cost.
 */
#include "sample.h"

#include <fcntl.h>

#include <libical/ical.h>

#include "base/clock.h"
#include "base/file.h"
#include "channel/rule.h"

#define RULES_MAX   (1024 * 1024) /* bytes of the file */
#define LISTED_MAX  24            /* occurrences of a rule, as make.py lists them */
#define LAST_LISTED "2035-01-01T00:00:00Z"

static int64_t at(const char *time) {
    int64_t seconds = 0;
    char text[PP_RFC3339_SIZE + 1];
    snprintf(text, sizeof text, "%.19sZ", time);
    assert_true(pp_time_parse(text, &seconds, NULL));
    return seconds;
}

/* Asks the schedule from one change to the next for where the event begins. */
static size_t list_starts(const struct channel_manifest *m, int64_t now, int64_t last, int64_t *starts) {
    size_t count = 0;
    bool active = false;
    while (now < last && count < LISTED_MAX) {
        int64_t next = 0;
        bool on = strcmp(channel_layout_at(m, now, "UTC", &next)->name, "night") == 0;
        assert_true(next > now);
        if (on && !active)
            starts[count++] = now;
        active = on;
        now = next;
    }
    return count;
}

static struct channel_manifest *with_rule(const char *start, const char *rule, const char *more) {
    char text[1024];
    cJSON *json = sample_json();
    snprintf(text, sizeof text,
             "[{\"layout\": \"night\", \"dtstart\": \"%s\", \"duration\": \"PT1S\", \"rrule\": \"%s\"%s}]",
             start, rule, more);
    sample_set(json, "schedule", text);
    return sample_manifest(json);
}

/* "= 2026-01-05T08:00:00 FREQ=DAILY;… 2026-01-05T08:00:00 …" */
static bool rule_happens_as_listed(char *line) {
    char *rest = NULL;
    strtok_r(line, " ", &rest);
    const char *start = strtok_r(NULL, " ", &rest);
    const char *rule = strtok_r(NULL, " ", &rest);
    int64_t starts[LISTED_MAX + 1];
    PP_AUTO(channel_manifest) struct channel_manifest *m = with_rule(start, rule, "");
    size_t count = list_starts(m, at(start) - 1, at(LAST_LISTED), starts);
    size_t listed = 0;
    bool right = true;
    for (const char *time = strtok_r(NULL, " ", &rest); time; time = strtok_r(NULL, " ", &rest), listed++)
        right = right && listed < count && starts[listed] == at(time);
    right = right && listed == count;
    if (!right)
        print_error("%s %s happens otherwise\n", start, rule);
    return right;
}

static void rules_happen_as_two_other_implementations_say(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RULES_MAX);
    assert_true(pp_file_read(AT_FDCWD, PP_TEST_DATA "/recurrence/rules.txt", &text, NULL));
    char *rest = NULL;
    int rules = 0;
    int wrong = 0;
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (*line == '#')
            continue;
        rules++;
        wrong += !rule_happens_as_listed(line);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(rules, 1000);
}

/* ---- libical ---- */

/* The rule's occurrences as libical has them, by wall time as if it were UTC: from the start on, like the list's. */
static size_t libical_starts(const char *start, const char *rule, int64_t *starts) {
    struct icalrecurrencetype recurrence = icalrecurrencetype_from_string(rule);
    char basic[32];
    size_t count = 0;
    size_t used = 0;
    for (const char *c = start; *c; c++) {
        if (*c != '-' && *c != ':')
            basic[used++] = *c;
    }
    basic[used] = 0;
    icalrecur_iterator *iterator = icalrecur_iterator_new(recurrence, icaltime_from_string(basic));
    struct icaltimetype next = iterator ? icalrecur_iterator_next(iterator) : icaltime_null_time();
    for (; count < LISTED_MAX && !icaltime_is_null_time(next); next = icalrecur_iterator_next(iterator)) {
        int64_t seconds = (int64_t)icaltime_as_timet(next);
        if (seconds >= at(LAST_LISTED))
            break;
        starts[count++] = seconds;
    }
    if (iterator)
        icalrecur_iterator_free(iterator);
    return count;
}

/* Why libical (3.0) may have other days, by what the rule has and has not. RFC 5545 §3.3.10 and both implementations
 * that made the list are on the other side; whoever finds a difference that is none of these has found a fault. */
static const struct {
    const char *has, *also, *without;
} libical_differs[] = {
    {"BYSETPOS=", "", NULL},             /* it chooses among other days than those of the whole period */
    {"FREQ=DAILY", "BYMONTHDAY=", NULL}, /* days counted from the end of a month are left out */
    {"FREQ=YEARLY",
     "BYMONTHDAY=", "BYMONTH="}, /* only the month of the start, instead of each (the table's "Expand") */
    {"BYWEEKNO=", "", NULL},     /* weeks at both ends of a year */
    {"BYYEARDAY=", "", NULL},    /* with BYMONTH, BYDAY or BYHOUR as well */
};

static bool libical_may_differ(const char *rule) {
    for (size_t i = 0; i < PP_COUNT(libical_differs); i++) {
        if (strstr(rule, libical_differs[i].has) && strstr(rule, libical_differs[i].also) &&
            !(libical_differs[i].without && strstr(rule, libical_differs[i].without)))
            return true;
    }
    return false;
}

/* Of those that it may have otherwise it is not even asked: it takes seconds for some. */
static bool libical_agrees(char *line, int *comparable) {
    char *rest = NULL;
    strtok_r(line, " ", &rest);
    const char *start = strtok_r(NULL, " ", &rest);
    const char *rule = strtok_r(NULL, " ", &rest);
    int64_t starts[LISTED_MAX + 1];
    if (libical_may_differ(rule))
        return true;
    size_t count = libical_starts(start, rule, starts);
    size_t listed = 0;
    bool right = true;
    for (const char *time = strtok_r(NULL, " ", &rest); time; time = strtok_r(NULL, " ", &rest), listed++)
        right = right && listed < count && starts[listed] == at(time);
    right = right && listed == count;
    if (!right)
        print_error("libical has other days: %s %s\n", start, rule);
    (*comparable)++;
    return right;
}

static void libical_says_the_same_or_it_is_known_why_not(void **state) {
    (void)state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RULES_MAX);
    assert_true(pp_file_read(AT_FDCWD, PP_TEST_DATA "/recurrence/rules.txt", &text, NULL));
    char *rest = NULL;
    int wrong = 0;
    int comparable = 0;
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        wrong += *line != '#' && !libical_agrees(line, &comparable);
    assert_int_equal(wrong, 0);
    assert_int_equal(comparable, 668);
}

struct known_rule {
    const char *start, *rule, *more;
    const char *happens[5];
};

/* What was shown on other days than these. */
static void rules_of_the_field_happen_on_their_days(void **state) {
    (void)state;
    static const struct known_rule rows[] = {
        {"2026-01-05T09:00:00",
         "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
         "",
         {"2026-01-05T09:00:00", "2026-01-12T09:00:00", "2026-01-19T09:00:00"}},
        {"2026-01-05T09:00:00",
         "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10;BYSETPOS=-1",
         "",
         {"2026-01-09T10:00:00", "2026-01-16T10:00:00"}},
        {"2026-01-01T09:00:00",
         "FREQ=DAILY;BYMONTHDAY=1,-1",
         "",
         {"2026-01-01T09:00:00", "2026-01-31T09:00:00", "2026-02-01T09:00:00", "2026-02-28T09:00:00",
          "2026-03-01T09:00:00"}},
        /* Week 1 of 2026 begins on Monday 2025-12-29; that of 2027 on 2027-01-04; of 2030 on 2029-12-31. */
        {"2025-12-01T09:00:00",
         "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO",
         "",
         {"2025-12-29T09:00:00", "2027-01-04T09:00:00", "2028-01-03T09:00:00", "2029-01-01T09:00:00",
          "2029-12-31T09:00:00"}},
        {"2026-12-01T09:00:00",
         "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU,MO",
         "",
         {"2026-12-28T09:00:00", "2027-01-03T09:00:00", "2032-12-27T09:00:00", "2033-01-02T09:00:00"}},
        {"2026-12-01T09:00:00",
         "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR",
         "",
         {"2027-01-01T09:00:00", "2027-12-31T09:00:00", "2028-12-29T09:00:00", "2029-12-28T09:00:00"}},
        /* Every sixth hour of a day is at the same hours each day. */
        {"2026-01-05T03:00:00",
         "FREQ=HOURLY;INTERVAL=6",
         "",
         {"2026-01-05T03:00:00", "2026-01-05T09:00:00", "2026-01-05T15:00:00", "2026-01-05T21:00:00",
          "2026-01-06T03:00:00"}},
        /* An exception counts as happened; a date counts beside the rule. */
        {"2026-01-05T08:00:00",
         "FREQ=DAILY;COUNT=3",
         ", \"exdate\": [\"20260106T080000\"], \"rdate\": [\"2026-01-09T10:00:00\"]",
         {"2026-01-05T08:00:00", "2026-01-07T08:00:00", "2026-01-09T10:00:00"}},
        {"20260105T080000Z",
         "FREQ=DAILY;UNTIL=20260107T080000Z",
         ", \"exdate\": [\"2026-01-06T08:00:00Z\"]",
         {"2026-01-05T08:00:00", "2026-01-07T08:00:00"}},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        int64_t starts[LISTED_MAX + 1] = {0};
        PP_AUTO(channel_manifest)
        struct channel_manifest *m = with_rule(rows[i].start, rows[i].rule, rows[i].more);
        size_t count = list_starts(m, at("2025-11-01T00:00:00"), at(LAST_LISTED), starts);
        for (size_t k = 0; k < PP_COUNT(rows[i].happens) && rows[i].happens[k]; k++) {
            if (k >= count || starts[k] != at(rows[i].happens[k]))
                fail_msg("%s: occurrence %zu is not at %s", rows[i].rule, k + 1, rows[i].happens[k]);
        }
    }
}

/* The days that a question may look at, whatever it meets. */
static void no_question_costs_more_than_was_reckoned(void **state) {
    (void)state;
    static const char *const rules[] = {
        "FREQ=DAILY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO",
        "FREQ=HOURLY;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55",
        "FREQ=DAILY;BYHOUR=1,2,3;BYSETPOS=3",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;BYSETPOS=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYDAY=MO,TU;BYMONTH=2;BYSETPOS=1",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYSETPOS=1,-1",
        "FREQ=YEARLY;INTERVAL=7;BYYEARDAY=366",
    };
    static const int64_t lasting[] = {1, 30, 366};
    int64_t start = at("2026-01-05T08:00:00");
    for (size_t i = 0; i < PP_COUNT(rules) * PP_COUNT(lasting); i++) {
        struct channel_rule rule;
        int64_t days = lasting[i % PP_COUNT(lasting)];
        assert_true(rule_read(rules[i / PP_COUNT(lasting)], start, &rule, NULL));
        for (int64_t now = start - RULE_DAY_S; now < start + 900 * INT64_C(86400); now += 5 * 86400 + 3601) {
            struct rule_search search = {.rule = &rule};
            int64_t found = 0;
            (void)rule_previous(&search, now, now - (days + RULE_SLACK_DAYS) * RULE_DAY_S, &found);
            (void)rule_next(&search, now + 1, now + (RULE_LOOK_AHEAD_DAYS + RULE_SLACK_DAYS) * RULE_DAY_S,
                            &found);
            if (search.steps > rule_search_cost(&rule, days))
                fail_msg("%s: looked at %lld days, not %lld", rules[i / PP_COUNT(lasting)],
                         (long long)search.steps, (long long)rule_search_cost(&rule, days));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_happen_as_two_other_implementations_say),
        cmocka_unit_test(libical_says_the_same_or_it_is_known_why_not),
        cmocka_unit_test(rules_of_the_field_happen_on_their_days),
        cmocka_unit_test(no_question_costs_more_than_was_reckoned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
