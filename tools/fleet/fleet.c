#include "fleet/fleet.h"

#include <signal.h>
#include <stdarg.h>

#include "base/clock.h"

#define HEADEND_MS 60000 /* for its start, and for its end */

bool fleet_run(struct fleet *fleet, int64_t limit_ms, bool (*done)(void *arg), void *arg) {
    int64_t left_ms = fleet->end_ms - pp_clock_monotonic_ms();
    return loop_run(fleet->loop, limit_ms < left_ms ? limit_ms : left_ms, done, arg);
}

static bool headend_ready(void *arg) {
    struct headend *headend = arg;
    return headend_listens(headend) || headend_is_over(headend);
}

bool fleet_start_headend(struct fleet *fleet, struct pp_error *error) {
    struct headend *headend = &fleet->headend;
    if (!headend_start(headend, error))
        return false;
    fleet_run(fleet, HEADEND_MS, headend_ready, headend);
    return (headend->out < 0 && headend->pid > 0) ||
           pp_fail(error, PP_E_STATE, "the headend does not begin to listen; see %s", headend->log);
}

static bool headend_over(void *arg) {
    return headend_is_over(arg);
}

bool fleet_end_headend(struct fleet *fleet, int signal, struct pp_error *error) {
    if (headend_is_over(&fleet->headend))
        return pp_fail(error, PP_E_STATE, "the headend has ended by itself; see %s", fleet->headend.log);
    kill(fleet->headend.pid, signal);
    return fleet_run(fleet, HEADEND_MS, headend_over, &fleet->headend) ||
           pp_fail(error, PP_E_STATE, "the headend does not end");
}

void fleet_wrong(struct fleet *fleet, const struct screen *screen, const char *format, ...) {
    char words[200];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    if (!fleet->tally.wrong++)
        snprintf(fleet->tally.first_wrong, sizeof fleet->tally.first_wrong, "screen %llu: %s",
                 (unsigned long long)screen->number, words);
}

void fleet_tally_reset(struct fleet *fleet) {
    struct fleet_tally kept = fleet->tally;
    samples_finish(&fleet->tally.post_times);
    fleet->tally = (struct fleet_tally){.wrong = kept.wrong};
    memcpy(fleet->tally.first_wrong, kept.first_wrong, sizeof kept.first_wrong);
}

void fleet_count_refusal(struct fleet *fleet, const struct screen *screen, const struct answer *answer) {
    if (answer->status == 503)
        fleet->tally.unavailable++;
    else if (answer->status == 429)
        fleet->tally.throttled++;
    else if (answer->status == 401 || answer->status == 403)
        fleet->tally.denied++;
    else
        fleet_wrong(fleet, screen, "HTTP %d: %.*s", answer->status, (int)answer->body_size, answer->body);
}
