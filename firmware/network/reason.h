/* Why a Wi-Fi did not come up, out of what nmcli(1) and change.h say: as few words as somebody with a phone can use. */
#ifndef PP_NETWORK_REASON_H
#define PP_NETWORK_REASON_H

enum network_reason {
    NETWORK_NO_REASON,
    NETWORK_WRONG_PASSPHRASE,
    NETWORK_NOT_IN_REACH,
    NETWORK_NO_ADDRESS,
    NETWORK_NO_GATEWAY,
    NETWORK_OTHER_REASON,
    NETWORK_REASON_END,
};

enum network_reason network_reason_of(const char *message);
/* "", "passphrase", "reach", "no-address", "gateway", "other": the end of a key of the words. */
const char *network_reason_word(enum network_reason reason);

#endif
