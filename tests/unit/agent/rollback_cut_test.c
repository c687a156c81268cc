/* An older vault is put back, and the power is cut at every write, fsync and rename of the start that sees it: the
 * screen is locked, and the headend hears of it, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/event_log.h"
#include "agent/floors.h"
#include "base/file.h"
#include "base/json.h"
#include "scratch.h"
#include "support/power_cut.h"

#define TOLD_MAX   16
#define PLACES_MAX 64
#define ID_SIZE    40

/* What the headend has: the events of older vaults, and the places of all. It outlives the screen's power. */
struct headend {
    unsigned told;
    char ids[TOLD_MAX][ID_SIZE];
    unsigned place_count;
    struct event_place places[PLACES_MAX];
    bool forked;
};

static void note_place(struct headend *headend, const cJSON *event) {
    struct event_place place;
    assert_true(event_place_read(event, &place, NULL));
    for (unsigned i = 0; i < headend->place_count; i++) {
        const struct event_place *known = &headend->places[i];
        if (strcmp(known->chain, place.chain) == 0 && known->seq == place.seq)
            headend->forked |= memcmp(known->hash, place.hash, sizeof place.hash) != 0;
    }
    assert_true(headend->place_count < PLACES_MAX);
    headend->places[headend->place_count++] = place;
}

static void receive(struct headend *headend, const cJSON *event) {
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItem(event, "id"));
    note_place(headend, event);
    if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(event, "kind")), "vault-rollback") != 0)
        return;
    for (unsigned i = 0; i < headend->told; i++) {
        if (strcmp(headend->ids[i], id) == 0)
            return;
    }
    assert_true(headend->told < TOLD_MAX);
    snprintf(headend->ids[headend->told++], ID_SIZE, "%s", id);
}

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

/* A start, some events and a stop. */
static enum lock_reason live(struct scratch *scratch, struct headend *headend) {
    struct floors floors;
    struct event_log log;
    assert_true(floors_load(&floors, scratch->vault, NULL, NULL));
    assert_true(floors_ask_witness(&floors, scratch->path, NULL));
    struct spool *spool = spool_open(scratch->path, scratch->vault, NULL, "events", NULL);
    assert_non_null(spool);
    assert_true(event_log_open(&log, scratch->vault, spool, NULL));
    assert_true(event_log_tell_rollback(&log, floors.rollback, floors.witness_gone, 1767600000, NULL));
    for (int i = 0; i < 2; i++) {
        event_log_add(&log, "switched", "x", 1767600000);
        send_all(&log, headend);
    }
    enum lock_reason lock = floors.lock;
    event_log_close(&log);
    spool_close(spool);
    floors_finish(&floors);
    return lock;
}

struct life {
    struct scratch *scratch;
    struct headend *headend;
};

/* A child has none of its parent's keys. */
static void live_in_child(void *arg) {
    struct life *life = arg;
    life->scratch->vault = vault_open(life->scratch->path, NULL, NULL);
    live(life->scratch, life->headend);
}

static void copy_vault(const struct scratch *scratch, const char *from, const char *to) {
    static const char *const records[] = {FLOORS_RECORD, EVENT_LOG_RECORD};
    for (size_t i = 0; i < 2 * PP_COUNT(records); i++) {
        char source[PP_PATH_MAX], target[PP_PATH_MAX];
        pp_autobuf struct pp_buf bytes = PP_BUF_INIT(1 << 20);
        snprintf(source, sizeof source, "%s/%s/%s.%zu", scratch->path, from, records[i / 2], i % 2);
        snprintf(target, sizeof target, "%s/%s/%s.%zu", scratch->path, to, records[i / 2], i % 2);
        assert_true(pp_file_read(AT_FDCWD, source, &bytes, NULL));
        assert_true(pp_file_replace(AT_FDCWD, target, bytes.data, bytes.size, 0600, NULL));
    }
}

static void damage_witness(const struct scratch *scratch) {
    for (int i = 0; i < WITNESS_FILES; i++) {
        char path[PP_PATH_MAX];
        snprintf(path, sizeof path, "%s/witness.%d", scratch->path, i);
        assert_int_equal(unlink(path), 0);
    }
}

static void prepare(struct scratch *scratch, struct headend *headend, bool gone) {
    char aside[PP_PATH_MAX];
    scratch_open(scratch);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(live(scratch, headend), LOCK_NONE);
        scratch_reopen(scratch);
    }
    snprintf(aside, sizeof aside, "%s/aside", scratch->path);
    assert_int_equal(mkdir(aside, 0700), 0);
    copy_vault(scratch, "vault", "aside");
    assert_int_equal(live(scratch, headend), LOCK_NONE);
    vault_close(pp_steal(&scratch->vault));
    if (gone)
        damage_witness(scratch);
    else
        copy_vault(scratch, "aside", "vault");
    assert_int_equal(headend->told, 0);
}

static void no_cut_loses_the_event_of_an_older_vault_or_has_it_twice(void **state) {
    unsigned cuts = 0;
    (void)state;
    for (int which = 0; which < 2 * CUT_PLACES; which++) {
        if (which % CUT_PLACES == CUT_BEFORE) /* is after the one before it */
            continue;
        bool more = true;
        for (unsigned at = 1; more; at++) {
            struct scratch scratch;
            struct headend *headend =
                mmap(NULL, sizeof *headend, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
            assert_true(headend != MAP_FAILED);
            prepare(&scratch, headend, which >= CUT_PLACES);
            struct life life = {&scratch, headend};
            more = power_cut_run(at, (enum power_cut_where)(which % CUT_PLACES), live_in_child, &life);
            cuts += more;
            scratch_reopen(&scratch);
            for (int i = 0; i < 2; i++) {
                assert_int_equal(live(&scratch, headend), LOCK_UNTOLD);
                scratch_reopen(&scratch);
                if (headend->told != 1 || headend->forked)
                    fail_msg("cut %u of kind %d: told %u times%s", at, which, headend->told,
                             headend->forked ? ", forked" : "");
            }
            munmap(headend, sizeof *headend);
            scratch_remove(&scratch);
        }
    }
    assert_true(cuts > 40);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cut_loses_the_event_of_an_older_vault_or_has_it_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
