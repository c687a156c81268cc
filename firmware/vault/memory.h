/*
 * Internal: records that are kept in memory alone for as long as that is wanted (vault_keep_in_memory): a power cut
 * ends them, and no scan of the flash finds them.
 */
#ifndef PP_VAULT_MEMORY_H
#define PP_VAULT_MEMORY_H

#include <pthread.h>

#include "vault/vault.h"

#define MEMORY_RECORDS_MAX 8 /* names */

struct memory_record {
    char name[VAULT_NAME_MAX + 1]; /* "": free */
    bool closed;                   /* nothing more is taken */
    bool there;
    struct pp_buf data; /* wiped */
};

struct memory {
    pthread_mutex_t lock;
    struct memory_record records[MEMORY_RECORDS_MAX];
};

void memory_init(struct memory *memory);
void memory_finish(struct memory *memory); /* wipes */

/* PP_E_LIMIT for one name too many. */
PP_MUST_USE bool memory_begin(struct memory *memory, const char *name, struct pp_error *error);
/* Wipes, and takes nothing more until memory_begin. */
void memory_close(struct memory *memory, const char *name);
void memory_end(struct memory *memory, const char *name); /* wipes */

/* Each false where the name is not kept in memory. `ok` and `error` tell how it went. */
PP_MUST_USE bool memory_put(struct memory *memory, const char *name, const void *data, size_t size, bool *ok,
                            struct pp_error *error); /* `data` NULL: removed */
PP_MUST_USE bool memory_get(struct memory *memory, const char *name, struct pp_buf *out, bool *ok,
                            struct pp_error *error);

#endif
