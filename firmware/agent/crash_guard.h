/*
 * Three starts in a row, within one boot of the machine, that neither lived for three hours nor were stopped in
 * order: the manifest may be what kills us, so the one before it is used (design §10). A power cut is no
 * crash: another boot begins to count anew. Kept in the vault (record "starts") and cleared after that time,
 * so a healthy device writes it twice a start.
 */
#ifndef PP_AGENT_CRASH_GUARD_H
#define PP_AGENT_CRASH_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "vault/vault.h"

#define CRASH_GUARD_RECORD     "starts"
#define CRASH_GUARD_STARTS_MAX 3
#define CRASH_GUARD_HEALTHY_MS (3 * 60 * 60 * 1000)

#define CRASH_GUARD_BOOT_SIZE  36 /* characters of a boot's UUID */

struct crash_guard {
    struct vault *vault;
    char boot[CRASH_GUARD_BOOT_SIZE]; /* of this boot, zeros where the kernel does not tell */
    uint8_t starts;                   /* in a row that did not become healthy, with this one */
};

/* Counts this start. Returns whether there were too many: the count then begins again. */
bool crash_guard_begin(struct crash_guard *guard, struct vault *vault);
/* We have lived for CRASH_GUARD_HEALTHY_MS, or were stopped in good order. */
void crash_guard_healthy(struct crash_guard *guard);

#endif
