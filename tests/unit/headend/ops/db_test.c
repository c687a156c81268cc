/* One connection that threads share: who uses it holds its lock, and so does everything that publishes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_shared_database_is_not_used_without_its_lock, set_up,
                                        test_home_teardown),
        cmocka_unit_test_setup_teardown(publishing_and_maintenance_hold_the_lock, set_up, test_home_teardown),
        cmocka_unit_test_setup_teardown(what_is_worth_waiting_for_is_counted_and_a_checkpoint_copies_it,
                                        test_home_setup, test_home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
