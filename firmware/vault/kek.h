/*
 * Where the vault's key-encryption key comes from: a row of functions for each kind of place.
 *
 *   `file`  STATE/kek/kek, mode 0400: for boards without a TPM
 *   `tpm2`  STATE/kek/tpm2, sealed in the TPM (tpm/tpm.h): given out to software that somebody has authorised
 */
#ifndef PP_VAULT_KEK_H
#define PP_VAULT_KEK_H

#include <stdint.h>

#include "base/error.h"
#include "tpm/tpm.h"

enum { VAULT_KEK_SIZE = 32 }; /* bytes */

/* Section [vault] of the configuration, agent.conf(5). The texts are borrowed; NULL or "": the default. */
struct vault_kek_config {
    /* Where a first key is made, and which kind a vault must have. NULL, `auto`: the vault's own kind; for a first
     * key the TPM, where there is one and a signed policy (or none is asked for), else a file. */
    const struct vault_kek_provider *provider;
    const char *tcti;              /* TPM_TCTI_DEFAULT */
    const char *policy_key;        /* PEM file of who signs PCR policies; VAULT_POLICY_KEY_DEFAULT */
    const char *policy_signatures; /* .pcrsig file; VAULT_POLICY_SIGNATURES_DEFAULT */
    uint32_t pcrs;                 /* bit n: PCR n must be in the signed policy; 0: PCR 11 */
    bool without_policy;           /* a first key is sealed to the TPM alone, whatever software runs */
};

/* Where systemd-stub(7) and the initrd put what the kernel image carries. */
#define VAULT_POLICY_KEY_DEFAULT        "/run/systemd/tpm2-pcr-public-key.pem"
#define VAULT_POLICY_SIGNATURES_DEFAULT "/run/systemd/tpm2-pcr-signature.json"

struct vault_kek_provider {
    const char *name; /* for configuration and status report */
    /* `dirfd` is STATE/kek, here and below. Whether it has a key of this kind there, or the beginning of one. */
    bool (*present)(int dirfd);
    /* What the others get as `context`; NULL where it fails. The configuration outlives it. */
    void *(*open)(const struct vault_kek_config *config, struct pp_error *error);
    void (*close)(void *context);
    /* Whether a first key could be made. */
    bool (*ready)(void *context, struct pp_error *error);
    /* PP_E_NOTFOUND where there is no key, because none was made yet or it was destroyed; a destroy that a power
     * cut interrupted is completed first. */
    bool (*load)(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error);
    /* Makes the first key. */
    bool (*create)(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error);
    /* After this returns true the key cannot be had back from storage. A key that is not there counts as
     * destroyed. Needs no context: what it destroys it need not be able to read. */
    bool (*destroy)(int dirfd, struct pp_error *error);
    /* More than the name says, for the status report; "" nothing. Only once the key is loaded or made. */
    const char *(*note)(void *context);
    /* The TPM that it uses, borrowed; NULL none. */
    struct tpm *(*tpm)(void *context);
};

/* Keeps the key in STATE/kek/kek: 32 bytes, mode 0400, made atomically, never replaced. */
const struct vault_kek_provider *vault_kek_file(void);
/* Keeps it in the TPM, and what the TPM wants to see again in STATE/kek/tpm2. Errors: those of tpm/tpm.h. */
const struct vault_kek_provider *vault_kek_tpm2(void);

/* "auto" is NULL, "file", "tpm2". PP_E_INVALID. */
PP_MUST_USE bool vault_kek_by_name(const char *name, const struct vault_kek_provider **provider,
                                   struct pp_error *error);

/* Destroys the keys of every kind. */
PP_MUST_USE bool vault_kek_destroy_all(int dirfd, struct pp_error *error);

#endif
