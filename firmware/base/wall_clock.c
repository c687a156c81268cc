#include "base/wall_clock.h"

#include <sys/timex.h>

static int64_t kernel_realtime_ms(void *arg) {
    (void)arg;
    return pp_clock_realtime_ms();
}

static int64_t kernel_boottime_ms(void *arg) {
    (void)arg;
    return pp_clock_boottime_ms();
}

/* What timesyncd, chrony, ntpd and ptp4l tell the kernel. */
static bool kernel_synchronised(void *arg) {
    (void)arg;
    struct timex state = {.modes = 0};
    int verdict = adjtimex(&state);
    return verdict >= 0 && verdict != TIME_ERROR;
}

const struct pp_wall_clock_kernel *pp_wall_clock_kernel(void) {
    static const struct pp_wall_clock_kernel kernel = {.realtime_ms = kernel_realtime_ms,
                                                       .boottime_ms = kernel_boottime_ms,
                                                       .synchronised = kernel_synchronised};
    return &kernel;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

void pp_wall_clock_init(struct pp_wall_clock *clock, int64_t least_ms, int64_t kept_ms,
                        const struct pp_wall_clock_kernel *kernel) {
    *clock = (struct pp_wall_clock){
        .kernel = *kernel, .least_ms = least_ms, .signed_ms = later(least_ms, kept_ms)};
    clock->taken_ms = kernel->boottime_ms(kernel->arg);
    pthread_mutex_init(&clock->lock, NULL);
}

void pp_wall_clock_finish(struct pp_wall_clock *clock) {
    pthread_mutex_destroy(&clock->lock);
}

int64_t pp_wall_clock_line_ms(struct pp_wall_clock *clock) {
    pthread_mutex_lock(&clock->lock);
    int64_t line_ms = clock->signed_ms + clock->kernel.boottime_ms(clock->kernel.arg) - clock->taken_ms;
    pthread_mutex_unlock(&clock->lock);
    return line_ms;
}

static bool is_sure(const struct pp_wall_clock *clock, int64_t system_ms, int64_t line_ms) {
    return system_ms >= line_ms - WALL_CLOCK_TRUST_MS && clock->kernel.synchronised(clock->kernel.arg);
}

bool pp_wall_clock_is_sure(struct pp_wall_clock *clock) {
    return is_sure(clock, clock->kernel.realtime_ms(clock->kernel.arg), pp_wall_clock_line_ms(clock));
}

int64_t pp_wall_clock_now_ms(struct pp_wall_clock *clock) {
    int64_t line_ms = pp_wall_clock_line_ms(clock);
    int64_t system_ms = clock->kernel.realtime_ms(clock->kernel.arg);
    return is_sure(clock, system_ms, line_ms) ? system_ms : later(system_ms, line_ms);
}

static int64_t source_now_ms(void *arg) {
    return pp_wall_clock_now_ms(arg);
}

struct pp_time_source pp_wall_clock_source(struct pp_wall_clock *clock) {
    return (struct pp_time_source){.now_ms = source_now_ms, .arg = clock};
}

static int64_t system_now_ms(void *arg) {
    struct pp_wall_clock *clock = arg;
    int64_t system_ms = clock->kernel.realtime_ms(clock->kernel.arg);
    return system_ms >= clock->least_ms ? system_ms : pp_wall_clock_now_ms(clock);
}

struct pp_time_source pp_wall_clock_system_source(struct pp_wall_clock *clock) {
    return (struct pp_time_source){.now_ms = system_now_ms, .arg = clock};
}

/* No further ahead of a clock that somebody keeps right. */
static int64_t plausible(struct pp_wall_clock *clock, int64_t signed_ms) {
    int64_t most_ms = clock->kernel.realtime_ms(clock->kernel.arg) + WALL_CLOCK_AHEAD_MS;
    return signed_ms > most_ms && pp_wall_clock_is_sure(clock) ? most_ms : signed_ms;
}

static void set_line(struct pp_wall_clock *clock, int64_t line_ms) {
    pthread_mutex_lock(&clock->lock);
    clock->signed_ms = later(clock->least_ms, line_ms);
    clock->taken_ms = clock->kernel.boottime_ms(clock->kernel.arg);
    pthread_mutex_unlock(&clock->lock);
}

void pp_wall_clock_raise(struct pp_wall_clock *clock, int64_t signed_ms) {
    int64_t plausible_ms = plausible(clock, signed_ms);
    if (plausible_ms > pp_wall_clock_line_ms(clock))
        set_line(clock, plausible_ms);
}

void pp_wall_clock_correct(struct pp_wall_clock *clock, int64_t signed_ms) {
    set_line(clock, plausible(clock, signed_ms));
}
