#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "events/chain.h"
#include "headend/db/sql.h"
#include "headend/ops/event_chain.h"

#define SCREEN "00000000-0000-4000-8000-000000000001"
#define MADE   8

struct world {
    struct home *home;
    struct event_head head;
    cJSON *events[MADE + 1]; /* by their numbers, from 1 */
};

static void begin(struct world *world, void **state) {
    *world = (struct world){.home = *state};
    assert_true(db_run_sql(
        world->home->db, NULL,
        "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created, approved_by)"
        " VALUES(?, randomblob(32), 'Door', '', 'UTC', 'en', 'active', 0, 'test')",
        "s", SCREEN));
    assert_true(event_head_begin(&world->head, NULL));
    for (int i = 1; i <= MADE; i++) {
        world->events[i] = cJSON_CreateObject();
        cJSON_AddStringToObject(world->events[i], "kind", "switched");
        cJSON_AddNumberToObject(world->events[i], "monotonic_ms", i);
        assert_true(event_link(world->events[i], &world->head, NULL));
    }
}

static void end(struct world *world) {
    for (int i = 1; i <= MADE; i++)
        cJSON_Delete(world->events[i]);
}

static bool take(struct world *world, const cJSON *event) {
    bool keep = false;
    struct pp_error error = {0};
    if (!event_chain_take(world->home->db, SCREEN, event, &keep, &error))
        fail_msg("%s", error.message);
    return keep;
}

/* "gap 3-5 missing 2, fork 4-4 missing 0" */
static void found(struct world *world, const char *expected) {
    db_autorow struct db_row *row = db_query_sql(
        world->home->db, NULL,
        "SELECT finding || ' ' || first || '-' || last || ' missing ' || missing FROM event_finding"
        " ORDER BY number",
        "");
    char text[1024] = "";
    while (row && db_next(row, "finding", NULL))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? ", " : "", db_text(row, 0));
    assert_string_equal(text, expected);
}

static void a_whole_chain_is_taken_and_each_event_counts_once(void **state) {
    struct world world;
    begin(&world, state);
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= MADE; i++)
            assert_true(take(&world, world.events[i]));
    }
    found(&world, "");
    end(&world);
}

static void what_is_missing_is_counted_exactly_and_less_when_it_comes_late(void **state) {
    struct world world;
    begin(&world, state);
    assert_true(take(&world, world.events[1]) && take(&world, world.events[2]));
    assert_true(take(&world, world.events[6]));
    found(&world, "gap 3-5 missing 3");
    assert_true(take(&world, world.events[4]));
    assert_true(take(&world, world.events[4]));
    found(&world, "gap 3-5 missing 2");
    assert_true(take(&world, world.events[8]));
    found(&world, "gap 3-5 missing 2, gap 7-7 missing 1");
    assert_true(take(&world, world.events[3]) && take(&world, world.events[5]));
    found(&world, "gap 7-7 missing 1");
    end(&world);
}

static void the_first_ones_can_be_missing_too(void **state) {
    struct world world;
    begin(&world, state);
    assert_true(take(&world, world.events[3]));
    found(&world, "gap 1-2 missing 2");
    end(&world);
}

/* An event for the place behind `before` that is whole, and not the one that is there. */
static cJSON *other_after(const struct world *world, int before) {
    struct event_place place;
    struct event_head head = world->head;
    assert_true(event_place_read(world->events[before], &place, NULL));
    head.seq = place.seq;
    memcpy(head.hash, place.hash, sizeof head.hash);
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "kind", "unlocked");
    assert_true(event_link(event, &head, NULL));
    return event;
}

static void a_second_event_for_a_place_is_a_fork_and_set_aside(void **state) {
    struct world world;
    begin(&world, state);
    for (int i = 1; i <= 5; i++)
        assert_true(take(&world, world.events[i]));
    pp_autojson cJSON *same_place = other_after(&world, 3);
    assert_false(take(&world, same_place));
    found(&world, "fork 4-4 missing 0");
    assert_true(take(&world, world.events[6])); /* the chain that is here goes on */
    end(&world);
}

static void one_that_follows_another_history_is_a_fork(void **state) {
    struct world world;
    begin(&world, state);
    assert_true(take(&world, world.events[1]) && take(&world, world.events[2]));
    pp_autojson cJSON *third = other_after(&world, 2);
    struct world other = world;
    other.events[3] = third;
    pp_autojson cJSON *fourth = other_after(&other, 3);
    assert_true(take(&world, world.events[3]));
    assert_false(take(&world, fourth));
    found(&world, "fork 4-4 missing 0");
    end(&world);
}

static void one_that_comes_late_has_to_lead_to_what_is_here(void **state) {
    struct world world;
    begin(&world, state);
    assert_true(take(&world, world.events[1]) && take(&world, world.events[3]));
    pp_autojson cJSON *second = other_after(&world, 1);
    assert_false(take(&world, second));
    found(&world, "gap 2-2 missing 1, fork 2-2 missing 0");
    end(&world);
}

static void a_changed_event_is_a_rewrite_and_set_aside(void **state) {
    struct world world;
    begin(&world, state);
    assert_true(take(&world, world.events[1]));
    pp_autojson cJSON *changed = cJSON_Duplicate(world.events[2], true);
    cJSON_ReplaceItemInObject(changed, "kind", cJSON_CreateString("unlocked"));
    assert_false(take(&world, changed));
    found(&world, "rewrite 2-2 missing 0");
    /* Also of one that is here already. */
    pp_autojson cJSON *known = cJSON_Duplicate(world.events[1], true);
    cJSON_ReplaceItemInObject(known, "kind", cJSON_CreateString("unlocked"));
    assert_false(take(&world, known));
    found(&world, "rewrite 2-2 missing 0, rewrite 1-1 missing 0");
    assert_true(take(&world, world.events[2]));
    end(&world);
}

static void a_chain_that_begins_anew_and_events_without_one_are_told(void **state) {
    struct world world;
    begin(&world, state);
    pp_autojson cJSON *bare = cJSON_CreateObject();
    cJSON_AddStringToObject(bare, "kind", "locked");
    assert_true(take(&world, bare)); /* of an older version */
    found(&world, "");
    assert_true(take(&world, world.events[1]));
    struct event_head head;
    assert_true(event_head_begin(&head, NULL));
    pp_autojson cJSON *first = cJSON_Duplicate(bare, true);
    assert_true(event_link(first, &head, NULL));
    assert_true(take(&world, first));
    assert_true(take(&world, bare));
    found(&world, "anew 1-1 missing 0, unchained 0-0 missing 0");
    end(&world);
}

static void a_place_that_is_malformed_is_refused(void **state) {
    struct world world;
    struct pp_error error = {0};
    bool keep;
    begin(&world, state);
    pp_autojson cJSON *bad = cJSON_Duplicate(world.events[1], true);
    cJSON_ReplaceItemInObject(bad, "seq", cJSON_CreateNumber(0));
    assert_false(event_chain_take(world.home->db, SCREEN, bad, &keep, &error));
    assert_true(error.code == PP_E_INVALID || error.code == PP_E_LIMIT);
    end(&world);
}

#define test(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_whole_chain_is_taken_and_each_event_counts_once),
        test(what_is_missing_is_counted_exactly_and_less_when_it_comes_late),
        test(the_first_ones_can_be_missing_too),
        test(a_second_event_for_a_place_is_a_fork_and_set_aside),
        test(one_that_follows_another_history_is_a_fork),
        test(one_that_comes_late_has_to_lead_to_what_is_here),
        test(a_changed_event_is_a_rewrite_and_set_aside),
        test(a_chain_that_begins_anew_and_events_without_one_are_told),
        test(a_place_that_is_malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
