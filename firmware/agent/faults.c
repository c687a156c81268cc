#include "agent/faults.h"

#include <string.h>

/* Its index, or `count` where it is not there. */
static size_t fault_find(const struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE]) {
    size_t i = 0;
    while (i < faults->count && memcmp(faults->items[i].sha256, sha256, CHANNEL_HASH_SIZE) != 0)
        i++;
    return i;
}

bool faults_allow(const struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms) {
    size_t index = fault_find(faults, sha256);
    if (index == faults->count)
        return true;
    const struct fault *fault = &faults->items[index];
    return fault->count < FAULTS_TILL_ASIDE || now_ms - fault->last_ms >= FAULTS_ASIDE_MS;
}

/* A place for a new object: a free one, or that of the oldest failure. */
static struct fault *fault_place(struct faults *faults) {
    if (faults->count < FAULTS_MAX)
        return &faults->items[faults->count++];
    struct fault *oldest = &faults->items[0];
    for (size_t i = 1; i < faults->count; i++) {
        if (faults->items[i].last_ms < oldest->last_ms)
            oldest = &faults->items[i];
    }
    return oldest;
}

bool faults_add(struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms) {
    size_t index = fault_find(faults, sha256);
    bool known = index < faults->count;
    struct fault *fault = known ? &faults->items[index] : fault_place(faults);
    if (!known || now_ms - fault->last_ms >= FAULTS_FORGET_MS) {
        memcpy(fault->sha256, sha256, CHANNEL_HASH_SIZE);
        fault->count = 0;
    }
    fault->last_ms = now_ms;
    fault->count++;
    return fault->count == FAULTS_TILL_ASIDE;
}

bool faults_note(struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms) {
    size_t index = fault_find(faults, sha256);
    bool is_new = index == faults->count || now_ms - faults->items[index].last_ms >= FAULTS_FORGET_MS;
    if (is_new)
        faults_add(faults, sha256, now_ms);
    return is_new;
}
