/*
 * The headend's own word that this display point is not to show anything, or has to be approved again (design §6): an
 * answer 403 or 401 whose problem document (RFC 9457) holds, in "refusal", a JWS by a control key (RFC 7515, ES256,
 * typ "pingplay-refusal"):
 *
 *   HTTP/1.1 403            {"type": "urn:pingplay:problem:screen-retired", "title": "Forbidden", "status": 403,
 *   Content-Type:            "detail": "this screen is retired here", "code": "screen-retired",
 *   application/problem+json "refusal": "eyJ…"}
 *
 *   payload                 {"aud": "<device id>", "iat": 1767600000, "nonce": "<of the request>", "reason": "retired",
 *                          "commands": […]}
 *
 * "commands" is what the display point is to do all the same (command/command.h): to erase itself. The nonce is the
 * request's (header Pingplay-Nonce), so that none can be kept and said again. A proxy, a firewall, a captive portal
 * or whoever ends TLS can answer 401, 403 or anything else as well: without that signature it is an outage, and the
 * screen plays on.
 */
#ifndef PP_ACCESS_REFUSAL_H
#define PP_ACCESS_REFUSAL_H

#include "jose/jws.h"
#include "net/client.h"

#define ACCESS_NONCE_SIZE   25 /* bytes: 128 bits in base64url, room for padding, and the NUL */
#define ACCESS_NONCE_HEADER "Pingplay-Nonce"
#define ACCESS_NONCE_HEADER_SIZE                                                                             \
    (sizeof ACCESS_NONCE_HEADER + 2 + ACCESS_NONCE_SIZE) /* of the line, with the NUL */
#define ACCESS_REFUSAL_TOKEN_MAX 4096                    /* characters */

enum access_refusal {
    ACCESS_REFUSAL_NONE,
    ACCESS_REFUSAL_RETIRED, /* by a person */
    ACCESS_REFUSAL_UNKNOWN, /* it is no screen of this headend */
    ACCESS_REFUSAL_REVOKED, /* it is one, but its certificate was replaced by another */
    ACCESS_REFUSAL_NETWORK, /* it is one, and asks from a network that it may not ask from */
};

/* One for each request. */
PP_MUST_USE bool access_nonce_make(char nonce[ACCESS_NONCE_SIZE], struct pp_error *error);
void access_nonce_line(const char *nonce, char line[ACCESS_NONCE_HEADER_SIZE]);

/* What a refusal has to be. */
struct access_refusal_demands {
    const char *device_id;
    const char *nonce;      /* of the request that was answered */
    jws_find_key *find_key; /* among the control keys */
    void *keys;
    struct pp_buf *payload; /* gets what was signed; NULL: not wanted */
};

/* `error` says why one that was meant to be a refusal does not count; PP_OK where the answer was none at all.
 * PP_E_NOTFOUND: it is signed by a key that is not among them. */
enum access_refusal access_refusal_of(const struct net_response *response,
                                      const struct access_refusal_demands *demands, struct pp_error *error);

#endif
