#include "sync/writer.h"

#include "base/thread.h"

struct writer_block {
    struct writer_stream *stream;
    size_t size;               /* bytes used */
    struct writer_block *next; /* in the list it stands in */
    uint8_t data[WRITER_BLOCK_SIZE];
};

struct writer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t work;  /* a block was queued, or stop */
    pthread_cond_t space; /* a block was written */
    bool stop;
    struct writer_block *free_list, *first, *last; /* the queue goes from first to last */
    struct writer_block blocks[WRITER_BLOCKS];
};

/* Lock held, but for the write itself. */
static void write_first(struct writer *writer) {
    struct writer_block *block = writer->first;
    struct writer_stream *stream = block->stream;
    struct pp_error error = {0};
    bool ok = !stream->failed;
    writer->first = block->next;
    pthread_mutex_unlock(&writer->lock);
    if (ok)
        ok = store_partial_write(stream->partial, block->data, block->size, &error);
    pthread_mutex_lock(&writer->lock);
    if (!ok && !stream->failed) {
        stream->failed = true;
        stream->error = error;
    }
    stream->pending--;
    block->next = writer->free_list;
    writer->free_list = block;
    pthread_cond_signal(&writer->space);
}

static void *writer_main(void *arg) {
    struct writer *writer = arg;
    pthread_setname_np(pthread_self(), "sync-write");
    pthread_mutex_lock(&writer->lock);
    while (writer->first || !writer->stop) {
        if (writer->first)
            write_first(writer);
        else
            pthread_cond_wait(&writer->work, &writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

struct writer *writer_create(struct pp_error *error) {
    PP_AUTO(writer) struct writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->work, NULL);
    pthread_cond_init(&writer->space, NULL);
    for (size_t i = 0; i < WRITER_BLOCKS; i++) {
        writer->blocks[i].next = writer->free_list;
        writer->free_list = &writer->blocks[i];
    }
    writer->started = pp_thread_start(&writer->thread, "sync-write", writer_main, writer, error);
    return writer->started ? pp_steal(&writer) : NULL;
}

void writer_destroy(struct writer *writer) {
    if (!writer)
        return;
    if (writer->started) {
        pthread_mutex_lock(&writer->lock);
        writer->stop = true;
        pthread_cond_signal(&writer->work);
        pthread_mutex_unlock(&writer->lock);
        pthread_join(writer->thread, NULL);
    }
    pthread_cond_destroy(&writer->space);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

void writer_begin(struct writer *writer, struct store_partial *partial, struct writer_stream *stream) {
    uint64_t left = store_partial_length(partial) - store_partial_offset(partial);
    *stream = (struct writer_stream){.writer = left > WRITER_DIRECT_MAX ? writer : NULL, .partial = partial};
}

static struct writer_block *take_block(struct writer_stream *stream) {
    struct writer *writer = stream->writer;
    pthread_mutex_lock(&writer->lock);
    while (!writer->free_list)
        pthread_cond_wait(&writer->space, &writer->lock);
    struct writer_block *block = writer->free_list;
    writer->free_list = block->next;
    pthread_mutex_unlock(&writer->lock);
    block->stream = stream;
    block->size = 0;
    return block;
}

static void queue_block(struct writer_stream *stream) {
    struct writer *writer = stream->writer;
    struct writer_block *block = stream->filling;
    stream->filling = NULL;
    block->next = NULL;
    pthread_mutex_lock(&writer->lock);
    if (writer->first)
        writer->last->next = block;
    else
        writer->first = block;
    writer->last = block;
    stream->pending++;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
}

static bool check_stream(struct writer_stream *stream, struct pp_error *error) {
    pthread_mutex_lock(&stream->writer->lock);
    bool failed = stream->failed;
    pthread_mutex_unlock(&stream->writer->lock);
    if (failed && error)
        *error = stream->error;
    return !failed;
}

bool writer_write(struct writer_stream *stream, const void *data, size_t size, struct pp_error *error) {
    const uint8_t *bytes = data;
    if (!stream->writer)
        return store_partial_write(stream->partial, data, size, error);
    while (size) {
        if (!stream->filling) {
            if (!check_stream(stream, error))
                return false;
            stream->filling = take_block(stream);
        }
        struct writer_block *block = stream->filling;
        size_t room = WRITER_BLOCK_SIZE - block->size;
        size_t step = size < room ? size : room;
        memcpy(block->data + block->size, bytes, step);
        block->size += step;
        bytes += step;
        size -= step;
        if (block->size == WRITER_BLOCK_SIZE)
            queue_block(stream);
    }
    return true;
}

bool writer_drain(struct writer_stream *stream, struct pp_error *error) {
    struct writer *writer = stream->writer;
    if (!writer)
        return true;
    if (stream->filling)
        queue_block(stream);
    pthread_mutex_lock(&writer->lock);
    while (stream->pending)
        pthread_cond_wait(&writer->space, &writer->lock);
    pthread_mutex_unlock(&writer->lock);
    bool ok = check_stream(stream, error);
    stream->writer = NULL;
    return ok;
}
