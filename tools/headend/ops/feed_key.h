/*
 * Keys by which other systems give feeds their values: "ppf_" and 256 random bits as base64url, shown once, of which a
 * hash is kept. Each is for the feeds that it names, until it ends or is revoked. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_FEED_KEY_H
#define HEADEND_OPS_FEED_KEY_H

#include "headend/base/secret.h"
#include "headend/ops/feed.h"

#define FEED_KEYS_MAX        500
#define FEED_KEY_PREFIX      "ppf_"
#define FEED_KEY_TEXT_SIZE   (sizeof FEED_KEY_PREFIX - 1 + SECRET_TEXT_SIZE)
#define FEED_KEY_USED_S      60           /* it is written down no more often than that when one was used */
#define FEED_KEY_FORGOTTEN_S (30 * 86400) /* after which a revoked one is listed no more */

struct feed_key {
    char id[UUID_TEXT_SIZE];
    char name[TEXT_NAME_MAX + 1];
    int64_t created, expires, used, revoked; /* s since 1970; 0: never */
};

/* One more, for the feeds of the list, each of which there is. */
PP_MUST_USE bool feed_key_add(struct db *db, struct feed_key *key, const cJSON *feeds,
                              char text[FEED_KEY_TEXT_SIZE], struct pp_error *error);
PP_MUST_USE bool feed_key_revoke(struct db *db, struct feed_key *key, struct pp_error *error);
/* PP_E_NOTFOUND. */
PP_MUST_USE bool feed_key_find(struct db *db, const char *id, struct feed_key *key, struct pp_error *error);
/* Whose the text is; PP_E_AUTH where it is nobody's, PP_E_EXPIRED where its time is over or it was revoked. */
PP_MUST_USE bool feed_key_of_text(struct db *db, const char *text, struct feed_key *key,
                                  struct pp_error *error);
PP_MUST_USE bool feed_key_may(struct db *db, const struct feed_key *key, const char *feed, bool *may,
                              struct pp_error *error);
/* It was used now. */
void feed_key_note_used(struct db *db, struct feed_key *key);
/* What people see of it: everything but the key. NULL on failure. */
cJSON *feed_key_json(struct db *db, const struct feed_key *key, int64_t now, struct pp_error *error);
/* Those that count first, by name. Adds to the array. */
PP_MUST_USE bool feed_keys_json(struct db *db, int64_t now, cJSON *list, struct pp_error *error);

#endif
