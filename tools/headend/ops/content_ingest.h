/*
 * What has come whole becomes content: its pieces are sealed as one file, which is looked at in a process of its own
 * (ingest/ask.h); what screens cannot show is refused in publish's words, and what is there already is recognised by
 * its bytes.
 * One file at a time, on a thread with a database connection of its own; killed at any instant it begins again with
 * that file.
 */
#ifndef HEADEND_OPS_CONTENT_INGEST_H
#define HEADEND_OPS_CONTENT_INGEST_H

#include "headend/ingest/ask.h"
#include "headend/ops/content_upload.h"

/* Of an upload's metadata (http/tus.h), as text; "" where it has none. */
typedef void (*content_metadata)(const char *metadata, const char *key, char *text, size_t size);

struct content_ingest;
/* Begins. `uploads` and `lane` are borrowed; NULL: whoever looks is started here. */
struct content_ingest *content_ingest_create(struct content_uploads *uploads, const struct home *home,
                                             content_metadata metadata, struct ingest_lane *lane,
                                             struct pp_error *error);
/* Waits for the file that it is at, unless the lane was stopped. NULL is allowed. */
void content_ingest_destroy(struct content_ingest *ingest);
/* There may be something to do. */
void content_ingest_wake(struct content_ingest *ingest);
/* Content was removed: its files are to go. */
void content_ingest_tidy(struct content_ingest *ingest);

#endif
