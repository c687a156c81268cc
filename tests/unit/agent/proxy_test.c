/* The proxy's credentials: from the configuration once, then from the vault. */
#include "support/test_folder.h"

#include "agent/proxy.h"

struct world {
    char folder[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct agent_config config;
    char address[PROXY_ADDRESS_MAX];
};

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_folder_make(world->folder);
    world->vault = vault_open(world->folder, NULL, NULL);
    assert_non_null(world->vault);
    strcpy(world->config.proxy, "http://proxy.example:3128");
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    vault_close(world->vault);
    test_folder_remove(world->folder);
    free(world);
    return 0;
}

static const char *address(struct world *world) {
    struct pp_error error = {0};
    assert_true(proxy_address(&world->config, world->vault, world->address, &error));
    return world->address;
}

static void without_credentials_the_address_is_the_configured_one(void **state) {
    struct world *world = *state;
    assert_string_equal(address(world), "http://proxy.example:3128");
    strcpy(world->config.proxy, "");
    strcpy(world->config.proxy_user, "screen");
    assert_string_equal(address(world), "");
}

static void credentials_of_the_configuration_are_kept_when_it_has_them_no_more(void **state) {
    struct world *world = *state;
    strcpy(world->config.proxy_user, "screen");
    strcpy(world->config.proxy_password, "secret");
    assert_string_equal(address(world), "http://screen:secret@proxy.example:3128");
    *world->config.proxy_user = *world->config.proxy_password = 0;
    vault_close(world->vault);
    world->vault = vault_open(world->folder, NULL, NULL);
    assert_string_equal(address(world), "http://screen:secret@proxy.example:3128");
    strcpy(world->config.proxy_user, "other");
    assert_string_equal(address(world), "http://other:@proxy.example:3128");
    *world->config.proxy_user = 0;
    assert_string_equal(address(world), "http://other:@proxy.example:3128");
}

static void credentials_are_forgotten_without_a_proxy(void **state) {
    struct world *world = *state;
    strcpy(world->config.proxy_user, "screen");
    assert_string_equal(address(world), "http://screen:@proxy.example:3128");
    *world->config.proxy_user = *world->config.proxy = 0;
    assert_string_equal(address(world), "");
    strcpy(world->config.proxy, "http://proxy.example:3128");
    assert_string_equal(address(world), "http://proxy.example:3128");
}

static void every_character_of_a_password_survives(void **state) {
    struct world *world = *state;
    strcpy(world->config.proxy_user, "DOMAIN\\screen 1");
    strcpy(world->config.proxy_password, "a:b@c/d%e?#\xc3\xa9~");
    assert_string_equal(address(world),
                        "http://DOMAIN%5Cscreen%201:a%3Ab%40c%2Fd%25e%3F%23%C3%A9~@proxy.example:3128");
    *world->config.proxy_user = 0;
    assert_string_equal(address(world),
                        "http://DOMAIN%5Cscreen%201:a%3Ab%40c%2Fd%25e%3F%23%C3%A9~@proxy.example:3128");
}

static void the_longest_values_fit(void **state) {
    struct world *world = *state;
    memset(world->config.proxy_user, '@', PP_CONFIG_VALUE_MAX - 1);
    memset(world->config.proxy_password, '/', PP_CONFIG_VALUE_MAX - 1);
    size_t expected = strlen("http://") + 6 * (PP_CONFIG_VALUE_MAX - 1) + 1 + strlen("@proxy.example:3128");
    assert_int_equal(strlen(address(world)), expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_credentials_the_address_is_the_configured_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(credentials_of_the_configuration_are_kept_when_it_has_them_no_more,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(credentials_are_forgotten_without_a_proxy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_character_of_a_password_survives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_longest_values_fit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
