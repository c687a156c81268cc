/* What screens report, as it is kept: their present status, events, proof of play. Callers hold db_lock. */
#ifndef HEADEND_OPS_REPORT_H
#define HEADEND_OPS_REPORT_H

#include "base/json.h"
#include "crypto/key.h"
#include "headend/db/db.h"

/* In place of the one before; what lists look for stands beside it in columns. */
PP_MUST_USE bool report_status_keep(struct db *db, const char *device, const cJSON *status,
                                    struct pp_error *error);

struct report_batch {
    const char *device;   /* its id */
    const char *list;     /* "events", "playlog" */
    const cJSON *body;    /* assets/schema/events.schema.json */
    const char *head;     /* of its chain of events, signed (event_heads.h); NULL none */
    const uint8_t *point; /* the key that the request has shown, CRYPTO_POINT_SIZE bytes; NULL none */
};
/* All of it or nothing. An item has an id of the screen's making: one that is there already is passed over.
 * PP_E_INVALID, PP_E_LIMIT and PP_E_NOTFOUND where the batch is no good. */
PP_MUST_USE bool report_batch_keep(struct db *db, const struct report_batch *batch, struct pp_error *error);

#endif
