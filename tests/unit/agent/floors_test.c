#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/crash_guard.h"
#include "agent/floors.h"
#include "base/clock.h"
#include "base/json.h"
#include "scratch.h"
#include "support/held_flash.h"

#define HOUR_S 3600
#define DAY_S  (24 * HOUR_S)
#define NOW_S  INT64_C(2000000000) /* s since 1970, when the tests begin: after the program was built */
#define END_S  (NOW_S + 300 * DAY_S)

/* A screen's clocks, its vault, and its floors over restarts. */
struct floor_world {
    struct scratch *scratch;
    struct floors floors;
    int64_t realtime_s, boottime_s;
    bool synchronised;
};

static int64_t world_realtime_ms(void *arg) {
    return ((struct floor_world *)arg)->realtime_s * 1000;
}

static int64_t world_boottime_ms(void *arg) {
    return ((struct floor_world *)arg)->boottime_s * 1000;
}

static bool world_synchronised(void *arg) {
    return ((struct floor_world *)arg)->synchronised;
}

static bool load(struct floor_world *world, struct pp_error *error) {
    struct pp_wall_clock_kernel kernel = {world_realtime_ms, world_boottime_ms, world_synchronised, world};
    return floors_load(&world->floors, world->scratch->vault, &kernel, error);
}

static void begin(struct floor_world *world, void **state, int64_t realtime_s, bool synchronised) {
    struct pp_error error = {0};
    *world = (struct floor_world){.scratch = *state, .realtime_s = realtime_s, .synchronised = synchronised};
    assert_true(load(world, &error));
}

/* The mains plug is pulled, and `realtime_s` is what the clock says at the next start. */
static void restart(struct floor_world *world, int64_t realtime_s) {
    struct pp_error error = {0};
    floors_finish(&world->floors);
    scratch_reopen(world->scratch);
    world->realtime_s = realtime_s;
    world->boottime_s = 7;
    if (!load(world, &error))
        fail_msg("%s", error.message);
}

static void pass(struct floor_world *world, int64_t seconds) {
    world->realtime_s += seconds;
    world->boottime_s += seconds;
}

static struct state_document document(int64_t epoch, int64_t version, int64_t issued_s) {
    return (struct state_document){
        .audience = "d-1", .floor = {epoch, version}, .issued_s = issued_s, .expires_s = issued_s + DAY_S};
}

static enum pp_code take(struct floor_world *world, int64_t epoch, int64_t version, int64_t issued_s) {
    struct state_document state = document(epoch, version, issued_s);
    struct pp_error error = {0};
    if (floors_check_state(&world->floors, &state, "d-1", &error))
        (void)!floors_take_state(&world->floors, &state, END_S, &error);
    return error.code;
}

static void remove_file(const struct floor_world *world, const char *name) {
    char path[TEST_FOLDER_SIZE + 64];
    snprintf(path, sizeof path, "%s/vault/%s", world->scratch->path, name);
    assert_int_equal(unlink(path), 0);
}

static void spoil_file(const struct floor_world *world, const char *name) {
    char path[TEST_FOLDER_SIZE + 64];
    snprintf(path, sizeof path, "%s/vault/%s", world->scratch->path, name);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 60, SEEK_SET), 0);
    assert_int_equal(fwrite("spoilt", 6, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

/* ---- Time ---- */

static void a_clock_of_1970_goes_on_from_the_last_state_also_over_a_restart(void **state) {
    struct floor_world world;
    begin(&world, state, 1000, false);
    assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
    pass(&world, 3 * DAY_S);
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 3 * DAY_S);
    assert_true(floors_keep(&world.floors, NULL));
    restart(&world, 1000);
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 3 * DAY_S);
    pass(&world, HOUR_S / 2);
    assert_true(floors_keep_time(&world.floors, NULL)); /* a stop in good order */
    restart(&world, 1000);
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 3 * DAY_S + HOUR_S / 2);
    floors_finish(&world.floors);
}

/* How many generations the record has seen, by the one file that changes. */
static int writes_within(struct floor_world *world, int hours) {
    int writes = 0;
    for (int i = 0; i < 4 * hours; i++) {
        int64_t before_s = world->floors.clock_kept_s;
        pass(world, HOUR_S / 4);
        assert_true(floors_keep(&world->floors, NULL));
        writes += world->floors.clock_kept_s != before_s;
    }
    return writes;
}

static void the_time_is_written_seldom(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
    assert_int_equal(writes_within(&world, 10 * 24), 10);
    world.synchronised = false;
    assert_in_range(writes_within(&world, 24), 23, 24);
    floors_finish(&world.floors);
}

static void a_headend_a_month_ahead_moves_the_time_by_a_day_at_most(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
    for (int i = 0; i < 6; i++)
        assert_int_equal(take(&world, 0, 2 + i, NOW_S + 30 * DAY_S), PP_OK);
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    assert_int_equal(take(&world, 0, 7, NOW_S + 5), PP_OK); /* it is right again */
    assert_int_equal(take(&world, 0, 8, NOW_S + 6), PP_OK);
    restart(&world, NOW_S + 60);
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 60);
    assert_int_equal(take(&world, 0, 8, NOW_S + 61), PP_OK);
    floors_finish(&world.floors);
}

static void a_state_from_a_year_ahead_of_a_sure_clock_is_refused(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
    assert_int_equal(take(&world, 0, 2, NOW_S + 365 * DAY_S), PP_OK);
    assert_int_equal(take(&world, 0, 3, NOW_S + 367 * DAY_S), PP_E_LIMIT);
    assert_int_equal(world.floors.state.version, 2);
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    floors_finish(&world.floors);
}

/* A screen may have lain in a cupboard for years, without a battery. */
static void without_a_sure_clock_a_state_may_come_from_years_ahead_but_not_from_decades(void **state) {
    const int64_t clocks[] = {1000, NOW_S};
    for (size_t i = 0; i < PP_COUNT(clocks); i++) {
        struct floor_world world;
        begin(&world, state, clocks[i], false);
        assert_true(floors_reset(&world.floors, NOW_S, NULL));
        assert_int_equal(take(&world, 0, 1, NOW_S + 21 * 365 * DAY_S), PP_E_LIMIT);
        assert_int_equal(take(&world, 0, 1, NOW_S * 1000), PP_E_LIMIT); /* in ms */
        assert_int_equal(floors_now_s(&world.floors), NOW_S);
        assert_int_equal(take(&world, 0, 1, NOW_S + 5 * 365 * DAY_S), PP_OK);
        floors_finish(&world.floors);
    }
}

static void without_a_sure_clock_the_next_state_takes_back_what_one_said(void **state) {
    const int64_t clocks[] = {1000, NOW_S};
    for (size_t i = 0; i < PP_COUNT(clocks); i++) {
        struct floor_world world;
        begin(&world, state, clocks[i], false);
        assert_true(floors_reset(&world.floors, NOW_S, NULL));
        assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
        assert_int_equal(take(&world, 0, 2, NOW_S + 30 * DAY_S), PP_OK);
        assert_int_equal(floors_now_s(&world.floors), NOW_S + 30 * DAY_S);
        assert_int_equal(take(&world, 0, 2, NOW_S + 10), PP_E_EXPIRED); /* may have been held back */
        assert_int_equal(take(&world, 0, 1, NOW_S + 10), PP_E_ROLLBACK);
        assert_int_equal(take(&world, 0, 3, NOW_S + 10), PP_OK);
        assert_int_equal(floors_now_s(&world.floors), NOW_S + 10);
        restart(&world, clocks[i]);
        assert_int_equal(floors_now_s(&world.floors), NOW_S + 10);
        floors_finish(&world.floors);
    }
}

static void what_has_expired_by_the_systems_own_clock_is_never_taken(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, false);
    assert_int_equal(take(&world, 0, 1, NOW_S - 2 * DAY_S), PP_E_EXPIRED);
    world.synchronised = true;
    assert_int_equal(take(&world, 0, 1, NOW_S - 2 * DAY_S), PP_E_EXPIRED);
    floors_finish(&world.floors);
}

static void no_state_is_believed_beyond_the_certificates_end(void **state) {
    struct floor_world world;
    begin(&world, state, 1000, false);
    assert_int_equal(take(&world, 0, 1, END_S + 900 * DAY_S), PP_OK);
    assert_int_equal(floors_now_s(&world.floors), END_S);
    floors_finish(&world.floors);
}

/* ---- Versions ---- */

static void states_only_grow_and_outlive_a_restart(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 9, NOW_S), PP_OK);
    restart(&world, NOW_S);
    assert_int_equal(take(&world, 0, 8, NOW_S), PP_E_ROLLBACK);
    assert_int_equal(take(&world, 0, PP_JSON_INTEGER_MAX, NOW_S), PP_E_LIMIT);
    assert_int_equal(take(&world, 0, 10, NOW_S), PP_OK);
    assert_int_equal(take(&world, 1, 3, NOW_S), PP_OK); /* the headend was restored from a backup */
    restart(&world, NOW_S);
    assert_int_equal(take(&world, 0, 11, NOW_S), PP_E_ROLLBACK); /* and nobody sends what was before */
    assert_int_equal(take(&world, 1, 2, NOW_S), PP_E_ROLLBACK);
    assert_int_equal(take(&world, 1, 4, NOW_S), PP_OK);
    floors_finish(&world.floors);
}

static void without_the_newest_generation_the_versions_are_the_same(void **state) {
    for (int slot = 0; slot < 2; slot++) {
        struct floor_world world;
        begin(&world, state, NOW_S, true);
        assert_int_equal(take(&world, 0, 9 + slot, NOW_S), PP_OK);
        remove_file(&world, slot ? "floors.1" : "floors.0");
        restart(&world, NOW_S);
        assert_int_equal(take(&world, 0, 8 + slot, NOW_S), PP_E_ROLLBACK);
        floors_finish(&world.floors);
    }
}

static void a_new_approval_begins_states_and_time_anew(void **state) {
    struct floor_world world;
    begin(&world, state, 1000, false);
    assert_int_equal(take(&world, 5, 57, NOW_S + 200 * DAY_S), PP_OK);
    assert_true(floors_reset(&world.floors, NOW_S, NULL));
    restart(&world, 1000);
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    assert_int_equal(take(&world, 0, 1, NOW_S + 5), PP_OK);
    floors_finish(&world.floors);
}

static void what_the_vault_does_not_take_holds_and_is_tried_again(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 3, NOW_S), PP_OK);
    assert_true(vault_erase(world.scratch->vault, NULL)); /* from now on it takes nothing */
    assert_int_equal(take(&world, 0, 7, NOW_S), PP_E_STATE);
    assert_int_equal(take(&world, 0, 6, NOW_S), PP_E_ROLLBACK);
    struct pp_error error = {0};
    assert_false(floors_keep(&world.floors, &error));
    assert_false(floors_set_lock(&world.floors, LOCK_RETIRED, &error));
    assert_true(world.floors.lock);
    assert_true(world.floors.unwritten);
    floors_finish(&world.floors);
}

/* ---- What the root says of the time ---- */

static bool state(struct floor_world *world, int64_t epoch, int64_t time_s, bool lowers) {
    return floors_take_statement(&world->floors, epoch, time_s, lowers, NULL);
}

static void the_root_takes_back_a_time_once_and_states_begin_anew(void **state_of_test) {
    struct floor_world world;
    begin(&world, state_of_test, 1000, false);
    assert_int_equal(take(&world, 0, 9, NOW_S + 200 * DAY_S), PP_OK);
    assert_true(state(&world, 2, NOW_S, true));
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    for (int slot = 0; slot < 2; slot++) { /* whichever generation is taken away */
        remove_file(&world, slot ? "floors.1" : "floors.0");
        restart(&world, 1000);
        assert_int_equal(floors_now_s(&world.floors), NOW_S);
        assert_int_equal(world.floors.time_epoch, 2);
        assert_true(
            floors_set_lock(&world.floors, slot ? LOCK_NONE : LOCK_RETIRED, NULL)); /* writes both again */
    }
    assert_int_equal(take(&world, 0, 3, NOW_S + 5), PP_OK);
    assert_int_equal(take(&world, 0, 10, NOW_S + 200 * DAY_S), PP_OK);
    for (int64_t epoch = 1; epoch <= 2; epoch++) { /* said before, or sent again */
        assert_true(state(&world, epoch, NOW_S, true));
        assert_int_equal(floors_now_s(&world.floors), NOW_S + 200 * DAY_S);
        assert_int_equal(world.floors.state.version, 10);
    }
    assert_true(state(&world, 3, NOW_S, true));
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    floors_finish(&world.floors);
}

static void a_statement_neither_raises_the_time_nor_goes_below_the_build(void **state_of_test) {
    struct floor_world world;
    begin(&world, state_of_test, 1000, false);
    int64_t build_s = floors_now_s(&world.floors);
    assert_int_equal(take(&world, 0, 1, NOW_S), PP_OK);
    assert_true(state(&world, 1, NOW_S + DAY_S, true));
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    for (int64_t epoch = 2; epoch <= 3; epoch++) {
        assert_true(state(&world, epoch, epoch == 2 ? 5000 : -5000, true));
        assert_int_equal(floors_now_s(&world.floors), build_s);
        restart(&world, 1000);
        assert_int_equal(floors_now_s(&world.floors), build_s);
        assert_false(world.floors.lost);
    }
    floors_finish(&world.floors);
}

static void a_statement_that_was_not_needed_is_not_followed_later(void **state_of_test) {
    struct floor_world world;
    begin(&world, state_of_test, 1000, false);
    assert_int_equal(take(&world, 0, 4, NOW_S + 300 * DAY_S), PP_OK);
    assert_true(state(&world, 2, NOW_S, false));
    restart(&world, 1000);
    assert_true(state(&world, 2, NOW_S, true));
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 300 * DAY_S);
    assert_int_equal(world.floors.state.version, 4);
    floors_finish(&world.floors);
}

/* ---- The lock ---- */

static void a_lock_outlives_each_file_that_can_be_taken_away(void **state) {
    static const char *const gone[][3] = {
        {"floors.0", NULL}, {"floors.1", NULL}, {"floors.0", "floors.1", NULL}};
    for (size_t i = 0; i < PP_COUNT(gone); i++) {
        struct floor_world world;
        begin(&world, state, NOW_S, true);
        assert_true(vault_put(world.scratch->vault, "device-key", "key", 3, NULL));
        assert_true(floors_set_lock(&world.floors, LOCK_RETIRED, NULL));
        for (size_t k = 0; gone[i][k]; k++)
            remove_file(&world, gone[i][k]);
        restart(&world, NOW_S);
        assert_true(world.floors.lock);
        pass(&world, 10 * DAY_S); /* the time is written on, and the lock with it */
        assert_true(floors_keep(&world.floors, NULL));
        restart(&world, world.realtime_s);
        assert_true(world.floors.lock);
        assert_true(floors_set_lock(&world.floors, LOCK_NONE, NULL));
        restart(&world, world.realtime_s);
        assert_false(world.floors.lock);
        floors_finish(&world.floors);
    }
}

static void a_damaged_record_locks_until_it_can_be_read_again(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(take(&world, 0, 9, NOW_S), PP_OK);
    spoil_file(&world, "floors.0");
    restart(&world, NOW_S);
    assert_false(world.floors.lock); /* there is the other generation */
    spoil_file(&world, "floors.1");
    restart(&world, NOW_S);
    assert_true(world.floors.lock);
    assert_true(world.floors.lost);
    assert_false(floors_reload(&world.floors));
    pass(&world, 100 * DAY_S);
    assert_true(floors_keep(&world.floors, NULL)); /* writes nothing over what may come back */
    const char *again = "{\"state_epoch\":0,\"state_version\":9,\"clock\":1,\"locked\":false}";
    assert_true(vault_put(world.scratch->vault, FLOORS_RECORD, again, strlen(again), NULL));
    assert_true(floors_reload(&world.floors));
    assert_false(world.floors.lock);
    assert_int_equal(take(&world, 0, 8, world.realtime_s), PP_E_ROLLBACK);
    floors_finish(&world.floors);
}

static void a_record_without_a_lock_in_it_is_locked(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    const char *older = "{\"state_version\":9,\"clock\":1}";
    assert_true(vault_put(world.scratch->vault, FLOORS_RECORD, older, strlen(older), NULL));
    restart(&world, NOW_S);
    assert_true(world.floors.lock);
    floors_finish(&world.floors);
}

static void the_first_start_is_not_locked_wherever_the_power_is_cut(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true); /* the record is there before any other */
    assert_false(world.floors.lock);
    remove_file(&world, "floors.1"); /* cut between the two generations */
    assert_true(vault_put(world.scratch->vault, "device-key", "key", 3, NULL));
    restart(&world, NOW_S);
    assert_false(world.floors.lock);
    floors_finish(&world.floors);
}

static void a_record_that_cannot_be_read_as_things_are_is_no_loss(void **state) {
    struct floor_world world;
    struct pp_error error = {0};
    struct rlimit before;
    begin(&world, state, NOW_S, true);
    floors_finish(&world.floors);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit none = {.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    bool loaded = load(&world, &error);
    floors_finish(&world.floors);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(loaded);
    assert_int_equal(error.code, PP_E_NOMEM);
}

/* ---- The crash guard ---- */

static void the_third_start_without_health_is_one_too_many(void **state) {
    struct scratch *scratch = *state;
    struct crash_guard guard;
    for (int i = 0; i < CRASH_GUARD_STARTS_MAX; i++)
        assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_true(crash_guard_begin(&guard, scratch->vault));
    assert_false(crash_guard_begin(&guard, scratch->vault)); /* the count began again */
    crash_guard_healthy(&guard);
    for (int i = 0; i < CRASH_GUARD_STARTS_MAX; i++)
        assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_true(crash_guard_begin(&guard, scratch->vault));
}

static void starts_of_another_boot_do_not_count(void **state) {
    struct scratch *scratch = *state;
    struct crash_guard guard;
    struct pp_error error = {0};
    char record[CRASH_GUARD_BOOT_SIZE + 1] = "00000000-0000-4000-8000-000000000000";
    record[CRASH_GUARD_BOOT_SIZE] = CRASH_GUARD_STARTS_MAX;
    assert_true(vault_put(scratch->vault, CRASH_GUARD_RECORD, record, sizeof record, &error));
    assert_false(crash_guard_begin(&guard, scratch->vault));
    assert_int_equal(guard.starts, 1);
}

/* ---- Without waiting for the flash ---- */

struct told {
    int kept, failed;
};

static void on_kept(void *arg, const struct pp_error *error) {
    struct told *told = arg;
    told->kept += !error;
    told->failed += error != NULL;
}

static void nobody_waits_for_a_lock_to_be_on_flash_and_it_gets_there_in_both_generations(void **state) {
    struct floor_world world;
    struct told told = {0};
    struct pp_error error = {0};
    begin(&world, state, NOW_S, true);
    PP_AUTO(pp_jobs) struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    vault_set_jobs(world.scratch->vault, jobs);
    world.floors.on_kept = on_kept;
    world.floors.on_kept_arg = &told;
    flash_hold(true);
    assert_int_equal(take(&world, 0, 7, NOW_S), PP_OK);
    assert_true(floors_set_lock(&world.floors, LOCK_RETIRED, &error));
    flash_wait();
    pp_jobs_finish(jobs);
    assert_true(world.floors.writing);
    assert_int_equal(told.kept, 0);
    flash_hold(false);
    pp_jobs_wait(jobs);
    assert_false(world.floors.writing || world.floors.unwritten);
    assert_int_equal(told.kept, 1);
    flash_fail(1);
    assert_true(floors_set_lock(&world.floors, LOCK_NONE, &error)); /* begun */
    pp_jobs_wait(jobs);
    assert_int_equal(told.failed, 1);
    assert_true(world.floors.unwritten);
    vault_set_jobs(world.scratch->vault, NULL);
    remove_file(&world, FLOORS_RECORD ".0");
    restart(&world, NOW_S);
    assert_true(world.floors.lock);
    assert_int_equal(world.floors.state.version, 7);
    floors_finish(&world.floors);
}

static void a_time_is_taken_back_when_that_is_on_flash_and_not_before(void **state_of_test) {
    struct floor_world world;
    begin(&world, state_of_test, 1000, false);
    assert_int_equal(take(&world, 0, 9, NOW_S + 200 * DAY_S), PP_OK);
    PP_AUTO(pp_jobs) struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    vault_set_jobs(world.scratch->vault, jobs);
    flash_hold(true);
    assert_true(state(&world, 2, NOW_S, true));
    flash_wait();
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 200 * DAY_S);
    assert_int_equal(world.floors.time_epoch, 0);
    flash_hold(false);
    pp_jobs_wait(jobs);
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    assert_int_equal(world.floors.time_epoch, 2);
    flash_fail(1);
    assert_int_equal(take(&world, 0, 1, NOW_S + 100 * DAY_S), PP_OK); /* begun */
    pp_jobs_wait(jobs);
    flash_fail(1);
    assert_true(state(&world, 3, NOW_S, true));
    pp_jobs_wait(jobs);
    assert_int_equal(floors_now_s(&world.floors), NOW_S + 100 * DAY_S);
    assert_true(floors_keep(&world.floors, NULL)); /* tried again */
    pp_jobs_wait(jobs);
    assert_int_equal(floors_now_s(&world.floors), NOW_S);
    vault_set_jobs(world.scratch->vault, NULL);
    floors_finish(&world.floors);
}

/* ---- Without word of the headend ---- */

static void take_policy(struct floor_world *world, int64_t version, int64_t issued_s) {
    struct state_document state = document(0, version, issued_s);
    state.policy = (struct offline_policy){.lock_after_s = 7 * DAY_S, .erase_after_s = 30 * DAY_S};
    assert_true(floors_check_state(&world->floors, &state, "d-1", NULL));
    assert_true(floors_take_state(&world->floors, &state, END_S, NULL));
}

static void silence_is_reckoned_from_the_newest_signed_state(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    assert_int_equal(floors_silent_s(&world.floors), 0); /* there never was one */
    take_policy(&world, 1, NOW_S);
    pass(&world, HOUR_S);
    assert_int_equal(floors_silent_s(&world.floors), HOUR_S);
    take_policy(&world, 1, NOW_S + HOUR_S); /* nothing new in it, but signed anew */
    assert_int_equal(floors_silent_s(&world.floors), 0);
    floors_finish(&world.floors);
}

/* Whoever ends TLS may have kept some. */
static void a_state_that_is_said_again_is_no_word(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    take_policy(&world, 1, NOW_S);
    pass(&world, HOUR_S);
    take_policy(&world, 1, NOW_S);
    take_policy(&world, 1, NOW_S - HOUR_S);
    assert_int_equal(floors_silent_s(&world.floors), HOUR_S);
    floors_finish(&world.floors);
}

/* Nor does a headend whose clock was ahead make later, honest ones old. */
static void a_state_from_the_future_does_not_make_the_next_ones_old(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    take_policy(&world, 1, NOW_S + 30 * DAY_S);
    pass(&world, HOUR_S);
    take_policy(&world, 1, NOW_S + HOUR_S);
    assert_int_equal(floors_silent_s(&world.floors), 0);
    floors_finish(&world.floors);
}

static void silence_and_policy_go_on_over_a_restart_and_while_it_is_off(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    take_policy(&world, 1, NOW_S);
    restart(&world, NOW_S + 8 * DAY_S);
    assert_int_equal(floors_silent_s(&world.floors), 8 * DAY_S);
    assert_int_equal(world.floors.policy.lock_after_s, 7 * DAY_S);
    assert_int_equal(world.floors.policy.erase_after_s, 30 * DAY_S);
    floors_finish(&world.floors);
}

/* Whoever takes the newest generation away finds the same policy in the other. */
static void a_policy_is_in_both_generations(void **state) {
    for (int slot = 0; slot < 2; slot++) {
        struct floor_world world;
        begin(&world, state, NOW_S, true);
        take_policy(&world, 1 + slot, NOW_S);
        remove_file(&world, slot ? "floors.1" : "floors.0");
        restart(&world, NOW_S + DAY_S);
        assert_int_equal(world.floors.lock, LOCK_NONE);
        assert_int_equal(world.floors.policy.lock_after_s, 7 * DAY_S);
        assert_int_equal(floors_silent_s(&world.floors), DAY_S);
        floors_finish(&world.floors);
    }
}

/* In the vault before a share of what is allowed has passed, and not with every answer. */
static void word_is_written_seldom(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    take_policy(&world, 1, NOW_S);
    int writes = 0;
    for (int i = 1; i <= 4 * 24; i++) {
        int64_t kept_s = world.floors.word_kept_s;
        pass(&world, HOUR_S / 4);
        take_policy(&world, 1, NOW_S + i * HOUR_S / 4);
        writes += world.floors.word_kept_s != kept_s;
    }
    assert_int_equal(writes, 4);
    floors_finish(&world.floors);
}

static void the_reason_of_a_lock_is_kept(void **state) {
    struct floor_world world;
    begin(&world, state, NOW_S, true);
    for (enum lock_reason reason = LOCK_UNTOLD; reason < LOCK_REASONS; reason++) {
        assert_true(floors_set_lock(&world.floors, reason, NULL));
        restart(&world, NOW_S);
        assert_int_equal(world.floors.lock, reason);
    }
    assert_true(floors_set_lock(&world.floors, LOCK_NONE, NULL));
    restart(&world, NOW_S);
    assert_int_equal(world.floors.lock, LOCK_NONE);
    floors_finish(&world.floors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_root_takes_back_a_time_once_and_states_begin_anew, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_statement_neither_raises_the_time_nor_goes_below_the_build,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_statement_that_was_not_needed_is_not_followed_later, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_time_is_taken_back_when_that_is_on_flash_and_not_before,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_clock_of_1970_goes_on_from_the_last_state_also_over_a_restart,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(
            nobody_waits_for_a_lock_to_be_on_flash_and_it_gets_there_in_both_generations, scratch_set_up,
            scratch_tear_down),
        cmocka_unit_test_setup_teardown(the_time_is_written_seldom, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_state_from_a_year_ahead_of_a_sure_clock_is_refused, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(
            without_a_sure_clock_a_state_may_come_from_years_ahead_but_not_from_decades, scratch_set_up,
            scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_headend_a_month_ahead_moves_the_time_by_a_day_at_most,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(without_a_sure_clock_the_next_state_takes_back_what_one_said,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(what_has_expired_by_the_systems_own_clock_is_never_taken,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(no_state_is_believed_beyond_the_certificates_end, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(states_only_grow_and_outlive_a_restart, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(without_the_newest_generation_the_versions_are_the_same,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_new_approval_begins_states_and_time_anew, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(what_the_vault_does_not_take_holds_and_is_tried_again, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_lock_outlives_each_file_that_can_be_taken_away, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_record_locks_until_it_can_be_read_again, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_record_without_a_lock_in_it_is_locked, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(the_first_start_is_not_locked_wherever_the_power_is_cut,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_cannot_be_read_as_things_are_is_no_loss, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(the_third_start_without_health_is_one_too_many, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(starts_of_another_boot_do_not_count, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(silence_is_reckoned_from_the_newest_signed_state, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_state_that_is_said_again_is_no_word, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_state_from_the_future_does_not_make_the_next_ones_old,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(silence_and_policy_go_on_over_a_restart_and_while_it_is_off,
                                        scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(a_policy_is_in_both_generations, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(word_is_written_seldom, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(the_reason_of_a_lock_is_kept, scratch_set_up, scratch_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
