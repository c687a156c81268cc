/* Name and password for an EST server: of the configuration once, then of the vault, until there is a certificate. */
#include "support/test_folder.h"

#include "agent/est_credentials.h"

struct world {
    char folder[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct agent_config config;
    struct pp_secret_text *credentials;
};

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_folder_make(world->folder);
    world->vault = vault_open(world->folder, NULL, NULL);
    assert_non_null(world->vault);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    pp_secret_text_destroy(world->credentials);
    vault_close(world->vault);
    test_folder_remove(world->folder);
    free(world);
    return 0;
}

static const char *take(struct world *world) {
    struct pp_error error = {0};
    pp_secret_text_destroy(pp_steal(&world->credentials));
    assert_true(est_credentials_take(&world->config, world->vault, &world->credentials, &error));
    return world->credentials ? pp_secret_text(world->credentials) : "none";
}

static void configure(struct world *world, const char *name, const char *password) {
    strcpy(world->config.est_user, name);
    strcpy(world->config.est_password, password);
}

static void credentials_are_wiped_in_the_configuration_and_kept_sealed(void **state) {
    struct world *world = *state;
    assert_string_equal(take(world), "none");
    configure(world, "screen", "s3cret");
    assert_string_equal(take(world), "screen:s3cret");
    for (size_t i = 0; i < sizeof world->config.est_password; i++)
        assert_int_equal(world->config.est_user[i] | world->config.est_password[i], 0);
    vault_close(world->vault);
    world->vault = vault_open(world->folder, NULL, NULL);
    assert_string_equal(take(world), "screen:s3cret");
    configure(world, "other", "");
    assert_string_equal(take(world), "other:");
}

static void credentials_are_forgotten_once_there_is_a_certificate(void **state) {
    struct world *world = *state;
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(EST_CREDENTIALS_MAX);
    struct pp_error error = {0};
    configure(world, "screen", "s3cret");
    assert_string_equal(take(world), "screen:s3cret");
    configure(world, "screen", "s3cret");
    est_credentials_forget(&world->config, world->vault, &world->credentials);
    assert_null(world->credentials);
    assert_false(vault_get(world->vault, EST_CREDENTIALS_RECORD, &kept, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_string_equal(take(world), "none");
    est_credentials_forget(&world->config, world->vault, &world->credentials); /* nothing to forget */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(credentials_are_wiped_in_the_configuration_and_kept_sealed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(credentials_are_forgotten_once_there_is_a_certificate, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
