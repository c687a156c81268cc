/* headend/ops/alert_watch and alert_queue: who is told of what, when, and how often. Time is what the test says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "headend/db/sql.h"
#include "headend/db/stored_key.h"
#include "headend/ops/alert_watch.h"
#include "headend/ops/mail_account.h"
#include "headend/ops/operations.h"

#define NOON 1796040000 /* 2026-11-30T12:00:00Z */

static const struct alert_own fine = {
    .disk_free = 80, .root_expires = NOON + 3650LL * 86400, .begun = NOON - 86400};

static void sql(struct home *home, const char *text) {
    struct pp_error error = {0};
    if (!db_script(home->db, text, &error))
        fail_msg("%s: %s", text, error.message);
}

static int64_t number(struct home *home, const char *text) {
    struct pp_error error = {0};
    db_autorow struct db_row *row = db_query_sql(home->db, &error, text, "");
    if (!row || !db_next(row, "row", &error))
        fail_msg("%s: %s", text, error.message);
    return db_int(row, 0);
}

static void screen_make(struct home *home, int place, const char *site, int64_t seen) {
    char text[512];
    snprintf(
        text, sizeof text,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by, "
        "seen,"
        " certificate_expires) VALUES('00000000-0000-4000-8000-00000000000%d', randomblob(32), 'Screen %d',"
        " '%s', 'UTC', 'en', 'active', 0, 'x', %lld, %lld)",
        place, place, site, (long long)seen, (long long)NOON + 300LL * 86400);
    sql(home, text);
}

static void rule_make(struct home *home, const char *request, struct alert_rule *rule) {
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    char field[33] = "";
    struct pp_error error = {0};
    pp_autojson cJSON *value = cJSON_Parse(request);
    assert_non_null(value);
    alert_rule_begin(rule);
    if (!alert_rule_take(rule, value, field, &error) || !alert_rule_add(home->db, rule, secret, &error))
        fail_msg("%s: %s", field, error.message);
}

static void watch_with(struct home *home, const struct alert_own *own, int64_t now) {
    struct pp_error error = {0};
    if (!alert_watch(home->db, own, now, &error))
        fail_msg("%s", error.message);
}

static void watch(struct home *home, int64_t now) {
    watch_with(home, &fine, now);
}

struct newest {
    char what[16], site[64], status[16], to[128];
    int count, screens;
};

static bool newest_take(void *arg, const struct alert_message *message) {
    struct newest *newest = arg;
    const cJSON *facts = message->facts;
    const char *site = cJSON_GetStringValue(cJSON_GetObjectItem(facts, "site"));
    snprintf(newest->what, sizeof newest->what, "%s",
             cJSON_GetStringValue(cJSON_GetObjectItem(facts, "what")));
    snprintf(newest->site, sizeof newest->site, "%s", site ? site : "");
    snprintf(newest->status, sizeof newest->status, "%s", message->status);
    snprintf(newest->to, sizeof newest->to, "%.100s", message->target);
    const cJSON *count = cJSON_GetObjectItem(facts, "count");
    newest->count = cJSON_IsNumber(count) ? count->valueint : 0;
    newest->screens = cJSON_GetArraySize(cJSON_GetObjectItem(facts, "screens"));
    return false;
}

/* The newest message; how many there are. */
static int64_t messages(struct home *home, struct newest *newest) {
    struct pp_error error = {0};
    *newest = (struct newest){0};
    if (!alert_queue_each(home->db, 0, INT64_MAX, 1, newest_take, newest, &error))
        fail_msg("%s", error.message);
    return number(home, "SELECT count(*) FROM alert_message");
}

#define OFFLINE                                                                                              \
    "{\"name\": \"Offline\", \"about\": \"offline\", \"hold_s\": 600, \"mail\": [\"a@example.org\"]"

static void several_screens_of_a_site_are_one_message_and_well_is_told_once(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    rule_make(home, OFFLINE "}", &rule);
    for (int i = 1; i <= 3; i++)
        screen_make(home, i, i < 3 ? "Rennes" : "Lyon", NOON - i);
    watch(home, NOON + 599);
    assert_int_equal(messages(home, &newest), 0);
    watch(home, NOON + 600 + ALERT_GATHER_S);
    assert_int_equal(messages(home, &newest), 2);
    assert_string_equal(newest.what, "trouble");
    assert_string_equal(newest.site, "Rennes");
    assert_string_equal(newest.to, "a@example.org");
    assert_int_equal(newest.count, 2);
    assert_int_equal(newest.screens, 2);
    watch(home, NOON + 700);
    watch(home, NOON + 3600);
    assert_int_equal(messages(home, &newest), 2);
    sql(home, "UPDATE device SET seen = 1796043700 WHERE site = 'Rennes'");
    watch(home, NOON + 3710);
    assert_int_equal(messages(home, &newest), 2);
    watch(home, NOON + 3770);
    assert_int_equal(messages(home, &newest), 3);
    assert_string_equal(newest.what, "well");
    assert_int_equal(newest.count, 2);
    watch(home, NOON + 3780);
    assert_int_equal(messages(home, &newest), 3);
}

static void what_still_holds_is_told_again_after_a_while_and_what_comes_and_goes_no_sooner(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    rule_make(home, OFFLINE ", \"repeat_s\": 7200}", &rule);
    screen_make(home, 1, "Rennes", NOON);
    watch(home, NOON + 700);
    assert_int_equal(messages(home, &newest), 1);
    watch(home, NOON + 700 + 7199);
    assert_int_equal(messages(home, &newest), 1);
    watch(home, NOON + 700 + 7200);
    assert_int_equal(messages(home, &newest), 2);
    /* It is back, is told to be, and goes again. */
    sql(home, "UPDATE device SET seen = 1796048000");
    watch(home, NOON + 8000);
    watch(home, NOON + 8060);
    assert_int_equal(messages(home, &newest), 3);
    assert_string_equal(newest.what, "well");
    for (int64_t at = 8200; at < 7900 + 7200; at += 300)
        watch(home, NOON + at);
    assert_int_equal(messages(home, &newest), 3);
    watch(home, NOON + 7900 + 7200);
    assert_int_equal(messages(home, &newest), 4);
    assert_string_equal(newest.what, "trouble");
}

static void a_headend_that_has_just_begun_waits_for_screens_that_could_not_reach_it(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    const struct alert_own own = {.disk_free = -1, .begun = NOON};
    rule_make(home, OFFLINE "}", &rule);
    screen_make(home, 1, "Rennes", NOON - 86400);
    watch_with(home, &own, NOON + 10);
    watch_with(home, &own, NOON + 599);
    assert_int_equal(messages(home, &newest), 0);
    watch_with(home, &own, NOON + 660);
    assert_int_equal(messages(home, &newest), 1);
}

static void in_quiet_hours_nothing_is_told_and_what_still_holds_is_when_they_end(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    /* 12:00 UTC is 13:00 in Paris; on 30 March 2026, after daylight saving began, 14:00. */
    rule_make(home, OFFLINE ", \"quiet\": \"12:30-14:00\", \"time_zone\": \"Europe/Paris\"}", &rule);
    assert_true(alert_is_quiet(&rule, NOON));
    assert_false(alert_is_quiet(&rule, NOON + 3600));
    assert_false(alert_is_quiet(&rule, 1774872000));
    assert_true(alert_is_quiet(&rule, 1774872000 - 60));
    screen_make(home, 1, "Rennes", NOON - 7200);
    screen_make(home, 2, "Rennes", NOON - 7200);
    watch(home, NOON);
    sql(home, "UPDATE device SET seen = 1796040600 WHERE name = 'Screen 2'");
    watch(home, NOON + 620);
    assert_int_equal(messages(home, &newest), 0);
    sql(home, "UPDATE device SET seen = 1796043590 WHERE name = 'Screen 2'");
    watch(home, NOON + 3600);
    assert_int_equal(messages(home, &newest), 1);
    assert_int_equal(newest.count, 1);
    struct alert_rule night = rule;
    night.quiet_from = 22 * 60;
    night.quiet_to = 7 * 60;
    assert_true(alert_is_quiet(&night, NOON - 12 * 3600));
    assert_false(alert_is_quiet(&night, NOON));
}

static void what_is_more_than_the_hour_allows_is_summed_up(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    rule_make(home, OFFLINE ", \"per_hour\": 2}", &rule);
    for (int i = 1; i <= 5; i++) {
        char site[16];
        snprintf(site, sizeof site, "Site %d", i);
        screen_make(home, i, site, NOON);
    }
    watch(home, NOON + 700);
    assert_int_equal(messages(home, &newest), 5);
    assert_string_equal(newest.status, "held");
    assert_int_equal(number(home, "SELECT count(*) FROM alert_message WHERE status = 'waiting'"), 2);
    watch(home, NOON + 700 + 3599);
    assert_int_equal(messages(home, &newest), 5);
    watch(home, NOON + 700 + 3600);
    assert_int_equal(messages(home, &newest), 6);
    assert_string_equal(newest.what, "held");
    assert_string_equal(newest.status, "waiting");
    assert_int_equal(newest.count, 3);
    assert_int_equal(number(home, "SELECT count(*) FROM alert_message WHERE status = 'held'"), 0);
}

static void event_add(struct home *home, int place, int screen, const char *kind, int64_t at) {
    char text[400];
    snprintf(text, sizeof text,
             "INSERT INTO report(id, device, list, kind, item, received) VALUES('event %d',"
             " '00000000-0000-4000-8000-00000000000%d', 'events', '%s', '{}', %lld)",
             place, screen, kind, (long long)at);
    sql(home, text);
}

static void events_of_security_are_told_of_as_grave_as_is_wanted_and_counted_meanwhile(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    screen_make(home, 1, "Rennes", NOON);
    event_add(home, 1, 1, "sandbox-kill", NOON - 100); /* before there was a rule */
    rule_make(home,
              "{\"name\": \"S\", \"about\": \"security\", \"detail\": \"8\", \"repeat_s\": 3600,"
              " \"mail\": [\"a@example.org\"]}",
              &rule);
    event_add(home, 2, 1, "security-tls", NOON);
    event_add(home, 3, 1, "clock-jump", NOON);  /* 6 */
    event_add(home, 4, 1, "item-failed", NOON); /* no matter of security */
    watch(home, NOON + 60);
    assert_int_equal(messages(home, &newest), 1);
    assert_string_equal(newest.what, "happened");
    assert_int_equal(newest.count, 1);
    event_add(home, 5, 1, "vault-rollback", NOON + 100);
    event_add(home, 6, 1, "vault-rollback", NOON + 200);
    watch(home, NOON + 1200);
    assert_int_equal(messages(home, &newest), 1);
    watch(home, NOON + 60 + 3600);
    assert_int_equal(messages(home, &newest), 2);
    watch(home, NOON + 7400);
    assert_int_equal(messages(home, &newest), 2);
}

/* SQLite gives the numbers of the newest rows again where they were removed. */
static void an_event_after_a_screen_was_removed_is_told_of(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    screen_make(home, 1, "Rennes", NOON);
    screen_make(home, 2, "Brest", NOON);
    rule_make(home,
              "{\"name\": \"S\", \"about\": \"security\", \"detail\": \"8\", \"mail\": [\"a@example.org\"]}",
              &rule);
    for (int i = 1; i <= 5; i++)
        event_add(home, i, 1, "security-tls", NOON);
    watch(home, NOON + 60);
    assert_int_equal(messages(home, &newest), 1);
    sql(home, "UPDATE device SET status = 'retired' WHERE site = 'Rennes'");
    assert_true(device_remove(home->db, "00000000-0000-4000-8000-000000000001", NULL));
    event_add(home, 6, 2, "security-tls", NOON + 100);
    watch(home, NOON + 300);
    assert_int_equal(messages(home, &newest), 2);
    assert_int_equal(newest.count, 1);
}

static void what_is_none_of_a_rule_is_looked_at_once(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    screen_make(home, 1, "Rennes", NOON);
    rule_make(home,
              "{\"name\": \"S\", \"about\": \"security\", \"detail\": \"8\", \"scope\": \"site\", \"place\": "
              "\"Brest\","
              " \"mail\": [\"a@example.org\"]}",
              &rule);
    for (int i = 1; i <= 5; i++)
        event_add(home, i, 1, "security-tls", NOON);
    watch(home, NOON + 60);
    assert_int_equal(number(home, "SELECT seen FROM alert_rule"),
                     number(home, "SELECT max(rowid) FROM report"));
}

static void histories_that_went_back_are_told_of(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    screen_make(home, 1, "Rennes", NOON);
    rule_make(home, "{\"name\": \"C\", \"about\": \"chain\", \"mail\": [\"a@example.org\"]}", &rule);
    sql(home, "INSERT INTO event_finding(device, finding, chain, first, last, missing, found, item)"
              " VALUES('00000000-0000-4000-8000-000000000001', 'gap', 'c', 1, 2, 2, 1796040000, ''),"
              " ('00000000-0000-4000-8000-000000000001', 'rollback', 'c', 1, 2, 0, 1796040000, '')");
    watch(home, NOON + 60);
    assert_int_equal(messages(home, &newest), 1);
    assert_int_equal(newest.count, 1);
}

/* A rule for Rennes and one for Lyon, while something is wrong in Rennes. */
static void is_found(struct home *home, const char *about, const char *before, const char *cause) {
    char request[256];
    struct alert_rule rennes;
    struct alert_rule lyon;
    struct newest newest;
    sql(home, "DELETE FROM alert_rule");
    sql(home, before);
    snprintf(request, sizeof request,
             "{\"name\": \"R\", \"about\": \"%s\", \"site\": \"Rennes\", \"hold_s\": 0, \"mail\": [\"a@b\"]}",
             about);
    rule_make(home, request, &rennes);
    snprintf(request, sizeof request,
             "{\"name\": \"R\", \"about\": \"%s\", \"site\": \"Lyon\", \"hold_s\": 0, \"mail\": [\"a@b\"]}",
             about);
    rule_make(home, request, &lyon);
    watch(home, NOON);
    watch(home, NOON + 61);
    assert_int_equal(messages(home, &newest), 0);
    sql(home, cause);
    watch(home, NOON + 62);
    watch(home, NOON + 123);
    if (messages(home, &newest) != 1)
        fail_msg("%s: not found", about);
    assert_string_equal(newest.site, "Rennes");
    assert_int_equal(newest.screens, 1);
    assert_int_equal(
        number(home, "SELECT count(*) FROM alert_case JOIN device ON device.id = subject WHERE detail <>"
                     " CASE WHEN reported_code IN ('N-1', 'F-2') THEN reported_code ELSE '' END"),
        0);
}

static void each_condition_is_found_and_the_scope_of_a_rule_kept_to(void **state) {
    struct home *home = *state;
    screen_make(home, 1, "Rennes", NOON + 5000);
    screen_make(home, 2, "Lyon", NOON + 5000);
    is_found(home, "problem", "UPDATE device SET reported_code = ''",
             "UPDATE device SET reported_code = 'N-1' WHERE site = 'Rennes'");
    is_found(home, "storage", "UPDATE device SET reported_code = ''",
             "UPDATE device SET reported_code = 'F-2' WHERE site = 'Rennes'");
    is_found(home, "storage", "UPDATE device SET reported_code = ''",
             "INSERT INTO report(id, device, list, kind, item, received) VALUES('e',"
             " '00000000-0000-4000-8000-000000000001', 'events', 'object-damaged', '{}', 1796040000)");
    is_found(home, "certificate", "DELETE FROM report",
             "UPDATE device SET certificate_expires = 1796040000 + 13 * 86400 WHERE site = 'Rennes'");
    is_found(home, "sync", "UPDATE device SET reported_code = ''",
             "INSERT INTO channel(id, title, key, publish, created) SELECT 'lobby', 'Lobby', key, 7, 0 FROM"
             " alert_rule LIMIT 1; UPDATE device SET channel = 'lobby', report = '{\"manifest_version\": 6}'"
             " WHERE site = 'Rennes'");
}

static void a_rule_of_a_tag_is_about_the_screens_that_have_it(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    rule_make(home, OFFLINE ", \"tag\": \"street\"}", &rule);
    screen_make(home, 1, "Rennes", NOON);
    screen_make(home, 2, "Rennes", NOON);
    sql(home, "INSERT INTO device_tag(device, tag) SELECT id, 'street' FROM device WHERE name = 'Screen 2'");
    watch(home, NOON + 700);
    assert_int_equal(messages(home, &newest), 1);
    assert_int_equal(newest.count, 1);
}

static void the_headends_own_condition_is_told_and_told_to_be_well(void **state) {
    struct home *home = *state;
    struct alert_rule disk;
    struct alert_rule root;
    struct newest newest;
    struct alert_own own = fine;
    rule_make(home, "{\"name\": \"D\", \"about\": \"disk\", \"detail\": \"20\", \"mail\": [\"a@b\"]}", &disk);
    rule_make(home, "{\"name\": \"T\", \"about\": \"root\", \"detail\": \"30\", \"mail\": [\"a@b\"]}", &root);
    watch_with(home, &own, NOON);
    own.disk_free = 19;
    watch_with(home, &own, NOON + 10);
    watch_with(home, &own, NOON + 70);
    assert_int_equal(messages(home, &newest), 1);
    own.disk_free = 50;
    watch_with(home, &own, NOON + 100);
    watch_with(home, &own, NOON + 160);
    assert_int_equal(messages(home, &newest), 2);
    assert_string_equal(newest.what, "well");
    own.root_expires = NOON + 29 * 86400;
    watch_with(home, &own, NOON + 200);
    watch_with(home, &own, NOON + 260);
    assert_int_equal(messages(home, &newest), 3);
}

static void a_screen_that_is_retired_is_no_trouble_any_more_and_nobody_is_told(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    rule_make(home, OFFLINE "}", &rule);
    screen_make(home, 1, "Rennes", NOON);
    watch(home, NOON + 700);
    sql(home, "UPDATE device SET status = 'retired'");
    watch(home, NOON + 800);
    watch(home, NOON + 900);
    assert_int_equal(messages(home, &newest), 1);
    assert_int_equal(number(home, "SELECT count(*) FROM alert_case"), 0);
}

static void what_is_not_delivered_is_tried_again_later_each_time_and_given_up_after_a_day(void **state) {
    struct home *home = *state;
    struct alert_rule rule;
    struct newest newest;
    struct alert_message message;
    bool found = false;
    const struct pp_error failure = {.code = PP_E_NET, .message = "nobody is there"};
    pp_autojson cJSON *facts = cJSON_Parse("{\"what\": \"test\"}");
    static const int64_t waits[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
    int64_t now = NOON;
    rule_make(home, OFFLINE "}", &rule);
    assert_true(alert_queue_add(home->db, &rule, facts, now, NULL));
    for (size_t i = 0; i < PP_COUNT(waits); i++) {
        assert_true(alert_queue_take(home->db, now, &message, &found, NULL));
        assert_true(found);
        assert_string_equal(message.target, "a@example.org");
        assert_int_equal(message.attempts, i + 1);
        alert_message_finish(&message);
        /* It is this one's for a while. */
        assert_true(alert_queue_take(home->db, now + ALERT_LEASE_S - 1, &message, &found, NULL));
        assert_false(found);
        message = (struct alert_message){.number = number(home, "SELECT number FROM alert_message"),
                                         .attempts = (int64_t)i + 1,
                                         .created = NOON};
        assert_true(alert_queue_settle(home->db, &message, now, &failure, NULL));
        assert_true(alert_queue_take(home->db, now + waits[i] - 1, &message, &found, NULL));
        assert_false(found);
        now += waits[i];
    }
    message = (struct alert_message){
        .number = number(home, "SELECT number FROM alert_message"), .attempts = 20, .created = NOON};
    assert_true(alert_queue_settle(home->db, &message, NOON + 86400 - 60, &failure, NULL));
    (void)messages(home, &newest);
    assert_string_equal(newest.status, "failed");
    assert_true(alert_queue_take(home->db, NOON + 90000, &message, &found, NULL));
    assert_false(found);
}

/* A request is refused, by the field that does not fit. */
static void refused(const char *request, const char *expected) {
    struct alert_rule rule;
    char field[33] = "";
    struct pp_error error = {0};
    pp_autojson cJSON *value = cJSON_Parse(request);
    assert_non_null(value);
    alert_rule_begin(&rule);
    assert_false(alert_rule_take(&rule, value, field, &error));
    assert_string_equal(field, expected);
}

static void rules_that_make_no_sense_are_refused_by_their_field(void **state) {
    (void)state;
    refused("{\"about\": \"offline\", \"mail\": [\"a@b\"]}", "name");
    refused("{\"name\": \"x\", \"about\": \"weather\"}", "about");
    refused("{\"name\": \"x\", \"about\": \"offline\"}", "mail");
    refused("{\"name\": \"x\", \"about\": \"offline\", \"mail\": [\"a@b\\r\\nBcc: c@d\"]}", "mail");
    refused("{\"name\": \"x\", \"about\": \"offline\", \"webhook\": \"http://x/\"}", "webhook");
    refused("{\"name\": \"x\", \"about\": \"offline\", \"mail\": [\"a@b\"], \"detail\": \"3\"}", "detail");
    refused("{\"name\": \"x\", \"about\": \"security\", \"mail\": [\"a@b\"], \"detail\": \"11\"}", "detail");
    refused("{\"name\": \"x\", \"about\": \"security\", \"mail\": [\"a@b\"], \"hold_s\": 5}", "hold_s");
    refused("{\"name\": \"x\", \"about\": \"disk\", \"mail\": [\"a@b\"], \"site\": \"Rennes\"}", "site");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"site\": \"Rennes\", \"channel\": \"a\"}", "site");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"tag\": \"a\", \"channel\": \"a\"}", "site");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"quiet\": \"22:00-24:00\"}", "quiet");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"time_zone\": \"Europe/Atlantis\"}", "time_zone");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"repeat_s\": 60}", "repeat_s");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"per_hour\": 0}", "per_hour");
    refused("{\"name\": \"x\", \"mail\": [\"a@b\"], \"locale\": \"de\"}", "locale");
}

static void the_mail_servers_password_stands_sealed_and_survives_another_key(void **state) {
    struct home *home = *state;
    struct mail_server server = {.host = "mail.example.org",
                                 .port = 587,
                                 .user = "signs",
                                 .password = "Marked-7c1f",
                                 .from = "a@example.org"};
    struct mail_server got;
    struct pp_error error = {0};
    assert_true(mail_account_save(home->db, &server, &error));
    assert_int_equal(
        number(home, "SELECT count(*) FROM mail_server WHERE hex(password) LIKE '%4D61726B6564%'"), 0);
    assert_true(mail_account_load(home->db, &got, &error));
    assert_string_equal(got.password, "Marked-7c1f");
    strcpy(server.host, "");
    assert_false(mail_account_save(home->db, &server, &error));
    if (!stored_key_rotate(home->db, &error))
        fail_msg("%s", error.message);
    assert_true(mail_account_load(home->db, &got, &error));
    assert_string_equal(got.password, "Marked-7c1f");
    assert_true(mail_account_remove(home->db, &error));
    assert_false(mail_account_load(home->db, &got, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(several_screens_of_a_site_are_one_message_and_well_is_told_once,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(
            what_still_holds_is_told_again_after_a_while_and_what_comes_and_goes_no_sooner, test_home_setup,
            test_home_teardown),
        cmocka_unit_test_setup_teardown(
            a_headend_that_has_just_begun_waits_for_screens_that_could_not_reach_it, test_home_setup,
            test_home_teardown),
        cmocka_unit_test_setup_teardown(in_quiet_hours_nothing_is_told_and_what_still_holds_is_when_they_end,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(what_is_more_than_the_hour_allows_is_summed_up, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(
            events_of_security_are_told_of_as_grave_as_is_wanted_and_counted_meanwhile, test_home_setup,
            test_home_teardown),
        cmocka_unit_test_setup_teardown(an_event_after_a_screen_was_removed_is_told_of, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(what_is_none_of_a_rule_is_looked_at_once, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(histories_that_went_back_are_told_of, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(each_condition_is_found_and_the_scope_of_a_rule_kept_to,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(a_rule_of_a_tag_is_about_the_screens_that_have_it, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(the_headends_own_condition_is_told_and_told_to_be_well,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(a_screen_that_is_retired_is_no_trouble_any_more_and_nobody_is_told,
                                        test_home_setup, test_home_teardown),
        cmocka_unit_test_setup_teardown(
            what_is_not_delivered_is_tried_again_later_each_time_and_given_up_after_a_day, test_home_setup,
            test_home_teardown),
        cmocka_unit_test_setup_teardown(rules_that_make_no_sense_are_refused_by_their_field, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(the_mail_servers_password_stands_sealed_and_survives_another_key,
                                        test_home_setup, test_home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
