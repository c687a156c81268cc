/*
 * What was done, by whom: rows that are only ever added, each with the hash of the one before (SHA-256 of the row as
 * canonical JSON, which that hash stands in):
 *
 *   {"actor":"ann","address":"192.0.2.7","after":"{\"name\":\"Foyer\"}","before":"{\"name\":\"Hall\"}","kind":"person",
 *    "number":7,"operation":"screen.change","outcome":"done","prev":"9f86d0…","session":"1d3c…","target":"4f0c2f9e-…",
 *    "time":1795900000}
 *
 * The newest row's number and hash stand in `meta` as well, so that rows cannot be missing at the end. Whoever may
 * write the database can make all of it anew; who has noted a number and its hash finds that, too. No secret stands in
 * a row: operations say themselves what was before and what is after. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_AUDIT_H
#define HEADEND_OPS_AUDIT_H

#include "base/json.h"
#include "headend/ops/actor.h"

#define AUDIT_HASH_SIZE 32          /* bytes: SHA-256 */
#define AUDIT_STATE_MAX (64 * 1024) /* bytes of what was before, or is after */

struct audit_entry {
    const struct actor *actor;
    const char *operation;       /* "screen.change" */
    const char *outcome;         /* "done", "refused": what was asked could not be, "denied": they may not */
    const char *target;          /* the id of what it concerns, "" none */
    const cJSON *before, *after; /* NULL none */
};
/* As part of the change that it is about. */
PP_MUST_USE bool audit_add(struct db *db, const struct audit_entry *entry, struct pp_error *error);

struct audit_row {
    int64_t number, time;                                                        /* s since 1970 */
    const char *kind, *actor, *address, *session, *operation, *outcome, *target; /* borrowed */
    const char *before, *after;                                                  /* JSON, "" none */
    uint8_t hash[AUDIT_HASH_SIZE];
};
/* All behind a number, in their order; stops where the callback fails. */
PP_MUST_USE bool audit_each(struct db *db, int64_t behind,
                            bool (*each)(void *arg, const struct audit_row *row, struct pp_error *error),
                            void *arg, struct pp_error *error);

struct audit_verification {
    /* Called with each fault, in words. */
    void (*tell)(void *arg, const char *words);
    void *arg;
    int64_t noted;                       /* the number of a row that somebody has noted, 0 none, ... */
    uint8_t noted_hash[AUDIT_HASH_SIZE]; /* ... with its hash */
    int64_t rows, faults;                /* found */
    int64_t newest;
    uint8_t hash[AUDIT_HASH_SIZE]; /* of that one */
};
/* False only where it could not be read. */
PP_MUST_USE bool audit_verify(struct db *db, struct audit_verification *verification, struct pp_error *error);

#endif
