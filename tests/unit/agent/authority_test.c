/* Whom the agent trusts, on a flash that lets the test say when an fsync is over, and whether it goes well. */
#include "support/screen.h"

#include "support/certificates.h"
#include "support/held_flash.h"

#include "agent/agent_internal.h"
#include "base/log.h"

enum { OLD, NEW, THIRD, ROOTS };

struct world {
    struct agent agent;
    struct screen *screen;
    struct test_authority roots[ROOTS]; /* of one name; OLD is the configured one */
    X509 *proofs[ROOTS];                /* what OLD has signed for them */
};

static cJSON *make_status(void *arg) {
    (void)arg;
    return cJSON_CreateObject();
}

static void open_agent(struct world *world) {
    struct agent *agent = &world->agent;
    struct screen *screen = world->screen;
    const struct reporter_config reporter = {.loop = screen->loop,
                                             .client = screen->client,
                                             .vault = screen->vault,
                                             .state_dir = screen->folder,
                                             .make_status = make_status};
    const struct store_config store = {0};
    *agent = (struct agent){
        .loop = screen->loop, .client = screen->client, .vault = screen->vault, .identity = screen->identity};
    snprintf(agent->config.ca, sizeof agent->config.ca, "%s/ca.pem", screen->folder);
    test_write_pem(agent->config.ca, &world->roots[OLD].root, 1);
    agent->reporter = reporter_create(&reporter, NULL);
    agent->jobs = pp_jobs_create("flash", NULL);
    agent->store = store_open(screen->folder, &store, NULL);
    struct sync_config sync = {.state_dir = screen->folder,
                               .vault = screen->vault,
                               .store = agent->store,
                               .base_url = "https://headend.example",
                               .ca_file = agent->config.ca,
                               .scrub_pause_ms = -1};
    agent->sync = sync_create(&sync, NULL);
    assert_true(agent->reporter && agent->jobs && agent->sync);
    assert_true(floors_load(&agent->floors, screen->vault, NULL, NULL));
    assert_true(floors_set_lock(&agent->floors, LOCK_NONE, NULL)); /* the vault is new: its loss had locked */
    vault_set_jobs(screen->vault, agent->jobs);
    assert_true(authority_open(agent, NULL));
}

static void close_agent(struct agent *agent) {
    flash_hold(false);
    pp_jobs_wait(agent->jobs);
    keeping_stop(agent);
    authority_close(agent);
    pp_jobs_wait(agent->jobs);
    vault_set_jobs(agent->vault, NULL);
    sync_destroy(agent->sync);
    store_close(agent->store);
    reporter_destroy(agent->reporter);
    pp_jobs_destroy(agent->jobs);
    floors_finish(&agent->floors);
}

static void begin(struct world *world, struct screen *screen) {
    *world = (struct world){.screen = screen};
    for (size_t i = 0; i < ROOTS; i++) {
        test_authority_make(&world->roots[i], "Root");
        world->proofs[i] = test_certificate("Root", world->roots[i].key, "Root", world->roots[OLD].key,
                                            TEST_CA, TEST_USAGE, TEST_YEAR);
    }
    open_agent(world);
}

static void end(struct world *world) {
    close_agent(&world->agent);
    for (size_t i = 0; i < ROOTS; i++) {
        X509_free(world->proofs[i]);
        test_authority_free(&world->roots[i]);
    }
}

/* Also of a test that failed: nobody waits for a flash that is held for ever. */
static int tear_down(void **state) {
    flash_fail(0);
    flash_hold(false);
    return screen_tear_down(state);
}

#define authority_test(function) cmocka_unit_test_setup_teardown(function, screen_set_up, tear_down)

/* The repository lists `which`, and retires OLD. */
static void take_target(struct world *world, int which) {
    char hex[PP_HEX_SIZE(32)], old[PP_HEX_SIZE(32)], text[8192];
    pp_autobuf struct pp_buf json = PP_BUF_INIT(65536);
    test_sha256(world->roots[which].root, hex);
    test_sha256(world->roots[OLD].root, old);
    test_base64(world->roots[which].root, text);
    assert_true(pp_buf_addf(&json, NULL,
                            "{\"format\":1,\"authorities\":[{\"sha256\":\"%s\",\"certificate\":\"%s\"}],"
                            "\"issuing\":\"%s\",\"retired\":[\"%s\"]}",
                            hex, text, hex, old));
    authority_take(&world->agent, pp_buf_text(&json));
}

static bool take_answer(struct world *world, X509 *const *list, size_t count, struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(1 << 20);
    test_certs_only(list, count, &der);
    return authority_take_answer(&world->agent, der.data, der.size, error);
}

/* The server has OLD, and `which` with what OLD has signed for it. */
static bool hear_of(struct world *world, int which, struct pp_error *error) {
    X509 *const list[] = {world->roots[OLD].root, world->roots[which].root, world->proofs[which]};
    return take_answer(world, list, 3, error);
}

static void assert_trusted(struct world *world, const char *expected) {
    static const char *const roles[ROOTS] = {"Old", "New", "Third"};
    const struct authorities *set = &world->agent.authority.set;
    const struct authority *one = NULL;
    char text[64] = "";
    for (size_t i = 0; (one = authorities_at(set, &set->record, i)); i++) {
        for (size_t which = 0; which < ROOTS; which++) {
            if (X509_cmp(one->certificate, world->roots[which].root) == 0)
                snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "",
                         roles[which]);
        }
    }
    assert_string_equal(text, expected);
}

static void what_is_told_counts_once_it_is_on_flash(void **state) {
    struct world world;
    struct pp_error error = {0};
    begin(&world, *state);
    flash_hold(true);
    assert_true(hear_of(&world, THIRD, &error));
    flash_wait();
    assert_trusted(&world, "Old");
    flash_hold(false);
    pp_jobs_wait(world.agent.jobs);
    assert_trusted(&world, "Third Old");
    end(&world);
}

/* The signed word is the last. */
static void target_on_its_way_to_flash_is_not_replaced_by_a_servers_answer(void **state) {
    struct world world;
    struct pp_error error = {0};
    begin(&world, *state);
    flash_hold(true);
    take_target(&world, NEW);
    flash_wait();
    assert_true(hear_of(&world, THIRD, &error));
    flash_hold(false);
    pp_jobs_wait(world.agent.jobs);
    assert_true(world.agent.authority.set.record.by_target);
    assert_trusted(&world, "New");
    end(&world);
}

/* A root with so long a text that four of them are more than a record takes; and what OLD has signed for it. */
static void make_long(struct world *world, X509 *out[2]) {
    static char comment[6401];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    memset(comment, 'x', sizeof comment - 1);
    for (int i = 0; i < 2; i++) {
        EVP_PKEY *signer = i ? world->roots[OLD].key : key;
        out[i] = test_certificate("Root", key, "Root", signer, TEST_CA, TEST_USAGE, TEST_YEAR);
        if (i == 0)
            test_add_extension(out[i], NID_netscape_comment, comment);
        assert_true(X509_sign(out[i], signer, EVP_sha256()) > 0);
    }
    EVP_PKEY_free(key);
}

static bool hear_of_long(struct world *world, struct pp_error *error) {
    X509 *list[3] = {world->roots[OLD].root};
    make_long(world, list + 1);
    bool taken = take_answer(world, list, 3, error);
    X509_free(list[1]);
    X509_free(list[2]);
    return taken;
}

/* And the one before it, which is on its way, is not lost. */
static void record_of_a_server_that_is_too_long_is_dropped(void **state) {
    struct world world;
    struct pp_error error = {0};
    begin(&world, *state);
    for (int i = 0; i < 3; i++) {
        assert_true(hear_of_long(&world, &error));
        pp_jobs_wait(world.agent.jobs);
    }
    flash_hold(true);
    assert_true(hear_of(&world, THIRD, &error));
    flash_wait();
    assert_false(hear_of_long(&world, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    flash_hold(false);
    pp_jobs_wait(world.agent.jobs);
    assert_trusted(&world, "Third Old");
    assert_int_equal(world.agent.authority.keep, AUTHORITY_KEPT); /* a renewal does not wait for it */
    assert_false(net_timer_is_running(&world.agent.authority.keep_timer));
    end(&world);
}

/* The end of an earlier write says nothing of it. */
static void record_whose_write_was_not_begun_counts_for_nothing(void **state) {
    struct world world;
    begin(&world, *state);
    flash_hold(true);
    take_target(&world, NEW);
    flash_wait();
    world.agent.authority.keep = AUTHORITY_UNKEPT;
    flash_hold(false);
    pp_jobs_wait(world.agent.jobs);
    assert_int_equal(world.agent.authority.keep, AUTHORITY_UNKEPT);
    assert_trusted(&world, "Old");
    end(&world);
}

/* By an erase there is no director any more, nor a vault. */
static void nothing_takes_effect_after_the_stop_and_it_goes_on_with_the_next_start(void **state) {
    struct world world;
    begin(&world, *state);
    flash_hold(true);
    take_target(&world, NEW);
    flash_wait();
    authority_stop(&world.agent);
    flash_hold(false);
    pp_jobs_wait(world.agent.jobs);
    assert_trusted(&world, "Old");
    authority_start(&world.agent);
    pp_jobs_wait(world.agent.jobs);
    assert_trusted(&world, "New");
    flash_fail(1);
    take_target(&world, THIRD);
    pp_jobs_wait(world.agent.jobs);
    assert_true(net_timer_is_running(&world.agent.authority.keep_timer));
    authority_stop(&world.agent);
    assert_false(net_timer_is_running(&world.agent.authority.keep_timer));
    end(&world);
}

static void hear_nothing(void *arg) {
    (void)arg;
}

static void hear_no_end(void *arg, const struct pp_error *failure) {
    (void)arg, (void)failure;
}

/* A person has approved it meanwhile: of the two ways to a certificate there is one at a time. */
static void renewal_that_waited_for_it_and_is_given_up_for_an_approval_is_looked_at_again(void **state) {
    struct world world;
    const struct screen *screen = *state;
    const struct access_session_config session = {.loop = screen->loop,
                                                  .client = screen->client,
                                                  .vault = screen->vault,
                                                  .time = pp_wall_clock_source(&world.agent.floors.clock),
                                                  .on_ready = hear_nothing};
    const struct est_config approval = {.loop = screen->loop,
                                        .client = screen->client,
                                        .identity = screen->identity,
                                        .authorities = screen->authorities,
                                        .on_done = hear_no_end};
    begin(&world, *state);
    struct agent *agent = &world.agent;
    agent->connection.session = access_session_start(&session, NULL);
    flash_hold(true);
    take_target(&world, NEW);
    flash_wait();
    agent->authority.renewal_waits = true;
    agent->enrolment.est = est_enroll_start(&approval, "token", NULL);
    assert_true(agent->connection.session && agent->enrolment.est);
    flash_hold(false);
    pp_jobs_wait(agent->jobs);
    assert_null(agent->connection.renewal.est);
    assert_true(net_timer_is_running(&agent->connection.renewal.timer));
    est_cancel(pp_steal(&agent->enrolment.est)); /* it came to nothing */
    connection_stop(agent);
    end(&world);
}

static int losses_told;

static void count_loss(void *arg, enum pp_log_level level, const char *text) {
    (void)arg, (void)level;
    losses_told += strstr(text, "vault-rollback: record \"authorities\"") != NULL;
}

static int losses_at_a_restart(struct world *world) {
    close_agent(&world->agent);
    screen_reopen(world->screen);
    open_agent(world);
    losses_told = 0;
    pp_log_set_tap(count_loss, NULL);
    keeping_find_lock(&world->agent);
    pp_log_set_tap(NULL, NULL);
    return losses_told;
}

/* Whoever takes it away has those trusted again that it had retired: that is told. */
static void record_that_was_lost_is_told_as_a_rollback(void **state) {
    struct world world;
    begin(&world, *state);
    assert_int_equal(losses_at_a_restart(&world), 0);
    take_target(&world, NEW);
    pp_jobs_wait(world.agent.jobs);
    assert_int_equal(losses_at_a_restart(&world), 0);
    assert_trusted(&world, "New");
    assert_true(vault_remove(world.screen->vault, AUTHORITIES_VAULT_RECORD, NULL));
    assert_int_equal(losses_at_a_restart(&world), 1);
    assert_trusted(&world, "Old");
    take_target(&world, NEW);
    pp_jobs_wait(world.agent.jobs);
    assert_int_equal(losses_at_a_restart(&world), 0);
    end(&world);
}

/* One of a version that did not note it, or where the power was cut before that. */
static void record_that_is_there_at_the_start_is_noted(void **state) {
    struct world world;
    begin(&world, *state);
    take_target(&world, NEW);
    pp_jobs_wait(world.agent.jobs);
    world.agent.floors.authorities = false;
    assert_true(floors_set_lock(&world.agent.floors, LOCK_OFFLINE, NULL));
    pp_jobs_wait(world.agent.jobs);
    assert_int_equal(losses_at_a_restart(&world), 0);
    assert_false(world.agent.floors.authorities);
    authority_start(&world.agent);
    pp_jobs_wait(world.agent.jobs);
    assert_true(vault_remove(world.screen->vault, AUTHORITIES_VAULT_RECORD, NULL));
    assert_int_equal(losses_at_a_restart(&world), 1);
    end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        authority_test(what_is_told_counts_once_it_is_on_flash),
        authority_test(target_on_its_way_to_flash_is_not_replaced_by_a_servers_answer),
        authority_test(record_of_a_server_that_is_too_long_is_dropped),
        authority_test(record_whose_write_was_not_begun_counts_for_nothing),
        authority_test(renewal_that_waited_for_it_and_is_given_up_for_an_approval_is_looked_at_again),
        authority_test(nothing_takes_effect_after_the_stop_and_it_goes_on_with_the_next_start),
        authority_test(record_that_was_lost_is_told_as_a_rollback),
        authority_test(record_that_is_there_at_the_start_is_noted),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
