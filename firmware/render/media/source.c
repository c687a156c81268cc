#include "render/media/source.h"

#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <stdio.h>

#define SOURCE_BUFFER_SIZE SEAL_SEGMENT_DEFAULT /* bytes: room for a whole segment */

struct source {
    struct seal_reader *reader;
    AVIOContext *io;
    struct budget *budget; /* borrowed */
    uint64_t position;     /* bytes, of the clear data */
    struct pp_error error;
};

static int on_read(void *opaque, uint8_t *out, int size) {
    struct source *source = opaque;
    size_t got = 0;
    if (size <= 0)
        return AVERROR(EINVAL);
    if (budget_is_spent(source->budget))
        return AVERROR_EXIT;
    uint64_t run = seal_reader_run(source->reader, source->position);
    size_t wanted = (uint64_t)size < run ? (size_t)size : (size_t)run;
    if (!seal_reader_read(source->reader, source->position, out, wanted, &got, &source->error))
        return AVERROR(EIO);
    source->position += got;
    return got > 0 ? (int)got : AVERROR_EOF;
}

static int64_t on_seek(void *opaque, int64_t offset, int whence) {
    struct source *source = opaque;
    int64_t size = (int64_t)seal_reader_size(source->reader);
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return size;
    if (whence == SEEK_CUR)
        offset += (int64_t)source->position;
    else if (whence == SEEK_END)
        offset += size;
    else if (whence != SEEK_SET)
        return AVERROR(EINVAL);
    if (offset < 0 || offset > size)
        return AVERROR(EINVAL);
    source->position = (uint64_t)offset;
    return offset;
}

struct source *source_create(struct seal_reader *reader, struct budget *budget, struct pp_error *error) {
    PP_AUTO(source) struct source *source = calloc(1, sizeof *source);
    if (!source) {
        seal_reader_destroy(reader);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    source->reader = reader;
    source->budget = budget;
    uint8_t *buffer = av_malloc(SOURCE_BUFFER_SIZE);
    if (buffer)
        source->io = avio_alloc_context(buffer, SOURCE_BUFFER_SIZE, 0, source, on_read, NULL, on_seek);
    if (!source->io) {
        av_free(buffer);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    return pp_steal(&source);
}

void source_destroy(struct source *source) {
    if (!source)
        return;
    if (source->io) {
        av_freep(&source->io->buffer);
        avio_context_free(&source->io);
    }
    seal_reader_destroy(source->reader);
    free(source);
}

AVIOContext *source_io(const struct source *source) {
    return source->io;
}

struct budget *source_budget(const struct source *source) {
    return source->budget;
}

bool source_failed(const struct source *source, struct pp_error *error) {
    if (source->error.code == PP_OK)
        return !budget_allows(source->budget, error);
    *error = source->error;
    return !pp_wrap(error, "the object");
}
