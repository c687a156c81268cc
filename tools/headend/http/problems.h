/*
 * The codes of problems (RFC 9457) that programs may act on, each once, with its status: what openapi.yaml lists and
 * what the code answers with (a test holds the one against the other). The `type` of one is "urn:pingplay:problem:" and
 * the code.
 */
#ifndef HEADEND_HTTP_PROBLEMS_H
#define HEADEND_HTTP_PROBLEMS_H

#include "headend/http/reply.h"

/* PROBLEM(name, status, code), in the order of their statuses. */
#define API_PROBLEMS(PROBLEM)                                                                                \
    PROBLEM(REQUEST_MALFORMED, 400, "request-malformed")                                                     \
    PROBLEM(QUERY_INVALID, 400, "query-invalid")                                                             \
    PROBLEM(BODY_INVALID, 400, "body-invalid")                                                               \
    PROBLEM(HEADER_INVALID, 400, "header-invalid")                                                           \
    PROBLEM(SESSION_REQUIRED, 401, "session-required")                                                       \
    PROBLEM(KEY_REQUIRED, 401, "key-required")                                                               \
    PROBLEM(KEY_INVALID, 401, "key-invalid")                                                                 \
    PROBLEM(CSRF, 403, "csrf-token-invalid")                                                                 \
    PROBLEM(SETUP_LINK_INVALID, 403, "setup-link-invalid")                                                   \
    PROBLEM(SIGN_IN_WRONG, 403, "sign-in-wrong")                                                             \
    PROBLEM(NOT_PERMITTED, 403, "not-permitted")                                                             \
    PROBLEM(KEY_NOT_FOR_FEED, 403, "key-not-for-feed")                                                       \
    PROBLEM(FINGERPRINT_WRONG, 403, "fingerprint-wrong")                                                     \
    PROBLEM(PASSKEY_REFUSED, 403, "passkey-refused")                                                         \
    PROBLEM(NOT_FOUND, 404, "not-found")                                                                     \
    PROBLEM(METHOD_NOT_ALLOWED, 405, "method-not-allowed")                                                   \
    PROBLEM(NOT_ACCEPTABLE, 406, "not-acceptable")                                                           \
    PROBLEM(OFFSET, 409, "offset-differs")                                                                   \
    PROBLEM(COUNT, 409, "count-differs")                                                                     \
    PROBLEM(STATE_CONFLICT, 409, "state-conflict")                                                           \
    PROBLEM(PASSKEYS_UNAVAILABLE, 409, "passkeys-unavailable")                                               \
    PROBLEM(PASSKEY_KNOWN, 409, "passkey-known")                                                             \
    PROBLEM(TOO_MANY_PASSKEYS, 409, "too-many-passkeys")                                                     \
    PROBLEM(LAST_WAY_IN, 409, "last-way-in")                                                                 \
    PROBLEM(UPLOAD_GONE, 410, "upload-gone")                                                                 \
    PROBLEM(CODE_EXPIRED, 410, "code-expired")                                                               \
    PROBLEM(CHANGED, 412, "changed-meanwhile")                                                               \
    PROBLEM(TUS_VERSION, 412, "tus-version")                                                                 \
    PROBLEM(BODY_TOO_LARGE, 413, "body-too-large")                                                           \
    PROBLEM(URI_TOO_LONG, 414, "uri-too-long")                                                               \
    PROBLEM(MEDIA_TYPE, 415, "unsupported-media-type")                                                       \
    PROBLEM(RANGE_INVALID, 416, "range-invalid")                                                             \
    PROBLEM(VALUE_INVALID, 422, "value-invalid")                                                             \
    PROBLEM(UPLOAD_BUSY, 423, "upload-busy")                                                                 \
    PROBLEM(CONDITION_REQUIRED, 428, "condition-required")                                                   \
    PROBLEM(TOO_MANY_STREAMS, 429, "too-many-streams")                                                       \
    PROBLEM(TOO_MANY_UPLOADS, 429, "too-many-uploads")                                                       \
    PROBLEM(TOO_MANY_VALUES, 429, "too-many-values")                                                         \
    PROBLEM(TOO_MANY_ATTEMPTS, 429, "too-many-attempts")                                                     \
    PROBLEM(HEADERS_TOO_LARGE, 431, "headers-too-large")                                                     \
    PROBLEM(CHECKSUM, 460, "checksum-mismatch")                                                              \
    PROBLEM(INTERNAL_ERROR, 500, "internal-error")                                                           \
    PROBLEM(UNAVAILABLE, 503, "unavailable")                                                                 \
    PROBLEM(NO_SPACE, 507, "no-space")

enum problem {
#define PROBLEM_NAME(name, status, code) PROBLEM_##name,
    API_PROBLEMS(PROBLEM_NAME)
#undef PROBLEM_NAME
        PROBLEMS
};

unsigned problem_status(enum problem problem);
const char *problem_code(enum problem problem);
/* The same as reply_problem, of the list. */
void reply_with(struct reply *reply, enum problem problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* And with the name of the parameter that it is about. */
void reply_with_parameter(struct reply *reply, enum problem problem, const char *parameter,
                          const char *detail);
/* Whether an If-Match header (NULL: none) allows a change of what has this entity tag now (conditions.h); false: it is
 * answered, 412 or 428. */
bool reply_allows_change(struct reply *reply, const char *if_match_header, const char *etag);

#endif
