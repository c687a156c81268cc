/*
 * Internal: what a server wants in certification requests, its answer to "csrattrs" (RFC 7030 §4.5.2, RFC 8951 §4,
 * RFC 9908): strict DER.
 *
 *   SEQUENCE { AttrOrOID … }      AttrOrOID: OBJECT IDENTIFIER, or SEQUENCE { OBJECT IDENTIFIER, SET { value … } }
 *
 *   { id-ecPublicKey, { secp256r1 } }      the key: this one is P-256; PP_E_UNSUPPORTED where only others will do
 *   { extensionReq, { Extensions } }       extensions with their values, copied as they are; without one, our own
 *   ecdsa-with-SHA256, challengePassword…  hints: followed where they say what is done anyway, else named as left out
 */
#ifndef PP_IDENTITY_CSRATTRS_H
#define PP_IDENTITY_CSRATTRS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CSRATTRS_MAX            4096 /* bytes of the document */
#define CSRATTRS_ITEMS_MAX      32   /* attributes, and extensions of each */
#define CSRATTRS_EXTENSIONS_MAX 8    /* of a request */
#define CSRATTRS_EXTENSION_MAX  512  /* bytes of one of them */
#define CSRATTRS_WORDS_MAX      256  /* bytes with the NUL */

enum csrattrs_kind {
    CSRATTRS_GIVEN, /* with the server's value */
    CSRATTRS_KEY_USAGE,
    CSRATTRS_EXTENDED_KEY_USAGE,
    CSRATTRS_BASIC_CONSTRAINTS,
    CSRATTRS_ALT_NAME, /* this key's thumbprint as a URI, RFC 9278 */
};

struct csrattrs {
    struct csrattrs_extension {
        enum csrattrs_kind kind;
        uint8_t der[CSRATTRS_EXTENSION_MAX]; /* CSRATTRS_GIVEN: the Extension (RFC 5280 §4.1) as it came */
        size_t size;
    } extensions[CSRATTRS_EXTENSIONS_MAX];
    size_t count;
    char left_out[CSRATTRS_WORDS_MAX]; /* what is asked for and not in the request, in words; "" nothing */
};

/* Errors: PP_E_INVALID (not such a document), PP_E_LIMIT, PP_E_UNSUPPORTED (a key that this screen has not). */
PP_MUST_USE bool csrattrs_parse(const uint8_t *der, size_t size, struct csrattrs *attributes,
                                struct pp_error *error);

#endif
