#include "headend/signing/remote.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "crypto/random.h"

/* For a free lane and an answer, over all tries. Threads that serve everybody wait for it: so long as a signer may be
 * away that is started anew (supervisor.c), and no longer. */
#define WAIT_MS 12000
/* For what takes long: who gives up while it is done would let go of a lock that is needed still. */
#define WAIT_LONG_MS (15 * 60 * 1000)
#define TRIES_MAX    3 /* of one request */

struct lane {
    int fd;
    bool busy;
    struct pp_buf packet;
};

struct remote {
    struct signing signing;
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    uint32_t number; /* of the last request */
    struct lane lanes[SIGNING_LANES];
};

/* ---- Packets ---- */

bool signing_lane_prepare(int lane, struct pp_error *error) {
    int size = SIGNING_PACKET_MAX;
    return setsockopt(lane, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0 ||
           pp_fail_errno(error, "signer: socket");
}

static bool lane_put(int lane, const struct signing_message *message, int flags, struct pp_error *error) {
    ssize_t sent = 0;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
    if (!signing_encode(message, &packet, error))
        return false;
    do {
        sent = send(lane, packet.data, packet.size, MSG_NOSIGNAL | flags);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return pp_fail(error, PP_E_STATE, "signer: the lane is full");
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
        return pp_fail(error, PP_E_NET, "signer: it is gone");
    return sent >= 0 || pp_fail_errno(error, "signer: send");
}

bool signing_lane_send(int lane, const struct signing_message *message, struct pp_error *error) {
    return lane_put(lane, message, 0, error);
}

static bool lane_take(int lane, struct pp_buf *packet, struct signing_message *message, int flags,
                      struct pp_error *error) {
    ssize_t got = 0;
    pp_buf_finish(packet);
    *message = (struct signing_message){0};
    uint8_t *room = pp_buf_reserve(packet, SIGNING_PACKET_MAX, error);
    if (!room)
        return false;
    do {
        got = recv(lane, room, SIGNING_PACKET_MAX, MSG_TRUNC | flags);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return pp_fail(error, PP_E_STATE, "signer: nothing is waiting");
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return pp_fail(error, PP_E_NET, "signer: it is gone");
    if (got < 0)
        return pp_fail_errno(error, "signer: receive");
    if (got > SIGNING_PACKET_MAX)
        return pp_fail(error, PP_E_LIMIT, "signer: a message over %d bytes", SIGNING_PACKET_MAX);
    packet->size = (size_t)got;
    return signing_decode(packet->data, packet->size, message, error);
}

bool signing_lane_receive(int lane, struct pp_buf *packet, struct signing_message *message,
                          struct pp_error *error) {
    return lane_take(lane, packet, message, 0, error);
}

void signing_lane_drop(int lane) {
    char byte;
    ssize_t got;
    do {
        got = recv(lane, &byte, sizeof byte, MSG_DONTWAIT); /* the rest of the packet goes with it */
    } while (got > 0 || (got < 0 && errno == EINTR));
}

/* ---- Lanes ---- */

static bool takes_long(unsigned type) {
    return (type >= SIGNING_KEY_MAKE && type != SIGNING_FILE) || type == SIGNING_CERTIFY_SERVER;
}

static struct lane *lane_find(struct remote *remote, unsigned type) {
    if (takes_long(type))
        return remote->lanes[0].busy ? NULL : &remote->lanes[0];
    for (size_t i = 1; i < SIGNING_LANES; i++) {
        if (!remote->lanes[i].busy)
            return &remote->lanes[i];
    }
    return NULL;
}

/* The next one that is free; NULL where the time is over before. */
static struct lane *lane_begin(struct remote *remote, unsigned type, int64_t end_ms, uint32_t *number,
                               struct pp_error *error) {
    const struct timespec end = {.tv_sec = end_ms / 1000, .tv_nsec = end_ms % 1000 * 1000000L};
    struct lane *lane;
    bool late = false;
    pthread_mutex_lock(&remote->mutex);
    while (!(lane = lane_find(remote, type)) && !late)
        late = pthread_cond_timedwait(&remote->freed, &remote->mutex, &end) == ETIMEDOUT;
    if (lane) {
        lane->busy = true;
        *number = ++remote->number;
    }
    pthread_mutex_unlock(&remote->mutex);
    if (!lane)
        pp_fail(error, PP_E_NET, "signer: it does not answer others either");
    return lane;
}

static void lane_end(struct remote *remote, struct lane *lane) {
    pp_buf_finish(&lane->packet);
    pthread_mutex_lock(&remote->mutex);
    lane->busy = false;
    pthread_cond_broadcast(&remote->freed);
    pthread_mutex_unlock(&remote->mutex);
}

/* What waits there is of before: answers that came too late, and that a signer has started. */
static bool lane_drain(struct lane *lane, struct pp_error *error) {
    struct signing_message message;
    struct pp_error why;
    do {
        why = (struct pp_error){0};
        if (!lane_take(lane->fd, &lane->packet, &message, MSG_DONTWAIT, &why) &&
            (why.code == PP_E_NET || why.code == PP_E_IO || why.code == PP_E_NOMEM))
            return pp_fail(error, why.code, "%s", why.message);
    } while (why.code != PP_E_STATE);
    return true;
}

enum outcome { ANSWERED, LOST, BROKEN };

/* Until the lane is ready for that, or PP_E_NET. */
static bool lane_poll(const struct lane *lane, short events, int64_t end_ms, struct pp_error *error) {
    for (;;) {
        int64_t left_ms = end_ms - pp_clock_monotonic_ms();
        struct pollfd waiting = {.fd = lane->fd, .events = events};
        if (left_ms <= 0)
            return pp_fail(error, PP_E_NET, "signer: it does not answer");
        if (poll(&waiting, 1, (int)left_ms) > 0)
            return true;
    }
}

/* A signer that takes nothing leaves the lane full of what others asked. */
static bool lane_request(const struct lane *lane, const struct signing_message *request, int64_t end_ms,
                         struct pp_error *error) {
    struct pp_error full;
    do {
        full = (struct pp_error){0};
        if (!lane_poll(lane, POLLOUT, end_ms, error))
            return false;
        if (lane_put(lane->fd, request, MSG_DONTWAIT, &full))
            return true;
    } while (full.code == PP_E_STATE);
    return pp_fail(error, full.code, "%s", full.message);
}

static enum outcome wait_for(struct lane *lane, uint32_t number, int64_t end_ms,
                             struct signing_message *message, struct pp_error *error) {
    for (;;) {
        if (!lane_poll(lane, POLLIN, end_ms, error))
            return BROKEN;
        if (!lane_take(lane->fd, &lane->packet, message, MSG_DONTWAIT, error)) {
            if (error->code == PP_E_STATE)
                continue;
            return BROKEN;
        }
        if (message->type == SIGNING_HELLO)
            return LOST;
        if (message->number == number)
            return ANSWERED;
    }
}

static bool answer_take(const struct signing_message *message, struct signing_answer *answer,
                        struct pp_error *error) {
    char reason[SIGNING_REASON_MAX + 1];
    if (message->type == SIGNING_ANSWER) {
        answer->flag = message->flag;
        return pp_buf_add(&answer->data, message->secret.data, message->secret.size, error);
    }
    if (message->type != SIGNING_FAILED)
        return pp_fail(error, PP_E_INVALID, "signer: it answers with %s", signing_type_name(message->type));
    signing_copy(&message->text, reason, sizeof reason);
    return pp_fail(error, message->flag, "%s", reason);
}

static bool lane_ask(struct lane *lane, const struct signing_message *request, int64_t end_ms,
                     struct signing_answer *answer, struct pp_error *error) {
    struct signing_message message;
    if (!lane_drain(lane, error))
        return false;
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        struct pp_error why = {0};
        if (!lane_request(lane, request, end_ms, error))
            return false;
        switch (wait_for(lane, request->number, end_ms, &message, &why)) {
        case ANSWERED:
            return answer_take(&message, answer, error);
        case BROKEN:
            return pp_fail(error, why.code, "%s", why.message);
        case LOST:
            break;
        }
    }
    return pp_fail(error, PP_E_NET, "signer: it ends at %s", signing_type_name(request->type));
}

static bool remote_ask(struct signing *signing, const struct signing_message *request,
                       struct signing_answer *answer, struct pp_error *error) {
    struct remote *remote = (struct remote *)signing;
    struct signing_message numbered = *request;
    int64_t end_ms = pp_clock_monotonic_ms() + (takes_long(request->type) ? WAIT_LONG_MS : WAIT_MS);
    struct lane *lane = lane_begin(remote, request->type, end_ms, &numbered.number, error);
    if (!lane)
        return false;
    bool ok = lane_ask(lane, &numbered, end_ms, answer, error);
    lane_end(remote, lane);
    return ok;
}

static void remote_close(struct signing *signing) {
    struct remote *remote = (struct remote *)signing;
    pthread_cond_destroy(&remote->freed);
    pthread_mutex_destroy(&remote->mutex);
    free(remote);
}

/* Numbers begin anywhere: answers to a server that was before are not this one's. */
struct signing *signing_remote(const int lanes[SIGNING_LANES], struct pp_error *error) {
    struct remote *remote = calloc(1, sizeof *remote);
    if (!remote) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    remote->signing = (struct signing){.ask = remote_ask, .close = remote_close};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&remote->mutex, NULL);
    pthread_cond_init(&remote->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < SIGNING_LANES; i++)
        remote->lanes[i] = (struct lane){.fd = lanes[i], .packet = PP_BUF_INIT(SIGNING_PACKET_MAX)};
    if (crypto_random(&remote->number, sizeof remote->number, error))
        return &remote->signing;
    remote_close(&remote->signing);
    return NULL;
}
