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

#include "headend/public/tuf_files.h"

#define TUF_TIME_FIELD     "pingplay-time" /* of root: {"epoch", "time"} */
#define TUF_ROOTS_LOST_MAX 1000

#define TUF_ROOT_DAYS      3650
#define TUF_TARGETS_DAYS   365 /* targets and the channels' roles */
#define TUF_SNAPSHOT_DAYS  60
#define TUF_TIMESTAMP_DAYS 14

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

/* For screens that have seen a later repository than this one: signs a next root, or those up to the one after
 * `version`, which they have and this repository lost, with new keys for timestamp and snapshot. With these screens
 * forget what they have seen (The Update Framework §5.3.11): versions, and channels that are not known here,
 * without which they would refuse a snapshot. All has to be signed anew then (`least`); interrupted, it is to be
 * repeated. PP_E_LIMIT beyond TUF_ROOTS_LOST_MAX, PP_E_NOTFOUND where the root's key is kept elsewhere. */
PP_MUST_USE bool tuf_repo_lead_on(const struct tuf_repo *repo, int64_t version, struct pp_error *error);

/* Makes `target` (may be NULL) the channel's, or ends its delegation, and signs anew what that changes and what has
 * used up half of its time. *changed: a new timestamp.json was written. */
PP_MUST_USE bool tuf_repo_update(struct tuf_repo *repo, const struct tuf_target *target, bool *changed,
                                 struct pp_error *error);

/* Whether the top level's targets delegate to the role now. */
PP_MUST_USE bool tuf_repo_delegates(const struct home *home, const char *role, bool *delegated,
                                    struct pp_error *error);

#endif
