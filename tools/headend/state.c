/* A screen's session and its state. The state answers a long poll as soon as it changes. */
#include "base/clock.h"
#include "base/encode.h"
#include "headend/channel.h"
#include "headend/handlers.h"
#include "headend/waiters.h"

#define STATE_WAIT_MAX_S 60    /* of Prefer: wait */
#define STATE_LIFETIME_S 86400 /* iat to exp */
#define STATE_ETAG_SIZE  80

void device_session(struct request *request, struct reply *reply) {
    struct app *app = request->app;
    char cookie[SECRET_TEXT_SIZE];
    char header[SECRET_TEXT_SIZE + 128];
    struct pp_error error;
    if (!device_cookie_make(app->db, request->device.id, (int64_t)app->options.cookie_s, cookie, &error)) {
        reply_failure(reply, &error);
        return;
    }
    snprintf(header, sizeof header,
             "__Host-pingplay=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%llu", cookie,
             (unsigned long long)app->options.cookie_s);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
    reply_header(reply, MHD_HTTP_HEADER_SET_COOKIE, header);
    pp_wipe(cookie, sizeof cookie);
    pp_wipe(header, sizeof header);
}

static cJSON *state_channel(const struct channel *channel) {
    if (!channel->id[0])
        return cJSON_CreateNull();
    char key[PP_BASE64_SIZE(CHANNEL_KEY_SIZE)];
    pp_base64url_encode(channel->key, sizeof channel->key, key);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", channel->id);
    cJSON_AddStringToObject(object, "title", channel->title);
    cJSON_AddStringToObject(object, "key", key);
    pp_wipe(key, sizeof key);
    return object;
}

static cJSON *state_document(const struct device *device, const struct channel *channel) {
    char issued[PP_RFC3339_SIZE];
    char expires[PP_RFC3339_SIZE];
    int64_t now = pp_clock_realtime_s();
    pp_time_format(now, issued);
    pp_time_format(now + STATE_LIFETIME_S, expires);
    cJSON *state = cJSON_CreateObject();
    cJSON_AddNumberToObject(state, "format", 1);
    cJSON_AddStringToObject(state, "aud", device->id);
    cJSON_AddNumberToObject(state, "epoch", (double)device->epoch);
    cJSON_AddNumberToObject(state, "version", (double)device->version);
    cJSON_AddStringToObject(state, "iat", issued);
    cJSON_AddStringToObject(state, "exp", expires);
    cJSON_AddStringToObject(state, "name", device->name);
    cJSON_AddStringToObject(state, "site", device->site);
    cJSON_AddStringToObject(state, "time_zone", device->time_zone);
    cJSON_AddStringToObject(state, "locale", device->locale);
    cJSON_AddItemToObject(state, "channel", state_channel(channel));
    cJSON_AddNumberToObject(state, "publish", (double)channel->publish);
    cJSON *settings = cJSON_AddObjectToObject(state, "settings");
    cJSON_AddNumberToObject(settings, "rotation", device->rotation);
    cJSON_AddBoolToObject(settings, "offline_mark", device->offline_mark);
    cJSON_AddItemToObject(state, "commands", cJSON_CreateArray());
    return state;
}

/* Whether the poll is to wait (again): *reply says so then. */
static bool state_waits(struct request *request, struct reply *reply) {
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

void device_state(struct request *request, struct reply *reply) {
    const struct device *device = &request->device;
    struct channel channel = {0};
    struct pp_error error;
    if (device->channel[0] && !channel_find(request->db, device->channel, &channel, &error)) {
        reply_failure(reply, &error);
        return;
    }
    /* What the answer depends on, but for the time it is made. */
    char etag[STATE_ETAG_SIZE];
    snprintf(etag, sizeof etag, "\"%.8s-%lld-%lld-%lld\"", device->id, (long long)device->epoch,
             (long long)device->version, (long long)channel.publish);
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
        if (state_waits(request, reply))
            return;
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    } else {
        pp_autojson cJSON *state = state_document(device, &channel);
        reply_json(reply, MHD_HTTP_OK, state);
    }
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    pp_wipe(&channel, sizeof channel);
}
