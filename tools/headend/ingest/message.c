#include "headend/ingest/message.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/visible.h"
#include "ipc/wire.h"

#define HEAD_SIZE 2 /* bytes */

/* One row a message, one row a field: encode and decode are the same walk in two directions. */
enum field_kind { FIELD_U8, FIELD_U32, FIELD_U64, FIELD_KEY, FIELD_TEXT, FIELD_BYTES };

struct field {
    const char *name;
    size_t offset; /* in struct ingest_message */
    enum field_kind kind;
    uint64_t min, max; /* of the number; TEXT, BYTES: of the length */
};

struct row {
    const char *name;
    const struct field *fields;
    size_t field_count;
    uint8_t type;
    size_t fds; /* descriptors beside it */
};

#define FIELD(kind, member, low, high)                                                                       \
    { #member, offsetof(struct ingest_message, member), FIELD_##kind, (low), (high) }

/* clang-format off */
static const struct field look_fields[] = {FIELD(U8, task, INGEST_TASK_LOOK, INGEST_TASK_FILM),
                                           FIELD(U64, length, 1, IPC_LENGTH_MAX),
                                           FIELD(KEY, key, INGEST_KEY_SIZE, INGEST_KEY_SIZE),
                                           FIELD(TEXT, owner, 0, INGEST_OWNER_MAX),
                                           FIELD(BYTES, folder, 1, INGEST_FOLDER_MAX)};
static const struct field piece_fields[] = {FIELD(BYTES, data, 1, INGEST_PIECE_MAX)};
static const struct field seen_fields[] = {FIELD(TEXT, name, 0, INGEST_NAME_MAX),
                                           FIELD(U8, flags, 0, INGEST_FILM | INGEST_MOVES | INGEST_SOUND),
                                           FIELD(U32, width, 0, UINT16_MAX),
                                           FIELD(U32, height, 0, UINT16_MAX),
                                           FIELD(U32, duration_ms, 0, UINT32_MAX),
                                           FIELD(U32, clear, 0, INGEST_SEALED_MAX),
                                           FIELD(U32, sealed, 0, INGEST_SEALED_MAX),
                                           FIELD(BYTES, words, 0, INGEST_WORDS_MAX)};
static const struct field refused_fields[] = {FIELD(U8, code, PP_E_INVALID, PP_E_CANCELLED),
                                              FIELD(BYTES, words, 1, INGEST_WORDS_MAX)};

#define ROW(TYPE, fields, fds) {#TYPE, fields, PP_COUNT(fields), INGEST_##TYPE, fds}
static const struct row rows[] = {
    ROW(LOOK, look_fields, INGEST_FDS),
    ROW(PIECE, piece_fields, 0),
    ROW(SEEN, seen_fields, 0),
    ROW(REFUSED, refused_fields, 0),
};
/* clang-format on */

static const struct row *row_find(unsigned type) {
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

const char *ingest_type_name(unsigned type) {
    const struct row *row = row_find(type);
    return row ? row->name : "?";
}

struct ingest_bytes ingest_text(const char *text) {
    size_t size = text ? strlen(text) : 0;
    return (struct ingest_bytes){.data = text, .size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX};
}

void ingest_copy(const struct ingest_bytes *text, char *out, size_t size) {
    size_t length = text->size < size ? text->size : size - 1;
    if (length)
        memcpy(out, text->data, length);
    out[length] = 0;
    pp_json_tidy(out);
}

/* ---- Fields ---- */

static size_t field_size(enum field_kind kind) {
    static const size_t sizes[] = {
        [FIELD_U8] = 1,   [FIELD_U32] = 4,  [FIELD_U64] = 8, [FIELD_KEY] = INGEST_KEY_SIZE,
        [FIELD_TEXT] = 4, [FIELD_BYTES] = 4};
    return sizes[kind];
}

static bool has_content(const struct field *field) {
    return field->kind == FIELD_TEXT || field->kind == FIELD_BYTES;
}

/* The number, or the length. */
static uint64_t number_load(const struct ingest_message *message, const struct field *field) {
    const uint8_t *member = (const uint8_t *)message + field->offset;
    struct ingest_bytes bytes;
    uint64_t wide;
    uint32_t number;
    switch (field->kind) {
    case FIELD_U8:
        return *member;
    case FIELD_U32:
        memcpy(&number, member, sizeof number);
        return number;
    case FIELD_U64:
        memcpy(&wide, member, sizeof wide);
        return wide;
    case FIELD_KEY:
        return INGEST_KEY_SIZE;
    case FIELD_TEXT:
    case FIELD_BYTES:
        memcpy(&bytes, member, sizeof bytes);
        return bytes.size;
    }
    return 0;
}

/* Valid UTF-8, and nothing that is not shown. */
static bool visible_check(const struct field *field, const struct ingest_bytes *text,
                          struct pp_error *error) {
    char character[5];
    for (uint32_t at = 0, size; at < text->size; at += size) {
        bool refused;
        size_t left = text->size - at;
        size_t taken = left < 4 ? left : 4;
        memcpy(character, (const char *)text->data + at, taken);
        character[taken] = 0;
        size = (uint32_t)pp_visible_next(character, &refused);
        if (refused || !size)
            return pp_fail(error, PP_E_INVALID, "%s is no plain text", field->name);
    }
    return true;
}

static bool field_check(const struct ingest_message *message, const struct field *field,
                        struct pp_error *error) {
    uint64_t number = number_load(message, field);
    struct ingest_bytes text;
    if (number < field->min || number > field->max)
        return pp_fail(error, has_content(field) ? PP_E_LIMIT : PP_E_INVALID,
                       "%s: %llu is not from %llu to %llu", field->name, (unsigned long long)number,
                       (unsigned long long)field->min, (unsigned long long)field->max);
    if (field->kind != FIELD_TEXT)
        return true;
    memcpy(&text, (const uint8_t *)message + field->offset, sizeof text);
    return visible_check(field, &text, error);
}

static bool field_encode(const struct ingest_message *message, const struct field *field,
                         struct pp_buf *packet, struct pp_error *error) {
    const uint8_t *member = (const uint8_t *)message + field->offset;
    uint64_t number = number_load(message, field);
    uint8_t bytes[8];
    struct ingest_bytes content;
    if (field->kind == FIELD_KEY)
        return pp_buf_add(packet, member, INGEST_KEY_SIZE, error);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    if (!pp_buf_add(packet, bytes, field_size(field->kind), error))
        return false;
    if (!has_content(field))
        return true;
    memcpy(&content, member, sizeof content);
    return pp_buf_add(packet, content.data, content.size, error);
}

struct cursor {
    const uint8_t *data;
    size_t left;
};

static bool cursor_take(struct cursor *cursor, const struct field *field, size_t size, const uint8_t **data,
                        struct pp_error *error) {
    if (cursor->left < size)
        return pp_fail(error, PP_E_INVALID, "the message ends within %s", field->name);
    *data = cursor->data;
    cursor->data += size;
    cursor->left -= size;
    return true;
}

static void number_store(const struct field *field, uint8_t *member, uint64_t number) {
    uint32_t narrow = (uint32_t)number;
    if (field->kind == FIELD_U8)
        *member = (uint8_t)number;
    else if (field->kind == FIELD_U32)
        memcpy(member, &narrow, sizeof narrow);
    else
        memcpy(member, &number, sizeof number);
}

static bool field_decode(struct cursor *cursor, const struct field *field, struct ingest_message *message,
                         struct pp_error *error) {
    uint8_t *member = (uint8_t *)message + field->offset;
    size_t size = field_size(field->kind);
    const uint8_t *data;
    uint64_t number = 0;
    if (!cursor_take(cursor, field, size, &data, error))
        return false;
    if (field->kind == FIELD_KEY) {
        memcpy(member, data, size);
        return true;
    }
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)data[i] << (8 * i);
    if (!has_content(field)) {
        number_store(field, member, number);
    } else {
        if (!cursor_take(cursor, field, (size_t)number, &data, error))
            return false;
        const struct ingest_bytes bytes = {.data = data, .size = (uint32_t)number};
        memcpy(member, &bytes, sizeof bytes);
    }
    return field_check(message, field, error);
}

/* ---- Messages ---- */

bool ingest_encode(const struct ingest_message *message, struct pp_buf *packet, struct pp_error *error) {
    const struct row *row = row_find(message->type);
    const uint8_t head[HEAD_SIZE] = {message->type, INGEST_VERSION};
    if (!row)
        return pp_fail(error, PP_E_INVALID, "ingest: message %u is not known", message->type);
    bool ok = pp_buf_add(packet, head, sizeof head, error);
    for (size_t i = 0; ok && i < row->field_count; i++)
        ok = field_check(message, &row->fields[i], error) &&
             field_encode(message, &row->fields[i], packet, error);
    return ok || pp_wrap(error, "ingest: %s", row->name);
}

bool ingest_decode(const void *packet, size_t size, struct ingest_message *message, struct pp_error *error) {
    const uint8_t *bytes = packet;
    *message = (struct ingest_message){0};
    if (size < HEAD_SIZE)
        return pp_fail(error, PP_E_INVALID, "ingest: a message of %zu bytes", size);
    if (bytes[1] != INGEST_VERSION)
        return pp_fail(error, PP_E_UNSUPPORTED, "ingest: a message of version %u", bytes[1]);
    const struct row *row = row_find(bytes[0]);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "ingest: message %u is not known", bytes[0]);
    struct cursor cursor = {.data = bytes + HEAD_SIZE, .left = size - HEAD_SIZE};
    message->type = row->type;
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_decode(&cursor, &row->fields[i], message, error))
            return pp_wrap(error, "ingest: %s", row->name);
    }
    return !cursor.left ||
           pp_fail(error, PP_E_INVALID, "ingest: %s: %zu bytes too many", row->name, cursor.left);
}

/* ---- Packets ---- */

bool ingest_send(int socket, const struct ingest_message *message, const int fds[INGEST_FDS],
                 struct pp_error *error) {
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(INGEST_PACKET_MAX); /* wiped */
    const struct row *row = row_find(message->type);
    if (!ingest_encode(message, &bytes, error))
        return false;
    struct ipc_packet packet = {.data = bytes.data, .size = bytes.size, .fd_count = fds ? INGEST_FDS : 0};
    if (packet.fd_count != row->fds)
        return pp_fail(error, PP_E_INVALID, "ingest: %s: %zu descriptors", row->name, packet.fd_count);
    if (fds)
        memcpy(packet.fds, fds, INGEST_FDS * sizeof *fds);
    return ipc_packet_send(socket, &packet, error) || pp_wrap(error, "ingest");
}

bool ingest_receive(int socket, struct ingest_packet *packet, struct pp_error *error) {
    packet->packet = (struct ipc_packet){.data = packet->bytes, .size = sizeof packet->bytes};
    packet->message = (struct ingest_message){0};
    if (!ipc_packet_receive(socket, &packet->packet, error))
        return pp_wrap(error, "ingest");
    bool ok = ingest_decode(packet->bytes, packet->packet.size, &packet->message, error);
    size_t fds = packet->packet.fd_count;
    if (ok && fds != row_find(packet->message.type)->fds)
        ok = pp_fail(error, PP_E_INVALID, "ingest: %s: %zu descriptors",
                     ingest_type_name(packet->message.type), fds);
    if (!ok)
        ingest_packet_finish(packet);
    return ok;
}

void ingest_packet_finish(struct ingest_packet *packet) {
    ipc_packet_finish(&packet->packet);
    pp_wipe(packet->bytes, sizeof packet->bytes);
    pp_wipe(&packet->message, sizeof packet->message);
}
