#include "headend/ops/upload_pieces.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE   15 /* bytes with the NUL: 14 digits */
#define PART        "part"
#define HEADER_SIZE 40 /* bytes of a sealed stream (crypto/seal.h) */
#define OWNER_SIZE  96

static bool folder_path(const char *id, char path[PP_PATH_MAX], struct pp_error *error) {
    return (uuid_valid(id) || pp_fail(error, PP_E_INVALID, "not the id of an upload: %.40s", id)) &&
           pp_path_format(path, error, UPLOAD_FOLDER "/%s", id);
}

static bool piece_path(const char *id, uint64_t first, char path[PP_PATH_MAX], struct pp_error *error) {
    return pp_path_format(path, error, UPLOAD_FOLDER "/%s/%014llu", id, (unsigned long long)first);
}

static bool piece_name(const char *name) {
    return strlen(name) == NAME_SIZE - 1 && strspn(name, "0123456789") == NAME_SIZE - 1;
}

static void piece_owner(const char *id, uint64_t first, char owner[OWNER_SIZE]) {
    snprintf(owner, OWNER_SIZE, "pingplay/upload/%s/%llu", id, (unsigned long long)first);
}

/* Of a piece of so many sealed bytes; who reads it finds out whether that is true. */
static uint64_t clear_size(uint64_t sealed) {
    uint64_t segments = (sealed + SEAL_SEGMENT_DEFAULT - 1) / SEAL_SEGMENT_DEFAULT;
    uint64_t around = HEADER_SIZE + segments * SEAL_TAG_SIZE;
    return sealed > around ? sealed - around : 0;
}

static DIR *folder_open(const struct home *home, const char *id, struct pp_error *error) {
    char path[PP_PATH_MAX];
    int fd = folder_path(id, path, error) ? pp_dir_open(home->fd, path, error) : -1;
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir && fd >= 0) {
        pp_fail_errno(error, "%s", path);
        pp_close(&fd);
    }
    return dir;
}

bool upload_pieces_look(const struct home *home, const char *id, struct upload_pieces *pieces,
                        struct pp_error *error) {
    char last[NAME_SIZE] = "";
    struct stat status;
    pp_autodir DIR *dir = folder_open(home, id, error);
    *pieces = (struct upload_pieces){0};
    if (!dir)
        return false;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (piece_name(entry->d_name) && strcmp(entry->d_name, last) > 0)
            memcpy(last, entry->d_name, sizeof last);
    }
    if (fstat(dirfd(dir), &status) < 0)
        return pp_fail_errno(error, UPLOAD_FOLDER "/%s", id);
    pieces->changed = status.st_mtime;
    if (!*last)
        return true;
    if (fstatat(dirfd(dir), last, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return pp_fail_errno(error, UPLOAD_FOLDER "/%s/%s", id, last);
    pieces->last = strtoull(last, NULL, 10);
    pieces->end = pieces->last + clear_size((uint64_t)status.st_size);
    return true;
}

bool upload_pieces_make(const struct home *home, const char *id, struct pp_error *error) {
    char path[PP_PATH_MAX];
    return folder_path(id, path, error) && pp_dir_make(home->fd, path, 0700, error);
}

bool upload_pieces_remove(const struct home *home, const char *id, struct pp_error *error) {
    char path[PP_PATH_MAX];
    struct pp_error missing = {0};
    pp_autodir DIR *dir = folder_open(home, id, &missing);
    if (!dir)
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0) < 0)
            return pp_fail_errno(error, UPLOAD_FOLDER "/%s/%s", id, entry->d_name);
    }
    return folder_path(id, path, error) &&
           (unlinkat(home->fd, path, AT_REMOVEDIR) == 0 || pp_fail_errno(error, "%s", path));
}

/* All of one piece; *size becomes its clear bytes. */
static bool piece_read(const struct home *home, const char *id, const uint8_t key[SEAL_KEY_SIZE],
                       uint64_t first, seal_sink take, void *arg, uint64_t *size, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char owner[OWNER_SIZE];
    struct stat status;
    pp_autofree uint8_t *block = malloc(SEAL_SEGMENT_DEFAULT);
    if (!block)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!piece_path(id, first, path, error))
        return false;
    pp_autoclose int fd = openat(home->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status) < 0)
        return pp_fail_errno(error, "%s", path);
    piece_owner(id, first, owner);
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create(fd, 0, (uint64_t)status.st_size, key, owner, NULL, error);
    *size = reader ? seal_reader_size(reader) : 0;
    bool ok = reader != NULL;
    for (uint64_t at = 0; ok && at < *size;) {
        size_t got = 0;
        size_t run = (size_t)seal_reader_run(reader, at);
        ok = seal_reader_read(reader, at, block, run, &got, error) && take(arg, block, got, error);
        at += got;
    }
    pp_wipe(block, SEAL_SEGMENT_DEFAULT);
    return ok || pp_wrap(error, "%s", path);
}

bool upload_pieces_read(const struct home *home, const char *id, const uint8_t key[SEAL_KEY_SIZE],
                        uint64_t length, seal_sink take, void *arg, struct pp_error *error) {
    for (uint64_t at = 0; at < length;) {
        uint64_t size;
        if (!piece_read(home, id, key, at, take, arg, &size, error))
            return false;
        if (!size || size > length - at)
            return pp_fail(error, PP_E_AUTH, UPLOAD_FOLDER "/%s: not its pieces", id);
        at += size;
    }
    return true;
}

/* ---- Writing ---- */

struct upload_writer {
    const struct home *home;
    char id[UUID_TEXT_SIZE];
    uint8_t key[SEAL_KEY_SIZE];
    bool at_once;
    uint64_t end;   /* bytes that have their name */
    uint64_t last;  /* where the last piece begins */
    uint64_t first; /* where the one begins that is written */
    uint64_t size;  /* its clear bytes so far */
    int fd;         /* -1: none is written */
    bool failed;    /* what is written is not what came */
    struct seal_writer *seal;
};

struct upload_writer *upload_writer_create(const struct home *home, const char *id,
                                           const uint8_t key[SEAL_KEY_SIZE], bool at_once,
                                           struct pp_error *error) {
    struct upload_pieces pieces;
    if (!upload_pieces_look(home, id, &pieces, error))
        return NULL;
    struct upload_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    writer->home = home;
    writer->at_once = at_once;
    writer->end = pieces.end;
    writer->last = pieces.last;
    writer->fd = -1;
    memcpy(writer->key, key, sizeof writer->key);
    snprintf(writer->id, sizeof writer->id, "%s", id);
    return writer;
}

static bool part_path(const struct upload_writer *writer, char path[PP_PATH_MAX], struct pp_error *error) {
    return pp_path_format(path, error, UPLOAD_FOLDER "/%s/" PART, writer->id);
}

static bool part_out(void *arg, const void *data, size_t size, struct pp_error *error) {
    const struct upload_writer *writer = arg;
    return pp_write_all(writer->fd, data, size, error);
}

static bool part_in(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct upload_writer *writer = arg;
    writer->size += size;
    return seal_writer_write(writer->seal, data, size, error);
}

static void part_close(struct upload_writer *writer) {
    seal_writer_destroy(writer->seal);
    writer->seal = NULL;
    pp_close(&writer->fd);
}

/* Begins a piece; one before it that is small is taken into it. */
static bool part_open(struct upload_writer *writer, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char owner[OWNER_SIZE];
    uint64_t carried;
    bool small = writer->end > writer->last && writer->end - writer->last < UPLOAD_PIECE_SMALL;
    writer->first = small ? writer->last : writer->end;
    writer->size = 0;
    piece_owner(writer->id, writer->first, owner);
    if (!part_path(writer, path, error))
        return false;
    writer->fd = openat(writer->home->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (writer->fd < 0)
        return pp_fail_errno(error, "%s", path);
    writer->seal = seal_writer_create(part_out, writer, writer->key, owner, NULL, error);
    return writer->seal && (!small || piece_read(writer->home, writer->id, writer->key, writer->first,
                                                 part_in, writer, &carried, error));
}

/* On the disk, and then its name. */
static bool part_name(struct upload_writer *writer, struct pp_error *error) {
    char part[PP_PATH_MAX];
    char path[PP_PATH_MAX];
    int folder = writer->home->fd;
    if (!part_path(writer, part, error) || !piece_path(writer->id, writer->first, path, error) ||
        !seal_writer_finish(writer->seal, error))
        return false;
    if (fsync(writer->fd) < 0)
        return pp_fail_errno(error, "%s", part);
    if (renameat(folder, part, folder, path) < 0)
        return pp_fail_errno(error, "%s", path);
    if (!pp_dir_sync_of(folder, path, error))
        return false;
    part_close(writer);
    writer->last = writer->first;
    writer->end = writer->first + writer->size;
    return true;
}

bool upload_writer_write(struct upload_writer *writer, const void *data, size_t size,
                         struct pp_error *error) {
    writer->failed |= (writer->fd < 0 && !part_open(writer, error)) || !part_in(writer, data, size, error);
    return !writer->failed &&
           (writer->at_once || writer->size < UPLOAD_PIECE || upload_writer_keep(writer, error));
}

bool upload_writer_keep(struct upload_writer *writer, struct pp_error *error) {
    if (writer->failed)
        return pp_fail(error, PP_E_STATE, "the upload could not be written");
    writer->failed = writer->fd >= 0 && !part_name(writer, error);
    return !writer->failed;
}

void upload_writer_destroy(struct upload_writer *writer) {
    char path[PP_PATH_MAX];
    if (!writer)
        return;
    if (writer->fd >= 0 && part_path(writer, path, NULL))
        unlinkat(writer->home->fd, path, 0);
    part_close(writer);
    pp_wipe(writer, sizeof *writer);
    free(writer);
}
