#include "network/setup_link.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The packet ---- */

static bool put_byte(struct pp_buf *packet, unsigned value, struct pp_error *error) {
    const uint8_t byte = (uint8_t)value;
    return pp_buf_add(packet, &byte, 1, error);
}

static bool put_text(struct pp_buf *packet, const void *text, size_t size, struct pp_error *error) {
    return put_byte(packet, (unsigned)size, error) && pp_buf_add(packet, text, size, error);
}

bool setup_opening_encode(const struct setup_opening *opening, struct pp_buf *packet,
                          struct pp_error *error) {
    if (!put_byte(packet, SETUP_VERSION, error) || !put_byte(packet, opening->reason, error) ||
        !put_text(packet, opening->host, strlen(opening->host), error) ||
        !put_text(packet, opening->tried, opening->tried_size, error) ||
        !put_byte(packet, (unsigned)opening->scan.count, error))
        return false;
    for (size_t i = 0; i < opening->scan.count; i++) {
        const struct scan_network *network = &opening->scan.networks[i];
        if (!put_byte(packet, network->kind, error) || !put_byte(packet, network->strength, error) ||
            !put_text(packet, network->ssid, network->ssid_size, error))
            return false;
    }
    return true;
}

struct reader {
    const uint8_t *at, *end;
};

/* From `min` to `max`. */
static bool get_byte(struct reader *reader, unsigned min, unsigned max, uint8_t *out) {
    if (reader->at == reader->end)
        return false;
    *out = *reader->at++;
    return *out >= min && *out <= max;
}

static bool get_text(struct reader *reader, unsigned min, unsigned max, void *out, uint8_t *size) {
    if (!get_byte(reader, min, max, size) || (size_t)(reader->end - reader->at) < *size)
        return false;
    memcpy(out, reader->at, *size);
    reader->at += *size;
    return true;
}

static bool get_network(struct reader *reader, struct scan_network *network) {
    uint8_t kind;
    if (!get_byte(reader, SCAN_OPEN, SCAN_KIND_END - 1, &kind) ||
        !get_byte(reader, 0, 100, &network->strength) ||
        !get_text(reader, 1, NETWORK_SSID_MAX, network->ssid, &network->ssid_size))
        return false;
    network->kind = kind;
    return true;
}

static bool get_opening(struct reader *reader, struct setup_opening *opening) {
    uint8_t version, reason, host_size, count;
    if (!get_byte(reader, SETUP_VERSION, SETUP_VERSION, &version) ||
        !get_byte(reader, 0, NETWORK_REASON_END - 1, &reason) ||
        !get_text(reader, 1, SETUP_HOST_MAX, opening->host, &host_size) ||
        strlen(opening->host) != host_size ||
        !get_text(reader, 0, NETWORK_SSID_MAX, opening->tried, &opening->tried_size) ||
        !get_byte(reader, 0, SCAN_NETWORKS_MAX, &count))
        return false;
    opening->reason = reason;
    for (; opening->scan.count < count; opening->scan.count++) {
        if (!get_network(reader, &opening->scan.networks[opening->scan.count]))
            return false;
    }
    return reader->at == reader->end;
}

bool setup_opening_decode(const void *packet, size_t size, struct setup_opening *opening,
                          struct pp_error *error) {
    struct reader reader = {.at = packet, .end = (const uint8_t *)packet + size};
    *opening = (struct setup_opening){0};
    if (get_opening(&reader, opening))
        return true;
    *opening = (struct setup_opening){0};
    return pp_fail(error, PP_E_INVALID, "not an opening of the access point");
}

/* ---- With its descriptor ---- */

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

bool setup_opening_send(int fd, const struct setup_opening *opening, int listener, struct pp_error *error) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SETUP_PACKET_MAX);
    if (!setup_opening_encode(opening, &packet, error))
        return false;
    union control control = {0};
    struct iovec part = {.iov_base = packet.data, .iov_len = packet.size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof listener);
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    return sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)packet.size ||
           pp_fail_errno(error, "the page server");
}

bool setup_opening_receive(int fd, struct setup_opening *opening, int *listener, struct pp_error *error) {
    uint8_t packet[SETUP_PACKET_MAX + 1];
    union control control = {0};
    struct iovec part = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (size < 0)
        return pp_fail_errno(error, "recvmsg");
    pp_autoclose int handed = -1;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof handed))
        memcpy(&handed, CMSG_DATA(header), sizeof handed);
    if (handed < 0)
        return pp_fail(error, PP_E_INVALID, "an opening without its socket");
    if (!setup_opening_decode(packet, (size_t)size, opening, error))
        return false;
    *listener = pp_steal_fd(&handed);
    return true;
}
