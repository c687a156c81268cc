/*
 * Drives firmware/identity and firmware/access from the command line, without an agent, for tests.
 *
 *   pingplay-enrol-test --state DIR --url URL --ca FILE [--renew]
 *       the whole way in: device key, cacerts, code, token, certificate, session, one request of the state;
 * what is already in the vault is used. With --renew the certificate is renewed before the session.
 *
 *   pingplay-enrol-test --state DIR --url URL --ca FILE --credentials NAME:PASSWORD
 *       at an EST server that knows nothing of codes: device key, cacerts, certificate, and the same once renewed.
 *
 * One line of JSON for each event; ends (exit 0) after "state", or (exit 1) when the certificate or the
 * session is refused. Secrets are printed: it is for tests.
 */
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>

#include "access/enrol.h"
#include "access/session.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "identity/agreement.h"
#include "identity/authorities.h"
#include "identity/est.h"
#include "net/problem.h"

struct program {
    const char *state, *url, *ca;
    const char *credentials;
    bool renewed; /* with credentials: the second certificate is here */
    bool renew;
    struct vault *vault;
    struct identity *identity;
    struct agreement *agreement;
    struct net_loop *loop;
    struct net_authorities *authorities;
    struct net_client *client;
    struct access_enrol *enrol;
    struct access_session *session;
    int status; /* of the program */
};

/* Prints {"event": …, and each name with its text}; takes pairs, ended by NULL. */
static void tell(const char *event, const char *const *pairs) {
    pp_autojson cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "event", event);
    for (; *pairs; pairs += 2)
        cJSON_AddStringToObject(line, pairs[0], pairs[1]);
    pp_autojsontext char *text = cJSON_PrintUnformatted(line);
    puts(text);
    fflush(stdout);
}
#define TELL(event, ...) tell(event, (const char *const[]){__VA_ARGS__, NULL})

static void tell_error(const char *event, const struct pp_error *error) {
    TELL(event, "code", pp_code_name(error->code), "message", error->message);
}

static void end(struct program *program, int status) {
    program->status = status;
    net_loop_stop(program->loop);
}

static void on_state(void *arg, const struct net_response *response) {
    struct program *program = arg;
    struct pp_error error = {0};
    bool good = net_response_check(response, &error);
    if (good)
        TELL("state", "document", pp_buf_text(&response->body));
    else
        tell_error("state", &error);
    end(program, !good);
}

static void on_session(void *arg) {
    struct program *program = arg;
    struct pp_error error = {0};
    struct net_request request = {
        .path = "/v1/state", .send_cookie = true, .use_identity = true, .on_done = on_state, .arg = program};
    TELL("session", "cookie", access_session_cookie(program->session));
    if (net_client_start(program->client, &request, &error))
        return;
    tell_error("failure", &error);
    end(program, 1);
}

static void on_session_trouble(void *arg, const struct pp_error *error, int status,
                               enum access_refusal refusal) {
    (void)status;
    (void)refusal;
    struct program *program = arg;
    tell_error("session-trouble", error);
    if (error->code == PP_E_DENIED)
        end(program, 1);
}

static bool set_identity(struct program *program, struct pp_error *error) {
    return net_client_set_identity(program->client, identity_certificate_pem(program->identity),
                                   identity_key(program->identity), error);
}

/* No control key is known here, and none counts. */
static enum access_refusal refusal_of(void *arg, const struct net_response *response, const char *nonce) {
    (void)arg;
    (void)response;
    (void)nonce;
    return ACCESS_REFUSAL_NONE;
}

static struct net_draft *announce(void *arg, struct pp_error *error) {
    const struct program *program = arg;
    return agreement_announce(program->agreement, program->identity, "pingplay-headend",
                              pp_clock_realtime_s(), error);
}

static void start_session(struct program *program) {
    struct pp_error error = {0};
    struct access_session_config config = {.loop = program->loop,
                                           .client = program->client,
                                           .vault = program->vault,
                                           .on_ready = on_session,
                                           .on_trouble = on_session_trouble,
                                           .announce = announce,
                                           .refusal_of = refusal_of,
                                           .arg = program};
    if (set_identity(program, &error))
        program->session = access_session_start(&config, &error);
    if (program->session)
        return;
    tell_error("failure", &error);
    end(program, 1);
}

/* Nothing of it is kept: it is to be none that the configured authority would refuse. */
static bool take_authorities(void *arg, const uint8_t *pkcs7, size_t size, struct pp_error *error) {
    const struct program *program = arg;
    struct authorities set = {0};
    struct authority_record next = {0};
    char told[PP_ERROR_MESSAGE_MAX];
    if (!authorities_open(&set, program->ca, NULL, error))
        return false;
    bool good = authorities_take_answer(&set, pkcs7, size, pp_clock_realtime_s(), &next, told, error) ||
                error->code == PP_E_STATE;
    authority_record_finish(&next);
    authorities_finish(&set);
    return good;
}

static struct est_config est_config_of(struct program *program,
                                       void (*on_done)(void *, const struct pp_error *));
static void on_certificate(void *arg, const struct pp_error *error);

/* By the certificate alone: the password was for the first. */
static void renew_once(struct program *program) {
    struct pp_error error = {0};
    struct est_config config = est_config_of(program, on_certificate);
    bool again = !program->renewed;
    program->renewed = true;
    if (!again) {
        end(program, 0);
    } else if (!set_identity(program, &error) || !est_reenroll_start(&config, &error)) {
        tell_error("failure", &error);
        end(program, 1);
    }
}

static void on_certificate(void *arg, const struct pp_error *error) {
    struct program *program = arg;
    char not_after[PP_RFC3339_SIZE] = "";
    if (error) {
        tell_error("refused", error);
        end(program, 1);
        return;
    }
    pp_time_format(identity_not_after(program->identity), not_after);
    TELL("certificate", "device", identity_device_id(program->identity), "not_after", not_after, "chain",
         identity_certificate_pem(program->identity));
    if (program->credentials)
        renew_once(program);
    else
        start_session(program);
}

static void on_est_wait(void *arg, int64_t wait_ms, const struct pp_error *why) {
    (void)arg;
    (void)wait_ms;
    TELL("est-wait", "message", why ? why->message : "");
}

static struct est_config est_config_of(struct program *program,
                                       void (*on_done)(void *, const struct pp_error *)) {
    return (struct est_config){.loop = program->loop,
                               .client = program->client,
                               .identity = program->identity,
                               .authorities = program->authorities,
                               .on_done = on_done,
                               .on_wait = on_est_wait,
                               .take_authorities = take_authorities,
                               .arg = program};
}

static void on_code(void *arg, const struct access_code *code) {
    (void)arg;
    TELL("code", "user_code", code->user_code, "uri", code->verification_uri, "complete",
         code->verification_uri_complete);
}

static void on_token(void *arg, const char *token) {
    struct program *program = arg;
    struct pp_error error = {0};
    struct est_config config = est_config_of(program, on_certificate);
    TELL("token", "token", token);
    if (est_enroll_start(&config, token, &error))
        return;
    tell_error("failure", &error);
    end(program, 1);
}

static void on_trouble(void *arg, enum access_trouble trouble, const struct pp_error *error) {
    static const char *const kinds[] = {[ACCESS_TROUBLE_NETWORK] = "network",
                                        [ACCESS_TROUBLE_SERVER] = "server",
                                        [ACCESS_TROUBLE_EXPIRED] = "expired",
                                        [ACCESS_TROUBLE_DENIED] = "denied"};
    (void)arg;
    TELL("trouble", "kind", kinds[trouble], "message", error->message);
}

static bool start_enrolment(struct program *program, struct pp_error *error) {
    struct access_enrol_config config = {.loop = program->loop,
                                         .client = program->client,
                                         .jwk_thumbprint = identity_thumbprint(program->identity),
                                         .on_code = on_code,
                                         .on_token = on_token,
                                         .on_trouble = on_trouble,
                                         .arg = program};
    program->enrol = access_enrol_start(&config, error);
    return program->enrol;
}

static bool enroll_by_password(struct program *program, struct pp_error *error) {
    struct est_config config = est_config_of(program, on_certificate);
    struct pp_secret_text *credentials = pp_secret_text_create(program->credentials, error);
    config.credentials = credentials;
    struct est *est = credentials ? est_enroll_start(&config, NULL, error) : NULL;
    pp_secret_text_destroy(credentials);
    return est;
}

static void on_authorities(void *arg, const struct pp_error *error) {
    struct program *program = arg;
    struct pp_error failure = {0};
    if (error)
        tell_error("cacerts", error);
    else
        TELL("cacerts", "message", "");
    bool started = !error && (program->credentials ? enroll_by_password(program, &failure)
                                                   : start_enrolment(program, &failure));
    if (!started)
        end(program, 1);
}

static bool start(struct program *program, struct pp_error *error) {
    TELL("key", "thumbprint", identity_thumbprint(program->identity), "words",
         identity_fingerprint_words(program->identity));
    if (!identity_has_certificate(program->identity)) {
        struct est_config config = est_config_of(program, on_authorities);
        return est_cacerts_start(&config, error);
    }
    if (!program->renew) {
        start_session(program);
        return true;
    }
    struct est_config config = est_config_of(program, on_certificate);
    return set_identity(program, error) && est_reenroll_start(&config, error);
}

static bool set_up(struct program *program, struct pp_error *error) {
    struct net_client_config config = {.base_url = program->url, .ca_file = program->ca};
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_TRUST_PEM_MAX);
    program->status = 1;
    if (!pp_file_read(AT_FDCWD, program->ca, &pem, error))
        return pp_wrap(error, "trusted authorities");
    program->authorities = net_authorities_create(pp_buf_text(&pem), NULL, 0, error);
    if (!program->authorities)
        return false;
    program->vault = vault_open(program->state, NULL, error);
    program->identity = program->vault ? identity_load_or_create(program->vault, error) : NULL;
    program->agreement = program->identity ? agreement_load_or_create(program->vault, error) : NULL;
    program->loop = program->agreement ? net_loop_create(error) : NULL;
    program->client = program->loop ? net_client_create(program->loop, &config, error) : NULL;
    return program->client;
}

static void tear_down(struct program *program) {
    access_session_destroy(program->session);
    access_enrol_destroy(program->enrol);
    net_client_destroy(program->client);
    net_loop_destroy(program->loop);
    agreement_destroy(program->agreement);
    identity_destroy(program->identity);
    vault_close(program->vault);
    net_authorities_destroy(program->authorities);
}

int main(int argc, char **argv) {
    struct program program = {.status = 1};
    struct pp_error error = {0};
    int first = 0;
    const struct pp_option options[] = {{"state", PP_OPTION_STRING, &program.state},
                                        {"url", PP_OPTION_STRING, &program.url},
                                        {"ca", PP_OPTION_STRING, &program.ca},
                                        {"renew", PP_OPTION_FLAG, &program.renew},
                                        {"credentials", PP_OPTION_STRING, &program.credentials},
                                        {NULL, PP_OPTION_FLAG, NULL}};
    if (!pp_options_parse(options, argc, argv, &first, &error) || first != argc || !program.state ||
        !program.url || !program.ca) {
        fprintf(stderr, "usage: pingplay-enrol-test --state DIR --url URL --ca FILE [--renew]\n");
        return 2;
    }
    if (!set_up(&program, &error) || !start(&program, &error) || !net_loop_run(program.loop, &error))
        tell_error("failure", &error);
    tear_down(&program);
    return program.status;
}
