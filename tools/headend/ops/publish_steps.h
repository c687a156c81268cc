/* What is done under the publish lock, in this room alone (publish.c); who takes it settles first. */
#ifndef HEADEND_OPS_PUBLISH_STEPS_H
#define HEADEND_OPS_PUBLISH_STEPS_H

#include "headend/ops/publish.h"
#include "headend/public/tuf_files.h"

/* Of the folder, for those on this machine, and of the database, for headends elsewhere that share it. */
struct publish_lock {
    struct home *home; /* NULL: not taken */
    int fd;
    int signer; /* as well (signer/service.h), where this process writes itself and asks no other; else -1 */
};
/* Without `home`, and with PP_E_STATE, where somebody else has it and `wait` is false. */
struct publish_lock publish_lock(struct home *home, bool wait, struct pp_error *error);
void publish_unlock(struct publish_lock *lock);
#define publish_autolock PP_CLEANUP(publish_unlock)

/* Decides what becomes of publishes that were killed. */
PP_MUST_USE bool publish_settle(struct home *home, const struct tuf_repo *repo, struct pp_error *error);

/* Killed at any instant, each of these leaves what was before or what is after, and can be repeated. */
PP_MUST_USE bool publish_under_lock(struct home *home, struct tuf_repo *repo, const char *channel,
                                    struct playlist *playlist, const struct publish_options *options,
                                    struct publish_result *result, struct pp_error *error);
/* Takes back what is published on the channel: it is empty then, and its screens say so. PP_E_NOTFOUND where there is
 * no such channel, PP_E_STATE where nothing is published on it. */
PP_MUST_USE bool publish_withdraw_under_lock(struct home *home, struct tuf_repo *repo, const char *channel,
                                             struct pp_error *error);
/* Ends a rollout: what is next is what is published, for all of the channel's screens; or it is nobody's, and those
 * that had it show what is published. PP_E_NOTFOUND, and PP_E_STATE where it has ended already. */
PP_MUST_USE bool publish_finish_under_lock(struct home *home, struct tuf_repo *repo, const char *rollout,
                                           struct pp_error *error);
PP_MUST_USE bool publish_cancel_under_lock(struct home *home, struct tuf_repo *repo, const char *rollout,
                                           struct pp_error *error);
/* Removes the channel, its key and its signing key; its screens get `move_to`. PP_E_NOTFOUND where one of the two is
 * not there, PP_E_STATE where there are screens on it and `move_to` is NULL. */
PP_MUST_USE bool publish_remove_under_lock(struct home *home, struct tuf_repo *repo, const char *channel,
                                           const char *move_to, struct pp_error *error);

#endif
