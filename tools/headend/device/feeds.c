/* GET /v1/feeds: the values of the feeds that the screen's channel shows, sealed, in one document; with "Prefer: wait"
 * it is a long poll. */
#include <string.h>

#include "headend/device/feeds_made.h"
#include "headend/device/handlers.h"
#include "headend/http/conditions.h"
#include "headend/ops/feed_channel.h"
#include "headend/ops/screen_access.h"
#include "jose/jws.h"

/* Where somebody has to be signed in and nobody is, there is no channel. */
static bool shows_channel(struct request *request, struct reply *reply) {
    struct state_access access = {0};
    struct pp_error error = {0};
    if (!state_access_load(request->db, &request->device, &access, &error)) {
        reply_failure(reply, &error);
        return false;
    }
    bool shows = request->device.channel[0] && (!access.temporary || access.open);
    pp_wipe(&access, sizeof access);
    if (!shows)
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "no-channel", "this screen shows no channel");
    return shows;
}

static void answer(struct request *request, struct reply *reply, const char *tag) {
    struct pp_error error = {0};
    const struct pp_buf *sealed =
        feeds_made_get(request->app->feeds, request->db, &request->device, tag, &error);
    if (!sealed) {
        reply_failure(reply, &error);
        return;
    }
    reply_data(reply, MHD_HTTP_OK, "application/octet-stream", sealed->data, sealed->size);
}

void device_feeds(struct request *request, struct reply *reply) {
    char tag[FEED_CHANNEL_TAG_SIZE];
    struct pp_error error = {0};
    if (!shows_channel(request, reply))
        return;
    if (!feed_channel_tag(request->db, request->device.channel, request->device.site, tag, &error)) {
        reply_failure(reply, &error);
        return;
    }
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), tag)) {
        if (device_waits(request, reply))
            return;
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    } else {
        answer(request, reply, tag);
    }
    reply_header(reply, MHD_HTTP_HEADER_ETAG, tag);
}
