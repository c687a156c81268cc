#include "agent/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/random.h"
#include "crypto/seal.h"

#define SPOOL_ASSOCIATED_DATA "pingplay/spool"
#define SPOOL_FILE_MAX        (SPOOL_BATCH_MAX + 256)   /* bytes, sealed */
#define SPOOL_UUID_SIZE       37                        /* with the NUL */
#define SPOOL_NUMBER_MAX      UINT64_C(999999999999999) /* of a file; a name with a higher one is not ours */

struct spool {
    char stream[SPOOL_NAME_MAX + 1];
    int dirfd;
    uint8_t key[SEAL_KEY_SIZE];
    uint64_t files[SPOOL_FILES_MAX + 1]; /* numbers of the batches on flash, growing */
    size_t file_count;
    uint64_t dropped;
    cJSON *items;                /* waiting in memory: an array */
    char batch[SPOOL_UUID_SIZE]; /* of what waits in memory, once it was peeked at */
    bool peeked_file;
    int peeked_items; /* of those in memory */
};

static bool uuid_make(char text[SPOOL_UUID_SIZE]) {
    uint8_t random[16];
    if (!crypto_random(random, sizeof random, NULL))
        return false;
    random[6] = (uint8_t)((random[6] & 0x0f) | 0x40); /* RFC 9562 §5.4 */
    random[8] = (uint8_t)((random[8] & 0x3f) | 0x80);
    char hex[PP_HEX_SIZE(16)];
    pp_hex_encode(random, sizeof random, hex);
    snprintf(text, SPOOL_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return true;
}

static bool spool_load_key(struct spool *spool, struct vault *vault, struct pp_error *error) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(SEAL_KEY_SIZE);
    struct pp_error why = {0};
    if (vault_get(vault, SPOOL_KEY_RECORD, &kept, &why) && kept.size == SEAL_KEY_SIZE) {
        memcpy(spool->key, kept.data, SEAL_KEY_SIZE);
        return true;
    }
    /* Only where there is none, or it is lost, is another one made: the reports on flash go with it. */
    if (why.code != PP_OK && why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
        return pp_fail(error, why.code, "record \"%s\": %s", SPOOL_KEY_RECORD, why.message);
    return crypto_random(spool->key, SEAL_KEY_SIZE, error) &&
           vault_put(vault, SPOOL_KEY_RECORD, spool->key, SEAL_KEY_SIZE, error);
}

static void file_name(const struct spool *spool, uint64_t number, char name[PP_PATH_MAX]) {
    snprintf(name, PP_PATH_MAX, "%s-%016llu.sealed", spool->stream, (unsigned long long)number);
}

/* Forgets the oldest file, which is gone or cannot be helped. */
static void files_shift(struct spool *spool) {
    spool->file_count--;
    memmove(spool->files, spool->files + 1, spool->file_count * sizeof *spool->files);
}

static void spool_drop_oldest(struct spool *spool) {
    char name[PP_PATH_MAX];
    file_name(spool, spool->files[0], name);
    if (unlinkat(spool->dirfd, name, 0) == 0)
        spool->dropped++;
    files_shift(spool);
    spool->peeked_file = false;
}

/* Keeps the numbers in order, and the newest of too many. */
static void files_insert(struct spool *spool, uint64_t number) {
    size_t place = spool->file_count++;
    for (; place > 0 && spool->files[place - 1] > number; place--)
        spool->files[place] = spool->files[place - 1];
    spool->files[place] = number;
    if (spool->file_count > SPOOL_FILES_MAX)
        spool_drop_oldest(spool);
}

/* Whether `entry` is the name of a batch of this stream. */
static bool file_number(const struct spool *spool, const char *entry, uint64_t *number) {
    char name[PP_PATH_MAX];
    size_t prefix = strlen(spool->stream);
    if (strncmp(entry, spool->stream, prefix) != 0 || entry[prefix] != '-')
        return false;
    *number = strtoull(entry + prefix + 1, NULL, 10);
    file_name(spool, *number, name);
    return *number <= SPOOL_NUMBER_MAX && strcmp(name, entry) == 0;
}

/* The numbers of the files that an earlier run left; there may be gaps. */
static bool spool_find_files(struct spool *spool, struct pp_error *error) {
    int copy = fcntl(spool->dirfd, F_DUPFD_CLOEXEC, 0);
    pp_autodir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return pp_fail_errno(error, "list the spool");
    uint64_t number = 0;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (file_number(spool, entry->d_name, &number))
            files_insert(spool, number);
    }
    return true;
}

struct spool *spool_open(const char *state_dir, struct vault *vault, const char *stream,
                         struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/spool", state_dir) || !pp_dir_make(AT_FDCWD, path, 0700, error))
        return NULL;
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    snprintf(spool->stream, sizeof spool->stream, "%s", stream);
    spool->items = cJSON_CreateArray();
    spool->dirfd = pp_dir_open(AT_FDCWD, path, error);
    if (!spool->items || spool->dirfd < 0 || !spool_load_key(spool, vault, error) ||
        !spool_find_files(spool, error)) {
        spool_close(spool);
        return NULL;
    }
    return spool;
}

void spool_close(struct spool *spool) {
    if (!spool)
        return;
    struct pp_error error = {0};
    if (spool->dirfd >= 0 && !spool_flush(spool, &error))
        pp_log_warning("spool: %s", error.message);
    pp_close(&spool->dirfd);
    cJSON_Delete(spool->items);
    pp_wipe(spool->key, sizeof spool->key);
    free(spool);
}

static void memory_drop_oldest(struct spool *spool) {
    cJSON_DeleteItemFromArray(spool->items, 0);
    spool->dropped++;
    spool->peeked_items -= spool->peeked_items > 0;
}

void spool_add(struct spool *spool, cJSON *item, int64_t now_s) {
    char id[SPOOL_UUID_SIZE];
    char time[PP_RFC3339_SIZE];
    pp_time_format(now_s, time);
    struct pp_error error = {0};
    if (cJSON_GetArraySize(spool->items) >= SPOOL_ITEMS_MAX && !spool_flush(spool, &error)) {
        pp_log_warning("spool: %s", error.message);
        memory_drop_oldest(spool);
    }
    if (!uuid_make(id) || !cJSON_AddStringToObject(item, "id", id) ||
        !cJSON_AddStringToObject(item, "time", time) || !cJSON_AddItemToArray(spool->items, item))
        cJSON_Delete(item);
}

/* {"batch": …, "items": [ … ]} of what waits in memory; what does not fit goes, the oldest first. */
static bool batch_write(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    if (!*spool->batch && !uuid_make(spool->batch))
        return pp_fail(error, PP_E_IO, "no random numbers");
    for (;;) {
        pp_autojsontext char *items = cJSON_PrintUnformatted(spool->items);
        if (!items)
            return pp_fail(error, PP_E_NOMEM, "out of memory");
        if (pp_buf_addf(json, error, "{\"batch\":\"%s\",\"dropped\":%llu,\"items\":%s}", spool->batch,
                        (unsigned long long)spool->dropped, items))
            return true;
        if (cJSON_GetArraySize(spool->items) <= 1)
            return false;
        memory_drop_oldest(spool);
        json->size = 0;
    }
}

static void memory_clear(struct spool *spool, int count) {
    for (int i = 0; i < count; i++)
        cJSON_DeleteItemFromArray(spool->items, 0);
    spool->batch[0] = 0;
    spool->dropped = 0;
    spool->peeked_items = 0;
}

bool spool_flush(struct spool *spool, struct pp_error *error) {
    if (!cJSON_GetArraySize(spool->items))
        return true;
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SPOOL_FILE_MAX);
    char name[PP_PATH_MAX];
    if (spool->file_count == SPOOL_FILES_MAX)
        spool_drop_oldest(spool);
    uint64_t number = spool->file_count ? spool->files[spool->file_count - 1] + 1 : 0;
    file_name(spool, number, name);
    if (!batch_write(spool, &json, error) ||
        !seal_encrypt(json.data, json.size, spool->key, SPOOL_ASSOCIATED_DATA, &sealed, error) ||
        !pp_file_replace(spool->dirfd, name, sealed.data, sealed.size, 0600, error))
        return false;
    files_insert(spool, number);
    memory_clear(spool, cJSON_GetArraySize(spool->items));
    return true;
}

static bool file_read(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SPOOL_FILE_MAX);
    char name[PP_PATH_MAX];
    file_name(spool, spool->files[0], name);
    return pp_file_read(spool->dirfd, name, &sealed, error) &&
           seal_decrypt(sealed.data, sealed.size, spool->key, SPOOL_ASSOCIATED_DATA, json, error);
}

bool spool_peek(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    while (spool->file_count) {
        if (file_read(spool, json, error)) {
            spool->peeked_file = true;
            return true;
        }
        pp_log_warning("spool: a batch cannot be read and is dropped: %s", error->message);
        spool_drop_oldest(spool);
    }
    spool->peeked_file = false;
    if (!cJSON_GetArraySize(spool->items) || !batch_write(spool, json, error))
        return false;
    spool->peeked_items = cJSON_GetArraySize(spool->items);
    return true;
}

void spool_sent(struct spool *spool) {
    struct pp_error error = {0};
    char name[PP_PATH_MAX];
    if (spool->peeked_file) {
        file_name(spool, spool->files[0], name);
        if (!pp_file_remove(spool->dirfd, name, &error))
            pp_log_warning("spool: %s", error.message);
        files_shift(spool);
        spool->peeked_file = false;
        return;
    }
    /* None where they went to flash meanwhile: from there they go once more, and count once. */
    if (spool->peeked_items)
        memory_clear(spool, spool->peeked_items);
}
