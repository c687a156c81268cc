#include "agent/lock.h"

#include <string.h>

static const struct {
    const char *name, *code, *words;
    const char *screen; /* NULL: "locked" */
    bool approval;
} reasons[LOCK_REASONS] = {
    [LOCK_NONE] = {"", NULL, "is not locked", NULL, false},
    [LOCK_UNTOLD] = {"untold", NULL, "is locked", NULL, true},
    [LOCK_RETIRED] = {"retired", NULL, "is retired at the headend", NULL, true},
    [LOCK_UNKNOWN] = {"unknown", NULL, "is not known at the headend", NULL, true},
    [LOCK_OFFLINE] = {"offline", "L-1", "had no word of its headend for as long as it allows", NULL, false},
    [LOCK_NETWORK] = {"network", "L-2", "asks from a network that its headend does not allow", "elsewhere",
                      false},
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

const char *lock_screen(enum lock_reason reason) {
    return reasons[reason].screen ? reasons[reason].screen : "locked";
}

bool lock_wants_approval(enum lock_reason reason) {
    return reasons[reason].approval;
}
