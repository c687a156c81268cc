/*
 * What is to be published on a channel, as somebody is at work on it: a description as pingplay-playlist(5) has it,
 * whose items name content of the library in the place of files, and may say how often they come and when
 * (ingest/playlist_times.h):
 *
 *   {"items": [{"content": "4f0c2f9e-…", "duration": "PT8S", "weight": 2, "valid_to": "2026-12-24T12:00:00Z"}]}
 *
 * Without one it is what was published last. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_DRAFT_H
#define HEADEND_OPS_DRAFT_H

#include "base/json.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

struct draft {
    cJSON *document;
    int64_t version; /* 0: nobody has made one */
    int64_t changed; /* s since 1970 */
    char changed_by[TEXT_NAME_MAX + 1];
};
void draft_finish(struct draft *draft);
#define draft_auto PP_CLEANUP(draft_finish)

/* `published` is the number of what is published on the channel, 0 nothing. */
PP_MUST_USE bool draft_load(struct db *db, const char *channel, int64_t published, struct draft *draft,
                            struct pp_error *error);
/* One that was looked at (publication.h). PP_E_LIMIT where it is too large. Within the caller's transaction. */
PP_MUST_USE bool draft_save(struct db *db, const char *channel, const cJSON *document, const char *by,
                            struct pp_error *error);

/* Each item of each list: `list` is "items" or the playlist's name. Stops where the callback fails. */
PP_MUST_USE bool draft_each(const cJSON *document,
                            bool (*each)(void *arg, const char *list, int place, cJSON *item,
                                         struct pp_error *error),
                            void *arg, struct pp_error *error);
size_t draft_count(const cJSON *document);

#endif
