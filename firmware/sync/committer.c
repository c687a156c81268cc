#include "sync/committer.h"

#include <errno.h>
#include <pthread.h>

struct committer {
    struct net_loop *loop;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t wake;
    bool stop;
    struct commit queue[COMMITTER_QUEUE_MAX]; /* a ring: done ones first, then the waiting */
    size_t first, done, count;
};

static struct commit *slot(struct committer *committer, size_t index) {
    return &committer->queue[(committer->first + index) % COMMITTER_QUEUE_MAX];
}

static void *committer_main(void *arg) {
    struct committer *committer = arg;
    pthread_setname_np(pthread_self(), "sync-commit");
    pthread_mutex_lock(&committer->lock);
    for (;;) {
        while (!committer->stop && committer->done == committer->count)
            pthread_cond_wait(&committer->wake, &committer->lock);
        if (committer->stop)
            break;
        struct commit *commit = slot(committer, committer->done);
        pthread_mutex_unlock(&committer->lock);
        commit->ok = store_partial_commit(commit->partial, &commit->error);
        commit->partial = NULL;
        pthread_mutex_lock(&committer->lock);
        committer->done++;
        net_loop_wake(committer->loop);
    }
    pthread_mutex_unlock(&committer->lock);
    return NULL;
}

struct committer *committer_create(struct net_loop *loop, struct pp_error *error) {
    PP_AUTO(committer) struct committer *committer = calloc(1, sizeof *committer);
    if (!committer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    committer->loop = loop;
    pthread_mutex_init(&committer->lock, NULL);
    pthread_cond_init(&committer->wake, NULL);
    errno = pthread_create(&committer->thread, NULL, committer_main, committer);
    committer->started = errno == 0;
    if (!committer->started) {
        pp_fail_errno(error, "start the commit thread");
        return NULL;
    }
    return pp_steal(&committer);
}

void committer_destroy(struct committer *committer) {
    if (!committer)
        return;
    if (committer->started) {
        pthread_mutex_lock(&committer->lock);
        committer->stop = true;
        pthread_cond_signal(&committer->wake);
        pthread_mutex_unlock(&committer->lock);
        pthread_join(committer->thread, NULL);
    }
    for (size_t i = 0; i < committer->count; i++)
        store_partial_keep(slot(committer, i)->partial);
    pthread_mutex_destroy(&committer->lock);
    pthread_cond_destroy(&committer->wake);
    free(committer);
}

size_t committer_load(struct committer *committer) {
    pthread_mutex_lock(&committer->lock);
    size_t count = committer->count;
    pthread_mutex_unlock(&committer->lock);
    return count;
}

void committer_add(struct committer *committer, struct store_partial *partial, void *owner) {
    pthread_mutex_lock(&committer->lock);
    *slot(committer, committer->count++) = (struct commit){.partial = partial, .owner = owner};
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_take(struct committer *committer, struct commit *out) {
    pthread_mutex_lock(&committer->lock);
    bool any = committer->done > 0;
    if (any) {
        *out = *slot(committer, 0);
        committer->first = (committer->first + 1) % COMMITTER_QUEUE_MAX;
        committer->done--;
        committer->count--;
    }
    pthread_mutex_unlock(&committer->lock);
    return any;
}
