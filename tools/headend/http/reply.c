#include "headend/http/reply.h"

#include <stdarg.h>
#include <strings.h>

#include "base/log.h"
#include "headend/base/text.h"

#define PROBLEM_TYPE "urn:pingplay:problem:"

void reply_header(struct reply *reply, const char *name, const char *value) {
    if (!reply->response)
        return;
    if (strcasecmp(name, MHD_HTTP_HEADER_CACHE_CONTROL) == 0)
        reply->caching_set = true;
    if (MHD_add_response_header(reply->response, name, value) != MHD_YES)
        pp_log_warning("cannot add header %s", name);
}

void reply_retry_after(struct reply *reply, int64_t wait_s) {
    char seconds[24];
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
}

/* What is answered may be a key or a token. */
struct body {
    size_t size;
    char data[];
};

static void body_free(void *arg) {
    struct body *body = arg;
    pp_wipe(body->data, body->size);
    free(body);
}

void reply_data(struct reply *reply, unsigned status, const char *type, const void *data, size_t size) {
    if (reply->response)
        MHD_destroy_response(reply->response);
    reply->status = status;
    struct body *body = malloc(sizeof *body + size);
    if (body) {
        body->size = size;
        if (size)
            memcpy(body->data, data, size);
        reply->response =
            MHD_create_response_from_buffer_with_free_callback_cls(size, body->data, body_free, body);
    } else {
        reply->response = NULL;
    }
    if (body && !reply->response)
        body_free(body);
    if (type)
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

void reply_empty(struct reply *reply, unsigned status) {
    reply_data(reply, status, NULL, NULL, 0);
}

void reply_json(struct reply *reply, unsigned status, const cJSON *value) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "out of memory");
        return;
    }
    reply_data(reply, status, "application/json", text, strlen(text));
}

void reply_redirect(struct reply *reply, const char *location) {
    reply_empty(reply, MHD_HTTP_SEE_OTHER);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, location);
}

static const char *status_title(unsigned status) {
    const char *title = MHD_get_reason_phrase_for(status);
    return title ? title : "Error";
}

static void problem_write(struct reply *reply, unsigned status, const char *code, const char *detail,
                          const char *name, const char *value) {
    char type[128];
    snprintf(type, sizeof type, PROBLEM_TYPE "%s", code);
    pp_autojson cJSON *problem = cJSON_CreateObject();
    cJSON_AddStringToObject(problem, "type", type);
    cJSON_AddStringToObject(problem, "title", status_title(status));
    cJSON_AddNumberToObject(problem, "status", status);
    cJSON_AddStringToObject(problem, "detail", detail);
    cJSON_AddStringToObject(problem, "code", code);
    if (name)
        cJSON_AddStringToObject(problem, name, value);
    pp_autojsontext char *text = cJSON_PrintUnformatted(problem);
    const char *body = text ? text : "{}";
    reply_data(reply, status, "application/problem+json", body, strlen(body));
}

void reply_problem(struct reply *reply, unsigned status, const char *code, const char *format, ...) {
    char detail[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    text_mend(detail);
    problem_write(reply, status, code, detail, NULL, NULL);
}

void reply_problem_with(struct reply *reply, unsigned status, const char *code, const char *name,
                        const char *value, const char *format, ...) {
    char detail[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    text_mend(detail);
    problem_write(reply, status, code, detail, name, value);
}

void reply_failure(struct reply *reply, const struct pp_error *error) {
    pp_log_error("%s", error->message);
    if (error->code == PP_E_NOMEM || error->code == PP_E_NOSPACE || error->code == PP_E_NET) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "the server cannot do this now");
        reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, "30");
    } else {
        reply_problem(reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "internal-error", "the server failed");
    }
}
