#include "headend/signing/message.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/visible.h"
#include "headend/base/text.h"

#define HEAD_SIZE 6 /* bytes */

/* One row a message, one row a field: encode and decode are the same walk in two directions. */
enum field_kind { FIELD_U8, FIELD_I64, FIELD_TEXT, FIELD_BYTES };

struct field {
    const char *name;
    size_t offset; /* in struct signing_message */
    enum field_kind kind;
    int64_t min, max; /* of the number; TEXT, BYTES: of the length */
};

struct row {
    const char *name;
    const struct field *fields;
    size_t field_count;
    uint8_t type;
    bool commands;                 /* asked by commands alone */
    size_t answer_min, answer_max; /* bytes */
};

#define FIELD(kind, member, low, high)                                                                       \
    { #member, offsetof(struct signing_message, member), FIELD_##kind, (low), (high) }
#define EXACTLY(member, size) FIELD(BYTES, member, size, size)
#define DEVICE                FIELD(TEXT, device, 1, SIGNING_DEVICE_MAX)

/* clang-format off */
static const struct field state_fields[] = {DEVICE, FIELD(BYTES, text, 2, SIGNING_STATE_MAX)};
static const struct field refusal_fields[] = {FIELD(TEXT, device, 0, SIGNING_DEVICE_MAX),
                                              FIELD(TEXT, name, 1, SIGNING_WORD_MAX),
                                              FIELD(TEXT, nonce, 1, SIGNING_NONCE_MAX),
                                              FIELD(BYTES, text, 2, SIGNING_COMMANDS_MAX)};
static const struct field upload_fields[] = {DEVICE, FIELD(TEXT, name, 1, SIGNING_DEVICE_MAX),
                                             FIELD(TEXT, sealed, 1, SIGNING_KEPT_MAX)};
static const struct field sign_in_fields[] = {DEVICE, FIELD(BYTES, sealed, 1, SIGNING_SHOWN_MAX)};
static const struct field keep_fields[] = {DEVICE, FIELD(TEXT, secret, 1, SIGNING_SECRET_MAX)};
static const struct field send_fields[] = {DEVICE, FIELD(TEXT, sealed, 1, SIGNING_KEPT_MAX),
                                           EXACTLY(point, SIGNING_POINT_SIZE)};
static const struct field screen_fields[] = {DEVICE, EXACTLY(point, SIGNING_POINT_SIZE),
                                             FIELD(I64, moment, 0, SIGNING_AT_MAX)};
static const struct field server_fields[] = {FIELD(TEXT, text, 1, SIGNING_HOSTS_MAX)};
static const struct field seal_fields[] = {EXACTLY(id, SIGNING_KEY_ID_SIZE), FIELD(TEXT, name, 1, SIGNING_OWNER_MAX),
                                           EXACTLY(secret, SIGNING_KEY_SIZE)};
static const struct field open_fields[] = {FIELD(TEXT, name, 1, SIGNING_OWNER_MAX),
                                           EXACTLY(sealed, SIGNING_SEALED_SIZE)};
static const struct field id_fields[] = {EXACTLY(id, SIGNING_KEY_ID_SIZE)};
static const struct field update_fields[] = {FIELD(TEXT, name, 0, CHANNEL_ID_MAX), FIELD(U8, flag, 0, 1),
                                             FIELD(I64, length, 0, SIGNING_LENGTH_MAX),
                                             EXACTLY(hash, SIGNING_HASH_SIZE),
                                             FIELD(I64, next_length, 0, SIGNING_LENGTH_MAX),
                                             EXACTLY(next, SIGNING_HASH_SIZE)};
static const struct field channel_fields[] = {FIELD(TEXT, name, 1, CHANNEL_ID_MAX)};
static const struct field file_fields[] = {FIELD(TEXT, name, 1, SIGNING_WORD_MAX)};
static const struct field answer_fields[] = {FIELD(U8, flag, 0, 1), FIELD(BYTES, secret, 0, SIGNING_TOKEN_MAX)};
static const struct field failed_fields[] = {FIELD(U8, flag, PP_E_INVALID, PP_E_CANCELLED),
                                             FIELD(BYTES, text, 0, SIGNING_REASON_MAX)};

#define ROW(TYPE, fields, low, high) {#TYPE, fields, PP_COUNT(fields), SIGNING_##TYPE, false, low, high}
#define BARE(TYPE, low, high)        {#TYPE, NULL, 0, SIGNING_##TYPE, false, low, high}
static const struct row rows[] = {
    ROW(STATE, state_fields, 1, SIGNING_TOKEN_MAX),
    ROW(REFUSAL, refusal_fields, 1, SIGNING_REFUSAL_MAX),
    BARE(READY, 0, 0),
    ROW(UPLOAD_OPEN, upload_fields, SIGNING_KEY_SIZE, SIGNING_KEY_SIZE),
    ROW(SIGN_IN_OPEN, sign_in_fields, 0, SIGNING_CLEAR_MAX),
    ROW(SECRET_KEEP, keep_fields, 1, SIGNING_KEPT_MAX),
    ROW(SECRET_SEND, send_fields, 1, SIGNING_KEPT_MAX),
    ROW(CERTIFY_SCREEN, screen_fields, 1, SIGNING_DER_MAX),
    ROW(CERTIFY_SERVER, server_fields, 0, 0),
    ROW(KEY_SEAL, seal_fields, SIGNING_SEALED_SIZE, SIGNING_SEALED_SIZE),
    ROW(KEY_OPEN, open_fields, SIGNING_KEY_SIZE, SIGNING_KEY_SIZE),
    BARE(KEY_MAKE, SIGNING_KEY_ID_SIZE, SIGNING_KEY_ID_SIZE),
    {"KEY_NEXT", NULL, 0, SIGNING_KEY_NEXT, true, SIGNING_KEY_ID_SIZE, SIGNING_KEY_ID_SIZE},
    ROW(KEY_SETTLE, id_fields, 0, 0),
    BARE(REPO_SETTLE, 0, 0),
    ROW(REPO_UPDATE, update_fields, 0, 0),
    BARE(REPO_RENEW_ROOT, 0, 0),
    ROW(REPO_FORGET, channel_fields, 0, 0),
    BARE(AUTHORITIES_SETTLE, 0, 0),
    BARE(AUTHORITIES_FINISH, 0, 0),
    ROW(FILE, file_fields, 0, SIGNING_FILE_MAX),
    ROW(ANSWER, answer_fields, 0, 0),
    ROW(FAILED, failed_fields, 0, 0),
    BARE(HELLO, 0, 0),
};
/* clang-format on */

static const struct row *row_find(unsigned type) {
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

bool signing_is_request(unsigned type) {
    return type < SIGNING_REQUESTS_END && row_find(type);
}

bool signing_is_for_commands(unsigned type) {
    const struct row *row = row_find(type);
    return row && row->commands;
}

const char *signing_type_name(unsigned type) {
    const struct row *row = row_find(type);
    return row ? row->name : "?";
}

bool signing_answer_fits(unsigned request, size_t size, struct pp_error *error) {
    const struct row *row = row_find(request);
    return (row && size >= row->answer_min && size <= row->answer_max) ||
           pp_fail(error, PP_E_INVALID, "signer: %s is answered with %zu bytes", signing_type_name(request),
                   size);
}

struct signing_bytes signing_text(const char *text) {
    return signing_data(text, text ? strlen(text) : 0);
}

struct signing_bytes signing_data(const void *data, size_t size) {
    return (struct signing_bytes){.data = data, .size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX};
}

void signing_copy(const struct signing_bytes *text, char *out, size_t size) {
    size_t length = text->size < size ? text->size : size - 1;
    if (length)
        memcpy(out, text->data, length);
    out[length] = 0;
}

/* ---- Fields ---- */

static int64_t number_load(const struct signing_message *message, const struct field *field) {
    const uint8_t *member = (const uint8_t *)message + field->offset;
    struct signing_bytes bytes;
    int64_t number;
    switch (field->kind) {
    case FIELD_U8:
        return *member;
    case FIELD_I64:
        memcpy(&number, member, sizeof number);
        return number;
    case FIELD_TEXT:
    case FIELD_BYTES:
        memcpy(&bytes, member, sizeof bytes);
        return bytes.size;
    }
    return 0;
}

static bool number_check(const struct field *field, int64_t number, struct pp_error *error) {
    return (number >= field->min && number <= field->max) ||
           pp_fail(error, field->kind == FIELD_TEXT || field->kind == FIELD_BYTES ? PP_E_LIMIT : PP_E_INVALID,
                   "%s: %lld is not from %lld to %lld", field->name, (long long)number, (long long)field->min,
                   (long long)field->max);
}

/* Valid UTF-8, and nothing that is not shown. */
static bool visible_check(const struct field *field, const struct signing_bytes *text,
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

static bool field_check(const struct signing_message *message, const struct field *field,
                        struct pp_error *error) {
    struct signing_bytes text;
    if (!number_check(field, number_load(message, field), error))
        return false;
    if (field->kind != FIELD_TEXT)
        return true;
    memcpy(&text, (const uint8_t *)message + field->offset, sizeof text);
    return visible_check(field, &text, error);
}

static size_t field_size(enum field_kind kind) {
    return kind == FIELD_U8 ? 1 : kind == FIELD_I64 ? 8 : 4;
}

static bool field_encode(const struct signing_message *message, const struct field *field,
                         struct pp_buf *packet, struct pp_error *error) {
    uint64_t number = (uint64_t)number_load(message, field);
    uint8_t bytes[8];
    struct signing_bytes content;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    if (!pp_buf_add(packet, bytes, field_size(field->kind), error))
        return false;
    if (field->kind == FIELD_U8 || field->kind == FIELD_I64)
        return true;
    memcpy(&content, (const uint8_t *)message + field->offset, sizeof content);
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

static bool field_decode(struct cursor *cursor, const struct field *field, struct signing_message *message,
                         struct pp_error *error) {
    uint8_t *member = (uint8_t *)message + field->offset;
    size_t size = field_size(field->kind);
    const uint8_t *data;
    uint64_t number = 0;
    if (!cursor_take(cursor, field, size, &data, error))
        return false;
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)data[i] << (8 * i);
    if (field->kind == FIELD_U8) {
        *member = (uint8_t)number;
    } else if (field->kind == FIELD_I64) {
        int64_t value = (int64_t)number;
        memcpy(member, &value, sizeof value);
    } else {
        if (!cursor_take(cursor, field, (size_t)number, &data, error))
            return false;
        const struct signing_bytes bytes = {.data = data, .size = (uint32_t)number};
        memcpy(member, &bytes, sizeof bytes);
    }
    return field_check(message, field, error);
}

/* ---- Messages ---- */

bool signing_check(const struct signing_message *message, struct pp_error *error) {
    const struct row *row = row_find(message->type);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "signer: message %u is not known", message->type);
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_check(message, &row->fields[i], error))
            return pp_wrap(error, "signer: %s", row->name);
    }
    return true;
}

bool signing_encode(const struct signing_message *message, struct pp_buf *packet, struct pp_error *error) {
    const struct row *row = row_find(message->type);
    if (!row || !signing_check(message, error))
        return row ? false : pp_fail(error, PP_E_INVALID, "signer: message %u is not known", message->type);
    const uint8_t head[HEAD_SIZE] = {message->type,
                                     SIGNING_VERSION,
                                     (uint8_t)message->number,
                                     (uint8_t)(message->number >> 8),
                                     (uint8_t)(message->number >> 16),
                                     (uint8_t)(message->number >> 24)};
    bool ok = pp_buf_add(packet, head, sizeof head, error);
    for (size_t i = 0; ok && i < row->field_count; i++)
        ok = field_encode(message, &row->fields[i], packet, error);
    return ok || pp_wrap(error, "signer: %s", row->name);
}

bool signing_decode(const void *packet, size_t size, struct signing_message *message,
                    struct pp_error *error) {
    const uint8_t *bytes = packet;
    *message = (struct signing_message){0};
    if (size < HEAD_SIZE)
        return pp_fail(error, PP_E_INVALID, "signer: a message of %zu bytes", size);
    if (bytes[1] != SIGNING_VERSION)
        return pp_fail(error, PP_E_UNSUPPORTED, "signer: a message of version %u", bytes[1]);
    const struct row *row = row_find(bytes[0]);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "signer: message %u is not known", bytes[0]);
    struct cursor cursor = {.data = bytes + HEAD_SIZE, .left = size - HEAD_SIZE};
    message->type = row->type;
    for (size_t i = 0; i < 4; i++)
        message->number |= (uint32_t)bytes[2 + i] << (8 * i);
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_decode(&cursor, &row->fields[i], message, error))
            return pp_wrap(error, "signer: %s", row->name);
    }
    if (cursor.left)
        return pp_fail(error, PP_E_INVALID, "signer: %s: %zu bytes too many", row->name, cursor.left);
    return true;
}
