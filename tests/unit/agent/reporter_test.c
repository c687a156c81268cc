/* The reporter against a real server: what is sent when, above all when the server has trouble of its own. */
#include "support/screen.h"

#include <fcntl.h>
#include <poll.h>

#include "agent/reporter.h"
#include "base/file.h"
#include "base/jobs.h"

#define PATIENCE_MS 20000

static int64_t now_ms(void *arg) {
    (void)arg;
    return INT64_C(1767600000000);
}

static cJSON *make_status(void *arg) {
    (void)arg;
    return cJSON_CreateObject();
}

static struct reporter *open_reporter(struct screen *screen, struct pp_jobs *jobs) {
    struct reporter_config config = {.loop = screen->loop,
                                     .jobs = jobs,
                                     .client = screen->client,
                                     .vault = screen->vault,
                                     .state_dir = screen->folder,
                                     .time = {.now_ms = now_ms},
                                     .make_status = make_status};
    struct pp_error error = {0};
    struct reporter *reporter = reporter_create(&config, &error);
    assert_non_null(reporter);
    return reporter;
}

static void stop(void *arg) {
    net_loop_stop(arg);
}

static void run_for(struct screen *screen, int64_t wait_ms) {
    struct net_timer timer = {0};
    net_timer_start_in(&timer, screen->loop, wait_ms, stop, screen->loop);
    assert_true(net_loop_run(screen->loop, NULL));
}

/* Requests so far, kept in `log`, until there are `count`. */
static void wait_requests(struct screen *screen, cJSON *log, int count) {
    int64_t end_ms = pp_clock_monotonic_ms() + PATIENCE_MS;
    while (cJSON_GetArraySize(log) < count) {
        cJSON *more = test_server_ask(&screen->server, "{\"do\":\"log\"}");
        while (cJSON_GetArraySize(more))
            cJSON_AddItemToArray(log, cJSON_DetachItemFromArray(more, 0));
        cJSON_Delete(more);
        assert_true(pp_clock_monotonic_ms() < end_ms);
        run_for(screen, 20);
    }
}

static void what_happens_goes_to_the_headend(void **state) {
    struct screen *screen = *state;
    struct reporter *reporter = open_reporter(screen, NULL);
    pp_autojson cJSON *log = cJSON_CreateArray();
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"status\":204},{\"status\":204}]}");
    reporter_event(reporter, "kind", "half a character: \xc3");
    reporter_set_online(reporter, true);
    wait_requests(screen, log, 2);
    assert_string_equal(test_log_text(log, 0, "url"), "/v1/status");
    assert_string_equal(test_log_text(log, 1, "url"), "/v1/events");
    assert_non_null(strstr(test_log_text(log, 1, "body"), "half a character: ?"));
    reporter_destroy(reporter);
}

static void a_server_that_asks_for_time_is_given_it_whatever_else_happens(void **state) {
    struct screen *screen = *state;
    struct reporter *reporter = open_reporter(screen, NULL);
    pp_autojson cJSON *log = cJSON_CreateArray();
    test_server_do(&screen->server,
                   "{\"do\":\"answers\",\"list\":[{\"status\":503,\"headers\":{\"retry-after\":\"3600\"}}]}");
    reporter_event(reporter, "one", "-");
    reporter_set_online(reporter, true);
    wait_requests(screen, log, 1);
    run_for(screen, 200); /* the answer comes */
    for (int i = 0; i < 3; i++) {
        reporter_event(reporter, "another", "-");
        reporter_status_changed(reporter);
        run_for(screen, REPORTER_GATHER_MS / 2);
    }
    pp_autojson cJSON *more = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_int_equal(cJSON_GetArraySize(more), 0);
    reporter_destroy(reporter);
}

static void what_came_too_soon_is_sent_again_when_the_server_allows_it(void **state) {
    struct screen *screen = *state;
    struct reporter *reporter = open_reporter(screen, NULL);
    pp_autojson cJSON *log = cJSON_CreateArray();
    test_server_do(
        &screen->server,
        "{\"do\":\"answers\",\"list\":[{\"status\":204},{\"status\":429,\"headers\":{\"retry-after\":\"1\"}},"
        "{\"status\":204}]}");
    reporter_event(reporter, "one", "-");
    reporter_set_online(reporter, true);
    wait_requests(screen, log, 3);
    assert_string_equal(test_log_text(log, 0, "url"), "/v1/status");
    assert_string_equal(test_log_text(log, 1, "url"), "/v1/events");
    assert_string_equal(test_log_text(log, 2, "url"), "/v1/events");
    assert_string_equal(test_log_text(log, 1, "body"), test_log_text(log, 2, "body")); /* nothing was lost */
    reporter_destroy(reporter);
}

/* The last bit of what waits on flash. */
static void damage_batch(const struct screen *screen, const char *name) {
    char path[PP_PATH_MAX];
    uint8_t last;
    snprintf(path, sizeof path, "%s/spool/%s", screen->folder, name);
    pp_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    off_t end = lseek(fd, 0, SEEK_END) - 1;
    assert_int_equal(pread(fd, &last, 1, end), 1);
    last ^= 1;
    assert_int_equal(pwrite(fd, &last, 1, end), 1);
}

static void on_jobs(void *arg, short revents) {
    (void)revents;
    pp_jobs_finish(arg);
}

/* It is counted once the flash has let go of it, when nothing else may be there to be sent. */
static void a_batch_that_has_rotted_is_told_of_though_nothing_else_happens(void **state) {
    struct screen *screen = *state;
    pp_autojson cJSON *log = cJSON_CreateArray();
    struct reporter *former = open_reporter(screen, NULL);
    reporter_event(former, "kind", "on flash");
    reporter_destroy(former);
    damage_batch(screen, "events-0000000000000000-1.sealed");
    struct pp_jobs *jobs = pp_jobs_create("flash", NULL);
    struct net_watch *watch = net_loop_watch(screen->loop, pp_jobs_fd(jobs), POLLIN, on_jobs, jobs, NULL);
    struct reporter *reporter = open_reporter(screen, jobs);
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{\"status\":204},{\"status\":204}]}");
    reporter_set_online(reporter, true);
    wait_requests(screen, log, 2);
    assert_string_equal(test_log_text(log, 1, "url"), "/v1/events");
    assert_non_null(strstr(test_log_text(log, 1, "body"), "\"lost\":1,\"items\":[]"));
    reporter_destroy(reporter);
    net_loop_unwatch(screen->loop, watch);
    pp_jobs_destroy(jobs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(what_happens_goes_to_the_headend),
        screen_test(a_server_that_asks_for_time_is_given_it_whatever_else_happens),
        screen_test(what_came_too_soon_is_sent_again_when_the_server_allows_it),
        screen_test(a_batch_that_has_rotted_is_told_of_though_nothing_else_happens),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
