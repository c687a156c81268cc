/* A renewal with a new key: the pair on flash fits whenever the mains plug is pulled. */
#include "support/screen.h"

#include <sys/syscall.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define SNAPSHOTS_MAX 200

/* ---- A flash of which a copy is made before each step ---- */

static struct {
    char folder[TEST_FOLDER_SIZE]; /* what is copied; "": nothing */
    char copies[TEST_FOLDER_SIZE];
    int count;
    int fails; /* so many fsyncs from here on */
} flash;

static void copy_state(void) {
    char command[256];
    if (!*flash.folder || flash.count == SNAPSHOTS_MAX)
        return;
    snprintf(command, sizeof command, "cp -a %s %s/%d", flash.folder, flash.copies, flash.count++);
    if (system(command) != 0)
        abort();
}

int fsync(int fd) {
    copy_state();
    if (flash.fails <= 0)
        return (int)syscall(SYS_fsync, fd);
    flash.fails--;
    errno = EIO;
    return -1;
}

int renameat(int from, const char *name, int to, const char *other) {
    copy_state();
    return (int)syscall(SYS_renameat2, from, name, to, other, 0);
}

int unlinkat(int fd, const char *name, int flags) {
    copy_state();
    return (int)syscall(SYS_unlinkat, fd, name, flags);
}

/* ---- Helpers ---- */

static bool renew(struct screen *screen, const char *options, struct pp_error *error) {
    pp_autobuf struct pp_buf csr = PP_BUF_INIT(4096);
    pp_autobuf struct pp_buf pkcs7 = PP_BUF_INIT(65536);
    char text[PP_BASE64_SIZE(4096)];
    if (!screen_request(screen, true, &csr, error))
        return false;
    pp_base64_encode(csr.data, csr.size, text);
    pp_autojson cJSON *answer =
        test_server_ask(&screen->server, "{\"do\":\"issue\",\"csr\":\"%s\"%s}", text, options);
    const char *p7 = cJSON_GetObjectItemCaseSensitive(answer, "p7")->valuestring;
    assert_true(
        pp_base64_decode(p7, strlen(p7), pp_buf_reserve(&pkcs7, 32768, NULL), 32768, &pkcs7.size, NULL));
    return identity_accept_renewal(screen->identity, pkcs7.data, pkcs7.size, screen->authorities,
                                   pp_clock_realtime_s(), error);
}

/* A request with the certificate reaches the server as that of the device. */
static void assert_pair_works(struct screen *screen) {
    screen_use_identity(screen);
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[{}]}");
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    struct net_request request = {.path = "/", .use_identity = true};
    (void)!net_client_fetch(screen->client, &request, &response, &error);
    assert_string_equal(error.message, "");
    pp_autojson cJSON *log = test_server_ask(&screen->server, "{\"do\":\"log\"}");
    assert_string_equal(test_log_text(log, 0, "device"), "device-1");
}

static bool has_record(const struct screen *screen, const char *name) {
    pp_autobuf struct pp_buf value = PP_BUF_INIT(8192);
    return vault_get(screen->vault, name, &value, NULL);
}

static void remember(const struct screen *screen, char thumbprint[IDENTITY_THUMBPRINT_SIZE]) {
    strcpy(thumbprint, identity_thumbprint(screen->identity));
}

/* ---- Tests ---- */

static void renewal_brings_a_new_key_and_the_same_device(void **state) {
    struct screen *screen = *state;
    char old[IDENTITY_THUMBPRINT_SIZE];
    struct pp_error error = {0};
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    remember(screen, old);
    for (int round = 0; round < 3; round++) {
        assert_true(renew(screen, ",\"cn\":\"device-1\"", &error));
        assert_string_not_equal(identity_thumbprint(screen->identity), old);
        assert_string_equal(identity_device_id(screen->identity), "device-1");
        assert_false(has_record(screen, "next-device-key"));
        remember(screen, old);
        assert_pair_works(screen);
        screen_reopen(screen);
        assert_string_equal(identity_thumbprint(screen->identity), old);
        assert_pair_works(screen);
    }
}

static void present_key_is_in_use_until_the_new_certificate_is_there(void **state) {
    struct screen *screen = *state;
    char old[IDENTITY_THUMBPRINT_SIZE];
    pp_autobuf struct pp_buf csr = PP_BUF_INIT(4096);
    pp_autobuf struct pp_buf again = PP_BUF_INIT(4096);
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    remember(screen, old);
    assert_true(screen_request(screen, true, &csr, NULL));
    assert_string_equal(identity_thumbprint(screen->identity), old);
    assert_pair_works(screen);
    assert_false(renew(screen, ",\"cn\":\"device-2\"", NULL)); /* refused */
    assert_false(renew(screen, ",\"cn\":\"device-1\",\"key\":\"other\"", NULL));
    assert_string_equal(identity_thumbprint(screen->identity), old);
    screen_reopen(screen);
    assert_string_equal(identity_thumbprint(screen->identity), old);
    assert_true(screen_request(screen, true, &again, NULL));
    assert_pair_works(screen);
}

/* The point in a certification request: the only BIT STRING of 66 bytes. */
static const uint8_t *point_of(const struct pp_buf *csr) {
    static const uint8_t head[] = {0x03, 0x42, 0x00, 0x04};
    const uint8_t *found = memmem(csr->data, csr->size, head, sizeof head);
    assert_non_null(found);
    return found + sizeof head;
}

static void pending_renewal_goes_on_with_its_key_after_a_restart(void **state) {
    struct screen *screen = *state;
    pp_autobuf struct pp_buf first = PP_BUF_INIT(4096);
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    assert_true(screen_request(screen, true, &first, NULL));
    for (int restart = 0; restart < 2; restart++) {
        pp_autobuf struct pp_buf again = PP_BUF_INIT(4096);
        identity_keep_renewal(screen->identity);
        screen_reopen(screen);
        assert_pair_works(screen);
        assert_true(screen_request(screen, true, &again, NULL));
        assert_memory_equal(point_of(&first), point_of(&again), CRYPTO_POINT_SIZE - 1);
    }
    assert_true(renew(screen, ",\"cn\":\"device-1\"", NULL));
    assert_pair_works(screen);
    assert_false(has_record(screen, "next-device-key"));
    pp_autobuf struct pp_buf next = PP_BUF_INIT(4096);
    assert_true(screen_request(screen, true, &next, NULL));
    assert_memory_not_equal(point_of(&first), point_of(&next), CRYPTO_POINT_SIZE - 1);
}

/* The test's own screen, with the state that was copied at one instant. */
static void look_at_copy(struct screen *screen, int number, const char *old, const char *new,
                         int *seen /* old, new */) {
    screen_close(screen);
    assert_true(snprintf(screen->folder, sizeof screen->folder, "%.26s/%d", flash.copies, number) > 0);
    for (int start = 0; start < 2; start++) {
        screen_open(screen);
        assert_true(identity_has_certificate(screen->identity));
        assert_string_equal(identity_device_id(screen->identity), "device-1");
        bool renewed = strcmp(identity_thumbprint(screen->identity), new) == 0;
        assert_true(renewed || strcmp(identity_thumbprint(screen->identity), old) == 0);
        seen[renewed] += start;
        if (start)
            break;
        screen_close(screen);
    }
    assert_pair_works(screen);
    assert_true(renew(screen, ",\"cn\":\"device-1\"", NULL)); /* and it goes on from there */
    assert_pair_works(screen);
}

static void cut_at_any_instant_leaves_a_pair_that_fits(void **state) {
    struct screen *screen = *state;
    char old[IDENTITY_THUMBPRINT_SIZE];
    char new[IDENTITY_THUMBPRINT_SIZE];
    char folder[TEST_FOLDER_SIZE];
    int seen[2] = {0, 0};
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    remember(screen, old);
    strcpy(folder, screen->folder);
    test_folder_make(flash.copies);
    strcpy(flash.folder, screen->folder);
    flash.count = 0;
    assert_true(renew(screen, ",\"cn\":\"device-1\"", NULL));
    copy_state();
    *flash.folder = 0;
    remember(screen, new);
    assert_in_range(flash.count, 8, SNAPSHOTS_MAX - 1);
    for (int i = 0; i < flash.count; i++)
        look_at_copy(screen, i, old, new, seen);
    assert_true(seen[0] > 1 && seen[1] > 1);
    screen_close(screen);
    strcpy(screen->folder, folder);
    screen_open(screen);
    test_folder_remove(flash.copies);
}

static void flash_that_fails_costs_neither_pair_nor_the_next_renewal(void **state) {
    struct screen *screen = *state;
    assert_true(screen_accept(screen, ",\"cn\":\"device-1\"", pp_clock_realtime_s(), NULL));
    for (int fails = 1; fails <= 12; fails++) { /* of the writes of a renewal, the first so many */
        struct pp_error error = {0};
        char before[IDENTITY_THUMBPRINT_SIZE];
        remember(screen, before);
        flash.fails = fails;
        bool renewed = renew(screen, ",\"cn\":\"device-1\"", &error);
        assert_true(renewed || strcmp(identity_thumbprint(screen->identity), before) == 0);
        flash.fails = 0;
        assert_pair_works(screen);
        if (fails % 2) {
            screen_reopen(screen);
            assert_true(identity_has_certificate(screen->identity));
            assert_pair_works(screen);
        }
        assert_true(renew(screen, ",\"cn\":\"device-1\"", NULL));
        assert_pair_works(screen);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(renewal_brings_a_new_key_and_the_same_device),
        screen_test(present_key_is_in_use_until_the_new_certificate_is_there),
        screen_test(pending_renewal_goes_on_with_its_key_after_a_restart),
        screen_test(cut_at_any_instant_leaves_a_pair_that_fits),
        screen_test(flash_that_fails_costs_neither_pair_nor_the_next_renewal),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
