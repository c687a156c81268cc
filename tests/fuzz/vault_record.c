/* Any bytes as the two generations of a vault record: the first byte divides them. With an odd first byte one
 * generation is a good one, damaged where the second byte says by the bits of the last. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vault/record.h"

static const uint8_t fuzz_kek[VAULT_KEK_SIZE] = "a key that everybody knows, 32 b";

static void write_slot(int dir, unsigned slot, const uint8_t *data, size_t size) {
    char name[RECORD_FILE_MAX];
    record_file_name("r", slot, name);
    pp_autoclose int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || !pp_write_all(fd, data, size, NULL))
        abort();
}

static void damage_slot(int dir, size_t at, uint8_t mask) {
    pp_autoclose int fd = openat(dir, "r.0", O_RDWR | O_CLOEXEC);
    struct stat status;
    uint8_t byte = 0;
    if (fd < 0 || fstat(fd, &status) < 0 || pread(fd, &byte, 1, (off_t)at % status.st_size) != 1)
        abort();
    byte ^= mask;
    if (pwrite(fd, &byte, 1, (off_t)at % status.st_size) != 1)
        abort();
}

/* Who has no key makes nothing valid: what is, is what was stored, and unless `stored`, nothing is. */
static void load(int dir, const uint8_t *data, size_t size, bool stored) {
    struct record record PP_CLEANUP(record_finish) = {0};
    if (!record_load(dir, "r", fuzz_kek, &record, NULL))
        return;
    const struct record_slot *first = &record.slots[0];
    if (record.slots[1].valid || first->valid != stored)
        abort();
    if (stored && (first->content.size != size || memcmp(first->content.data, data, size) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[] = "/tmp/pingplay-fuzz.XXXXXX";
    if (size < 2 || size > VAULT_RECORD_MAX || !mkdtemp(path))
        return 0;
    pp_autoclose int dir = pp_dir_open(AT_FDCWD, path, NULL);
    size_t first = size * data[0] / 256;
    struct record none = {0};
    bool stored = false;
    if (data[0] & 1) {
        stored = data[size - 1] == 0; /* no bit is flipped */
        if (!record_store(dir, "r", fuzz_kek, &none, data, size, NULL))
            abort();
        damage_slot(dir, data[1], data[size - 1]);
    } else {
        write_slot(dir, 0, data, first);
    }
    write_slot(dir, 1, data + first, size - first);
    load(dir, data, size, stored);
    unlinkat(dir, "r.0", 0);
    unlinkat(dir, "r.1", 0);
    rmdir(path);
    return 0;
}
