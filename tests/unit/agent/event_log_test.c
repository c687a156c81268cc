/* Events that came to nothing, for want of memory or of flash, are told where they are missing, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/event_log.h"
#include "base/json.h"
#include "events/kinds.h"
#include "scratch.h"

struct life {
    struct spool *spool;
    struct event_log log;
};

static void begin(struct life *life, struct scratch *scratch) {
    life->spool = spool_open(scratch->path, scratch->vault, NULL, "events", NULL);
    assert_non_null(life->spool);
    assert_true(event_log_open(&life->log, scratch->vault, life->spool, NULL));
}

static void end(struct life *life, struct scratch *scratch) {
    event_log_close(&life->log);
    spool_close(life->spool);
    scratch_reopen(scratch);
}

/* The kind and the detail of the event that waits at this place. */
static void assert_waits(const struct life *life, int place, const char *kind, const char *detail) {
    const cJSON *event = cJSON_GetArrayItem(spool_waiting(life->spool), place);
    assert_non_null(event);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "kind")), kind);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(event, "detail")), detail);
    assert_int_equal((int)cJSON_GetNumberValue(cJSON_GetObjectItem(event, "severity")),
                     event_kind_find(kind)->severity);
}

static void what_was_lost_is_told_where_it_is_missing_and_once(void **state) {
    struct scratch scratch;
    struct life life;
    (void)state;
    scratch_open(&scratch);
    begin(&life, &scratch);
    event_log_add(&life.log, "locked", "before", 1767600000);
    for (int i = 0; i < 2; i++)
        spool_add(life.spool, NULL, 0); /* as an event for which there was no memory */
    event_log_add(&life.log, "unlocked", "after", 1767600001);
    assert_int_equal(cJSON_GetArraySize(spool_waiting(life.spool)), 3);
    assert_waits(&life, 0, "locked", "before");
    assert_waits(&life, 1, "events-lost", "2, 2 in all");
    assert_waits(&life, 2, "unlocked", "after");
    end(&life, &scratch);

    /* Nor once more after a restart, but what was lost since. */
    begin(&life, &scratch);
    int waiting = cJSON_GetArraySize(spool_waiting(life.spool));
    event_log_add(&life.log, "locked", "again", 1767600002);
    assert_waits(&life, waiting, "locked", "again");
    spool_add(life.spool, NULL, 0);
    event_log_add(&life.log, "unlocked", "again", 1767600003);
    assert_waits(&life, waiting + 1, "events-lost", "1, 3 in all");
    assert_waits(&life, waiting + 2, "unlocked", "again");
    end(&life, &scratch);
    scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_lost_is_told_where_it_is_missing_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
