#include "headend/ops/publish_object.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "headend/db/stored_key.h"
#include "headend/ingest/content_file.h"

#define READ_SIZE    (1024 * 1024) /* bytes at a time */
#define OBJECTS      HOME_REPO "/objects"
#define OBJECT_DRAFT OBJECTS "/draft" /* one at a time, under the lock */

/* What is read to its end: a file or, with a reader, the clear bytes of a sealed one. */
struct source {
    int fd; /* borrowed */
    const char *path;
    struct seal_reader *reader;        /* NULL: the file as it is */
    const struct publish_watch *watch; /* NULL: nobody */
};

/* 0 at the end. */
static bool source_read(const struct source *source, uint8_t *data, uint64_t at, size_t *got,
                        struct pp_error *error) {
    ssize_t size;
    if (source->reader)
        return seal_reader_read(source->reader, at, data, READ_SIZE, got, error) ||
               pp_wrap(error, "%s", source->path);
    do
        size = pread(source->fd, data, READ_SIZE, (off_t)at);
    while (size < 0 && errno == EINTR);
    *got = size > 0 ? (size_t)size : 0;
    return size >= 0 || pp_fail_errno(error, "%s", source->path);
}

/* Everything that is read of it goes to `take`. */
static bool source_each(const struct source *source,
                        bool (*take)(void *arg, const void *data, size_t size, struct pp_error *), void *arg,
                        struct pp_error *error) {
    pp_autofree uint8_t *data = malloc(READ_SIZE);
    if (!data)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    bool ok = true;
    size_t got = READ_SIZE;
    for (uint64_t at = 0; ok && got; at += got) {
        ok = source_read(source, data, at, &got, error) && (!got || take(arg, data, got, error)) &&
             (!got || !source->watch || source->watch->read(source->watch->arg, got, error));
    }
    if (source->reader)
        pp_wipe(data, READ_SIZE);
    return ok;
}

static bool hash_take(void *arg, const void *data, size_t size, struct pp_error *error) {
    return crypto_sha256_update(arg, data, size, error);
}

static bool source_hash(const struct source *source, uint8_t digest[32], struct pp_error *error) {
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(error);
    return hash && source_each(source, hash_take, hash, error) && crypto_sha256_finish(hash, digest, error);
}

static bool object_path(const uint8_t sha256[32], char path[PP_PATH_MAX], struct pp_error *error) {
    char hex[PP_HEX_SIZE(32)];
    pp_hex_encode(sha256, 32, hex);
    return pp_path_format(path, error, OBJECTS "/%.2s/%s", hex, hex);
}

/* One that is spoilt is as good as none: the content gets another. */
static bool object_open_key(const struct home *home, struct db_row *row, struct published_object *object,
                            struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    struct pp_error spoilt = {0};
    stored_key_of_object(object->sha256, owner);
    return stored_key_open(home->db, owner, row, 1, object->key, &spoilt) ||
           pp_fail(error, spoilt.code == PP_E_AUTH ? PP_E_NOTFOUND : spoilt.code, "%s", spoilt.message);
}

static bool object_row(const struct home *home, const uint8_t clear[32], struct published_object *object,
                       struct pp_error *error) {
    db_autorow struct db_row *row = db_query(home->db, error, DB_OBJECT_BY_CONTENT, DB_BLOB(clear, 32));
    if (!row || !db_next(row, "object", error) || !db_bytes(row, 0, object->sha256, 32, error) ||
        !object_open_key(home, row, object, error))
        return false;
    object->length = (uint64_t)db_int(row, 2);
    object->checked = strcmp(db_text(row, 3), PP_VERSION) == 0;
    snprintf(object->warning, sizeof object->warning, "%s", db_text(row, 4));
    return true;
}

/* The object that this content became before, where it is still whole: publishing again is the remedy for a
 * disk that has forgotten a bit. */
static bool object_find(struct home *home, const uint8_t clear[32], const struct publish_watch *watch,
                        struct published_object *object, struct pp_error *error) {
    char path[PP_PATH_MAX];
    struct stat status;
    db_lock(home->db);
    bool known = object_row(home, clear, object, error);
    db_unlock(home->db);
    if (!known || !object_path(object->sha256, path, error))
        return false;
    pp_autoclose int fd = openat(home->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) < 0 || (uint64_t)status.st_size != object->length)
        return pp_fail(error, PP_E_NOTFOUND, "%s: gone", path);
    uint8_t present[32];
    struct pp_error unread = {0};
    const struct source source = {.fd = fd, .path = path, .watch = watch};
    if (source_hash(&source, present, &unread) && memcmp(present, object->sha256, sizeof present) == 0)
        return true;
    return unread.code == PP_E_CANCELLED ? pp_fail(error, unread.code, "%s", unread.message)
                                         : pp_fail(error, PP_E_NOTFOUND, "%s: rotten", path);
}

/* Sealed bytes on their way: into the draft and through the hash. */
struct sealing {
    int fd;
    uint64_t length;
    struct crypto_sha256 *sealed, *clear;
    struct seal_writer *writer;
};

static bool sealing_out(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct sealing *sealing = arg;
    sealing->length += size;
    return crypto_sha256_update(sealing->sealed, data, size, error) &&
           pp_write_all(sealing->fd, data, size, error);
}

static bool sealing_in(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct sealing *sealing = arg;
    return crypto_sha256_update(sealing->clear, data, size, error) &&
           seal_writer_write(sealing->writer, data, size, error);
}

static void sealing_finish(struct sealing *sealing) {
    pp_close(&sealing->fd);
    crypto_sha256_destroy(sealing->sealed);
    crypto_sha256_destroy(sealing->clear);
    seal_writer_destroy(sealing->writer);
}

static bool sealing_start(struct sealing *sealing, const struct home *home, const uint8_t *key,
                          struct pp_error *error) {
    sealing->fd = openat(home->fd, OBJECT_DRAFT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (sealing->fd < 0)
        return pp_fail_errno(error, OBJECT_DRAFT);
    return (sealing->sealed = crypto_sha256_create(error)) &&
           (sealing->clear = crypto_sha256_create(error)) &&
           (sealing->writer = seal_writer_create(sealing_out, sealing, key, SEAL_AD_OBJECT, NULL, error));
}

/* Seals into the draft; `expected` is what the clear bytes hashed to before. */
static bool draft_write(const struct home *home, const struct source *source, const uint8_t expected[32],
                        struct published_object *object, struct pp_error *error) {
    PP_CLEANUP(sealing_finish) struct sealing sealing = {.fd = -1};
    uint8_t clear[32];
    if (!crypto_random(object->key, sizeof object->key, error) ||
        !sealing_start(&sealing, home, object->key, error) ||
        !source_each(source, sealing_in, &sealing, error) || !seal_writer_finish(sealing.writer, error) ||
        !crypto_sha256_finish(sealing.clear, clear, error) ||
        !crypto_sha256_finish(sealing.sealed, object->sha256, error))
        return false;
    if (memcmp(clear, expected, sizeof clear) != 0)
        return pp_fail(error, PP_E_STATE, "%s: changed while it was read", source->path);
    if (fsync(sealing.fd) < 0)
        return pp_fail_errno(error, OBJECT_DRAFT);
    object->length = sealing.length;
    return true;
}

static bool draft_move(const struct home *home, const struct published_object *object,
                       struct pp_error *error) {
    char path[PP_PATH_MAX];
    char folder[PP_PATH_MAX];
    if (!object_path(object->sha256, path, error) ||
        !pp_path_format(folder, error, "%.*s", (int)(strlen(path) - 65), path) ||
        !pp_dir_make(home->fd, folder, 0755, error))
        return false;
    if (renameat(home->fd, OBJECT_DRAFT, home->fd, path) < 0)
        return pp_fail_errno(error, "rename %s", path);
    return pp_dir_sync_of(home->fd, path, error);
}

/* Whether screens can show the sealed object that stands at `place`. */
static bool object_check(const struct home *home, const char *place, const char *path,
                         const struct media_type *type, const struct content_renderers *renderers,
                         struct published_object *object, struct pp_error *error) {
    enum ipc_media_kind kind = strcmp(type->kind, "image") == 0 ? IPC_MEDIA_IMAGE : IPC_MEDIA_VIDEO;
    pp_autoclose int fd = openat(home->fd, place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return pp_fail_errno(error, "%s", place);
    return ingest_check(renderers, fd, object->length, object->key, kind, object->warning, error) ||
           pp_wrap(error, "%s", path);
}

static bool object_check_again(struct home *home, const char *path, const struct media_type *type,
                               const struct content_renderers *renderers, struct published_object *object,
                               struct pp_error *error) {
    char place[PP_PATH_MAX];
    if (!object_path(object->sha256, place, error) ||
        !object_check(home, place, path, type, renderers, object, error))
        return false;
    db_lock(home->db);
    bool ok = db_run(home->db, error, DB_OBJECT_CHECKED_SET, DB_TEXT(PP_VERSION), DB_TEXT(object->warning),
                     DB_BLOB(object->sha256, sizeof object->sha256));
    db_unlock(home->db);
    return ok;
}

static bool object_keep(struct home *home, const uint8_t clear[32], const struct media_type *type,
                        const struct published_object *object, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    stored_key_of_object(object->sha256, owner);
    db_lock(home->db);
    bool ok = stored_key_seal(home->db, owner, object->key, sealed, error) &&
              db_run(home->db, error, DB_OBJECT_SET, DB_BLOB(clear, 32),
                     DB_BLOB(object->sha256, sizeof object->sha256), DB_BLOB(sealed, sizeof sealed),
                     DB_INT(object->length), DB_TEXT(type->name), DB_INT(pp_clock_realtime_s()),
                     DB_TEXT(PP_VERSION), DB_TEXT(object->warning));
    db_unlock(home->db);
    return ok;
}

/* Sealed, tried out, and only then given its place. */
static bool object_make(struct home *home, const struct source *source, const uint8_t clear[32],
                        const struct media_type *type, const struct content_renderers *renderers,
                        struct published_object *object, struct pp_error *error) {
    if (!pp_dir_make(home->fd, OBJECTS, 0755, error) || !draft_write(home, source, clear, object, error) ||
        !object_check(home, OBJECT_DRAFT, source->path, type, renderers, object, error) ||
        !draft_move(home, object, error)) {
        unlinkat(home->fd, OBJECT_DRAFT, 0); /* a full disk needs the space */
        return false;
    }
    return object_keep(home, clear, type, object, error);
}

bool publish_object_note(struct home *home, const struct published_object *object, const char *channel,
                         struct pp_error *error) {
    db_lock(home->db);
    bool ok = db_run(home->db, error, DB_OBJECT_CHANNEL_ADD, DB_BLOB(object->sha256, sizeof object->sha256),
                     DB_TEXT(channel));
    db_unlock(home->db);
    return ok;
}

bool publish_object(struct home *home, const char *path, const struct media_type *type,
                    const struct content_renderers *renderers, struct published_object *object,
                    struct pp_error *error) {
    pp_autoclose int fd = content_open(path, error);
    const struct source source = {.fd = fd, .path = path};
    uint8_t clear[32];
    *object = (struct published_object){0};
    if (fd < 0 || !source_hash(&source, clear, error))
        return false;
    memcpy(object->clear, clear, sizeof clear);
    struct pp_error missing = {0};
    object->kept = object_find(home, clear, NULL, object, &missing);
    if (object->kept)
        return object->checked || object_check_again(home, path, type, renderers, object, error);
    if (missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    return object_make(home, &source, clear, type, renderers, object, error);
}

/* ---- Of the library, or of a former publish ---- */

/* A sealed file that the content can be read from. */
struct sealed_file {
    int fd;
    uint64_t size;
    uint8_t key[OBJECT_KEY_SIZE];
};

static void sealed_file_finish(struct sealed_file *file) {
    pp_close(&file->fd);
    pp_wipe(file, sizeof *file);
    file->fd = -1;
}

/* The object that it was, whoever knows its key by now. */
static bool former_open(struct home *home, const uint8_t clear[32], struct sealed_file *file,
                        struct pp_error *error) {
    struct published_object object;
    char path[PP_PATH_MAX];
    db_lock(home->db);
    db_autorow struct db_row *row = db_query(home->db, error, DB_OBJECT_EVER, DB_BLOB(clear, 32));
    bool known = row && db_next(row, "object", error) && db_bytes(row, 0, object.sha256, 32, error) &&
                 object_open_key(home, row, &object, error);
    if (known) {
        file->size = (uint64_t)db_int(row, 2);
        memcpy(file->key, object.key, sizeof file->key);
    }
    db_row_finish(row);
    db_unlock(home->db);
    pp_wipe(&object.key, sizeof object.key);
    if (!known || !object_path(object.sha256, path, error))
        return false;
    file->fd = openat(home->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return file->fd >= 0 || pp_fail(error, PP_E_NOTFOUND, "%s: gone", path);
}

static bool library_open(const struct home *home, const struct content_file *file, struct sealed_file *sealed,
                         struct pp_error *error) {
    if (!*file->file)
        return pp_fail(error, PP_E_NOTFOUND, "not in the library");
    memcpy(sealed->key, file->key, sizeof sealed->key);
    sealed->fd = content_store_open(home, file->file, false, &sealed->size, error);
    return sealed->fd >= 0;
}

/* Sealed anew, out of what is there. */
static bool object_reseal(struct home *home, const struct publish_original *original,
                          const struct sealed_file *file, const struct media_type *type,
                          const struct content_renderers *renderers, const struct publish_watch *watch,
                          struct published_object *object, struct pp_error *error) {
    PP_AUTO(seal_reader)
    struct seal_reader *reader =
        seal_reader_create(file->fd, 0, file->size, file->key, SEAL_AD_OBJECT, NULL, error);
    const struct source source = {.fd = file->fd, .path = original->name, .reader = reader, .watch = watch};
    return reader && object_make(home, &source, original->clear, type, renderers, object, error);
}

static bool published_set(struct home *home, const char *file, struct pp_error *error) {
    db_lock(home->db);
    bool ok = db_run(home->db, error, DB_CONTENT_FILE_PUBLISHED, DB_TEXT(file));
    db_unlock(home->db);
    return ok;
}

/* A second name of the library's file: it is the same bytes, and stays where either goes. *apart: it cannot have one
 * there, on another file system, say. */
static bool draft_link(const struct home *home, const struct content_file *file, bool *apart,
                       struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!content_store_path(file->file, false, path, error) || !pp_file_remove(home->fd, OBJECT_DRAFT, error))
        return false;
    if (linkat(home->fd, path, home->fd, OBJECT_DRAFT, 0) < 0) {
        *apart = errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP;
        return pp_fail_errno(error, "%s", path);
    }
    return fchmodat(home->fd, OBJECT_DRAFT, 0644, 0) == 0 || pp_fail_errno(error, "%s", path);
}

/* The library's sealed file as it is, where it is whole. Its key is noted as an object's before anybody can see that it
 * is one. */
static bool object_adopt(struct home *home, const struct publish_original *original,
                         const struct sealed_file *sealed, const struct media_type *type,
                         const struct content_renderers *renderers, const struct publish_watch *watch,
                         struct published_object *object, bool *apart, struct pp_error *error) {
    const struct content_file *file = &original->file;
    const struct source source = {.fd = sealed->fd, .path = original->name, .watch = watch};
    if (!source_hash(&source, object->sha256, error))
        return false;
    if (memcmp(object->sha256, file->sealed_sha256, sizeof object->sha256) != 0)
        return pp_fail(error, PP_E_IO, "%s: the disk has spoilt it: upload it again", original->name);
    memcpy(object->key, file->key, sizeof object->key);
    object->length = file->sealed_bytes;
    snprintf(object->warning, sizeof object->warning, "%s", file->warning);
    if (!published_set(home, file->file, error) || !pp_dir_make(home->fd, OBJECTS, 0755, error) ||
        !draft_link(home, file, apart, error))
        return false;
    if ((!file->checked &&
         !object_check(home, OBJECT_DRAFT, original->name, type, renderers, object, error)) ||
        !draft_move(home, object, error)) {
        unlinkat(home->fd, OBJECT_DRAFT, 0);
        return false;
    }
    return object_keep(home, original->clear, type, object, error);
}

bool publish_object_again(struct home *home, const struct publish_original *original,
                          const struct media_type *type, const struct content_renderers *renderers,
                          const struct publish_watch *watch, struct published_object *object,
                          struct pp_error *error) {
    PP_CLEANUP(sealed_file_finish) struct sealed_file sealed = {.fd = -1};
    struct pp_error missing = {0};
    *object = (struct published_object){0};
    memcpy(object->clear, original->clear, sizeof object->clear);
    object->kept = object_find(home, original->clear, watch, object, &missing);
    if (object->kept)
        return object->checked || object_check_again(home, original->name, type, renderers, object, error);
    if (missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    bool library = library_open(home, &original->file, &sealed, &missing);
    if (library && !original->file.published) {
        bool apart = false;
        if (object_adopt(home, original, &sealed, type, renderers, watch, object, &apart, &missing))
            return true;
        if (!apart)
            return pp_fail(error, missing.code, "%s", missing.message);
    }
    if (!library && !former_open(home, original->clear, &sealed, &missing))
        return pp_fail(error, missing.code == PP_E_NOTFOUND ? PP_E_NOTFOUND : missing.code,
                       "%s: nothing of it is left", original->name);
    return object_reseal(home, original, &sealed, type, renderers, watch, object, error);
}
