#include "access/prover.h"

#include <pthread.h>
#include <string.h>

#include "jose/proof.h"

struct access_prover {
    const struct identity *identity;
    struct pp_time_source time;
    pthread_mutex_t lock;
    char nonce[PROOF_TEXT_MAX + 1]; /* the server's; "" none yet */
};

struct access_prover *access_prover_create(const struct identity *identity, struct pp_time_source time,
                                           struct pp_error *error) {
    struct access_prover *prover = calloc(1, sizeof *prover);
    if (!prover) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    prover->identity = identity;
    prover->time = time;
    pthread_mutex_init(&prover->lock, NULL);
    return prover;
}

void access_prover_destroy(struct access_prover *prover) {
    if (!prover)
        return;
    pthread_mutex_destroy(&prover->lock);
    free(prover);
}

static bool sign(void *arg, const void *data, size_t size, uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE],
                 struct pp_error *error) {
    return identity_sign_raw(arg, data, size, signature, error);
}

static bool prove(void *arg, const char *method, const char *url, const char *cookie, struct pp_buf *proof,
                  struct pp_error *error) {
    struct access_prover *prover = arg;
    char nonce[PROOF_TEXT_MAX + 1];
    pthread_mutex_lock(&prover->lock);
    memcpy(nonce, prover->nonce, sizeof nonce);
    pthread_mutex_unlock(&prover->lock);
    const char *value = cookie ? strchr(cookie, '=') : NULL;
    const struct proof_request request = {
        .method = method, .url = url, .nonce = *nonce ? nonce : NULL, .bound = value ? value + 1 : NULL};
    uint8_t point[CRYPTO_POINT_SIZE];
    identity_point(prover->identity, point);
    const struct proof_signer signer = {
        .point = point, .sign = sign, .arg = (void *)(uintptr_t)prover->identity};
    return proof_make(&signer, &request, pp_time_now_s(&prover->time), proof, error);
}

/* NQCHAR of RFC 6749 §A, as RFC 9449 §8.1 wants it; another one is none. */
static bool is_nonce(const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c >= 127 || *c == '"' || *c == '\\')
            return false;
    }
    return *text && strlen(text) <= PROOF_TEXT_MAX;
}

static void take_nonce(void *arg, const char *nonce) {
    struct access_prover *prover = arg;
    if (!is_nonce(nonce))
        return;
    pthread_mutex_lock(&prover->lock);
    strcpy(prover->nonce, nonce);
    pthread_mutex_unlock(&prover->lock);
}

struct net_prover access_prover_hook(struct access_prover *prover, bool with_cookie) {
    return (struct net_prover){
        .prove = prove, .take_nonce = take_nonce, .arg = prover, .with_cookie = with_cookie};
}
