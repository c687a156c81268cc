#include "base/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

struct pp_deadline {
    pthread_t thread;
    pthread_mutex_t lock; /* over `over` */
    pthread_cond_t changed;
    bool over;
    struct timespec due; /* CLOCK_MONOTONIC */
    const char *words;
};

static void *deadline_main(void *arg) {
    struct pp_deadline *deadline = arg;
    int status = 0;
    pthread_mutex_lock(&deadline->lock);
    while (!deadline->over && status != ETIMEDOUT)
        status = pthread_cond_timedwait(&deadline->changed, &deadline->lock, &deadline->due);
    bool over = deadline->over;
    pthread_mutex_unlock(&deadline->lock);
    if (over)
        return NULL;
    pp_log_error("%s", deadline->words);
    _exit(PP_DEADLINE_STATUS);
}

static void deadline_init(struct pp_deadline *deadline, int wait_ms, const char *words) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&deadline->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&deadline->lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &deadline->due);
    long ns = deadline->due.tv_nsec + wait_ms % 1000 * 1000000L;
    deadline->due.tv_sec += wait_ms / 1000 + ns / 1000000000L;
    deadline->due.tv_nsec = ns % 1000000000L;
    deadline->words = words;
}

static void deadline_destroy(struct pp_deadline *deadline) {
    pthread_cond_destroy(&deadline->changed);
    pthread_mutex_destroy(&deadline->lock);
    free(deadline);
}

struct pp_deadline *pp_deadline_start(int wait_ms, const char *words, struct pp_error *error) {
    struct pp_deadline *deadline = calloc(1, sizeof *deadline);
    if (!deadline) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    deadline_init(deadline, wait_ms, words);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&deadline->thread, NULL, deadline_main, deadline);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        return deadline;
    errno = code;
    pp_fail_errno(error, "start the thread of a deadline");
    deadline_destroy(deadline);
    return NULL;
}

void pp_deadline_finish(struct pp_deadline *deadline) {
    if (!deadline)
        return;
    pthread_mutex_lock(&deadline->lock);
    deadline->over = true;
    pthread_cond_broadcast(&deadline->changed);
    pthread_mutex_unlock(&deadline->lock);
    pthread_join(deadline->thread, NULL);
    deadline_destroy(deadline);
}
