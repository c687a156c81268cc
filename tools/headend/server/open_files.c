#include "headend/server/open_files.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

#define OPEN_FILES_BUCKETS 1024

struct open_file {
    struct open_files *files;
    int fd;
    dev_t device;
    ino_t inode; /* nobody else's, as long as it is open */
    uint64_t readers;
    struct open_file *next; /* in the bucket */
};

struct open_files {
    pthread_mutex_t mutex;
    uint64_t most, count;
    struct open_file *buckets[OPEN_FILES_BUCKETS];
};

struct open_files *open_files_create(uint64_t most, struct pp_error *error) {
    struct open_files *files = calloc(1, sizeof *files);
    if (!files) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&files->mutex, NULL);
    files->most = most;
    return files;
}

void open_files_destroy(struct open_files *files) {
    if (!files)
        return;
    pthread_mutex_destroy(&files->mutex);
    free(files);
}

bool open_files_reserve(struct open_files *files) {
    pthread_mutex_lock(&files->mutex);
    bool room = files->count < files->most;
    files->count += room;
    pthread_mutex_unlock(&files->mutex);
    return room;
}

void open_files_release(struct open_files *files) {
    pthread_mutex_lock(&files->mutex);
    files->count--;
    pthread_mutex_unlock(&files->mutex);
}

static struct open_file **bucket_of(struct open_files *files, ino_t inode) {
    return &files->buckets[inode % OPEN_FILES_BUCKETS];
}

/* One that is open already, with one more who reads it. The mutex is held. */
static struct open_file *find(struct open_files *files, const struct stat *status) {
    for (struct open_file *file = *bucket_of(files, status->st_ino); file; file = file->next) {
        if (file->device == status->st_dev && file->inode == status->st_ino) {
            file->readers++;
            return file;
        }
    }
    return NULL;
}

/* The mutex is held. */
static struct open_file *add(struct open_files *files, const struct stat *status, int *fd,
                             struct pp_error *error) {
    struct open_file *file = files->count < files->most ? malloc(sizeof *file) : NULL;
    struct open_file **bucket = bucket_of(files, status->st_ino);
    if (!file) {
        pp_fail(error, PP_E_LIMIT, "as many files are being sent as may be");
        return NULL;
    }
    *file = (struct open_file){.files = files,
                               .fd = pp_steal_fd(fd),
                               .device = status->st_dev,
                               .inode = status->st_ino,
                               .readers = 1,
                               .next = *bucket};
    *bucket = file;
    files->count++;
    return file;
}

struct open_file *open_file_share(struct open_files *files, int fd, struct pp_error *error) {
    struct stat status;
    pp_autoclose int mine = fd;
    if (fstat(mine, &status) < 0) {
        pp_fail_errno(error, "a file to be sent");
        return NULL;
    }
    pthread_mutex_lock(&files->mutex);
    struct open_file *file = find(files, &status);
    if (!file)
        file = add(files, &status, &mine, error);
    pthread_mutex_unlock(&files->mutex);
    return file;
}

int open_file_descriptor(const struct open_file *file) {
    return file->fd;
}

static void take_out(struct open_file *file) {
    struct open_file **place = bucket_of(file->files, file->inode);
    while (*place != file)
        place = &(*place)->next;
    *place = file->next;
    file->files->count--;
}

void open_file_give_back(struct open_file *file) {
    struct open_files *files = file->files;
    pthread_mutex_lock(&files->mutex);
    bool last = --file->readers == 0;
    if (last) {
        take_out(file);
        pp_close(&file->fd);
    }
    pthread_mutex_unlock(&files->mutex);
    if (last)
        free(file);
}
