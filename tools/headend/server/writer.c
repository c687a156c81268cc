#include "headend/server/writer.h"

#include "headend/server/route.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

#define CHECKPOINT_BYTES (4 * 1024 * 1024) /* of the log, from when on it is copied into the database */
#define BATCH_MAX        256               /* requests before a sync */

struct writer {
    pthread_mutex_t mutex;
    pthread_cond_t more, idle;
    pthread_t thread;
    bool running, stopping, ending;
    bool busy;                     /* some were taken off the list and are not resumed yet */
    struct request *first, **last; /* linked by `next_to_write`, in the order of coming */
    struct db *checkpointer;       /* a connection of its own: syncs and checkpoints take long */
    struct writer_figures figures; /* with the mutex */
};

static void note_sync(struct writer *writer, int64_t begun_us) {
    pthread_mutex_lock(&writer->mutex);
    writer->figures.syncs++;
    writer->figures.sync_us += pp_clock_monotonic_us() - begun_us;
    pthread_mutex_unlock(&writer->mutex);
}

static bool log_sync(struct writer *writer) {
    int64_t begun_us = pp_clock_monotonic_us();
    struct pp_error error;
    if (db_sync(writer->checkpointer, &error)) {
        note_sync(writer, begun_us);
        return true;
    }
    pp_log_error("%s", error.message);
    return false;
}

static void log_checkpoint(const struct writer *writer) {
    struct pp_error error;
    if (!db_checkpoint(writer->checkpointer, CHECKPOINT_BYTES, &error))
        pp_log_warning("%s", error.message);
}

/* Runs the handlers of a list, and waits for the disk where one of them has written. */
static void write_all(struct writer *writer, struct request *list) {
    bool written = false;
    for (struct request *request = list; request; request = request->next_to_write) {
        request->held = (struct reply){0};
        route_run(request, &request->held);
        request->answered = true;
        written |= request->held.committed;
    }
    if (!written || log_sync(writer))
        return;
    for (struct request *request = list; request; request = request->next_to_write) {
        if (!request->held.committed)
            continue;
        request->held.wait_hash = false; /* nor does it go on */
        reply_problem(&request->held, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable",
                      "the server cannot keep this now");
    }
}

static void resume_all(struct request *list) {
    for (struct request *request = list, *next; request; request = next) {
        next = request->next_to_write; /* it may be freed by then */
        request->next_to_write = NULL;
        MHD_resume_connection(request->connection);
    }
}

/* The first BATCH_MAX of those that wait. With the mutex held. */
static struct request *batch_take(struct writer *writer) {
    struct request *list = writer->first;
    struct request **end = &writer->first;
    for (size_t count = 0; *end && count < BATCH_MAX; count++)
        end = &(*end)->next_to_write;
    writer->first = *end;
    *end = NULL;
    if (!writer->first)
        writer->last = &writer->first;
    return list;
}

static void *writer_run(void *arg) {
    struct writer *writer = arg;
    pthread_mutex_lock(&writer->mutex);
    while (writer->first || !writer->ending) {
        if (!writer->first) {
            pthread_cond_wait(&writer->more, &writer->mutex);
            continue;
        }
        struct request *list = batch_take(writer);
        writer->busy = true;
        pthread_mutex_unlock(&writer->mutex);
        write_all(writer, list);
        resume_all(list);
        log_checkpoint(writer);
        pthread_mutex_lock(&writer->mutex);
        writer->busy = false;
        pthread_cond_broadcast(&writer->idle);
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

struct writer *writer_create(struct db *db, struct pp_error *error) {
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    writer->last = &writer->first;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->more, NULL);
    pthread_cond_init(&writer->idle, NULL);
    writer->checkpointer = db_open_again(db, error);
    writer->running = writer->checkpointer && db_defer_sync(db, error) &&
                      pp_thread_start(&writer->thread, "writer", writer_run, writer, error);
    if (writer->running)
        return writer;
    writer_destroy(writer);
    return NULL;
}

void writer_destroy(struct writer *writer) {
    if (!writer)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->ending = true;
    pthread_cond_signal(&writer->more);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->running) {
        pthread_join(writer->thread, NULL);
        log_sync(writer);
    }
    db_close(writer->checkpointer);
    pthread_cond_destroy(&writer->idle);
    pthread_cond_destroy(&writer->more);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}

bool writer_suspend(struct writer *writer, struct request *request) {
    pthread_mutex_lock(&writer->mutex);
    bool wait = !writer->stopping;
    if (wait) {
        request->next_to_write = NULL;
        *writer->last = request;
        writer->last = &request->next_to_write;
        MHD_suspend_connection(request->connection);
        pthread_cond_signal(&writer->more);
    }
    pthread_mutex_unlock(&writer->mutex);
    if (wait)
        return true;
    /* A sync for each of those that still come would keep the server from stopping. */
    request->held = (struct reply){0};
    request->answered = true;
    reply_problem(&request->held, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "the server stops");
    reply_header(&request->held, MHD_HTTP_HEADER_RETRY_AFTER, "2");
    return false;
}

void writer_stop(struct writer *writer) {
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    while (writer->first || writer->busy)
        pthread_cond_wait(&writer->idle, &writer->mutex);
    pthread_mutex_unlock(&writer->mutex);
}

void writer_look(struct writer *writer, struct writer_figures *figures) {
    pthread_mutex_lock(&writer->mutex);
    *figures = writer->figures;
    for (const struct request *request = writer->first; request; request = request->next_to_write)
        figures->waiting++;
    pthread_mutex_unlock(&writer->mutex);
}
