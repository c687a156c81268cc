/*
 * What a targets role delegates: a list of roles by path patterns or hash prefixes (specification §4.5), or
 * succinct hash bins (TAP 15, https://github.com/theupdateframework/taps/blob/master/tap15.md).
 */
#ifndef PP_TRUST_DELEGATIONS_H
#define PP_TRUST_DELEGATIONS_H

#include "trust/metadata.h"
#include "trust/verify.h"

/* One delegation that covers the path searched for. */
struct trust_delegation {
    char name[TRUST_NAME_MAX + 1];
    bool terminating;
    struct trust_authority authority; /* borrowed from the delegating metadata */
};

/* Walks over the delegations of one metadata file that cover `path`, in their order of appearance. */
struct trust_delegations {
    const char *path;
    char path_hash[65]; /* SHA-256 of the path, lower-case hex */
    const cJSON *keys;
    const cJSON *next_role; /* NULL at the end */
    const cJSON *succinct;  /* NULL once it was given out */
};

PP_MUST_USE bool trust_delegations_start(struct trust_delegations *walk,
                                         const struct trust_metadata *metadata, const char *path,
                                         struct pp_error *error);
/* False at the end. */
bool trust_delegations_next(struct trust_delegations *walk, struct trust_delegation *out);

#endif
