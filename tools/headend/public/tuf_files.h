/*
 * The repository's TUF metadata as anybody may read it: what timestamp.json names is the repository. Who signs it is
 * signer/tuf_repo.h.
 */
#ifndef HEADEND_PUBLIC_TUF_FILES_H
#define HEADEND_PUBLIC_TUF_FILES_H

#include "base/json.h"
#include "headend/base/home.h"

#define TUF_METADATA     HOME_REPO "/metadata"
#define TUF_CHANNEL_ROLE "channel-"        /* and the channel's id */
#define TUF_ROLE_MAX     80                /* bytes of a role's name with the NUL */
#define TUF_METADATA_MAX (2 * 1024 * 1024) /* bytes, of every metadata file made here */
#define TUF_DAY_S        86400

struct tuf_repo {
    const struct home *home;
    int64_t now;                 /* s since 1970 */
    int64_t least;               /* not 0: everything is signed anew, with a version of this or more */
    cJSON *timestamp, *snapshot; /* their `signed` parts; NULL in a repository that is being made */
};

/* One target's new content. */
struct tuf_target {
    const char *channel; /* its id */
    uint64_t length;     /* bytes of the sealed manifest; 0: there is none any more */
    bool removed;        /* with length 0: neither is there the channel */
    uint8_t sha256[32];  /* of the sealed manifest */
    /* The channel's next manifest, which screens in a rollout take in its place; length 0: there is none. */
    uint64_t next_length;
    uint8_t next_sha256[32];
};

/* Reads what is there. */
PP_MUST_USE bool tuf_repo_load(struct tuf_repo *repo, const struct home *home, struct pp_error *error);
void tuf_repo_close(struct tuf_repo *repo);
#define tuf_autorepo PP_CLEANUP(tuf_repo_close)

/* The `signed` part of version `version` of a role's file. The caller deletes it; PP_E_NOTFOUND. */
cJSON *tuf_repo_read(const struct home *home, int64_t version, const char *role, struct pp_error *error);
/* The version of a role that is public, by the snapshot; 0 where there is none. */
int64_t tuf_repo_version(const struct tuf_repo *repo, const char *role);
int64_t tuf_repo_snapshot_version(const struct tuf_repo *repo);
bool tuf_repo_has_root(const struct home *home, int64_t version);
/* The newest root that there is. The caller deletes it. */
cJSON *tuf_repo_root(const struct home *home, struct pp_error *error);

/* Of a `signed` part: its version, and the one that it gives a file; 0 where there is none. */
int64_t tuf_body_version(const cJSON *body);
int64_t tuf_meta_version(const cJSON *list, const char *name);

#endif
