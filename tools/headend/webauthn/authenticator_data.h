/*
 * What an authenticator signs (WebAuthn Level 3 §6.1):
 *
 *   SHA-256 of the RP ID (32) | flags (1) | sign count (4, big-endian)
 *     | where AT is set: AAGUID (16) | length (2) | credential id | COSE key
 *     | where ED is set: a map of extensions
 */
#ifndef HEADEND_WEBAUTHN_AUTHENTICATOR_DATA_H
#define HEADEND_WEBAUTHN_AUTHENTICATOR_DATA_H

#include "headend/webauthn/cose_key.h"

#define CREDENTIAL_ID_MAX     1023 /* bytes: WebAuthn Level 3 §7.1, step 24 */
#define AUTHENTICATOR_RP_SIZE 32   /* bytes */

enum authenticator_flags {
    AUTHENTICATOR_UP = 1 << 0, /* somebody was there */
    AUTHENTICATOR_UV = 1 << 2, /* and was recognised */
    AUTHENTICATOR_BE = 1 << 3, /* the credential may be backed up */
    AUTHENTICATOR_BS = 1 << 4, /* and is */
    AUTHENTICATOR_AT = 1 << 6, /* a credential comes along */
    AUTHENTICATOR_ED = 1 << 7, /* extensions do */
};

/* Borrowed from the data. */
struct authenticator_data {
    const uint8_t *rp_hash; /* AUTHENTICATOR_RP_SIZE bytes */
    uint8_t flags;
    uint32_t sign_count;
    const uint8_t *credential; /* NULL where none comes along */
    size_t credential_size;    /* bytes */
    const uint8_t *key;        /* as it came: COSE */
    size_t key_size;           /* bytes */
    struct cose_key cose;      /* read */
};

/* PP_E_INVALID where it breaks the form, or has more behind its end; PP_E_LIMIT, PP_E_UNSUPPORTED. */
PP_MUST_USE bool authenticator_data_read(const void *data, size_t size, struct authenticator_data *out,
                                         struct pp_error *error);

#endif
