#include "world.h"

int world_set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_server_start(&world->server);
    world->loop = net_loop_create(NULL);
    *state = world;
    return 0;
}

int world_tear_down(void **state) {
    struct world *world = *state;
    net_loop_destroy(world->loop);
    test_server_stop(&world->server);
    free(world);
    return 0;
}

struct net_client *world_connect(struct world *world, const char *port, const char *proxy) {
    char url[64];
    struct net_proxy_settings settings = {0};
    snprintf(settings.address, sizeof settings.address, "%s", proxy ? proxy : "");
    PP_AUTO(net_proxy) struct net_proxy *through = net_proxy_create(&settings, NULL);
    struct pp_error error = {0};
    test_server_url(&world->server, port, url);
    struct net_client_config config = {.base_url = url,
                                       .ca_file = test_server_path(&world->server, "authority"),
                                       .proxy = through,
                                       .max_connections_per_host = 2};
    struct net_client *client = net_client_create(world->loop, &config, &error);
    assert_string_equal(error.message, "");
    assert_non_null(client);
    return client;
}

cJSON *world_log(struct world *world) {
    return test_server_ask(&world->server, "{\"do\":\"log\"}");
}
