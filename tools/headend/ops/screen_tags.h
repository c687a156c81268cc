/* What screens are tagged with: words of the organisation's own, as "reception" or "portrait". Callers hold db_lock. */
#ifndef HEADEND_OPS_SCREEN_TAGS_H
#define HEADEND_OPS_SCREEN_TAGS_H

#include "base/json.h"
#include "headend/db/db.h"

#define SCREEN_TAGS_MAX 32 /* of a screen */
#define SCREEN_TAG_MAX  50 /* bytes */

PP_MUST_USE bool screen_tag_check(const char *tag, struct pp_error *error);
/* By the alphabet; the caller frees. NULL on failure. */
cJSON *screen_tags_json(struct db *db, const char *device, struct pp_error *error);
/* In place of those before, and then some more and some less: arrays of texts, NULL for none. PP_E_INVALID for what is
 * no tag, PP_E_LIMIT where there would be too many. */
PP_MUST_USE bool screen_tags_change(struct db *db, const char *device, const cJSON *tags, const cJSON *more,
                                    const cJSON *less, struct pp_error *error);

#endif
