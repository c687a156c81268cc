/* PUT /v1/feeds/{name}: a value, as JSON or CSV, with "Authorization: Bearer ppf_…". */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "headend/http/problems.h"
#include "headend/ops/feed_channel.h"
#include "headend/ops/feed_push.h"
#include "headend/push/handlers.h"
#include "headend/server/allowance.h"
#include "headend/server/route.h"
#include "headend/server/waiters.h"

/* What is answered where there is no value now. */
static const enum problem problems[] = {
    [FEED_PUSH_NO_KEY] = PROBLEM_KEY_INVALID,       [FEED_PUSH_KEY_END] = PROBLEM_KEY_INVALID,
    [FEED_PUSH_NOT_ITS] = PROBLEM_KEY_NOT_FOR_FEED, [FEED_PUSH_LARGE] = PROBLEM_BODY_TOO_LARGE,
    [FEED_PUSH_BROKEN] = PROBLEM_BODY_INVALID,      [FEED_PUSH_SCHEMA] = PROBLEM_VALUE_INVALID,
};

static void refuse(struct reply *reply, const struct feed_push *push, enum feed_push_outcome outcome,
                   const struct pp_error *error) {
    if (outcome == FEED_PUSH_FAILED)
        reply_failure(reply, error);
    else if (outcome == FEED_PUSH_SCHEMA)
        reply_with_parameter(reply, problems[outcome], push->fault.place, error->message);
    else
        reply_with(reply, problems[outcome], "%s", error->message);
    if (reply->status == MHD_HTTP_UNAUTHORIZED)
        reply_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                     "Bearer realm=\"feeds\", error=\"invalid_token\"");
}

/* The scheme's name is of any case (RFC 9110 §11.1). */
static const char *bearer(const struct request *request) {
    static const char scheme[] = "Bearer ";
    const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0)
        return NULL;
    return header + sizeof scheme - 1 + strspn(header + sizeof scheme - 1, " ");
}

static bool type_is(const char *type, const char *wanted) {
    size_t length = strlen(wanted);
    return type && strncasecmp(type, wanted, length) == 0 && strchr("; \t", type[length]);
}

/* What curl says where nobody tells it what it sends is no type of a value. */
static bool media_read(const struct request *request, enum feed_media *media) {
    const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    *media = type_is(type, "text/csv") ? FEED_CSV : FEED_JSON;
    return *media == FEED_CSV || type_is(type, "application/json");
}

/* Of a key that is good: not more than it may send. */
static bool may_send(struct request *request, struct reply *reply, const struct feed_push *push) {
    int64_t wait_s =
        allowance_take(request->app->feed_keys, push->key_id, push->size, pp_clock_monotonic_ms());
    if (!wait_s)
        return true;
    reply_with(reply, PROBLEM_TOO_MANY_VALUES, "this key sends too much");
    reply_retry_after(reply, wait_s);
    return false;
}

/* Screens that wait for values, of a channel that shows this feed. */
static bool shows_feed(void *arg, const struct request *waiter) {
    return strcmp(waiter->route->pattern, "/v1/feeds") == 0 && feed_channels_has(arg, waiter->device.channel);
}

void push_value(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    struct feed_push push = {.key = bearer(request),
                             .feed = request_parameter(request, "name"),
                             .body = request->body.data ? (const char *)request->body.data : "",
                             .size = request->body.size};
    if (!push.key) {
        reply_with(reply, PROBLEM_KEY_REQUIRED,
                   "the header Authorization has to say: Bearer, and a feed's key");
        reply_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"feeds\"");
        return;
    }
    if (!media_read(request, &push.media)) {
        reply_with(reply, PROBLEM_MEDIA_TYPE, "the body must be application/json or text/csv");
        return;
    }
    enum feed_push_outcome outcome = feed_push_admit(request->db, &push, &error);
    if (outcome == FEED_PUSH_TAKEN && !may_send(request, reply, &push))
        return;
    if (outcome == FEED_PUSH_TAKEN)
        outcome = feed_push_keep(request->db, &push, &error);
    if (outcome != FEED_PUSH_TAKEN) {
        refuse(reply, &push, outcome, &error);
        return;
    }
    char etag[32];
    struct feed_channels channels;
    snprintf(etag, sizeof etag, "\"%lld\"", (long long)push.version);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    feed_channels_find(request->db, push.feed, &channels);
    waiters_wake_where(request->app->waiters, shows_feed, &channels);
}
