#include "vault/kek_choice.h"

#include <string.h>

#include "base/log.h"

static const struct vault_kek_provider *(*const providers[])(void) = {vault_kek_tpm2, vault_kek_file};

bool vault_kek_by_name(const char *name, const struct vault_kek_provider **provider, struct pp_error *error) {
    *provider = NULL;
    if (strcmp(name, "auto") == 0)
        return true;
    for (size_t i = 0; i < PP_COUNT(providers); i++) {
        if (strcmp(name, providers[i]()->name) == 0)
            *provider = providers[i]();
    }
    return *provider || pp_fail(error, PP_E_INVALID, "must be auto, file or tpm2");
}

bool vault_kek_destroy_all(int dirfd, struct pp_error *error) {
    bool ok = true;
    for (size_t i = 0; i < PP_COUNT(providers); i++)
        ok = providers[i]()->destroy(dirfd, ok ? error : NULL) && ok;
    return ok;
}

static bool hold(const struct vault_kek_provider *provider, const struct vault_kek_config *config,
                 struct kek_holder *holder, struct pp_error *error) {
    holder->context = provider->open(config, error);
    if (!holder->context)
        return false;
    holder->provider = provider;
    return true;
}

/* Two kinds of key in one folder are nobody's work: whoever takes the flash out could have put the second there. */
static bool find_present(int dirfd, const struct vault_kek_provider **found, struct pp_error *error) {
    *found = NULL;
    for (size_t i = 0; i < PP_COUNT(providers); i++) {
        const struct vault_kek_provider *one = providers[i]();
        if (!one->present(dirfd))
            continue;
        if (*found)
            return pp_fail(error, PP_E_STATE, "there are two key-encryption keys, %s and %s", (*found)->name,
                           one->name);
        *found = one;
    }
    return true;
}

bool kek_is_present(int dirfd, bool *any, struct pp_error *error) {
    const struct vault_kek_provider *found;
    if (!find_present(dirfd, &found, error))
        return false;
    *any = found != NULL;
    return true;
}

/* A first key. The TPM where that is possible; why not, where it is not. */
static bool hold_automatic(const struct vault_kek_config *config, struct kek_holder *holder,
                           struct pp_error *error) {
    struct pp_error reason = {0};
    if (hold(vault_kek_tpm2(), config, holder, &reason) && holder->provider->ready(holder->context, &reason))
        return true;
    kek_holder_finish(holder);
    holder->tcti = config->tcti;
    snprintf(holder->note, sizeof holder->note, "no TPM is used: %.100s", reason.message);
    pp_log_info("vault: the key-encryption key will be a file: %s", reason.message);
    return hold(vault_kek_file(), config, holder, error);
}

bool kek_choose(const struct vault_kek_config *config, int dirfd, struct kek_holder *holder,
                struct pp_error *error) {
    const struct vault_kek_provider *present;
    const struct vault_kek_provider *wanted = config->provider;
    *holder = (struct kek_holder){.tcti = config->tcti};
    if (!find_present(dirfd, &present, error))
        return false;
    if (present && wanted && present != wanted)
        return pp_fail(error, PP_E_STATE,
                       "the key-encryption key is kept by provider %s, and the configuration wants %s: "
                       "\"pingplay-agent --migrate-vault\" moves it",
                       present->name, wanted->name);
    if (present || wanted)
        return hold(present ? present : wanted, config, holder, error);
    return hold_automatic(config, holder, error);
}

void kek_holder_finish(struct kek_holder *holder) {
    if (holder->provider)
        holder->provider->close(holder->context);
    *holder = (struct kek_holder){0};
}
