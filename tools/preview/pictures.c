#include "preview/pictures.h"

#include <errno.h>
#include <sys/socket.h>

static void on_out(void *arg, short revents);

static bool watch_for(struct pictures *pictures, short events, struct pp_error *error) {
    net_loop_unwatch(pictures->loop, pictures->watch);
    pictures->watch = net_loop_watch(pictures->loop, pictures->out, events, on_out, pictures, error);
    return pictures->watch;
}

bool pictures_init(struct pictures *pictures, struct net_loop *loop, int out, struct pp_error *error) {
    pictures->loop = loop;
    pictures->out = out;
    pictures->waiting = PP_BUF_INIT(JPEG_SIZE_MAX);
    return watch_for(pictures, POLLIN, error);
}

void pictures_finish(struct pictures *pictures) {
    net_loop_unwatch(pictures->loop, pictures->watch);
    pp_buf_finish(&pictures->waiting);
    pixels_finish(&pictures->last);
}

bool pictures_busy(const struct pictures *pictures) {
    return pictures->waiting.size > 0;
}

/* As much as there is room for. False: nobody looks any more. */
static bool send_waiting(struct pictures *pictures) {
    struct pp_buf *waiting = &pictures->waiting;
    while (pictures->sent < waiting->size) {
        ssize_t sent = send(pictures->out, waiting->data + pictures->sent, waiting->size - pictures->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR;
        pictures->sent += (size_t)sent;
    }
    waiting->size = pictures->sent = 0;
    return true;
}

/* The headend says nothing on it: what can be read there is its end. */
static void on_out(void *arg, short revents) {
    struct pictures *pictures = arg;
    struct pp_error error = {0};
    bool busy = pictures_busy(pictures);
    if (revents & (POLLIN | POLLERR | POLLHUP) || !send_waiting(pictures) ||
        !watch_for(pictures, pictures_busy(pictures) ? POLLIN | POLLOUT : POLLIN, &error))
        pictures->on_gone(pictures->arg);
    else if (busy && !pictures_busy(pictures))
        pictures->on_sent(pictures->arg);
}

bool pictures_send(struct pictures *pictures, struct pixels *pixels, bool always, bool *changed,
                   struct pp_error *error) {
    struct pp_buf *waiting = &pictures->waiting;
    *changed = !pixels_equal(pixels, &pictures->last);
    pixels_finish(&pictures->last);
    pictures->last = *pixels;
    *pixels = (struct pixels){0};
    if (!*changed && !always)
        return true;
    static const uint8_t room[PICTURES_HEAD] = {0};
    waiting->size = pictures->sent = 0;
    if (!pp_buf_add(waiting, room, sizeof room, error) || !jpeg_write(&pictures->last, waiting, error))
        return false;
    size_t size = waiting->size - PICTURES_HEAD;
    for (size_t i = 0; i < PICTURES_HEAD; i++)
        waiting->data[i] = (uint8_t)(size >> 8 * (PICTURES_HEAD - 1 - i));
    return watch_for(pictures, POLLIN | POLLOUT, error);
}
