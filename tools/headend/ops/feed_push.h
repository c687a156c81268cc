/*
 * Another system gives a feed a value, with a key (feed_key.h). The key is the right: no person asks, so that it is no
 * operation; values are counted (feed.h), and not written into the audit one by one. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_FEED_PUSH_H
#define HEADEND_OPS_FEED_PUSH_H

#include "headend/ops/feed_key.h"

enum feed_push_outcome {
    FEED_PUSH_TAKEN,
    FEED_PUSH_NO_KEY,  /* it is nobody's */
    FEED_PUSH_KEY_END, /* its time is over, or it was revoked */
    FEED_PUSH_NOT_ITS, /* the key is not for this feed, or there is none of that name: which, it does not tell */
    FEED_PUSH_LARGE,  /* more than the feed takes */
    FEED_PUSH_BROKEN, /* neither JSON nor CSV */
    FEED_PUSH_SCHEMA, /* not as its schema says: at `place` */
    FEED_PUSH_FAILED, /* in here */
};

enum feed_media { FEED_JSON, FEED_CSV };

struct feed_push {
    const char *key, *feed;
    enum feed_media media;
    const void *body;
    size_t size;
    /* Out: */
    char key_id[UUID_TEXT_SIZE]; /* of the key, where it is one; "" */
    int64_t version;             /* of FEED_PUSH_TAKEN */
    struct schema_fault fault;
};

/* Whose the key is, and whether it may: FEED_PUSH_TAKEN where it does. */
PP_MUST_USE enum feed_push_outcome feed_push_admit(struct db *db, struct feed_push *push,
                                                   struct pp_error *error);
/* Once it was admitted: keeps the value. */
PP_MUST_USE enum feed_push_outcome feed_push_keep(struct db *db, struct feed_push *push,
                                                  struct pp_error *error);

#endif
