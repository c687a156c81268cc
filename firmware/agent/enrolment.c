#include "agent/enrolment.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "agent/est_credentials.h"
#include "base/log.h"

static void on_code(void *arg, const struct access_code *code) {
    struct agent *agent = arg;
    struct agent_enrolment *enrolment = &agent->enrolment;
    snprintf(enrolment->user_code, sizeof enrolment->user_code, "%s", code->user_code);
    snprintf(enrolment->address, sizeof enrolment->address, "%s", code->verification_uri);
    snprintf(enrolment->qr, sizeof enrolment->qr, "%s",
             *code->verification_uri_complete ? code->verification_uri_complete : code->verification_uri);
    trouble_handle(agent, TROUBLE_CODE_GIVEN, &agent->troubles.code);
    pp_log_info("enrol this screen at %s with the code %s; its fingerprint is %s", enrolment->address,
                enrolment->user_code, identity_fingerprint_words(agent->identity));
    agent_handle(agent, AGENT_CODE_GIVEN);
}

/* Whoever approved has to be told why another code is shown: the reason stays beside it. */
static void enrolment_failed(struct agent *agent, const struct pp_error *why) {
    agent->enrolment.approval = APPROVAL_NONE;
    trouble_handle(agent, TROUBLE_APPROVAL_FAILED, why);
    trouble_handle(agent, TROUBLE_ENROLMENT, why);
    agent_handle(agent, AGENT_ENROLMENT_FAILED);
}

void enrolment_restart(struct agent_enrolment *enrolment) {
    *enrolment->user_code = 0;
    access_enrol_restart(enrolment->enrol);
}

bool enrolment_waits(const struct agent_enrolment *enrolment) {
    return enrolment->approval == APPROVAL_WAITS || enrolment->approval == APPROVAL_KEPT;
}

/* ---- An approval whose certificate is not ready ---- */

/* Perhaps not for days: nobody has to approve again because the mains plug was pulled. */
static void keep_token(struct agent_enrolment *enrolment, struct vault *vault) {
    const char *token = pp_secret_text(enrolment->token);
    struct pp_error error = {0};
    if (!token || enrolment->approval == APPROVAL_KEPT)
        return;
    if (vault_put_later(vault, ENROLMENT_TOKEN_RECORD, token, strlen(token), NULL, NULL, &error))
        enrolment->approval = APPROVAL_KEPT;
    else
        pp_log_warning("the approval would not outlive a restart: %s", error.message);
}

void enrolment_forget_token(struct agent_enrolment *enrolment, struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(ACCESS_TOKEN_MAX);
    struct pp_error error = {0};
    pp_secret_text_destroy(pp_steal(&enrolment->token));
    enrolment->approval = APPROVAL_NONE;
    bool none = !vault_get(vault, ENROLMENT_TOKEN_RECORD, &kept, &error) && error.code == PP_E_NOTFOUND;
    if (!none && !vault_remove_later(vault, ENROLMENT_TOKEN_RECORD, NULL, NULL, &error))
        pp_log_warning("record \"%s\" is still kept: %s", ENROLMENT_TOKEN_RECORD, error.message);
}

static bool load_token(struct vault *vault, struct pp_buf *token) {
    struct pp_error error = {0};
    bool found = vault_get(vault, ENROLMENT_TOKEN_RECORD, token, &error);
    if (!found && error.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", ENROLMENT_TOKEN_RECORD, error.message);
    return found;
}

void enrolment_give_up(struct agent *agent) {
    pp_log_warning("the approval that waited for its certificate is given up");
    est_cancel(pp_steal(&agent->enrolment.est));
    enrolment_forget_token(&agent->enrolment, agent->vault);
    trouble_handle(agent, TROUBLE_OVER_APPROVAL_GIVEN_UP, NULL);
    agent_handle(agent, AGENT_ENROLMENT_FAILED);
}

static void on_enrolled(void *arg, const struct pp_error *failure) {
    struct agent *agent = arg;
    agent->enrolment.est = NULL;
    enrolment_forget_token(&agent->enrolment, agent->vault);
    if (failure) {
        enrolment_failed(agent, failure);
        return;
    }
    struct pp_error error = {0};
    trouble_handle(agent, TROUBLE_OVER_CERTIFIED, NULL);
    est_credentials_forget(&agent->config, agent->vault, &agent->enrolment.credentials);
    reporter_event(agent->reporter, "enrolled", "certificate of device %s",
                   identity_device_id(agent->identity));
    enrolment_stop(agent);
    if (strcmp(agent->document.audience, identity_device_id(agent->identity)) != 0)
        connection_forget_document(agent);
    if (!floors_reset(&agent->floors, identity_not_before(agent->identity), &error))
        pp_log_warning("%s", error.message);
    agent_handle(agent, AGENT_CERTIFIED);
    network_key_changed(agent);
}

static void on_est_wait(void *arg, int64_t wait_ms, const struct pp_error *why) {
    struct agent *agent = arg;
    struct agent_enrolment *enrolment = &agent->enrolment;
    if (enrolment->approval == APPROVAL_ON_ITS_WAY)
        enrolment->approval = APPROVAL_WAITS;
    if (why) {
        trouble_handle(agent, TROUBLE_CERTIFICATE_WAITS, why);
        return;
    }
    keep_token(enrolment, agent->vault);
    pp_log_info("the certificate is not ready; asking again in %lld s", (long long)wait_ms / 1000);
    trouble_handle(agent, TROUBLE_OVER_CERTIFICATE_ON_ITS_WAY, NULL);
    agent_update_screen(agent);
}

static void on_token(void *arg, const char *token) {
    struct agent *agent = arg;
    struct agent_enrolment *enrolment = &agent->enrolment;
    struct est_config config = {
        .loop = agent->loop,
        .client = agent->client,
        .identity = agent->identity,
        .time = pp_wall_clock_system_source(&agent->floors.clock),
        .authorities = agent->authority.set.shared,
        .credentials = enrolment->credentials,
        .on_done = on_enrolled,
        .on_wait = on_est_wait,
        .arg = agent,
    };
    struct pp_error error = {0};
    pp_secret_text_destroy(pp_steal(&enrolment->token));
    enrolment->token = pp_secret_text_create(token, NULL); /* without it, it is only not kept */
    trouble_handle(agent, TROUBLE_OVER_APPROVED, NULL);
    agent_handle(agent, AGENT_APPROVED);
    connection_put_off_renewal(agent);
    if (enrolment->approval != APPROVAL_KEPT)
        enrolment->approval = APPROVAL_ON_ITS_WAY;
    enrolment->est = est_enroll_start(&config, token, &error);
    if (!enrolment->est)
        enrolment_failed(agent, &error);
}

static void on_enrol_trouble(void *arg, enum access_trouble trouble, const struct pp_error *error) {
    static const enum trouble_event events[] = {
        [ACCESS_TROUBLE_NETWORK] = TROUBLE_ENROLMENT_NETWORK,
        [ACCESS_TROUBLE_SERVER] = TROUBLE_ENROLMENT_SERVER,
        [ACCESS_TROUBLE_DENIED] = TROUBLE_ENROLMENT_DENIED,
    };
    struct agent *agent = arg;
    struct agent_enrolment *enrolment = &agent->enrolment;
    if (trouble == ACCESS_TROUBLE_EXPIRED) {
        pp_log_info("nobody approved the code in time; a new one follows");
        return;
    }
    bool ended = *enrolment->user_code && !access_enrol_has_code(enrolment->enrol);
    if (ended)
        *enrolment->user_code = 0;
    trouble_handle(agent, events[trouble], error);
    if (ended)
        agent_handle(agent, AGENT_CODE_ENDED);
}

bool enrolment_start(struct agent *agent, struct pp_error *error) {
    struct agent_enrolment *enrolment = &agent->enrolment;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(ACCESS_TOKEN_MAX);
    struct access_enrol_config config = {
        .loop = agent->loop,
        .client = agent->client,
        .jwk_thumbprint = identity_thumbprint(agent->identity),
        .on_code = on_code,
        .on_token = on_token,
        .on_trouble = on_enrol_trouble,
        .arg = agent,
    };
    if (enrolment->enrol)
        return true;
    config.waits = load_token(agent->vault, &token);
    trouble_handle(agent, TROUBLE_ENROLMENT_BEGUN, &agent->troubles.headend);
    enrolment->enrol = access_enrol_start(&config, error);
    if (!enrolment->enrol)
        return false;
    enrolment->approval = config.waits ? APPROVAL_KEPT : APPROVAL_NONE;
    if (config.waits) /* it was approved before the last stop */
        on_token(agent, pp_buf_text(&token));
    return true;
}

void enrolment_stop(struct agent *agent) {
    struct agent_enrolment *enrolment = &agent->enrolment;
    est_cancel(pp_steal(&enrolment->est));
    access_enrol_destroy(pp_steal(&enrolment->enrol));
    pp_secret_text_destroy(pp_steal(&enrolment->token));
    pp_wipe(enrolment->user_code, sizeof enrolment->user_code);
    enrolment->approval = APPROVAL_NONE;
    trouble_handle(agent, TROUBLE_OVER_ENROLMENT, NULL);
}
