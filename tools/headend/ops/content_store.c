#include "headend/ops/content_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/bulk.h"
#include "crypto/random.h"

#define DRAFT     CONTENT_STORE "/draft"
#define THUMBNAIL ".thumbnail"
#define FOLDER_AT (sizeof CONTENT_STORE + 2) /* of a path: up to its last '/' */

bool content_store_path(const char *file, bool thumbnail, char path[PP_PATH_MAX], struct pp_error *error) {
    return (uuid_valid(file) || pp_fail(error, PP_E_INVALID, "not the name of a file: %.40s", file)) &&
           pp_path_format(path, error, CONTENT_STORE "/%.2s/%s%s", file, file, thumbnail ? THUMBNAIL : "");
}

void content_store_owner(const char *file, bool thumbnail, char owner[CONTENT_STORE_OWNER_SIZE]) {
    if (thumbnail)
        snprintf(owner, CONTENT_STORE_OWNER_SIZE, "pingplay/thumbnail/%s", file);
    else
        snprintf(owner, CONTENT_STORE_OWNER_SIZE, SEAL_AD_OBJECT);
}

int content_store_open(const struct home *home, const char *file, bool thumbnail, uint64_t *size,
                       struct pp_error *error) {
    char path[PP_PATH_MAX];
    struct stat status;
    if (!content_store_path(file, thumbnail, path, error))
        return -1;
    pp_autoclose int fd = openat(home->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) < 0) {
        pp_fail_errno(error, "%s", path);
        return -1;
    }
    *size = (uint64_t)status.st_size;
    return pp_steal_fd(&fd);
}

/* ---- The draft ---- */

struct sealing {
    int fd;
    uint64_t clear_size, size; /* bytes */
    struct crypto_sha256 *clear, *sealed;
    struct seal_writer *writer;
};

static void sealing_finish(struct sealing *sealing) {
    pp_close(&sealing->fd);
    crypto_sha256_destroy(sealing->clear);
    crypto_sha256_destroy(sealing->sealed);
    seal_writer_destroy(sealing->writer);
}

static bool sealing_out(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct sealing *sealing = arg;
    sealing->size += size;
    return crypto_sha256_update(sealing->sealed, data, size, error) &&
           pp_write_all(sealing->fd, data, size, error);
}

static bool sealing_in(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct sealing *sealing = arg;
    sealing->clear_size += size;
    return crypto_sha256_update(sealing->clear, data, size, error) &&
           seal_writer_write(sealing->writer, data, size, error);
}

bool content_store_seal(const struct home *home, struct content_file *file, content_feed feed, void *arg,
                        struct pp_error *error) {
    PP_CLEANUP(sealing_finish) struct sealing sealing = {.fd = -1};
    if (!pp_dir_make(home->fd, CONTENT_STORE, 0700, error) || !uuid_make(file->file, error) ||
        !crypto_random(file->key, sizeof file->key, error))
        return false;
    sealing.fd = openat(home->fd, DRAFT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (sealing.fd < 0)
        return pp_fail_errno(error, DRAFT);
    if (!(sealing.clear = crypto_sha256_create(error)) || !(sealing.sealed = crypto_sha256_create(error)) ||
        !(sealing.writer =
              seal_writer_create(sealing_out, &sealing, file->key, SEAL_AD_OBJECT, NULL, error)) ||
        !feed(arg, sealing_in, &sealing, error) || !seal_writer_finish(sealing.writer, error) ||
        !crypto_sha256_finish(sealing.clear, file->sha256, error) ||
        !crypto_sha256_finish(sealing.sealed, file->sealed_sha256, error))
        return false;
    if (fsync(sealing.fd) < 0)
        return pp_fail_errno(error, DRAFT);
    file->bytes = sealing.clear_size;
    file->sealed_bytes = sealing.size;
    return true;
}

void content_store_drop_draft(const struct home *home) {
    unlinkat(home->fd, DRAFT, 0);
}

static bool thumbnail_keep(const struct home *home, struct content_file *file,
                           const struct ingest_facts *facts, struct pp_error *error) {
    char path[PP_PATH_MAX];
    file->thumbnail = facts->thumbnail_size;
    return content_store_path(file->file, true, path, error) &&
           pp_file_replace(home->fd, path, facts->thumbnail.data, facts->thumbnail.size, 0600, error);
}

static bool draft_move(const struct home *home, const struct content_file *file, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!content_store_path(file->file, false, path, error))
        return false;
    if (renameat(home->fd, DRAFT, home->fd, path) < 0)
        return pp_fail_errno(error, "%s", path);
    return pp_dir_sync_of(home->fd, path, error);
}

static bool draft_look(const struct home *home, const struct content_renderers *renderers,
                       const struct content_file *file, struct ingest_facts *facts, struct pp_error *error) {
    char owner[CONTENT_STORE_OWNER_SIZE];
    pp_autoclose int fd = openat(home->fd, DRAFT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    content_store_owner(file->file, true, owner);
    return fd < 0 ? pp_fail_errno(error, DRAFT)
                  : ingest_look(renderers, fd, file->sealed_bytes, file->key, owner, facts, error);
}

bool content_store_keep(const struct home *home, const struct content_renderers *renderers,
                        struct content_file *file, struct pp_error *error) {
    char path[PP_PATH_MAX];
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    if (!draft_look(home, renderers, file, &facts, error) ||
        !content_store_path(file->file, false, path, error))
        return false;
    path[FOLDER_AT] = 0;
    snprintf(file->kind, sizeof file->kind, "%s", facts.type.kind);
    snprintf(file->media_type, sizeof file->media_type, "%s", facts.type.name);
    snprintf(file->warning, sizeof file->warning, "%s", facts.warning);
    file->width = facts.width;
    file->height = facts.height;
    file->length_ms = facts.duration_ms;
    return pp_dir_make(home->fd, path, 0700, error) &&
           (!facts.thumbnail.size || thumbnail_keep(home, file, &facts, error)) &&
           draft_move(home, file, error);
}

/* ---- What is there ---- */

bool content_store_remove(const struct home *home, const char *file, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char thumbnail[PP_PATH_MAX];
    return content_store_path(file, false, path, error) && content_store_path(file, true, thumbnail, error) &&
           pp_file_remove(home->fd, path, error) && pp_file_remove(home->fd, thumbnail, error);
}

static bool tidy_folder(const struct home *home, DIR *dir,
                        bool (*known)(void *arg, const char *file, bool *is, struct pp_error *error),
                        void *arg, struct pp_error *error) {
    for (const struct dirent *entry; (entry = readdir(dir));) {
        char file[UUID_TEXT_SIZE];
        bool is = true;
        if (strlen(entry->d_name) < UUID_TEXT_SIZE - 1)
            continue;
        snprintf(file, sizeof file, "%.36s", entry->d_name);
        if (!uuid_valid(file))
            continue;
        if (!known(arg, file, &is, error) || (!is && !content_store_remove(home, file, error)))
            return false;
    }
    return true;
}

bool content_store_tidy(const struct home *home,
                        bool (*known)(void *arg, const char *file, bool *is, struct pp_error *error),
                        void *arg, struct pp_error *error) {
    for (unsigned i = 0; i < 256; i++) {
        char path[PP_PATH_MAX];
        struct pp_error missing = {0};
        if (!pp_path_format(path, error, CONTENT_STORE "/%02x", i))
            return false;
        int fd = pp_dir_open(home->fd, path, &missing);
        pp_autodir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        if (!dir && fd >= 0)
            pp_close(&fd);
        if (dir && !tidy_folder(home, dir, known, arg, error))
            return false;
    }
    return true;
}
