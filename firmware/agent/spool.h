/*
 * Reports that wait for the headend, sealed on flash under a key of the vault's, oldest first:
 *
 *   STATE/spool/events-0000000000000012-64.sealed    one batch, of 64 items
 *
 *   {"batch": "<uuid>", "spool": "<uuid>", "lost": 3, "items": [ … ]}
 *
 * A batch is written only when it could not be sent soon, so a screen that is online writes nothing. Over the
 * cap the oldest go first. What is lost is counted by the item: "lost" only grows, for as long as the spool has
 * that name, and is kept over restarts (the vault's record "lost-STREAM"); so a batch that is sent twice, or a
 * count that comes late, counts once.
 *
 * Only a batch whose bytes are damaged is given up. One that cannot be read just now stays and is tried again.
 *
 * Nothing here waits for the flash but the reading: batches are written and removed by jobs (base/jobs.h).
 */
#ifndef PP_AGENT_SPOOL_H
#define PP_AGENT_SPOOL_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/jobs.h"
#include "vault/vault.h"

#define SPOOL_KEY_RECORD  "spool-key"
#define SPOOL_LOST_RECORD "lost-"         /* and the stream's name */
#define SPOOL_ITEMS_MAX   64              /* in a batch */
#define SPOOL_MEMORY_MAX  128             /* items in memory: a batch that is being written, and the next */
#define SPOOL_BATCH_MAX   (60 * 1024)     /* bytes of JSON */
#define SPOOL_DETAIL_MAX  400             /* bytes of an item's text; longer ones are cut */
#define SPOOL_FILES_MAX   128             /* batches of one stream on flash */
#define SPOOL_NAME_MAX    15              /* bytes of a stream's name */
#define SPOOL_AGAIN_MS    (5 * 60 * 1000) /* until a batch that could not be read is tried again */

struct spool;

/* One stream of reports ("events", "playlog") under `state_dir`/spool. Batches of an earlier run are found
 * again. `jobs` is borrowed; NULL: all is done at once. */
struct spool *spool_open(const char *state_dir, struct vault *vault, struct pp_jobs *jobs, const char *stream,
                         struct pp_error *error);
/* The same for one that was opened without. */
void spool_set_jobs(struct spool *spool, struct pp_jobs *jobs);
/* Brings what waits in memory onto flash, and waits for that, and for all else that the jobs do. NULL is allowed. */
void spool_settle(struct spool *spool);
/* What waits in memory is kept elsewhere: it is not lost. */
void spool_forget_waiting(struct spool *spool);
/* Settles it, and counts as lost what the flash did not take. NULL is allowed. */
void spool_close(struct spool *spool);

/* Adds an item: an object, which belongs to the spool from now on; it gets its "id" and, from `now_s` (s
 * since 1970), its "time", unless it has them. NULL, for want of memory: it is lost, and counted. */
void spool_add(struct spool *spool, cJSON *item, int64_t now_s);

/* What spool_add does first, for an item that is signed or hashed over before it: adds "id" and "time". */
bool spool_complete(cJSON *item, int64_t now_s);

/* What waits in memory, also what is on its way to flash: an array, borrowed until the next call. Its items may be
 * changed, but those that are on their way. */
cJSON *spool_waiting(const struct spool *spool);
/* Whether the oldest of them are on their way to flash as they are. */
bool spool_is_writing(const struct spool *spool);
/* The newest batch on flash, as JSON; false where there is none that can be read. */
bool spool_read_newest(const struct spool *spool, struct pp_buf *json);

/* The oldest batch, as JSON for the headend; false when none waits (PP_OK), or none can be read just now. The
 * batch stays until one of the two below. Without items it only tells of losses. */
PP_MUST_USE bool spool_peek(struct spool *spool, struct pp_buf *json, struct pp_error *error);
/* The batch that was peeked at has arrived. */
void spool_sent(struct spool *spool);
/* The headend will not have it: its items are lost. */
void spool_refused(struct spool *spool);

/* Begins to bring a batch of what waits in memory onto flash. A failure is a warning in the log, and the items
 * stay. */
void spool_flush(struct spool *spool);

/* Items of this stream that were lost so far. */
uint64_t spool_lost(const struct spool *spool);
/* Whether a batch is being given up, whose items are counted as lost in a moment: spool_peek has to be asked again. */
bool spool_is_counting(const struct spool *spool);

#endif
