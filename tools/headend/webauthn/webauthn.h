/*
 * Passkeys, as a server sees them: Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/), §7.1 "Registering a
 * New Credential" and §7.2 "Verifying an Authentication Assertion", each step of them but those that need a database:
 * that a challenge was given for this, and is given once; whose credential it is, and that it is nobody's yet.
 *
 * Pages stand in no frame. Attestation is not asked for: "none" is taken, and what
 * the credential's own key has signed ("packed", self attestation); a maker's is refused.
 */
#ifndef HEADEND_WEBAUTHN_WEBAUTHN_H
#define HEADEND_WEBAUTHN_WEBAUTHN_H

#include "headend/webauthn/authenticator_data.h"
#include "headend/webauthn/client_data.h"

#define ATTESTATION_MAX        8192 /* bytes */
#define AUTHENTICATOR_DATA_MAX 512  /* bytes, of an assertion: without a credential */
#define SIGNATURE_MAX          512  /* bytes */

/* Who asks: the name that credentials are for (RP ID), and where its pages are. */
struct webauthn_party {
    const char *id;     /* "screens.example.org" */
    const char *origin; /* "https://screens.example.org:8443" */
    bool verifies;      /* the user has to be recognised (UV), where nothing else is asked for */
};

/* What is kept of a credential. */
struct webauthn_credential {
    uint8_t id[CREDENTIAL_ID_MAX];
    size_t id_size; /* bytes */
    uint8_t key[COSE_KEY_MAX];
    size_t key_size; /* bytes */
    uint32_t sign_count;
    bool backup_eligible, backed_up;
};

/* What a browser sends, as bytes. Borrowed. */
struct webauthn_bytes {
    const uint8_t *data;
    size_t size;
};

/* A new credential, for a page of the party's that had this challenge (base64url). PP_E_INVALID, PP_E_LIMIT,
 * PP_E_UNSUPPORTED, PP_E_AUTH. */
PP_MUST_USE bool webauthn_register(const struct webauthn_party *party, const char *challenge,
                                   struct webauthn_bytes client_data, struct webauthn_bytes attestation,
                                   struct webauthn_credential *out, struct pp_error *error);

struct webauthn_assertion {
    struct webauthn_bytes client_data, authenticator_data, signature;
};
/* Whether the credential has signed the challenge for a page of the party's. Fills in the count and the state that are
 * to be kept now. PP_E_AUTH; PP_E_ROLLBACK where its count went back, which one that was copied would do. */
PP_MUST_USE bool webauthn_verify(const struct webauthn_party *party, const char *challenge,
                                 const struct webauthn_assertion *assertion,
                                 struct webauthn_credential *credential, struct pp_error *error);

#endif
