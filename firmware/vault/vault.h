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
 * One process holds a vault at a time (flock on STATE/vault); its threads may share it.
 */
#ifndef PP_VAULT_VAULT_H
#define PP_VAULT_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "vault/kek.h"

enum {
    VAULT_NAME_MAX = 64,            /* characters of a-z 0-9 - _ . , the first a letter or digit */
    VAULT_RECORD_MAX = 1024 * 1024, /* bytes of clear data */
};

struct vault;

/* `state_dir` must exist. `provider` NULL stands for vault_kek_file(). Where there is no KEK, records of an
 * older one can never be read again: they are removed before one is made, which completes an erase that a
 * power cut interrupted. NULL: PP_E_STATE when another process holds the vault. */
struct vault *vault_open(const char *state_dir, const struct vault_kek_provider *provider,
                         struct pp_error *error);
void vault_close(struct vault *vault); /* wipes */
PP_DEFINE_AUTO(vault, struct vault, vault_close)

/* "file", "tpm2": for the status report. */
const char *vault_provider_name(const struct vault *vault);

/* The new value is on flash when this returns true; after a failure the old one is, or the new one where only
 * the last step failed. */
bool vault_put(struct vault *vault, const char *name, const void *data, size_t size, struct pp_error *error);
/* Appends the value to `out`, whose cap it obeys. PP_E_NOTFOUND when there is no such record. PP_E_AUTH when
 * it is lost: what stands on flash of every generation is damaged. Any other code tells nothing about the
 * record, only that it cannot be read as things are. */
bool vault_get(struct vault *vault, const char *name, struct pp_buf *out, struct pp_error *error);
/* A record that is not there counts as removed. */
bool vault_remove(struct vault *vault, const char *name, struct pp_error *error);

/* Crypto-erase: destroys the KEK, then overwrites and removes all records, and fsyncs each step. The vault
 * can only be closed then (PP_E_STATE from the others); opening it again begins an empty one. Safe to repeat
 * after a failure. */
bool vault_erase(struct vault *vault, struct pp_error *error);

/* Called when a record fell back to its older generation, from the thread that asked for it and with the
 * vault locked: it must not call the vault. Without a reporter it is a warning in the log. */
typedef void (*vault_reporter)(void *arg, const char *name, const char *message);
void vault_set_reporter(struct vault *vault, vault_reporter reporter, void *arg);

#endif
