/* A thread beside the one that runs a program's loop: signals are that one's. */
#ifndef PP_BASE_THREAD_H
#define PP_BASE_THREAD_H

#include <pthread.h>

#include "base/error.h"

#define PP_THREAD_NAME_MAX 15 /* bytes of what the kernel shows, proc_tid_comm(5) */

/* Starts it with all signals blocked, by a name of at most PP_THREAD_NAME_MAX bytes. To be joined. PP_E_IO,
 * PP_E_NOMEM. */
PP_MUST_USE bool pp_thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg), void *arg,
                                 struct pp_error *error);

#endif
