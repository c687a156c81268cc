#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct start {
    char name[PP_THREAD_NAME_MAX + 1];
    void *(*run)(void *arg);
    void *arg;
};

/* A thread that names itself needs no file for it, which a sandbox may keep from it. */
static void *begin(void *arg) {
    struct start start = *(struct start *)arg;
    free(arg);
    pthread_setname_np(pthread_self(), start.name);
    return start.run(start.arg);
}

bool pp_thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg,
                     struct pp_error *error) {
    sigset_t all, before;
    struct start *start = calloc(1, sizeof *start);
    if (!start)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    start->run = run;
    start->arg = arg;
    memcpy(start->name, name, strnlen(name, PP_THREAD_NAME_MAX));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, begin, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        free(start);
        errno = failure;
        return pp_fail_errno(error, "start the thread \"%s\"", name);
    }
    return true;
}
