/* Clients whose authorities change: nothing that was made before a change is used after it. */
#include "support/authorities.h"
#include "world.h"

#include <fcntl.h>
#include <openssl/pem.h>

#include "base/file.h"

static void read_pem(const struct world *world, const char *name, struct pp_buf *pem) {
    assert_true(pp_file_read(AT_FDCWD, test_server_path(&world->server, name), pem, NULL));
}

static bool fetch(struct world *world, struct net_client *client, struct pp_error *error) {
    net_autoresponse struct net_response response = {0};
    struct net_request request = {.path = "/"};
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"yes\"}]}");
    *error = (struct pp_error){0};
    return net_client_fetch(client, &request, &response, error);
}

static struct net_client *connect_to(struct world *world, const char *port,
                                     struct net_authorities *authorities) {
    char url[64];
    test_server_url(&world->server, port, url);
    struct net_client_config config = {
        .base_url = url, .authorities = authorities, .max_connections_per_host = 1};
    return net_client_create(world->loop, &config, NULL);
}

static struct net_client *connect_with(struct world *world, struct net_authorities *authorities) {
    return connect_to(world, "good", authorities);
}

static void change_counts_for_connections_that_are_open(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf good = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf strange = PP_BUF_INIT(65536);
    read_pem(world, "authority", &good);
    read_pem(world, "stranger", &strange);
    PP_AUTO(net_authorities)
    struct net_authorities *authorities = net_authorities_create(pp_buf_text(&good), NULL, 0, &error);
    PP_AUTO(net_client) struct net_client *client = connect_with(world, authorities);
    assert_non_null(client);
    assert_true(fetch(world, client, &error));
    assert_true(fetch(world, client, &error));
    assert_true(net_authorities_set(authorities, pp_buf_text(&strange), NULL, 0, &error));
    assert_false(fetch(world, client, &error));
    assert_int_equal(error.code, PP_E_TLS);
    assert_non_null(strstr(error.message, "unknown authority"));
    assert_true(net_authorities_set(authorities, pp_buf_text(&good), NULL, 0, &error));
    assert_true(fetch(world, client, &error));
    cJSON_Delete(world_log(world));
}

struct ending {
    bool over, ok;
    struct pp_error error;
};

static void note_ending(void *arg, const struct net_response *response) {
    *(struct ending *)arg = (struct ending){true, response->ok, response->error};
}

/* Nothing of it was sent before the change. */
static void change_counts_for_a_call_that_waits_for_its_turn(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    struct ending endings[2] = {0};
    pp_autobuf struct pp_buf good = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf strange = PP_BUF_INIT(65536);
    read_pem(world, "authority", &good);
    read_pem(world, "stranger", &strange);
    PP_AUTO(net_authorities)
    struct net_authorities *authorities = net_authorities_create(pp_buf_text(&good), NULL, 0, &error);
    PP_AUTO(net_client) struct net_client *client = connect_to(world, "http1", authorities);
    assert_non_null(client);
    test_server_do(&world->server, "{\"do\":\"answers\",\"list\":[{\"body\":\"a\"},{\"body\":\"b\"}]}");
    assert_true(net_loop_turn(world->loop, 0, &error)); /* the first is in libcurl's hands at once then */
    for (int i = 0; i < 2; i++) {
        struct net_request request = {.path = "/", .on_done = note_ending, .arg = &endings[i]};
        assert_non_null(net_client_start(client, &request, &error));
    }
    assert_true(net_authorities_set(authorities, pp_buf_text(&strange), NULL, 0, &error));
    while (!endings[0].over || !endings[1].over)
        assert_true(net_loop_turn(world->loop, -1, &error));
    assert_true(endings[0].ok);
    assert_false(endings[1].ok);
    assert_int_equal(endings[1].error.code, PP_E_TLS);
    pp_autojson cJSON *log = world_log(world);
    assert_int_equal(cJSON_GetArraySize(log), 1);
}

/* Also where the texts of those that are trusted stay the same. */
static void key_that_is_refused_is_in_no_path(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    uint8_t key[1][NET_KEY_HASH_SIZE];
    pp_autobuf struct pp_buf good = PP_BUF_INIT(65536);
    read_pem(world, "authority", &good);
    BIO *bio = BIO_new_mem_buf(good.data, (int)good.size);
    X509 *root = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_true(net_key_hash(root, key[0]));
    X509_free(root);
    BIO_free(bio);
    PP_AUTO(net_authorities)
    struct net_authorities *authorities = net_authorities_create(pp_buf_text(&good), NULL, 0, &error);
    PP_AUTO(net_client) struct net_client *client = connect_with(world, authorities);
    assert_true(fetch(world, client, &error));
    assert_true(net_authorities_set(authorities, pp_buf_text(&good), key, 1, &error));
    assert_false(fetch(world, client, &error));
    assert_int_equal(error.code, PP_E_TLS);
    assert_non_null(strstr(error.message, "its certificate comes from an authority that was retired"));
    cJSON_Delete(world_log(world));
}

static void too_many_are_refused_and_the_former_stay(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    static const uint8_t keys[NET_TRUST_KEYS_MAX + 1][NET_KEY_HASH_SIZE];
    PP_AUTO(net_authorities)
    struct net_authorities *authorities =
        test_authorities(test_server_path(&world->server, "authority"), &error);
    assert_false(net_authorities_set(authorities, "", keys, NET_TRUST_KEYS_MAX + 1, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    PP_AUTO(net_client) struct net_client *client = connect_with(world, authorities);
    assert_true(fetch(world, client, &error));
    cJSON_Delete(world_log(world));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_counts_for_connections_that_are_open),
        cmocka_unit_test(change_counts_for_a_call_that_waits_for_its_turn),
        cmocka_unit_test(key_that_is_refused_is_in_no_path),
        cmocka_unit_test(too_many_are_refused_and_the_former_stay),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
