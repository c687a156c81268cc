/*
 * Whom clients trust, where that may change while they live: root certificates, and keys that are none any more.
 * Several clients share it, on whatever threads; each request takes it as it is when its turn comes, and no connection
 * that was made before a change is used after it.
 *
 * A key that is refused is in no path to a server, whatever vouches for it: an authority that was replaced may have
 * been cross-signed by the one that followed it (RFC 4210 §4.4, OldWithNew), and that certificate is public.
 */
#ifndef PP_NET_AUTHORITIES_H
#define PP_NET_AUTHORITIES_H

#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

#define NET_TRUST_PEM_MAX  (512 * 1024) /* bytes */
#define NET_TRUST_KEYS_MAX 128
#define NET_KEY_HASH_SIZE  32 /* bytes, SHA-256 of a SubjectPublicKeyInfo (RFC 5280 §4.1) in DER */

/* At a moment; never changes. */
struct net_trust {
    atomic_uint references;
    char *pem;
    size_t refused_count;
    uint8_t refused[NET_TRUST_KEYS_MAX][NET_KEY_HASH_SIZE];
};

struct net_authorities;

/* PP_E_LIMIT; NULL where out of memory. `refused`: hashes of keys, NULL and 0 none. */
struct net_authorities *net_authorities_create(const char *pem, const uint8_t (*refused)[NET_KEY_HASH_SIZE],
                                               size_t refused_count, struct pp_error *error);
struct net_authorities *net_authorities_ref(struct net_authorities *authorities); /* of NULL, NULL */
void net_authorities_destroy(struct net_authorities *authorities);                /* NULL is allowed */
PP_DEFINE_AUTO(net_authorities, struct net_authorities, net_authorities_destroy)

/* From the next request on; what was trusted before is where this fails. */
PP_MUST_USE bool net_authorities_set(struct net_authorities *authorities, const char *pem,
                                     const uint8_t (*refused)[NET_KEY_HASH_SIZE], size_t refused_count,
                                     struct pp_error *error);
/* Held by the caller. */
struct net_trust *net_authorities_get(struct net_authorities *authorities);
void net_trust_release(struct net_trust *trust); /* NULL is allowed */
PP_DEFINE_AUTO(net_trust, struct net_trust, net_trust_release)

bool net_key_hash(X509 *certificate, uint8_t hash[NET_KEY_HASH_SIZE]);
/* The place of the first certificate with a key that is refused (or that cannot be hashed); -1: there is none. */
int net_trust_find_refused(const struct net_trust *trust, const STACK_OF(X509) * chain);

#endif
