/* A client whose calls are made on a thread of their own: its loop goes on whatever a key does. */
#include "world.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"

/* ---- A libcurl that fails on the thread of calls while it is let to ---- */

static atomic_int failures; /* to come */
static pthread_t main_thread;

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned count, int wait_ms, int *ready) {
    CURLMcode (*real)(CURLM *, struct curl_waitfd[], unsigned, int, int *) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "curl_multi_poll");
    memcpy(&real, &symbol, sizeof real);
    CURLMcode code = real(multi, extra, count, wait_ms, ready);
    if (pthread_equal(pthread_self(), main_thread) || atomic_load(&failures) == 0)
        return code;
    atomic_fetch_sub(&failures, 1);
    return CURLM_OUT_OF_MEMORY;
}

/* ---- A key that answers when it is let ---- */

struct slow_key {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held, fails;
    int asked; /* signatures that were begun */
    struct crypto_key *real;
};

static bool slow_sign(void *context, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                      uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    struct slow_key *key = context;
    pthread_mutex_lock(&key->lock);
    key->asked++;
    pthread_cond_broadcast(&key->changed);
    while (key->held)
        pthread_cond_wait(&key->changed, &key->lock);
    bool fails = key->fails;
    pthread_mutex_unlock(&key->lock);
    return fails ? pp_fail(error, PP_E_TPM, "device key: broken")
                 : crypto_key_sign_digest(key->real, digest, signature, error);
}

static void slow_destroy(void *context) {
    struct slow_key *key = context;
    crypto_key_destroy(key->real);
    pthread_cond_destroy(&key->changed);
    pthread_mutex_destroy(&key->lock);
    free(key);
}

static const struct crypto_keeper slow_keeper = {.name = "slow", .sign = slow_sign, .destroy = slow_destroy};

static void hold(struct slow_key *key, bool held) {
    pthread_mutex_lock(&key->lock);
    key->held = held;
    pthread_cond_broadcast(&key->changed);
    pthread_mutex_unlock(&key->lock);
}

static void wait_asked(struct slow_key *key, int times) {
    pthread_mutex_lock(&key->lock);
    while (key->asked < times)
        pthread_cond_wait(&key->changed, &key->lock);
    pthread_mutex_unlock(&key->lock);
}

static void read_file(struct test_server *server, const char *name, struct pp_buf *out) {
    FILE *file = fopen(test_server_path(server, name), "r");
    assert_non_null(file);
    out->size = fread(pp_buf_reserve(out, 60000, NULL), 1, 60000, file);
    out->data[out->size] = 0;
    fclose(file);
}

/* The device's certificate, by a key that can be held; the client has both. */
static struct slow_key *use_slow_key(struct world *world, struct net_client *client) {
    uint8_t point[CRYPTO_POINT_SIZE];
    pp_autobuf struct pp_buf certificate = PP_BUF_INIT(65536), pem = PP_BUF_INIT(65536);
    struct slow_key *slow = calloc(1, sizeof *slow);
    pthread_mutex_init(&slow->lock, NULL);
    pthread_cond_init(&slow->changed, NULL);
    read_file(&world->server, "device", &certificate);
    read_file(&world->server, "deviceKey", &pem);
    slow->real = crypto_key_load_pem(pem.data, pem.size, NULL);
    assert_true(crypto_key_public_point(slow->real, point, NULL));
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_of_keeper(&slow_keeper, slow, point, NULL);
    assert_true(net_client_set_identity(client, pp_buf_text(&certificate), key, NULL));
    return slow;
}

/* As world_connect, with a thread; `timeout_ms` of connecting, 0 the usual. */
static struct net_client *connect_apart(struct world *world, const char *port, int timeout_ms) {
    char url[64];
    struct pp_error error = {0};
    test_server_url(&world->server, port, url);
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "authority"),
                                       .connect_timeout_ms = timeout_ms,
                                       .own_thread = true};
    struct net_client *client = net_client_create(world->loop, &config, &error);
    assert_string_equal(error.message, "");
    return client;
}

/* ---- Calls ---- */

struct outcome {
    int done;
    struct pp_error error;
    struct net_client *client;
    struct net_call *other; /* cancelled from within */
};

static void note(void *arg, const struct net_response *response) {
    struct outcome *outcome = arg;
    outcome->done++;
    outcome->error = response->error;
    net_call_cancel(pp_steal(&outcome->other));
}

static void turn_until(struct world *world, const int *done, int times) {
    while (*done < times)
        assert_true(net_loop_turn(world->loop, -1, NULL));
}

/* The loop has as many turns as it likes. */
static void assert_loop_turns(struct world *world) {
    for (int i = 0; i < 100; i++)
        assert_true(net_loop_turn(world->loop, 0, NULL));
}

static struct net_call *start(struct net_client *client, struct outcome *outcome) {
    struct net_request request = {.path = "/", .use_identity = true, .on_done = note, .arg = outcome};
    return net_client_start(client, &request, NULL);
}

static void answers_come_to_the_loop_with_the_certificate_shown(void **state) {
    struct world *world = *state;
    static const char *const ports[] = {"good", "http1"};
    for (size_t i = 0; i < PP_COUNT(ports); i++) {
        PP_AUTO(net_client) struct net_client *client = connect_apart(world, ports[i], 0);
        use_slow_key(world, client);
        test_server_do(&world->server,
                       "{\"do\":\"answers\",\"list\":[{\"body\":\"one\"},{\"body\":\"two\"}]}");
        for (int call = 0; call < 2; call++) {
            net_autoresponse struct net_response response = {0};
            struct net_request request = {.path = "/", .use_identity = true};
            assert_true(net_client_fetch(client, &request, &response, NULL));
            assert_string_equal(pp_buf_text(&response.body), call ? "two" : "one");
        }
        pp_autojson cJSON *log = world_log(world);
        assert_string_equal(test_log_text(log, 1, "device"), "device-of-the-test");
    }
}

static void loop_turns_while_a_signature_does_not_come_and_cancels_what_waits_for_it(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "good", 0);
    struct slow_key *key = use_slow_key(world, client);
    struct outcome outcome = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{},{}]}");
    hold(key, true);
    struct net_call *waits = start(client, &outcome), *behind = start(client, &outcome);
    wait_asked(key, 1);
    assert_loop_turns(world);
    net_call_cancel(waits);
    net_call_cancel(behind);
    assert_loop_turns(world);
    assert_int_equal(outcome.done, 0);
    hold(key, false);
    assert_non_null(start(client, &outcome));
    turn_until(world, &outcome.done, 1);
    assert_int_equal(outcome.error.code, PP_OK);
    cJSON_Delete(world_log(world));
}

static void silent_key_ends_all_calls_in_time_and_is_used_again_once_it_answers(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "good", 300);
    struct slow_key *key = use_slow_key(world, client);
    struct outcome outcome = {0}, first = {0};
    struct pp_error error = {0};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{},{},{}]}");
    hold(key, true);
    assert_non_null(start(client, &first));
    wait_asked(key, 1);
    assert_non_null(start(client, &outcome));
    first.other = start(client, &outcome); /* which the first one's end cancels */
    turn_until(world, &outcome.done, 1);
    assert_int_equal(first.done, 1);
    assert_int_equal(first.error.code, PP_E_TPM_ABSENT);
    assert_string_equal(first.error.message, "the key does not answer: no signature came within 0 s");
    assert_int_equal(outcome.error.code, PP_E_TPM_ABSENT);
    struct net_request request = {.path = "/", .on_done = note, .arg = &outcome};
    assert_null(net_client_start(client, &request, &error));
    assert_int_equal(error.code, PP_E_TPM_ABSENT);
    hold(key, false);
    while (!start(client, &outcome))
        assert_true(net_loop_turn(world->loop, -1, NULL));
    turn_until(world, &outcome.done, 2);
    assert_int_equal(outcome.error.code, PP_OK);
    cJSON_Delete(world_log(world));
}

static void key_that_cannot_sign_is_told_as_that_and_not_as_the_servers_fault(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "good", 0);
    struct slow_key *key = use_slow_key(world, client);
    struct outcome outcome = {0};
    key->fails = true;
    assert_non_null(start(client, &outcome));
    turn_until(world, &outcome.done, 1);
    assert_int_equal(outcome.error.code, PP_E_TPM);
    assert_string_equal(outcome.error.message, "handshake: device key: broken");
    cJSON_Delete(world_log(world));
}

/* ---- A thread that has come to grief ---- */

/* The next poll of the thread fails, which the start of a call ends, unless something else has by then. */
static bool break_thread(struct net_client *client, struct outcome *outcome) {
    main_thread = pthread_self();
    atomic_store(&failures, 1);
    return start(client, outcome) != NULL;
}

static void thread_that_has_run_out_of_memory_ends_its_calls_and_begins_again(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "http1", 0);
    use_slow_key(world, client);
    struct outcome woken = {0}, held = {0}, next = {0};
    struct pp_error error = {0};
    struct net_request request = {.path = "/held", .on_done = note, .arg = &held};
    test_server_do(&world->server, "{\"do\":\"route\",\"path\":\"/held\",\"answer\":{\"hang\":true}}");
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{},{},{}]}");
    for (int time = 1; time <= 2; time++) {
        assert_non_null(net_client_start(client, &request, NULL));
        test_server_do(&world->server, "{\"do\":\"wait\",\"count\":%d}", 2 * time - 1);
        int ended = woken.done + break_thread(client, &woken);
        turn_until(world, &held.done, time);
        turn_until(world, &woken.done, ended);
        assert_string_equal(held.error.message, "event loop: Out of memory");
        assert_null(net_client_start(client, &request, &error));
        assert_string_equal(error.message, "event loop: Out of memory");
        while (!start(client, &next))
            assert_true(net_loop_turn(world->loop, -1, NULL));
        turn_until(world, &next.done, time);
        assert_string_equal(next.error.message, "");
    }
    cJSON_Delete(world_log(world));
}

static void client_whose_thread_has_ended_is_destroyed_like_any_other(void **state) {
    struct world *world = *state;
    struct net_client *client = connect_apart(world, "http1", 0);
    struct outcome outcome = {0};
    struct net_request request = {.path = "/held", .on_done = note, .arg = &outcome};
    assert_non_null(net_client_start(client, &request, NULL));
    test_server_do(&world->server, "{\"do\":\"wait\",\"count\":1}");
    int more = break_thread(client, &outcome);
    turn_until(world, &outcome.done, 1 + more);
    net_client_destroy(client);
    assert_loop_turns(world);
    assert_int_equal(outcome.done, 1 + more);
    cJSON_Delete(world_log(world));
}

/* ---- Drafts ---- */

struct signed_draft {
    struct net_draft draft;
    struct slow_key *key;
    bool line;
    int *destroyed;
};

static bool write_draft(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line,
                        struct pp_error *error) {
    struct signed_draft *own = (struct signed_draft *)draft;
    uint8_t digest[CRYPTO_DIGEST_SIZE] = {0}, signature[CRYPTO_SIGNATURE_RAW_SIZE];
    return slow_sign(own->key, digest, signature, error) &&
           (own->line ? pp_buf_add_text(line, "X-Draft: signed", error)
                      : pp_buf_add_text(body, "signed", error));
}

static void destroy_draft(struct net_draft *draft) {
    struct signed_draft *own = (struct signed_draft *)draft;
    ++*own->destroyed;
    free(own);
}

static struct net_draft *make_draft(struct slow_key *key, bool line, int *destroyed) {
    struct signed_draft *draft = calloc(1, sizeof *draft);
    *draft = (struct signed_draft){.draft = {.write = write_draft, .destroy = destroy_draft},
                                   .key = key,
                                   .line = line,
                                   .destroyed = destroyed};
    return &draft->draft;
}

static void what_is_signed_for_a_request_is_body_or_header_of_it(void **state) {
    struct world *world = *state;
    for (int own_thread = 0; own_thread < 2; own_thread++) {
        PP_AUTO(net_client)
        struct net_client *client =
            own_thread ? connect_apart(world, "good", 0) : world_connect(world, "good", NULL);
        struct slow_key *key = use_slow_key(world, client);
        int destroyed = 0;
        test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{},{}]}");
        for (int line = 0; line < 2; line++) {
            net_autoresponse struct net_response response = {0};
            struct net_request request = {.method = "POST",
                                          .path = "/",
                                          .content_type = "text/plain",
                                          .draft = make_draft(key, line, &destroyed)};
            if (line) {
                request.body = "given";
                request.body_size = 5;
            }
            assert_true(net_client_fetch(client, &request, &response, NULL));
            assert_int_equal(destroyed, line + 1);
        }
        pp_autojson cJSON *log = world_log(world);
        assert_string_equal(test_log_text(log, 0, "body"), "signed");
        assert_string_equal(test_log_text(log, 1, "body"), "given");
        assert_string_equal(test_log_header(log, 1, "x-draft"), "signed");
    }
}

static void call_whose_draft_is_not_written_ends_with_the_keys_error(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "good", 0);
    struct slow_key *key = use_slow_key(world, client);
    struct outcome outcome = {0};
    int destroyed = 0;
    struct net_request request = {.method = "POST",
                                  .path = "/",
                                  .content_type = "text/plain",
                                  .on_done = note,
                                  .arg = &outcome,
                                  .draft = make_draft(key, false, &destroyed)};
    key->fails = true;
    assert_non_null(net_client_start(client, &request, NULL));
    turn_until(world, &outcome.done, 1);
    assert_int_equal(destroyed, 1);
    assert_int_equal(outcome.error.code, PP_E_TPM);
    assert_string_equal(outcome.error.message, "device key: broken");
    request.draft = make_draft(key, false, &destroyed);
    request.path = "no path";
    assert_null(net_client_start(client, &request, NULL));
    assert_int_equal(destroyed, 2);
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 0);
}

/* ---- Its end ---- */

static void *let_go(void *arg) {
    hold(arg, false);
    return NULL;
}

static void client_that_is_destroyed_takes_its_calls_with_it_wherever_they_are(void **state) {
    struct world *world = *state;
    struct net_client *client = connect_apart(world, "http1", 0);
    struct slow_key *key = use_slow_key(world, client);
    struct outcome outcome = {0};
    pthread_t thread;
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"hold\":true}]}");
    hold(key, true);
    for (int i = 0; i < 10; i++)
        assert_non_null(start(client, &outcome));
    wait_asked(key, 1);
    assert_int_equal(pthread_create(&thread, NULL, let_go, key), 0);
    pthread_join(thread, NULL);
    net_client_destroy(client);
    assert_loop_turns(world);
    assert_int_equal(outcome.done, 0);
    cJSON_Delete(world_log(world));
}

static bool refuse_data(void *arg, const void *data, size_t size, struct pp_error *error) {
    (void)arg, (void)data, (void)size, (void)error;
    return false;
}

static void bodies_in_pieces_are_refused_at_start(void **state) {
    struct world *world = *state;
    PP_AUTO(net_client) struct net_client *client = connect_apart(world, "good", 0);
    struct pp_error error = {0};
    struct net_request request = {.path = "/", .on_data = refuse_data};
    assert_null(net_client_start(client, &request, &error));
    assert_int_equal(error.code, PP_E_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_to_the_loop_with_the_certificate_shown),
        cmocka_unit_test(loop_turns_while_a_signature_does_not_come_and_cancels_what_waits_for_it),
        cmocka_unit_test(silent_key_ends_all_calls_in_time_and_is_used_again_once_it_answers),
        cmocka_unit_test(key_that_cannot_sign_is_told_as_that_and_not_as_the_servers_fault),
        cmocka_unit_test(thread_that_has_run_out_of_memory_ends_its_calls_and_begins_again),
        cmocka_unit_test(client_whose_thread_has_ended_is_destroyed_like_any_other),
        cmocka_unit_test(what_is_signed_for_a_request_is_body_or_header_of_it),
        cmocka_unit_test(call_whose_draft_is_not_written_ends_with_the_keys_error),
        cmocka_unit_test(client_that_is_destroyed_takes_its_calls_with_it_wherever_they_are),
        cmocka_unit_test(bodies_in_pieces_are_refused_at_start),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
