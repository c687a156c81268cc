/*
 * Three starts in a row that did not live for a minute with the same manifest: the manifest may be what kills
 * us, so the one before it is used (design §10). The count is kept in the vault (record "starts") and cleared
 * after a minute, so that a healthy device writes it twice a start.
 */
#ifndef PP_AGENT_CRASH_GUARD_H
#define PP_AGENT_CRASH_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "vault/vault.h"

#define CRASH_GUARD_RECORD     "starts"
#define CRASH_GUARD_STARTS_MAX 3
#define CRASH_GUARD_HEALTHY_MS 60000

struct crash_guard {
    struct vault *vault;
    uint8_t starts; /* in a row that did not become healthy, with this one */
};

/* Counts this start. Returns whether there were too many: the count then begins again. */
bool crash_guard_begin(struct crash_guard *guard, struct vault *vault);
/* We have lived for a minute, or were stopped in good order. */
void crash_guard_healthy(struct crash_guard *guard);

#endif
