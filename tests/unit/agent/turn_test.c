/* Turns, by two clocks of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/turn.h"
#include "base/mem.h"

#define SINCE_START_MS 5000 /* what CLOCK_MONOTONIC says when the playlist is at its begin */

static struct channel_item items[] = {{.kind = CHANNEL_IMAGE, .duration_ms = 10000},
                                      {.kind = CHANNEL_VIDEO, .duration_ms = 20000},
                                      {.kind = CHANNEL_IMAGE, .duration_ms = 300}};
static struct channel_playlist playlist = {
    .wall_clock = true, .items = items, .item_count = 3, .total_ms = 30300};

struct row {
    const char *test;
    int64_t position_ms, after_ms; /* of the playlist: now, and where the turn before ends */
    struct turn turn;              /* its moments by the playlist's position too */
};

static struct row rows[] = {
    {"a_picture_is_taken_up_at_once", 4000, -9000, {0, 4000, 10000, 4000}},
    {"what_has_just_begun_begins", 400, -9000, {0, 0, 10000, 0}},
    {"what_is_almost_over_is_left_out", 9600, -9000, {1, 10000, 30000, 0}},
    {"a_film_is_taken_up_a_little_ahead", 12000, -9000, {1, 13000, 30000, 3000}},
    {"a_film_that_is_over_by_then_is_left_out", 29400, -9000, {0, 30300, 40300, 0}},
    {"a_turn_follows_the_one_before", 8000, 10000, {1, 10000, 30000, 0}},
    {"and_is_moved_to_the_boundary", 8000, 9900, {1, 10000, 30000, 0}},
    {"from_either_side", 8000, 10100, {1, 10000, 30000, 0}},
    {"after_a_jump_it_begins_in_the_middle", 8000, 15000, {1, 15000, 30000, 5000}},
    {"a_short_item_has_its_turn", 28000, 30000, {2, 30000, 30300, 0}},
    {"and_so_has_what_follows_it", 30000, 30300, {0, 30300, 40300, 0}},
};

static void turn_is_right(void **state) {
    const struct row *row = *state;
    const struct turn_clock now = {.monotonic_ms = SINCE_START_MS + row->position_ms,
                                   .wall_ms = 1000 * playlist.total_ms + row->position_ms};
    struct turn turn;
    assert_true(turn_next(&playlist, &now, SINCE_START_MS + row->after_ms, &turn));
    assert_int_equal(turn.index, row->turn.index);
    assert_int_equal(turn.begin_ms - SINCE_START_MS, row->turn.begin_ms);
    assert_int_equal(turn.end_ms - SINCE_START_MS, row->turn.end_ms);
    assert_int_equal(turn.offset_ms, row->turn.offset_ms);
}

/* Whatever the clocks say, a turn has a length, which is none but the item's. */
static void turns_are_never_absurd(void **state) {
    (void)state;
    struct turn turn = {0};
    for (int64_t wall_ms = -70001; wall_ms < 70000; wall_ms += 37) {
        const struct turn_clock now = {.monotonic_ms = 100000, .wall_ms = wall_ms};
        for (int64_t after_ms = 0; after_ms < 200000; after_ms += 12345) {
            assert_true(turn_next(&playlist, &now, after_ms, &turn));
            int64_t earliest_ms = after_ms > now.monotonic_ms ? after_ms : now.monotonic_ms;
            assert_in_range(turn.begin_ms, earliest_ms - TURN_REST_MS,
                            earliest_ms + TURN_LEAD_MS + TURN_REST_MS);
            assert_in_range(turn.end_ms - turn.begin_ms, 1, items[turn.index].duration_ms);
            assert_true(turn.end_ms > earliest_ms);
        }
    }
}

static void a_playlist_that_is_not_aligned_has_no_turns(void **state) {
    (void)state;
    const struct channel_playlist other = {.items = items, .item_count = 3, .total_ms = 30300};
    const struct turn_clock now = {.monotonic_ms = 1, .wall_ms = 1};
    struct turn turn;
    assert_false(turn_next(&other, &now, 0, &turn));
}

static void a_turn_that_is_given_ends_with_itself_or_its_new_item(void **state) {
    (void)state;
    struct turn turn = {.index = 1, .begin_ms = 10000, .end_ms = 30000};
    turn_assign(&turn, &playlist, 2, 10000);
    assert_int_equal(turn.index, 2);
    assert_int_equal(turn.end_ms, 10300);
    turn = (struct turn){.index = 0, .begin_ms = 4000, .end_ms = 10000, .offset_ms = 4000};
    turn_assign(&turn, &playlist, 1, 3000);
    assert_int_equal(turn.begin_ms, 3000);
    assert_int_equal(turn.end_ms, 10000);
    assert_int_equal(turn.offset_ms, 0);
}

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(turns_are_never_absurd),
        cmocka_unit_test(a_playlist_that_is_not_aligned_has_no_turns),
        cmocka_unit_test(a_turn_that_is_given_ends_with_itself_or_its_new_item),
    };
    struct CMUnitTest tests[PP_COUNT(rows)];
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].test, turn_is_right, NULL, NULL, &rows[i]};
    return cmocka_run_group_tests_name("turns", tests, NULL, NULL) +
           cmocka_run_group_tests_name("others", others, NULL, NULL);
}
