/*
 * Reports that wait for the headend, sealed on flash under a key of the vault's, oldest first:
 *
 *   STATE/spool/events-0000000000000012.sealed      one batch: {"batch": "<uuid>", "items": [ … ]}
 *
 * A batch is written only when it could not be sent soon, so a screen that is online writes nothing. Over the
 * cap the oldest go first, and the next batch tells how many.
 */
#ifndef PP_AGENT_SPOOL_H
#define PP_AGENT_SPOOL_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "vault/vault.h"

#define SPOOL_KEY_RECORD "spool-key"
#define SPOOL_ITEMS_MAX  64          /* in a batch */
#define SPOOL_BATCH_MAX  (60 * 1024) /* bytes of JSON */
#define SPOOL_DETAIL_MAX 400         /* bytes of an item's text; longer ones are cut */
#define SPOOL_FILES_MAX  128         /* batches of one stream on flash */
#define SPOOL_NAME_MAX   15          /* bytes of a stream's name */

struct spool;

/* One stream of reports ("events", "playlog") under `state_dir`/spool. Batches of an earlier run are found
 * again. */
struct spool *spool_open(const char *state_dir, struct vault *vault, const char *stream,
                         struct pp_error *error);
/* Keeps what waits in memory; NULL is allowed. */
void spool_close(struct spool *spool);

/* Adds an item: an object, which belongs to the spool from now on; it gets its "id" and, from `now_s` (s
 * since 1970), its "time". */
void spool_add(struct spool *spool, cJSON *item, int64_t now_s);

/* The oldest batch, as JSON for the headend; false when none waits. The batch stays until spool_sent. */
bool spool_peek(struct spool *spool, struct pp_buf *json, struct pp_error *error);
/* The batch that was peeked at has arrived. */
void spool_sent(struct spool *spool);

/* Brings what waits in memory onto flash. */
bool spool_flush(struct spool *spool, struct pp_error *error);

#endif
