#include "network/reason.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* NetworkManager's reasons as nmcli prints them (NM_DEVICE_STATE_REASON_*), of 1.42 and 1.52; and our own. */
static const struct {
    const char *part;
    enum network_reason reason;
} rows[] = {
    {"Secrets were required", NETWORK_WRONG_PASSPHRASE},
    {"No valid secrets", NETWORK_WRONG_PASSPHRASE},
    {"Invalid secrets", NETWORK_WRONG_PASSPHRASE},
    {"802.1X supplicant disconnected", NETWORK_WRONG_PASSPHRASE},
    {"802.1X supplicant failed", NETWORK_WRONG_PASSPHRASE},
    {"802.1X supplicant took too long", NETWORK_WRONG_PASSPHRASE},
    {"Passwords or encryption keys are required", NETWORK_WRONG_PASSPHRASE},
    {"network could not be found", NETWORK_NOT_IN_REACH},
    {"IP configuration could not be reserved", NETWORK_NO_ADDRESS},
    {"DHCP client", NETWORK_NO_ADDRESS},
    {"IP configuration is no longer valid", NETWORK_NO_ADDRESS},
    {"gateway", NETWORK_NO_GATEWAY},
};

enum network_reason network_reason_of(const char *message) {
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (strstr(message, rows[i].part))
            return rows[i].reason;
    }
    return NETWORK_OTHER_REASON;
}

const char *network_reason_word(enum network_reason reason) {
    static const char *const words[NETWORK_REASON_END] = {
        [NETWORK_NO_REASON] = "",         [NETWORK_WRONG_PASSPHRASE] = "passphrase",
        [NETWORK_NOT_IN_REACH] = "reach", [NETWORK_NO_ADDRESS] = "no-address",
        [NETWORK_NO_GATEWAY] = "gateway", [NETWORK_OTHER_REASON] = "other",
    };
    return words[reason];
}
