#include "headend/device/proof_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/bulk.h"

#define SLOTS     (2 * PROOF_GUARD_SEEN) /* a power of two */
#define NAME_SIZE 16                     /* bytes of a hash: what two proofs share with no chance */

struct generation {
    char nonce[SECRET_TEXT_SIZE];
    int64_t begun_ms; /* CLOCK_MONOTONIC */
    size_t count;
    uint8_t (*seen)[NAME_SIZE]; /* SLOTS, by open addressing; zeros: free */
};

struct proof_guard {
    pthread_mutex_t mutex;
    struct generation generations[2];
    unsigned current;
};

static bool generation_begin(struct generation *generation, int64_t now_ms, struct pp_error *error) {
    if (!secret_make(generation->nonce, error))
        return false;
    generation->begun_ms = now_ms;
    generation->count = 0;
    memset(generation->seen, 0, SLOTS * sizeof *generation->seen);
    return true;
}

struct proof_guard *proof_guard_create(struct pp_error *error) {
    struct proof_guard *guard = calloc(1, sizeof *guard);
    if (!guard) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&guard->mutex, NULL);
    for (size_t i = 0; i < PP_COUNT(guard->generations); i++) {
        struct generation *generation = &guard->generations[i];
        generation->seen = calloc(SLOTS, sizeof *generation->seen);
        if (!generation->seen)
            pp_fail(error, PP_E_NOMEM, "out of memory");
        if (!generation->seen || !generation_begin(generation, INT64_MIN / 2, error)) {
            proof_guard_destroy(guard);
            return NULL;
        }
    }
    return guard;
}

void proof_guard_destroy(struct proof_guard *guard) {
    if (!guard)
        return;
    for (size_t i = 0; i < PP_COUNT(guard->generations); i++)
        free(guard->generations[i].seen);
    pthread_mutex_destroy(&guard->mutex);
    free(guard);
}

/* The current generation, another one where it is old or full. Where there is no chance to be had for its nonce the old
 * one goes on until it is full. */
static struct generation *generation_current(struct proof_guard *guard, int64_t now_ms) {
    struct generation *generation = &guard->generations[guard->current];
    if (now_ms - generation->begun_ms < PROOF_GUARD_LIFE_MS && generation->count < PROOF_GUARD_SEEN)
        return generation;
    struct generation *next = &guard->generations[1 - guard->current];
    if (!generation_begin(next, now_ms, NULL))
        return generation;
    guard->current = 1 - guard->current;
    return next;
}

void proof_guard_nonce(struct proof_guard *guard, int64_t now_ms, char nonce[SECRET_TEXT_SIZE]) {
    pthread_mutex_lock(&guard->mutex);
    memcpy(nonce, generation_current(guard, now_ms)->nonce, SECRET_TEXT_SIZE);
    pthread_mutex_unlock(&guard->mutex);
}

/* One whose nonce was given out lately. */
static struct generation *generation_of(struct proof_guard *guard, const char *nonce, int64_t now_ms) {
    for (size_t i = 0; i < PP_COUNT(guard->generations); i++) {
        struct generation *generation = &guard->generations[i];
        if (strcmp(generation->nonce, nonce) == 0)
            return now_ms - generation->begun_ms < 2 * PROOF_GUARD_LIFE_MS ? generation : NULL;
    }
    return NULL;
}

/* False where it is there already, or there is no room. */
static enum proof_verdict generation_add(struct generation *generation, const uint8_t name[NAME_SIZE]) {
    static const uint8_t none[NAME_SIZE];
    size_t slot = 0;
    memcpy(&slot, name, sizeof slot);
    for (size_t i = 0; i < SLOTS; i++) {
        uint8_t *place = generation->seen[(slot + i) & (SLOTS - 1)];
        if (memcmp(place, name, NAME_SIZE) == 0)
            return PROOF_SEEN;
        if (memcmp(place, none, NAME_SIZE) != 0)
            continue;
        if (generation->count == PROOF_GUARD_SEEN)
            return PROOF_STALE;
        memcpy(place, name, NAME_SIZE);
        generation->count++;
        return PROOF_FRESH;
    }
    return PROOF_STALE;
}

enum proof_verdict proof_guard_take(struct proof_guard *guard, const struct proof *proof, int64_t now_ms) {
    uint8_t hashed[JWK_THUMBPRINT_SIZE + sizeof proof->jti];
    uint8_t name[BULK_SHA256_SIZE];
    size_t size = strlen(proof->jti);
    memcpy(hashed, proof->thumbprint, JWK_THUMBPRINT_SIZE);
    memcpy(hashed + JWK_THUMBPRINT_SIZE, proof->jti, size);
    if (!crypto_sha256(hashed, JWK_THUMBPRINT_SIZE + size, name, NULL))
        return PROOF_STALE;
    pthread_mutex_lock(&guard->mutex);
    generation_current(guard, now_ms);
    struct generation *generation = generation_of(guard, proof->nonce, now_ms);
    enum proof_verdict verdict = generation ? generation_add(generation, name) : PROOF_STALE;
    pthread_mutex_unlock(&guard->mutex);
    return verdict;
}
