#include "headend/ops/screen_uploads.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "crypto/bulk.h"
#include "headend/signing/signing.h"

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
    db_autorow struct db_row *row = db_query(db, error, DB_UPLOAD_BEYOND, DB_TEXT(device), DB_INT(kept));
    return row && drop_rows(home, row, error) &&
           db_run(db, error, DB_UPLOAD_FORGET_BEYOND, DB_TEXT(device), DB_INT(kept));
}

struct screen_upload {
    const struct home *home;
    char id[UUID_TEXT_SIZE];
    char part[PP_PATH_MAX]; /* its file while it comes; "" once it is kept */
    int fd;
    int64_t size; /* bytes */
};

struct screen_upload *screen_upload_create(const struct home *home, const char *id, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char unique[UUID_TEXT_SIZE];
    if (!upload_path(id, path, error) || !uuid_make(unique, error) ||
        !pp_dir_make(home->fd, UPLOADS, 0700, error))
        return NULL;
    struct screen_upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    upload->home = home;
    upload->fd = -1;
    snprintf(upload->id, sizeof upload->id, "%s", id);
    if (pp_path_format(upload->part, error, UPLOADS "/.%s.part", unique)) {
        upload->fd = openat(home->fd, upload->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (upload->fd >= 0)
            return upload;
        pp_fail_errno(error, "%s", upload->part);
    }
    upload->part[0] = 0;
    screen_upload_destroy(upload);
    return NULL;
}

bool screen_upload_write(struct screen_upload *upload, const void *sealed, size_t size,
                         struct pp_error *error) {
    upload->size += (int64_t)size;
    return pp_write_all(upload->fd, sealed, size, error);
}

bool screen_upload_sync(struct screen_upload *upload, struct pp_error *error) {
    return fsync(upload->fd) == 0 || pp_fail_errno(error, "%s", upload->part);
}

bool screen_upload_keep(struct screen_upload *upload, struct db *db, const char *device,
                        struct pp_error *error) {
    char path[PP_PATH_MAX];
    int dir = upload->home->fd;
    if (!upload_path(upload->id, path, error))
        return false;
    if (renameat(dir, upload->part, dir, path) < 0)
        return pp_fail_errno(error, "%s", path);
    upload->part[0] = 0;
    return pp_dir_sync_of(dir, path, error) &&
           db_run(db, error, DB_UPLOAD_SET, DB_INT(upload->size), DB_TEXT(upload->id)) &&
           db_run(db, error, DB_DEVICE_RECEIPT_COUNT, DB_TEXT(upload->id)) &&
           drop_beyond(upload->home, db, device, SCREEN_UPLOADS_KEPT_MAX, error) &&
           db_run(db, error, DB_DEVICE_PICTURE_SETTLE, DB_TEXT(device));
}

void screen_upload_destroy(struct screen_upload *upload) {
    if (!upload)
        return;
    pp_close(&upload->fd);
    if (*upload->part)
        unlinkat(upload->home->fd, upload->part, 0);
    free(upload);
}

/* A name that a part has. */
static bool is_part(const char *name) {
    size_t length = strlen(name);
    return name[0] == '.' && length > 5 && strcmp(name + length - 5, ".part") == 0;
}

bool screen_uploads_tidy(const struct home *home, struct pp_error *error) {
    struct pp_error missing = {0};
    int fd = pp_dir_open(home->fd, UPLOADS, &missing);
    if (fd < 0)
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    DIR *dir = fdopendir(fd);
    if (!dir) {
        pp_close(&fd);
        return pp_fail_errno(error, "%s", UPLOADS);
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (is_part(entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    return true;
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

static bool sealed_open(struct signing *signing, const struct command_upload *upload,
                        const struct pp_buf *sealed, struct pp_buf *clear, struct pp_error *error) {
    uint8_t key[SIGNING_KEY_SIZE];
    struct command_upload_parts parts;
    bool ok = command_upload_token(sealed->data, sealed->size, &parts, error) &&
              signing_open_upload(signing, upload->device, upload->command, parts.token, parts.token_size,
                                  key, error) &&
              command_upload_stream_open(key, upload, &parts, clear, error);
    pp_wipe(key, sizeof key);
    return ok || pp_wrap(error, "upload");
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
    return sealed_open(home->signing, &upload, &sealed, clear, error) &&
           receipt_covers(command, clear, error);
}
