/*
 * Whom this screen trusts, for TLS and as authority of certificates: those of the configured file and those that it
 * was told of since, without those that were retired. What it was told is the vault record "authorities"
 * (authority_record.h), which is on flash before it is obeyed: so each step makes the record that is to follow, and
 * authorities_use then puts it into effect.
 *
 * Two may tell: the repository's target, which says all there is to say and ends what any server had told; and, as long
 * as there was none, an EST server (RFC 7030 §4.1.3). The server's word counts only where an authority that is trusted
 * has signed for the new one: by a certificate with the new one's key and the name of both (RFC 4210 §4.4, NewWithOld;
 * self-issued, RFC 5280 §3.2: what was signed for another name is a sub-authority, and becomes no root). It retires
 * nothing, and brings back nothing that was retired.
 */
#ifndef PP_IDENTITY_AUTHORITIES_H
#define PP_IDENTITY_AUTHORITIES_H

#include "identity/authority_record.h"
#include "vault/vault.h"

#define AUTHORITIES_VAULT_RECORD   "authorities"
#define AUTHORITIES_CONFIGURED_MAX 512 /* certificates of the file */

struct authorities {
    struct authority *configured; /* of the file */
    size_t configured_count;
    struct authority_record record; /* in effect */
    bool recorded;                  /* the vault has it */
    struct net_authorities *shared; /* what clients go by */
};

/* The file, and the record where there is one: a record that is lost is logged, and counts as none. `vault` NULL: the
 * file alone. Errors: the file's, and the vault's where the record cannot be read as things are. */
PP_MUST_USE bool authorities_open(struct authorities *authorities, const char *ca_file, struct vault *vault,
                                  struct pp_error *error);
void authorities_finish(struct authorities *authorities);

/* By place, from 0 on: each that is trusted, once, the newest first; NULL: there are no more. Borrowed. */
const struct authority *authorities_at(const struct authorities *authorities,
                                       const struct authority_record *record, size_t place);

/* That one of them; NULL: it is not trusted. */
const struct authority *authorities_find(const struct authorities *authorities,
                                         const struct authority_record *record, const authority_hash sha256);

/* What is to follow the present record where the repository says this. PP_E_STATE: it is what the present one says
 * already, and `next` is none. */
PP_MUST_USE bool authorities_take_target(const struct authorities *authorities, const char *json, size_t size,
                                         struct authority_record *next, struct pp_error *error);

/* What is to follow it by the answer of an EST server, at `now_s`. PP_E_STATE: nothing changes. PP_E_INVALID, PP_E_AUTH
 * where the answer is refused whole. `told` gets what of it is refused, and was not told before: a line each of the
 * names, "" nothing. */
PP_MUST_USE bool authorities_take_answer(const struct authorities *authorities, const uint8_t *pkcs7,
                                         size_t size, int64_t now_s, struct authority_record *next,
                                         char told[PP_ERROR_MESSAGE_MAX], struct pp_error *error);

/* In the place of the present one, which is finished; `next` is taken over. False: the present one stays in effect,
 * and `next` is the caller's. */
PP_MUST_USE bool authorities_use(struct authorities *authorities, struct authority_record *next,
                                 struct pp_error *error);

/* Whether the one that issues now has signed a certificate of that chain; where nobody has said who issues, it has. */
bool authorities_issued(const struct authorities *authorities, const char *chain_pem);

#endif
