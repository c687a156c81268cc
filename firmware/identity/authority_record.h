/*
 * Which authorities (root certificates) a screen is told to trust, and which it trusts no longer: a target of the
 * repository's top-level role, and what is kept of it in the vault.
 *
 *     {"format":1,
 *      "authorities":[{"sha256":HEX OF THE DER'S,"certificate":BASE64 OF THE DER} …],   1 to 8, newest first
 *      "issuing":HEX OF THE ONE THAT ISSUES NOW,
 *      "retired":[HEX OF A CERTIFICATE …]}                                              at most 32
 *
 * Members that are not known are ignored. The headend's schema: assets/schema/authorities.schema.json.
 *
 * What is kept has the same form, and "origin". Where that is "server" none need be listed and "issuing" may be
 * missing: then it is what an EST server's cacerts has proven (authorities.h). "retired_keys" are hashes of the keys
 * of retired certificates, as far as they are known, each of a SubjectPublicKeyInfo (RFC 5280 §4.1); "refused" are
 * certificates of a server's answers that were refused, and told, already.
 */
#ifndef PP_IDENTITY_AUTHORITY_RECORD_H
#define PP_IDENTITY_AUTHORITY_RECORD_H

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/authorities.h"

#define AUTHORITY_DOCUMENT_MAX (16 * 1024) /* bytes of the target */
#define AUTHORITY_RECORD_MAX   (32 * 1024) /* bytes of the record */
#define AUTHORITY_DER_MAX      8192        /* bytes of a certificate */
#define AUTHORITY_LISTED_MAX   8
#define AUTHORITY_RETIRED_MAX  32 /* of a target */
#define AUTHORITY_RETIRED_KEPT 64 /* with those of the file that were retired before */
#define AUTHORITY_KEYS_MAX     64
#define AUTHORITY_REFUSED_MAX  16
#define AUTHORITY_HASH_SIZE    32 /* bytes, SHA-256 */
#define AUTHORITY_NAME_MAX     65 /* bytes with the NUL */

typedef uint8_t authority_hash[AUTHORITY_HASH_SIZE];

struct authority {
    X509 *certificate;
    authority_hash sha256; /* of its DER */
    authority_hash key;
    char name[AUTHORITY_NAME_MAX]; /* its common name, or what else there is; fit for a screen */
    int64_t not_after;             /* s since 1970 */
};

/* A certificate that OpenSSL can read, with nothing behind it, of whatever kind. */
PP_MUST_USE bool authority_read(const uint8_t *der, size_t size, struct authority *authority,
                                struct pp_error *error);
/* Whether it may vouch for others: CA, and keyCertSign. */
PP_MUST_USE bool authority_check(const struct authority *authority, struct pp_error *error);
void authority_finish(struct authority *authority);
/* Another hold on the same certificate. */
void authority_copy(const struct authority *authority, struct authority *copy);
PP_MUST_USE bool authority_write_pem(const struct authority *authority, struct pp_buf *pem,
                                     struct pp_error *error);

struct authority_record {
    bool by_target; /* the repository has spoken: no server's cacerts counts any more */
    struct authority listed[AUTHORITY_LISTED_MAX];
    size_t listed_count;
    bool has_issuing;
    authority_hash issuing;
    authority_hash retired[AUTHORITY_RETIRED_KEPT];
    size_t retired_count;
    authority_hash retired_keys[AUTHORITY_KEYS_MAX];
    size_t retired_key_count;
    authority_hash refused[AUTHORITY_REFUSED_MAX];
    size_t refused_count;
};

/* The target. Refused whole: PP_E_INVALID, PP_E_LIMIT, PP_E_AUTH (a hash that is not the certificate's). */
PP_MUST_USE bool authority_target_read(const char *json, size_t size, struct authority_record *record,
                                       struct pp_error *error);
/* What is kept. */
PP_MUST_USE bool authority_record_read(const char *json, size_t size, struct authority_record *record,
                                       struct pp_error *error);
PP_MUST_USE bool authority_record_write(const struct authority_record *record, struct pp_buf *json,
                                        struct pp_error *error);
void authority_record_finish(struct authority_record *record);
void authority_record_copy(const struct authority_record *record, struct authority_record *copy);

bool authority_hash_among(const authority_hash hash, const authority_hash *list, size_t count);
/* Unless it is there; where the list is full the oldest goes. */
void authority_hash_add(const authority_hash hash, authority_hash *list, size_t *count, size_t max);
const struct authority *authority_listed(const struct authority_record *record, const authority_hash sha256);

#endif
