/*
 * The repository's TUF metadata (design: root, timestamp, snapshot, targets, one delegated role for each
 * channel), with consistent snapshots. What timestamp.json names is the repository; files that it does not
 * lead to are leftovers of an interrupted change and are written over. The order of writes is: delegated
 * role, targets, snapshot, and timestamp.json last, by rename; so an interruption at any instant leaves the
 * former repository or the new one. Whoever changes it holds the lock (publish.h).
 *
 * A channel that was removed is delegated to nobody. Its last, empty role stays listed: a snapshot that names fewer
 * roles than the one before is refused (The Update Framework §5.5.5), and a channel that is made under the same name
 * goes on with the next version.
 */
#ifndef HEADEND_SIGNER_TUF_REPO_H
#define HEADEND_SIGNER_TUF_REPO_H

#include "base/json.h"
#include "headend/base/home.h"

#define TUF_METADATA       HOME_REPO "/metadata"
#define TUF_CHANNEL_ROLE   "channel-" /* and the channel's id */

#define TUF_TIME_FIELD     "pingplay-time" /* of root: {"epoch", "time"} */
#define TUF_ROOTS_LOST_MAX 1000

#define TUF_ROOT_DAYS      3650
#define TUF_TARGETS_DAYS   365 /* targets and the channels' roles */
#define TUF_SNAPSHOT_DAYS  60
#define TUF_TIMESTAMP_DAYS 14

struct tuf_repo {
    const struct home *home;
    int64_t now;                 /* s since 1970 */
    int64_t least;               /* not 0: everything is signed anew, with a version of this or more */
    cJSON *timestamp, *snapshot; /* their `signed` parts; NULL in a repository that is being made */
};

void tuf_repo_close(struct tuf_repo *repo);
#define tuf_autorepo PP_CLEANUP(tuf_repo_close)

/* Reads what is there; first finishes or undoes a change of keys that was interrupted. */
PP_MUST_USE bool tuf_repo_open(struct tuf_repo *repo, const struct home *home, struct pp_error *error);
/* Makes the keys, 1.root.json, DIR/root.json, and the first versions of all else. */
PP_MUST_USE bool tuf_repo_create(const struct home *home, struct pp_error *error);

/* Signs a next root with the same keys when half of its time is over; the screens follow it version by
 * version. The root's key may be kept elsewhere: then this fails, once it is due, and says what to do. */
PP_MUST_USE bool tuf_repo_renew_root(const struct tuf_repo *repo, struct pp_error *error);

/* Gives roles ("root", "timestamp", "snapshot", "targets"; `roles` ends with NULL) new keys, by one next root that the
 * present root's key signs, and the new one, too, where the root's own changes (The Update Framework §5.3.4); then
 * all else is signed anew. The former keys are destroyed. Screens follow, however many such roots they have missed.
 * Interrupted at any instant, the next tuf_repo_open and tuf_repo_update finish or undo it. */
PP_MUST_USE bool tuf_repo_rotate(struct tuf_repo *repo, const char *const *roles, struct pp_error *error);

/* Signs a next root which says what time it is: screens that were told a later one, by a clock that was wrong, take it
 * back (trust/README.md). */
PP_MUST_USE bool tuf_repo_restate_time(const struct tuf_repo *repo, struct pp_error *error);

bool tuf_repo_has_root(const struct home *home, int64_t version);
/* For screens that have seen a later repository than this one: signs a next root, or those up to the one after
 * `version`, which they have and this repository lost, with new keys for timestamp and snapshot. With these screens
 * forget what they have seen (The Update Framework §5.3.11): versions, and channels that are not known here,
 * without which they would refuse a snapshot. All has to be signed anew then (`least`); interrupted, it is to be
 * repeated. PP_E_LIMIT beyond TUF_ROOTS_LOST_MAX, PP_E_NOTFOUND where the root's key is kept elsewhere. */
PP_MUST_USE bool tuf_repo_lead_on(const struct tuf_repo *repo, int64_t version, struct pp_error *error);

/* The `signed` part of version `version` of a role's file. The caller deletes it; PP_E_NOTFOUND. */
cJSON *tuf_repo_read(const struct home *home, int64_t version, const char *role, struct pp_error *error);
/* The version of a role that is public, by the snapshot; 0 where there is none. */
int64_t tuf_repo_version(const struct tuf_repo *repo, const char *role);

int64_t tuf_repo_snapshot_version(const struct tuf_repo *repo);

/* One target's new content. */
struct tuf_target {
    const char *channel; /* its id */
    uint64_t length;     /* bytes of the sealed manifest; 0: there is none any more */
    bool removed;        /* with length 0: neither is there the channel */
    uint8_t sha256[32];  /* of the sealed manifest */
};
/* Makes `target` (may be NULL) the channel's, or ends its delegation, and signs anew what that changes and what has
 * used up half of its time. *changed: a new timestamp.json was written. */
PP_MUST_USE bool tuf_repo_update(struct tuf_repo *repo, const struct tuf_target *target, bool *changed,
                                 struct pp_error *error);

#endif
