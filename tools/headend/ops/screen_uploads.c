#include "headend/ops/screen_uploads.h"

#include "base/encode.h"
#include "base/file.h"
#include "crypto/bulk.h"
#include "headend/signer/tuf_sign.h"
#include "headend/signer/upload_key.h"

#define UPLOADS "uploads"

static bool upload_path(const char *id, char path[PP_PATH_MAX], struct pp_error *error) {
    return (uuid_valid(id) || pp_fail(error, PP_E_INVALID, "not the id of a command: %.40s", id)) &&
           pp_path_format(path, error, UPLOADS "/%s", id);
}

/* ---- Keeping ---- */

bool screen_upload_expected(struct db *db, const char *device, const char *id, const char *name,
                            struct pp_error *error) {
    screen_command_auto struct screen_command command = {0};
    if (!screen_command_find(db, id, &command, error))
        return false;
    return (strcmp(command.device, device) == 0 && strcmp(command.name, name) == 0 &&
            !screen_command_is_over(&command)) ||
           pp_fail(error, PP_E_NOTFOUND, "this screen was not asked for it, or has answered");
}

/* Those that are one too many. */
static bool drop_rows(const struct home *home, struct db_row *row, struct pp_error *error) {
    struct pp_error end = {0};
    char path[PP_PATH_MAX];
    while (db_next(row, "upload", &end)) {
        if (!upload_path(db_text(row, 0), path, error) || !pp_file_remove(home->fd, path, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool drop_beyond(const struct home *home, struct db *db, const char *device, int64_t kept,
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error,
                                             "SELECT id FROM screen_command WHERE device = ? AND uploaded > "
                                             "0 ORDER BY number DESC LIMIT -1 OFFSET ?",
                                             "si", device, kept);
    return row && drop_rows(home, row, error) &&
           db_run(db, error,
                  "UPDATE screen_command SET uploaded = 0 WHERE device = ?1 AND id IN (SELECT id FROM "
                  "screen_command"
                  " WHERE device = ?1 AND uploaded > 0 ORDER BY number DESC LIMIT -1 OFFSET ?2)",
                  "si", device, kept);
}

bool screen_upload_keep(const struct home *home, struct db *db, const char *device, const char *id,
                        const void *sealed, size_t size, struct pp_error *error) {
    char path[PP_PATH_MAX];
    return upload_path(id, path, error) && pp_dir_make(home->fd, UPLOADS, 0700, error) &&
           pp_file_replace(home->fd, path, sealed, size, 0600, error) &&
           db_run(db, error, "UPDATE screen_command SET uploaded = ? WHERE id = ?", "is", (int64_t)size,
                  id) &&
           drop_beyond(home, db, device, SCREEN_UPLOADS_KEPT_MAX, error);
}

bool screen_forget(const struct home *home, struct db *db, const struct device *device,
                   struct pp_error *error) {
    bool retired = strcmp(device->status, "retired") == 0;
    return (!retired || drop_beyond(home, db, device->id, 0, error)) && device_remove(db, device->id, error);
}

/* ---- Reading ---- */

/* The receipt is signed by the screen, and what was sealed could have come from anybody who knows the key. */
static bool receipt_covers(const struct screen_command *command, const struct pp_buf *clear,
                           struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    const char *said = NULL;
    pp_autojson cJSON *result = command->result ? cJSON_Parse(command->result) : NULL;
    if (!result)
        return pp_fail(error, PP_E_NOTFOUND, "the screen has not signed yet what it has sent");
    if (!crypto_sha256(clear->data, clear->size, sha256, error))
        return false;
    pp_hex_encode(sha256, sizeof sha256, hex);
    return (pp_json_string(result, "sha256", sizeof hex, &said, NULL) && strcmp(said, hex) == 0) ||
           pp_fail(error, PP_E_AUTH, "this is not what the screen says that it has sent");
}

bool screen_upload_open(const struct home *home, const struct screen_command *command, struct pp_buf *clear,
                        struct pp_error *error) {
    char path[PP_PATH_MAX];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    const struct command_upload upload = {.device = command->device, .command = command->id};
    if (!upload_path(command->id, path, error))
        return false;
    if (!pp_file_read(home->fd, path, &sealed, error))
        return error->code == PP_E_NOTFOUND ? pp_fail(error, PP_E_NOTFOUND, "nothing was received for it")
                                            : false;
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, UPLOAD_ROLE, false, error);
    return key && command_upload_open(key, &upload, sealed.data, sealed.size, clear, error) &&
           receipt_covers(command, clear, error);
}
