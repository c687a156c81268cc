#include "agent/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

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
#define SPOOL_LOST_MAX        128                       /* bytes of the record */
#define SPOOL_RECORD_SIZE     (sizeof SPOOL_LOST_RECORD + SPOOL_NAME_MAX)

/* A batch on flash. */
struct spool_file {
    uint64_t number;
    unsigned items;
    bool unread; /* it could not be read a short time ago */
};

/* A batch on its way to flash; there is one at a time. */
struct spool_write {
    struct pp_job job; /* first: the job is the write */
    struct spool *spool;
    struct spool_file file;
    struct pp_buf sealed;
    struct pp_error error;
};

/* A batch that has been sent, or is given up. */
struct spool_removal {
    struct pp_job job; /* first, too */
    struct spool *spool;
    struct spool_file file;
    bool lost;
    struct pp_error error;
};

enum peeked { PEEKED_NONE, PEEKED_FILE, PEEKED_MEMORY };

struct spool {
    char stream[SPOOL_NAME_MAX + 1];
    char record[SPOOL_RECORD_SIZE];
    int dirfd;
    struct vault *vault;
    struct pp_jobs *jobs;
    uint8_t key[SEAL_KEY_SIZE];
    struct spool_file files[SPOOL_FILES_MAX + 1]; /* their numbers grow */
    size_t file_count;
    int64_t again_ms; /* CLOCK_MONOTONIC: those that could not be read are tried again; 0: there are none */
    char name[SPOOL_UUID_SIZE]; /* what the losses are counted under */
    uint64_t lost;
    uint64_t lost_told;          /* of them, the headend knows */
    unsigned losing;             /* batches that are being given up, and are counted once they are removed */
    cJSON *items;                /* waiting in memory: an array */
    int writing;                 /* of those in memory, the oldest: on their way to flash */
    char batch[SPOOL_UUID_SIZE]; /* of what waits in memory, once it was peeked at */
    struct spool_write write;    /* while writing > 0 */
    enum peeked peeked;
    uint64_t peeked_number; /* of the file */
    int peeked_items;       /* of those in memory, the oldest */
    uint64_t peeked_lost;
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

/* ---- What is lost ---- */

static void spool_lose(struct spool *spool, uint64_t items) {
    char text[SPOOL_LOST_MAX];
    struct pp_error error = {0};
    if (!items)
        return;
    spool->lost += items;
    int length = snprintf(text, sizeof text, "{\"spool\":\"%s\",\"lost\":%llu}", spool->name,
                          (unsigned long long)spool->lost);
    if (!vault_put_later(spool->vault, spool->record, text, (size_t)length, NULL, NULL, &error))
        pp_log_warning("spool: %s", error.message);
}

static bool parse_lost(struct spool *spool, const struct pp_buf *text, struct pp_error *error) {
    pp_autojson cJSON *json = pp_json_parse(text->data, text->size, SPOOL_LOST_MAX, error);
    const char *name = NULL;
    int64_t lost = 0;
    if (!json || !pp_json_string(json, "spool", SPOOL_UUID_SIZE, &name, error) ||
        !pp_json_integer(json, "lost", 0, PP_JSON_INTEGER_MAX, &lost, error))
        return false;
    snprintf(spool->name, sizeof spool->name, "%s", name);
    spool->lost = (uint64_t)lost;
    return true;
}

/* A count that is gone begins anew under another name. */
static bool spool_load_lost(struct spool *spool, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SPOOL_LOST_MAX);
    struct pp_error why = {0};
    if (vault_get(spool->vault, spool->record, &text, &why) && parse_lost(spool, &text, &why))
        return true;
    if (why.code == PP_E_NOMEM)
        return pp_fail(error, why.code, "record \"%s\": %s", spool->record, why.message);
    if (why.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", spool->record, why.message);
    return uuid_make(spool->name) || pp_fail(error, PP_E_IO, "no random numbers");
}

/* ---- Files ---- */

static bool spool_load_key(struct spool *spool, struct pp_error *error) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(SEAL_KEY_SIZE);
    struct pp_error why = {0};
    if (vault_get(spool->vault, SPOOL_KEY_RECORD, &kept, &why) && kept.size == SEAL_KEY_SIZE) {
        memcpy(spool->key, kept.data, SEAL_KEY_SIZE);
        return true;
    }
    /* Only where there is none, or it is lost, is another one made: the reports on flash go with it. */
    if (why.code != PP_OK && why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
        return pp_fail(error, why.code, "record \"%s\": %s", SPOOL_KEY_RECORD, why.message);
    return crypto_random(spool->key, SEAL_KEY_SIZE, error) &&
           vault_put(spool->vault, SPOOL_KEY_RECORD, spool->key, SEAL_KEY_SIZE, error);
}

/* The number of items stands in the name, where it outlives a batch that has rotted. */
static void file_name(const struct spool *spool, const struct spool_file *file, char name[PP_PATH_MAX]) {
    snprintf(name, PP_PATH_MAX, "%s-%016llu-%u.sealed", spool->stream, (unsigned long long)file->number,
             file->items);
}

/* Whether `entry` is the name of a batch of this stream. */
static bool file_parse(const struct spool *spool, const char *entry, struct spool_file *file) {
    char name[PP_PATH_MAX];
    char *end = NULL;
    size_t prefix = strlen(spool->stream);
    if (strncmp(entry, spool->stream, prefix) != 0 || entry[prefix] != '-')
        return false;
    *file = (struct spool_file){.number = strtoull(entry + prefix + 1, &end, 10)};
    if (*end != '-' || file->number > SPOOL_NUMBER_MAX)
        return false;
    unsigned long items = strtoul(end + 1, NULL, 10);
    file->items = items <= SPOOL_ITEMS_MAX ? (unsigned)items : 0;
    file_name(spool, file, name);
    return file->items > 0 && strcmp(name, entry) == 0;
}

/* Keeps the numbers in order. */
static void files_insert(struct spool *spool, const struct spool_file *file) {
    size_t place = spool->file_count++;
    for (; place > 0 && spool->files[place - 1].number > file->number; place--)
        spool->files[place] = spool->files[place - 1];
    spool->files[place] = *file;
}

static void files_take(struct spool *spool, size_t place) {
    spool->file_count--;
    memmove(spool->files + place, spool->files + place + 1,
            (spool->file_count - place) * sizeof *spool->files);
}

static void mark_unread(struct spool *spool, struct spool_file *file) {
    file->unread = true;
    if (!spool->again_ms)
        spool->again_ms = pp_clock_monotonic_ms() + SPOOL_AGAIN_MS;
}

static void removal_run(struct pp_job *job) {
    struct spool_removal *removal = (struct spool_removal *)job;
    char name[PP_PATH_MAX];
    file_name(removal->spool, &removal->file, name);
    (void)!pp_file_remove(removal->spool->dirfd, name, &removal->error);
}

/* One that cannot be removed stays, and is sent. */
static void removal_done(struct pp_job *job) {
    struct spool_removal *removal = (struct spool_removal *)job;
    struct spool *spool = removal->spool;
    spool->losing -= removal->lost;
    if (removal->error.code)
        pp_log_warning("spool: %s", removal->error.message);
    else if (removal->lost)
        spool_lose(spool, removal->file.items);
    if (removal->error.code && removal->lost && spool->file_count < SPOOL_FILES_MAX) {
        mark_unread(spool, &removal->file);
        files_insert(spool, &removal->file);
    }
    free(removal);
}

/* False, for want of memory, where it stays. */
static bool file_remove(struct spool *spool, size_t place, bool lost) {
    struct spool_removal *removal = calloc(1, sizeof *removal);
    if (!removal)
        return false;
    *removal = (struct spool_removal){.job = {.run = removal_run, .done = removal_done},
                                      .spool = spool,
                                      .file = spool->files[place],
                                      .lost = lost};
    files_take(spool, place);
    spool->losing += lost;
    pp_jobs_add(spool->jobs, &removal->job);
    return true;
}

/* The oldest but the one that is on its way to the headend. */
static bool spool_drop_oldest(struct spool *spool, struct pp_error *error) {
    bool on_its_way = spool->peeked == PEEKED_FILE && spool->files[0].number == spool->peeked_number;
    return file_remove(spool, on_its_way ? 1 : 0, true) || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* The files that an earlier run left; there may be gaps. The newest of too many are kept. */
static bool spool_find_files(struct spool *spool, struct pp_error *error) {
    int copy = fcntl(spool->dirfd, F_DUPFD_CLOEXEC, 0);
    pp_autodir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        pp_fail_errno(error, "list the spool");
        pp_close(&copy);
        return false;
    }
    struct spool_file file;
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(dir)); errno = 0) {
        if (!file_parse(spool, entry->d_name, &file))
            continue;
        files_insert(spool, &file);
        if (spool->file_count > SPOOL_FILES_MAX && !spool_drop_oldest(spool, error))
            return false;
    }
    return errno == 0 || pp_fail_errno(error, "list the spool");
}

/* ---- Memory ---- */

static int memory_count(const struct spool *spool) {
    return cJSON_GetArraySize(spool->items);
}

static void memory_take(struct spool *spool, int count) {
    for (int i = 0; i < count; i++)
        cJSON_DeleteItemFromArray(spool->items, 0);
    spool->batch[0] = 0;
}

/* Room for one more: a batch goes to flash, or the oldest item that is on its way nowhere is lost. */
static bool memory_make_room(struct spool *spool) {
    if (memory_count(spool) >= SPOOL_ITEMS_MAX)
        spool_flush(spool);
    int count = memory_count(spool);
    if (count < SPOOL_ITEMS_MAX || (spool->writing && count < SPOOL_MEMORY_MAX))
        return true;
    int oldest = spool->writing;
    if (spool->peeked == PEEKED_MEMORY && spool->peeked_items > oldest)
        oldest = spool->peeked_items;
    if (oldest >= count)
        return false;
    cJSON_DeleteItemFromArray(spool->items, oldest);
    spool_lose(spool, 1);
    return true;
}

bool spool_complete(cJSON *item, int64_t now_s) {
    char id[SPOOL_UUID_SIZE];
    char time[PP_RFC3339_SIZE];
    if (cJSON_HasObjectItem(item, "id"))
        return true;
    pp_time_format(now_s, time);
    return item && uuid_make(id) && cJSON_AddStringToObject(item, "id", id) &&
           cJSON_AddStringToObject(item, "time", time);
}

void spool_add(struct spool *spool, cJSON *item, int64_t now_s) {
    if (memory_make_room(spool) && spool_complete(item, now_s) && cJSON_AddItemToArray(spool->items, item))
        return;
    cJSON_Delete(item);
    spool_lose(spool, 1);
}

cJSON *spool_waiting(const struct spool *spool) {
    return spool->items;
}

bool spool_is_writing(const struct spool *spool) {
    return spool->writing > 0;
}

/* As many of the oldest items as a batch takes; their number, or -1. */
static int batch_write(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    static const char end[] = "]}";
    int count = 0;
    if (!*spool->batch && !uuid_make(spool->batch)) {
        pp_fail(error, PP_E_IO, "no random numbers");
        return -1;
    }
    if (!pp_buf_addf(json, error, "{\"batch\":\"%s\",\"spool\":\"%s\",\"lost\":%llu,\"items\":[",
                     spool->batch, spool->name, (unsigned long long)spool->lost))
        return -1;
    const cJSON *item;
    cJSON_ArrayForEach(item, spool->items) {
        pp_autojsontext char *text = cJSON_PrintUnformatted(item);
        if (!text) {
            pp_fail(error, PP_E_NOMEM, "out of memory");
            return -1;
        }
        if (count == SPOOL_ITEMS_MAX || json->size + strlen(text) + sizeof "," + sizeof end > json->max)
            break;
        if (!pp_buf_addf(json, error, "%s%s", count ? "," : "", text))
            return -1;
        count++;
    }
    return pp_buf_add_text(json, end, error) ? count : -1;
}

/* One item that is longer than a batch may be can go nowhere. */
static int batch_write_some(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    for (;;) {
        int count = batch_write(spool, json, error);
        if (count != 0 || !memory_count(spool))
            return count;
        memory_take(spool, 1);
        spool_lose(spool, 1);
        json->size = 0;
    }
}

/* ---- Onto flash ---- */

static void write_run(struct pp_job *job) {
    struct spool_write *write = (struct spool_write *)job;
    char name[PP_PATH_MAX];
    file_name(write->spool, &write->file, name);
    (void)!pp_file_replace(write->spool->dirfd, name, write->sealed.data, write->sealed.size, 0600,
                           &write->error);
}

static void write_done(struct pp_job *job) {
    struct spool_write *write = (struct spool_write *)job;
    struct spool *spool = write->spool;
    int count = spool->writing;
    spool->writing = 0;
    pp_buf_finish(&write->sealed);
    if (write->error.code) {
        pp_log_warning("spool: %s", write->error.message);
        return;
    }
    files_insert(spool, &write->file);
    memory_take(spool, count);
    /* What was on its way to the headend goes there once more from flash, and counts once. */
    spool->peeked_items = spool->peeked_items > count ? spool->peeked_items - count : 0;
}

static bool write_begin(struct spool *spool, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    struct spool_write *write = &spool->write;
    int count = batch_write_some(spool, &json, error);
    if (count <= 0)
        return count == 0;
    *write = (struct spool_write){
        .job = {.run = write_run, .done = write_done}, .spool = spool, .sealed = PP_BUF_INIT(SPOOL_FILE_MAX)};
    if (!seal_encrypt(json.data, json.size, spool->key, SPOOL_ASSOCIATED_DATA, &write->sealed, error) ||
        (spool->file_count >= SPOOL_FILES_MAX && !spool_drop_oldest(spool, error))) {
        pp_buf_finish(&write->sealed);
        return false;
    }
    write->file.number = spool->file_count ? spool->files[spool->file_count - 1].number + 1 : 0;
    write->file.items = (unsigned)count;
    spool->writing = count;
    pp_jobs_add(spool->jobs, &write->job);
    return true;
}

void spool_flush(struct spool *spool) {
    struct pp_error error = {0};
    if (memory_count(spool) && !spool->writing && !write_begin(spool, &error))
        pp_log_warning("spool: %s", error.message);
}

/* ---- To the headend ---- */

static bool file_read(const struct spool *spool, const struct spool_file *file, struct pp_buf *json,
                      struct pp_error *error) {
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SPOOL_FILE_MAX);
    char name[PP_PATH_MAX];
    file_name(spool, file, name);
    return pp_file_read(spool->dirfd, name, &sealed, error) &&
           seal_decrypt(sealed.data, sealed.size, spool->key, SPOOL_ASSOCIATED_DATA, json, error);
}

/* Whether a batch that could not be read never will be. Everything else passes: a flash that hiccups, no
 * descriptor or no memory left. */
static bool code_is_damage(enum pp_code code) {
    return code == PP_E_AUTH || code == PP_E_INVALID || code == PP_E_LIMIT || code == PP_E_NOTFOUND;
}

bool spool_read_newest(const struct spool *spool, struct pp_buf *json) {
    struct pp_error why = {0};
    return spool->file_count && file_read(spool, &spool->files[spool->file_count - 1], json, &why);
}

static void forget_unread(struct spool *spool) {
    if (!spool->again_ms || pp_clock_monotonic_ms() < spool->again_ms)
        return;
    spool->again_ms = 0;
    for (size_t i = 0; i < spool->file_count; i++)
        spool->files[i].unread = false;
}

/* What becomes of a batch that could not be read. Returns the place of the one behind it. */
static size_t file_unread(struct spool *spool, size_t place, const struct pp_error *why) {
    size_t before = spool->file_count;
    bool damaged = code_is_damage(why->code);
    pp_log_warning("spool: a batch %s: %s", damaged ? "is lost" : "cannot be read yet", why->message);
    if (damaged)
        file_remove(spool, place, true);
    if (spool->file_count < before)
        return place;
    mark_unread(spool, &spool->files[place]);
    return place + 1;
}

/* The oldest that can be read. One that cannot does not keep the others waiting. */
static bool peek_file(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    forget_unread(spool);
    for (size_t i = 0; i < spool->file_count;) {
        struct pp_error why = {0};
        if (spool->files[i].unread) {
            i++;
        } else if (file_read(spool, &spool->files[i], json, &why)) {
            spool->peeked = PEEKED_FILE;
            spool->peeked_number = spool->files[i].number;
            return true;
        } else if (why.code == PP_E_NOMEM) {
            return pp_fail(error, why.code, "spool: %s", why.message);
        } else {
            json->size = 0;
            i = file_unread(spool, i, &why);
        }
    }
    return false;
}

bool spool_peek(struct spool *spool, struct pp_buf *json, struct pp_error *error) {
    struct pp_error why = {0};
    spool->peeked = PEEKED_NONE;
    spool->peeked_lost = 0;
    if (peek_file(spool, json, &why))
        return true;
    if (why.code && error)
        *error = why;
    if (why.code)
        return false;
    if (!memory_count(spool) && spool->lost <= spool->lost_told)
        return false;
    int count = batch_write_some(spool, json, error);
    if (count < 0)
        return false;
    spool->peeked = PEEKED_MEMORY;
    spool->peeked_items = count;
    spool->peeked_lost = spool->lost;
    return true;
}

/* Takes away what was peeked at, unless it is on its way to flash: from there it goes once more, and counts
 * once. Returns how many items are gone. */
static int peeked_take(struct spool *spool, bool lost) {
    int count = 0;
    for (size_t i = 0; spool->peeked == PEEKED_FILE && i < spool->file_count; i++) {
        if (spool->files[i].number == spool->peeked_number) {
            file_remove(spool, i, lost);
            break;
        }
    }
    if (spool->peeked == PEEKED_MEMORY && !spool->writing) {
        count = spool->peeked_items;
        memory_take(spool, count);
    }
    if (spool->peeked_lost > spool->lost_told)
        spool->lost_told = spool->peeked_lost;
    spool->peeked = PEEKED_NONE;
    spool->peeked_items = 0;
    spool->peeked_lost = 0;
    return count;
}

void spool_sent(struct spool *spool) {
    peeked_take(spool, false);
}

void spool_refused(struct spool *spool) {
    spool_lose(spool, (uint64_t)peeked_take(spool, true));
}

uint64_t spool_lost(const struct spool *spool) {
    return spool->lost;
}

bool spool_is_counting(const struct spool *spool) {
    return spool->losing > 0;
}

/* ---- Life ---- */

struct spool *spool_open(const char *state_dir, struct vault *vault, struct pp_jobs *jobs, const char *stream,
                         struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/spool", state_dir) || !pp_dir_make(AT_FDCWD, path, 0700, error))
        return NULL;
    struct spool *spool = calloc(1, sizeof *spool);
    if (!spool) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *spool = (struct spool){.vault = vault, .jobs = jobs, .items = cJSON_CreateArray()};
    snprintf(spool->stream, sizeof spool->stream, "%s", stream);
    snprintf(spool->record, sizeof spool->record, SPOOL_LOST_RECORD "%s", spool->stream);
    spool->dirfd = pp_dir_open(AT_FDCWD, path, error);
    if (!spool->items || spool->dirfd < 0 || !spool_load_key(spool, error) ||
        !spool_load_lost(spool, error) || !spool_find_files(spool, error)) {
        spool_close(spool);
        return NULL;
    }
    return spool;
}

void spool_set_jobs(struct spool *spool, struct pp_jobs *jobs) {
    spool->jobs = jobs;
}

void spool_settle(struct spool *spool) {
    int before;
    if (!spool || spool->dirfd < 0)
        return;
    pp_jobs_wait(spool->jobs);
    do {
        before = memory_count(spool);
        spool_flush(spool);
        pp_jobs_wait(spool->jobs);
    } while (memory_count(spool) && memory_count(spool) < before);
}

void spool_forget_waiting(struct spool *spool) {
    memory_take(spool, memory_count(spool));
}

void spool_close(struct spool *spool) {
    if (!spool)
        return;
    spool_settle(spool);
    /* A flash that takes nothing costs what is in memory. */
    spool_lose(spool, (uint64_t)memory_count(spool));
    if (spool->dirfd >= 0)
        pp_jobs_wait(spool->jobs);
    pp_close(&spool->dirfd);
    cJSON_Delete(spool->items);
    pp_wipe(spool->key, sizeof spool->key);
    free(spool);
}
