#include "agent/connection.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/log.h"

/* ---- The state document ---- */

static void document_apply(struct agent *agent, const struct state_document *document) {
    agent->document = *document;
    messages_hear_state(agent);
    access_state_follow(agent);
    director_set_time_zone(agent->director, document->time_zone);
    director_set_rotation(agent->director, document->rotation);
    content_follow(agent);
    proxy_follow(agent, &document->proxy);
    reporter_status_changed(agent->reporter);
    agent_update_screen(agent);
    commands_take(agent);
}

/* Only of a channel that stays: another one has another. */
static void tell_channel_key(const struct agent *agent, const struct state_document *next) {
    const struct state_document *now = &agent->document;
    if (now->floor.version && now->has_channel && next->has_channel &&
        strcmp(now->channel, next->channel) == 0 &&
        memcmp(now->channel_key, next->channel_key, sizeof now->channel_key) != 0)
        reporter_event(agent->reporter, "key-changed", "channel key: of channel %s", next->channel);
}

/* The one that was opened: what was opened of it stands for it as long as it is in effect. */
static bool document_take(struct agent *agent, struct pp_error *error) {
    struct agent_control *control = &agent->control;
    struct state_opening *opening = &control->opening;
    struct state_document document = {0};
    bool ok = control_read_payload(agent, &opening->payload, &document, error) &&
              state_document_answers(&document, opening->nonce, error) &&
              floors_check_state(&agent->floors, &document, identity_device_id(agent->identity), error);
    if (ok) {
        tell_channel_key(agent, &document);
        control_take_opened(control);
        keeping_keep(agent, &document, opening->payload.data, opening->payload.size);
        document_apply(agent, &document);
        control_forget_former(control);
    }
    pp_wipe(&document, sizeof document);
    return ok;
}

void connection_restore(struct agent *agent) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    struct pp_error error = {0};
    if (!vault_get(agent->vault, KEEPING_STATE_RECORD, &json, &error)) {
        if (error.code != PP_E_NOTFOUND)
            pp_log_warning("record \"%s\": %s", KEEPING_STATE_RECORD, error.message);
        return;
    }
    /* Offline its end is no reason to stop: the offline policy decides, and by default cached content stays.
     */
    if (!control_read_payload(agent, &json, &agent->document, &error))
        pp_log_warning("record \"%s\": %s", KEEPING_STATE_RECORD, error.message);
    control_drop_channel_key(&agent->control);
    keeping_find_document(&agent->keeping.document, &agent->document.floor);
}

void connection_forget_document(struct agent *agent) {
    struct pp_error error = {0};
    pp_wipe(&agent->document, sizeof agent->document);
    keeping_find_document(&agent->keeping.document, &(struct state_floor){0});
    keeping_forget_document(&agent->keeping.document);
    commands_forget(agent);
    if (!vault_remove_later(agent->vault, KEEPING_STATE_RECORD, NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", KEEPING_STATE_RECORD, error.message);
}

/* ---- The long poll ---- */

static void on_contact(void *arg) {
    struct agent *agent = arg;
    trouble_handle(agent, TROUBLE_OVER_CONTACT, NULL);
    answers_note_contact(agent);
    keeping_hear_state(agent, NULL);
    keeping_ask_for_word(agent);
    agent_handle(agent, AGENT_CONTACT);
    commands_on_contact(&agent->commands);
}

/* It can be reached, to be told why, but what it wants is not in effect. */
static void document_refused(struct agent *agent, const struct pp_error *error) {
    agent_handle(agent, AGENT_NO_CONTACT);
    trouble_handle(agent, TROUBLE_STATE_REFUSED, error);
    answers_note_contact(agent);
    keeping_hear_state(agent, error);
    reporter_set_online(agent->reporter, true);
}

static enum poller_verdict on_state(void *arg, const void *token, size_t size, const char *nonce) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    if (control_open_state(agent, token, size, nonce, &error))
        return POLLER_LATER;
    document_refused(agent, &error);
    return POLLER_REFUSED;
}

void connection_state_opened(struct agent *agent, const struct pp_error *failure) {
    struct pp_error error = failure ? *failure : (struct pp_error){0};
    bool taken = !failure && document_take(agent, &error);
    if (taken)
        agent_handle(agent, AGENT_STATE);
    else
        document_refused(agent, &error);
    if (agent->connection.poller)
        poller_settle(agent->connection.poller, taken);
}

static bool on_dropped(void *arg) {
    struct agent *agent = arg;
    return control_drop_state(&agent->control);
}

/* Session and poll go on with a lock, so that it is opened where the headend takes the screen back. */
static void connection_lost(struct agent *agent, enum access_refusal refusal) {
    static const enum lock_reason locks[] = {
        [ACCESS_REFUSAL_RETIRED] = LOCK_RETIRED,
        [ACCESS_REFUSAL_UNKNOWN] = LOCK_UNKNOWN,
        [ACCESS_REFUSAL_REVOKED] = LOCK_NONE, /* it is asked for a certificate anew, and plays on */
        [ACCESS_REFUSAL_NETWORK] = LOCK_NETWORK,
    };
    enum lock_reason lock = (size_t)refusal < PP_COUNT(locks) ? locks[refusal] : LOCK_NONE;
    reporter_set_online(agent->reporter, false);
    /* The state that opens it may be one that it has had. */
    if (lock == LOCK_NETWORK)
        connection_want_state(&agent->connection);
    if (lock)
        agent_lock(agent, lock);
    else
        agent_handle(agent, AGENT_NO_CONTACT);
}

/* Whether our certificate is not accepted because of its age: it is past its end by our own clock, which
 * alone may be wrong, and the headend refuses it, which alone may pass. 401 is the reference headend's
 * answer, 400 nginx's, and a TLS alert that of a server that verifies in the handshake. 403 is said to a
 * screen that was recognized. */
static bool certificate_has_expired(struct agent *agent, const struct pp_error *error, int status) {
    bool refused = status == 400 || status == 401 || (status == 0 && error->code == PP_E_DENIED);
    return refused && floors_now_s(&agent->floors) > identity_not_after(agent->identity);
}

/* While a code is offered, its own troubles are the ones that are told: they are the same, in other words. */
static void note_trouble(struct agent *agent, enum trouble_event event, const struct pp_error *error) {
    if (!agent->enrolment.enrol)
        trouble_handle(agent, error->code == PP_E_TLS ? TROUBLE_TLS : event, error);
}

static void on_poll_trouble(void *arg, const struct pp_error *error, int status,
                            enum access_refusal refusal) {
    struct agent *agent = arg;
    note_trouble(agent, TROUBLE_CONNECTION, error);
    if (status == 401 || certificate_has_expired(agent, error, status))
        access_session_renew(agent->connection.session);
    connection_lost(agent, refusal);
}

static bool poll_start(struct agent *agent, struct pp_error *error) {
    static const struct poller_events events = {.on_state = on_state,
                                                .on_dropped = on_dropped,
                                                .on_contact = on_contact,
                                                .on_trouble = on_poll_trouble,
                                                .refusal_of = control_refusal_of};
    agent->connection.poller = poller_start(agent->loop, agent->client, &events, agent, error);
    return agent->connection.poller != NULL;
}

static bool poll_restart(struct agent *agent, struct pp_error *error) {
    struct agent_connection *connection = &agent->connection;
    if (!connection->poller)
        return true;
    poller_stop(pp_steal(&connection->poller));
    return poll_start(agent, error);
}

void connection_want_state(struct agent_connection *connection) {
    if (connection->poller)
        poller_forget(connection->poller);
}

void connection_route_changed(struct agent *agent) {
    struct pp_error error = {0};
    if (!poll_restart(agent, &error))
        trouble_handle(agent, TROUBLE_CONNECTION, &error);
    else if (agent->connection.session && !agent->connection.poller)
        access_session_renew(agent->connection.session);
}

/* A connection that works is left alone: it is said of a lease that is renewed, too. */
void connection_network_came(struct agent *agent) {
    enum pp_code trouble = agent->troubles.headend.code;
    if (trouble != PP_E_NET && trouble != PP_E_PORTAL)
        return;
    pp_log_info("a network has come: the headend is asked again");
    if (agent->enrolment.enrol)
        access_enrol_ask_now(agent->enrolment.enrol);
    connection_route_changed(agent);
}

/* ---- The session ---- */

/* The certificate is good for nothing any more. It is kept, and the session goes on trying it, until there is a new
 * one. */
static void restart_enrolment(struct agent *agent, enum trouble_event event, const struct pp_error *why) {
    if (agent->enrolment.enrol)
        return;
    trouble_handle(agent, event, why);
    poller_stop(pp_steal(&agent->connection.poller));
    agent_handle(agent, AGENT_CERTIFICATE_REFUSED);
}

/* A new display point first learns whose word it is to take. */
static void poll_begin(struct agent *agent) {
    struct pp_error error = {0};
    if (!agent->control.keys.count)
        sync_request_document(agent->sync, CONTROL_KEYS_PATH);
    else if (!poll_start(agent, &error))
        trouble_handle(agent, TROUBLE_CONNECTION, &error);
}

static void on_session(void *arg) {
    struct agent *agent = arg;
    agent_handle(agent, AGENT_SESSION);
    if (!agent->enrolment.enrol) /* what a power cut has left behind the certificate */
        enrolment_forget_token(&agent->enrolment, agent->vault);
    access_state_hear_session(agent);
    sync_set_cookie(agent->sync, net_client_cookie(agent->client));
    if (agent->connection.poller)
        poller_ask_now(agent->connection.poller);
    else
        poll_begin(agent);
    content_follow(agent);
}

void connection_keys_changed(struct agent *agent) {
    struct pp_error error = {0};
    struct agent_connection *connection = &agent->connection;
    bool again = control_end_want(&agent->control) && connection->poller;
    if (again && !poll_restart(agent, &error))
        trouble_handle(agent, TROUBLE_CONNECTION, &error);
    if (!connection->poller && !agent->enrolment.enrol && connection->session &&
        access_session_cookie(connection->session))
        poll_begin(agent);
}

void connection_without_keys(struct agent *agent, const struct pp_error *error) {
    trouble_handle(agent, TROUBLE_CONTROL_KEYS, error);
    agent_handle(agent, AGENT_NO_KEYS);
}

static void on_session_trouble(void *arg, const struct pp_error *error, int status,
                               enum access_refusal refusal) {
    struct agent *agent = arg;
    if (certificate_has_expired(agent, error, status)) {
        restart_enrolment(agent, TROUBLE_CERTIFICATE_EXPIRED, error);
        return;
    }
    if (refusal == ACCESS_REFUSAL_REVOKED) {
        restart_enrolment(agent, TROUBLE_CERTIFICATE_REVOKED, error);
        return;
    }
    note_trouble(agent, TROUBLE_SESSION, error);
    connection_lost(agent, refusal);
}

/* ---- The certificate ---- */

static void on_renew_due(void *arg);

static void renew_after(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->connection.renewal.timer, agent->loop, wait_ms, on_renew_due, agent);
}

/* By looks and not by one long wait, since the clock may be put right meanwhile; often enough for a
 * certificate that lives for an hour only. */
static void renew_later(struct agent *agent) {
    int64_t life_s = identity_not_after(agent->identity) - identity_not_before(agent->identity);
    int64_t wait_ms = life_s * 1000 / CONNECTION_RENEW_LOOKS;
    /* Authorities date their certificates back, by more than a short life may be long. */
    int64_t left_ms = (identity_not_after(agent->identity) - floors_now_s(&agent->floors)) * 1000;
    if (wait_ms > left_ms / CONNECTION_RENEW_LOOKS_LEFT)
        wait_ms = left_ms / CONNECTION_RENEW_LOOKS_LEFT;
    if (wait_ms < CONNECTION_RENEW_LOOK_LEAST_MS)
        wait_ms = CONNECTION_RENEW_LOOK_LEAST_MS;
    renew_after(agent, wait_ms < CONNECTION_RENEW_LOOK_MS ? wait_ms : CONNECTION_RENEW_LOOK_MS);
}

/* The headend is told of the new key by a new session, which begins the poll again (on_session): one that waits shows a
 * certificate that is refused once the new one was used, and one that began now a cookie that is about to end. */
static void announce_key(struct agent_connection *connection) {
    poller_stop(pp_steal(&connection->poller));
    access_session_announce(connection->session);
}

static void on_renewed(void *arg, const struct pp_error *failure) {
    struct agent *agent = arg;
    agent->connection.renewal.est = NULL;
    struct pp_error error = {0};
    if (!failure) {
        reporter_event(agent->reporter, "renewed", "certificate of device %s",
                       identity_device_id(agent->identity));
        reporter_event(agent->reporter, "key-changed", "device key: %s",
                       identity_fingerprint_words(agent->identity));
        if (!connection_use_identity(agent, &error))
            trouble_handle(agent, TROUBLE_RENEWAL, &error);
        authority_hear_renewed(agent);
        announce_key(&agent->connection);
        network_key_changed(agent);
    } else if (!agent->enrolment.enrol) {
        trouble_handle(agent, TROUBLE_RENEWAL, failure);
    }
    agent->authority.asked = false;
    renew_later(agent);
    commands_on_renewed(agent, failure);
}

/* Told once: it goes on asking by itself, for as long as it takes. */
static void on_renew_wait(void *arg, int64_t wait_ms, const struct pp_error *why) {
    struct agent *agent = arg;
    struct agent_renewal *renewal = &agent->connection.renewal;
    (void)wait_ms;
    if (why && !renewal->wait_reported)
        reporter_event(agent->reporter, "renewal-waits", "%s", why->message);
    renewal->wait_reported = renewal->wait_reported || why;
}

static bool renew_start(struct agent *agent, struct pp_error *error) {
    struct agent_renewal *renewal = &agent->connection.renewal;
    renewal->est = authority_ask_first(agent);
    if (renewal->est)
        return true;
    struct est_config config = {.loop = agent->loop,
                                .client = agent->client,
                                .identity = agent->identity,
                                .time = pp_wall_clock_source(&agent->floors.clock),
                                .authorities = agent->authority.set.shared,
                                .on_done = on_renewed,
                                .on_wait = on_renew_wait,
                                .arg = agent};
    renewal->wait_reported = false;
    renewal->est = est_reenroll_start(&config, error);
    return renewal->est != NULL;
}

/* Of the two ways to one there is never more than one under way. */
static bool asks_for_certificate(const struct agent *agent) {
    return agent->connection.renewal.est || agent->enrolment.est;
}

void connection_renew_asked(struct agent *agent) {
    struct pp_error error = {0};
    if (!agent->connection.session)
        return;
    if (asks_for_certificate(agent)) { /* a person has approved it meanwhile, which may come to nothing */
        renew_later(agent);
        return;
    }
    if (renew_start(agent, &error))
        return;
    trouble_handle(agent, TROUBLE_RENEWAL, &error);
    renew_later(agent);
    commands_on_renewed(agent, &error);
}

static void on_renew_due(void *arg) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    bool due =
        agent->authority.renewal_due || floors_now_s(&agent->floors) >= identity_renew_at(agent->identity);
    if (due && !asks_for_certificate(agent) && !agent->authority.renewal_waits) {
        if (renew_start(agent, &error))
            return;
        trouble_handle(agent, TROUBLE_RENEWAL, &error);
    }
    renew_later(agent);
}

bool connection_renew(struct agent *agent, struct pp_error *error) {
    if (!agent->connection.session || agent->enrolment.enrol)
        return pp_fail(error, PP_E_STATE, "there is no certificate in use to be renewed");
    if (agent->connection.renewal.est) /* one is under way, and is that */
        return true;
    net_timer_stop(&agent->connection.renewal.timer);
    return renew_start(agent, error);
}

void connection_put_off_renewal(struct agent *agent) {
    if (!agent->connection.renewal.est)
        return;
    est_cancel(pp_steal(&agent->connection.renewal.est));
    renew_later(agent);
}

/* It was put off, or failed, while there was an enrolment: now it may go well. */
void connection_resume_renewal(struct agent *agent) {
    if (agent->connection.session)
        renew_after(agent, 0);
}

bool connection_use_identity(struct agent *agent, struct pp_error *error) {
    return access_state_show(agent, error);
}

/* ---- Life ---- */

bool connection_start(struct agent *agent, struct pp_error *error) {
    struct access_session_config config = {.loop = agent->loop,
                                           .client = agent->client,
                                           .vault = agent->vault,
                                           .time = pp_wall_clock_source(&agent->floors.clock),
                                           .on_ready = on_session,
                                           .on_trouble = on_session_trouble,
                                           .announce = control_announce,
                                           .refusal_of = control_refusal_of,
                                           .arg = agent};
    if (!connection_use_identity(agent, error))
        return false;
    agent->connection.session = access_session_start(&config, error);
    if (!agent->connection.session)
        return false;
    renew_after(agent, 0);
    authority_start(agent);
    return true;
}

void connection_stop(struct agent *agent) {
    struct agent_connection *connection = &agent->connection;
    authority_stop(agent);
    net_timer_stop(&connection->renewal.timer);
    est_cancel(pp_steal(&connection->renewal.est));
    connection->renewal.wait_reported = false;
    live_stop(agent, false);
    poller_stop(pp_steal(&connection->poller));
    access_session_destroy(pp_steal(&connection->session));
}
