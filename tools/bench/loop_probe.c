/*
 * For LD_PRELOAD into the agent: how long the turns of its loop are, while each fsync takes LOOP_PROBE_SYNC_MS
 * longer. A turn is from the end of a poll(2) that could wait to the beginning of the next one. The figures stand
 * in the file LOOP_PROBE, made by whoever reads it:
 *
 *   u64, native: turns, longest (us), longest without waiting for a processor (us), such turns over 20 ms, fsyncs,
 *   fsyncs on the loop's thread, longest on the processor (us)
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LONG_US 20000

enum { TURNS, LONGEST_US, LONGEST_OWN_US, OVER, SYNCS, LOOP_SYNCS, LONGEST_CPU_US, FIGURES };

static _Atomic uint64_t *figures;
static uint64_t began_us, began_queue_us, began_cpu_us; /* the present turn; 0: none yet */
static int schedstat = -1; /* of the loop's thread: "on the processor, waiting for one, …", ns */

static uint64_t clock_us(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

__attribute__((constructor)) static void probe_open(void) {
    const char *file = getenv("LOOP_PROBE");
    if (!file || strcmp(program_invocation_short_name, "pingplay-agent") != 0)
        return;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    void *shared = fd < 0 ? MAP_FAILED
                          : mmap(NULL, FIGURES * sizeof *figures, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        abort();
    close(fd);
    schedstat = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
    if (schedstat < 0)
        abort();
    figures = shared;
}

static bool is_loop(void) {
    return figures && syscall(SYS_gettid) == getpid();
}

static uint64_t queue_us(void) {
    char text[128];
    ssize_t size = syscall(SYS_pread64, schedstat, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = 0;
    const char *queue = strchr(text, ' ');
    return queue ? strtoull(queue, NULL, 10) / 1000 : 0;
}

static void turn_begin(void) {
    began_us = clock_us(CLOCK_MONOTONIC);
    began_queue_us = queue_us();
    began_cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
}

static void raise_to(int figure, uint64_t value) {
    if (value > figures[figure])
        figures[figure] = value;
}

static void turn_end(void) {
    if (!began_us)
        return;
    uint64_t took_us = clock_us(CLOCK_MONOTONIC) - began_us;
    uint64_t cpu_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - began_cpu_us;
    uint64_t queued_us = queue_us() - began_queue_us;
    uint64_t own_us = took_us > queued_us ? took_us - queued_us : 0;
    figures[TURNS]++;
    figures[OVER] += own_us > LONG_US;
    raise_to(LONGEST_US, took_us);
    raise_to(LONGEST_OWN_US, own_us);
    raise_to(LONGEST_CPU_US, cpu_us);
}

static int probed_poll(struct pollfd *fds, nfds_t count, int wait_ms) {
    bool waits = wait_ms != 0 && is_loop();
    struct timespec wait = {.tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000L};
    if (waits)
        turn_end();
    int ready = (int)syscall(SYS_ppoll, fds, count, wait_ms < 0 ? NULL : &wait, NULL, 8);
    if (waits)
        turn_begin();
    return ready;
}

int poll(struct pollfd *fds, nfds_t count, int wait_ms) {
    return probed_poll(fds, count, wait_ms);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int wait_ms, size_t size);
int __poll_chk(struct pollfd *fds, nfds_t count, int wait_ms, size_t size) {
    (void)size;
    return probed_poll(fds, count, wait_ms);
}

static int slow_sync(int number, int fd) {
    const char *text = getenv("LOOP_PROBE_SYNC_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    if (figures) {
        figures[SYNCS]++;
        figures[LOOP_SYNCS] += is_loop();
    }
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
    return (int)syscall(number, fd);
}

int fsync(int fd) {
    return slow_sync(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return slow_sync(SYS_fdatasync, fd);
}
