#include "agent/crash_guard.h"

#include "base/log.h"

static void guard_keep(const struct crash_guard *guard) {
    struct pp_error error = {0};
    if (!vault_put(guard->vault, CRASH_GUARD_RECORD, &guard->starts, sizeof guard->starts, &error))
        pp_log_warning("record \"%s\": %s", CRASH_GUARD_RECORD, error.message);
}

bool crash_guard_begin(struct crash_guard *guard, struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(sizeof guard->starts);
    guard->vault = vault;
    guard->starts = 0;
    if (vault_get(vault, CRASH_GUARD_RECORD, &kept, NULL) && kept.size == 1)
        guard->starts = kept.data[0];
    bool too_many = guard->starts >= CRASH_GUARD_STARTS_MAX;
    guard->starts = too_many ? 1 : (uint8_t)(guard->starts + 1);
    guard_keep(guard);
    return too_many;
}

void crash_guard_healthy(struct crash_guard *guard) {
    if (!guard->starts)
        return;
    guard->starts = 0;
    guard_keep(guard);
}
