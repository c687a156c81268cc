/*
 * A credential's public key: a COSE_Key (RFC 9052 §7), with what its algorithm needs and nothing more, as WebAuthn
 * §6.5.1.1 wants it.
 *
 *   {1: 2, 3: -7, -1: 1, -2: x, -3: y}      ES256: a point of P-256, not compressed
 *   {1: 1, 3: -8, -1: 6, -2: x}             EdDSA: Ed25519
 *   {1: 3, 3: -257, -1: n, -2: e}           RS256: RSA of 2048 bits, which libfido2 takes
 */
#ifndef HEADEND_WEBAUTHN_COSE_KEY_H
#define HEADEND_WEBAUTHN_COSE_KEY_H

#include "headend/webauthn/cbor.h"

#define COSE_KEY_MAX 400 /* bytes */

/* IANA's numbers (COSE Algorithms). */
enum cose_algorithm {
    COSE_KEY_ES256 = -7,
    COSE_KEY_EDDSA = -8,
    COSE_KEY_RS256 = -257,
};

struct cose_key {
    enum cose_algorithm algorithm;
    union {
        uint8_t point[64]; /* x and y */
        uint8_t ed25519[32];
        struct {
            uint8_t n[256], e[3];
        } rsa;
    };
};

/* Reads one, and moves `cbor` behind it. PP_E_INVALID; PP_E_UNSUPPORTED of another algorithm. That the point is on its
 * curve is seen when it is used. */
PP_MUST_USE bool cose_key_read(struct cbor *cbor, struct cose_key *key, struct pp_error *error);

#endif
