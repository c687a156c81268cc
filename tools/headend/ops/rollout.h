/*
 * Rollouts: a new version of a channel that some of its screens have first. While one is under way the channel's role
 * names two manifests, the present one and the next one (public/tuf_files.h), and the signed state of each screen that
 * is to have it says the next one's hash (device/state.c).
 *
 *   start: pending -> running <-> halted -> done | cancelled
 *
 * What changes the repository (a "turn": start, finish, cancel, and reseal, under another channel key) is written down
 * with the number of the snapshot that makes it public, in the transaction before; publish_settle, by whoever holds the
 * publish lock next, carries it out where that snapshot is public, and else forgets it. The next manifest is then
 * the channel's present one (finish), or nobody's (cancel), with the objects and keys that it has.
 *
 * Steps begin, and a rollout halts, at looks (rollout_look): of one headend or of several, each in one transaction.
 * A screen's place among those of its channel is a hash of its id and the rollout's; those with the lowest places have
 * it first. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_ROLLOUT_H
#define HEADEND_OPS_ROLLOUT_H

#include "headend/base/text.h"
#include "headend/db/db.h"
#include "headend/ops/rollout_plan.h"

#define ROLLOUT_HASH_SIZE 32 /* bytes */

struct rollout {
    char id[UUID_TEXT_SIZE];
    char channel[CHANNEL_ID_MAX + 1];
    int64_t version; /* the number of its publish */
    char state[16];
    uint8_t sha256[ROLLOUT_HASH_SIZE]; /* of the next manifest, sealed */
    uint64_t length;                   /* bytes of that */
    struct rollout_plan plan;
    size_t step;            /* how many have begun */
    int64_t stepped;        /* when the newest did, or it was published or resumed; s since 1970 */
    int64_t counted;        /* errors count from then on */
    int64_t created, ended; /* s since 1970; 0 not yet */
    char author[TEXT_NAME_MAX + 1];
    char note[TEXT_NAME_MAX + 1];
    cJSON *reason; /* why it is halted or cancelled (rollout_watch.h); NULL none */
};
void rollout_finish(struct rollout *rollout);
#define rollout_auto PP_CLEANUP(rollout_finish)

/* The one that is under way on the channel; the newest, whatever became of it. PP_E_NOTFOUND. */
PP_MUST_USE bool rollout_of_channel(struct db *db, const char *channel, struct rollout *rollout,
                                    struct pp_error *error);
PP_MUST_USE bool rollout_newest(struct db *db, const char *channel, struct rollout *rollout,
                                struct pp_error *error);
PP_MUST_USE bool rollout_find(struct db *db, const char *id, struct rollout *rollout, struct pp_error *error);
/* The first that runs and has a later id than `after`. PP_E_NOTFOUND. */
PP_MUST_USE bool rollout_running(struct db *db, const char *after, struct rollout *rollout,
                                 struct pp_error *error);
/* PP_E_STATE, in words, where one is under way: nothing else is published on the channel meanwhile. */
PP_MUST_USE bool rollout_none(struct db *db, const char *channel, struct pp_error *error);

/* Its rows, with those of its publish: pending. Gives it an id. */
PP_MUST_USE bool rollout_add(struct db *db, struct rollout *rollout, int64_t snapshot,
                             struct pp_error *error);
/* What becomes of it once that snapshot is public: "finish", "cancel"; "reseal": the next manifest is then that one. */
PP_MUST_USE bool rollout_turn(struct db *db, const struct rollout *rollout, const char *turn,
                              int64_t snapshot, struct pp_error *error);
/* Carries out the turns of this snapshot, and forgets others. Within the transaction of publish_settle. */
PP_MUST_USE bool rollout_settle(struct db *db, int64_t snapshot, bool *changed, struct pp_error *error);

/* Takes `reason`. Nothing where it does not run any more. */
PP_MUST_USE bool rollout_halt(struct db *db, const char *id, cJSON *reason, struct pp_error *error);
PP_MUST_USE bool rollout_resume(struct db *db, const char *id, struct pp_error *error);
/* One more step has begun. */
PP_MUST_USE bool rollout_stepped(struct db *db, const struct rollout *rollout, int64_t now,
                                 struct pp_error *error);

/* Whether the screen, which is on that channel, has the next version, and which manifest that is. */
struct rollout_take {
    bool taken;
    int64_t version;
    uint8_t sha256[ROLLOUT_HASH_SIZE];
};
PP_MUST_USE bool rollout_of_screen(struct db *db, const char *device, const char *channel,
                                   struct rollout_take *take, struct pp_error *error);

#endif
