#include "headend/server/hasher.h"

#include "base/log.h"
#include "base/thread.h"
#include "headend/ops/users.h"

struct hasher {
    pthread_mutex_t mutex;
    pthread_cond_t more, idle;
    pthread_t thread;
    bool running, stopping, ending;
    const struct request *checking; /* the one whose password is being checked now */
    struct request *first;          /* linked by attempt.next, in the order of coming */
};

static void attempt_unlink(struct hasher *hasher, struct request *request) {
    struct request **link = &hasher->first;
    while (*link && *link != request)
        link = &(*link)->attempt.next;
    if (*link)
        *link = request->attempt.next;
    request->attempt.next = NULL;
}

static void attempt_end(struct hasher *hasher, struct request *request, enum attempt_stage stage) {
    attempt_unlink(hasher, request);
    request->attempt.stage = stage;
    MHD_resume_connection(request->connection);
}

/* The next to check; those that are known come first. */
static struct request *attempt_next(const struct hasher *hasher) {
    struct request *found = NULL;
    for (struct request *request = hasher->first; request; request = request->attempt.next) {
        if (request->attempt.stage == ATTEMPT_WAITING &&
            (!found || (request->attempt.known && !found->attempt.known)))
            found = request;
    }
    return found;
}

static bool attempt_run(struct attempt *attempt) {
    struct pp_error error = {0};
    if (!attempt->makes)
        return password_verify(attempt->encoded, attempt->password);
    if (password_encode(attempt->password, attempt->encoded, &error))
        return true;
    pp_log_error("%s", error.message);
    return false;
}

static void *hasher_run(void *arg) {
    struct hasher *hasher = arg;
    pthread_mutex_lock(&hasher->mutex);
    while (!hasher->ending) {
        struct request *request = attempt_next(hasher);
        if (!request || hasher->stopping) {
            pthread_cond_wait(&hasher->more, &hasher->mutex);
            continue;
        }
        hasher->checking = request;
        pthread_mutex_unlock(&hasher->mutex);
        request->attempt.right = attempt_run(&request->attempt);
        pthread_mutex_lock(&hasher->mutex);
        hasher->checking = NULL;
        attempt_end(hasher, request, ATTEMPT_CHECKED);
        pthread_cond_broadcast(&hasher->idle);
    }
    pthread_mutex_unlock(&hasher->mutex);
    return NULL;
}

struct hasher *hasher_create(struct pp_error *error) {
    struct hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&hasher->mutex, NULL);
    pthread_cond_init(&hasher->more, NULL);
    pthread_cond_init(&hasher->idle, NULL);
    hasher->running = pp_thread_start(&hasher->thread, "hasher", hasher_run, hasher, error);
    if (hasher->running)
        return hasher;
    hasher_destroy(hasher);
    return NULL;
}

void hasher_destroy(struct hasher *hasher) {
    if (!hasher)
        return;
    pthread_mutex_lock(&hasher->mutex);
    hasher->ending = true;
    pthread_cond_signal(&hasher->more);
    pthread_mutex_unlock(&hasher->mutex);
    if (hasher->running)
        pthread_join(hasher->thread, NULL);
    pthread_cond_destroy(&hasher->idle);
    pthread_cond_destroy(&hasher->more);
    pthread_mutex_destroy(&hasher->mutex);
    free(hasher);
}

bool hasher_reserve(struct hasher *hasher, struct request *request) {
    struct attempt *attempt = &request->attempt;
    size_t all = 0;
    size_t same = 0;
    pthread_mutex_lock(&hasher->mutex);
    struct request **link = &hasher->first;
    for (; *link; link = &(*link)->attempt.next) {
        all++;
        same += strcmp((*link)->attempt.address, attempt->address) == 0;
    }
    size_t most = HASHER_QUEUE_MAX + (attempt->known ? HASHER_KNOWN_MAX : 0);
    bool place = !hasher->stopping && all < most && same < HASHER_ADDRESS_MAX;
    if (place) {
        attempt->stage = ATTEMPT_RESERVED;
        attempt->next = NULL;
        *link = request;
    }
    pthread_mutex_unlock(&hasher->mutex);
    return place;
}

void hasher_cancel(struct hasher *hasher, struct request *request) {
    pthread_mutex_lock(&hasher->mutex);
    attempt_unlink(hasher, request);
    request->attempt.stage = ATTEMPT_NONE;
    pthread_mutex_unlock(&hasher->mutex);
}

bool hasher_suspend(struct hasher *hasher, struct request *request) {
    pthread_mutex_lock(&hasher->mutex);
    bool wait = !hasher->stopping;
    if (wait) {
        request->attempt.stage = ATTEMPT_WAITING;
        MHD_suspend_connection(request->connection);
        pthread_cond_signal(&hasher->more);
    } else {
        attempt_unlink(hasher, request);
        request->attempt.stage = ATTEMPT_CANCELLED;
    }
    pthread_mutex_unlock(&hasher->mutex);
    return wait;
}

void hasher_stop(struct hasher *hasher) {
    pthread_mutex_lock(&hasher->mutex);
    hasher->stopping = true;
    while (hasher->checking)
        pthread_cond_wait(&hasher->idle, &hasher->mutex);
    for (struct request *request; (request = attempt_next(hasher));)
        attempt_end(hasher, request, ATTEMPT_CANCELLED);
    pthread_mutex_unlock(&hasher->mutex);
}
