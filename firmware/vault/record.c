#include "vault/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/shred.h"
#include "crypto/seal.h"

#define RECORD_MAGIC_SIZE  4                                          /* bytes */
#define RECORD_HEADER_SIZE (RECORD_MAGIC_SIZE + 8)                    /* bytes: magic, generation */
#define RECORD_SEALED_MAX  (VAULT_RECORD_MAX + VAULT_RECORD_MAX / 64) /* bytes: the record and its tags */
#define RECORD_AD_MAX      (sizeof SEAL_AD_VAULT + VAULT_NAME_MAX + 24)

static const uint8_t record_magic[RECORD_MAGIC_SIZE] = {'P', 'P', 'V', '1'};

bool record_name_check(const char *name, struct pp_error *error) {
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t length = strlen(name);
    if (!length || length > VAULT_NAME_MAX || !strchr(first, name[0]) || strspn(name, rest) != length)
        return pp_fail(error, PP_E_INVALID, "not a vault record's name");
    return true;
}

void record_file_name(const char *name, unsigned slot, char file[RECORD_FILE_MAX]) {
    snprintf(file, RECORD_FILE_MAX, "%.*s.%u", VAULT_NAME_MAX, name, slot % RECORD_SLOTS);
}

static void record_ad(const char *name, uint64_t generation, char ad[RECORD_AD_MAX]) {
    snprintf(ad, RECORD_AD_MAX, SEAL_AD_VAULT "%.*s/%" PRIu64, VAULT_NAME_MAX, name, generation);
}

static uint64_t generation_read(const uint8_t bytes[8]) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void generation_write(uint64_t value, uint8_t bytes[8]) {
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

static bool slot_open(struct record_slot *slot, const char *name, const uint8_t *kek,
                      const struct pp_buf *file) {
    char ad[RECORD_AD_MAX];
    if (file->size < RECORD_HEADER_SIZE || memcmp(file->data, record_magic, RECORD_MAGIC_SIZE) != 0)
        return pp_fail(&slot->error, PP_E_AUTH, "not a vault record");
    slot->generation = generation_read(file->data + RECORD_MAGIC_SIZE);
    record_ad(name, slot->generation, ad);
    /* The agent's loop waits for this. */
    return seal_decrypt_unexplained(file->data + RECORD_HEADER_SIZE, file->size - RECORD_HEADER_SIZE, kek, ad,
                                    &slot->content, &slot->error);
}

/* Whether a failure to open a file or its stream tells that what stands on flash is damaged. */
static bool code_is_damage(enum pp_code code) {
    return code == PP_E_AUTH || code == PP_E_INVALID || code == PP_E_LIMIT || code == PP_E_IO;
}

static bool errno_is_damage(int number) {
    return number == EIO || number == EUCLEAN || number == EBADMSG;
}

/* Whether the reason that a slot cannot be used lies with its file, and not with this process. */
static bool slot_is_lost(const struct record_slot *slot, struct pp_error *error) {
    if (code_is_damage(slot->error.code))
        return true;
    if (error)
        *error = slot->error;
    return false;
}

static bool slot_load(int dirfd, const char *name, unsigned number, const uint8_t *kek,
                      struct record_slot *slot, struct pp_error *error) {
    char path[RECORD_FILE_MAX];
    struct pp_buf file pp_autobuf = PP_BUF_INIT(RECORD_HEADER_SIZE + RECORD_SEALED_MAX);
    record_file_name(name, number, path);
    pp_autoclose int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return true;
    slot->present = true;
    if (fd < 0) {
        slot->damaged = errno_is_damage(errno);
        pp_fail_errno(&slot->error, "%s", path);
        return slot_is_lost(slot, error);
    }
    slot->valid = pp_file_read_fd(fd, path, &file, &slot->error) && slot_open(slot, name, kek, &file);
    slot->damaged = !slot->valid;
    return slot->valid || slot_is_lost(slot, error);
}

bool record_load(int dirfd, const char *name, const uint8_t *kek, struct record *record,
                 struct pp_error *error) {
    *record = (struct record){0};
    for (unsigned i = 0; i < RECORD_SLOTS; i++) {
        record->slots[i].content = PP_BUF_INIT(VAULT_RECORD_MAX);
        if (!slot_load(dirfd, name, i, kek, &record->slots[i], error))
            return false;
    }
    return true;
}

void record_finish(struct record *record) {
    for (unsigned i = 0; i < RECORD_SLOTS; i++)
        pp_buf_finish(&record->slots[i].content);
}

static int newest_where(const struct record *record, bool valid_only) {
    int best = -1;
    for (int i = 0; i < RECORD_SLOTS; i++) {
        const struct record_slot *slot = &record->slots[i];
        if (!slot->present || (valid_only && !slot->valid))
            continue;
        if (best < 0 || slot->generation > record->slots[best].generation)
            best = i;
    }
    return best;
}

int record_best(const struct record *record) {
    return newest_where(record, true);
}

int record_newest(const struct record *record) {
    return newest_where(record, false);
}

int record_unread(const struct record *record) {
    for (int i = 0; i < RECORD_SLOTS; i++) {
        const struct record_slot *slot = &record->slots[i];
        if (slot->present && !slot->valid && !slot->damaged)
            return i;
    }
    return -1;
}

static bool record_serialize(const char *name, uint64_t generation, const uint8_t *kek, const void *data,
                             size_t size, struct pp_buf *file, struct pp_error *error) {
    char ad[RECORD_AD_MAX];
    uint8_t header[RECORD_HEADER_SIZE];
    memcpy(header, record_magic, RECORD_MAGIC_SIZE);
    generation_write(generation, header + RECORD_MAGIC_SIZE);
    record_ad(name, generation, ad);
    return pp_buf_add(file, header, sizeof header, error) && seal_encrypt(data, size, kek, ad, file, error);
}

/* Of a file that has lost its name. */
static void overwrite_former(int former, const char *path) {
    struct pp_error reason = {0};
    if (former >= 0 && !pp_shred_fd(former, &reason))
        pp_log_warning("%s: what it was before is left on the storage: %s", path, reason.message);
}

bool record_slot_remove(int dirfd, const char *path, struct pp_error *error) {
    pp_autoclose int former = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (!pp_file_remove(dirfd, path, error))
        return false;
    overwrite_former(former, path);
    return true;
}

/* What a value replaces may be the key of something that this screen is to see no longer: it does not stay behind in
 * blocks that nothing else needs yet. Where it cannot be overwritten, or the power goes just here, it does. */
static bool replace_slot(int dirfd, const char *path, const struct pp_buf *file, struct pp_error *error) {
    pp_autoclose int former = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (!pp_file_replace(dirfd, path, file->data, file->size, 0600, error))
        return false;
    overwrite_former(former, path);
    return true;
}

bool record_store(int dirfd, const char *name, const uint8_t *kek, const struct record *before,
                  const void *data, size_t size, struct pp_error *error) {
    char path[RECORD_FILE_MAX];
    struct pp_buf file pp_autobuf = PP_BUF_INIT(RECORD_HEADER_SIZE + RECORD_SEALED_MAX);
    int best = record_best(before);
    unsigned slot = best == 0 ? 1 : 0;
    uint64_t generation = best < 0 ? 1 : before->slots[best].generation + 1;
    if (!record_serialize(name, generation, kek, data, size, &file, error))
        return false;
    record_file_name(name, slot, path);
    if (!replace_slot(dirfd, path, &file, error))
        return false;
    /* The other slot may be readable again one day, and would then outrank this one. Where it cannot be
     * removed either, what was written counts all the same. */
    record_file_name(name, 1 - slot, path);
    if (best < 0 && before->slots[1 - slot].present)
        (void)!pp_file_remove(dirfd, path, NULL);
    return true;
}
