/*
 * Enrolment of a screen by a person with a phone: OAuth 2.0 Device Authorization Grant (RFC 8628), bound to
 * the device key by its thumbprint.
 *
 *   device_authorization --> code on the screen --> token, token, ... --approved--> on_token
 *        ^                                            | expired_token, access_denied,
 *        |                                            | or the end by our own clock
 *        +--------------------------------------------+ a new code, without a restart
 *
 * It never gives up: whatever goes wrong is told to on_trouble and tried again. Answers are refused whole
 * where a field is missing, of the wrong type, too long, or an address is not https.
 */
#ifndef PP_ACCESS_ENROL_H
#define PP_ACCESS_ENROL_H

#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "net/client.h"
#include "net/loop.h"

#define ACCESS_DEVICE_CODE_MAX    512 /* bytes with the NUL, as the ones below */
#define ACCESS_USER_CODE_MAX      17  /* these three: no more than the status screen takes */
#define ACCESS_ADDRESS_MAX        257
#define ACCESS_URI_MAX            512
#define ACCESS_TOKEN_MAX          4096
#define ACCESS_EXPIRES_MAX_S      86400       /* longer lives are cut to this */
#define ACCESS_INTERVAL_DEFAULT_S 5           /* RFC 8628 §3.2 */
#define ACCESS_INTERVAL_MAX_S     300         /* a larger first interval is refused; slow_down stops there */
#define ACCESS_SLOW_DOWN_S        5           /* RFC 8628 §3.5 */
#define ACCESS_DENIED_PAUSE_S     30          /* after access_denied, before a new code is asked for */
#define ACCESS_RESPONSE_MAX       (16 * 1024) /* bytes of an answer */

struct access_enrol;

struct access_code {
    const char *user_code;                 /* as it is to be shown, "BCDF-GHJK" */
    const char *verification_uri;          /* https */
    const char *verification_uri_complete; /* https; "" where the server gave none */
    int64_t expires_ms;                    /* CLOCK_MONOTONIC */
};

enum access_trouble {
    ACCESS_TROUBLE_NETWORK, /* no answer, or none to trust (PP_E_TLS); tried again */
    ACCESS_TROUBLE_SERVER,  /* an answer that cannot be used; tried again */
    ACCESS_TROUBLE_EXPIRED, /* nobody approved in time; a new code follows */
    ACCESS_TROUBLE_DENIED,  /* somebody refused this screen; a new code follows after a pause */
};

struct access_enrol_config {
    struct net_loop *loop;
    struct net_client *client;  /* its base_url is the authorization server */
    const char *jwk_thumbprint; /* RFC 7638, base64url; copied */
    int64_t denied_pause_ms;    /* 0: ACCESS_DENIED_PAUSE_S */
    bool waits;                 /* there is a token already: nothing is asked before access_enrol_restart */
    /* The code's texts are borrowed for the time of the call. */
    void (*on_code)(void *arg, const struct access_code *code);
    /* The end: the access token, borrowed for the time of the call. Nothing more happens until
     * access_enrol_restart. */
    void (*on_token)(void *arg, const char *access_token);
    void (*on_trouble)(void *arg, enum access_trouble trouble,
                       const struct pp_error *error); /* may be NULL */
    void *arg;
};

struct access_enrol *access_enrol_start(const struct access_enrol_config *config, struct pp_error *error);

/* Whether the code told last can still be approved. In on_trouble: false where it came to an end. */
bool access_enrol_has_code(const struct access_enrol *enrol);

/* From the beginning, with a new code: where EST refused the token. Also while it is still going on. */
void access_enrol_restart(struct access_enrol *enrol);

/* There may be a network by now: what had no answer is asked again at once, and not when its wait is over. */
void access_enrol_ask_now(struct access_enrol *enrol);

void access_enrol_destroy(struct access_enrol *enrol); /* also from its own callbacks; NULL is allowed */
PP_DEFINE_AUTO(access_enrol, struct access_enrol, access_enrol_destroy)

#endif
