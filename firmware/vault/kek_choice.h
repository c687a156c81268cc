/* Internal: which provider a vault has. */
#ifndef PP_VAULT_KEK_CHOICE_H
#define PP_VAULT_KEK_CHOICE_H

#include "vault/kek.h"

/* A provider with its context. */
struct kek_holder {
    const struct vault_kek_provider *provider;
    void *context;
    const char *tcti; /* of the configuration, whose texts are borrowed */
    char note[128];   /* why not another, for the status report; "" nothing */
};

/* The one whose key stands in the folder, even where its TPM is away: nothing falls back to another. Where there is
 * none, the one that the configuration wants. PP_E_STATE where the configuration wants another than there is. */
PP_MUST_USE bool kek_choose(const struct vault_kek_config *config, int dirfd, struct kek_holder *holder,
                            struct pp_error *error);
/* Whether the folder has a key of any kind. */
PP_MUST_USE bool kek_is_present(int dirfd, bool *any, struct pp_error *error);
void kek_holder_finish(struct kek_holder *holder);

#endif
