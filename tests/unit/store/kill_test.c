/* A writer that is killed at a random instant leaves whole objects and what can be resumed, nothing else. */
#include "scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS      50
#define OBJECTS    48
#define STEP       9973  /* bytes of one write */
#define DELAY_MOST 30000 /* us */

static struct sample sample_number(unsigned number) {
    return sample_make(number, 1000 + (number * 7919) % 250000);
}

/* Writes every object that is missing, and tells each on `told` once it was committed. Never returns. */
static void write_and_tell(const char *dir, int told) {
    struct store *store = store_open(dir, &(struct store_config){0}, NULL);
    for (unsigned char i = 0; store && i < OBJECTS; i++) {
        struct sample sample = sample_number(i);
        if (store_has(store, sample.need.sha256, sample.size))
            continue;
        struct store_partial *partial =
            store_partial_begin(store, sample.need.sha256, sample.size, NULL, NULL);
        while (partial && store_partial_offset(partial) < sample.size) {
            uint64_t offset = store_partial_offset(partial);
            size_t left = sample.size - offset;
            if (!store_partial_write(partial, sample.data + offset, left < STEP ? left : STEP, NULL))
                _exit(2);
        }
        if (!partial || !store_partial_commit(partial, NULL) || write(told, &i, 1) != 1)
            _exit(3);
        sample_finish(&sample);
    }
    _exit(store ? 0 : 4);
}

/* Runs a writer for a random while. False where it came to its end by itself. */
static bool write_and_kill(const char *dir, bool told[OBJECTS], uint64_t random) {
    int pipes[2];
    unsigned char number = 0;
    int status = 0;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        write_and_tell(dir, pipes[1]);
    close(pipes[1]);
    struct timespec delay = {.tv_nsec = (long)(random % DELAY_MOST) * 1000};
    nanosleep(&delay, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    while (read(pipes[0], &number, 1) == 1)
        told[number] = true;
    close(pipes[0]);
    return WIFSIGNALED(status);
}

static void check_whole(struct scratch *s, const bool told[OBJECTS]) {
    scratch_reopen(s, 0);
    for (unsigned i = 0; i < OBJECTS; i++) {
        struct sample sample = sample_number(i);
        bool has = scratch_has(s, &sample);
        assert_true(has || !told[i]);
        struct pp_buf out = PP_BUF_INIT(1000000);
        if (has)
            assert_true(store_object_read(s->store, sample.need.sha256, &out, NULL));
        pp_buf_finish(&out);
        sample_finish(&sample);
    }
    store_close(s->store);
    s->store = NULL;
}

static void clear(struct scratch *s, bool told[OBJECTS]) {
    scratch_finish(s);
    scratch_init(s, 0);
    store_close(s->store);
    s->store = NULL;
    memset(told, 0, OBJECTS * sizeof *told);
}

static void writer_killed_fifty_times_leaves_the_store_whole(void **state) {
    (void)state;
    struct scratch s;
    bool told[OBJECTS] = {false};
    unsigned kills = 0;
    uint64_t random = (uint64_t)time(NULL);
    print_message("seed %llu\n", (unsigned long long)random);
    scratch_init(&s, 0);
    clear(&s, told);
    while (kills < KILLS) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (write_and_kill(s.dir, told, random >> 33))
            kills++;
        else
            clear(&s, told);
        check_whole(&s, told);
    }
    scratch_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer_killed_fifty_times_leaves_the_store_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
