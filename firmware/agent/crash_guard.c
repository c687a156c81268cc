#include "agent/crash_guard.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* The record: the boot's id, then the count. */
#define RECORD_SIZE (CRASH_GUARD_BOOT_SIZE + 1)

static void guard_keep(const struct crash_guard *guard, bool wait) {
    uint8_t record[RECORD_SIZE];
    struct pp_error error = {0};
    memcpy(record, guard->boot, CRASH_GUARD_BOOT_SIZE);
    record[CRASH_GUARD_BOOT_SIZE] = guard->starts;
    if (!(wait
              ? vault_put(guard->vault, CRASH_GUARD_RECORD, record, sizeof record, &error)
              : vault_put_later(guard->vault, CRASH_GUARD_RECORD, record, sizeof record, NULL, NULL, &error)))
        pp_log_warning("record \"%s\": %s", CRASH_GUARD_RECORD, error.message);
}

static void guard_read_boot(struct crash_guard *guard) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64);
    memset(guard->boot, 0, sizeof guard->boot);
    if (pp_file_read(AT_FDCWD, BOOT_ID_FILE, &text, NULL) && text.size >= CRASH_GUARD_BOOT_SIZE)
        memcpy(guard->boot, text.data, CRASH_GUARD_BOOT_SIZE);
}

bool crash_guard_begin(struct crash_guard *guard, struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(RECORD_SIZE);
    *guard = (struct crash_guard){.vault = vault};
    guard_read_boot(guard);
    if (vault_get(vault, CRASH_GUARD_RECORD, &kept, NULL) && kept.size == RECORD_SIZE &&
        memcmp(kept.data, guard->boot, CRASH_GUARD_BOOT_SIZE) == 0)
        guard->starts = kept.data[CRASH_GUARD_BOOT_SIZE];
    bool too_many = guard->starts >= CRASH_GUARD_STARTS_MAX;
    guard->starts = too_many ? 1 : (uint8_t)(guard->starts + 1);
    guard_keep(guard, true); /* before whatever may end this start */
    return too_many;
}

void crash_guard_healthy(struct crash_guard *guard) {
    if (!guard->starts)
        return;
    guard->starts = 0;
    guard_keep(guard, false);
}
