/* agent/control.h: a state whose opening takes its time, and what becomes of it when another one comes. */
#include "support/screen.h"

#include <pthread.h>

#include "agent/agent_internal.h"
#include "jose/jws.h"

/* ---- A key that answers when it is let: what keeps its thread busy ---- */

struct held_key {
    struct pp_job job;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;
};

static void run_held(struct pp_job *job) {
    struct held_key *key = (struct held_key *)job;
    pthread_mutex_lock(&key->lock);
    while (key->held)
        pthread_cond_wait(&key->changed, &key->lock);
    pthread_mutex_unlock(&key->lock);
}

static void held_done(struct pp_job *job) {
    (void)job;
}

/* ---- An agent with what a state needs ---- */

struct stage {
    struct agent agent;
    struct held_key held;
    struct crypto_key *signer;
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
};

static cJSON *make_status(void *arg) {
    (void)arg;
    return cJSON_CreateObject();
}

static void take_control_key(struct stage *stage) {
    uint8_t point[CRYPTO_POINT_SIZE];
    stage->signer = crypto_key_generate(NULL);
    assert_true(crypto_key_public_point(stage->signer, point, NULL));
    assert_true(jwk_thumbprint_text(point, stage->kid, NULL));
    pp_autojson cJSON *jwk = jwk_from_point(point, NULL);
    cJSON_AddStringToObject(jwk, "kid", stage->kid);
    cJSON_AddStringToObject(jwk, "use", "sig");
    cJSON_AddStringToObject(jwk, "alg", "ES256");
    pp_autojsontext char *text = cJSON_PrintUnformatted(jwk);
    char set[1024];
    snprintf(set, sizeof set, "{\"keys\":[%s]}", text);
    assert_true(control_keys_read(set, strlen(set), &stage->agent.control.keys, NULL));
}

static void begin(struct stage *stage, struct screen *screen) {
    const struct reporter_config reporter = {.loop = screen->loop,
                                             .client = screen->client,
                                             .vault = screen->vault,
                                             .state_dir = screen->folder,
                                             .make_status = make_status};
    const struct director_config director = {.loop = screen->loop,
                                             .player_socket = "/nonexistent/player",
                                             .renderers = {.folder = "/nonexistent"}};
    *stage = (struct stage){.held = {.job = {.run = run_held, .done = held_done}, .held = true}};
    struct agent *agent = &stage->agent;
    agent->state = AGENT_CONNECTING;
    agent->loop = screen->loop;
    agent->client = screen->client;
    agent->vault = screen->vault;
    agent->identity = screen->identity;
    agent->agreement = agreement_load_or_create(screen->vault, NULL);
    agent->reporter = reporter_create(&reporter, NULL);
    agent->director = director_create(&director, NULL);
    agent->keys = pp_jobs_create("keys", NULL);
    assert_true(agent->agreement && agent->reporter && agent->director && agent->keys);
    assert_true(floors_load(&agent->floors, screen->vault, NULL, NULL));
    pthread_mutex_init(&stage->held.lock, NULL);
    pthread_cond_init(&stage->held.changed, NULL);
    take_control_key(stage);
    pp_jobs_add(agent->keys, &stage->held.job);
}

/* The key answers; what was asked of it has come to its end. */
static void release(struct stage *stage) {
    pthread_mutex_lock(&stage->held.lock);
    stage->held.held = false;
    pthread_cond_broadcast(&stage->held.changed);
    pthread_mutex_unlock(&stage->held.lock);
    pp_jobs_wait(stage->agent.keys);
}

static void end(struct stage *stage) {
    struct agent *agent = &stage->agent;
    release(stage);
    control_close(&agent->control);
    pp_jobs_destroy(agent->keys);
    director_destroy(agent->director);
    reporter_destroy(agent->reporter);
    agreement_destroy(agent->agreement);
    floors_finish(&agent->floors);
    crypto_key_destroy(stage->signer);
    pthread_cond_destroy(&stage->held.changed);
    pthread_mutex_destroy(&stage->held.lock);
}

/* A state that says which request it answers, offered as the answer to "asked": it is opened, and then refused. */
static bool offer(struct stage *stage, int version, struct pp_error *error) {
    pp_autobuf struct pp_buf token = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    const struct jws_signer signer = {.key = stage->signer, .kid = stage->kid, .typ = "pingplay-state"};
    char text[512];
    snprintf(text, sizeof text,
             "{\"format\":2,\"aud\":\"d-1\",\"version\":%d,\"iat\":1767600000,\"exp\":1770278400,\"nonce\":"
             "\"other\","
             "\"name\":\"\",\"site\":\"\",\"time_zone\":\"UTC\",\"locale\":\"fr\",\"channel\":null,"
             "\"settings\":{},"
             "\"commands\":[]}",
             version);
    assert_true(jws_sign(&signer, text, strlen(text), &token, NULL));
    return control_open_state(&stage->agent, token.data, token.size, "asked", error);
}

static void run_overdue(struct agent *agent) {
    struct net_timer *timer = &agent->control.opening.overdue;
    assert_true(net_timer_is_running(timer));
    net_timer_stop(timer);
    timer->callback(timer->arg);
}

static void assert_trouble(const struct stage *stage, enum pp_code code, const char *message) {
    assert_string_equal(stage->agent.troubles.headend.message, message);
    assert_int_equal(stage->agent.troubles.headend.code, code);
}

static const char silent[] = "state: the agreement key does not answer, not for 20 s";

/* ---- Tests ---- */

static void a_state_that_comes_while_a_dropped_one_is_opened_waits_for_its_end(void **state) {
    struct stage stage;
    struct pp_error error = {0};
    begin(&stage, *state);
    assert_true(offer(&stage, 7, &error));
    assert_true(control_drop_state(&stage.agent.control)); /* another way to the headend, say */
    bool taken = offer(&stage, 8, &error);
    assert_string_equal(error.message, "");
    assert_true(taken);
    assert_trouble(&stage, PP_OK, "");
    release(&stage);
    assert_trouble(&stage, PP_E_ROLLBACK, "state: version 8 is the answer to another request");
    end(&stage);
}

static void of_several_that_were_dropped_the_last_one_counts(void **state) {
    struct stage stage;
    struct pp_error error = {0};
    begin(&stage, *state);
    for (int version = 7; version <= 9; version++) {
        assert_true(offer(&stage, version, &error));
        assert_true(version == 9 || control_drop_state(&stage.agent.control));
    }
    release(&stage);
    assert_trouble(&stage, PP_E_ROLLBACK, "state: version 9 is the answer to another request");
    end(&stage);
}

static void nothing_comes_of_one_that_waits_and_is_dropped_too(void **state) {
    struct stage stage;
    struct pp_error error = {0};
    begin(&stage, *state);
    for (int version = 7; version <= 8; version++) {
        assert_true(offer(&stage, version, &error));
        assert_true(control_drop_state(&stage.agent.control));
        assert_false(control_drop_state(&stage.agent.control));
    }
    release(&stage);
    assert_trouble(&stage, PP_OK, "");
    /* And the next is opened as ever. */
    assert_true(offer(&stage, 9, &error));
    release(&stage);
    assert_trouble(&stage, PP_E_ROLLBACK, "state: version 9 is the answer to another request");
    end(&stage);
}

static void key_that_does_not_answer_in_time_is_told_whoever_waits_for_it(void **state) {
    for (int waits = 0; waits < 2; waits++) {
        struct stage stage;
        struct pp_error error = {0};
        begin(&stage, *state);
        assert_true(offer(&stage, 7, &error));
        if (waits) {
            assert_true(control_drop_state(&stage.agent.control));
            assert_true(offer(&stage, 8, &error));
        }
        run_overdue(&stage.agent);
        assert_trouble(&stage, PP_E_TPM_ABSENT, silent);
        /* The next is not taken before it has answered. */
        assert_false(offer(&stage, 9, &error));
        assert_int_equal(error.code, PP_E_TPM_ABSENT);
        release(&stage);
        assert_trouble(&stage, PP_E_TPM_ABSENT, silent);
        assert_true(offer(&stage, 9, &error));
        release(&stage);
        assert_trouble(&stage, PP_E_ROLLBACK, "state: version 9 is the answer to another request");
        end(&stage);
    }
}

/* Nobody noticed while nobody waited. */
static void time_of_one_that_was_dropped_counts_for_the_next(void **state) {
    struct stage stage;
    struct pp_error error = {0};
    begin(&stage, *state);
    assert_true(offer(&stage, 7, &error));
    int64_t due_ms = stage.agent.control.opening.overdue.due_ms;
    assert_true(control_drop_state(&stage.agent.control));
    assert_true(offer(&stage, 8, &error));
    assert_int_equal(stage.agent.control.opening.overdue.due_ms, due_ms);
    end(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        screen_test(a_state_that_comes_while_a_dropped_one_is_opened_waits_for_its_end),
        screen_test(of_several_that_were_dropped_the_last_one_counts),
        screen_test(nothing_comes_of_one_that_waits_and_is_dropped_too),
        screen_test(key_that_does_not_answer_in_time_is_told_whoever_waits_for_it),
        screen_test(time_of_one_that_was_dropped_counts_for_the_next),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
