/*
 * A sealed object as FFmpeg reads it: seekable, authenticated, decrypted in memory piece by piece. What
 * cannot be authenticated is an error, never an early end; the source keeps that error, since FFmpeg only
 * knows numbers.
 */
#ifndef PP_RENDER_MEDIA_SOURCE_H
#define PP_RENDER_MEDIA_SOURCE_H

#include <libavformat/avio.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "render/media/budget.h"

struct source;

/* Takes `reader`, also on failure; borrows `budget`, which ends it where that is spent. */
struct source *source_create(struct seal_reader *reader, struct budget *budget, struct pp_error *error);
void source_destroy(struct source *source);
PP_DEFINE_AUTO(source, struct source, source_destroy)

AVIOContext *source_io(const struct source *source);       /* borrowed */
struct budget *source_budget(const struct source *source); /* borrowed */
/* Whether a read failed, or the budget is spent; `error` then tells why. */
PP_MUST_USE bool source_failed(const struct source *source, struct pp_error *error);

#endif
