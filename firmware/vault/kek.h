/*
 * Where the vault's key-encryption key comes from. `file`: a file of mode 0400, for boards without a TPM. A
 * provider `tpm2` (sealed in the TPM) takes its place behind the same struct.
 */
#ifndef PP_VAULT_KEK_H
#define PP_VAULT_KEK_H

#include <stdint.h>

#include "base/error.h"

enum { VAULT_KEK_SIZE = 32 }; /* bytes */

struct vault_kek_provider {
    const char *name; /* for the status report */
    /* `dirfd` is STATE/kek, here and below. PP_E_NOTFOUND where there is no key, because none was made yet or
     * it was destroyed; a destroy that a power cut interrupted is completed first. */
    bool (*load)(int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error);
    /* Makes the first key. */
    bool (*create)(int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error);
    /* After this returns true the key cannot be had back from storage. A key that is not there counts as
     * destroyed. */
    bool (*destroy)(int dirfd, struct pp_error *error);
};

/* Keeps the key in STATE/kek/kek: 32 bytes, mode 0400, made atomically, never replaced. */
const struct vault_kek_provider *vault_kek_file(void);

#endif
