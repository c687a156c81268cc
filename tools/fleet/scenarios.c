#include "fleet/scenarios.h"

#include <arpa/inet.h>
#include <signal.h>

#include "base/clock.h"

#define SETTLED_MS 1000  /* a poll that long without an answer waits */
#define SLACK_MS   30000 /* more than what a thing takes at a rate that was asked for */
#define STORM_MS   600000
#define ROUND_MS   120000
#define SHOT_MS    300000

static void figure(cJSON *figures, const char *name, double value) {
    cJSON_AddNumberToObject(figures, name, value);
}

/* ---- Who waits ---- */

static size_t waiting(const struct fleet *fleet, int64_t ms) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += screen_is_waiting(&fleet->screens[i], ms);
    return count;
}

static bool all_wait(void *arg) {
    const struct fleet *fleet = arg;
    return waiting(fleet, SETTLED_MS) == fleet->count;
}

static bool never(void *arg) {
    (void)arg;
    return false;
}

/* Runs for so long, whatever happens. */
static bool pass_time(struct fleet *fleet, int64_t time_ms, struct pp_error *error) {
    if (pp_clock_monotonic_ms() + time_ms > fleet->end_ms)
        return pp_fail(error, PP_E_LIMIT, "--limit leaves no time for it");
    fleet_run(fleet, time_ms, never, NULL);
    return true;
}

static bool wait_for_all(struct fleet *fleet, int64_t limit_ms, struct pp_error *error) {
    if (fleet_run(fleet, limit_ms, all_wait, fleet))
        return true;
    return pp_fail(error, PP_E_STATE, "%zu of %zu screens wait, after %lld s", waiting(fleet, SETTLED_MS),
                   fleet->count, (long long)limit_ms / 1000);
}

/* When the last of those that wait began to (CLOCK_MONOTONIC). */
static int64_t last_began(const struct fleet *fleet) {
    int64_t last = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        int64_t since = screen_waits_since(&fleet->screens[i]);
        if (since > last)
            last = since;
    }
    return last;
}

static int64_t start_ms(const struct fleet *fleet) {
    return (int64_t)(fleet->count * 1000 / fleet->options.rate);
}

/* Those that do not run yet, at the rate that was asked for. */
static bool start_all(struct fleet *fleet, struct pp_error *error) {
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->screens[i].stage == SCREEN_IDLE)
            screen_start(&fleet->screens[i], (int64_t)(i * 1000 / fleet->options.rate));
    }
    return wait_for_all(fleet, start_ms(fleet) + STORM_MS, error);
}

static void add_tally(const struct fleet *fleet, cJSON *figures) {
    static const char *const names[LINK_TROUBLES] = {
        [LINK_REFUSED] = "refused",     [LINK_CUT] = "cut",
        [LINK_TLS] = "tls_failed",      [LINK_LATE] = "late",
        [LINK_MALFORMED] = "malformed", [LINK_LOCAL] = "not_opened",
    };
    const struct fleet_tally *tally = &fleet->tally;
    for (size_t i = 0; i < LINK_TROUBLES; i++)
        figure(figures, names[i], (double)tally->trouble[i]);
    figure(figures, "status_503", (double)tally->unavailable);
    figure(figures, "status_429", (double)tally->throttled);
    figure(figures, "status_401_403", (double)tally->denied);
    figure(figures, "sessions", (double)tally->sessions);
}

/* ---- hold ---- */

static bool run_hold(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    struct headend_use before = headend_use(&fleet->headend);
    int64_t began_ms = pp_clock_monotonic_ms();
    if (!start_all(fleet, error))
        return false;
    struct headend_use held = headend_use(&fleet->headend);
    figure(figures, "screens_waiting", (double)waiting(fleet, 0));
    figure(figures, "all_wait_after_s", (double)(last_began(fleet) - began_ms) / 1000);
    figure(figures, "cpu_ms_per_screen_to_connect",
           (double)(held.cpu_ms - before.cpu_ms) / (double)fleet->count);
    fleet_tally_reset(fleet);
    began_ms = pp_clock_monotonic_ms();
    if (!pass_time(fleet, (int64_t)fleet->options.hold_s * 1000, error))
        return false;
    int64_t passed_ms = pp_clock_monotonic_ms() - began_ms;
    struct headend_use after = headend_use(&fleet->headend);
    figure(figures, "memory_mib_empty", (double)before.memory_kib / 1024);
    figure(figures, "memory_mib_held", (double)after.memory_kib / 1024);
    figure(figures, "memory_kib_per_screen",
           (double)(after.memory_kib - before.memory_kib) / (double)fleet->count);
    figure(figures, "cpu_percent_of_a_core", (double)(after.cpu_ms - held.cpu_ms) * 100 / (double)passed_ms);
    figure(figures, "answers_304", (double)fleet->tally.unchanged);
    add_tally(fleet, figures);
    return wait_for_all(fleet, SLACK_MS, error);
}

/* ---- publish ---- */

struct publication {
    struct fleet *fleet;
    struct job job;
    bool ended, ok;
    int64_t began_ms, ended_ms; /* of the command */
    int64_t former;             /* publish number before it */
};

static bool publication_came(void *arg) {
    struct publication *publication = arg;
    const struct fleet *fleet = publication->fleet;
    pp_autobuf struct pp_buf output = PP_BUF_INIT(JOB_OUTPUT_MAX);
    if (!publication->ended && job_over(&publication->job, &publication->ok, &output)) {
        publication->ended = true;
        publication->ended_ms = pp_clock_monotonic_ms();
    }
    if (!publication->ended || !publication->ok)
        return publication->ended;
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->screens[i].state.publish <= publication->former)
            return false;
    }
    return true;
}

static int64_t newest_publish(const struct fleet *fleet) {
    int64_t newest = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->screens[i].state.publish > newest)
            newest = fleet->screens[i].state.publish;
    }
    return newest;
}

/* One publish, until each screen has its state. Times from the command's begin, and of the command itself. */
static bool publish_round(struct fleet *fleet, uint64_t number, struct samples *answers,
                          struct samples *command, struct samples *last, struct pp_error *error) {
    char title[64];
    struct publication publication = {
        .fleet = fleet, .began_ms = pp_clock_monotonic_ms(), .former = newest_publish(fleet)};
    snprintf(title, sizeof title, "Round %llu", (unsigned long long)number);
    if (!headend_command(&fleet->headend, &publication.job, error, "publish", NULL, "--channel",
                         fleet->options.channel, "--title", title, fleet->options.content, (char *)NULL))
        return false;
    bool came = fleet_run(fleet, ROUND_MS, publication_came, &publication);
    job_finish(&publication.job);
    if (!came || !publication.ok)
        return pp_fail(error, PP_E_STATE, "publish: %s",
                       publication.ok ? "not all screens were told in time" : "the command failed");
    int64_t latest = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        int64_t after_ms = fleet->screens[i].news_ms - publication.began_ms;
        samples_add(answers, after_ms);
        latest = after_ms > latest ? after_ms : latest;
    }
    samples_add(command, publication.ended_ms - publication.began_ms);
    samples_add(last, latest);
    return true;
}

static bool run_publish(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    struct samples answers = {0};
    struct samples command = {0};
    struct samples last = {0};
    bool ok = start_all(fleet, error);
    struct headend_use before = headend_use(&fleet->headend);
    for (uint64_t i = 0; ok && i < fleet->options.rounds; i++)
        ok = publish_round(fleet, i + 1, &answers, &command, &last, error) &&
             wait_for_all(fleet, ROUND_MS, error);
    struct headend_use after = headend_use(&fleet->headend);
    if (ok) {
        figure(figures, "rounds", (double)fleet->options.rounds);
        figure(figures, "command_ms_p50", (double)samples_percentile(&command, 0.5));
        figure(figures, "answer_ms_p50", (double)samples_percentile(&answers, 0.5));
        figure(figures, "answer_ms_p99", (double)samples_percentile(&answers, 0.99));
        figure(figures, "last_answer_ms_p50", (double)samples_percentile(&last, 0.5));
        figure(figures, "last_answer_ms_most", (double)samples_percentile(&last, 1));
        figure(figures, "cpu_ms_per_round",
               (double)(after.cpu_ms - before.cpu_ms) / (double)fleet->options.rounds);
        add_tally(fleet, figures);
    }
    samples_finish(&answers);
    samples_finish(&command);
    samples_finish(&last);
    return ok;
}

/* ---- storm, crash ---- */

/* The headend ends, and begins again at once: how long until all wait again. */
static bool run_storm(struct fleet *fleet, int signal, cJSON *figures, struct pp_error *error) {
    if (!start_all(fleet, error))
        return false;
    fleet_tally_reset(fleet);
    int64_t ended_ms = pp_clock_monotonic_ms();
    if (!fleet_end_headend(fleet, signal, error))
        return false;
    int64_t gone_ms = pp_clock_monotonic_ms();
    for (size_t i = 0; i < fleet->count; i++)
        fleet->screens[i].held_ms = 0;
    if (!fleet_start_headend(fleet, error))
        return false;
    int64_t back_ms = pp_clock_monotonic_ms();
    if (!wait_for_all(fleet, STORM_MS, error))
        return false;
    struct headend_use use = headend_use(&fleet->headend);
    struct samples back = {0};
    for (size_t i = 0; i < fleet->count; i++)
        samples_add(&back, screen_waits_since(&fleet->screens[i]) - back_ms);
    figure(figures, "stop_ms", (double)(gone_ms - ended_ms));
    figure(figures, "start_ms", (double)(back_ms - gone_ms));
    figure(figures, "back_s_p50", (double)samples_percentile(&back, 0.5) / 1000);
    figure(figures, "back_s_p99", (double)samples_percentile(&back, 0.99) / 1000);
    figure(figures, "all_back_s", (double)samples_percentile(&back, 1) / 1000);
    figure(figures, "headend_cpu_s", (double)use.cpu_ms / 1000);
    add_tally(fleet, figures);
    samples_finish(&back);
    return true;
}

static bool run_restart(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    return run_storm(fleet, SIGTERM, figures, error);
}

static bool run_crash(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    return run_storm(fleet, SIGKILL, figures, error);
}

/* ---- report ---- */

static bool posts_over(void *arg) {
    const struct fleet *fleet = arg;
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->screens[i].due)
            return false;
    }
    return true;
}

/* Each screen reports each period, spread over it as those are that were started at their own times. */
static bool run_report(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    if (!start_all(fleet, error))
        return false;
    fleet->report_ms = (int64_t)fleet->options.report_s * 1000;
    fleet_tally_reset(fleet);
    struct headend_use before = headend_use(&fleet->headend);
    int64_t began_ms = pp_clock_monotonic_ms();
    for (size_t i = 0; i < fleet->count; i++)
        screen_report(&fleet->screens[i], (int64_t)i * fleet->report_ms / (int64_t)fleet->count);
    if (!pass_time(fleet, 2 * fleet->report_ms, error))
        return false;
    int64_t passed_ms = pp_clock_monotonic_ms() - began_ms;
    struct headend_use after = headend_use(&fleet->headend);
    for (size_t i = 0; i < fleet->count; i++)
        screen_report_stop(&fleet->screens[i]);
    bool over = fleet_run(fleet, SLACK_MS, posts_over, fleet);
    figure(figures, "reports", (double)fleet->tally.posts);
    figure(figures, "reports_a_second", (double)fleet->tally.posts * 1000 / (double)passed_ms);
    figure(figures, "report_ms_p50", (double)samples_percentile(&fleet->tally.post_times, 0.5));
    figure(figures, "report_ms_p99", (double)samples_percentile(&fleet->tally.post_times, 0.99));
    figure(figures, "report_ms_most", (double)samples_percentile(&fleet->tally.post_times, 1));
    figure(figures, "cpu_percent_of_a_core",
           (double)(after.cpu_ms - before.cpu_ms) * 100 / (double)passed_ms);
    figure(figures, "memory_mib", (double)after.memory_kib / 1024);
    add_tally(fleet, figures);
    if (!over || fleet->tally.posts < 2 * fleet->count)
        return pp_fail(error, PP_E_STATE, "report: %llu reports were taken, %s",
                       (unsigned long long)fleet->tally.posts, over ? "too few" : "and some are not yet");
    return wait_for_all(fleet, SLACK_MS, error);
}

/* ---- screenshot ---- */

struct shooting {
    struct fleet *fleet;
    struct job job;
    size_t asked, wanted;
    bool failed;
    uint64_t before;
};

static uint64_t shots_taken(const struct fleet *fleet) {
    uint64_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += fleet->screens[i].shots;
    return count;
}

/* One command after the other asks one screen after the other; over when all have sent theirs. */
static bool shooting_over(void *arg) {
    struct shooting *shooting = arg;
    struct fleet *fleet = shooting->fleet;
    struct pp_error error = {0};
    bool ok = true;
    pp_autobuf struct pp_buf output = PP_BUF_INIT(JOB_OUTPUT_MAX);
    if (shooting->job.pid && !job_over(&shooting->job, &ok, &output))
        return false;
    if (ok && shooting->asked < shooting->wanted)
        ok = headend_command(&fleet->headend, &shooting->job, &error, "screen", "command",
                             fleet->screens[shooting->asked++].id, "screenshot", (char *)NULL);
    shooting->failed = !ok;
    return !ok || shots_taken(fleet) - shooting->before == shooting->wanted;
}

static bool run_screenshot(struct fleet *fleet, cJSON *figures, struct pp_error *error) {
    struct shooting shooting = {.fleet = fleet, .before = shots_taken(fleet)};
    shooting.wanted = fleet->options.shots < fleet->count ? (size_t)fleet->options.shots : fleet->count;
    if (!start_all(fleet, error))
        return false;
    fleet_tally_reset(fleet);
    int64_t began_ms = pp_clock_monotonic_ms();
    bool over = fleet_run(fleet, SHOT_MS, shooting_over, &shooting);
    job_finish(&shooting.job);
    figure(figures, "screenshots", (double)(shots_taken(fleet) - shooting.before));
    figure(figures, "kib_each", (double)fleet->options.shot_bytes / 1024);
    figure(figures, "all_s", (double)(pp_clock_monotonic_ms() - began_ms) / 1000);
    figure(figures, "post_ms_p50", (double)samples_percentile(&fleet->tally.post_times, 0.5));
    figure(figures, "post_ms_p99", (double)samples_percentile(&fleet->tally.post_times, 0.99));
    add_tally(fleet, figures);
    if (!over || shooting.failed)
        return pp_fail(error, PP_E_STATE, "screenshot: %s",
                       over ? "a screen could not be asked" : "not all were sent in time");
    return wait_for_all(fleet, ROUND_MS, error);
}

/* ---- The table ---- */

static const struct scenario table[] = {
    {"hold", "all connected and waiting", run_hold},
    {"publish", "a publish, until each screen has its answer", run_publish},
    {"storm", "the headend is restarted", run_restart},
    {"crash", "the headend is killed and started again", run_crash},
    {"report", "all report each period", run_report},
    {"screenshot", "some are asked for a screenshot", run_screenshot},
};

const struct scenario *scenarios(size_t *count) {
    *count = PP_COUNT(table);
    return table;
}
