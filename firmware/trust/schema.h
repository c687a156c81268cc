/* The checks of one type's `signed` part (specification §4.3 to §4.6), and those that several types share. */
#ifndef PP_TRUST_SCHEMA_H
#define PP_TRUST_SCHEMA_H

#include "trust/metadata.h"

#define TRUST_TIME_FIELD "pingplay-time" /* of root: trust_time_statement */

PP_MUST_USE bool trust_schema_root(const cJSON *body, struct pp_error *error);
PP_MUST_USE bool trust_schema_timestamp(const cJSON *body, struct pp_error *error);
PP_MUST_USE bool trust_schema_snapshot(const cJSON *body, struct pp_error *error);
PP_MUST_USE bool trust_schema_targets(const cJSON *body, struct pp_error *error);

/* An object member with at most `max` members, each of them an object. */
PP_MUST_USE bool trust_schema_map(const cJSON *parent, const char *name, int max, const cJSON **out,
                                  struct pp_error *error);
PP_MUST_USE bool trust_schema_keys(const cJSON *parent, struct pp_error *error);
/* "keyids" and "threshold". */
PP_MUST_USE bool trust_schema_signers(const cJSON *role, struct pp_error *error);
/* "hashes": at least one, all of them text. */
PP_MUST_USE bool trust_schema_hashes(const cJSON *owner, struct pp_error *error);
PP_MUST_USE bool trust_schema_delegations(const cJSON *delegations, struct pp_error *error);

#endif
