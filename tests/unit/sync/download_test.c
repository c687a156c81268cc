/* Targets of a real repository over real TLS, into memory and into files, and what servers give out instead. */
#include "client.h"

#include <dirent.h>
#include <pthread.h>

#include "base/file.h"

static void answer_target(struct client *client, const char *answer) {
    served_answer_target(&client->served, PATH, CONTENT, answer);
}

/* ---- Into memory ---- */

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

/* ---- Into a file ---- */

static int open_folder(struct client *client) {
    int fd = pp_dir_open(AT_FDCWD, client->served.folder.dir, NULL);
    assert_true(fd >= 0);
    assert_int_equal(mkdirat(fd, "out", 0700), 0);
    int out = pp_dir_open(fd, "out", NULL);
    close(fd);
    return out;
}

static size_t count_files(int dirfd) {
    size_t count = 0;
    DIR *dir = fdopendir(dup(dirfd));
    rewinddir(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void assert_file(int dirfd, const char *content) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CAP);
    assert_true(pp_file_read(dirfd, "one", &text, NULL));
    assert_string_equal(pp_buf_text(&text), content);
}

static void assert_no_file_comes(struct client *client, int dirfd, enum pp_code code, bool refused) {
    trust_autotarget struct trust_target target = {0};
    struct pp_error error = {0};
    size_t files = count_files(dirfd);
    client_find(client, PATH, &target);
    assert_false(sync_repository_download_file(client->repository, &target, dirfd, "one", &error));
    if (error.code != code)
        fail_msg("%s", error.message);
    assert_int_equal(sync_repository_answer(client->repository)->refused, refused);
    assert_int_equal(count_files(dirfd), files);
}

static void target_comes_into_a_file(void **state) {
    struct client client;
    trust_autotarget struct trust_target target = {0};
    struct pp_error error = {0};
    struct stat status;
    client_begin(&client, state);
    pp_autoclose int folder = open_folder(&client);
    client_refresh(&client);
    client_find(&client, PATH, &target);
    bool ok = sync_repository_download_file(client.repository, &target, folder, "one", &error);
    assert_string_equal(error.message, "");
    assert_true(ok);
    assert_file(folder, CONTENT);
    assert_int_equal(count_files(folder), 1);
    assert_int_equal(fstatat(folder, "one", &status, 0), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    client_end(&client);
}

static void empty_target_comes_into_an_empty_file(void **state) {
    struct client client;
    trust_autotarget struct trust_target target = {0};
    struct pp_error error = {0};
    client_begin(&client, state);
    pp_autoclose int folder = open_folder(&client);
    served_add(&client.served, "empty", "");
    served_publish(&client.served, "targets snapshot timestamp");
    client_refresh(&client);
    client_find(&client, "empty", &target);
    served_answer_target(&client.served, "empty", "", "{\"body\":\"x\"}");
    assert_false(sync_repository_download_file(client.repository, &target, folder, "one", &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(count_files(folder), 0);
    served_publish(&client.served, "");
    assert_true(sync_repository_download_file(client.repository, &target, folder, "one", NULL));
    assert_file(folder, "");
    client_end(&client);
}

/* Each way in which it does not come, over a file that is there. */
static void file_stays_what_it_was_where_the_target_does_not_come_whole(void **state) {
    static const struct {
        const char *answer;
        enum pp_code code;
        bool refused;
    } cases[] = {
        {"{\"body\":\"{\\\"one\\\": 2}\"}", PP_E_AUTH, true},
        {"{\"body\":\"{\"}", PP_E_AUTH, true},
        {"{\"status\":206,\"body\":\"{\\\"one\\\"\"}", PP_E_INVALID, false},
        {"{\"status\":204}", PP_E_AUTH, true},
        {"{\"body\":\"{\\\"one\\\": 1}\\n\"}", PP_E_LIMIT, false},
        {"{\"body\":\"{\\\"one\\\": 1}\",\"cut\":3}", PP_E_NET, false},
        {"{\"status\":404}", PP_E_NOTFOUND, false},
        {"{\"status\":500}", PP_E_HTTP, false},
    };
    struct client client;
    client_begin(&client, state);
    pp_autoclose int folder = open_folder(&client);
    client_refresh(&client);
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        answer_target(&client, cases[i].answer);
        assert_int_equal(count_files(folder), 0);
        assert_no_file_comes(&client, folder, cases[i].code, cases[i].refused);
        assert_true(pp_file_replace(folder, "one", "old", 3, 0600, NULL));
        assert_no_file_comes(&client, folder, cases[i].code, cases[i].refused);
        assert_file(folder, "old");
        assert_int_equal(unlinkat(folder, "one", 0), 0);
    }
    client_end(&client);
}

static void file_that_was_left_half_written_is_begun_anew(void **state) {
    struct client client;
    trust_autotarget struct trust_target target = {0};
    client_begin(&client, state);
    pp_autoclose int folder = open_folder(&client);
    assert_true(pp_file_replace(folder, "one.part", "something much longer", 21, 0600, NULL));
    client_refresh(&client);
    client_find(&client, PATH, &target);
    assert_true(sync_repository_download_file(client.repository, &target, folder, "one", NULL));
    assert_file(folder, CONTENT);
    assert_int_equal(count_files(folder), 1);
    client_end(&client);
}

static void folder_that_is_not_there_is_said_before_anything_is_asked(void **state) {
    struct client client;
    struct pp_error error = {0};
    trust_autotarget struct trust_target target = {0};
    client_begin(&client, state);
    client_refresh(&client);
    client_find(&client, PATH, &target);
    (void)served_requests(&client.served);
    assert_false(
        sync_repository_download_file(client.repository, &target, AT_FDCWD, "/nonexistent/one", &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_false(sync_repository_answer(client.repository)->refused);
    assert_int_equal(served_requests(&client.served), 0);
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
        cmocka_unit_test(target_comes_into_a_file),
        cmocka_unit_test(empty_target_comes_into_an_empty_file),
        cmocka_unit_test(file_stays_what_it_was_where_the_target_does_not_come_whole),
        cmocka_unit_test(file_that_was_left_half_written_is_begun_anew),
        cmocka_unit_test(folder_that_is_not_there_is_said_before_anything_is_asked),
    };
    return cmocka_run_group_tests(tests, served_start, served_stop);
}
