#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef pp_fail
#undef pp_fail_errno
#undef pp_wrap

__attribute__((format(printf, 3, 0))) static void error_set(struct pp_error *error, enum pp_code code,
                                                            const char *format, va_list args) {
    if (!error)
        return;
    error->code = code;
    vsnprintf(error->message, sizeof error->message, format, args);
    for (char *c = error->message; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    }
}

bool pp_fail(struct pp_error *error, enum pp_code code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    error_set(error, code, format, args);
    va_end(args);
    return false;
}

static enum pp_code code_of_errno(int number) {
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return PP_E_NOSPACE;
    case ENOENT:
        return PP_E_NOTFOUND;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
        return PP_E_NOMEM;
    default:
        return PP_E_IO;
    }
}

bool pp_fail_errno(struct pp_error *error, const char *format, ...) {
    int number = errno;
    va_list args;
    va_start(args, format);
    error_set(error, code_of_errno(number), format, args);
    va_end(args);
    if (error) {
        size_t used = strlen(error->message);
        snprintf(error->message + used, sizeof error->message - used, ": %s", strerror(number));
    }
    return false;
}

bool pp_wrap(struct pp_error *error, const char *format, ...) {
    if (!error)
        return false;
    struct pp_error inner = *error;
    va_list args;
    va_start(args, format);
    error_set(error, inner.code, format, args);
    va_end(args);
    size_t used = strlen(error->message);
    /* Two levels may name the same thing: once is enough. */
    if (strncmp(inner.message, error->message, used) == 0 && inner.message[used] == ':')
        *error = inner;
    else
        snprintf(error->message + used, sizeof error->message - used, ": %s", inner.message);
    return false;
}

const char *pp_code_name(enum pp_code code) {
    static const char *const names[] = {
        [PP_OK] = "ok",
        [PP_E_INVALID] = "invalid",
        [PP_E_LIMIT] = "limit",
        [PP_E_IO] = "io",
        [PP_E_NOMEM] = "memory",
        [PP_E_NOTFOUND] = "not-found",
        [PP_E_NOSPACE] = "no-space",
        [PP_E_AUTH] = "authentication",
        [PP_E_EXPIRED] = "expired",
        [PP_E_ROLLBACK] = "rollback",
        [PP_E_NET] = "network",
        [PP_E_PORTAL] = "captive-portal",
        [PP_E_TLS] = "tls",
        [PP_E_HTTP] = "http",
        [PP_E_DENIED] = "denied",
        [PP_E_STATE] = "state",
        [PP_E_UNSUPPORTED] = "unsupported",
        [PP_E_CANCELLED] = "cancelled",
        [PP_E_TPM] = "tpm",
        [PP_E_TPM_ABSENT] = "tpm-absent",
        [PP_E_TPM_CHANGED] = "tpm-changed",
        [PP_E_TPM_POLICY] = "tpm-policy",
    };
    if ((unsigned)code >= sizeof names / sizeof *names)
        return "unknown";
    return names[code];
}
