/*
 * The control key: what this headend wants of a screen is signed with it (design §6: states as JWS, RFC 7515, ES256).
 * Screens have its public half as the target keys/control.json of the repository's top-level role, a JWK set (RFC
 * 7517 §5), so whoever stands between, and whoever has the server's TLS key alone, can make no state.
 */
#ifndef HEADEND_SIGNER_CONTROL_H
#define HEADEND_SIGNER_CONTROL_H

#include "base/buf.h"
#include "base/json.h"
#include "headend/base/home.h"

#define CONTROL_ROLE         "control" /* keys/control.pem */
#define CONTROL_TARGET       "keys/control.json"
#define CONTROL_DOCUMENT_MAX 4096 /* bytes */
#define CONTROL_REFUSAL_MAX  4096 /* characters */
#define CONTROL_NONCE_MAX    64   /* characters of base64url */

struct control;

/* From the folder, made where there is none. One for all threads. A key that was changed meanwhile (publish.h) is
 * the one that signs from then on. */
struct control *control_open(const struct home *home, struct pp_error *error);
void control_close(struct control *control);
PP_DEFINE_AUTO(control, struct control, control_close)

/* The member "upload_key" of states (upload_key.h): borrowed. */
cJSON *control_upload_key(const struct control *control);

/* Appends the JWS of a kind of document (`typ`). */
PP_MUST_USE bool control_sign(struct control *control, const char *typ, const void *payload, size_t size,
                              struct pp_buf *token, struct pp_error *error);

struct control_refusal {
    const char *device, *reason, *nonce;
    cJSON *commands; /* what it is to do all the same; borrowed; NULL nothing */
};
/* A refusal of a screen's request that carried `nonce`: what it is (`reason`), signed (firmware/access/refusal.h). */
PP_MUST_USE bool control_refuse(struct control *control, const struct control_refusal *refusal,
                                struct pp_buf *token, struct pp_error *error);

/* The JWK set: the key, made where there is none, and the next one while there is one (TUF_NEXT), so that screens know
 * it before anything is signed with it. Appended, the same bytes each time. */
PP_MUST_USE bool control_document(const struct home *home, struct pp_buf *document, struct pp_error *error);

#endif
