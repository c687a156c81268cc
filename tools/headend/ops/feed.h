/*
 * Live data: a feed is a named value that somebody else's system gives (feed_push.h), or a person types, and that items
 * on screens show. Only the last value stays. It stands in the database as a sealed stream (crypto/seal.h) under the
 * feed's own key, which stands sealed as all keys do (db/stored_key.h); associated data are "pingplay/feed/", the name,
 * "/" and the version, so that no other feed's value and no older one can be put in its place.
 *
 * A version is a number that only grows: ms since 1970, or one more than the last where that is later. So a database
 * that came from a backup goes on above what screens have seen. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_FEED_H
#define HEADEND_OPS_FEED_H

#include "base/json.h"
#include "headend/base/text.h"
#include "headend/db/db.h"
#include "headend/values/json_schema.h"

#define FEED_NAME_MAX      CHANNEL_ID_MAX /* bytes; as channels' ids are */
#define FEEDS_MAX          200
#define FEED_VALUE_MAX     (60 * 1024)  /* bytes of a value as JSON */
#define FEED_VALUE_USUAL   (16 * 1024)  /* of one that is made without saying so */
#define FEED_STALE_MAX_S   (30 * 86400) /* after which a value is old */
#define FEED_STALE_USUAL_S 300
#define FEED_BY_MAX        (TEXT_NAME_MAX + 8) /* bytes of who has given a value */
#define FEED_REFUSAL_MAX   400                 /* bytes of why one was not taken */
#define FEED_AD            "pingplay/feed/"

struct feed {
    char name[FEED_NAME_MAX + 1];
    char title[TEXT_NAME_MAX + 1];
    char site[TEXT_NAME_MAX + 1];         /* whose screens alone show it; "" all */
    char schema[SCHEMA_SIZE_MAX + 1];     /* JSON; "" none */
    int64_t value_max;                    /* bytes */
    int64_t stale_after;                  /* s */
    int64_t created;                      /* s since 1970 */
    int64_t version;                      /* of the value; 0: there is none yet */
    int64_t value_time;                   /* s since 1970 */
    char value_by[FEED_BY_MAX + 1];       /* "key Till", or a person's name */
    int64_t value_size;                   /* bytes */
    int64_t taken, refused, refused_time; /* counts of values, and when one was refused last */
    char refusal[FEED_REFUSAL_MAX + 1];   /* why */
};

/* Lower-case letters, digits and dashes, beginning with a letter or a digit. */
PP_MUST_USE bool feed_name_check(const char *name, struct pp_error *error);

void feed_begin(struct feed *feed, const char *name);
/* Takes what the request names of title, site, schema (an object, or null for none), value_max and stale_after_s. On
 * failure `field` says which. */
PP_MUST_USE bool feed_take(struct feed *feed, const cJSON *request, char field[33], struct pp_error *error);

/* PP_E_STATE where there is one of that name already, or FEEDS_MAX of them. */
PP_MUST_USE bool feed_add(struct db *db, struct feed *feed, struct pp_error *error);
PP_MUST_USE bool feed_change(struct db *db, const struct feed *feed, struct pp_error *error);
PP_MUST_USE bool feed_remove(struct db *db, const char *name, struct pp_error *error);
/* PP_E_NOTFOUND. */
PP_MUST_USE bool feed_find(struct db *db, const char *name, struct feed *feed, struct pp_error *error);
/* In the order of their names; stops where the callback fails. */
PP_MUST_USE bool feed_each(struct db *db,
                           bool (*each)(void *arg, const struct feed *feed, struct pp_error *error),
                           void *arg, struct pp_error *error);
/* What anybody who may see it is told; without the value. */
cJSON *feed_json(const struct feed *feed, int64_t now);

/* ---- Its value ---- */

/* Whether a value, of so many bytes as JSON, may be one, by the feed's schema too. PP_E_LIMIT; PP_E_INVALID, with the
 * place. */
PP_MUST_USE bool feed_value_check(const struct feed *feed, const cJSON *value, size_t size,
                                  struct schema_fault *fault, struct pp_error *error);
/* Keeps one that was found good; feed->version and what else changes with it are as they are then. */
PP_MUST_USE bool feed_value_keep(struct db *db, struct feed *feed, const char *json, size_t size,
                                 const char *by, struct pp_error *error);
/* The last one, as JSON. PP_E_NOTFOUND where there is none. */
PP_MUST_USE bool feed_value_load(struct db *db, const char *name, struct pp_buf *json,
                                 struct pp_error *error);
/* That one was refused, for people to find out why. Without waiting for the disk. */
void feed_note_refusal(struct db *db, const char *name, const char *why);

#endif
