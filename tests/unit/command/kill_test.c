/* A display point is killed 200 times at random instants while it carries commands out: each effect comes once at
 * most, and what is told of it is true. The effects are counted in a file that the process only appends to. */
#include "bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS      200
#define BATCH      4 /* commands of a state */
#define ROUNDS_MAX 5000

/* What the headend has: shared with the child, which dies. */
struct headend {
    int64_t first;     /* number of the first command that is listed */
    uint32_t answered; /* bits: these of the batch have a final receipt */
    struct {
        unsigned outcomes[COMMAND_OUTCOMES];
    } told[ROUNDS_MAX * BATCH];
};

/* As an agent: whatever waits for the flash does so on another thread, and each receipt is answered at once. */
static void live(struct bench *bench, struct headend *headend) {
    struct command_list list = {0};
    for (int i = 0; i < BATCH; i++) {
        if (!(headend->answered & 1u << i))
            list.items[list.count++] = bench_command(headend->first + i, COMMAND_VOLUME);
    }
    struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    bench->at_once = true;
    bench_start(bench);
    vault_set_jobs(bench->vault, jobs);
    command_runner_take(bench->runner, &list);
    while (headend->answered != (1u << BATCH) - 1) {
        struct pollfd fd = {.fd = pp_jobs_fd(jobs), .events = POLLIN};
        if (*bench->telling.id) {
            int64_t place = strtoll(strrchr(bench->telling.id, '-') + 1, NULL, 16);
            headend->told[place].outcomes[bench->telling.outcome]++;
            /* One of the batch before may come again, whose answer was cut off. */
            if (bench->telling.outcome != COMMAND_ACCEPTED && place >= headend->first)
                headend->answered |= 1u << (place - headend->first);
            bench_answer(bench, true);
            continue;
        }
        poll(&fd, 1, -1);
        pp_jobs_finish(jobs);
    }
    _exit(0);
}

static pid_t live_in_child(struct bench *bench, struct headend *headend) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live(bench, headend);
    return child;
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* How long it takes on this machine, in us, so that kills fall into all of it. */
static int64_t live_to_the_end(struct bench *bench, struct headend *headend) {
    int status = 0;
    int64_t begin = now_us();
    assert_true(waitpid(live_in_child(bench, headend), &status, 0) > 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return now_us() - begin;
}

/* True where it was killed, and did not come to its end. */
static bool live_and_kill(struct bench *bench, struct headend *headend, int64_t delay_us) {
    int status = 0;
    pid_t child = live_in_child(bench, headend);
    usleep((useconds_t)delay_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 0);
    return WIFSIGNALED(status);
}

static void check(const struct bench *bench, const struct headend *headend, int64_t number,
                  unsigned totals[COMMAND_OUTCOMES]) {
    const unsigned *outcomes = headend->told[number].outcomes;
    unsigned effects = bench_count(bench, bench_command(number, COMMAND_VOLUME).id);
    bool done = outcomes[COMMAND_DONE], failed = outcomes[COMMAND_FAILED];
    assert_true(effects <= 1);
    assert_int_equal(done + failed, 1); /* one of them, however often it was told */
    assert_int_equal(outcomes[COMMAND_REFUSED], 0);
    if (done)
        assert_int_equal(effects, 1);
    for (int i = 0; i < COMMAND_OUTCOMES; i++)
        totals[i] += outcomes[i] > 0;
    totals[COMMAND_REFUSED] += failed && effects; /* begun, and nobody knows how it ended */
}

static void effects_come_once_at_most_over_two_hundred_kills(void **state) {
    struct bench bench;
    unsigned kills = 0, totals[COMMAND_OUTCOMES] = {0};
    uint64_t random = (uint64_t)time(NULL);
    struct headend *headend =
        mmap(NULL, sizeof *headend, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_ptr_not_equal(headend, MAP_FAILED);
    print_message("seed %llu\n", (unsigned long long)random);
    bench_make(&bench);
    headend->first = 1;
    int64_t span_us = live_to_the_end(&bench, headend);
    while (kills < KILLS) {
        assert_true(headend->first + BATCH < ROUNDS_MAX * BATCH);
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        kills += live_and_kill(&bench, headend, (int64_t)(random >> 33) % span_us);
        if (headend->answered != (1u << BATCH) - 1)
            continue;
        for (int i = 0; i < BATCH; i++)
            check(&bench, headend, headend->first + i, totals);
        headend->first += BATCH;
        headend->answered = 0;
    }
    print_message("%lld commands: %u done, %u interrupted, of which %u had begun\n",
                  (long long)headend->first - 1, totals[COMMAND_DONE], totals[COMMAND_FAILED],
                  totals[COMMAND_REFUSED]);
    /* Else the kills came beside the commands, and nothing was shown. */
    assert_true(totals[COMMAND_DONE] > 0);
    assert_true(totals[COMMAND_FAILED] > 0);
    bench_remove(&bench);
    munmap(headend, sizeof *headend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_come_once_at_most_over_two_hundred_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
