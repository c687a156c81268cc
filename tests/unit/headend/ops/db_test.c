/* One connection that threads share: who uses it holds its lock, and so does everything that publishes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/home_open.h"
#include "headend/db/sql.h"
#include "headend/ops/publish.h"

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    struct home *home = *state;
    if (!publish_init(home, NULL))
        return -1;
    db_share(home->db);
    return 0;
}

static void a_shared_database_is_not_used_without_its_lock(void **state) {
    const struct home *home = *state;
    struct pp_error error = {0};
    assert_false(db_meta_set(home->db, "name", "value", &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_null(db_query_sql(home->db, &error, "SELECT 1", ""));
    db_lock(home->db);
    db_lock(home->db);
    db_unlock(home->db);
    assert_true(db_meta_set(home->db, "name", "value", &error));
    db_unlock(home->db);
    assert_false(db_meta_set(home->db, "name", "other", &error));
}

static void publish_once(struct home *home) {
    char path[PP_PATH_MAX];
    const char *file = path;
    const struct playlist_options options = {.title = "Lobby", .duration_s = 5};
    const struct publish_options how = {.renderers.folder = TEST_RENDERERS};
    playlist_auto struct playlist playlist = {0};
    struct publish_result result;
    struct pp_error error = {0};
    test_content_make(home, "a", path);
    if (!playlist_of_files(&file, 1, &options, &playlist, &error) ||
        !publish_playlist(home, "lobby", &playlist, &how, &result, &error))
        fail_msg("%s", error.message);
}

static void publishing_and_maintenance_hold_the_lock(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    struct host_list hosts;
    bool again = false;
    for (int i = 0; i < 2; i++)
        publish_once(home);
    if (!publish_refresh(home, &error) ||
        !publish_maintain(home, pp_clock_realtime_s() + 90 * 86400, &again, &error))
        fail_msg("%s", error.message);
    assert_false(home_hosts_load(home, &hosts, &error));
    assert_int_equal(error.code, PP_E_INVALID); /* it could look, and there is none yet */
}

static int64_t size_of(const struct home *home, const char *name) {
    struct stat status;
    assert_int_equal(fstatat(home->fd, name, &status, 0), 0);
    return status.st_size;
}

static void what_is_worth_waiting_for_is_counted_and_a_checkpoint_copies_it(void **state) {
    struct home *home = *state;
    static char large[8 * 4096 + 1];
    memset(large, 'x', sizeof large - 1);
    assert_true(db_meta_set(home->db, "name", "value", NULL));
    assert_int_equal(db_commits(home->db), 0); /* each waits for itself */
    assert_true(db_defer_sync(home->db, NULL));
    assert_true(db_meta_set(home->db, "name", "other", NULL));
    assert_int_equal(db_commits(home->db), 1);
    assert_true(db_run_unsynced(home->db, NULL, DB_META_SET, DB_TEXT("name"), DB_TEXT("third")));
    pp_autofree char *value = db_meta_get(home->db, "name", NULL);
    assert_string_equal(value, "third");
    assert_int_equal(db_commits(home->db), 1);
    int64_t before = size_of(home, "headend.db");
    assert_true(db_meta_set(home->db, "large", large, NULL));
    assert_int_equal(size_of(home, "headend.db"), before);
    assert_true(db_checkpoint(home->db, 0, NULL));
    assert_in_range(size_of(home, "headend.db"), before + (int64_t)sizeof large - 1, INT64_MAX);
}

/* Its log is the server's: there is only to see that nothing of it stands in the way. */
static void a_postgresql_counts_what_is_worth_waiting_for(void **state) {
    struct home *home = *state;
    PP_AUTO(db) struct db *other = db_open_again(home->db, NULL);
    assert_non_null(other);
    assert_true(db_defer_sync(home->db, NULL));
    assert_true(db_meta_set(home->db, "name", "other", NULL));
    assert_true(db_run_unsynced(home->db, NULL, DB_META_SET, DB_TEXT("name"), DB_TEXT("third")));
    assert_int_equal(db_commits(home->db), 1);
    assert_true(db_sync(other, NULL));
    assert_true(db_checkpoint(other, 0, NULL));
}

static void a_change_of_another_connection_is_news(void **state) {
    struct home *home = *state;
    PP_AUTO(db) struct db *other = db_open_again(home->db, NULL);
    assert_non_null(other);
    int64_t version = db_data_version(home->db);
    assert_true(db_meta_set(home->db, "name", "own", NULL));
    assert_int_equal(db_data_version(home->db), version);
    assert_true(db_meta_set(other, "name", "other", NULL));
    int fd = db_news(home->db);
    assert_int_equal(fd >= 0, db_is_postgresql(home->db));
    if (fd >= 0)
        assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
    assert_int_not_equal(db_data_version(home->db), version);
}

/* On another machine no lock of the folder holds: PostgreSQL's does. */
static void only_one_of_several_headends_publishes(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    struct db *other = db_open_again(home->db, NULL);
    assert_non_null(other);
    assert_true(db_hold(other, NULL));
    assert_false(db_hold(home->db, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_string_equal(error.message, "another headend publishes");
    db_release(other);
    assert_true(db_hold(home->db, NULL));
    db_release(home->db);
    assert_true(db_hold(other, NULL));
    db_close(other); /* it was killed */
    bool held = false;
    for (int i = 0; i < 100 && !held; i++) {
        held = db_hold(home->db, NULL);
        poll(NULL, 0, held ? 0 : 50);
    }
    assert_true(held);
    db_release(home->db);
}

/* Ends that connection as an administrator of the server would, or a broken network. */
static void connection_end(struct db *of, struct db *by) {
    db_autorow struct db_row *row = db_query_sql(of, NULL, "SELECT pg_backend_pid()", "");
    assert_true(row && db_next(row, "process", NULL));
    db_autorow struct db_row *ended =
        db_query_sql(by, NULL, "SELECT pg_terminate_backend(CAST(? AS INTEGER), 5000)", "i", db_int(row, 0));
    assert_true(ended && db_next(ended, "process", NULL));
    assert_int_equal(db_int(ended, 0), 1);
}

static void change_that_breaks(struct db *db, struct db *other) {
    struct pp_error error = {0};
    db_autochange struct db_change change = {0};
    assert_true(db_change_begin(&change, db, NULL));
    assert_true(db_meta_set(db, "name", "undone", NULL));
    connection_end(db, other);
    assert_false(db_meta_set(db, "name", "undone", NULL));
    assert_false(db_meta_set(db, "name", "undone", &error));
    assert_int_equal(error.code, PP_E_NET);
    assert_string_equal(error.message, "database: the connection broke: what was begun with it is undone");
    assert_false(db_change_commit(&change, NULL));
}

static void a_connection_that_broke_is_made_anew_but_not_within_a_change(void **state) {
    struct home *home = *state;
    PP_AUTO(db) struct db *other = db_open_again(home->db, NULL);
    assert_non_null(other);
    connection_end(home->db, other);
    pp_autofree char *value = db_meta_get(home->db, "nothing", NULL); /* a read */
    assert_string_equal(value, "");
    connection_end(home->db, other);
    assert_true(db_meta_set(home->db, "name", "kept", NULL)); /* a change of one statement */
    connection_end(home->db, other);
    change_that_breaks(home->db, other);
    pp_autofree char *kept = db_meta_get(home->db, "name", NULL);
    assert_string_equal(kept, "kept");
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest both[] = {
        cmocka_unit_test_setup_teardown(a_shared_database_is_not_used_without_its_lock, set_up,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(publishing_and_maintenance_hold_the_lock, set_up, test_home_teardown),
        home_test(a_change_of_another_connection_is_news),
    };
    const struct CMUnitTest sqlite[] = {
        home_test(what_is_worth_waiting_for_is_counted_and_a_checkpoint_copies_it),
    };
    const struct CMUnitTest postgresql[] = {
        home_test(a_postgresql_counts_what_is_worth_waiting_for),
        home_test(only_one_of_several_headends_publishes),
        home_test(a_connection_that_broke_is_made_anew_but_not_within_a_change),
    };
    int failed = cmocka_run_group_tests(both, NULL, NULL);
    return failed + (test_home_on_postgresql() ? cmocka_run_group_tests(postgresql, NULL, NULL)
                                               : cmocka_run_group_tests(sqlite, NULL, NULL));
}
