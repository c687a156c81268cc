/* Calls against a real server: large bodies, many at once, and every way in which they end. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/clock.h"

#define BULK_SIZE 3000000 /* bytes of the large object */

/* ---- Bodies in pieces ---- */

struct download {
    uint64_t next;  /* offset of the byte expected */
    uint64_t limit; /* on_data refuses what is beyond */
    int starts, done;
    bool wrong;
    struct net_loop *loop;
    struct net_call *call;
    struct net_call *other; /* cancelled by on_data */
    struct net_client *client;
    int expected; /* calls to end before the loop stops */
};

static bool note_start(void *arg, const struct net_response *head, struct pp_error *error) {
    struct download *download = arg;
    (void)error;
    download->starts++;
    assert_int_equal(head->status, download->next ? 206 : 200);
    return true;
}

static bool check_data(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct download *download = arg;
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++, download->next++)
        download->wrong |= bytes[i] != (uint8_t)(download->next * 7 + (download->next >> 8));
    if (download->limit && download->next > download->limit)
        return pp_fail(error, PP_E_NOSPACE, "no room");
    return true;
}

static void large_body_comes_in_pieces_and_is_resumed_where_it_was_cut(void **state) {
    struct world *world = *state;
    static const char *const ports[] = {"good", "http1"};
    for (size_t p = 0; p < PP_COUNT(ports); p++) {
        PP_AUTO(net_client) struct net_client *client = world_connect(world, ports[p], NULL);
        struct download download = {0};
        struct pp_error error = {0};
        struct net_request request = {.path = "/bulk",
                                      .response_max = BULK_SIZE,
                                      .on_start = note_start,
                                      .on_data = check_data,
                                      .arg = &download};
        test_server_do(&world->server,
                       "{\"do\":\"answers\",\"list\":[{\"size\":%d,\"cut\":1000000},{\"size\":%d,\"cut\":"
                       "500000},{\"size\":%d}]}",
                       BULK_SIZE, BULK_SIZE, BULK_SIZE);
        for (int i = 0; i < 3; i++) {
            net_autoresponse struct net_response response = {0};
            request.range_from = download.next;
            bool whole = net_client_fetch(client, &request, &response, &error);
            assert_int_equal(whole, i == 2);
            assert_int_equal(download.starts, i + 1);
            assert_int_equal(response.body.size, 0);
            if (!whole)
                assert_int_equal(error.code, PP_E_NET);
        }
        assert_int_equal(download.next, BULK_SIZE);
        assert_false(download.wrong);
        cJSON_Delete(world_log(world));
    }
}

static void failure_of_the_taker_ends_the_call_with_its_error(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    struct download download = {.limit = 100000};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"size\":%d}]}", BULK_SIZE);
    struct net_request request = {
        .path = "/bulk", .response_max = BULK_SIZE, .on_data = check_data, .arg = &download};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_string_equal(error.message, "no room");
    assert_true(download.next < BULK_SIZE);
    cJSON_Delete(world_log(world));
}

static void count_done(void *arg, const struct net_response *response) {
    struct download *download = arg;
    download->done++;
    download->wrong |= !response->ok || response->received != 50000;
    if (download->done == download->expected)
        net_loop_stop(download->loop);
}

static size_t distinct_connections(const cJSON *log) {
    int seen[64];
    size_t count = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, log) {
        int port = cJSON_GetObjectItemCaseSensitive(entry, "connection")->valueint;
        size_t i = 0;
        while (i < count && seen[i] != port)
            i++;
        if (i == count)
            seen[count++] = port;
    }
    return count;
}

/* The calls that the server has and holds back, until there are so many. */
static void turn_until_held(struct world *world, struct net_loop *loop, int count) {
    for (int held = 0; held < count;) {
        assert_true(net_loop_turn(loop, 10, NULL));
        pp_autojson cJSON *counted = test_server_ask(&world->server, "{\"do\":\"held\"}");
        held = cJSON_GetObjectItemCaseSensitive(counted, "count")->valueint;
    }
}

static int release(struct world *world) {
    pp_autojson cJSON *counted = test_server_ask(&world->server, "{\"do\":\"release\"}");
    return cJSON_GetObjectItemCaseSensitive(counted, "count")->valueint;
}

static void start_parts(struct net_client *client, struct download *download) {
    struct net_request request = {
        .path = "/part", .response_max = 50000, .on_done = count_done, .arg = download};
    for (int i = 0; i < download->expected; i++)
        assert_non_null(net_client_start(client, &request, NULL));
}

/* Runs `expected` calls of which the server has `together` at a time, never more. */
static void many_calls(struct world *world, const char *port, int together, size_t connections) {
    /* A loop of its own has no connection yet. */
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(NULL);
    struct world fresh = {.server = world->server, .loop = loop};
    PP_AUTO(net_client) struct net_client *client = world_connect(&fresh, port, NULL);
    struct download download = {.loop = loop, .expected = 40};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{}]}");
    test_server_do(&world->server,
                   "{\"do\":\"route\",\"path\":\"/part\",\"answer\":{\"size\":50000,\"held\":true}}");
    struct net_request first = {.path = "/"};
    net_autoresponse struct net_response response = {0};
    assert_true(net_client_fetch(client, &first, &response, NULL));

    start_parts(client, &download);
    while (download.done < download.expected) {
        turn_until_held(world, loop, together);
        int before = download.done;
        assert_int_equal(release(world), together);
        while (download.done < before + together)
            assert_true(net_loop_turn(loop, 10, NULL));
    }
    assert_false(download.wrong);
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1 + download.expected);
    assert_int_equal(distinct_connections(log), connections);
}

static void many_calls_share_one_connection_of_http_2(void **state) {
    many_calls(*state, "good", 40, 1);
}

static void many_calls_share_two_connections_of_http_1(void **state) {
    many_calls(*state, "http1", 2, 2);
}

/* The server answers neither of two; the next two have to wait for longer than a connection may take. */
static void waiting_for_a_connection_is_not_connecting(void **state) {
    struct world *world = *state;
    char url[64];
    test_server_url(&world->server, "http1", url);
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "authority"),
                                       .connect_timeout_ms = 100,
                                       .max_connections_per_host = 2};
    /* The first two connections, by a client that gives them all the time they need. */
    PP_AUTO(net_client) struct net_client *patient = world_connect(world, "http1", NULL);
    PP_AUTO(net_client) struct net_client *hasty = net_client_create(world->loop, &config, NULL);
    test_server_do(&world->server,
                   "{\"do\":\"route\",\"path\":\"/part\",\"answer\":{\"size\":50000,\"held\":true}}");
    struct download download = {.loop = world->loop, .expected = 2};
    start_parts(patient, &download);
    turn_until_held(world, world->loop, 2);
    assert_int_equal(release(world), 2);
    assert_true(net_loop_run(world->loop, NULL));

    struct download hurried = {.loop = world->loop, .expected = 4};
    start_parts(hasty, &hurried);
    turn_until_held(world, world->loop, 2);
    int64_t until = pp_clock_monotonic_ms() + 2 * config.connect_timeout_ms;
    while (pp_clock_monotonic_ms() < until)
        assert_true(net_loop_turn(world->loop, 10, NULL));
    assert_int_equal(hurried.done, 0);
    assert_int_equal(release(world), 2);
    turn_until_held(world, world->loop, 2);
    assert_int_equal(release(world), 2);
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(hurried.done, 4);
    assert_false(hurried.wrong);
    cJSON_Delete(world_log(world));
}

/* ---- Ends other than an answer ---- */

static void silent_server_is_given_up_after_the_timeouts(void **state) {
    struct world *world = *state;
    char url[64];
    test_server_url(&world->server, "silent", url);
    struct net_client_config config = {
        .base_url = url, .ca_file = test_server_path(&world->server, "authority"), .connect_timeout_ms = 200};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    struct net_request request = {.path = "/"};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);

    PP_AUTO(net_client) struct net_client *good = world_connect(world, "good", NULL);
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true}]}");
    request.timeout_ms = 300;
    net_autoresponse struct net_response hung = {0};
    assert_false(net_client_fetch(good, &request, &hung, &error));
    assert_int_equal(error.code, PP_E_NET);
    assert_int_equal(hung.status, 0);
    cJSON_Delete(world_log(world));
}

static void stalled_download_is_given_up(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true}]}");
    struct net_request request = {.path = "/", .low_speed_bytes = 1000, .low_speed_s = 1};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);
    cJSON_Delete(world_log(world));
}

static void refused_connection_is_a_network_failure(void **state) {
    struct world *world = *state;
    struct net_client_config config = {.base_url = "https://127.0.0.1:1",
                                       .ca_file = test_server_path(&world->server, "authority")};
    PP_AUTO(net_client) struct net_client *client = net_client_create(world->loop, &config, NULL);
    struct net_request request = {.path = "/"};
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    assert_false(net_client_fetch(client, &request, &response, &error));
    assert_int_equal(error.code, PP_E_NET);
    assert_null(strstr(error.message, " after ")); /* so many milliseconds: the next time other words */
    assert_non_null(strstr(error.message, "port 1: "));
}

static void fail_done(void *arg, const struct net_response *response) {
    (void)arg;
    (void)response;
    fail_msg("a cancelled call was called back");
}

static void cancelled_call_is_not_called_back(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hang\":true},{}]}");
    struct net_request request = {.path = "/a", .on_done = fail_done};
    struct net_call *call = net_client_start(client, &request, NULL);
    assert_non_null(call);
    for (int requests = 0; !requests;) {
        assert_true(net_loop_turn(world->loop, 10, NULL));
        pp_autojson cJSON *log = world_log(world);
        requests = cJSON_GetArraySize(log);
    }
    net_call_cancel(call);
    net_autoresponse struct net_response response = {0};
    struct net_request next = {.path = "/b"};
    assert_true(net_client_fetch(client, &next, &response, NULL));
    cJSON_Delete(world_log(world));
}

static bool cancel_both(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct download *download = arg;
    (void)data;
    (void)size;
    (void)error;
    download->starts++;
    net_call_cancel(download->other);
    net_call_cancel(download->call);
    net_loop_stop(download->loop);
    return false;
}

static void call_cancelled_from_its_own_data_ends_quietly_with_the_other(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    struct download download = {.loop = world->loop};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/hang\",\"answer\":{\"hang\":true}}");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"size\":%d}]}", BULK_SIZE);
    struct net_request request = {.path = "/bulk",
                                  .response_max = BULK_SIZE,
                                  .on_data = cancel_both,
                                  .on_done = fail_done,
                                  .arg = &download};
    struct net_request hanging = {.path = "/hang", .on_done = fail_done};
    download.other = net_client_start(client, &hanging, NULL);
    download.call = net_client_start(client, &request, NULL);
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(download.starts, 1);
    cJSON_Delete(world_log(world));
}

static bool start_another(void *arg, const struct net_response *head, struct pp_error *error) {
    struct download *download = arg;
    struct net_request request = {
        .path = "/part", .response_max = 50000, .on_done = count_done, .arg = download};
    (void)head;
    return net_client_start(download->client, &request, error);
}

static void call_may_be_started_from_within_another(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    struct download download = {.loop = world->loop, .client = client, .expected = 2};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/part\",\"answer\":{\"size\":50000}}");
    struct net_request request = {.path = "/part",
                                  .response_max = 50000,
                                  .on_start = start_another,
                                  .on_done = count_done,
                                  .arg = &download};
    assert_non_null(net_client_start(client, &request, NULL));
    assert_true(net_loop_run(world->loop, NULL));
    assert_int_equal(download.done, 2);
    assert_false(download.wrong);
    cJSON_Delete(world_log(world));
}

struct worker {
    struct world *world;
    atomic_bool cancel;
    struct pp_error error;
    bool result;
};

static void *fetch_hanging(void *arg) {
    struct worker *worker = arg;
    net_autoresponse struct net_response response = {0};
    PP_AUTO(net_client) struct net_client *client = world_connect(worker->world, "good", NULL);
    struct net_request request = {.path = "/hang", .cancel = &worker->cancel};
    worker->result = net_client_fetch(client, &request, &response, &worker->error);
    return NULL;
}

static void blocking_fetch_is_cancelled_from_another_thread(void **state) {
    struct world *world = *state;
    struct worker worker = {.world = world};
    pthread_t thread;
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/hang\",\"answer\":{\"hang\":true}}");
    assert_int_equal(pthread_create(&thread, NULL, fetch_hanging, &worker), 0);
    test_server_do(&world->server, "{\"do\":\"wait\",\"count\":1}");
    atomic_store(&worker.cancel, true);
    net_loop_wake(world->loop);
    pthread_join(thread, NULL);
    assert_false(worker.result);
    assert_int_equal(worker.error.code, PP_E_CANCELLED);
    cJSON_Delete(world_log(world));
}

static struct rlimit descriptors;

static bool refuse_and_break_poll(void *arg, const void *data, size_t size, struct pp_error *error) {
    const struct rlimit one = {.rlim_cur = 1, .rlim_max = descriptors.rlim_max};
    (void)arg;
    (void)data;
    (void)size;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &one), 0); /* poll(2): EINVAL for two */
    return pp_fail(error, PP_E_NOSPACE, "no room");
}

static void ignore_watch(void *arg, short revents) {
    (void)arg;
    (void)revents;
}

/* The call has ended in the very turn of the loop that failed after it: it is gone. */
static void blocking_fetch_outlives_a_loop_that_fails_after_it(void **state) {
    struct world *world = *state;
    int pipes[2];
    struct net_watch *watches[2];
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    PP_AUTO(net_client) struct net_client *client = world_connect(world, "good", NULL);
    struct net_request request = {.path = "/", .on_data = refuse_and_break_poll};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"size\":10}]}");
    assert_int_equal(pipe(pipes), 0);
    for (int i = 0; i < 2; i++) {
        watches[i] = net_loop_watch(world->loop, pipes[0], POLLIN, ignore_watch, NULL, NULL);
        assert_non_null(watches[i]);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    bool whole = net_client_fetch(client, &request, &response, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
    assert_false(whole);
    assert_int_equal(error.code, PP_E_NOSPACE);
    for (int i = 0; i < 2; i++) {
        net_loop_unwatch(world->loop, watches[i]);
        close(pipes[i]);
    }
    cJSON_Delete(world_log(world));
}

static void connection_that_died_while_idle_is_replaced(void **state) {
    struct world *world = *state;
    static const char *const ports[] = {"good", "http1"};
    for (size_t i = 0; i < PP_COUNT(ports); i++) {
        PP_AUTO(net_client) struct net_client *client = world_connect(world, ports[i], NULL);
        struct net_request request = {.path = "/"};
        test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{}]}");
        net_autoresponse struct net_response first = {0};
        assert_true(net_client_fetch(client, &request, &first, NULL));
        test_server_do(&world->server, "{\"do\":\"drop\"}");
        net_autoresponse struct net_response second = {0};
        assert_true(net_client_fetch(client, &request, &second, NULL));
        cJSON_Delete(world_log(world));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_body_comes_in_pieces_and_is_resumed_where_it_was_cut),
        cmocka_unit_test(failure_of_the_taker_ends_the_call_with_its_error),
        cmocka_unit_test(many_calls_share_one_connection_of_http_2),
        cmocka_unit_test(many_calls_share_two_connections_of_http_1),
        cmocka_unit_test(waiting_for_a_connection_is_not_connecting),
        cmocka_unit_test(silent_server_is_given_up_after_the_timeouts),
        cmocka_unit_test(stalled_download_is_given_up),
        cmocka_unit_test(refused_connection_is_a_network_failure),
        cmocka_unit_test(cancelled_call_is_not_called_back),
        cmocka_unit_test(call_cancelled_from_its_own_data_ends_quietly_with_the_other),
        cmocka_unit_test(call_may_be_started_from_within_another),
        cmocka_unit_test(blocking_fetch_is_cancelled_from_another_thread),
        cmocka_unit_test(blocking_fetch_outlives_a_loop_that_fails_after_it),
        cmocka_unit_test(connection_that_died_while_idle_is_replaced),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
