/* The power is cut at every write, fsync and rename of a display point that makes events, before it, within it and
 * after it: what has been sent stays true, what is on flash is one whole chain, and every number that is missing is
 * one that was never on flash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/event_log.h"
#include "base/json.h"
#include "scratch.h"
#include "support/power_cut.h"

#define EVENTS   6
#define SENT_MAX 64

/* What the headend has, by place; shared with the child, as the headend outlives the screen's power. */
struct headend {
    int newest;
    char hashes[SENT_MAX][EVENT_HASH_SIZE];
    bool forked;
};

static void receive(struct headend *headend, const cJSON *event) {
    struct event_place place;
    bool whole = false;
    assert_true(event_place_read(event, &place, NULL) && event_is_whole(event, &place, &whole, NULL) &&
                whole);
    assert_in_range(place.seq, 1, SENT_MAX - 1);
    char hash[EVENT_HASH_SIZE], prev[EVENT_HASH_SIZE];
    pp_base64url_encode(place.hash, sizeof place.hash, hash);
    pp_base64url_encode(place.prev, sizeof place.prev, prev);
    char *here = headend->hashes[place.seq], *before = headend->hashes[place.seq - 1];
    headend->forked |= (*here && strcmp(here, hash) != 0) || (*before && strcmp(before, prev) != 0);
    strcpy(here, hash);
    if (place.seq > headend->newest)
        headend->newest = (int)place.seq;
}

/* Sends what may be sent, to `headend`. */
static void send_all(struct event_log *log, struct headend *headend) {
    for (;;) {
        pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
        if (!event_log_may_send(log) || !spool_peek(log->spool, &json, NULL))
            return;
        pp_autojson cJSON *batch = pp_json_parse(json.data, json.size, SPOOL_BATCH_MAX, NULL);
        const cJSON *event;
        cJSON_ArrayForEach(event, cJSON_GetObjectItem(batch, "items")) receive(headend, event);
        spool_sent(log->spool);
    }
}

/* One life: events, some of them brought to flash, some sent. With jobs all of that is under way at once, as in an
 * agent: an event comes while the head of the one before it is being written, and the batch before as well. */
static void live(struct scratch *scratch, struct headend *headend, struct pp_jobs *jobs, int events) {
    struct event_log log;
    struct pp_error error = {0};
    vault_set_jobs(scratch->vault, jobs);
    struct spool *spool = spool_open(scratch->path, scratch->vault, jobs, "events", &error);
    assert_non_null(spool);
    assert_true(event_log_open(&log, scratch->vault, spool, &error));
    for (int i = 0; i < events; i++) {
        event_log_add(&log, "switched", "x", 1767600000 + i);
        if (jobs && i == events / 2)
            pp_jobs_wait(jobs);
        else if (jobs)
            pp_jobs_finish(jobs);
        if (i % 3 == 1)
            spool_flush(spool);
        if (i % 3 == 2)
            send_all(&log, headend);
    }
    if (events)
        event_log_close(&log);
    else
        send_all(&log, headend);
    spool_close(spool);
    pp_jobs_wait(jobs);
    vault_set_jobs(scratch->vault, NULL);
}

struct life {
    struct scratch *scratch;
    struct headend *headend;
    bool jobs;
};

/* A child has none of its parent's keys, and no threads but its own. */
static void live_in_child(void *arg) {
    struct life *life = arg;
    PP_AUTO(pp_jobs) struct pp_jobs *jobs = life->jobs ? pp_jobs_create("flash", NULL) : NULL;
    life->scratch->vault = vault_open(life->scratch->path, NULL, NULL);
    live(life->scratch, life->headend, jobs, EVENTS);
}

static struct headend *headend_make(void) {
    struct headend *headend =
        mmap(NULL, sizeof *headend, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(headend != MAP_FAILED);
    return headend;
}

/* All numbers up to the newest are there, and no place was ever told in two ways. */
static void check(const struct headend *headend) {
    assert_false(headend->forked);
    for (int i = 1; i <= headend->newest; i++)
        assert_true(*headend->hashes[i]);
}

static void no_cut_costs_more_than_what_was_never_on_flash(bool jobs) {
    unsigned cuts = 0;
    for (int where = CUT_WITHIN; where < CUT_PLACES; where++) { /* before a call is after the one before it */
        bool more = true;
        for (unsigned at = 1; more; at++) {
            struct scratch scratch;
            struct headend *headend = headend_make();
            scratch_open(&scratch);
            live(&scratch, headend, NULL, EVENTS);
            struct life life = {&scratch, headend, jobs};
            vault_close(pp_steal(&scratch.vault));
            more = power_cut_run(at, (enum power_cut_where)where, live_in_child, &life);
            cuts += more;
            scratch_reopen(&scratch);
            live(&scratch, headend, NULL, EVENTS);
            scratch_reopen(&scratch);
            live(&scratch, headend, NULL, 0);
            assert_true(headend->newest >= 2 * EVENTS);
            check(headend);
            munmap(headend, sizeof *headend);
            scratch_remove(&scratch);
        }
    }
    assert_true(cuts > 40);
}

static void no_cut_forks_the_chain_or_loses_what_was_on_flash(void **state) {
    (void)state;
    no_cut_costs_more_than_what_was_never_on_flash(false);
}

static void no_cut_of_what_is_written_by_jobs_does_either(void **state) {
    (void)state;
    no_cut_costs_more_than_what_was_never_on_flash(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cut_forks_the_chain_or_loses_what_was_on_flash),
        cmocka_unit_test(no_cut_of_what_is_written_by_jobs_does_either),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
