/*
 * What can be done here, once: a table of operations (operations.c), each with the right that it needs, what it
 * concerns, the fields of its request and a function. Command line, pages and API ask for it by its name, with a
 * request in JSON; whether they may is decided here and nowhere else, and what they changed is written into the audit,
 * in the same transaction (audit.h).
 *
 *   ops_run(&at, &actor, "screen.change", {"screen": "4f0c2f9e-…", "name": "Foyer", "rotation": 90}, …)
 *
 * Where the actor may not even see what the request names, it is as if it were not there.
 */
#ifndef HEADEND_OPS_OPERATIONS_H
#define HEADEND_OPS_OPERATIONS_H

#include "base/json.h"
#include "headend/base/home.h"
#include "headend/ops/actor.h"
#include "headend/ops/device.h"

#define OP_FIELDS_MAX 24
#define OP_TEXT_MAX   4096 /* bytes of a field that says nothing else */
#define OP_LIST_MAX   64   /* texts of a list */
#define OP_IDS_MAX    500  /* of screens */
#define OP_NAME_MAX   32   /* bytes of a field's name */

enum op_concern {
    OP_SELF,       /* the actor's own */
    OP_WHOLE,      /* all there is */
    OP_ANYWHERE,   /* what the actor may see of it */
    OP_SCREEN,     /* the request's "screen": an id */
    OP_CHANNEL,    /* the request's "channel": an id */
    OP_SITE,       /* the request's "site" */
    OP_NEW_SCREEN, /* one that is to stand at the request's "site" and "channel" */
};

enum op_type {
    OP_TEXT,
    OP_INTEGER,
    OP_BOOLEAN,
    OP_TEXTS,
    OP_IDS,
    OP_OBJECT,
    OP_OBJECTS,
    OP_TEXT_OR_NULL,
    OP_INTEGER_OR_NULL,
    OP_BOOLEAN_OR_NULL,
    OP_OBJECT_OR_NULL,
    OP_ANY, /* JSON, whatever it is */
};

struct op_field {
    const char *name;
    enum op_type type;
    bool needed;
};

/* One operation that runs. */
struct op;

struct operation {
    const char *name; /* stable: programs, the audit and openapi.yaml name it */
    enum right right;
    enum op_concern concern;
    bool changes; /* something, so that it is audited */
    bool (*run)(struct op *op, struct pp_error *error);
    struct op_field fields[OP_FIELDS_MAX]; /* up to the first without a name */
};

const struct operation *operation_find(const char *name);
/* All of them, for those who hold the table against something. */
const struct operation *operations_all(size_t *count);

/* Where it runs: the folder and a connection to its database. */
struct op_place {
    struct home *home;
    struct db *db;
    const void
        *given; /* of operations that are given more than a request can say (op_accounts.h); else NULL */
};

struct op_result {
    cJSON *value;                /* NULL where it has none */
    char field[OP_NAME_MAX + 1]; /* of the request, that a failure is about; "" none */
    int64_t wait_s;              /* with PP_E_LIMIT: not again before; 0 where that is no help */
};
void op_result_finish(struct op_result *result);
#define op_result_auto PP_CLEANUP(op_result_finish)

/* PP_E_DENIED where the actor may not; PP_E_NOTFOUND where what the request names is not there, or is not for the actor
 * to see; PP_E_INVALID for a request of another shape; and as the operation says. Callers hold db_lock. */
PP_MUST_USE bool ops_run(const struct op_place *at, const struct actor *actor, const char *name,
                         const cJSON *request, struct op_result *result, struct pp_error *error);

#endif
