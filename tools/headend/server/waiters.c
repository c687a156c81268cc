#include "headend/server/waiters.h"

#include <pthread.h>

#include "base/clock.h"

#define BUCKETS        4096
#define EXPIRE_TICK_MS 100 /* thousands that wait are looked through no more often than that */

/* Those that wait stand in buckets by their device, so that a poll finds the earlier one of its screen at once. */
struct waiters {
    pthread_mutex_t mutex;
    struct request *buckets[BUCKETS];
    uint64_t count; /* in all buckets */
    uint64_t generation;
    bool stopping;
};

struct waiters *waiters_create(struct pp_error *error) {
    struct waiters *waiters = calloc(1, sizeof *waiters);
    if (!waiters) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&waiters->mutex, NULL);
    return waiters;
}

void waiters_destroy(struct waiters *waiters) {
    if (!waiters)
        return;
    pthread_mutex_destroy(&waiters->mutex);
    free(waiters);
}

uint64_t waiters_generation(struct waiters *waiters) {
    pthread_mutex_lock(&waiters->mutex);
    uint64_t generation = waiters->generation;
    pthread_mutex_unlock(&waiters->mutex);
    return generation;
}

static struct request **waiter_bucket(struct waiters *waiters, const char *device) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *device; device++)
        hash = (hash ^ (unsigned char)*device) * 16777619U;
    return &waiters->buckets[hash % BUCKETS];
}

/* With the mutex held. */
static void waiter_resume(struct waiters *waiters, struct request *request) {
    if (request->previous)
        request->previous->next = request->next;
    else
        *waiter_bucket(waiters, request->device.id) = request->next;
    if (request->next)
        request->next->previous = request->previous;
    request->previous = request->next = NULL;
    waiters->count--;
    MHD_resume_connection(request->connection);
}

static void waiters_supersede(struct waiters *waiters, const struct request *request) {
    for (struct request *other = *waiter_bucket(waiters, request->device.id), *next; other; other = next) {
        next = other->next;
        if (other->route == request->route && strcmp(other->device.id, request->device.id) == 0) {
            other->superseded = true;
            waiter_resume(waiters, other);
        }
    }
}

bool waiters_suspend(struct waiters *waiters, struct request *request, uint64_t generation) {
    pthread_mutex_lock(&waiters->mutex);
    bool wait = waiters->generation == generation && !waiters->stopping;
    if (wait) {
        waiters_supersede(waiters, request);
        struct request **bucket = waiter_bucket(waiters, request->device.id);
        request->next = *bucket;
        if (*bucket)
            (*bucket)->previous = request;
        *bucket = request;
        waiters->count++;
        MHD_suspend_connection(request->connection);
    }
    pthread_mutex_unlock(&waiters->mutex);
    return wait;
}

void waiters_wake(struct waiters *waiters) {
    pthread_mutex_lock(&waiters->mutex);
    waiters->generation++;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (waiters->buckets[i])
            waiter_resume(waiters, waiters->buckets[i]);
    }
    pthread_mutex_unlock(&waiters->mutex);
}

void waiters_wake_device(struct waiters *waiters, const char *device) {
    pthread_mutex_lock(&waiters->mutex);
    waiters->generation++;
    for (struct request *waiter = *waiter_bucket(waiters, device), *next; waiter; waiter = next) {
        next = waiter->next;
        if (strcmp(waiter->device.id, device) == 0)
            waiter_resume(waiters, waiter);
    }
    pthread_mutex_unlock(&waiters->mutex);
}

void waiters_wake_where(struct waiters *waiters, bool (*wanted)(void *arg, const struct request *request),
                        void *arg) {
    pthread_mutex_lock(&waiters->mutex);
    waiters->generation++;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct request *waiter = waiters->buckets[i], *next; waiter; waiter = next) {
            next = waiter->next;
            if (wanted(arg, waiter))
                waiter_resume(waiters, waiter);
        }
    }
    pthread_mutex_unlock(&waiters->mutex);
}

int64_t waiters_expire(struct waiters *waiters) {
    int64_t now = pp_clock_monotonic_ms();
    int64_t due = INT64_MAX;
    pthread_mutex_lock(&waiters->mutex);
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct request *waiter = waiters->buckets[i], *next; waiter; waiter = next) {
            next = waiter->next;
            if (waiter->wait_until <= now)
                waiter_resume(waiters, waiter);
            else if (waiter->wait_until < due)
                due = waiter->wait_until;
        }
    }
    pthread_mutex_unlock(&waiters->mutex);
    return due < now + EXPIRE_TICK_MS ? now + EXPIRE_TICK_MS : due;
}

void waiters_stop(struct waiters *waiters) {
    pthread_mutex_lock(&waiters->mutex);
    waiters->stopping = true;
    pthread_mutex_unlock(&waiters->mutex);
    waiters_wake(waiters);
}

bool waiters_stopping(struct waiters *waiters) {
    pthread_mutex_lock(&waiters->mutex);
    bool stopping = waiters->stopping;
    pthread_mutex_unlock(&waiters->mutex);
    return stopping;
}

uint64_t waiters_count(struct waiters *waiters) {
    pthread_mutex_lock(&waiters->mutex);
    uint64_t count = waiters->count;
    pthread_mutex_unlock(&waiters->mutex);
    return count;
}
