#include "fleet/link.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"

#define READ_SIZE 4096

static void on_ready(void *arg, uint32_t events);
static void on_late(void *arg);

void link_init(struct link *link, const struct link_world *world, const struct link_identity *identity) {
    link->world = world;
    link->identity = identity;
    link->source = (struct loop_source){.on_ready = on_ready, .arg = link, .fd = -1};
    link->timer = (struct loop_timer){.on_due = on_late, .arg = link};
    link->out = PP_BUF_INIT(LINK_REQUEST_MAX);
    link->in = PP_BUF_INIT(ANSWER_HEAD_MAX + ANSWER_BODY_MAX + READ_SIZE);
}

/* The connection alone. */
static void link_drop(struct link *link) {
    SSL_free(link->ssl);
    link->ssl = NULL;
    loop_close(link->world->loop, &link->source);
    pp_buf_finish(&link->in);
    link->stage = LINK_CLOSED;
    link->reused = false;
    link->sent = 0;
}

void link_close(struct link *link) {
    link_drop(link);
    loop_timer_stop(link->world->loop, &link->timer);
    pp_buf_finish(&link->out);
}

bool link_is_busy(const struct link *link) {
    return link->out.size > 0;
}

bool link_is_waiting(const struct link *link) {
    return link->stage == LINK_READING && !link->in.size;
}

static void link_fail(struct link *link, enum link_trouble trouble) {
    link_close(link);
    link->on_trouble(link->arg, trouble);
}

static void on_late(void *arg) {
    struct link *link = arg;
    link_fail(link, link->trouble);
}

/* Not from inside the caller's call. */
static void link_fail_soon(struct link *link, enum link_trouble trouble) {
    link_drop(link);
    link->trouble = trouble;
    loop_timer_start(link->world->loop, &link->timer, 0);
}

/* ---- Connecting ---- */

/* From the screen's address, with a port that is this connection's alone, and not this address's. */
static bool socket_open(struct link *link) {
    const int on = 1;
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = link->identity->address};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    link->source.fd = fd;
    return fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
           bind(fd, (const struct sockaddr *)&from, sizeof from) == 0;
}

static bool tls_open(struct link *link) {
    const struct link_identity *own = link->identity;
    char name[256]; /* OpenSSL copies it, and wants it writable */
    snprintf(name, sizeof name, "%s", link->world->host);
    link->ssl = SSL_new(link->world->tls);
    if (!link->ssl || SSL_set_fd(link->ssl, link->source.fd) != 1 ||
        SSL_set_tlsext_host_name(link->ssl, name) != 1 || SSL_set1_host(link->ssl, link->world->host) != 1)
        return false;
    return !own->certificate.size ||
           (SSL_use_certificate_ASN1(link->ssl, own->certificate.data, (int)own->certificate.size) == 1 &&
            SSL_use_PrivateKey_ASN1(EVP_PKEY_EC, link->ssl, own->key.data, (long)own->key.size) == 1);
}

static void link_connect(struct link *link) {
    const struct link_world *world = link->world;
    if (!socket_open(link) || !tls_open(link)) {
        link_fail_soon(link, LINK_LOCAL);
        return;
    }
    link->stage = LINK_CONNECTING;
    if (connect(link->source.fd, (const struct sockaddr *)&world->target, sizeof world->target) < 0 &&
        errno != EINPROGRESS)
        link_fail_soon(link, errno == ECONNREFUSED ? LINK_REFUSED : LINK_LOCAL);
    else if (!loop_watch(world->loop, &link->source, EPOLLOUT, NULL))
        link_fail_soon(link, LINK_LOCAL);
}

/* ---- Sending and reading ---- */

/* What TLS waits for; anything else is the end: of a kept connection, which another one follows, or of the request. */
static void link_wait(struct link *link, int result) {
    int why = SSL_get_error(link->ssl, result);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        if (!loop_watch(link->world->loop, &link->source, why == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT,
                        NULL))
            link_fail(link, LINK_LOCAL);
        return;
    }
    bool again = link->reused && !link->in.size && link_is_busy(link);
    bool refused = why == SSL_ERROR_SSL && link->stage == LINK_HANDSHAKE &&
                   SSL_get_verify_result(link->ssl) != X509_V_OK;
    link_drop(link);
    if (again)
        link_connect(link);
    else if (link_is_busy(link))
        link_fail(link, refused ? LINK_TLS : LINK_CUT);
}

static void deliver(struct link *link, const struct answer *answer) {
    struct pp_buf in = link->in; /* the callback may send again */
    link->in = PP_BUF_INIT(in.max);
    loop_timer_stop(link->world->loop, &link->timer);
    pp_buf_finish(&link->out);
    link->sent = 0;
    link->reused = true;
    link->stage = LINK_IDLE;
    if (answer->closes)
        link_drop(link);
    link->on_answer(link->arg, answer);
    pp_buf_finish(&in);
}

static void link_look(struct link *link) {
    struct answer answer;
    switch (answer_parse(pp_buf_text(&link->in), link->in.size, &answer)) {
    case ANSWER_PART:
        return;
    case ANSWER_BROKEN:
        link_fail(link, LINK_MALFORMED);
        return;
    case ANSWER_WHOLE:
        if (answer.size == link->in.size)
            deliver(link, &answer);
        else
            link_fail(link, LINK_MALFORMED); /* something follows that nobody asked for */
    }
}

static void link_read(struct link *link) {
    for (;;) {
        uint8_t *room = pp_buf_reserve(&link->in, READ_SIZE, NULL);
        if (!room) {
            link_fail(link, LINK_MALFORMED);
            return;
        }
        ERR_clear_error();
        int count = SSL_read(link->ssl, room, READ_SIZE);
        if (count <= 0) {
            if (!link->in.size)
                pp_buf_finish(&link->in); /* thousands wait: none keeps room for an answer */
            link_wait(link, count);
            return;
        }
        room[count] = 0;
        link->in.size += (size_t)count;
        if (SSL_pending(link->ssl))
            continue;
        if (link->stage == LINK_IDLE) {
            link_drop(link); /* an answer to nothing */
            return;
        }
        link_look(link);
        return;
    }
}

static void link_write(struct link *link) {
    while (link->sent < link->out.size) {
        ERR_clear_error();
        int count = SSL_write(link->ssl, link->out.data + link->sent, (int)(link->out.size - link->sent));
        if (count <= 0) {
            link_wait(link, count);
            return;
        }
        link->sent += (size_t)count;
    }
    link->stage = LINK_READING;
    link->sent_ms = pp_clock_monotonic_ms();
    if (!loop_watch(link->world->loop, &link->source, EPOLLIN, NULL))
        link_fail(link, LINK_LOCAL);
}

static void link_shake(struct link *link) {
    ERR_clear_error();
    int result = SSL_connect(link->ssl);
    if (result == 1) {
        link->stage = LINK_SENDING;
        link_write(link);
    } else {
        link_wait(link, result);
    }
}

static void link_connected(struct link *link) {
    int status = 0;
    socklen_t size = sizeof status;
    if (getsockopt(link->source.fd, SOL_SOCKET, SO_ERROR, &status, &size) < 0 || status) {
        link_fail(link, status == ECONNREFUSED ? LINK_REFUSED : LINK_CUT);
        return;
    }
    link->stage = LINK_HANDSHAKE;
    link_shake(link);
}

static void on_ready(void *arg, uint32_t events) {
    struct link *link = arg;
    (void)events;
    switch (link->stage) {
    case LINK_CONNECTING:
        link_connected(link);
        break;
    case LINK_HANDSHAKE:
        link_shake(link);
        break;
    case LINK_SENDING:
        link_write(link);
        break;
    case LINK_READING:
    case LINK_IDLE:
        link_read(link);
        break;
    case LINK_CLOSED:
        break;
    }
}

void link_send(struct link *link, struct pp_buf *request, int64_t timeout_ms) {
    pp_buf_finish(&link->out);
    link->out = *request;
    *request = PP_BUF_INIT(LINK_REQUEST_MAX);
    link->sent = 0;
    link->trouble = LINK_LATE;
    link->begun_ms = pp_clock_monotonic_ms();
    loop_timer_start(link->world->loop, &link->timer, timeout_ms);
    if (link->stage == LINK_IDLE) {
        link->stage = LINK_SENDING;
        if (!loop_watch(link->world->loop, &link->source, EPOLLOUT, NULL))
            link_fail_soon(link, LINK_LOCAL);
        return;
    }
    link_drop(link);
    link_connect(link);
}
