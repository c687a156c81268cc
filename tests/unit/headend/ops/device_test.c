#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/channel.h"
#include "headend/ops/device.h"
#include "headend/ops/report.h"

static const char *const english[DEVICE_STATES] = {"Online",  "Nothing to play", "Trouble",
                                                   "Offline", "Starting",        "Retired"};
static const char *const french[DEVICE_STATES] = {"En ligne",   "Rien à diffuser", "En panne",
                                                  "Hors ligne", "Démarrage",       "Retiré"};

static void screen_add(struct home *home, const char *name, const char *site, const char *channel,
                       const char *status, int64_t seen, const char *report) {
    char id[UUID_TEXT_SIZE];
    assert_true(uuid_make(id, NULL));
    char name_folded[TEXT_FOLDED_SIZE], site_folded[TEXT_FOLDED_SIZE];
    assert_true(db_run_sql(
        home->db, NULL,
        "INSERT INTO device(id, thumbprint, name, name_folded, site, site_folded, channel, time_zone, "
        "locale, status,"
        " created, approved_by) VALUES(?, randomblob(32), ?, ?, ?, ?, ?, 'UTC', 'en', ?, 0, 'test')",
        "sssssss", id, name, text_folded(name, name_folded), site, text_folded(site, site_folded), channel,
        status));
    pp_autojson cJSON *body = report ? cJSON_Parse(report) : NULL;
    assert_true(!report || (body && report_status_keep(home->db, id, body, NULL)));
    assert_true(db_run_sql(home->db, NULL, "UPDATE device SET seen = ? WHERE id = ?", "is", seen, id));
}

/* One of each state, and more than one way to some. */
static void screens_make(struct home *home) {
    int64_t now = pp_clock_realtime_s();
    bool made;
    assert_true(channel_make(home->db, "lobby", "Foyer", &made, NULL));
    assert_true(channel_make(home->db, "bar", "Café", &made, NULL));
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET publish = 1 WHERE id = 'lobby'", ""));
    screen_add(home, "Rennes", "Centre", "lobby", "active", now, "{\"state\":\"online\"}");
    screen_add(home, "ÉCRAN", "Lyon", "lobby", "active", now, NULL);
    screen_add(home, "Экран", "", "bar", "active", now, "{}");
    screen_add(home, "Empty", "", NULL, "active", now, "{\"state\":\"online\"}");
    screen_add(home, "Connecting", "", "lobby", "active", now, "{\"state\":\"connecting\"}");
    screen_add(home, "Silent", "Rennes", "lobby", "active", now - DEVICE_ONLINE_S, "{\"state\":\"online\"}");
    screen_add(home, "Silent and bad", "", "lobby", "active", 5, "{\"state\":\"connecting\"}");
    screen_add(home, "New", "", "lobby", "approved", 0, NULL);
    screen_add(home, "Never", "", "lobby", "active", 0, NULL);
    screen_add(home, "Anew", "", "lobby", "approved", now, "{\"state\":\"online\"}");
    screen_add(home, "Gone", "", "lobby", "retired", now, "{\"state\":\"online\"}");
}

struct found {
    char names[512];
    size_t count;
    int64_t now;
    bool in_state[DEVICE_STATES];
};

static bool found_add(void *arg, const struct device *device) {
    struct found *found = arg;
    int64_t publish = strcmp(device->channel, "lobby") == 0;
    found->in_state[device_state_of(device, publish, found->now)] = true;
    found->count++;
    snprintf(found->names + strlen(found->names), sizeof found->names - strlen(found->names), "%s%s",
             *found->names ? ", " : "", device->name);
    return true;
}

static void find(struct home *home, const char *words, const char *const *states, struct found *found) {
    struct device_search search = {.words = words, .now = pp_clock_realtime_s(), .count = 100};
    struct device_counts counts;
    memcpy(search.states, states, sizeof search.states);
    *found = (struct found){.now = search.now};
    assert_true(device_search(home->db, &search, found_add, found, NULL));
    assert_true(device_count(home->db, &search, &counts, NULL));
    assert_int_equal(counts.found, found->count);
}

static void finds(struct home *home, const char *words, const char *const *states, const char *names) {
    struct found found;
    find(home, words, states, &found);
    assert_string_equal(found.names, names);
}

static void a_state_is_found_by_its_name_and_only_that(void **state) {
    struct home *home = *state;
    screens_make(home);
    size_t sum = 0;
    for (enum device_state wanted = 0; wanted < DEVICE_STATES; wanted++) {
        struct found found[2];
        find(home, english[wanted], english, &found[0]);
        find(home, french[wanted], french, &found[1]);
        assert_string_equal(found[0].names, found[1].names);
        assert_true(found[0].count > 0);
        for (enum device_state one = 0; one < DEVICE_STATES; one++)
            assert_int_equal(found[0].in_state[one], one == wanted);
        sum += found[0].count;
    }
    assert_int_equal(sum, 11);
}

static void a_state_of_two_words_is_one_among_others(void **state) {
    struct home *home = *state;
    screens_make(home);
    finds(home, "en ligne", french, "Rennes, ÉCRAN");
    finds(home, "rennes  EN LIGNE", french, "Rennes");
    finds(home, "hors ligne rennes", french, "Silent");
    finds(home, "RIEN À DIFFUSER", french, "Empty, Экран");
    finds(home, "online", french, "");
    finds(home, "retired", english, "Gone");
    finds(home, "nothing to play café", english, "Экран");
    /* not the whole name: words like others */
    finds(home, "en lign", french, "Silent, Silent and bad, Rennes, ÉCRAN");
}

static void letters_of_any_alphabet_are_found_in_any_case(void **state) {
    struct home *home = *state;
    screens_make(home);
    finds(home, "écran", english, "ÉCRAN");
    finds(home, "ЭКРАН", english, "Экран");
    finds(home, "CAFÉ", english, "Экран");
    finds(home, "lobby cENTRE", english, "Rennes");
    finds(home, "e\xcc\x81", english, ""); /* another form of the letter is another */
}

static void words_beyond_the_limits_do_no_harm(void **state) {
    struct home *home = *state;
    char words[2000];
    screens_make(home);
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = 0;
    finds(home, words, english, "");
    memset(words, ' ', sizeof words - 1);
    memcpy(words, "e n a l nonsense", 16);
    struct found found;
    find(home, words, english, &found);
    assert_true(found.count > 0); /* only the first four count */
    finds(home, "\xff\xc3", english, "");
}

static void who_needs_somebody_comes_first(void **state) {
    struct home *home = *state;
    screens_make(home);
    screen_add(home, "Zoe asks for help", "", "lobby", "active", pp_clock_realtime_s(),
               "{\"state\":\"online\",\"code\":\"C-1\"}");
    finds(home, "", english,
          "Connecting, Silent, Silent and bad, Zoe asks for help, Anew, Empty, Never, New, Rennes, ÉCRAN, "
          "Экран, Gone");
}

int main(void) {
#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, test_home_setup, test_home_teardown)
    const struct CMUnitTest tests[] = {
        WITH_HOME(a_state_is_found_by_its_name_and_only_that),
        WITH_HOME(a_state_of_two_words_is_one_among_others),
        WITH_HOME(letters_of_any_alphabet_are_found_in_any_case),
        WITH_HOME(words_beyond_the_limits_do_no_harm),
        WITH_HOME(who_needs_somebody_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
