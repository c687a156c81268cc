#include "ipc/local.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/visible.h"

/* One row a message, one row a field: encode and decode are the same walk in two directions. */
enum field_kind { FIELD_U8, FIELD_U32, FIELD_U64, FIELD_I64, FIELD_TEXT };

struct field {
    const char *name;
    size_t offset; /* in struct local_message */
    enum field_kind kind;
    uint64_t min, max; /* of the number; TEXT: of the length */
};

struct row {
    const char *name;
    const struct field *fields;
    size_t field_count;
    uint8_t type;
};

#define FIELD(kind, member, low, high)                                                                       \
    { #member, offsetof(struct local_message, member), FIELD_##kind, (low), (high) }

static const struct field enrol_fields[] = {FIELD(U8, enrol.again, 0, 1)};
static const struct field logs_fields[] = {FIELD(U32, logs.lines, 0, LOCAL_LINES_MAX),
                                           FIELD(U8, logs.follow, 0, 1)};
static const struct field schedule_fields[] = {FIELD(I64, schedule.at_s, 0, LOCAL_AT_MAX)};
static const struct field migrate_fields[] = {FIELD(TEXT, migrate.provider, 1, LOCAL_WORD_MAX)};
static const struct field notice_fields[] = {
    FIELD(U8, notice.kind, LOCAL_STICK_TRYING, LOCAL_NOTICE_END - 1),
    FIELD(TEXT, notice.detail, 0, LOCAL_DETAIL_MAX), FIELD(TEXT, notice.network, 0, LOCAL_NETWORK_MAX),
    FIELD(TEXT, notice.passphrase, 0, LOCAL_PHRASE_MAX), FIELD(TEXT, notice.address, 0, LOCAL_ADDRESS_MAX)};
static const struct field proxy_fields[] = {
    FIELD(TEXT, proxy.address, 0, LOCAL_PROXY_MAX),  FIELD(TEXT, proxy.ca, 0, LOCAL_CA_MAX),
    FIELD(TEXT, proxy.except, 0, LOCAL_PROXY_MAX),   FIELD(TEXT, proxy.user, 0, LOCAL_PROXY_MAX),
    FIELD(TEXT, proxy.password, 0, LOCAL_PROXY_MAX), FIELD(TEXT, proxy.principal, 0, LOCAL_PROXY_MAX),
    FIELD(TEXT, proxy.kdc, 0, LOCAL_PROXY_MAX),      FIELD(TEXT, proxy.keytab, 0, LOCAL_KEYTAB_MAX)};
static const struct field credentials_fields[] = {
    FIELD(TEXT, credentials.device, 0, LOCAL_DEVICE_MAX), FIELD(I64, credentials.end_s, 0, LOCAL_AT_MAX),
    FIELD(TEXT, credentials.chain, 0, LOCAL_CHAIN_MAX), FIELD(TEXT, credentials.key, 0, LOCAL_KEY_MAX)};
static const struct field document_fields[] = {FIELD(TEXT, document, 2, LOCAL_TEXT_MAX)};
static const struct field line_fields[] = {
    FIELD(U64, line.lost, 0, UINT64_MAX), FIELD(I64, line.time_s, 0, LOCAL_AT_MAX),
    FIELD(U8, line.level, PP_LOG_ERROR, PP_LOG_DEBUG), FIELD(TEXT, line.text, 0, LOCAL_TEXT_MAX)};
static const struct field refused_fields[] = {FIELD(U8, refused.refusal, LOCAL_DENIED, LOCAL_REFUSAL_END - 1),
                                              FIELD(TEXT, refused.reason, 0, LOCAL_REASON_MAX)};

#define ROW(TYPE, fields)                                                                                    \
    { #TYPE, fields, PP_COUNT(fields), LOCAL_##TYPE }
#define BARE(TYPE)                                                                                           \
    { #TYPE, NULL, 0, LOCAL_##TYPE }

static const struct row rows[] = {
    BARE(STATUS),
    ROW(ENROL, enrol_fields),
    BARE(DIAGNOSE),
    ROW(LOGS, logs_fields),
    ROW(SCHEDULE, schedule_fields),
    BARE(STATS),
    ROW(MIGRATE, migrate_fields),
    BARE(RESET),
    BARE(SIGN_OUT),
    ROW(NOTICE, notice_fields),
    BARE(PROXY),
    ROW(SET_PROXY, proxy_fields),
    BARE(KEY),
    ROW(DOCUMENT, document_fields),
    ROW(LINE, line_fields),
    ROW(REFUSED, refused_fields),
    BARE(END),
    ROW(CREDENTIALS, credentials_fields),
};

static const struct row *row_find(unsigned type) {
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

bool local_is_request(enum local_type type) {
    return type < LOCAL_REQUESTS_END && row_find(type);
}

const char *local_type_name(enum local_type type) {
    const struct row *row = row_find(type);
    return row ? row->name : "?";
}

struct local_text local_text_of(const char *text) {
    return (struct local_text){.data = text, .size = (uint32_t)strlen(text)};
}

/* ---- Fields ---- */

static size_t field_size(enum field_kind kind) {
    switch (kind) {
    case FIELD_U8:
        return 1;
    case FIELD_U32:
    case FIELD_TEXT: /* its length */
        return 4;
    case FIELD_U64:
    case FIELD_I64:
        return 8;
    }
    return 0;
}

static bool number_check(const struct field *field, uint64_t number, struct pp_error *error) {
    bool negative = field->kind == FIELD_I64 && (int64_t)number < 0;
    if (!negative && number >= field->min && number <= field->max)
        return true;
    return pp_fail(error, field->kind == FIELD_TEXT ? PP_E_LIMIT : PP_E_INVALID, "%s is out of its range",
                   field->name);
}

/* What a terminal would obey is none of a text's business; JSON has escapes for it. */
static bool text_check(const struct field *field, const struct local_text *text, struct pp_error *error) {
    char character[8] = "";
    for (uint32_t at = 0, size; at < text->size; at += size) {
        bool refused;
        size_t left = text->size - at;
        memcpy(character, text->data + at, left < 4 ? left : 4);
        character[left < 4 ? left : 4] = 0;
        size = (uint32_t)pp_visible_next(character, &refused);
        if (refused && *character != '\n' && *character != '\t')
            return pp_fail(error, PP_E_INVALID, "%s is no plain text", field->name);
    }
    return true;
}

static uint64_t number_load(const struct local_message *message, const struct field *field) {
    const uint8_t *member = (const uint8_t *)message + field->offset;
    struct local_text text;
    uint32_t u32;
    uint64_t u64;
    switch (field->kind) {
    case FIELD_U8:
        return *member;
    case FIELD_U32:
        memcpy(&u32, member, sizeof u32);
        return u32;
    case FIELD_U64:
    case FIELD_I64:
        memcpy(&u64, member, sizeof u64);
        return u64;
    case FIELD_TEXT:
        memcpy(&text, member, sizeof text);
        return text.size;
    }
    return 0;
}

static void number_store(struct local_message *message, const struct field *field, uint64_t number) {
    uint8_t *member = (uint8_t *)message + field->offset;
    uint32_t u32 = (uint32_t)number;
    if (field->kind == FIELD_U8)
        *member = (uint8_t)number;
    else if (field->kind == FIELD_U32)
        memcpy(member, &u32, sizeof u32);
    else
        memcpy(member, &number, sizeof number);
}

static bool field_encode(const struct local_message *message, const struct field *field,
                         struct pp_buf *packet, struct pp_error *error) {
    uint64_t number = number_load(message, field);
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    if (!number_check(field, number, error) || !pp_buf_add(packet, bytes, field_size(field->kind), error))
        return false;
    if (field->kind != FIELD_TEXT)
        return true;
    struct local_text text;
    memcpy(&text, (const uint8_t *)message + field->offset, sizeof text);
    return text_check(field, &text, error) && pp_buf_add(packet, text.data, text.size, error);
}

struct cursor {
    const uint8_t *data;
    size_t left;
};

static bool field_decode(struct cursor *cursor, const struct field *field, struct local_message *message,
                         struct pp_error *error) {
    size_t size = field_size(field->kind);
    uint64_t number = 0;
    if (cursor->left < size)
        return pp_fail(error, PP_E_INVALID, "the message ends within %s", field->name);
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)cursor->data[i] << (8 * i);
    cursor->data += size;
    cursor->left -= size;
    if (!number_check(field, number, error))
        return false;
    if (field->kind != FIELD_TEXT) {
        number_store(message, field, number);
        return true;
    }
    struct local_text text = {.data = (const char *)cursor->data, .size = (uint32_t)number};
    if (cursor->left < number)
        return pp_fail(error, PP_E_INVALID, "the message ends within %s", field->name);
    cursor->data += number;
    cursor->left -= number;
    memcpy((uint8_t *)message + field->offset, &text, sizeof text);
    return text_check(field, &text, error);
}

/* ---- Messages ---- */

bool local_encode(const struct local_message *message, struct pp_buf *packet, struct pp_error *error) {
    const struct row *row = row_find(message->type);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "message %d is not known", (int)message->type);
    const uint8_t head[2] = {row->type, LOCAL_VERSION};
    bool ok = pp_buf_add(packet, head, sizeof head, error);
    for (size_t i = 0; ok && i < row->field_count; i++)
        ok = field_encode(message, &row->fields[i], packet, error);
    return ok || pp_wrap(error, "message %s", row->name);
}

bool local_decode(const void *packet, size_t size, struct local_message *message, struct pp_error *error) {
    const uint8_t *bytes = packet;
    *message = (struct local_message){0};
    if (size < 2)
        return pp_fail(error, PP_E_INVALID, "a message of %zu bytes", size);
    if (bytes[1] != LOCAL_VERSION)
        return pp_fail(error, PP_E_UNSUPPORTED, "a message of version %u, and this is %d: of another release",
                       bytes[1], LOCAL_VERSION);
    const struct row *row = row_find(bytes[0]);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "message %u is not known", bytes[0]);
    struct cursor cursor = {.data = bytes + 2, .left = size - 2};
    message->type = row->type;
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_decode(&cursor, &row->fields[i], message, error))
            return pp_wrap(error, "message %s", row->name);
    }
    if (cursor.left)
        return pp_fail(error, PP_E_INVALID, "message %s: %zu bytes too many", row->name, cursor.left);
    return true;
}

/* ---- Packets ---- */

static bool fail_of_errno(struct pp_error *error, const char *what) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
        return pp_fail(error, PP_E_STATE, "%s: the socket is not ready", what);
    if (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED || errno == ENOTCONN)
        return pp_fail(error, PP_E_NET, "%s: the peer is gone", what);
    return pp_fail_errno(error, "%s", what);
}

bool local_send(int fd, const struct local_message *message, struct pp_error *error) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    if (!local_encode(message, &packet, error))
        return false;
    ssize_t sent = 0;
    do {
        sent = send(fd, packet.data, packet.size, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? true : fail_of_errno(error, "send");
}

/* A peer that closes with a message of ours unread leaves ECONNRESET in front of what it had sent: told once. */
static ssize_t packet_receive(int fd, void *room, size_t max) {
    bool reset = false;
    for (;;) {
        ssize_t got = recv(fd, room, max, MSG_TRUNC);
        if (got >= 0 || (errno != EINTR && errno != ECONNRESET) || (errno == ECONNRESET && reset))
            return got;
        reset |= errno == ECONNRESET;
    }
}

bool local_receive(int fd, size_t max, struct pp_buf *packet, struct local_message *message,
                   struct pp_error *error) {
    pp_buf_finish(packet);
    uint8_t *room = pp_buf_reserve(packet, max, error);
    if (!room)
        return false;
    ssize_t got = packet_receive(fd, room, max);
    if (got < 0)
        return fail_of_errno(error, "receive");
    if (got == 0)
        return pp_fail(error, PP_E_NET, "receive: the peer is gone");
    if ((size_t)got > max)
        return pp_fail(error, PP_E_LIMIT, "a message over %zu bytes", max);
    packet->size = (size_t)got;
    return local_decode(packet->data, packet->size, message, error);
}
