/* Threshold signatures (specification §5.3.4): who may sign a role, and whether enough of them did. */
#ifndef PP_TRUST_VERIFY_H
#define PP_TRUST_VERIFY_H

#include "trust/metadata.h"

/* The keys that a delegator, root or a targets role, names for a role. Borrowed from its metadata. */
struct trust_authority {
    const cJSON *keys;   /* keyid → key object */
    const cJSON *keyids; /* of the role */
    int64_t threshold;   /* different keys that must have signed, 1 or more */
};

/* What `root` names for one of the four top-level roles. */
struct trust_authority trust_authority_of_root(const struct trust_metadata *root, enum trust_type role);

/* Counts the good signatures over the canonical JSON of `signed`. Each key counts once: neither a keyid that
 * the role lists twice nor one key under two keyids adds to the threshold. A key of an unknown type or
 * scheme, a key whose keyid is not its own, and a wrong signature beside enough good ones count nothing and
 * do no harm. PP_E_AUTH below the threshold. */
PP_MUST_USE bool trust_verify(const struct trust_metadata *metadata, const struct trust_authority *authority,
                              struct pp_error *error);

#endif
