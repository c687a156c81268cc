/*
 * How a display point shows who it is, by its access mode, which the admin sets for each: one struct of functions a
 * mode. README.md has them as a table.
 */
#ifndef PP_ACCESS_MODE_H
#define PP_ACCESS_MODE_H

#include "access/prover.h"
#include "base/buf.h"

/* What goes with the requests of its clients. */
struct access_credentials {
    const char *certificate; /* PEM chain, borrowed from the identity; NULL: none is shown */
    struct crypto_key *key;  /* of it, borrowed as well */
    struct net_prover prover;
};

struct access_person;
struct access_policy;

struct access_mode {
    const char *name; /* "cookie": in the state, in the status, on the command line */
    /* It shows content only while a person is signed in there, and its channel's keys go with the session. */
    bool temporary;
    /* How a request proves itself. `identity` has a certificate. */
    bool (*credentials)(const struct identity *identity, struct access_prover *prover,
                        struct access_credentials *out, struct pp_error *error);
    /* How a person's session starts, is renewed and ends (person.h). Temporary modes only. */
    struct access_person *(*person_create)(void);
    void (*person_follow)(struct access_person *person,
                          int64_t now_s); /* another policy, which says where it stands */
    bool (*person_type)(struct access_person *person, const char *text); /* NULL: nothing is typed */
    void (*person_end)(struct access_person *person);
    void (*person_destroy)(struct access_person *person);
};

/* NULL: there is none of that name. */
const struct access_mode *access_mode_find(const char *name);

/* Before the headend has named one: certificate and proof, of which it takes what gets there. */
extern const struct access_mode access_mode_unknown;

#endif
