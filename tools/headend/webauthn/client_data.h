/*
 * What a browser says that it was asked, which the authenticator signs (WebAuthn Level 3 §5.8.1):
 *
 *   {"type": "webauthn.get", "challenge": "OcDnUhQX…43 characters", "origin": "https://screens.example.org:8443",
 *    "crossOrigin": false}
 */
#ifndef HEADEND_WEBAUTHN_CLIENT_DATA_H
#define HEADEND_WEBAUTHN_CLIENT_DATA_H

#include <stddef.h>

#include "base/error.h"

#define CLIENT_DATA_MAX    4096 /* bytes */
#define CLIENT_ORIGIN_MAX  300  /* bytes: a host name, "https://" and a port */
#define CHALLENGE_SIZE     32   /* bytes */
#define CHALLENGE_TEXT_MAX 43   /* of base64url */

enum client_ceremony { CLIENT_CREATES, CLIENT_GETS };

struct client_data {
    char challenge[CHALLENGE_TEXT_MAX + 1];
    char origin[CLIENT_ORIGIN_MAX + 1];
};

/* What was said in that ceremony, by a page that stood in no other site's frame. PP_E_INVALID, PP_E_LIMIT; PP_E_AUTH of
 * another ceremony, or a frame. */
PP_MUST_USE bool client_data_read(const void *json, size_t size, enum client_ceremony ceremony,
                                  struct client_data *out, struct pp_error *error);

#endif
