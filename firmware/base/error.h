/*
 * The one error type. A function that can fail returns bool and fills the caller's struct pp_error where it
 * failed; callers add context with pp_wrap on the way up. Nothing is allocated, so an error can always be
 * told.
 */
#ifndef PP_BASE_ERROR_H
#define PP_BASE_ERROR_H

#include <stdbool.h>

/* Of a function whose failure may not be passed over. Where one is, on purpose, the call is `(void)!…`. */
#define PP_MUST_USE          __attribute__((warn_unused_result))

#define PP_ERROR_MESSAGE_MAX 384 /* bytes with the NUL; a longer message is cut */

enum pp_code {
    PP_OK = 0,
    PP_E_INVALID, /* input breaks its format or schema */
    PP_E_LIMIT,   /* input is over a named cap */
    PP_E_IO,      /* a system call failed */
    PP_E_NOMEM,   /* no memory left, or no descriptor */
    PP_E_NOTFOUND,
    PP_E_NOSPACE, /* flash full, or it would be */
    PP_E_AUTH,    /* a tag, signature, hash or credential does not verify */
    PP_E_EXPIRED,
    PP_E_ROLLBACK,    /* older than something already trusted */
    PP_E_NET,         /* no connection, or it broke */
    PP_E_PORTAL,      /* somebody has to sign in to the network (a captive portal) */
    PP_E_TLS,         /* the peer's TLS could not be verified */
    PP_E_HTTP,        /* the server answered with an error status */
    PP_E_DENIED,      /* refused by the server: 401, 403, access_denied */
    PP_E_STATE,       /* called at the wrong time */
    PP_E_UNSUPPORTED, /* this build or version cannot */
    PP_E_TPM,         /* the TPM does not do what it is asked */
    PP_E_TPM_ABSENT,  /* no TPM answers, though one is needed */
    PP_E_TPM_CHANGED, /* it was cleared, or is another one: what it had sealed is lost */
    PP_E_TPM_POLICY,  /* it refuses: nobody has authorised the software that was started */
    PP_E_CANCELLED,
};

struct pp_error {
    enum pp_code code;
    char message[PP_ERROR_MESSAGE_MAX]; /* one line, no full stop */
};

/* Fills `error` (NULL is allowed) and returns false, so that `return pp_fail(error, …)` reads well. */
bool pp_fail(struct pp_error *error, enum pp_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As pp_fail, with PP_E_IO (PP_E_NOSPACE, PP_E_NOTFOUND, PP_E_NOMEM where errno says so) and ":
 * strerror(errno)". */
bool pp_fail_errno(struct pp_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the message already there, unless it begins so; keeps the code; returns false. */
bool pp_wrap(struct pp_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* clang's analyzer sees one source file at a time: told that these return false, it does not follow paths
 * that are not there. */
#ifdef __clang_analyzer__
#define pp_fail(...)       ((void)(pp_fail)(__VA_ARGS__), false)
#define pp_fail_errno(...) ((void)(pp_fail_errno)(__VA_ARGS__), false)
#define pp_wrap(...)       ((void)(pp_wrap)(__VA_ARGS__), false)
#endif

/* A short lower-case name for reports, e.g. "rollback". */
const char *pp_code_name(enum pp_code code);

#endif
