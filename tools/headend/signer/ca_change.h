/*
 * Changes of the certificate authorities. Callers hold the publish lock (publish.h); each change is decided by one
 * replacement of ca.json (ca_file.h), after which the rest can be done again, by whoever comes next, until it
 * is done: ca_settle, then the repository is signed anew with the new document, then ca_finish.
 */
#ifndef HEADEND_SIGNER_CA_CHANGE_H
#define HEADEND_SIGNER_CA_CHANGE_H

#include "headend/public/ca.h"

/* Who holds their certificates, as the database has it (ops/certificate_holders.h). */
struct ca_holders {
    void *arg;
    /* Certificates that name no authority are by this one. */
    bool (*name)(void *arg, const uint8_t authority[CA_HASH_SIZE], struct pp_error *error);
    /* How many screens in use hold a certificate of the authority's that they may show. */
    bool (*count)(void *arg, const struct ca *ca, const struct authority *authority, int64_t *count,
                  struct pp_error *error);
};

/* A new authority, which issues from then on; those that are trusted certify its key. One that was made by a call that
 * was interrupted before it was all done is taken for the new one. PP_E_LIMIT with CA_TRUSTED_MAX that are trusted. */
PP_MUST_USE bool ca_rotate(const struct home *home, const struct ca_holders *holders,
                           uint8_t sha256[CA_HASH_SIZE], struct pp_error *error);

/* An authority is retired. PP_E_STATE for the one that issues, for one that is newer than another that is trusted (that
 * has certified its key, so whoever has this one's is still believed by screens), and, unless `force`, while screens
 * hold certificates by it. `hex` is the first CA_PREFIX_MIN or more digits of its hash. */
#define CA_PREFIX_MIN 8
PP_MUST_USE bool ca_retire(const struct home *home, const struct ca_holders *holders, const char *hex,
                           bool force, uint8_t sha256[CA_HASH_SIZE], struct pp_error *error);

/* What the folder says is done: ca.pem is the certificate of the one that issues, and the keys that nobody needs are
 * destroyed. That no certificate is good that is by one that is retired is the database's part, and comes before it
 * (ops/certificate_holders.h). */
PP_MUST_USE bool ca_settle(const struct home *home, struct pp_error *error);
/* Screens are told. */
PP_MUST_USE bool ca_finish(const struct home *home, struct pp_error *error);

#endif
