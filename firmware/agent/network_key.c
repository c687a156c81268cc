#include "agent/network_key.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "agent/agent_internal.h"
#include "base/log.h"
#include "network/client.h"

/* ---- Told that there is another ---- */

/* Nobody sets the network there. Where it only cannot be reached, it is told again. */
static bool is_missing(const char *socket) {
    return access(socket, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static void on_due(void *arg);

static void tell_later(struct agent *agent, const struct pp_error *why) {
    struct network_key *key = &agent->network_key;
    if (!key->retry.last_ms)
        pp_log_info("802.1X: pingplay-network does not have the certificate yet: %s", why->message);
    net_timer_start_in(&key->timer, agent->loop, net_retry_next_ms(&key->retry, -1), on_due, agent);
}

static void end_telling(struct agent *agent) {
    struct network_key *key = &agent->network_key;
    if (!key->watch)
        return;
    net_loop_unwatch(agent->loop, pp_steal(&key->watch));
    pp_close(&key->fd);
}

static void on_answer(void *arg, short revents) {
    struct agent *agent = arg;
    struct network_key *key = &agent->network_key;
    struct pp_error error = {0};
    (void)revents;
    bool done = network_hear(key->fd, NULL, &error);
    end_telling(agent);
    if (!done) {
        tell_later(agent, &error);
        return;
    }
    net_retry_reset(&key->retry);
    if (key->wanted) /* it has changed again meanwhile */
        on_due(agent);
}

static void on_due(void *arg) {
    struct agent *agent = arg;
    struct network_key *key = &agent->network_key;
    const char *socket = agent->config.network_socket;
    struct pp_error error = {0};
    net_timer_stop(&key->timer);
    if (key->watch)
        return;
    key->wanted = false;
    if (is_missing(socket))
        return;
    key->fd = network_ask(socket, &(struct network_request){.verb = NETWORK_KEY}, &error);
    if (key->fd >= 0)
        key->watch = net_loop_watch(agent->loop, key->fd, POLLIN, on_answer, agent, &error);
    if (!key->watch) {
        pp_close(&key->fd);
        tell_later(agent, &error);
    }
}

void network_key_changed(struct agent *agent) {
    if (!agent->loop)
        return;
    agent->network_key.wanted = true;
    net_timer_start_in(&agent->network_key.timer, agent->loop, 0, on_due, agent);
}

void network_key_begin(struct agent *agent) {
    net_retry_init_random(&agent->network_key.retry);
    network_key_changed(agent);
}

void network_key_stop(struct agent *agent) {
    net_timer_stop(&agent->network_key.timer);
    end_telling(agent);
}

/* ---- Handed over ---- */

static bool is_handed_over(const struct identity *identity, const struct floors *floors) {
    return identity_has_certificate(identity) && floors->lock != LOCK_RETIRED &&
           !floors->lost; /* it may have been retired */
}

static bool read_credentials(const struct agent *agent, struct pp_buf *key, struct local_credentials *own,
                             struct pp_error *error) {
    if (!is_handed_over(agent->identity, &agent->floors))
        return true;
    if (!identity_write_key(agent->identity, key, error))
        return pp_wrap(error, "the device key");
    own->device = local_text_of(identity_device_id(agent->identity));
    own->end_s = identity_not_after(agent->identity);
    own->chain = local_text_of(identity_certificate_pem(agent->identity));
    own->key = local_text_of(pp_buf_text(key));
    return true;
}

void network_key_answer(struct agent *agent, struct local_client *client,
                        const struct local_message *request) {
    pp_autobuf struct pp_buf key = PP_BUF_INIT(LOCAL_KEY_MAX);
    struct local_message answer = {.type = LOCAL_CREDENTIALS};
    struct pp_error error = {0};
    (void)request;
    if (read_credentials(agent, &key, &answer.credentials, &error))
        local_answer_credentials(client, &answer.credentials);
    else
        local_refuse(client, LOCAL_FAILED, "%s", error.message);
}
