/* server/metrics.h: what is counted, as it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "headend/server/metrics.h"

static const struct route first[] = {
    {"GET", "/a", ROUTE_OPEN, NULL, 0, NULL, WORK_NONE, NULL},
    {"POST", "/a", ROUTE_OPEN, NULL, 0, NULL, WORK_NONE, NULL},
};
static const struct route second[] = {{"GET", "/b/{id:uuid}", ROUTE_OPEN, NULL, 0, NULL, WORK_NONE, NULL}};
static const struct site site = {
    .tables = {[0] = {first, PP_COUNT(first)}, [3] = {second, PP_COUNT(second)}}};

static int set_up(void **state) {
    *state = metrics_create(&site, NULL);
    return *state ? 0 : -1;
}

static int tear_down(void **state) {
    metrics_destroy(*state);
    return 0;
}

static void write_text(struct metrics *metrics, struct pp_buf *out) {
    assert_true(metrics_write(metrics, out, NULL));
}

static void assert_line(struct pp_buf *text, const char *line) {
    if (!strstr(pp_buf_text(text), line))
        fail_msg("no line \"%s\" in:\n%s", line, pp_buf_text(text));
}

static void each_route_has_its_own_and_what_is_of_none_another(void **state) {
    struct metrics *metrics = *state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    metrics_note_request(metrics, &first[1], 200, 10);
    metrics_note_request(metrics, &first[1], 200, 10);
    metrics_note_request(metrics, &first[1], 0, 10);
    metrics_note_request(metrics, &second[0], 404, 10);
    metrics_note_request(metrics, NULL, 404, 10);
    write_text(metrics, &text);
    assert_line(&text, "\npingplay_http_requests_total{method=\"POST\",route=\"/a\",status=\"200\"} 2\n");
    assert_line(&text, "\npingplay_http_requests_total{method=\"POST\",route=\"/a\",status=\"0\"} 1\n");
    assert_line(&text,
                "\npingplay_http_requests_total{method=\"GET\",route=\"/b/{id:uuid}\",status=\"404\"} 1\n");
    assert_line(&text, "\npingplay_http_requests_total{method=\"\",route=\"\",status=\"404\"} 1\n");
    assert_null(strstr(pp_buf_text(&text), "method=\"GET\",route=\"/a\"")); /* nobody has asked */
}

static void what_it_took_stands_in_all_buckets_from_its_own_on(void **state) {
    struct metrics *metrics = *state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    const int64_t took_us[] = {1000, 1001, 59999999, 70000000};
    for (size_t i = 0; i < PP_COUNT(took_us); i++)
        metrics_note_request(metrics, &first[0], 200, took_us[i]);
    write_text(metrics, &text);
#define BUCKET(bound, count)                                                                                 \
    "\npingplay_http_request_duration_seconds_bucket{method=\"GET\",route=\"/a\",le=\"" bound "\"} " count   \
    "\n"
    assert_line(&text, BUCKET("0.001", "1"));
    assert_line(&text, BUCKET("0.0025", "2"));
    assert_line(&text, BUCKET("10", "2"));
    assert_line(&text, BUCKET("60", "3"));
    assert_line(&text, BUCKET("+Inf", "4"));
    assert_line(&text,
                "\npingplay_http_request_duration_seconds_sum{method=\"GET\",route=\"/a\"} 130.002000\n");
    assert_line(&text, "\npingplay_http_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 4\n");
}

/* Whatever is answered, it does not grow. */
static void statuses_above_so_many_count_as_others(void **state) {
    struct metrics *metrics = *state;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    for (unsigned i = 0; i < METRICS_STATUSES_MAX + 3; i++)
        metrics_note_request(metrics, &first[0], 400 + i, 10);
    metrics_note_request(metrics, &first[0], 400, 10);
    write_text(metrics, &text);
    assert_line(&text, "\npingplay_http_requests_total{method=\"GET\",route=\"/a\",status=\"400\"} 2\n");
    assert_line(&text, "\npingplay_http_requests_total{method=\"GET\",route=\"/a\",status=\"other\"} 3\n");
}

static void bytes_of_uploads_add_up(void **state) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    metrics_note_upload(*state, 100);
    metrics_note_upload(*state, 23);
    write_text(*state, &text);
    assert_line(&text, "\npingplay_upload_bytes_total 123\n");
}

int main(void) {
#define metrics_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        metrics_test(each_route_has_its_own_and_what_is_of_none_another),
        metrics_test(what_it_took_stands_in_all_buckets_from_its_own_on),
        metrics_test(statuses_above_so_many_count_as_others),
        metrics_test(bytes_of_uploads_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
