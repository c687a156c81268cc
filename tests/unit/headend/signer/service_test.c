/* headend/signer/service: what is asked of the signer is checked by it, whoever asks. Nothing is signed that it has not
 * composed, and no key is used for what it is not for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "base/encode.h"
#include "crypto/key.h"
#include "headend/public/ca.h"
#include "headend/public/certificate.h"
#include "headend/public/device_jws.h"
#include "headend/signer/service.h"
#include "headend/signer/sign_in_key.h"
#include "headend/signer/tuf_repo.h"
#include "headend/signer/tuf_sign.h"
#include "headend/signing/remote.h"
#include "headend/signing/signing.h"
#include "jose/jws.h"

#define SCREEN "11111111-2222-4333-8444-555555555555"
#define OTHER  "22222222-2222-4333-8444-555555555555"

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    struct home *home = *state;
    return tuf_repo_create(home, NULL) ? 0 : -1;
}

/* ---- States ---- */

static cJSON *state_of(const char *device) {
    int64_t now = pp_clock_realtime_s();
    cJSON *state = cJSON_CreateObject();
    cJSON_AddNumberToObject(state, "format", 2);
    cJSON_AddStringToObject(state, "aud", device);
    cJSON_AddNumberToObject(state, "epoch", 0);
    cJSON_AddNumberToObject(state, "version", 7);
    cJSON_AddNumberToObject(state, "iat", (double)now);
    cJSON_AddNumberToObject(state, "exp", (double)(now + 86400));
    cJSON_AddItemToObject(state, "commands", cJSON_CreateArray());
    cJSON *access = cJSON_AddObjectToObject(state, "access");
    cJSON_AddObjectToObject(access, "sign_in");
    return state;
}

static enum pp_code sign(struct home *home, const char *device, const cJSON *state, struct pp_buf *token) {
    struct pp_error error = {0};
    pp_autojsontext char *text = cJSON_PrintUnformatted(state);
    return signing_state(home->signing, device, text, token, &error) ? PP_OK : error.code;
}

/* The payload, once the control key's signature over it is known to be good. */
static cJSON *verified(struct home *home, const struct pp_buf *token) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(JWS_PAYLOAD_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, "control", false, &error);
    assert_non_null(key);
    assert_true(crypto_key_public_point(key, point, NULL));
    if (!device_jws_verify(point, "pingplay-state", token->data, token->size, &payload, &error))
        fail_msg("%s", error.message);
    return pp_json_parse(payload.data, payload.size, JWS_PAYLOAD_MAX, NULL);
}

/* Whoever asks for a state cannot have screens encrypt to a key of his own. */
static void the_keys_in_a_state_are_ours_whatever_is_asked(void **state) {
    struct home *home = *state;
    char text[64];
    pp_autobuf struct pp_buf token = PP_BUF_INIT(JWS_TOKEN_MAX);
    pp_autojson cJSON *asked = state_of(SCREEN);
    cJSON *shown = cJSON_GetObjectItem(cJSON_GetObjectItem(asked, "access"), "sign_in");
    cJSON_AddStringToObject(shown, "key", "mine");
    assert_int_equal(sign(home, SCREEN, asked, &token), PP_OK);
    pp_autojson cJSON *got = verified(home, &token);
    struct sign_in_key *key = sign_in_key_open(home, NULL);
    pp_autojson cJSON *ours = sign_in_key_jwk(key, NULL);
    shown = cJSON_GetObjectItem(cJSON_GetObjectItem(got, "access"), "sign_in");
    assert_true(cJSON_Compare(cJSON_GetObjectItem(shown, "key"), ours, true));
    assert_true(cJSON_IsObject(cJSON_GetObjectItem(got, "upload_key")));
    sign_in_key_close(key);
    snprintf(text, sizeof text, "%s", cJSON_GetStringValue(cJSON_GetObjectItem(got, "aud")));
    assert_string_equal(text, SCREEN);
}

static void a_state_that_is_none_is_not_signed(void **state) {
    struct home *home = *state;
    double now = (double)pp_clock_realtime_s();
    const struct {
        const char *member;
        double number;
    } wrong[] = {{"format", 1},        {"format", 3},    {"iat", now - 600}, {"iat", now + 600},
                 {"exp", now + 90000}, {"exp", now - 5}, {"version", -1},    {"version", 0.5},
                 {"commands", 1},      {"aud", 5},       {"epoch", -1},      {"upload_key", 1},
                 {"keys", 1}};
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        pp_autobuf struct pp_buf token = PP_BUF_INIT(JWS_TOKEN_MAX);
        pp_autojson cJSON *asked = state_of(SCREEN);
        cJSON_DeleteItemFromObject(asked, wrong[i].member);
        cJSON_AddNumberToObject(asked, wrong[i].member, wrong[i].number);
        if (sign(home, SCREEN, asked, &token) == PP_OK)
            fail_msg("signed with \"%s\": %g", wrong[i].member, wrong[i].number);
        assert_int_equal(token.size, 0);
    }
}

static void a_state_is_for_the_screen_that_it_is_asked_for(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(JWS_TOKEN_MAX);
    pp_autojson cJSON *asked = state_of(OTHER);
    pp_autojson cJSON *nobody = state_of("nobody");
    pp_autojson cJSON *list = cJSON_CreateArray();
    assert_int_equal(sign(home, SCREEN, asked, &token), PP_E_INVALID);
    assert_int_equal(sign(home, "nobody", nobody, &token), PP_E_INVALID);
    assert_int_equal(sign(home, SCREEN, list, &token), PP_E_INVALID);
    assert_false(signing_state(home->signing, SCREEN, "{\"format\":2", &token, NULL));
    assert_false(signing_state(home->signing, SCREEN, "{} {}", &token, NULL));
}

static void a_refusal_has_a_reason_that_screens_know(void **state) {
    struct home *home = *state;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(SIGNING_REFUSAL_MAX);
    pp_autojson cJSON *object = cJSON_CreateObject();
    struct signing_word word = {.device = SCREEN, .reason = "retired", .nonce = "bm9uY2Ugbm9uY2U"};
    assert_true(signing_refuse(home->signing, &word, &token, NULL));
    word.reason = "because";
    assert_false(signing_refuse(home->signing, &word, &token, NULL));
    word.reason = "retired";
    word.nonce = "";
    assert_false(signing_refuse(home->signing, &word, &token, NULL));
    word.nonce = "bm9uY2Ugbm9uY2U";
    word.commands = object;
    assert_false(signing_refuse(home->signing, &word, &token, NULL));
}

/* ---- Certificates ---- */

static void only_screens_by_their_id_are_certified_and_not_for_ever(void **state) {
    struct home *home = *state;
    int64_t now = pp_clock_realtime_s();
    uint8_t point[CRYPTO_POINT_SIZE];
    struct certificate_facts facts;
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(NULL);
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    assert_true(crypto_key_public_point(key, point, NULL));
    assert_false(signing_certify_screen(home->signing, "CN=root", point, now + 86400, &der, NULL));
    assert_false(signing_certify_screen(home->signing, SCREEN ", O=x", point, now + 86400, &der, NULL));
    assert_false(signing_certify_screen(home->signing, SCREEN, point, now - 1, &der, NULL));
    assert_false(signing_certify_screen(home->signing, SCREEN, point, now + 4000LL * 86400, &der, NULL));
    assert_int_equal(der.size, 0);
    assert_true(signing_certify_screen(home->signing, SCREEN, point, now + 86400, &der, NULL));
    assert_true(certificate_read(der.data, der.size, &facts, NULL));
    assert_memory_equal(facts.point, point, sizeof point);
}

static void the_servers_certificate_names_hosts_and_nothing_else(void **state) {
    struct home *home = *state;
    bool renewed = false;
    struct host_list none = {0};
    struct host_list odd = {.count = 1};
    assert_false(signing_certify_server(home->signing, &none, &renewed, NULL));
    snprintf(odd.names[0], sizeof odd.names[0], "a_b/..");
    assert_false(signing_certify_server(home->signing, &odd, &renewed, NULL));
    assert_false(renewed);
    assert_int_equal(faccessat(home->fd, HOME_SERVER_CERTIFICATE, F_OK, 0), -1);
}

/* ---- Keys as the database has them ---- */

static void keys_are_sealed_for_their_owner_and_under_the_key_in_effect(void **state) {
    struct home *home = *state;
    const uint8_t key[SIGNING_KEY_SIZE] = {1, 2, 3};
    uint8_t id[SIGNING_KEY_ID_SIZE];
    const uint8_t other[SIGNING_KEY_ID_SIZE] = {0};
    uint8_t sealed[SIGNING_SEALED_SIZE], opened[SIGNING_KEY_SIZE];
    struct pp_error error = {0};
    static const char *const nobody[] = {"lobby",    "channel/",    "channel/../x",  "object/0123",  "root/x",
                                         "upload/1", "content/a b", "channel/Lobby", "keys/root.pem"};
    assert_true(signing_make_key(home->signing, id, NULL));
    for (size_t i = 0; i < PP_COUNT(nobody); i++)
        assert_false(signing_seal_key(home->signing, id, nobody[i], key, sealed, NULL));
    assert_false(signing_seal_key(home->signing, other, "channel/lobby", key, sealed, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_true(signing_seal_key(home->signing, id, "channel/lobby", key, sealed, NULL));
    assert_false(signing_open_key(home->signing, "channel/hall", sealed, opened, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_true(signing_open_key(home->signing, "channel/lobby", sealed, opened, NULL));
    assert_memory_equal(opened, key, sizeof key);
}

static void the_databases_key_is_not_dropped_for_one_that_is_not_here(void **state) {
    struct home *home = *state;
    const uint8_t other[SIGNING_KEY_ID_SIZE] = {0};
    uint8_t id[SIGNING_KEY_ID_SIZE], again[SIGNING_KEY_ID_SIZE];
    struct pp_error error = {0};
    assert_true(signing_make_key(home->signing, id, NULL));
    assert_false(signing_settle_key(home->signing, other, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_true(signing_make_key(home->signing, again, NULL));
    assert_memory_equal(again, id, sizeof id);
}

/* As the signer's process would, for a server that was killed meanwhile. */
static bool ask_belatedly(const struct home *home, const struct signing_message *request,
                          struct pp_error *error) {
    struct signing_answer answer = {.data = PP_BUF_INIT(SIGNING_TOKEN_MAX)};
    PP_AUTO(signer_service) struct signer_service *service = signer_service_create(home->path, error);
    bool ok = service && signer_service_answer(service, request, &answer, error);
    pp_buf_finish(&answer.data);
    return ok;
}

static void a_belated_request_does_not_forget_the_key_that_a_command_changes_to(void **state) {
    struct home *home = *state;
    uint8_t id[SIGNING_KEY_ID_SIZE], next[SIGNING_KEY_ID_SIZE], now[SIGNING_KEY_ID_SIZE];
    struct pp_error error = {0};
    assert_true(signing_make_key(home->signing, id, NULL));
    assert_true(signing_next_key(home->signing, next, NULL));
    const struct signing_message settle = {.type = SIGNING_KEY_SETTLE, .id = signing_data(id, sizeof id)};
    assert_true(ask_belatedly(home, &settle, &error));
    assert_true(signing_settle_key(home->signing, next, &error));
    assert_true(signing_make_key(home->signing, now, NULL));
    assert_memory_equal(now, next, sizeof next);
    /* A command forgets what a change that was cut off has left. */
    assert_true(signing_next_key(home->signing, id, NULL));
    assert_true(signing_settle_key(home->signing, next, NULL));
    assert_false(signing_settle_key(home->signing, id, &error));
}

static void what_changes_keys_or_the_repository_is_done_by_one_at_a_time(void **state) {
    struct home *home = *state;
    int done[2];
    char byte = 0;
    int status = -1;
    const struct signing_message settle = {.type = SIGNING_REPO_SETTLE};
    assert_int_equal(pipe(done), 0);
    int lock = openat(home->fd, SIGNER_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    pid_t other = fork();
    if (other == 0) {
        struct pp_error error = {0};
        close(lock); /* the lock is the parent's still */
        bool ok = ask_belatedly(home, &settle, &error) && write(done[1], "", 1) == 1;
        _exit(ok ? 0 : 1);
    }
    assert_true(other > 0);
    assert_int_equal(poll(&(struct pollfd){.fd = done[0], .events = POLLIN}, 1, 300), 0);
    close(lock);
    assert_int_equal(read(done[0], &byte, 1), 1);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    close(done[0]);
    close(done[1]);
}

static void what_nobody_waits_for_any_more_is_dropped(void **state) {
    int lane[2];
    char packet[SIGNING_KEY_SIZE] = {0};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lane), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send(lane[1], packet, sizeof packet, 0), sizeof packet);
    signing_lane_drop(lane[0]);
    assert_int_equal(recv(lane[0], packet, sizeof packet, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(lane[0]);
    close(lane[1]);
}

/* ---- The repository ---- */

static bool update(struct home *home, const struct tuf_target *target, struct pp_error *error) {
    bool changed = false;
    tuf_autorepo struct tuf_repo repo = {0};
    return signing_repo_open(home->signing, &repo, home, error) &&
           signing_repo_update(home->signing, &repo, target, &changed, error);
}

static void what_is_published_is_a_channels_manifest_and_nothing_else(void **state) {
    struct home *home = *state;
    const struct tuf_target wrong[] = {
        {.channel = "../root", .length = 10},
        {.channel = "keys/control.json", .length = 10},
        {.channel = "", .length = 10},
        {.channel = "lobby", .length = 10, .removed = true},
        {.channel = "lobby", .length = SIGNING_LENGTH_MAX + 1},
        {.channel = "lobby", .length = 10, .next_length = SIGNING_LENGTH_MAX + 1},
        {.channel = "lobby", .next_length = 10}, /* beside nothing */
        {.channel = "", .next_length = 10},
        {.channel = "lobby", .next_length = 10, .removed = true},
    };
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        if (update(home, &wrong[i], NULL))
            fail_msg("target %zu was signed", i);
    }
    const struct tuf_target right = {.channel = "lobby", .length = 10};
    assert_true(update(home, &right, NULL));
}

static void the_key_of_a_channel_that_is_in_the_repository_is_not_destroyed(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    const struct tuf_target there = {.channel = "lobby", .length = 10};
    const struct tuf_target gone = {.channel = "lobby", .removed = true};
    static const char *const others[] = {"../keys/root", "root", ""};
    assert_true(update(home, &there, NULL));
    assert_false(signing_repo_forget(home->signing, "lobby", &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_int_equal(faccessat(home->fd, HOME_KEYS "/channel-lobby.pem", F_OK, 0), 0);
    for (size_t i = 0; i < PP_COUNT(others); i++)
        (void)!signing_repo_forget(home->signing, others[i], NULL);
    assert_int_equal(faccessat(home->fd, HOME_KEYS "/root.pem", F_OK, 0), 0);
    assert_true(update(home, &gone, NULL));
    assert_true(signing_repo_forget(home->signing, "lobby", NULL));
    assert_int_equal(faccessat(home->fd, HOME_KEYS "/channel-lobby.pem", F_OK, 0), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_keys_in_a_state_are_ours_whatever_is_asked),
        TEST(a_state_that_is_none_is_not_signed),
        TEST(a_state_is_for_the_screen_that_it_is_asked_for),
        TEST(a_refusal_has_a_reason_that_screens_know),
        TEST(only_screens_by_their_id_are_certified_and_not_for_ever),
        TEST(the_servers_certificate_names_hosts_and_nothing_else),
        TEST(keys_are_sealed_for_their_owner_and_under_the_key_in_effect),
        TEST(the_databases_key_is_not_dropped_for_one_that_is_not_here),
        TEST(a_belated_request_does_not_forget_the_key_that_a_command_changes_to),
        TEST(what_changes_keys_or_the_repository_is_done_by_one_at_a_time),
        TEST(what_nobody_waits_for_any_more_is_dropped),
        TEST(what_is_published_is_a_channels_manifest_and_nothing_else),
        TEST(the_key_of_a_channel_that_is_in_the_repository_is_not_destroyed),
    };
    return cmocka_run_group_tests_name("headend/signer/service", tests, NULL, NULL);
}
