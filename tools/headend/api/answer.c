#include "headend/api/answer.h"

#include "base/clock.h"
#include "headend/http/conditions.h"
#include "headend/http/problems.h"

void api_add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddItemToObject(object, name, seconds ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void api_add_text(cJSON *object, const char *name, const char *text) {
    cJSON_AddItemToObject(object, name, *text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void api_reply_tagged(const struct request *request, struct reply *reply, const cJSON *value) {
    char etag[ETAG_SIZE];
    struct pp_error error = {0};
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text || !etag_make(text, strlen(text), etag, &error)) {
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return;
    }
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag))
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    else
        reply_data(reply, MHD_HTTP_OK, "application/json", text, strlen(text));
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
}

bool api_allows_change(const struct request *request, struct reply *reply, const cJSON *value) {
    char etag[ETAG_SIZE];
    struct pp_error error = {0};
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text || !etag_make(text, strlen(text), etag, &error)) {
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return false;
    }
    return reply_allows_change(reply, request_header(request, MHD_HTTP_HEADER_IF_MATCH), etag);
}
