/* What of the content of a publish is lost on screens: a JSON array of {"file", "warning"}, made while the content is
 * tried out, kept with the publish, and told. */
#ifndef HEADEND_OPS_PUBLISH_WARNING_H
#define HEADEND_OPS_PUBLISH_WARNING_H

#include "base/json.h"
#include "headend/db/db.h"

void publish_warning_add(cJSON *warnings, const char *file, const char *warning);
/* Callers hold db_lock. */
PP_MUST_USE bool publish_warnings_store(struct db *db, int64_t publish, const cJSON *warnings,
                                        struct pp_error *error);
/* Those of a channel's last publish. The caller deletes them. NULL on failure. */
cJSON *publish_warnings_load(struct db *db, const char *channel, struct pp_error *error);
void publish_warnings_each(const cJSON *warnings,
                           void (*each)(void *arg, const char *file, const char *warning), void *arg);

#endif
