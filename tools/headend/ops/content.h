/*
 * The library: pictures and films that administrators have uploaded, each with a name, a folder, tags and when it may
 * be shown. Its file has versions, of which the newest counts; what is deleted rests in the bin first. Callers hold
 * db_lock.
 */
#ifndef HEADEND_OPS_CONTENT_H
#define HEADEND_OPS_CONTENT_H

#include "headend/base/home.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/ingest/ask.h"
#include "headend/ops/content_store.h"

struct db;

#define CONTENT_FOLDER_MAX   200 /* bytes: "Menus/Summer" */
#define CONTENT_TAGS_MAX     16
#define CONTENT_TAG_MAX      40 /* bytes */
#define CONTENT_WORDS_MAX    4
#define CONTENT_VERSIONS_MAX 5       /* files that are kept of one; the oldest goes */
#define CONTENT_BIN_S        2592000 /* in the bin, after which it is removed: 30 days */

/* What people say of it. */
struct content_labels {
    char name[TEXT_NAME_MAX + 1];
    char folder[CONTENT_FOLDER_MAX + 1]; /* "" at the top; names with '/' between */
    char tags[CONTENT_TAGS_MAX][CONTENT_TAG_MAX + 1];
    size_t tag_count;
    int64_t valid_from, valid_to; /* s since 1970; 0: always */
};

struct content {
    char id[UUID_TEXT_SIZE];
    struct content_labels labels;
    char sorted[TEXT_NAME_MAX + 1]; /* the name as lists order it */
    int64_t version;                /* of its file, from 1 on */
    int64_t created, changed;       /* s since 1970 */
    int64_t deleted;                /* when it came into the bin; 0: it is not there */
    struct content_file file;       /* its newest version's */
};

/* A name that can be shown and typed, made of a file's: what leads to a folder, controls and what turns the direction
 * of text is left out, and what is too long. */
void content_name_make(const char *from, char name[TEXT_NAME_MAX + 1]);
/* PP_E_INVALID or PP_E_LIMIT, naming the field. */
PP_MUST_USE bool content_labels_check(const struct content_labels *labels, struct pp_error *error);

/* PP_E_NOTFOUND. */
PP_MUST_USE bool content_find(struct db *db, const char *id, struct content *content, struct pp_error *error);
/* As it was with an older version of its file. PP_E_NOTFOUND where that is not kept. */
PP_MUST_USE bool content_find_version(struct db *db, const char *id, int64_t version, struct content *content,
                                      struct pp_error *error);
/* Reads the key of its file. Wipe it. */
PP_MUST_USE bool content_open_key(struct db *db, struct content *content, struct pp_error *error);
/* Of those whose newest file has these bytes, one that is not in the bin before one that is. PP_E_NOTFOUND. */
PP_MUST_USE bool content_find_same(struct db *db, const uint8_t sha256[32], struct content *content,
                                   struct pp_error *error);

struct content_list {
    const char *words;               /* that its name, folder and tags have; "" for all */
    const char *kind, *folder, *tag; /* NULL for any */
    bool bin;
    bool unused; /* what no draft has and no channel shows */
    bool by_time, descending;
    const char *after_key, *after_id; /* behind this one; NULL from the first */
    int64_t count;                    /* at most */
};
#define CONTENT_KEY_SIZE (TEXT_NAME_MAX + 24)
/* Where it stands in such a list. */
void content_list_key(const struct content_list *list, const struct content *content,
                      char key[CONTENT_KEY_SIZE]);
/* Stops where the callback returns false. */
PP_MUST_USE bool content_list(struct db *db, const struct content_list *wanted,
                              bool (*each)(void *arg, const struct content *content), void *arg,
                              struct pp_error *error);
PP_MUST_USE bool content_folders(struct db *db, bool (*each)(void *arg, const char *folder, int64_t count),
                                 void *arg, struct pp_error *error);

/* What became of an upload: a new one, which is given an id, or the next version of the one with content->id. Within
 * the caller's transaction. */
PP_MUST_USE bool content_add(struct db *db, struct content *content, struct pp_error *error);
PP_MUST_USE bool content_replace(struct db *db, struct content *content, struct pp_error *error);
/* Of its versions the oldest go, but for the one that counts, down to CONTENT_VERSIONS_MAX. */
PP_MUST_USE bool content_trim(const struct home *home, struct db *db, const char *id, struct pp_error *error);
/* With each version of its file, the newest first. Stops where the callback returns false. */
PP_MUST_USE bool content_versions(struct db *db, const char *id,
                                  bool (*each)(void *arg, const struct content *content), void *arg,
                                  struct pp_error *error);
/* An older file counts again; newer ones stay. PP_E_NOTFOUND where that version is not kept. */
PP_MUST_USE bool content_revert(struct db *db, const char *id, int64_t version, struct pp_error *error);

/* A channel that has it. */
struct content_use {
    const char *channel, *title; /* borrowed */
    bool draft;                  /* what is to be published there has it */
    int64_t published;           /* the version of its file that is shown there; 0: it is not */
};
PP_MUST_USE bool content_uses(struct db *db, const char *id,
                              bool (*each)(void *arg, const struct content_use *use), void *arg,
                              struct pp_error *error);
/* Within the caller's transaction. */
PP_MUST_USE bool content_change(struct db *db, const char *id, const struct content_labels *labels,
                                struct pp_error *error);
/* Into the bin, and out of it. */
PP_MUST_USE bool content_delete(struct db *db, const char *id, struct pp_error *error);
PP_MUST_USE bool content_restore(struct db *db, const char *id, struct pp_error *error);
/* For good; its files go with the next look at them (content_store_tidy). PP_E_STATE where it is not in the bin. */
PP_MUST_USE bool content_remove(struct db *db, const char *id, struct pp_error *error);
/* Those that came into the bin before `until`, at most some at a time: *again says that there are more. */
PP_MUST_USE bool content_bin_empty(struct db *db, int64_t until, bool *again, struct pp_error *error);

#endif
