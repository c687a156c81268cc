/* What a test of a screen's identity needs: a state folder with its vault, the scripted server, a client to
 * it. */
#ifndef PP_TESTS_SUPPORT_SCREEN_H
#define PP_TESTS_SUPPORT_SCREEN_H

#include "support/authorities.h"
#include "support/server.h"

#include "base/clock.h"
#include "base/encode.h"
#include "identity/identity.h"
#include "net/client.h"
#include "vault/vault.h"

struct screen {
    struct test_server server;           /* one for all tests of the program */
    char folder[TEST_FOLDER_SIZE];       /* the ones below: new for each test */
    struct net_authorities *authorities; /* of the server's file */
    struct vault *vault;
    struct identity *identity;
    struct net_loop *loop;
    struct net_client *client;
};

static inline int screen_group_set_up(void **state) {
    struct screen *screen = calloc(1, sizeof *screen);
    test_server_start(&screen->server);
    *state = screen;
    return 0;
}

static inline int screen_group_tear_down(void **state) {
    struct screen *screen = *state;
    test_server_stop(&screen->server);
    free(screen);
    return 0;
}

static inline const char *screen_ca(const struct screen *screen) {
    return test_server_path(&screen->server, "authority");
}

static inline void screen_connect(struct screen *screen, const char *port) {
    char url[64];
    test_server_url(&screen->server, port, url);
    struct net_client_config config = {
        .base_url = url, .ca_file = screen_ca(screen), .connect_timeout_ms = 2000};
    net_client_destroy(screen->client);
    screen->client = net_client_create(screen->loop, &config, NULL);
    assert_non_null(screen->client);
}

static inline void screen_open(struct screen *screen) {
    struct pp_error error = {0};
    screen->vault = vault_open(screen->folder, NULL, &error);
    assert_string_equal(error.message, "");
    screen->identity = identity_load_or_create(screen->vault, &error);
    assert_string_equal(error.message, "");
    assert_non_null(screen->identity);
}

static inline void screen_close(struct screen *screen) {
    identity_destroy(screen->identity);
    vault_close(screen->vault);
}

/* As after a power cut: everything is read from flash again. */
static inline void screen_reopen(struct screen *screen) {
    screen_close(screen);
    screen_open(screen);
}

static inline int screen_set_up(void **state) {
    struct screen *screen = *state;
    test_folder_make(screen->folder);
    screen->authorities = test_authorities(screen_ca(screen), NULL);
    assert_non_null(screen->authorities);
    screen_open(screen);
    screen->loop = net_loop_create(NULL);
    screen->client = NULL;
    screen_connect(screen, "good");
    test_server_do(&screen->server, "{\"do\":\"answers\",\"list\":[]}");
    cJSON_Delete(test_server_ask(&screen->server, "{\"do\":\"log\"}"));
    return 0;
}

static inline int screen_tear_down(void **state) {
    struct screen *screen = *state;
    net_client_destroy(screen->client);
    net_loop_destroy(screen->loop);
    screen_close(screen);
    net_authorities_destroy(screen->authorities);
    test_folder_remove(screen->folder);
    return 0;
}

/* A request for one, of the present key or, of a renewal, of the next. */
static inline bool screen_request(struct screen *screen, bool renewal, struct pp_buf *csr,
                                  struct pp_error *error) {
    PP_AUTO(identity_request)
    struct identity_request *request = identity_request_create(screen->identity, renewal, error);
    if (!request || !identity_request_write(request, NULL, csr, error))
        return false;
    identity_request_take(screen->identity, request);
    return true;
}

/* A certificate for the screen's key from the server's authority; `options` of scripted.mjs, "" or
 * ",\"days\":1". */
static inline void screen_issue(struct screen *screen, const char *options, struct pp_buf *pkcs7) {
    pp_autobuf struct pp_buf csr = PP_BUF_INIT(4096);
    char text[PP_BASE64_SIZE(4096)];
    assert_true(screen_request(screen, false, &csr, NULL));
    pp_base64_encode(csr.data, csr.size, text);
    pp_autojson cJSON *answer =
        test_server_ask(&screen->server, "{\"do\":\"issue\",\"csr\":\"%s\"%s}", text, options);
    const char *p7 = cJSON_GetObjectItemCaseSensitive(answer, "p7")->valuestring;
    assert_true(
        pp_base64_decode(p7, strlen(p7), pp_buf_reserve(pkcs7, 32768, NULL), 32768, &pkcs7->size, NULL));
}

static inline bool screen_accept(struct screen *screen, const char *options, int64_t now_s,
                                 struct pp_error *error) {
    pp_autobuf struct pp_buf pkcs7 = PP_BUF_INIT(65536);
    screen_issue(screen, options, &pkcs7);
    return identity_accept_certificate(screen->identity, pkcs7.data, pkcs7.size, screen->authorities, now_s,
                                       error);
}

static inline void screen_use_identity(struct screen *screen) {
    assert_true(net_client_set_identity(screen->client, identity_certificate_pem(screen->identity),
                                        identity_key(screen->identity), NULL));
}

#define screen_test(function) cmocka_unit_test_setup_teardown(function, screen_set_up, screen_tear_down)

#endif
