/* A screen's session and its state. The state answers a long poll as soon as it changes. */
#include "base/clock.h"
#include "base/encode.h"
#include "headend/device/handlers.h"
#include "headend/device/state_access.h"
#include "headend/ops/channel.h"
#include "headend/ops/messages.h"
#include "headend/ops/rollout.h"
#include "headend/ops/screen_commands.h"
#include "headend/ops/screen_proxy.h"
#include "headend/public/agreement.h"
#include "headend/server/waiters.h"
#include "headend/signing/signing.h"
#include "jose/jwe.h"
#include "jose/jws.h"

#define STATE_WAIT_MAX_S 60    /* of Prefer: wait */
#define STATE_AGAIN_S    1     /* until the server has heard of a change, at most */
#define STATE_LIFETIME_S 86400 /* iat to exp */
#define STATE_ETAG_SIZE  112

/* The key that the screen's secrets are encrypted to comes with each session. */
static bool session_agreement(struct request *request, struct reply *reply) {
    const struct pp_buf *body = &request->body;
    uint8_t agreement[CRYPTO_POINT_SIZE];
    struct pp_error error = {0};
    bool changed = false;
    if (!agreement_read((const char *)body->data, body->size, request->device_key, agreement, &error)) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "agreement-key-invalid", "%s", error.message);
        return false;
    }
    bool ok = device_set_agreement(request->app->db, request->device.id, agreement, &changed, &error);
    if (changed)
        waiters_wake_device(request->app->waiters, request->device.id);
    if (ok && device_set_key(request->app->db, request->device.id, request->device_key, &error))
        return true;
    reply_failure(reply, &error);
    return false;
}

void device_session(struct request *request, struct reply *reply) {
    struct app *app = request->app;
    char cookie[SECRET_TEXT_SIZE];
    char header[SECRET_TEXT_SIZE + 128];
    struct pp_error error;
    if (!session_agreement(request, reply))
        return;
    if (!device_cookie_make(app->db, request->device.id, (int64_t)app->options.cookie_s, cookie, &error)) {
        reply_failure(reply, &error);
        return;
    }
    snprintf(header, sizeof header,
             "__Host-pingplay=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%llu", cookie,
             (unsigned long long)app->options.cookie_s);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
    reply_header(reply, MHD_HTTP_HEADER_SET_COOKIE, header);
    /* Not signed, and not believed: it says with what the next requests will be taken. */
    reply_header(reply, "Pingplay-Access", device_access_name(request->device.access));
    pp_wipe(cookie, sizeof cookie);
    pp_wipe(header, sizeof header);
}

/* What is on the screen's channel for it. */
struct state_channel {
    struct channel channel; /* id "" none */
    struct rollout_take take;
};

/* In a rollout: which next manifest it is to show, where the repository names it. */
static void state_add_take(cJSON *channel, const struct rollout_take *take) {
    char hex[PP_HEX_SIZE(ROLLOUT_HASH_SIZE)];
    if (!take->taken)
        return;
    pp_hex_encode(take->sha256, sizeof take->sha256, hex);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(channel, "take"), "sha256", hex);
}

/* Adds the channel, with its key as only this screen can read it. */
static bool state_add_channel(cJSON *state, const struct device *device, const struct state_channel *shown,
                              struct pp_error *error) {
    const struct channel *channel = &shown->channel;
    if (!channel->id[0])
        return cJSON_AddNullToObject(state, "channel") != NULL;
    pp_autobuf struct pp_buf key = PP_BUF_INIT(JWE_TOKEN_MAX);
    if (!agreement_seal_key(device->agreement, device->id, channel->key, sizeof channel->key, &key, error))
        return false;
    cJSON *object = cJSON_AddObjectToObject(state, "channel");
    cJSON_AddStringToObject(object, "id", channel->id);
    cJSON_AddStringToObject(object, "title", channel->title);
    state_add_take(object, &shown->take);
    return cJSON_AddStringToObject(object, "key", pp_buf_text(&key)) != NULL;
}

/* What the screen does without word of us; nothing where it plays on for ever. */
static void state_add_policy(cJSON *state, const struct device *device) {
    if (!device->lock_after_s)
        return;
    cJSON *policy = cJSON_AddObjectToObject(state, "policy");
    cJSON *offline = cJSON_AddObjectToObject(policy, "offline");
    cJSON_AddNumberToObject(offline, "lock_after_s", (double)device->lock_after_s);
    if (device->erase_after_s)
        cJSON_AddNumberToObject(offline, "erase_after_s", (double)device->erase_after_s);
}

/* `proxy` may be NULL: nothing is said of it. */
static void state_add_settings(cJSON *state, const struct device *device, cJSON *proxy) {
    cJSON *settings = cJSON_AddObjectToObject(state, "settings");
    cJSON_AddNumberToObject(settings, "rotation", device->rotation);
    cJSON_AddBoolToObject(settings, "offline_mark", device->offline_mark);
    if (proxy)
        cJSON_AddItemReferenceToObject(settings, "proxy", proxy);
}

static cJSON *state_document(const struct device *device, const struct state_channel *shown, cJSON *access,
                             cJSON *proxy, cJSON *commands, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    pp_autojson cJSON *state = cJSON_CreateObject();
    cJSON_AddNumberToObject(state, "format", 2);
    cJSON_AddStringToObject(state, "aud", device->id);
    cJSON_AddNumberToObject(state, "epoch", (double)device->epoch);
    cJSON_AddNumberToObject(state, "version", (double)device->version);
    cJSON_AddNumberToObject(state, "iat", (double)now);
    cJSON_AddNumberToObject(state, "exp", (double)(now + STATE_LIFETIME_S));
    cJSON_AddStringToObject(state, "name", device->name);
    cJSON_AddStringToObject(state, "site", device->site);
    cJSON_AddStringToObject(state, "time_zone", device->time_zone);
    cJSON_AddStringToObject(state, "locale", device->locale);
    cJSON_AddItemReferenceToObject(state, "access", access);
    if (!state_add_channel(state, device, shown, error))
        return NULL;
    state_add_policy(state, device);
    cJSON_AddNumberToObject(state, "publish", (double)shown->channel.publish);
    state_add_settings(state, device, proxy);
    cJSON_AddItemReferenceToObject(state, "commands", commands);
    return pp_steal(&state);
}

/* Signed by the control key: whoever ends TLS can hold a state back, and make none. The signer puts in the keys that
 * screens encrypt to. */
static bool state_sign(const struct request *request, const struct state_channel *channel,
                       const struct state_access *access, struct pp_buf *token, struct pp_error *error) {
    const struct device *device = &request->device;
    pp_autojson cJSON *commands = screen_commands_waiting(request->db, device->id, error);
    pp_autojson cJSON *shown = commands ? state_access_json(request, access) : NULL;
    struct pp_error why = {0};
    pp_autojson cJSON *proxy = screen_proxy_json(request->db, device->id, &why);
    if (why.code)
        return pp_fail(error, why.code, "%s", why.message);
    pp_autojson cJSON *state = shown ? state_document(device, channel, shown, proxy, commands, error) : NULL;
    if (state && !messages_add(request->db, device->id, state, error))
        return false;
    const char *nonce = request_nonce(request);
    if (state && nonce)
        cJSON_AddStringToObject(state, "nonce", nonce);
    pp_autojsontext char *text = state ? cJSON_PrintUnformatted(state) : NULL;
    if (state && !text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return text && signing_state(request->app->home->signing, device->id, text, token, error);
}

bool device_waits(struct request *request, struct reply *reply) {
    unsigned wait_s = prefer_wait(request_header(request, "Prefer"), STATE_WAIT_MAX_S);
    if (!wait_s || request->superseded || waiters_stopping(request->app->waiters))
        return false;
    int64_t now = pp_clock_monotonic_ms();
    if (!request->wait_until)
        request->wait_until = now + (int64_t)wait_s * 1000;
    if (request->wait_until <= now)
        return false;
    reply->wait_s = wait_s;
    return true;
}

/* What it is made of. Without anybody signed in there is no channel, where somebody has to be. */
static bool state_load(struct request *request, struct state_channel *shown, struct state_access *access,
                       struct reply *reply) {
    const struct device *device = &request->device;
    struct pp_error error = {0};
    bool ok = state_access_load(request->db, device, access, &error);
    bool shows = ok && device->channel[0] && (!access->temporary || access->open);
    if (shows)
        ok = channel_find(request->db, device->channel, &shown->channel, &error) &&
             rollout_of_screen(request->db, device->id, device->channel, &shown->take, &error);
    if (!ok)
        reply_failure(reply, &error);
    return ok;
}

/* Others commit between our reads: where the screen has another version by now, what was read after it may be of that
 * one already. Then all is read again, from the beginning, as after news, which they are. */
static bool state_is_one(struct request *request, struct reply *reply) {
    const struct device *device = &request->device;
    struct device now;
    struct pp_error error = {0};
    if (!device_find(request->db, device->id, &now, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    bool one = now.version == device->version && now.epoch == device->epoch;
    if (!one)
        reply->wait_s = STATE_AGAIN_S;
    return one;
}

/* The channel's key is opened for who gets it alone: of those that are woken most wait on. */
static bool state_open_key(struct request *request, struct reply *reply, struct channel *channel) {
    struct pp_error error = {0};
    if (!channel->id[0] || channel_open_key(request->db, channel, &error))
        return true;
    reply_failure(reply, &error);
    return false;
}

static void state_answer(struct request *request, struct reply *reply, struct state_channel *shown,
                         const struct state_access *access) {
    const struct device *device = &request->device;
    struct pp_error error = {0};
    /* What the answer depends on, but for the time it is made. */
    char etag[STATE_ETAG_SIZE];
    char messages[16] = "";
    uint32_t choice = 0;
    if (!messages_choice(request->db, device->id, &choice, &error)) {
        reply_failure(reply, &error);
        return;
    }
    if (choice)
        snprintf(messages, sizeof messages, "-m%08lx", (unsigned long)choice);
    snprintf(etag, sizeof etag, "\"%.8s-%lld-%lld-%lld%s%.8s%s\"", device->id, (long long)device->epoch,
             (long long)device->version, (long long)shown->channel.publish, access->open ? "-" : "",
             access->session.id, messages);
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
        if (device_waits(request, reply))
            return;
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    } else if (!state_open_key(request, reply, &shown->channel) || !state_is_one(request, reply)) {
        return;
    } else {
        pp_autobuf struct pp_buf token = PP_BUF_INIT(JWS_TOKEN_MAX);
        if (!state_sign(request, shown, access, &token, &error)) {
            reply_failure(reply, &error);
            return;
        }
        reply_data(reply, MHD_HTTP_OK, "application/jose", token.data, token.size);
    }
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
}

void device_state(struct request *request, struct reply *reply) {
    struct state_channel shown = {0};
    struct state_access access = {0};
    if (!request->device.can_agree) { /* its cookie is from before there were such keys */
        reply_problem(reply, MHD_HTTP_UNAUTHORIZED, "cookie-required",
                      "a new session is needed: POST /v1/session");
        return;
    }
    if (state_load(request, &shown, &access, reply))
        state_answer(request, reply, &shown, &access);
    pp_wipe(&shown, sizeof shown);
    pp_wipe(&access, sizeof access);
}
