#include "sync/committer.h"

#include "base/thread.h"

/* fsyncs that wait for the flash together share its journal's next write: several threads are much faster
 * than one. */
#define COMMITTER_THREADS 4

enum slot_state { SLOT_FREE, SLOT_QUEUED, SLOT_BUSY, SLOT_DONE };

struct slot {
    enum slot_state state;
    struct commit commit; /* of the thread that works on it while it is busy */
};

struct committer {
    struct net_loop *loop;
    pthread_t threads[COMMITTER_THREADS];
    size_t thread_count;
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t wake;
    bool stop;
    struct slot slots[COMMITTER_QUEUE_MAX];
};

static struct slot *slot_in(struct committer *committer, enum slot_state state) {
    for (size_t i = 0; i < COMMITTER_QUEUE_MAX; i++) {
        if (committer->slots[i].state == state)
            return &committer->slots[i];
    }
    return NULL;
}

/* Lock held, but for the commit itself. */
static void commit_one(struct committer *committer, struct slot *slot) {
    struct commit *commit = &slot->commit;
    slot->state = SLOT_BUSY;
    pthread_mutex_unlock(&committer->lock);
    commit->ok = store_partial_commit(commit->partial, &commit->error);
    commit->partial = NULL;
    pthread_mutex_lock(&committer->lock);
    slot->state = SLOT_DONE;
    net_loop_wake(committer->loop);
}

static void *committer_main(void *arg) {
    struct committer *committer = arg;
    struct slot *slot;
    pthread_setname_np(pthread_self(), "sync-commit");
    pthread_mutex_lock(&committer->lock);
    while (!committer->stop) {
        slot = slot_in(committer, SLOT_QUEUED);
        if (slot)
            commit_one(committer, slot);
        else
            pthread_cond_wait(&committer->wake, &committer->lock);
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
    for (; committer->thread_count < COMMITTER_THREADS; committer->thread_count++) {
        if (!pp_thread_start(&committer->threads[committer->thread_count], "sync-commit", committer_main,
                             committer, error))
            return NULL;
    }
    return pp_steal(&committer);
}

void committer_destroy(struct committer *committer) {
    if (!committer)
        return;
    pthread_mutex_lock(&committer->lock);
    committer->stop = true;
    pthread_cond_broadcast(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
    for (size_t i = 0; i < committer->thread_count; i++)
        pthread_join(committer->threads[i], NULL);
    for (size_t i = 0; i < COMMITTER_QUEUE_MAX; i++)
        store_partial_keep(committer->slots[i].commit.partial);
    pthread_mutex_destroy(&committer->lock);
    pthread_cond_destroy(&committer->wake);
    free(committer);
}

size_t committer_load(struct committer *committer) {
    size_t count = 0;
    pthread_mutex_lock(&committer->lock);
    for (size_t i = 0; i < COMMITTER_QUEUE_MAX; i++)
        count += committer->slots[i].state != SLOT_FREE;
    pthread_mutex_unlock(&committer->lock);
    return count;
}

void committer_add(struct committer *committer, struct store_partial *partial, void *owner) {
    pthread_mutex_lock(&committer->lock);
    struct slot *slot = slot_in(committer, SLOT_FREE);
    *slot = (struct slot){.state = SLOT_QUEUED, .commit = {.partial = partial, .owner = owner}};
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->lock);
}

bool committer_take(struct committer *committer, struct commit *out) {
    pthread_mutex_lock(&committer->lock);
    struct slot *slot = slot_in(committer, SLOT_DONE);
    if (slot) {
        *out = slot->commit;
        *slot = (struct slot){.state = SLOT_FREE};
    }
    pthread_mutex_unlock(&committer->lock);
    return slot != NULL;
}
