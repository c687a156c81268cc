/* Internal: one record's two files. */
#ifndef PP_VAULT_RECORD_H
#define PP_VAULT_RECORD_H

#include "vault/vault.h"

enum {
    RECORD_SLOTS = 2,
    RECORD_FILE_MAX = VAULT_NAME_MAX + 8, /* bytes of a file's name with the NUL */
};

/* One of the two generations, as it stands on flash. */
struct record_slot {
    bool present;
    bool valid;            /* it authenticates under the KEK */
    bool damaged;          /* its bytes or the flash below are at fault, not e.g. a permission */
    uint64_t generation;   /* as its file claims, where present */
    struct pp_buf content; /* clear, where valid */
    struct pp_error error; /* why it is not valid, where present */
};

struct record {
    struct record_slot slots[RECORD_SLOTS];
};

PP_MUST_USE bool record_name_check(const char *name, struct pp_error *error);
void record_file_name(const char *name, unsigned slot, char file[RECORD_FILE_MAX]);

/* Reads both generations. Fails where memory, descriptors or the crypto library do: that says nothing about
 * the record. */
PP_MUST_USE bool record_load(int dirfd, const char *name, const uint8_t *kek, struct record *record,
                             struct pp_error *error);
void record_finish(struct record *record); /* wipes */

/* The newest valid slot, or -1; the newest that claims to be there, or -1. */
int record_best(const struct record *record);
int record_newest(const struct record *record);
/* One that is there, but neither valid nor damaged: it could not be read as things are; or -1. */
int record_unread(const struct record *record);

/* Writes `data` as the generation after the best one, into the other slot. Where neither is valid, only the
 * new one is left. */
PP_MUST_USE bool record_store(int dirfd, const char *name, const uint8_t *kek, const struct record *before,
                              const void *data, size_t size, struct pp_error *error);

/* Removes one of its files, then overwrites what stood there. One that is not there counts as done. */
PP_MUST_USE bool record_slot_remove(int dirfd, const char *path, struct pp_error *error);

#endif
