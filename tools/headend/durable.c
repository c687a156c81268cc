#include "headend/durable.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "base/log.h"

#define CHECKPOINT_BYTES (4 * 1024 * 1024) /* of the log, from when on it is copied into the database */

struct durable {
    pthread_mutex_t mutex;
    pthread_cond_t more, idle;
    pthread_t thread;
    bool running, stopping, ending;
    bool syncing;            /* some were taken off the list and are not resumed yet */
    struct request *waiting; /* linked by `durable_next` */
    struct db *checkpointer; /* a connection of its own: a checkpoint takes long */
    int log_fd;
};

static bool log_sync(const struct durable *durable) {
    if (fdatasync(durable->log_fd) == 0)
        return true;
    struct pp_error error;
    pp_fail_errno(&error, "the database's log cannot be written to the disk");
    pp_log_error("%s", error.message);
    return false;
}

static void log_checkpoint(const struct durable *durable) {
    struct stat status;
    struct pp_error error;
    if (fstat(durable->log_fd, &status) == 0 && status.st_size >= CHECKPOINT_BYTES &&
        !db_checkpoint(durable->checkpointer, &error))
        pp_log_warning("%s", error.message);
}

static void resume_all(struct request *waiting, bool synced) {
    for (struct request *request = waiting, *next; request; request = next) {
        next = request->durable_next;
        request->durable = synced ? DURABLE_DONE : DURABLE_FAILED;
        MHD_resume_connection(request->connection);
    }
}

static void *durable_run(void *arg) {
    struct durable *durable = arg;
    pthread_mutex_lock(&durable->mutex);
    while (durable->waiting || !durable->ending) {
        if (!durable->waiting) {
            pthread_cond_wait(&durable->more, &durable->mutex);
            continue;
        }
        struct request *waiting = durable->waiting;
        durable->waiting = NULL;
        durable->syncing = true;
        pthread_mutex_unlock(&durable->mutex);
        resume_all(waiting, log_sync(durable));
        log_checkpoint(durable);
        pthread_mutex_lock(&durable->mutex);
        durable->syncing = false;
        pthread_cond_broadcast(&durable->idle);
    }
    pthread_mutex_unlock(&durable->mutex);
    return NULL;
}

struct durable *durable_create(struct db *db, struct pp_error *error) {
    struct durable *durable = calloc(1, sizeof *durable);
    if (!durable) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&durable->mutex, NULL);
    pthread_cond_init(&durable->more, NULL);
    pthread_cond_init(&durable->idle, NULL);
    durable->log_fd = db_defer_sync(db, error);
    if (durable->log_fd >= 0)
        durable->checkpointer = db_open(db_path(db), false, error);
    durable->running =
        durable->checkpointer && pthread_create(&durable->thread, NULL, durable_run, durable) == 0;
    if (durable->running)
        return durable;
    if (durable->checkpointer)
        pp_fail(error, PP_E_NOMEM, "no thread can be started");
    durable_destroy(durable);
    return NULL;
}

void durable_destroy(struct durable *durable) {
    if (!durable)
        return;
    pthread_mutex_lock(&durable->mutex);
    durable->ending = true;
    pthread_cond_signal(&durable->more);
    pthread_mutex_unlock(&durable->mutex);
    if (durable->running) {
        pthread_join(durable->thread, NULL);
        log_sync(durable);
    }
    db_close(durable->checkpointer);
    pp_close(&durable->log_fd);
    pthread_cond_destroy(&durable->idle);
    pthread_cond_destroy(&durable->more);
    pthread_mutex_destroy(&durable->mutex);
    free(durable);
}

bool durable_suspend(struct durable *durable, struct request *request) {
    pthread_mutex_lock(&durable->mutex);
    bool wait = !durable->stopping;
    if (wait) {
        request->durable_next = durable->waiting;
        durable->waiting = request;
        MHD_suspend_connection(request->connection);
        pthread_cond_signal(&durable->more);
    }
    pthread_mutex_unlock(&durable->mutex);
    if (!wait)
        request->durable = log_sync(durable) ? DURABLE_DONE : DURABLE_FAILED;
    return wait;
}

void durable_stop(struct durable *durable) {
    pthread_mutex_lock(&durable->mutex);
    durable->stopping = true;
    while (durable->waiting || durable->syncing)
        pthread_cond_wait(&durable->idle, &durable->mutex);
    pthread_mutex_unlock(&durable->mutex);
}

void durable_start(struct durable *durable) {
    pthread_mutex_lock(&durable->mutex);
    durable->stopping = false;
    pthread_mutex_unlock(&durable->mutex);
}
