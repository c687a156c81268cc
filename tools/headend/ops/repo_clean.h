/*
 * Takes away what nothing of the static repository refers to any more.
 *
 * What stays: the public version of every role and the one before it, each version that was public less than
 * a day ago, every root; the sealed manifests that those name, those of rollouts as well; the objects that those
 * manifests name, and each object for 30 days after that, and as long as a version that is kept has it
 * (publish_version.h), so that content which comes and goes keeps its object and screens do not fetch it twice. So a
 * screen in the middle of an update, however slow, still finds all of it. Files of other roles than this program's are
 * not touched.
 *
 * Nothing is remembered but objects' last use (in the database): every pass looks at what is there, so one
 * that was interrupted leaves only more to do for the next.
 */
#ifndef HEADEND_OPS_REPO_CLEAN_H
#define HEADEND_OPS_REPO_CLEAN_H

#include "headend/public/tuf_files.h"

#define CLEAN_VERSION_S ((int64_t)TUF_DAY_S)      /* after a version was superseded */
#define CLEAN_OBJECT_S  (30 * (int64_t)TUF_DAY_S) /* after an object was last in a manifest that stays */
#define CLEAN_FILES_MAX 256                       /* in one pass, which the server's loop waits for */
#define CLEAN_NAMES_MAX                                                                                      \
    1000000 /* objects that manifests name, all together; with more nothing is removed                       \
             */

struct repo_cleaned {
    size_t files;
    uint64_t bytes;
    bool more; /* CLEAN_FILES_MAX was reached */
};

/* One pass at repo->now. Whoever calls holds the publish lock. Where a public manifest cannot be read,
 * nothing is removed. */
PP_MUST_USE bool repo_clean(struct home *home, const struct tuf_repo *repo, struct repo_cleaned *cleaned,
                            struct pp_error *error);

#endif
