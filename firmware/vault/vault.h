/*
 * The device's secrets at rest: named records, each a sealed stream (crypto/seal.h) under a key-encryption
 * key (KEK) that a provider keeps. A record is written as a new generation beside the previous one, so after
 * a power cut there is the old value or the new; when the newest does not authenticate, the one before it is
 * used and the fall-back reported.
 *
 *   STATE/kek/            the provider's (0700)
 *   STATE/vault/NAME.0    the two generations of a record (0600)
 *   STATE/vault/NAME.1
 *
 *   byte 0     4            12
 *   +----------+------------+--------------------------------------------------------+
 *   | "PPV1"   | generation | sealed stream, associated data                         |
 *   |          | u64, BE    | "pingplay/vault/" NAME "/" generation in decimal       |
 *   +----------+------------+--------------------------------------------------------+
 *
 * One process holds a vault at a time (flock on STATE/vault); its threads may share it, and none waits for a
 * record that another one is writing unless it wants the same.
 */
#ifndef PP_VAULT_VAULT_H
#define PP_VAULT_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "vault/kek.h"

enum {
    VAULT_NAME_MAX = 64,            /* characters of a-z 0-9 - _ . , the first a letter or digit */
    VAULT_RECORD_MAX = 1024 * 1024, /* bytes of clear data */
};

struct vault;

/* `state_dir` must exist. `config` NULL: the key-encryption key is a file. Where there is no KEK, records of an
 * older one can never be read again: they are removed before one is made, which completes an erase that a
 * power cut interrupted. NULL: PP_E_STATE when another process holds the vault, or the configuration wants another
 * provider than the vault has; the provider's. A TPM that is away or refuses says nothing of the records. */
struct vault *vault_open(const char *state_dir, const struct vault_kek_config *config,
                         struct pp_error *error);
void vault_close(struct vault *vault); /* wipes */
PP_DEFINE_AUTO(vault, struct vault, vault_close)

/* "file", "tpm2": for the status report. */
const char *vault_provider_name(const struct vault *vault);
/* More about it in words: under which policy, or why no TPM is used; "" nothing. */
const char *vault_provider_note(const struct vault *vault);
/* Whether a TPM keeps its key, and so should keep others. */
bool vault_has_tpm(const struct vault *vault);
/* That TPM, or else the configured one, which may keep keys though it does not keep the vault's: for the caller to
 * tpm_close. */
struct tpm *vault_tpm(const struct vault *vault, struct pp_error *error);

/* The new value is on flash when this returns true; after a failure the old one is, or the new one where only
 * the last step failed. */
PP_MUST_USE bool vault_put(struct vault *vault, const char *name, const void *data, size_t size,
                           struct pp_error *error);
/* Appends the value to `out`, whose cap it obeys. PP_E_NOTFOUND when there is no such record. PP_E_AUTH when
 * it is lost: what stands on flash of every generation is damaged. Any other code tells nothing about the
 * record, only that it cannot be read as things are. */
PP_MUST_USE bool vault_get(struct vault *vault, const char *name, struct pp_buf *out, struct pp_error *error);
/* A record that is not there counts as removed. */
PP_MUST_USE bool vault_remove(struct vault *vault, const char *name, struct pp_error *error);

/* Whether there is any record, on flash, readable or not. */
PP_MUST_USE bool vault_has_records(struct vault *vault, bool *any, struct pp_error *error);

/* ---- Without waiting for the flash ---- */

/* Where the writes below are done; borrowed, and waited for before vault_close. NULL, as at first: at once and
 * from within. */
void vault_set_jobs(struct vault *vault, struct pp_jobs *jobs);

/* On the thread of the jobs' owner: `error` NULL where the value is on flash. */
typedef void vault_kept(void *arg, const struct pp_error *error);

/* As vault_put and vault_remove, for the thread of the jobs' owner, which goes on meanwhile: what must not be
 * obeyed before it is kept waits for `kept`. vault_get has the new value from now on. A newer value takes the
 * place of one that is not on its way yet, and only the newest one's `kept` is called. `kept` NULL: a failure
 * is a warning in the log. False where it could not be begun. */
PP_MUST_USE bool vault_put_later(struct vault *vault, const char *name, const void *data, size_t size,
                                 vault_kept *kept, void *arg, struct pp_error *error);
/* The same into both generations of the record: whoever takes the newest file away finds nothing older. */
PP_MUST_USE bool vault_put_both_later(struct vault *vault, const char *name, const void *data, size_t size,
                                      vault_kept *kept, void *arg, struct pp_error *error);
PP_MUST_USE bool vault_remove_later(struct vault *vault, const char *name, vault_kept *kept, void *arg,
                                    struct pp_error *error);
/* Whoever would have heard of it is gone; the write goes on. */
void vault_forget_kept(struct vault *vault, const char *name);

/* From now on the record is kept in memory alone, empty at first: whoever asks for it or writes it notices no
 * difference, but that nothing of it outlives this process. At once; what stands on flash of it goes with
 * vault_shred_record. Any thread. PP_E_LIMIT: too many. */
PP_MUST_USE bool vault_keep_in_memory(struct vault *vault, const char *name, struct pp_error *error);
/* What is in memory of it is wiped, and nothing more is taken (PP_E_STATE) until vault_keep_in_memory: whoever is about
 * to write it, on another thread, comes too late. */
void vault_end_in_memory(struct vault *vault, const char *name);
/* It is kept on flash again; what was in memory is wiped. */
void vault_keep_on_flash(struct vault *vault, const char *name);
/* Overwrites and removes both generations of a record on flash, whatever is kept in memory. Waits for the flash. */
PP_MUST_USE bool vault_shred_record(struct vault *vault, const char *name, struct pp_error *error);

/* Crypto-erase: destroys the KEK, then overwrites and removes all records, and fsyncs each step. The vault
 * can only be closed then (PP_E_STATE from the others); opening it again begins an empty one. Safe to repeat
 * after a failure. */
PP_MUST_USE bool vault_erase(struct vault *vault, struct pp_error *error);

/* The same of a vault that nobody has open, and whose key need not be to be had: PP_E_STATE where another process holds
 * it. */
PP_MUST_USE bool vault_erase_closed(const char *state_dir, struct pp_error *error);

/* Moves the vault, which nobody has open, under a new key of the provider that `config` wants (NULL: as for a first
 * key), and destroys the old one. Whatever interrupts it, at any instant: the next opening finds every record under
 * the old key or the new one, and ends what was begun. PP_E_NOTFOUND where there is no vault yet; PP_E_STATE where
 * another process holds it. */
PP_MUST_USE bool vault_migrate(const char *state_dir, const struct vault_kek_config *config,
                               struct pp_error *error);

/* Called when a record fell back to its older generation, from the thread that asked for it and with that
 * record locked: it must not ask for the same one. Without a reporter it is a warning in the log. */
typedef void (*vault_reporter)(void *arg, const char *name, const char *message);
void vault_set_reporter(struct vault *vault, vault_reporter reporter, void *arg);

#endif
