#include "net/authorities.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

struct net_authorities {
    atomic_uint references;
    pthread_mutex_t lock;
    struct net_trust *trust;
    unsigned number; /* of changes */
};

/* The number makes each change another text: libcurl compares the texts, and uses no connection (and resumes no TLS
 * session) that was made with another. What stands before a PEM block is nobody's (RFC 7468 §2). */
static struct net_trust *trust_create(unsigned number, const char *pem,
                                      const uint8_t (*refused)[NET_KEY_HASH_SIZE], size_t refused_count,
                                      struct pp_error *error) {
    if (strlen(pem) > NET_TRUST_PEM_MAX || refused_count > NET_TRUST_KEYS_MAX) {
        pp_fail(error, PP_E_LIMIT, "too many trusted authorities, or retired ones");
        return NULL;
    }
    struct net_trust *trust = calloc(1, sizeof *trust);
    if (!trust || asprintf(&trust->pem, "change %u\n%s", number, pem) < 0) {
        free(trust);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    trust->references = 1;
    trust->refused_count = refused_count;
    if (refused_count)
        memcpy(trust->refused, refused, refused_count * sizeof *refused);
    return trust;
}

void net_trust_release(struct net_trust *trust) {
    if (!trust || atomic_fetch_sub(&trust->references, 1) != 1)
        return;
    free(trust->pem);
    free(trust);
}

struct net_authorities *net_authorities_create(const char *pem, const uint8_t (*refused)[NET_KEY_HASH_SIZE],
                                               size_t refused_count, struct pp_error *error) {
    PP_AUTO(net_trust) struct net_trust *trust = trust_create(0, pem, refused, refused_count, error);
    struct net_authorities *authorities = trust ? calloc(1, sizeof *authorities) : NULL;
    if (!authorities) {
        if (trust)
            pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    authorities->references = 1;
    pthread_mutex_init(&authorities->lock, NULL);
    authorities->trust = pp_steal(&trust);
    return authorities;
}

struct net_authorities *net_authorities_ref(struct net_authorities *authorities) {
    if (authorities)
        atomic_fetch_add(&authorities->references, 1);
    return authorities;
}

void net_authorities_destroy(struct net_authorities *authorities) {
    if (!authorities || atomic_fetch_sub(&authorities->references, 1) != 1)
        return;
    net_trust_release(authorities->trust);
    pthread_mutex_destroy(&authorities->lock);
    free(authorities);
}

bool net_authorities_set(struct net_authorities *authorities, const char *pem,
                         const uint8_t (*refused)[NET_KEY_HASH_SIZE], size_t refused_count,
                         struct pp_error *error) {
    pthread_mutex_lock(&authorities->lock);
    struct net_trust *trust = trust_create(authorities->number + 1, pem, refused, refused_count, error);
    struct net_trust *before = trust ? authorities->trust : NULL;
    if (trust) {
        authorities->trust = trust;
        authorities->number++;
    }
    pthread_mutex_unlock(&authorities->lock);
    net_trust_release(before);
    return trust != NULL;
}

struct net_trust *net_authorities_get(struct net_authorities *authorities) {
    pthread_mutex_lock(&authorities->lock);
    struct net_trust *trust = authorities->trust;
    atomic_fetch_add(&trust->references, 1);
    pthread_mutex_unlock(&authorities->lock);
    return trust;
}

bool net_key_hash(X509 *certificate, uint8_t hash[NET_KEY_HASH_SIZE]) {
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool ok = size > 0 && EVP_Digest(der, (size_t)size, hash, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok;
}

static bool refuses(const struct net_trust *trust, X509 *certificate) {
    uint8_t hash[NET_KEY_HASH_SIZE];
    if (!net_key_hash(certificate, hash))
        return true;
    for (size_t i = 0; i < trust->refused_count; i++) {
        if (memcmp(trust->refused[i], hash, sizeof hash) == 0)
            return true;
    }
    return false;
}

int net_trust_find_refused(const struct net_trust *trust, const STACK_OF(X509) * chain) {
    for (int i = 0; trust->refused_count && i < sk_X509_num(chain); i++) {
        if (refuses(trust, sk_X509_value(chain, i)))
            return i;
    }
    return -1;
}
