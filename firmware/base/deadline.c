#include "base/deadline.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"

struct pp_deadline {
    pthread_t thread;
    int over; /* eventfd */
    int wait_ms;
    _Atomic(const char *) words;
};

/* A time span, and no instant: those of a condition variable are a matter of which clock the C library takes. */
static void *deadline_main(void *arg) {
    struct pp_deadline *deadline = arg;
    struct pollfd over = {.fd = deadline->over, .events = POLLIN};
    int said;
    do
        said = poll(&over, 1, deadline->wait_ms);
    while (said < 0 && errno == EINTR);
    if (said != 0)
        return NULL;
    pp_log_error("%s", deadline->words);
    _exit(PP_DEADLINE_STATUS);
}

static void deadline_destroy(struct pp_deadline *deadline) {
    pp_close(&deadline->over);
    free(deadline);
}

struct pp_deadline *pp_deadline_start(int wait_ms, const char *words, struct pp_error *error) {
    struct pp_deadline *deadline = calloc(1, sizeof *deadline);
    if (!deadline) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    deadline->over = eventfd(0, EFD_CLOEXEC);
    deadline->wait_ms = wait_ms;
    deadline->words = words;
    if (deadline->over < 0)
        pp_fail_errno(error, "eventfd");
    else if (pp_thread_start(&deadline->thread, "deadline", deadline_main, deadline, error))
        return deadline;
    deadline_destroy(deadline);
    return NULL;
}

void pp_deadline_say(struct pp_deadline *deadline, const char *words) {
    if (deadline)
        deadline->words = words;
}

void pp_deadline_finish(struct pp_deadline *deadline) {
    if (!deadline)
        return;
    eventfd_write(deadline->over, 1);
    pthread_join(deadline->thread, NULL);
    deadline_destroy(deadline);
}
