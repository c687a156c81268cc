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
#include "support/held_flash.h"

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

/* ---- A flash that takes a batch, and the head of the chain not ---- */

static struct event_place place_of(const cJSON *event) {
    struct event_place place;
    assert_true(event_place_read(event, &place, NULL));
    return place;
}

/* What waits is the beginning of the chain that the log is at, without a gap; of another chain nothing waits. */
static void assert_waits_from_the_first(const struct life *life) {
    const cJSON *event;
    int64_t seq = 0;
    cJSON_ArrayForEach(event, spool_waiting(life->spool)) {
        const struct event_place place = place_of(event);
        assert_string_equal(place.chain, life->log.head.chain);
        assert_int_equal(place.seq, ++seq);
    }
    assert_int_equal(seq, life->log.head.seq);
}

/* What is on its way to flash has its places there: it gets no others when the log goes over to another chain. */
static void a_batch_that_is_being_written_keeps_its_places(void **state) {
    struct scratch scratch;
    struct life life;
    char former[EVENT_CHAIN_SIZE];
    (void)state;
    scratch_open(&scratch);
    begin(&life, &scratch);
    PP_AUTO(pp_jobs) struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    vault_set_jobs(scratch.vault, jobs);
    spool_set_jobs(life.spool, jobs);
    snprintf(former, sizeof former, "%s", life.log.head.chain);
    /* The head is not taken, once; then not again, with a batch behind it that is. */
    flash_fail(2);
    event_log_add(&life.log, "locked", "first", 1767600000);
    event_log_add(&life.log, "unlocked", "second", 1767600001);
    pp_jobs_wait(jobs);
    flash_hold(true);
    event_log_keep_again(&life.log);
    spool_flush(life.spool);
    event_log_add(&life.log, "locked", "third", 1767600002);
    flash_hold(false);
    pp_jobs_wait(jobs);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    struct event_head newest;
    assert_true(spool_read_newest(life.spool, &json) && event_log_batch_head(&json, &newest));
    assert_string_equal(newest.chain, former);
    assert_int_equal(newest.seq, 2);
    assert_string_equal(life.log.head.chain, former);
    assert_int_equal(place_of(cJSON_GetArrayItem(spool_waiting(life.spool), 0)).seq, 3);
    /* The flash takes nothing from here on: then it is another chain, of what stands on no flash. */
    flash_fail(100);
    for (int i = 0; i < 2; i++) {
        event_log_keep_again(&life.log);
        pp_jobs_wait(jobs);
    }
    flash_fail(0);
    assert_string_not_equal(life.log.head.chain, former);
    assert_waits_from_the_first(&life);
    spool_settle(life.spool);
    vault_set_jobs(scratch.vault, NULL);
    spool_set_jobs(life.spool, NULL);
    end(&life, &scratch);
    scratch_remove(&scratch);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_lost_is_told_where_it_is_missing_and_once),
        cmocka_unit_test(a_batch_that_is_being_written_keeps_its_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
