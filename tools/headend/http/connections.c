#include "headend/http/connections.h"

#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "headend/http/lingering.h"
#include "headend/http/peer.h"

/* A peer that has vanished is noticed after two minutes, though its poll waits. */
#define KEEPALIVE_IDLE_S  60
#define KEEPALIVE_EVERY_S 15
#define KEEPALIVE_COUNT   4

struct connections {
    pthread_mutex_t mutex; /* over all but the fields that say otherwise */
    pthread_cond_t stop;
    pthread_t watcher;
    bool watched, stopping;
    struct admission *admission;
    int64_t request_ms;
    struct authorities *authorities; /* of screens' certificates */
    struct credentials *credentials; /* held: of those that begin now */
    struct lingering lingering;      /* sockets of those that have ended */
};

static struct connection *connection_at(struct guest *guest) {
    return (struct connection *)(void *)guest; /* its first member */
}

static void connection_close(struct connection *connection) {
    /* libmicrohttpd's thread sees the end of it, whatever it was waiting for, and closes it. */
    if (connection->fd >= 0)
        shutdown(connection->fd, SHUT_RDWR);
}

/* Enters a phase. With the mutex held. */
static void connection_enter(struct connection *connection, enum connection_phase phase) {
    int64_t now = pp_clock_monotonic_ms();
    int64_t request_ms = connection->all->request_ms;
    bool patient = connection->guest.standing != STANDING_STRANGER && CONNECTION_IDLE_MS > request_ms;
    connection->phase = phase;
    connection->guest.busy = phase != CONNECTION_HEAD && phase != CONNECTION_IDLE;
    connection->measure_at = 0;
    if (phase == CONNECTION_HEAD)
        connection->cut_at = now + request_ms;
    else if (phase == CONNECTION_IDLE)
        connection->cut_at = now + (patient ? CONNECTION_IDLE_MS : request_ms);
    else
        connection->cut_at = 0;
}

static void connection_move(struct connection *connection, enum connection_phase phase) {
    pthread_mutex_lock(&connection->all->mutex);
    connection_enter(connection, phase);
    pthread_mutex_unlock(&connection->all->mutex);
}

/* ---- Who is too slow ---- */

/* The bytes that the peer has taken of us, or we of him; false where nothing is on its way. */
static bool bytes_moved(const struct connection *connection, uint64_t *moved) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int waiting = 0;
    /* Of a fleet nearly all are held: the kernel is not asked of each of them twice a second. */
    if (connection->phase == CONNECTION_HELD ||
        getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return false;
    bool answers = connection->phase == CONNECTION_ANSWER;
    *moved = answers ? info.tcpi_bytes_acked : info.tcpi_bytes_received;
    return !answers || (ioctl(connection->fd, SIOCOUTQ, &waiting) == 0 && waiting > 0);
}

/* Whether fewer bytes moved than should have since the last measurement, if it is time for one. */
static bool rate_too_low(struct connection *connection, int64_t now) {
    int64_t window_ms = connection->all->request_ms;
    uint64_t moved;
    if (!bytes_moved(connection, &moved)) {
        connection->measure_at = 0;
        return false;
    }
    bool first = !connection->measure_at;
    if (!first && now < connection->measure_at)
        return false;
    uint64_t since = moved - connection->moved;
    connection->measure_at = now + window_ms;
    connection->moved = moved;
    return !first && since < (uint64_t)CONNECTION_RATE_MIN * (uint64_t)window_ms / 1000;
}

static void connections_check(struct connections *connections) {
    int64_t now = pp_clock_monotonic_ms();
    for (struct guest *guest = admission_first(connections->admission); guest; guest = guest->next) {
        struct connection *connection = connection_at(guest);
        if (guest->leaving || connection->fd < 0)
            continue;
        if (connection->cut_at ? now >= connection->cut_at : rate_too_low(connection, now)) {
            admission_dismiss(connections->admission, guest);
            connection_close(connection);
        }
    }
}

static void *connections_watch(void *arg) {
    struct connections *connections = arg;
    int64_t look_at = 0; /* ms, CLOCK_MONOTONIC: at all of them */
    pthread_mutex_lock(&connections->mutex);
    while (!connections->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (connections->lingering.count ? LINGER_LOOK_MS : CONNECTIONS_LOOK_MS) * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&connections->stop, &connections->mutex, &until);
        int64_t now = pp_clock_monotonic_ms();
        lingering_look(&connections->lingering, now);
        if (now < look_at && !connections->stopping)
            continue;
        look_at = now + CONNECTIONS_LOOK_MS;
        connections_check(connections);
    }
    pthread_mutex_unlock(&connections->mutex);
    return NULL;
}

struct connections *connections_create(const struct connection_limits *limits,
                                       struct authorities *authorities, struct pp_error *error) {
    struct connections *connections = calloc(1, sizeof *connections);
    if (!connections) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&connections->stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&connections->mutex, NULL);
    connections->authorities = authorities;
    connections->request_ms = (int64_t)limits->request_s * 1000;
    connections->admission = admission_create(limits->connections, limits->per_address, error);
    connections->watched = connections->admission && pp_thread_start(&connections->watcher, "connections",
                                                                     connections_watch, connections, error);
    if (connections->watched)
        return connections;
    connections_destroy(connections);
    return NULL;
}

void connections_destroy(struct connections *connections) {
    if (!connections)
        return;
    pthread_mutex_lock(&connections->mutex);
    connections->stopping = true;
    pthread_cond_signal(&connections->stop);
    pthread_mutex_unlock(&connections->mutex);
    if (connections->watched)
        pthread_join(connections->watcher, NULL);
    lingering_finish(&connections->lingering);
    admission_destroy(connections->admission);
    credentials_release(connections->credentials);
    pthread_cond_destroy(&connections->stop);
    pthread_mutex_destroy(&connections->mutex);
    free(connections);
}

/* ---- What they are shown ---- */

void connections_show(struct connections *connections, struct credentials *credentials) {
    struct credentials *former;
    pthread_mutex_lock(&connections->mutex);
    former = connections->credentials;
    connections->credentials = credentials_hold(credentials);
    pthread_mutex_unlock(&connections->mutex);
    credentials_release(former);
}

int connections_on_hello(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                         const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                         gnutls_pcert_st **chain, unsigned *count, gnutls_privkey_t *key) {
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    const struct connection *connection = gnutls_db_get_ptr(session);
    if (!connection)
        return -1;
    credentials_show(connection->credentials, chain, count, key);
    return 0;
}

/* ---- Coming and going ---- */

static void socket_keepalive(int fd) {
    const int on = 1;
    const int idle_s = KEEPALIVE_IDLE_S;
    const int every_s = KEEPALIVE_EVERY_S;
    const int count = KEEPALIVE_COUNT;
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s) < 0)
        return; /* it is not TCP, or not ours any more */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static void connection_opened(struct connections *connections, struct MHD_Connection *mhd,
                              void **socket_context) {
    struct connection *connection = calloc(1, sizeof *connection);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    int fd = info ? info->connect_fd : -1;
    *socket_context = connection;
    if (!connection) {
        shutdown(fd, SHUT_RDWR);
        return;
    }
    connection->all = connections;
    connection->fd = fd;
    socket_keepalive(fd);
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr) {
        address_text(info->client_addr, connection->guest.address);
        address_network(info->client_addr, connection->guest.network);
        connection->guest.six = address_is_six(info->client_addr);
    }
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (info && info->tls_session)
        gnutls_db_set_ptr(info->tls_session,
                          connection); /* for its hello, and for gnutls_record_recv below */
    struct guest *evicted;
    pthread_mutex_lock(&connections->mutex);
    connection->credentials = credentials_hold(connections->credentials);
    connection_enter(connection, CONNECTION_HEAD);
    if (!admission_enter(connections->admission, &connection->guest, &evicted))
        connection_close(connection);
    if (evicted)
        connection_close(connection_at(evicted));
    pthread_mutex_unlock(&connections->mutex);
}

/* Its request is answered, and its body has not all come; nobody has cut it off. */
static bool connection_was_refused(const struct connection *connection) {
    return connection->fd >= 0 && !connection->guest.leaving && connection->status &&
           connection->requests > connection->framing.whole;
}

static void connection_closed(struct connections *connections, struct connection *connection) {
    if (!connection)
        return;
    pthread_mutex_lock(&connections->mutex);
    if (connection_was_refused(connection)) {
        lingering_add(&connections->lingering, connection->fd, pp_clock_monotonic_ms());
        pthread_cond_signal(&connections->stop);
    }
    admission_leave(connections->admission, &connection->guest);
    pthread_mutex_unlock(&connections->mutex);
    credentials_release(connection->credentials);
    free(connection);
}

void connections_on_notify(void *arg, struct MHD_Connection *connection, void **socket_context,
                           enum MHD_ConnectionNotificationCode code) {
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_opened(arg, connection, socket_context);
    else
        connection_closed(arg, *socket_context);
}

struct connection *connection_of(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- What is received ---- */

typedef ssize_t record_recv(gnutls_session_t session, void *data, size_t size);

/* GnuTLS's own, behind the one below. */
static record_recv *gnutls_own_recv(void) {
    union {
        void *object;
        record_recv *function;
    } symbol = {.object = dlsym(RTLD_NEXT, "gnutls_record_recv")};
    return symbol.function;
}

/*
 * Stands before GnuTLS's function of this name, so that what libmicrohttpd is given to parse is seen as it came:
 * libmicrohttpd shows no raw request, and its versions take a bare CR as the end of a line, a space before a colon, and
 * Transfer-Encoding beside Content-Length. Where this were passed by, no request would be in order
 * (connection_head_done), and none answered.
 */
__attribute__((visibility("default"))) ssize_t gnutls_record_recv(gnutls_session_t session, void *data,
                                                                  size_t size) {
    record_recv *own = gnutls_own_recv();
    ssize_t received = own ? own(session, data, size) : GNUTLS_E_INTERNAL_ERROR;
    struct connection *connection = gnutls_db_get_ptr(session);
    if (!connection || received <= 0)
        return received;
    framing_read(&connection->framing, data, (size_t)received);
    if (connection->phase == CONNECTION_IDLE)
        connection_move(connection, CONNECTION_HEAD);
    return received;
}

bool connection_head_done(struct connection *connection) {
    if (!connection)
        return false;
    connection_move(connection, CONNECTION_BODY);
    return ++connection->requests <= connection->framing.heads;
}

bool connection_request_done(struct connection *connection) {
    if (!connection)
        return false;
    connection_move(connection, CONNECTION_ANSWER);
    return connection->requests <= connection->framing.whole;
}

void connection_answer_done(struct connection *connection) {
    if (connection)
        connection_move(connection, CONNECTION_IDLE);
}

void connection_body_waits(struct connection *connection, bool waits) {
    if (connection)
        connection_move(connection, waits ? CONNECTION_HELD : CONNECTION_BODY);
}

/* ---- Who it is ---- */

bool connection_recognise(struct connection *connection, enum standing standing, const char *screen) {
    struct guest *evicted;
    if (!connection)
        return true;
    pthread_mutex_lock(&connection->all->mutex);
    bool place =
        admission_recognise(connection->all->admission, &connection->guest, standing, screen, &evicted);
    if (evicted)
        connection_close(connection_at(evicted));
    pthread_mutex_unlock(&connection->all->mutex);
    return place;
}

void connection_identify(struct connection *connection, struct MHD_Connection *mhd) {
    if (connection->peer_known)
        return;
    connection->peer_known = true;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    PP_AUTO(ca) struct ca *ca = authorities_now(connection->all->authorities);
    if (!peer_identify(info ? info->tls_session : NULL, ca, connection->device, &connection->certificate,
                       &connection->refused))
        connection->device[0] = 0;
}

void connections_count(struct connections *connections, uint64_t counts[STANDINGS]) {
    pthread_mutex_lock(&connections->mutex);
    for (int i = 0; i < STANDINGS; i++)
        counts[i] = admission_count(connections->admission, (enum standing)i);
    pthread_mutex_unlock(&connections->mutex);
}
