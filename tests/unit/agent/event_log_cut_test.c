/* The power is cut at every write, fsync and rename of a display point that makes events, before it, within it and
 * after it: what has been sent stays true, what is on flash is one whole chain, and every number that is missing is
 * one that was never on flash. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/event_log.h"
#include "base/json.h"
#include "scratch.h"

#define CUT_STATUS 42
#define EVENTS     6
#define SENT_MAX   64

enum where { CUT_BEFORE, CUT_WITHIN, CUT_AFTER, CUT_PLACES };

/* Of a child process alone. */
static struct {
    bool armed;
    unsigned at; /* the call that is cut, from 1 */
    unsigned calls;
    enum where where;
} cut;

static bool cut_here(void) {
    return cut.armed && ++cut.calls == cut.at;
}

/* In place of the C library's. */
ssize_t write(int fd, const void *data, size_t size) {
    bool here = cut_here();
    if (here && cut.where == CUT_WITHIN)
        syscall(SYS_write, fd, data, size / 2);
    if (here && cut.where != CUT_AFTER)
        _exit(CUT_STATUS);
    ssize_t written = syscall(SYS_write, fd, data, size);
    if (here)
        _exit(CUT_STATUS);
    return written;
}

static long cut_call(long number, long a, long b, long c, long d) {
    bool here = cut_here();
    if (here && cut.where != CUT_AFTER)
        _exit(CUT_STATUS);
    long result = syscall(number, a, b, c, d);
    if (here)
        _exit(CUT_STATUS);
    return result;
}

int fsync(int fd) {
    return (int)cut_call(SYS_fsync, fd, 0, 0, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return (int)cut_call(SYS_renameat, from_folder, (long)from, to_folder, (long)to);
}

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
        if (!event_log_is_kept(log) || !spool_peek(log->spool, &json, NULL))
            return;
        pp_autojson cJSON *batch = pp_json_parse(json.data, json.size, SPOOL_BATCH_MAX, NULL);
        const cJSON *event;
        cJSON_ArrayForEach(event, cJSON_GetObjectItem(batch, "items")) receive(headend, event);
        spool_sent(log->spool);
    }
}

/* One life: events, some of them brought to flash, some sent. `headend` NULL: none can be reached. */
static void live(struct scratch *scratch, struct headend *headend, int events) {
    struct event_log log;
    struct pp_error error = {0};
    struct spool *spool = spool_open(scratch->path, scratch->vault, NULL, "events", &error);
    assert_non_null(spool);
    assert_true(event_log_open(&log, scratch->vault, spool, &error));
    for (int i = 0; i < events; i++) {
        event_log_add(&log, "switched", "x", 1767600000 + i);
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
}

/* True where there was such a call. */
static bool live_and_cut(struct scratch *scratch, struct headend *headend, unsigned at, enum where where) {
    int status = 0;
    fflush(NULL);
    vault_close(pp_steal(&scratch->vault)); /* a child has none of its parent's keys */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        scratch->vault = vault_open(scratch->path, NULL, NULL);
        cut.at = at;
        cut.where = where;
        cut.armed = true;
        live(scratch, headend, EVENTS);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == CUT_STATUS || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == CUT_STATUS;
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

static void no_cut_forks_the_chain_or_loses_what_was_on_flash(void **state) {
    unsigned cuts = 0;
    (void)state;
    for (int where = 0; where < CUT_PLACES; where++) {
        bool more = true;
        for (unsigned at = 1; more; at++) {
            struct scratch scratch;
            struct headend *headend = headend_make();
            scratch_open(&scratch);
            live(&scratch, headend, EVENTS);
            more = live_and_cut(&scratch, headend, at, (enum where)where);
            cuts += more;
            scratch_reopen(&scratch);
            live(&scratch, headend, EVENTS);
            scratch_reopen(&scratch);
            live(&scratch, headend, 0);
            assert_true(headend->newest >= 2 * EVENTS);
            check(headend);
            munmap(headend, sizeof *headend);
            scratch_remove(&scratch);
        }
    }
    assert_true(cuts > 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cut_forks_the_chain_or_loses_what_was_on_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
