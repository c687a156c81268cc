/*
 * What a browser's page sends of a ceremony: RegistrationResponseJSON and AuthenticationResponseJSON (WebAuthn Level 3
 * §5.1.2), of which members that a server does not need are passed over.
 *
 *   {"id": "…", "type": "public-key", "response": {"clientDataJSON": "…", "attestationObject": "…",
 *    "transports": ["internal"]}}
 *   {"id": "…", "type": "public-key", "response": {"clientDataJSON": "…", "authenticatorData": "…", "signature": "…",
 *    "userHandle": "…"}}
 */
#ifndef HEADEND_WEBAUTHN_ANSWER_H
#define HEADEND_WEBAUTHN_ANSWER_H

#include "base/json.h"
#include "headend/webauthn/webauthn.h"

#define USER_HANDLE_SIZE 32 /* bytes: of ours */
#define TRANSPORTS_MAX   8
#define TRANSPORT_MAX    16 /* bytes of one's name */
#define TRANSPORTS_SIZE                                                                                      \
    (TRANSPORTS_MAX * (TRANSPORT_MAX + 1)) /* bytes of them with blanks between, and the NUL */
#define ANSWER_TEXT_MAX (24 * 1024)        /* bytes of the document, and of what holds it */

struct webauthn_answer {
    uint8_t id[CREDENTIAL_ID_MAX];
    uint8_t client_data[CLIENT_DATA_MAX];
    uint8_t attestation[ATTESTATION_MAX];               /* of a registration */
    uint8_t authenticator_data[AUTHENTICATOR_DATA_MAX]; /* and of a sign-in */
    uint8_t signature[SIGNATURE_MAX];
    uint8_t user_handle[USER_HANDLE_SIZE];
    size_t id_size, client_size, attestation_size, data_size, signature_size; /* bytes */
    char transports[TRANSPORTS_SIZE];                                         /* "hybrid internal" */
};

/* PP_E_INVALID, PP_E_LIMIT. */
PP_MUST_USE bool webauthn_answer_read(const cJSON *document, enum client_ceremony ceremony,
                                      struct webauthn_answer *out, struct pp_error *error);

struct webauthn_bytes webauthn_answer_client(const struct webauthn_answer *answer);
struct webauthn_bytes webauthn_answer_attestation(const struct webauthn_answer *answer);
struct webauthn_assertion webauthn_answer_assertion(const struct webauthn_answer *answer);

#endif
