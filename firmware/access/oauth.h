/* The documents of RFC 8628 and RFC 6749, parsed whole or refused whole. */
#ifndef PP_ACCESS_OAUTH_H
#define PP_ACCESS_OAUTH_H

#include <stddef.h>
#include <stdint.h>

#include "access/enrol.h"
#include "base/error.h"

/* RFC 8628 §3.2. */
struct oauth_device_answer {
    char device_code[ACCESS_DEVICE_CODE_MAX]; /* secret */
    char user_code[ACCESS_USER_CODE_MAX];
    char verification_uri[ACCESS_ADDRESS_MAX];
    char verification_uri_complete[ACCESS_URI_MAX]; /* "" absent */
    int64_t expires_in_s;
    int64_t interval_s; /* ACCESS_INTERVAL_DEFAULT_S where absent; at least 1 */
};

/* RFC 6749 §5.2 and RFC 8628 §3.5. */
enum oauth_error {
    OAUTH_AUTHORIZATION_PENDING,
    OAUTH_SLOW_DOWN,
    OAUTH_ACCESS_DENIED,
    OAUTH_EXPIRED_TOKEN,
    OAUTH_OTHER, /* invalid_grant, invalid_client… */
};

PP_MUST_USE bool oauth_parse_device(const void *text, size_t size, struct oauth_device_answer *answer,
                                    struct pp_error *error);

/* RFC 6749 §5.1: a bearer token (RFC 6750 §2.1). */
PP_MUST_USE bool oauth_parse_token(const void *text, size_t size, char token[ACCESS_TOKEN_MAX],
                                   struct pp_error *error);

/* OpenID Connect Core 1.0 §3.1.3.3: an ID token, and perhaps a refresh token (RFC 6749 §6). */
#define ACCESS_ID_MAX (16 * 1024) /* characters */
struct oauth_id_answer {
    char id_token[ACCESS_ID_MAX + 1]; /* not verified; "" where there is an access token alone */
    char refresh[ACCESS_TOKEN_MAX];   /* "" for none */
};
PP_MUST_USE bool oauth_parse_id(const void *text, size_t size, struct oauth_id_answer *answer,
                                struct pp_error *error);

/* `code` gets the error code, for messages. */
PP_MUST_USE bool oauth_parse_error(const void *text, size_t size, enum oauth_error *kind, char code[64],
                                   struct pp_error *error);

#endif
