#include "headend/server/workers.h"

#include <stdlib.h>

#include "base/thread.h"

struct workers {
    pthread_mutex_t mutex;
    pthread_cond_t more, idle;
    pthread_t threads[WORKERS_THREADS];
    size_t running;             /* threads */
    size_t busy;                /* of them, at work */
    struct work *first, **last; /* in the order of coming */
    bool ending;
};

static void *workers_run(void *arg) {
    struct workers *workers = arg;
    pthread_mutex_lock(&workers->mutex);
    while (workers->first || !workers->ending) {
        struct work *work = workers->first;
        if (!work) {
            pthread_cond_wait(&workers->more, &workers->mutex);
            continue;
        }
        workers->first = work->next;
        if (!workers->first)
            workers->last = &workers->first;
        workers->busy++;
        pthread_mutex_unlock(&workers->mutex);
        work->run(work); /* it may be gone by then */
        pthread_mutex_lock(&workers->mutex);
        workers->busy--;
        pthread_cond_broadcast(&workers->idle);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

struct workers *workers_create(struct pp_error *error) {
    struct workers *workers = calloc(1, sizeof *workers);
    if (!workers) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    workers->last = &workers->first;
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->more, NULL);
    pthread_cond_init(&workers->idle, NULL);
    while (workers->running < WORKERS_THREADS &&
           pp_thread_start(&workers->threads[workers->running], "worker", workers_run, workers, error))
        workers->running++;
    if (workers->running == WORKERS_THREADS)
        return workers;
    workers_destroy(workers);
    return NULL;
}

void workers_destroy(struct workers *workers) {
    if (!workers)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->ending = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->mutex);
    for (size_t i = 0; i < workers->running; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->idle);
    pthread_cond_destroy(&workers->more);
    pthread_mutex_destroy(&workers->mutex);
    free(workers);
}

void workers_add(struct workers *workers, struct work *work) {
    pthread_mutex_lock(&workers->mutex);
    work->next = NULL;
    *workers->last = work;
    workers->last = &work->next;
    pthread_cond_signal(&workers->more);
    pthread_mutex_unlock(&workers->mutex);
}

void workers_drain(struct workers *workers) {
    pthread_mutex_lock(&workers->mutex);
    while (workers->first || workers->busy)
        pthread_cond_wait(&workers->idle, &workers->mutex);
    pthread_mutex_unlock(&workers->mutex);
}
