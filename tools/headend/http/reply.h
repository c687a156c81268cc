/* The answer to one HTTP request. */
#ifndef HEADEND_HTTP_REPLY_H
#define HEADEND_HTTP_REPLY_H

#include <microhttpd.h>

#include "base/json.h"

struct reply {
    unsigned status;
    struct MHD_Response *response; /* NULL: nothing was answered, which becomes a 500 */
    bool caching_set;              /* the handler set Cache-Control itself */
    bool is_page;                  /* made for people */
    unsigned wait_s; /* not answered: call again when something changed, at most so much later */
    bool wait_hash;  /* not answered: call again when request->attempt is checked */
    bool committed;  /* something was written that the disk has to have first */
};

void reply_header(struct reply *reply, const char *name, const char *value);
/* Not before: Retry-After (RFC 9110 §10.2.3). */
void reply_retry_after(struct reply *reply, int64_t wait_s);
void reply_data(struct reply *reply, unsigned status, const char *type, const void *data, size_t size);
void reply_empty(struct reply *reply, unsigned status);
void reply_json(struct reply *reply, unsigned status, const cJSON *value);
void reply_redirect(struct reply *reply, const char *location);
/* application/problem+json (RFC 9457). `code` is stable; clients may act on it. */
void reply_problem(struct reply *reply, unsigned status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with one member more. */
void reply_problem_with(struct reply *reply, unsigned status, const char *code, const char *name,
                        const char *value, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What went wrong in here: logged, and answered with 503 or 500 without details. */
void reply_failure(struct reply *reply, const struct pp_error *error);

#endif
