/*
 * Versions of a channel: what was published on it, each time, with who had it published, by the number of the publish.
 * Their content stays (repo_clean.h), so that one can be published again: for PUBLISH_VERSION_S after another one has
 * taken its place, and as long as it has a name, which makes it a restore point. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PUBLISH_VERSION_H
#define HEADEND_OPS_PUBLISH_VERSION_H

#include "headend/ops/publish.h"
#include "headend/ops/publish_object.h"

#define PUBLISH_VERSION_S    2592000 /* 30 days */
#define PUBLISH_VERSIONS_MAX 100     /* of a channel, without a name */
#define PUBLISH_NAMES_MAX    50      /* of a channel */

/* One that is made. */
struct publish_version {
    const char *channel;
    int64_t number;
    const struct publish_record *record;
    const struct playlist *playlist;          /* whose manifest has its objects */
    const struct publish_original *originals; /* of each of its files; NULL: they are files */
    const struct published_object *objects;   /* the same */
};
/* With the rows of its publish; it is there once that is done. */
PP_MUST_USE bool publish_version_add(struct db *db, const struct publish_version *version,
                                     struct pp_error *error);
/* Those of publishes that became public with this snapshot are there, and others go. Before their rows change. */
PP_MUST_USE bool publish_version_settle(struct db *db, int64_t snapshot, struct pp_error *error);

/* What was published on the channel is taken back. */
PP_MUST_USE bool publish_version_withdraw(struct db *db, const char *channel, struct pp_error *error);
/* Those whose time is over go. */
PP_MUST_USE bool publish_versions_forget(struct db *db, int64_t now, struct pp_error *error);

/* One that is there. */
struct version {
    int64_t number, created; /* s since 1970 */
    char author[TEXT_NAME_MAX + 1];
    char note[TEXT_NAME_MAX + 1];
    char name[TEXT_NAME_MAX + 1]; /* of a restore point; "" none */
    int64_t restored;             /* the version that it is, again; 0 none */
    cJSON *document;              /* the draft that it was made of; NULL of files */
    cJSON *manifest;              /* without objects */
};
void version_finish(struct version *version);
#define version_auto PP_CLEANUP(version_finish)
/* PP_E_NOTFOUND. */
PP_MUST_USE bool version_find(struct db *db, const char *channel, int64_t number, struct version *version,
                              struct pp_error *error);

/* One as lists show it. */
struct version_summary {
    int64_t number, created, restored, objects;
    const char *author, *note, *name; /* borrowed */
};
/* Of a channel, the newest first; all that are kept. */
PP_MUST_USE bool version_each(struct db *db, const char *channel,
                              bool (*each)(void *arg, const struct version_summary *version), void *arg,
                              struct pp_error *error);
/* "" takes its name away. PP_E_NOTFOUND; PP_E_LIMIT where too many have one. */
PP_MUST_USE bool version_name_set(struct db *db, const char *channel, int64_t number, const char *name,
                                  struct pp_error *error);

struct version_object {
    uint8_t clear[32], sha256[32];           /* of its bytes, and of the sealed object */
    uint64_t length;                         /* bytes, sealed */
    const char *media_type, *content, *name; /* borrowed; content "" of files */
    int64_t content_version;
};
/* In the order of the manifest: "o1" is the first. Stops where the callback fails. */
PP_MUST_USE bool version_objects(struct db *db, const char *channel, int64_t number,
                                 bool (*each)(void *arg, const struct version_object *object,
                                              struct pp_error *error),
                                 void *arg, struct pp_error *error);

#endif
