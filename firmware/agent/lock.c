#include "agent/lock.h"

#include <string.h>

static const struct {
    const char *name, *code, *words;
    bool approval;
} reasons[LOCK_REASONS] = {
    [LOCK_NONE] = {"", NULL, "is not locked", false},
    [LOCK_UNTOLD] = {"untold", NULL, "is locked", true},
    [LOCK_RETIRED] = {"retired", NULL, "is retired at the headend", true},
    [LOCK_UNKNOWN] = {"unknown", NULL, "is not known at the headend", true},
    [LOCK_OFFLINE] = {"offline", "L-1", "had no word of its headend for as long as it allows", false},
    [LOCK_NETWORK] = {"network", "L-2", "asks from a network that its headend does not allow", false},
};

const char *lock_name(enum lock_reason reason) {
    return reasons[reason].name;
}

enum lock_reason lock_named(const char *name) {
    for (enum lock_reason reason = LOCK_RETIRED; reason < LOCK_REASONS; reason++) {
        if (strcmp(name, reasons[reason].name) == 0)
            return reason;
    }
    return LOCK_UNTOLD;
}

const char *lock_code(enum lock_reason reason) {
    return reasons[reason].code;
}

const char *lock_words(enum lock_reason reason) {
    return reasons[reason].words;
}

bool lock_wants_approval(enum lock_reason reason) {
    return reasons[reason].approval;
}
