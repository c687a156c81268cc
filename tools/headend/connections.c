#include "headend/connections.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

struct connections {
    pthread_mutex_t mutex;
    struct connection *first;
    int64_t request_ms;
    uint64_t per_network;
};

struct connections *connections_create(uint64_t request_s, uint64_t per_network, struct pp_error *error) {
    struct connections *connections = calloc(1, sizeof *connections);
    if (!connections) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    connections->request_ms = (int64_t)request_s * 1000;
    connections->per_network = per_network;
    pthread_mutex_init(&connections->mutex, NULL);
    return connections;
}

void connections_destroy(struct connections *connections) {
    if (!connections)
        return;
    pthread_mutex_destroy(&connections->mutex);
    free(connections);
}

static uint64_t network_count(const struct connections *connections, const char *network) {
    uint64_t count = 0;
    for (const struct connection *one = connections->first; one; one = one->next)
        count += strcmp(one->network, network) == 0;
    return count;
}

static void connection_opened(struct connections *connections, struct MHD_Connection *mhd,
                              void **socket_context) {
    struct connection *connection = calloc(1, sizeof *connection);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = connection;
    if (!connection)
        return;
    connection->fd = info ? info->connect_fd : -1;
    connection->cut_at = pp_clock_monotonic_ms() + connections->request_ms;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info && info->client_addr)
        address_text(info->client_addr, connection->network);
    pthread_mutex_lock(&connections->mutex);
    bool one_more = network_count(connections, connection->network) < connections->per_network;
    if (!one_more && connection->fd >= 0)
        shutdown(connection->fd, SHUT_RDWR);
    connection->next = connections->first;
    if (connections->first)
        connections->first->previous = connection;
    connections->first = connection;
    pthread_mutex_unlock(&connections->mutex);
}

static void connection_closed(struct connections *connections, struct connection *connection) {
    if (!connection)
        return;
    pthread_mutex_lock(&connections->mutex);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    pthread_mutex_unlock(&connections->mutex);
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

void connection_busy(struct connections *connections, struct connection *connection, bool busy) {
    if (!connection)
        return;
    pthread_mutex_lock(&connections->mutex);
    connection->cut_at = busy ? 0 : pp_clock_monotonic_ms() + connections->request_ms;
    pthread_mutex_unlock(&connections->mutex);
}

/* The common name of the peer's certificate, which must be a device id. */
static bool peer_name(gnutls_session_t session, char id[UUID_TEXT_SIZE], struct pp_error *error) {
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t certificate = NULL;
    if (!chain || !count || gnutls_x509_crt_init(&certificate) < 0)
        return pp_fail(error, PP_E_AUTH, "no client certificate");
    char name[UUID_TEXT_SIZE];
    size_t size = sizeof name;
    bool named =
        gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) >= 0 &&
        gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) >= 0;
    gnutls_x509_crt_deinit(certificate);
    if (!named || !uuid_valid(name))
        return pp_fail(error, PP_E_AUTH, "the client certificate names no screen");
    memcpy(id, name, sizeof name);
    return true;
}

static bool peer_verify(gnutls_session_t session, struct pp_error *error) {
    char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data[] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose}};
    unsigned status = 0;
    int result = gnutls_certificate_verify_peers(session, data, 1, &status);
    if (result < 0)
        return pp_fail(error, PP_E_AUTH, "client certificate: %s", gnutls_strerror(result));
    if (status & GNUTLS_CERT_EXPIRED)
        return pp_fail(error, PP_E_EXPIRED, "the client certificate has expired");
    if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
        return pp_fail(error, PP_E_AUTH, "the client certificate is of an unknown authority");
    return status ? pp_fail(error, PP_E_AUTH, "the client certificate is not valid (0x%x)", status) : true;
}

void connection_identify(struct connection *connection, struct MHD_Connection *mhd) {
    if (connection->peer_known)
        return;
    connection->peer_known = true;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    unsigned count = 0;
    if (!session || !gnutls_certificate_get_peers(session, &count) || !count)
        return;
    if (!peer_verify(session, &connection->refused) ||
        !peer_name(session, connection->device, &connection->refused))
        connection->device[0] = 0;
}

void connections_cut(struct connections *connections) {
    int64_t now = pp_clock_monotonic_ms();
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *connection = connections->first; connection; connection = connection->next) {
        if (connection->cut_at && connection->cut_at <= now && connection->fd >= 0)
            shutdown(connection->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&connections->mutex);
}
