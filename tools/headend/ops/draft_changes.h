/*
 * What publishing a draft would change, against what is published:
 *
 *   {"published": 12, "changed": true, "bytes": 183422, "objects": 1, "refusal": null, "other": ["title"], "items": [
 *     {"change": "moved", "list": "items", "place": 0, "before": 2, "content": "4f0c…", "name": "Menu", "fields": []},
 *     {"change": "changed", …, "fields": ["duration", "file"]}, {"change": "removed", …, "place": null, "before": 3}]}
 *
 * The same content is the same item, wherever it stands. "file" is a newer version of it. `bytes` are those that a
 * screen fetches which has what is published. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_DRAFT_CHANGES_H
#define HEADEND_OPS_DRAFT_CHANGES_H

#include "headend/ops/channel.h"
#include "headend/ops/draft.h"

/* The caller deletes it. NULL on failure. */
cJSON *draft_changes(struct db *db, const struct channel *channel, const struct draft *draft,
                     struct pp_error *error);

#endif
