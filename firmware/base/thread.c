#include "base/thread.h"

#include <errno.h>
#include <signal.h>

bool pp_thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg,
                     struct pp_error *error) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) {
        errno = failure;
        return pp_fail_errno(error, "start the thread \"%s\"", name);
    }
    pthread_setname_np(*thread, name);
    return true;
}
