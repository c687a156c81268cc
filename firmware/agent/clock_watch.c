#include "agent/clock_watch.h"

#include <stdio.h>
#include <stdlib.h>

#define READS_MAX 5 /* tries to read the clocks without being held up between them */

struct reading {
    int64_t boottime_ms, system_ms, effective_ms;
};

/* False on a machine that is too busy to read three clocks at once: the next look does. */
static bool read_clocks(struct pp_wall_clock *clock, struct reading *reading) {
    const struct pp_wall_clock_kernel *kernel = &clock->kernel;
    for (int i = 0; i < READS_MAX; i++) {
        reading->boottime_ms = kernel->boottime_ms(kernel->arg);
        reading->system_ms = kernel->realtime_ms(kernel->arg);
        reading->effective_ms = pp_wall_clock_now_ms(clock);
        if (kernel->boottime_ms(kernel->arg) - reading->boottime_ms <= CLOCK_WATCH_WITHIN_MS)
            return true;
    }
    return false;
}

static struct clock_move move_of(int64_t now_ms, int64_t ahead_ms, int64_t before_ms) {
    int64_t by_ms = ahead_ms - before_ms;
    return (struct clock_move){.now_ms = now_ms, .by_ms = llabs(by_ms) >= CLOCK_WATCH_JUMP_MS ? by_ms : 0};
}

bool clock_watch_look(struct clock_watch *watch, struct clock_jump *jump) {
    struct reading now;
    *jump = (struct clock_jump){0};
    if (!read_clocks(watch->clock, &now))
        return false;
    int64_t system_ahead_ms = now.system_ms - now.boottime_ms;
    int64_t effective_ahead_ms = now.effective_ms - now.boottime_ms;
    if (watch->looked) {
        jump->system = move_of(now.system_ms, system_ahead_ms, watch->system_ahead_ms);
        jump->effective = move_of(now.effective_ms, effective_ahead_ms, watch->effective_ahead_ms);
    }
    watch->looked = true;
    watch->system_ahead_ms = system_ahead_ms;
    watch->effective_ahead_ms = effective_ahead_ms;
    return jump->system.by_ms || jump->effective.by_ms;
}

void clock_watch_init(struct clock_watch *watch, struct pp_wall_clock *clock) {
    struct clock_jump none;
    *watch = (struct clock_watch){.clock = clock};
    clock_watch_look(watch, &none);
}

static void on_look_due(void *arg) {
    struct clock_watch *watch = arg;
    struct clock_jump jump;
    net_timer_start_in(&watch->timer, watch->loop, CLOCK_WATCH_EVERY_MS, on_look_due, watch);
    if (clock_watch_look(watch, &jump))
        watch->told(watch->arg, &jump);
}

void clock_watch_start(struct clock_watch *watch, struct net_loop *loop, struct pp_wall_clock *clock,
                       clock_watch_told *told, void *arg) {
    net_timer_stop(&watch->timer);
    clock_watch_init(watch, clock);
    watch->loop = loop;
    watch->told = told;
    watch->arg = arg;
    net_timer_start_in(&watch->timer, loop, CLOCK_WATCH_EVERY_MS, on_look_due, watch);
}

void clock_watch_stop(struct clock_watch *watch) {
    net_timer_stop(&watch->timer);
}

static void print_move(const struct clock_move *move, const char *name, char *text, size_t size) {
    char time[PP_RFC3339_SIZE];
    pp_time_format(move->now_ms / 1000, time);
    long long by_s = (llabs(move->by_ms) + 500) / 1000;
    if (move->by_ms)
        snprintf(text, size, "%s %s by %lld s to %s", name, move->by_ms > 0 ? "forwards" : "backwards", by_s,
                 time);
    else
        snprintf(text, size, "%s unmoved at %s", name, time);
}

void clock_jump_print(const struct clock_jump *jump, char text[CLOCK_WATCH_TEXT_SIZE]) {
    char system[CLOCK_WATCH_TEXT_SIZE / 2 - 1], effective[CLOCK_WATCH_TEXT_SIZE / 2 - 1];
    print_move(&jump->system, "the system's clock", system, sizeof system);
    print_move(&jump->effective, "the time in effect", effective, sizeof effective);
    snprintf(text, CLOCK_WATCH_TEXT_SIZE, "%s; %s", system, effective);
}
