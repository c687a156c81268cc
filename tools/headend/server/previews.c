#include "headend/server/previews.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "headend/http/problems.h"
#include "headend/ingest/preview_process.h"
#include "headend/ops/content_store.h"

#define PLACES     (PREVIEWS_MAX + 1) /* one is for still pictures alone */
#define LOOK_MS    500                /* between two looks at whether viewers have gone */
#define HEAD_SIZE  PREVIEW_HEAD_SIZE
#define PART_MAX   128 /* bytes of a part's head */
#define PART_BEGIN "--" PREVIEWS_BOUNDARY "\r\nContent-Type: image/jpeg\r\nContent-Length: %zu\r\n\r\n"

struct preview {
    struct previews *all;
    struct preview_process process;
    int64_t admin;
    bool still;
    bool ends;   /* another one of the same person has begun, or the server stops */
    bool waits;  /* it has nothing to say until there is something to be read */
    size_t left; /* bytes of a picture that are to come */
    size_t pictures;
    uint8_t head[HEAD_SIZE];
    size_t head_size;
};

struct previews {
    pthread_mutex_t mutex; /* over the rest, and `ends` and `waits` of each */
    struct streams *streams;
    struct preview *running[PLACES];
    size_t streams_left; /* also of those that have ended, whose clients may not read */
    pthread_t thread;
    int wake; /* eventfd: there is another one that waits, or the end */
    bool stop;
};

/* ---- Its pictures, on a worker's thread ---- */

/* Reads at most `size` bytes. 0: there is nothing now; -1: nothing more comes. */
static ssize_t preview_read(const struct preview *preview, void *data, size_t size) {
    ssize_t got = recv(preview->process.pictures, data, size, MSG_DONTWAIT);
    if (got > 0)
        return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

/* The size of the next one. As preview_read. */
static ssize_t head_read(struct preview *preview, struct pp_buf *out) {
    ssize_t got = preview_read(preview, preview->head + preview->head_size, HEAD_SIZE - preview->head_size);
    if (got <= 0)
        return got;
    preview->head_size += (size_t)got;
    if (preview->head_size < HEAD_SIZE)
        return got;
    preview->head_size = 0;
    for (size_t i = 0; i < HEAD_SIZE; i++)
        preview->left = preview->left << 8 | preview->head[i];
    if (!preview->left || preview->left > PREVIEW_PICTURE_MAX)
        return -1;
    preview->pictures++;
    return preview->still || pp_buf_addf(out, NULL, PART_BEGIN, preview->left) ? got : -1;
}

static ssize_t picture_read(struct preview *preview, struct pp_buf *out) {
    size_t room = STREAM_BLOCK - out->size;
    size_t size = preview->left < room ? preview->left : room;
    uint8_t *data = pp_buf_reserve(out, size, NULL);
    ssize_t got = data ? preview_read(preview, data, size) : -1;
    if (got <= 0)
        return got;
    out->size += (size_t)got;
    preview->left -= (size_t)got;
    return preview->left || preview->still || pp_buf_add_text(out, "\r\n", NULL) ? got : -1;
}

/* A running one ends well between two pictures, a still one after its only one. */
static enum stream_state preview_end(const struct preview *preview, struct pp_buf *out) {
    if (preview->left || preview->head_size || !preview->pictures)
        return STREAM_BREAKS;
    return preview->still || pp_buf_add_text(out, "--" PREVIEWS_BOUNDARY "--\r\n", NULL) ? STREAM_ENDS
                                                                                         : STREAM_BREAKS;
}

static enum stream_state preview_wait(struct preview *preview) {
    struct previews *all = preview->all;
    pthread_mutex_lock(&all->mutex);
    preview->waits = true;
    pthread_mutex_unlock(&all->mutex);
    (void)!write(all->wake, &(uint64_t){1}, sizeof(uint64_t));
    return STREAM_WAITS;
}

static enum stream_state preview_produce(void *arg, struct pp_buf *out) {
    struct preview *preview = arg;
    while (out->size + PART_MAX < STREAM_BLOCK) {
        ssize_t got = preview->left ? picture_read(preview, out) : head_read(preview, out);
        if (got < 0)
            return preview_end(preview, out);
        if (got == 0)
            return preview_wait(preview);
    }
    return STREAM_GOES_ON;
}

/* ---- Which of them run ---- */

/* With the mutex held. */
static void place_free(const struct preview *preview) {
    struct previews *all = preview->all;
    for (size_t i = 0; i < PLACES; i++) {
        if (all->running[i] == preview)
            all->running[i] = NULL;
    }
}

static void preview_leave(struct preview *preview) {
    struct previews *all = preview->all;
    pthread_mutex_lock(&all->mutex);
    all->streams_left--;
    place_free(preview);
    pthread_mutex_unlock(&all->mutex);
}

static void preview_destroy(void *arg) {
    struct preview *preview = arg;
    preview_leave(preview);
    preview_process_stop(&preview->process);
    free(preview);
}

/* With the mutex held: its process ends, its place is free whether its client reads or not, and its stream ends with
 * what there is (whoever calls wakes it). */
static void preview_finish(struct preview *preview) {
    preview->ends = true;
    preview_process_kill(&preview->process);
    shutdown(preview->process.pictures, SHUT_RDWR);
    place_free(preview);
}

/* Whether there is a place; it is taken then. */
static bool preview_enter(struct preview *preview) {
    struct previews *all = preview->all;
    const struct preview *ended = NULL;
    size_t moving = 0, place = PLACES;
    pthread_mutex_lock(&all->mutex);
    for (size_t i = 0; i < PLACES; i++) {
        struct preview *other = all->running[i];
        if (other && other->admin == preview->admin && other->still == preview->still) {
            preview_finish(other);
            ended = other;
        }
        moving += all->running[i] && !all->running[i]->still;
        place = all->running[i] ? place : i;
    }
    bool may = place < PLACES && (preview->still || moving < PREVIEWS_MAX) && !all->stop;
    if (may) {
        all->running[place] = preview;
        all->streams_left++;
    }
    pthread_mutex_unlock(&all->mutex);
    if (ended) /* it is only compared, and may be gone */
        streams_wake_of(all->streams, ended);
    return may;
}

/* ---- Which of them has something to say ---- */

/* Those that wait, as they are now. */
static nfds_t waiting_fill(struct previews *all, struct pollfd *fds, struct preview **owners) {
    nfds_t count = 0;
    pthread_mutex_lock(&all->mutex);
    for (size_t i = 0; i < PLACES; i++) {
        struct preview *preview = all->running[i];
        if (!preview || !preview->waits)
            continue;
        fds[count] = (struct pollfd){.fd = preview->process.pictures, .events = POLLIN};
        owners[count++] = preview;
    }
    pthread_mutex_unlock(&all->mutex);
    return count;
}

/* One that has gone meanwhile is not in the list any more. */
static void waiting_end(struct previews *all, const struct preview *owner) {
    bool known = false;
    pthread_mutex_lock(&all->mutex);
    for (size_t i = 0; i < PLACES; i++) {
        if (!owner || all->running[i] != owner)
            continue;
        all->running[i]->waits = false;
        known = true;
    }
    pthread_mutex_unlock(&all->mutex);
    if (known)
        streams_wake_of(all->streams, owner);
}

static bool any_runs(struct previews *all, bool *stop) {
    pthread_mutex_lock(&all->mutex);
    *stop = all->stop;
    bool any = all->streams_left;
    pthread_mutex_unlock(&all->mutex);
    return any;
}

/* libmicrohttpd looks at no connection whose stream waits, so viewers that have gone are looked for. */
static void *previews_main(void *arg) {
    struct previews *all = arg;
    bool stop = false;
    while (any_runs(all, &stop) || !stop) {
        struct pollfd fds[PLACES + 1];
        struct preview *owners[PLACES + 1] = {NULL};
        nfds_t count = waiting_fill(all, fds, owners);
        fds[count] = (struct pollfd){.fd = all->wake, .events = POLLIN};
        uint64_t news;
        poll(fds, count + 1, any_runs(all, &stop) ? LOOK_MS : -1);
        (void)!read(all->wake, &news, sizeof news);
        for (nfds_t i = 0; i < count; i++) {
            if (fds[i].revents)
                waiting_end(all, owners[i]);
        }
        if (any_runs(all, &stop))
            (void)streams_expire(all->streams);
    }
    return NULL;
}

/* ---- Life ---- */

struct previews *previews_create(struct streams *streams, struct pp_error *error) {
    pp_autofree struct previews *all = calloc(1, sizeof *all);
    if (!all) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    all->streams = streams;
    all->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (all->wake < 0) {
        pp_fail_errno(error, "eventfd");
        return NULL;
    }
    pthread_mutex_init(&all->mutex, NULL);
    if (pthread_create(&all->thread, NULL, previews_main, all) != 0) {
        pp_close(&all->wake);
        pthread_mutex_destroy(&all->mutex);
        pp_fail(error, PP_E_NOMEM, "no thread");
        return NULL;
    }
    return pp_steal(&all);
}

void previews_destroy(struct previews *previews) {
    if (!previews)
        return;
    pthread_mutex_lock(&previews->mutex);
    previews->stop = true;
    pthread_mutex_unlock(&previews->mutex);
    (void)!write(previews->wake, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(previews->thread, NULL);
    pthread_mutex_destroy(&previews->mutex);
    pp_close(&previews->wake);
    free(previews);
}

/* ---- Beginning ---- */

static bool preview_begin(struct preview *preview, const struct home *home, const char *programs,
                          const char *job, struct pp_error *error) {
    pp_autoclose int files = pp_dir_open(home->fd, CONTENT_STORE, error);
    struct preview_process process;
    bool ok = files >= 0 && preview_process_start(programs, job, files, &process, error);
    if (files < 0)
        return false;
    pthread_mutex_lock(&preview->all->mutex);
    preview->process = process;
    if (preview->ends) /* somebody has not waited for it */
        preview_finish(preview);
    pthread_mutex_unlock(&preview->all->mutex);
    return ok;
}

void reply_preview(struct previews *previews, const struct request *request, struct reply *reply,
                   const char *programs, const char *job, bool still) {
    static const struct stream_source source = {.produce = preview_produce, .destroy = preview_destroy};
    struct pp_error error = {0};
    struct preview *preview = calloc(1, sizeof *preview);
    if (!preview) {
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return;
    }
    *preview = (struct preview){
        .all = previews, .process = PREVIEW_PROCESS_NONE, .admin = request->admin.id, .still = still};
    if (!preview_enter(preview)) {
        free(preview);
        reply_with(reply, PROBLEM_TOO_MANY_STREAMS, "at most %d previews at a time", PREVIEWS_MAX);
        return;
    }
    if (!preview_begin(preview, request->app->home, programs, job, &error)) {
        preview_destroy(preview);
        reply_failure(reply, &error);
        return;
    }
    reply_stream(request->app->streams, request, reply,
                 still ? "image/jpeg" : "multipart/mixed; boundary=" PREVIEWS_BOUNDARY, &source, preview);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
}
