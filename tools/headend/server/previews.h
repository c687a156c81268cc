/*
 * Previews that run (ingest/preview_process.h), each for as long as somebody looks at it: PREVIEWS_MAX at a time and
 * one more for still pictures alone; of each person one of either kind, whose newer one ends the older and has its
 * place at once. Their pictures are answers that last (streams.h): of a running picture, parts of multipart/mixed
 * (RFC 2046), each a JPEG with its length; of a still one, that JPEG.
 */
#ifndef HEADEND_SERVER_PREVIEWS_H
#define HEADEND_SERVER_PREVIEWS_H

#include "headend/server/request.h"
#include "headend/server/streams.h"

#define PREVIEWS_MAX      2
#define PREVIEWS_BOUNDARY "picture"

struct previews;
/* `streams` are borrowed. */
struct previews *previews_create(struct streams *streams, struct pp_error *error);
/* Once the daemon is stopped. NULL is allowed. */
void previews_destroy(struct previews *previews);

/* Answers with the pictures of a job, which is borrowed (ops/preview.h); 429 where there are too many. */
void reply_preview(struct previews *previews, const struct request *request, struct reply *reply,
                   const char *programs, const char *job, bool still);

#endif
