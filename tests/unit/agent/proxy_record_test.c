/* agent/proxy_record.h: what becomes of a change of the proxy, and the record that the vault has of it. */
#include "support/test_folder.h"

#include <string.h>

#include "agent/proxy_record.h"
#include "base/json.h"

static struct proxy_choice choice_of(const char *address) {
    struct proxy_choice choice = {0};
    snprintf(choice.net.address, sizeof choice.net.address, "%s", address);
    return choice;
}

static struct proxy_choice password_choice(const char *address, const char *user, const char *password) {
    struct proxy_choice choice = choice_of(address);
    snprintf(choice.net.user, sizeof choice.net.user, "%s", user);
    snprintf(choice.net.password, sizeof choice.net.password, "%s", password);
    return choice;
}

static struct proxy_choice kerberos_choice(const char *keytab) {
    struct proxy_choice choice = choice_of("http://proxy.example:3128");
    snprintf(choice.principal, sizeof choice.principal, "screen-1@EXAMPLE.ORG");
    snprintf(choice.kdc, sizeof choice.kdc, "kdc.example:88");
    snprintf(choice.keytab, sizeof choice.keytab, "%s", keytab);
    return choice;
}

/* ---- The table ---- */

static void each_cell_of_the_table_is_as_drawn(void **state) {
    (void)state;
    static const enum proxy_phase drawn[PROXY_PHASES][PROXY_EVENTS] = {
        {PROXY_UNPROVEN, PROXY_SETTLED, PROXY_UNPROVEN},
        {PROXY_TRYING, PROXY_SETTLED, PROXY_SETTLED},
        {PROXY_TRYING, PROXY_SETTLED, PROXY_FALLEN_BACK},
        {PROXY_TRYING, PROXY_FALLEN_BACK, PROXY_TRYING},
    };
    for (int phase = 0; phase < PROXY_PHASES; phase++) {
        for (int event = 0; event < PROXY_EVENTS; event++)
            assert_int_equal(proxy_record_next((enum proxy_phase)phase, (enum proxy_event)event),
                             drawn[phase][event]);
    }
    assert_string_equal(proxy_phase_name(PROXY_FALLEN_BACK), "fallen-back");
}

static bool fail_often(struct proxy_record *record) {
    for (int i = 1; i < PROXY_FAILURES_MAX; i++)
        assert_false(proxy_record_hear(record, false));
    return proxy_record_hear(record, false);
}

/* A record whose chosen proxy is `one`, which has reached the headend. */
static void settle(struct proxy_record *record, const char *one) {
    struct proxy_choice choice = choice_of(one);
    *record = (struct proxy_record){0};
    assert_true(proxy_record_set(record, &choice));
    assert_true(proxy_record_hear(record, true));
    assert_int_equal(record->phase, PROXY_SETTLED);
}

static const char *in_use(const struct proxy_record *record) {
    return proxy_record_in_use(record)->net.address;
}

static void the_first_one_has_nothing_to_fall_back_to(void **state) {
    (void)state;
    struct proxy_record record = {0};
    struct proxy_choice one = choice_of("http://one:1"), two = choice_of("http://two:2");
    assert_true(proxy_record_set(&record, &one));
    assert_false(fail_often(&record));
    assert_string_equal(in_use(&record), "http://one:1");
    assert_true(proxy_record_set(&record, &two));
    assert_int_equal(record.phase, PROXY_UNPROVEN);
    assert_string_equal(in_use(&record), "http://two:2");
    assert_string_equal(record.former.net.address, "");
}

static void a_change_that_reaches_the_headend_is_kept_and_the_former_one_forgotten(void **state) {
    (void)state;
    struct proxy_record record;
    struct proxy_choice two = password_choice("http://two:2", "screen", "secret");
    settle(&record, "http://one:1");
    assert_true(proxy_record_set(&record, &two));
    assert_int_equal(record.phase, PROXY_TRYING);
    assert_string_equal(record.former.net.address, "http://one:1");
    assert_true(proxy_record_hear(&record, true));
    assert_int_equal(record.phase, PROXY_SETTLED);
    assert_string_equal(in_use(&record), "http://two:2");
    for (size_t i = 0; i < sizeof record.former; i++)
        assert_int_equal(((const char *)&record.former)[i], 0);
    assert_false(proxy_record_hear(&record, true));
    assert_false(fail_often(&record));
    assert_string_equal(in_use(&record), "http://two:2");
}

static void one_that_fails_too_often_gives_way_to_the_former_and_is_tried_again(void **state) {
    (void)state;
    struct proxy_record record;
    struct proxy_choice none = choice_of("");
    settle(&record, "http://one:1");
    assert_true(proxy_record_set(&record, &none));
    assert_string_equal(in_use(&record), "");
    assert_false(proxy_record_hear(&record, false));
    assert_int_equal(record.phase, PROXY_TRYING);
    assert_false(proxy_record_hear(&record, false));
    assert_true(proxy_record_hear(&record, false));
    assert_int_equal(record.phase, PROXY_FALLEN_BACK);
    assert_string_equal(in_use(&record), "http://one:1");
    assert_false(proxy_record_hear(&record, true));
    assert_string_equal(in_use(&record), "http://one:1");
    assert_true(fail_often(&record));
    assert_int_equal(record.phase, PROXY_TRYING);
    assert_string_equal(in_use(&record), "");
    assert_true(proxy_record_hear(&record, true));
    assert_int_equal(record.phase, PROXY_SETTLED);
}

static void an_answer_in_between_begins_the_count_anew(void **state) {
    (void)state;
    struct proxy_record record;
    struct proxy_choice two = choice_of("http://two:2"), three = choice_of("http://three:3");
    settle(&record, "http://one:1");
    proxy_record_hear(&record, false);
    proxy_record_hear(&record, false);
    assert_true(proxy_record_set(&record, &two));
    proxy_record_hear(&record, false);
    proxy_record_hear(&record, false);
    assert_true(proxy_record_set(&record, &three)); /* the former is still the one that has worked */
    assert_string_equal(record.former.net.address, "http://one:1");
    assert_true(fail_often(&record));
    assert_string_equal(in_use(&record), "http://one:1");
}

static void the_same_again_is_no_change_unless_it_was_fallen_back_from(void **state) {
    (void)state;
    struct proxy_record record;
    struct proxy_choice one = choice_of("http://one:1"), two = choice_of("http://two:2");
    settle(&record, "http://one:1");
    assert_false(proxy_record_set(&record, &one));
    assert_int_equal(record.phase, PROXY_SETTLED);
    assert_true(proxy_record_set(&record, &two));
    assert_true(fail_often(&record));
    assert_true(proxy_record_set(&record, &two));
    assert_int_equal(record.phase, PROXY_TRYING);
    assert_string_equal(record.former.net.address, "http://one:1");
}

/* ---- The configuration ---- */

static bool configure(struct proxy_record *record, struct proxy_choice configured) {
    struct pp_error error = {0};
    bool changed = false;
    assert_true(proxy_record_configure(record, &configured, &changed, &error));
    return changed;
}

static void credentials_stay_when_the_configuration_has_them_no_more(void **state) {
    (void)state;
    struct proxy_record record = {0};
    assert_true(configure(&record, password_choice("http://one:1", "screen", "a:b@c/d%e?#\xc3\xa9~")));
    assert_false(configure(&record, choice_of("http://one:1")));
    assert_string_equal(record.chosen.net.user, "screen");
    assert_string_equal(record.chosen.net.password, "a:b@c/d%e?#\xc3\xa9~");
    assert_true(configure(&record, password_choice("http://one:1", "other", "")));
    assert_string_equal(record.chosen.net.user, "other");
    assert_string_equal(record.chosen.net.password, "");
}

static void credentials_are_never_taken_to_another_proxy_nor_kept_without_one(void **state) {
    (void)state;
    struct proxy_record record = {0};
    assert_true(configure(&record, password_choice("http://one:1", "screen", "secret")));
    assert_true(configure(&record, choice_of("http://two:2")));
    assert_string_equal(record.chosen.net.user, "");
    assert_string_equal(record.chosen.net.password, "");
    assert_true(configure(&record, password_choice("http://one:1", "screen", "secret")));
    assert_true(configure(&record, choice_of("")));
    assert_true(configure(&record, choice_of("http://one:1")));
    assert_string_equal(record.chosen.net.user, "");
}

static void the_former_proxy_s_credentials_are_there_when_it_is_configured_again(void **state) {
    (void)state;
    struct proxy_record record = {0};
    assert_true(configure(&record, password_choice("http://one:1", "screen", "secret")));
    assert_true(proxy_record_hear(&record, true));
    assert_true(configure(&record, choice_of("http://two:2")));
    assert_string_equal(record.chosen.net.password, "");
    assert_true(fail_often(&record));
    assert_true(configure(&record, choice_of("http://one:1")));
    assert_string_equal(record.chosen.net.user, "screen");
    assert_string_equal(record.chosen.net.password, "secret");
    assert_true(proxy_record_hear(&record, true));
    assert_true(configure(&record, choice_of("http://two:2")));
    assert_true(proxy_record_hear(&record, true)); /* which forgets the former one */
    assert_true(configure(&record, choice_of("http://one:1")));
    assert_string_equal(record.chosen.net.password, "");
}

static void a_keytab_that_was_taken_away_stays_with_its_principal_alone(void **state) {
    (void)state;
    struct proxy_record record = {0};
    struct proxy_choice other = kerberos_choice("");
    struct pp_error error = {0};
    bool changed = false;
    assert_true(configure(&record, kerberos_choice("a2V5dGFi")));
    assert_int_equal(record.chosen.net.auth, NET_PROXY_NEGOTIATE);
    assert_false(configure(&record, kerberos_choice("")));
    assert_string_equal(record.chosen.keytab, "a2V5dGFi");
    snprintf(other.principal, sizeof other.principal, "screen-2@EXAMPLE.ORG");
    assert_false(proxy_record_configure(&record, &other, &changed, &error));
    assert_non_null(strstr(error.message, "a principal needs a keytab or a password"));
    assert_string_equal(record.chosen.principal, "screen-1@EXAMPLE.ORG");
}

static void
a_proxy_that_somebody_else_has_set_stays_until_the_configuration_says_something_new(void **state) {
    (void)state;
    struct proxy_record record = {0};
    struct proxy_choice set = choice_of("http://set:9");
    assert_true(configure(&record, choice_of("http://one:1")));
    assert_true(proxy_record_set(&record, &set));
    assert_false(configure(&record, choice_of("http://one:1")));
    assert_string_equal(in_use(&record), "http://set:9");
    assert_true(configure(&record, choice_of("http://two:2")));
    assert_string_equal(in_use(&record), "http://two:2");
}

/* ---- The record ---- */

static void write_record(const struct proxy_record *record, struct pp_buf *json) {
    struct pp_error error = {0};
    assert_true(proxy_record_write(record, json, &error));
}

static void a_record_survives_the_vault_in_every_phase(void **state) {
    (void)state;
    for (int phase = 0; phase < PROXY_PHASES; phase++) {
        pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX), again = PP_BUF_INIT(PROXY_RECORD_MAX);
        struct proxy_record record = {.phase = (enum proxy_phase)phase}, read;
        struct pp_error error = {0};
        record.chosen = kerberos_choice("a2V5dGFi");
        record.former = password_choice("http://[2001:db8::1]:8080", "DOM\\screen 1", "a:b@c\"\\\xc3\xa9~");
        strcpy(record.former.net.except, "10.0.0.0/8, example.org, [::1]");
        memset(record.configured, 'a', sizeof record.configured - 1);
        memset(record.credentials, 'b', sizeof record.credentials - 1);
        write_record(&record, &json);
        assert_true(proxy_record_parse(json.data, json.size, &read, &error));
        assert_string_equal(error.message, "");
        assert_int_equal(read.phase, phase);
        assert_true(proxy_choice_same(&read.chosen, &record.chosen));
        assert_true(proxy_choice_same(&read.former, &record.former));
        assert_int_equal(read.chosen.net.auth, NET_PROXY_NEGOTIATE);
        assert_int_equal(read.former.net.auth, NET_PROXY_PASSWORD);
        assert_string_equal(read.configured, record.configured);
        assert_string_equal(read.credentials, record.credentials);
        write_record(&read, &again);
        assert_string_equal(pp_buf_text(&again), pp_buf_text(&json));
    }
}

static void the_longest_values_fit_the_record(void **state) {
    (void)state;
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX);
    struct proxy_record record = {0}, read;
    struct pp_error error = {0};
    record.chosen = choice_of("http://proxy.example:3128");
    memset(record.chosen.net.user, '"', sizeof record.chosen.net.user - 1);
    memset(record.chosen.net.password, '\\', sizeof record.chosen.net.password - 1);
    record.former = kerberos_choice("");
    memset(record.former.keytab, 'a', sizeof record.former.keytab - 1);
    write_record(&record, &json);
    assert_true(proxy_record_parse(json.data, json.size, &read, &error));
    assert_true(proxy_choice_same(&read.chosen, &record.chosen));
    assert_true(proxy_choice_same(&read.former, &record.former));
}

/* The record is checked as the configuration is. */
static void a_choice_that_cannot_be_meant_is_refused_in_words(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } rows[] = {
        {"[]", "chosen"},
        {"{\"address\": 1}", "address"},
        {"{\"address\": \"http://p:1\", \"address\": \"http://q:1\"}", "address"},
        {"{\"address\": \"socks5://p:1\"}", "SOCKS"},
        {"{\"address\": \"http://p:1\", \"kdc\": \"k\"}", "without a principal"},
        {"{\"address\": \"http://p:1\", \"keytab\": \"YQ==\"}", "without a principal"},
        {"{\"address\": \"http://p:1\", \"principal\": \"s@R\"}", "needs a keytab or a password"},
        {"{\"address\": \"http://p:1\", \"principal\": \"s@R\", \"user\": \"u\", \"keytab\": \"YQ==\"}",
         "one of them"},
        {"{\"address\": \"http://p:1\", \"principal\": \"s\", \"keytab\": \"YQ==\"}", "NAME@REALM"},
        {"{\"address\": \"http://p:1\", \"principal\": \"s@R\\n}\", \"keytab\": \"YQ==\"}", "NAME@REALM"},
        {"{\"address\": \"http://p:1\", \"principal\": \"s@R\", \"keytab\": \"YQ==\", \"kdc\": \"k\\n x = "
         "y\"}",
         "KDC"},
        {"{\"address\": \"http://10.0.0.1:1\", \"principal\": \"s@R\", \"keytab\": \"YQ==\"}",
         "not by a number"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct proxy_record record;
        struct pp_error error = {0};
        char json[512];
        snprintf(json, sizeof json, "{\"format\": 1, \"phase\": \"settled\", \"chosen\": %s, \"former\": {}}",
                 rows[i].json);
        assert_false(proxy_record_parse(json, strlen(json), &record, &error));
        if (!strstr(error.message, rows[i].words))
            fail_msg("%s: %s", rows[i].json, error.message);
    }
}

static void whoever_has_said_it_last_is_kept_and_a_record_of_before_is_the_configuration_s(void **state) {
    (void)state;
    static const char before[] = "{\"format\":1,\"phase\":\"settled\",\"former\":{\"address\":\"\"},"
                                 "\"chosen\":{\"address\":\"http://p:1\"}}";
    static struct proxy_record record, again;
    struct pp_error error = {0};
    assert_true(proxy_record_parse(before, strlen(before), &record, &error));
    assert_int_equal(record.source, PROXY_CONFIGURED);
    assert_string_equal(record.directed, "");
    record.source = PROXY_HEADEND;
    memset(record.directed, 'a', sizeof record.directed - 1);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX);
    assert_true(proxy_record_write(&record, &json, &error));
    assert_true(proxy_record_parse(json.data, json.size, &again, &error));
    assert_int_equal(again.source, PROXY_HEADEND);
    assert_string_equal(again.directed, record.directed);
    assert_string_equal(proxy_source_name(PROXY_LOCAL), "pingplayctl");
}

static void a_damaged_record_is_refused_and_leaves_nothing(void **state) {
    (void)state;
    static const char user[] = "{\"format\":1,\"phase\":\"settled\",\"former\":{},"
                               "\"chosen\":{\"address\":\"http://p:1\",\"user\":\"a:b\"}}";
    static const char *const rows[] = {
        "",
        "{}",
        "{\"format\":2,\"phase\":\"settled\",\"chosen\":{},\"former\":{}}",
        "{\"format\":1,\"phase\":\"sitting\",\"chosen\":{},\"former\":{}}",
        "{\"format\":1,\"phase\":\"settled\",\"chosen\":{\"address\":\"http://p:1\"}}",
        user,
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct proxy_record record;
        struct pp_error error = {0};
        assert_false(proxy_record_parse(rows[i], strlen(rows[i]), &record, &error));
        assert_non_null(strstr(error.message, "record \"proxy\""));
        assert_string_equal(record.chosen.net.address, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_of_the_table_is_as_drawn),
        cmocka_unit_test(the_first_one_has_nothing_to_fall_back_to),
        cmocka_unit_test(a_change_that_reaches_the_headend_is_kept_and_the_former_one_forgotten),
        cmocka_unit_test(one_that_fails_too_often_gives_way_to_the_former_and_is_tried_again),
        cmocka_unit_test(an_answer_in_between_begins_the_count_anew),
        cmocka_unit_test(the_same_again_is_no_change_unless_it_was_fallen_back_from),
        cmocka_unit_test(credentials_stay_when_the_configuration_has_them_no_more),
        cmocka_unit_test(credentials_are_never_taken_to_another_proxy_nor_kept_without_one),
        cmocka_unit_test(the_former_proxy_s_credentials_are_there_when_it_is_configured_again),
        cmocka_unit_test(a_keytab_that_was_taken_away_stays_with_its_principal_alone),
        cmocka_unit_test(a_proxy_that_somebody_else_has_set_stays_until_the_configuration_says_something_new),
        cmocka_unit_test(a_record_survives_the_vault_in_every_phase),
        cmocka_unit_test(the_longest_values_fit_the_record),
        cmocka_unit_test(a_choice_that_cannot_be_meant_is_refused_in_words),
        cmocka_unit_test(whoever_has_said_it_last_is_kept_and_a_record_of_before_is_the_configuration_s),
        cmocka_unit_test(a_damaged_record_is_refused_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
