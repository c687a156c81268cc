#include "ipc/wire.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"

/* One row a message, one row a field: encode and decode are the same walk in two directions. */
enum field_kind { FIELD_U8, FIELD_U16, FIELD_U32, FIELD_I32, FIELD_U64, FIELD_TEXT, FIELD_BYTES };

struct field {
    const char *name;
    size_t offset; /* in struct ipc_message */
    enum field_kind kind;
    uint64_t min, max; /* of the number; TEXT, BYTES: max is the length */
};

struct row {
    const char *name;
    const struct field *fields;
    size_t field_count;
    size_t fds;
    uint16_t type;
};

#define FIELD(kind, member, low, high)                                                                       \
    { #member, offsetof(struct ipc_message, member), FIELD_##kind, (low), (high) }
#define U8(member, low, high)  FIELD(U8, member, low, high)
#define U16(member, low, high) FIELD(U16, member, low, high)
#define U32(member, low, high) FIELD(U32, member, low, high)
#define U64(member, low, high) FIELD(U64, member, low, high)
#define FLAG(member)           FIELD(U8, member, 0, 1)
#define LAYER(member)          FIELD(U32, member, 1, UINT32_MAX)
#define I32(member)            FIELD(I32, member, 0, UINT32_MAX)
#define TEXT(member, high)     FIELD(TEXT, member, 0, high)
#define BYTES(member, size)    FIELD(BYTES, member, 0, size)

static const struct field hello_fields[] = {U32(hello.protocol, 1, UINT32_MAX)};
static const struct field canvas_fields[] = {
    U16(canvas.width, 1, IPC_SIDE_MAX), U16(canvas.height, 1, IPC_SIDE_MAX),
    U32(canvas.background, 0, 0xffffff), FLAG(canvas.fill), U8(canvas.turn, 0, 3)};
static const struct field layer_add_fields[] = {LAYER(layer_add.layer),
                                                I32(layer_add.x),
                                                I32(layer_add.y),
                                                U32(layer_add.width, 1, IPC_SIDE_MAX),
                                                U32(layer_add.height, 1, IPC_SIDE_MAX),
                                                I32(layer_add.z),
                                                U8(layer_add.fit, 0, IPC_FIT_FILL),
                                                U8(layer_add.volume, 0, 100),
                                                U32(layer_add.hold_ms, 0, UINT32_MAX)};
static const struct field layer_show_fields[] = {LAYER(layer_show.layer),
                                                 U32(layer_show.replaces, 0, UINT32_MAX),
                                                 U8(layer_show.trigger, 0, IPC_TRIGGER_END),
                                                 U64(layer_show.at_ms, 0, IPC_TIME_MS_MAX),
                                                 U8(layer_show.transition, 0, IPC_TRANSITION_CROSSFADE),
                                                 U32(layer_show.duration_ms, 0, IPC_FADE_MS_MAX)};
static const struct field layer_remove_fields[] = {LAYER(layer_remove.layer)};
static const struct field screenshot_fields[] = {U32(screenshot.id, 0, UINT32_MAX)};
static const struct field mark_fields[] = {FLAG(mark.offline)};
static const struct field control_fields[] = {U8(control.control, 0, IPC_CONTROL_DUCK),
                                              U8(control.value, 0, IPC_CONTROL_VALUE_MAX)};
static const struct field controlled_fields[] = {U8(controlled.control, 0, IPC_CONTROL_DUCK),
                                                 U8(controlled.value, 0, IPC_CONTROL_VALUE_MAX)};
static const struct field display_fields[] = {
    U16(display.width, 1, IPC_SIDE_MAX), U16(display.height, 1, IPC_SIDE_MAX),
    U32(display.refresh_mhz, 1, IPC_REFRESH_MAX), TEXT(display.driver, IPC_DRIVER_MAX)};
static const struct field layer_ready_fields[] = {LAYER(layer_ready.layer)};
static const struct field layer_shown_fields[] = {LAYER(layer_shown.layer),
                                                  U64(layer_shown.at_ms, 0, IPC_TIME_MS_MAX)};
static const struct field layer_ended_fields[] = {
    LAYER(layer_ended.layer), U64(layer_ended.at_ms, 0, IPC_TIME_MS_MAX),
    U32(layer_ended.frames_presented, 0, UINT32_MAX), U32(layer_ended.frames_late, 0, UINT32_MAX)};
static const struct field layer_failed_fields[] = {LAYER(layer_failed.layer), FLAG(layer_failed.gone),
                                                   FLAG(layer_failed.broken),
                                                   TEXT(layer_failed.reason, IPC_REASON_MAX)};
static const struct field screenshot_done_fields[] = {U32(screenshot_done.id, 0, UINT32_MAX),
                                                      FLAG(screenshot_done.ok)};
static const struct field leaving_fields[] = {U8(leaving.reason, 0, 0)};
static const struct field ring_fields[] = {U8(ring.format, 0, IPC_PIXEL_BGRA),
                                           U16(ring.width, 1, IPC_SIDE_MAX),
                                           U16(ring.height, 1, IPC_SIDE_MAX),
                                           U8(ring.slots, 1, IPC_SLOTS_MAX),
                                           U32(ring.offsets[0], 0, IPC_RING_MAX),
                                           U32(ring.offsets[1], 0, IPC_RING_MAX),
                                           U32(ring.offsets[2], 0, IPC_RING_MAX),
                                           U32(ring.strides[0], 1, IPC_RING_MAX),
                                           U32(ring.strides[1], 0, IPC_RING_MAX),
                                           U32(ring.strides[2], 0, IPC_RING_MAX),
                                           U32(ring.slot_size, 1, IPC_RING_MAX),
                                           U8(ring.matrix, 0, IPC_MATRIX_BT709),
                                           FLAG(ring.full_range),
                                           U16(ring.aspect_num, 1, UINT16_MAX),
                                           U16(ring.aspect_den, 1, UINT16_MAX)};
static const struct field frame_fields[] = {U8(frame.slot, 0, IPC_SLOTS_MAX - 1),
                                            U64(frame.pts_us, 0, IPC_TIME_US_MAX)};
static const struct field audio_fields[] = {
    U8(audio.format, 0, IPC_SAMPLE_F32), U32(audio.rate, IPC_AUDIO_RATE, IPC_AUDIO_RATE),
    U8(audio.channels, 2, 2), U32(audio.capacity_frames, IPC_CAPACITY_MIN, IPC_CAPACITY_MAX)};
static const struct field end_fields[] = {U64(end.duration_us, 0, IPC_TIME_US_MAX)};
static const struct field keyboard_fields[] = {FLAG(keyboard.wanted)};
static const struct field typed_fields[] = {U8(typed.kind, 0, IPC_TYPED_ENTER),
                                            TEXT(typed.text, IPC_TYPED_MAX)};
static const struct field late_fields[] = {U32(late.frames, 1, UINT32_MAX)};
static const struct field release_fields[] = {U8(release.slot, 0, IPC_SLOTS_MAX - 1)};
static const struct field clock_fields[] = {U64(clock.position_us, 0, IPC_TIME_US_MAX)};
static const struct field memory_fields[] = {U8(memory.use, 0, IPC_MEMORY_SOUND)};
static const struct field start_media_fields[] = {BYTES(start_media.key, IPC_KEY_SIZE),
                                                  U8(start_media.kind, 0, IPC_MEDIA_VIDEO),
                                                  U64(start_media.object_length, 0, IPC_LENGTH_MAX),
                                                  FLAG(start_media.loop),
                                                  FLAG(start_media.audio),
                                                  U16(start_media.target_width, 0, IPC_SIDE_MAX),
                                                  U16(start_media.target_height, 0, IPC_SIDE_MAX),
                                                  U32(start_media.duration_ms, 0, UINT32_MAX),
                                                  U32(start_media.start_ms, 0, UINT32_MAX),
                                                  U32(start_media.memory_mib, 0, IPC_MEMORY_MIB_MAX),
                                                  U32(start_media.first_cpu_ms, 0, UINT32_MAX),
                                                  U32(start_media.look_cpu_ms, 0, UINT32_MAX)};
static const struct field start_status_fields[] = {TEXT(start_status.json, IPC_TEXT_MAX)};
static const struct field data_fields[] = {TEXT(data.json, IPC_TEXT_MAX)};
static const struct field sandboxed_fields[] = {U8(sandboxed.level, 0, UINT8_MAX)};
static const struct field info_fields[] = {U16(info.width, 0, IPC_SIDE_MAX),
                                           U16(info.height, 0, IPC_SIDE_MAX),
                                           U32(info.duration_ms, 0, UINT32_MAX), FLAG(info.has_audio)};
static const struct field failed_fields[] = {FLAG(failed.unread), TEXT(failed.reason, IPC_REASON_MAX)};
static const struct field note_fields[] = {U8(note.kind, 0, IPC_NOTE_KINDS - 1),
                                           TEXT(note.reason, IPC_REASON_MAX)};
static const struct field launch_fields[] = {TEXT(launch.path, IPC_PATH_MAX)};
static const struct field kill_fields[] = {U8(kill.signal, SIGKILL, SIGKILL)};
static const struct field launched_fields[] = {U32(launched.pid, 0, INT32_MAX),
                                               TEXT(launched.reason, IPC_REASON_MAX)};

#define ROW(TYPE, fields, fds)                                                                               \
    { #TYPE, fields, PP_COUNT(fields), fds, IPC_##TYPE }

static const struct row rows[] = {
    ROW(HELLO, hello_fields, 0),
    ROW(CANVAS, canvas_fields, 0),
    ROW(LAYER_ADD, layer_add_fields, 1),
    ROW(LAYER_SHOW, layer_show_fields, 0),
    ROW(LAYER_REMOVE, layer_remove_fields, 0),
    ROW(SCREENSHOT, screenshot_fields, 1),
    ROW(MARK, mark_fields, 0),
    ROW(CONTROL, control_fields, 0),
    ROW(KEYBOARD, keyboard_fields, 0),
    ROW(DISPLAY, display_fields, 0),
    ROW(LAYER_READY, layer_ready_fields, 0),
    ROW(LAYER_SHOWN, layer_shown_fields, 0),
    ROW(LAYER_ENDED, layer_ended_fields, 0),
    ROW(LAYER_FAILED, layer_failed_fields, 0),
    ROW(SCREENSHOT_DONE, screenshot_done_fields, 0),
    ROW(LEAVING, leaving_fields, 0),
    ROW(CONTROLLED, controlled_fields, 0),
    ROW(TYPED, typed_fields, 0),
    ROW(RING, ring_fields, 0),
    ROW(FRAME, frame_fields, 0),
    ROW(AUDIO, audio_fields, 0),
    ROW(END, end_fields, 0),
    ROW(LATE, late_fields, 0),
    ROW(RELEASE, release_fields, 0),
    ROW(CLOCK, clock_fields, 0),
    ROW(MEMORY, memory_fields, 1),
    ROW(START_MEDIA, start_media_fields, 2),
    ROW(START_STATUS, start_status_fields, 1),
    ROW(DATA, data_fields, 0),
    ROW(SANDBOXED, sandboxed_fields, 0),
    ROW(INFO, info_fields, 0),
    ROW(FAILED, failed_fields, 0),
    ROW(NOTE, note_fields, 0),
    ROW(LAUNCH, launch_fields, 2),
    ROW(KILL, kill_fields, 1),
    ROW(LAUNCHED, launched_fields, 0),
};

static const struct row *row_find(unsigned type) {
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

const char *ipc_type_name(unsigned type) {
    const struct row *row = row_find(type);
    return row ? row->name : NULL;
}

size_t ipc_type_fds(unsigned type) {
    const struct row *row = row_find(type);
    return row ? row->fds : 0;
}

static size_t number_size(enum field_kind kind) {
    switch (kind) {
    case FIELD_U8:
        return 1;
    case FIELD_U16:
        return 2;
    case FIELD_U64:
        return 8;
    default:
        return 4;
    }
}

static uint64_t number_load(const struct field *field, const struct ipc_message *message) {
    const uint8_t *from = (const uint8_t *)message + field->offset;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (number_size(field->kind)) {
    case 1:
        return *from;
    case 2:
        memcpy(&u16, from, sizeof u16);
        return u16;
    case 4:
        memcpy(&u32, from, sizeof u32);
        return u32;
    default:
        memcpy(&u64, from, sizeof u64);
        return u64;
    }
}

static void number_store(const struct field *field, struct ipc_message *message, uint64_t value) {
    uint8_t *to = (uint8_t *)message + field->offset;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    switch (number_size(field->kind)) {
    case 1:
        *to = (uint8_t)value;
        break;
    case 2:
        memcpy(to, &u16, sizeof u16);
        break;
    case 4:
        memcpy(to, &u32, sizeof u32);
        break;
    default:
        memcpy(to, &value, sizeof value);
    }
}

static bool number_check(const struct field *field, uint64_t value, struct pp_error *error) {
    if (value >= field->min && value <= field->max)
        return true;
    return pp_fail(error, PP_E_LIMIT, "%s: %" PRIu64 " is not in %" PRIu64 "..%" PRIu64, field->name, value,
                   field->min, field->max);
}

/* The packet being written or read. */
struct cursor {
    uint8_t *out;      /* encode */
    const uint8_t *in; /* decode */
    size_t at;
    size_t size; /* decode: of the packet; encode: room */
};

static bool cursor_has(const struct cursor *cursor, size_t need, const char *name, struct pp_error *error) {
    if (cursor->size - cursor->at >= need)
        return true;
    return pp_fail(error, PP_E_INVALID, "%s: the packet ends at byte %zu", name, cursor->size);
}

static bool cursor_put(struct cursor *cursor, uint64_t value, size_t size, const char *name,
                       struct pp_error *error) {
    if (!cursor_has(cursor, size, name, error))
        return false;
    for (size_t i = 0; i < size; i++)
        cursor->out[cursor->at++] = (uint8_t)(value >> (8 * i));
    return true;
}

static bool cursor_get(struct cursor *cursor, uint64_t *value, size_t size, const char *name,
                       struct pp_error *error) {
    if (!cursor_has(cursor, size, name, error))
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)cursor->in[cursor->at++] << (8 * i);
    return true;
}

static bool field_encode(const struct field *field, const struct ipc_message *message, struct cursor *cursor,
                         struct pp_error *error) {
    const uint8_t *from = (const uint8_t *)message + field->offset;
    if (field->kind != FIELD_TEXT && field->kind != FIELD_BYTES) {
        uint64_t value = number_load(field, message);
        return number_check(field, value, error) &&
               cursor_put(cursor, value, number_size(field->kind), field->name, error);
    }
    size_t length = (size_t)field->max;
    if (field->kind == FIELD_TEXT) {
        length = strnlen((const char *)from, (size_t)field->max + 1);
        if (length > field->max)
            return pp_fail(error, PP_E_LIMIT, "%s: over %" PRIu64 " bytes", field->name, field->max);
        if (!cursor_put(cursor, length, 2, field->name, error))
            return false;
    }
    if (!cursor_has(cursor, length, field->name, error))
        return false;
    memcpy(cursor->out + cursor->at, from, length);
    cursor->at += length;
    return true;
}

static bool text_decode(const struct field *field, uint8_t *to, struct cursor *cursor,
                        struct pp_error *error) {
    uint64_t length = 0;
    if (!cursor_get(cursor, &length, 2, field->name, error))
        return false;
    if (length > field->max)
        return pp_fail(error, PP_E_LIMIT, "%s: %" PRIu64 " bytes are over %" PRIu64, field->name, length,
                       field->max);
    if (!cursor_has(cursor, (size_t)length, field->name, error))
        return false;
    if (memchr(cursor->in + cursor->at, 0, (size_t)length))
        return pp_fail(error, PP_E_INVALID, "%s: contains a NUL", field->name);
    memcpy(to, cursor->in + cursor->at, (size_t)length);
    to[length] = 0;
    cursor->at += (size_t)length;
    return true;
}

static bool field_decode(const struct field *field, struct ipc_message *message, struct cursor *cursor,
                         struct pp_error *error) {
    uint8_t *to = (uint8_t *)message + field->offset;
    if (field->kind == FIELD_TEXT)
        return text_decode(field, to, cursor, error);
    if (field->kind == FIELD_BYTES) {
        if (!cursor_has(cursor, (size_t)field->max, field->name, error))
            return false;
        memcpy(to, cursor->in + cursor->at, (size_t)field->max);
        cursor->at += (size_t)field->max;
        return true;
    }
    uint64_t value = 0;
    if (!cursor_get(cursor, &value, number_size(field->kind), field->name, error) ||
        !number_check(field, value, error))
        return false;
    number_store(field, message, value);
    return true;
}

bool ipc_encode(const struct ipc_message *message, uint8_t packet[IPC_PACKET_MAX], size_t *size,
                struct pp_error *error) {
    const struct row *row = row_find(message->type);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "message type 0x%04x is unknown", message->type);
    struct cursor cursor = {.out = packet, .size = IPC_PACKET_MAX};
    if (!cursor_put(&cursor, row->type, 2, "type", error) ||
        !cursor_put(&cursor, IPC_VERSION, 2, "version", error))
        return false;
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_encode(&row->fields[i], message, &cursor, error))
            return pp_wrap(error, "message %s", row->name);
    }
    *size = cursor.at;
    return true;
}

static bool fields_decode(const struct row *row, struct ipc_message *message, struct cursor *cursor,
                          struct pp_error *error) {
    for (size_t i = 0; i < row->field_count; i++) {
        if (!field_decode(&row->fields[i], message, cursor, error))
            return false;
    }
    if (cursor->at != cursor->size)
        return pp_fail(error, PP_E_INVALID, "%zu bytes follow its end at byte %zu", cursor->size - cursor->at,
                       cursor->at);
    return true;
}

bool ipc_decode(const void *packet, size_t size, struct ipc_message *message, struct pp_error *error) {
    memset(message, 0, sizeof *message);
    if (size > IPC_PACKET_MAX)
        return pp_fail(error, PP_E_LIMIT, "a packet of %zu bytes is over %d", size, IPC_PACKET_MAX);
    struct cursor cursor = {.in = packet, .size = size};
    uint64_t type = 0;
    uint64_t version = 0;
    if (!cursor_get(&cursor, &type, 2, "type", error) || !cursor_get(&cursor, &version, 2, "version", error))
        return false;
    const struct row *row = row_find((unsigned)type);
    if (!row)
        return pp_fail(error, PP_E_INVALID, "message type 0x%04x is unknown", (unsigned)type);
    if (version != IPC_VERSION)
        return pp_fail(error, PP_E_UNSUPPORTED, "message %s: version %u is not %d", row->name,
                       (unsigned)version, IPC_VERSION);
    if (!fields_decode(row, message, &cursor, error))
        return pp_wrap(error, "message %s", row->name);
    message->type = row->type;
    return true;
}
