/*
 * Internal: moving a vault under another key.
 *
 *   STATE/kek        STATE/vault         in use
 *   STATE/kek.next   STATE/vault.next    being made: the new key, and every record under it, in both generations
 *                    STATE/vault.ready   the same, whole: this rename is the instant from which on the new key counts
 *
 *   before it   what was begun is removed; the old key and its records are as they were
 *   after it    old key destroyed; kek.next -> kek; old records erased; vault.ready -> vault. Each step can
 *               be done again.
 */
#ifndef PP_VAULT_MIGRATION_H
#define PP_VAULT_MIGRATION_H

#include "vault/kek.h"

/* Ends what was interrupted, with STATE/kek and STATE/vault open and locked. `moved`: other folders stand in their
 * places now. */
PP_MUST_USE bool migration_recover(const char *state_dir, int kek_dir, int vault_dir, bool *moved,
                                   struct pp_error *error);

PP_MUST_USE bool migration_run(const char *state_dir, int kek_dir, int vault_dir,
                               const uint8_t old_kek[VAULT_KEK_SIZE], const struct vault_kek_config *config,
                               struct pp_error *error);

#endif
