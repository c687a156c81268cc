/* Targets of a real repository over real TLS, and what servers give out instead. */
#include "client.h"

#include <pthread.h>

static void answer_target(struct client *client, const char *answer) {
    served_answer_target(&client->served, PATH, CONTENT, answer);
}

/* Behind what is in the buffer already. */
static void assert_not_downloaded(struct client *client, enum pp_code code, bool refused) {
    trust_autotarget struct trust_target target = {0};
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(CAP);
    assert_true(pp_buf_add_text(&out, "before", NULL));
    client_find(client, PATH, &target);
    assert_false(sync_repository_download(client->repository, &target, &out, &error));
    if (error.code != code)
        fail_msg("%s", error.message);
    assert_int_equal(sync_repository_answer(client->repository)->refused, refused);
    assert_string_equal(pp_buf_text(&out), "before");
}

static void targets_come_one_after_another_out_of_one_refresh(void **state) {
    struct client client;
    client_begin(&client, state);
    served_add(&client.served, "keys/two.json", "two");
    served_publish(&client.served, "targets snapshot timestamp");
    client_refresh(&client);
    (void)served_requests(&client.served);
    client_downloads(&client, PATH, CONTENT);
    client_downloads(&client, "keys/two.json", "two");
    assert_int_equal(served_requests(&client.served), 2);
    client_end(&client);
}

static void target_that_changed_is_found_by_the_next_refresh(void **state) {
    struct client client;
    client_begin(&client, state);
    client_refresh(&client);
    client_downloads(&client, PATH, CONTENT);
    served_add(&client.served, PATH, "changed");
    served_publish(&client.served, "targets snapshot timestamp");
    client_downloads(&client, PATH, CONTENT);
    client_refresh(&client);
    client_downloads(&client, PATH, "changed");
    client_end(&client);
}

static void bytes_with_another_hash_are_refused(void **state) {
    struct client client;
    client_begin(&client, state);
    answer_target(&client, "{\"body\":\"{\\\"one\\\": 2}\"}");
    client_refresh(&client);
    assert_not_downloaded(&client, PP_E_AUTH, true);
    client_end(&client);
}

static void fewer_bytes_are_refused(void **state) {
    struct client client;
    client_begin(&client, state);
    answer_target(&client, "{\"body\":\"{\"}");
    client_refresh(&client);
    assert_not_downloaded(&client, PP_E_AUTH, true);
    client_end(&client);
}

static void more_bytes_than_signed_are_not_taken(void **state) {
    struct client client;
    client_begin(&client, state);
    answer_target(&client, "{\"body\":\"{\\\"one\\\": 1}\\n\"}");
    client_refresh(&client);
    assert_not_downloaded(&client, PP_E_LIMIT, false);
    client_end(&client);
}

static void missing_file_of_a_target_is_not_found(void **state) {
    struct client client;
    client_begin(&client, state);
    answer_target(&client, "{\"status\":404}");
    client_refresh(&client);
    assert_not_downloaded(&client, PP_E_NOTFOUND, false);
    client_end(&client);
}

static void cut_download_brings_nothing_and_the_next_one_all(void **state) {
    struct client client;
    client_begin(&client, state);
    answer_target(&client, "{\"body\":\"{\\\"one\\\": 1}\",\"cut\":3}");
    client_refresh(&client);
    assert_not_downloaded(&client, PP_E_NET, false);
    served_publish(&client.served, "");
    client_downloads(&client, PATH, CONTENT);
    client_end(&client);
}

static void target_found_before_another_refresh_failed_is_not_downloaded(void **state) {
    struct client client;
    struct pp_error error = {0};
    trust_autotarget struct trust_target target = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(CAP);
    client_begin(&client, state);
    client_refresh(&client);
    client_find(&client, PATH, &target);
    served_answer(&client.served, "metadata/timestamp.json", "{\"status\":500}");
    client_refresh_fails(&client, PP_E_HTTP, false);
    assert_false(sync_repository_download(client.repository, &target, &out, &error));
    assert_int_equal(error.code, PP_E_STATE);
    client_end(&client);
}

static void *cancel_once_asked(void *arg) {
    struct client *client = arg;
    test_server_do(client->served.server, "{\"do\":\"wait\",\"count\":1}");
    atomic_store(&client->cancel, true);
    net_loop_wake(client->loop);
    return NULL;
}

static void cancel_ends_what_waits_for_the_server(void **state) {
    struct client client;
    pthread_t thread;
    client_begin(&client, state);
    answer_target(&client, "{\"hang\":true}");
    client_refresh(&client);
    (void)served_requests(&client.served);
    assert_int_equal(pthread_create(&thread, NULL, cancel_once_asked, &client), 0);
    assert_not_downloaded(&client, PP_E_CANCELLED, false);
    pthread_join(thread, NULL);
    client_end(&client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_come_one_after_another_out_of_one_refresh),
        cmocka_unit_test(target_that_changed_is_found_by_the_next_refresh),
        cmocka_unit_test(bytes_with_another_hash_are_refused),
        cmocka_unit_test(fewer_bytes_are_refused),
        cmocka_unit_test(more_bytes_than_signed_are_not_taken),
        cmocka_unit_test(missing_file_of_a_target_is_not_found),
        cmocka_unit_test(cut_download_brings_nothing_and_the_next_one_all),
        cmocka_unit_test(target_found_before_another_refresh_failed_is_not_downloaded),
        cmocka_unit_test(cancel_ends_what_waits_for_the_server),
    };
    return cmocka_run_group_tests(tests, served_start, served_stop);
}
