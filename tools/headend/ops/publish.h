/*
 * The static repository: made by init, changed by publish, kept fresh by serve.
 *
 * A publish writes, in this order: sealed objects; the sealed manifest; a row "pending" in the database; the
 * channel's role, targets (where the channel is new), snapshot; timestamp.json, by rename: from here on it is
 * public; the row "done", which wakes the screens' polls. Killed at any instant it leaves the former
 * repository or the new one; publish_settle, run by whoever holds the lock next, decides by the snapshot's
 * version what becomes of a pending row.
 *
 * A publish with a plan writes its sealed manifest beside the present one, and the channel's role then names both
 * (rollout.h). Its end, and its key's change, go the same way: a "turn" in the row of the rollout in place of the
 * pending row.
 */
#ifndef HEADEND_OPS_PUBLISH_H
#define HEADEND_OPS_PUBLISH_H

#include "headend/base/home.h"
#include "headend/ingest/ask.h"
#include "headend/ingest/playlist.h"
#include "headend/public/ca.h"

/* An empty repository: keys, root, targets, snapshot, timestamp. */
PP_MUST_USE bool publish_init(struct home *home, struct pp_error *error);

/* Signs anew what would expire soon, and ends what a killed publish left. Does nothing while another process
 * publishes. */
PP_MUST_USE bool publish_refresh(struct home *home, struct pp_error *error);

/* Gives a new key to each channel that a screen has left since (channel_key.h), and seals its manifest anew; waits
 * for the lock. publish_refresh and publish_playlist do it, too. */
PP_MUST_USE bool publish_rekey(struct home *home, struct pp_error *error);

/* This headend's folder came from a backup, and its screens have seen later versions of everything: signs all but
 * the root anew, with versions that none of them can have seen, and lets states go on in a later epoch. Where they
 * have seen a root of `root_version` (0: no later one than here), those that are lost and the next one are signed,
 * too. Waits for the lock. */
PP_MUST_USE bool publish_restored(struct home *home, int64_t root_version, struct pp_error *error);

/* New keys for roles of the repository (tuf_repo_rotate), and for what signs states and refusals ("control"), which
 * screens learn of before anything is signed with it. `roles` ends with NULL. PP_E_NOTFOUND where the root's key is
 * kept elsewhere. Waits for the lock. */
PP_MUST_USE bool publish_rotate(struct home *home, const char *const *roles, struct pp_error *error);
/* A new key for what the database holds sealed (stored_key.h), from now on. Waits for the lock. */
PP_MUST_USE bool publish_rotate_database(struct home *home, struct pp_error *error);
/* A new key for a channel, and what was on it counts as known: it gets new keys when it is published again. */
PP_MUST_USE bool publish_rotate_channel(struct home *home, const char *channel, struct pp_error *error);

/* A new certificate authority, which issues from then on, and is told to screens; `sha256`: of its certificate. Waits
 * for the lock; interrupted at any instant and repeated, it is one new authority in the end (ca_change.h). */
PP_MUST_USE bool publish_ca_rotate(struct home *home, uint8_t sha256[CA_HASH_SIZE], struct pp_error *error);
/* An older one is retired: screens are told, its certificates are refused, its key is destroyed. */
PP_MUST_USE bool publish_ca_retire(struct home *home, const char *hex, bool force,
                                   uint8_t sha256[CA_HASH_SIZE], struct pp_error *error);

/* Has root's key say what time it is now, for screens that were told a later one. Waits for the lock. */
PP_MUST_USE bool publish_restate_time(struct home *home, struct pp_error *error);

/* Signs the root anew when half of its time is over, and takes away what nothing refers to any more
 * (repo_clean.h), at most some files at a time: *again says that there is more to do. Does nothing, but says
 * so, while another process publishes. */
PP_MUST_USE bool publish_maintain(struct home *home, int64_t now, bool *again, struct pp_error *error);

struct publish_result {
    int64_t number;       /* of the publish */
    size_t objects, kept; /* objects of the manifest, and how many of them were there already */
    uint64_t bytes;       /* of sealed content written */
};
/* Who has it published, for the versions of the channel (publish_version.h). */
struct publish_record {
    const char *author;
    const char *note;     /* "" none */
    const char *document; /* the draft that it was made of, "" of files */
    int64_t restored;     /* the version that it is, again; 0 none */
    const char *job;      /* that is done with it (publish_job.h); NULL none */
    const cJSON *plan;    /* some screens have it first (rollout_plan.h); NULL: all at once */
};
struct publish_original;
struct publish_watch;
struct publish_options {
    struct content_renderers renderers; /* that content is tried out with */
    const struct publish_record *record;
    const struct publish_original *originals; /* of each of the playlist's files; NULL: they are files */
    const struct publish_watch *watch;        /* of originals; NULL: nobody */
    const cJSON *plan;                        /* of publish_playlist (rollout_plan.h); NULL none */
    /* Something of a file is lost on screens, and it was published all the same. NULL: nobody is told. */
    void (*warn)(void *arg, const char *file, const char *warning);
    void *arg;
};
/* Waits for the lock. Content that screens cannot show is refused, and nothing changed. Warnings are also kept with
 * the publish, in the database. */
PP_MUST_USE bool publish_playlist(struct home *home, const char *channel, struct playlist *playlist,
                                  const struct publish_options *options, struct publish_result *result,
                                  struct pp_error *error);

#endif
