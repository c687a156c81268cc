/*
 * The repository's TUF metadata (design: root, timestamp, snapshot, targets, one delegated role for each
 * channel), with consistent snapshots. What timestamp.json names is the repository; files that it does not
 * lead to are leftovers of an interrupted change and are written over. The order of writes is: delegated
 * role, targets, snapshot, and timestamp.json last, by rename; so an interruption at any instant leaves the
 * former repository or the new one. Whoever changes it holds the lock (publish.h).
 */
#ifndef HEADEND_TUF_REPO_H
#define HEADEND_TUF_REPO_H

#include "base/json.h"
#include "headend/home.h"

#define TUF_ROOT_DAYS      3650
#define TUF_TARGETS_DAYS   365 /* targets and the channels' roles */
#define TUF_SNAPSHOT_DAYS  60
#define TUF_TIMESTAMP_DAYS 14

struct tuf_repo {
    const struct home *home;
    int64_t now;                 /* s since 1970 */
    cJSON *timestamp, *snapshot; /* their `signed` parts; NULL in a repository that is being made */
};

void tuf_repo_close(struct tuf_repo *repo);
#define tuf_autorepo PP_CLEANUP(tuf_repo_close)

/* Reads what is there. */
bool tuf_repo_open(struct tuf_repo *repo, const struct home *home, struct pp_error *error);
/* Makes the keys, 1.root.json, DIR/root.json, and the first versions of all else. */
bool tuf_repo_create(const struct home *home, struct pp_error *error);

int64_t tuf_repo_snapshot_version(const struct tuf_repo *repo);

/* One target's new content. */
struct tuf_target {
    const char *channel; /* its id */
    uint64_t length;     /* bytes of the sealed manifest */
    uint8_t sha256[32];  /* of the sealed manifest */
};
/* Makes `target` (may be NULL) the channel's and signs anew what that changes and what has used up half of
 * its time. *changed: a new timestamp.json was written. */
bool tuf_repo_update(struct tuf_repo *repo, const struct tuf_target *target, bool *changed,
                     struct pp_error *error);

#endif
