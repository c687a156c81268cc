/*
 * The Wi-Fis in reach, as NetworkManager has them: lines of "nmcli -t -f SSID-HEX,SIGNAL,SECURITY device wifi list",
 *
 *      4C6F626279:87:WPA2 WPA3
 *
 * whose names anybody near the screen can choose: they come as hexadecimal digits and stay bytes. A line that is not
 * like that is passed over.
 */
#ifndef PP_NETWORK_SCAN_H
#define PP_NETWORK_SCAN_H

#include "network/request.h"

#define SCAN_NETWORKS_MAX 32    /* the strongest */
#define SCAN_PATIENCE_MS  30000 /* for a radio to go over all channels */

enum scan_kind {
    SCAN_OPEN = 1,
    SCAN_PERSONAL, /* a passphrase, WPA2 or WPA3 */
    SCAN_WPA3,     /* a passphrase, WPA3 alone */
    SCAN_OTHER,    /* WEP, WPA1, 802.1X, OWE: not to be had with a passphrase */
    SCAN_KIND_END,
};

struct scan_network {
    uint8_t ssid[NETWORK_SSID_MAX]; /* any bytes */
    uint8_t ssid_size;              /* 1 to NETWORK_SSID_MAX */
    uint8_t strength;               /* 0 to 100 */
    enum scan_kind kind;
};

struct scan {
    struct scan_network networks[SCAN_NETWORKS_MAX]; /* the strongest first, each name once */
    size_t count;
};

/* Of several with one name it is the best protected one that counts, so that no open one passes for it. */
void scan_parse(const char *lines, struct scan *scan);

/* The first Wi-Fi interface that can be an access point and is not switched off, out of "nmcli -t -f
 * GENERAL.DEVICE,GENERAL.TYPE,GENERAL.STATE,WIFI-PROPERTIES.AP device show"; false: there is none. */
bool scan_find_radio(const char *lines, char interface[NETWORK_INTERFACE_MAX + 1]);

/* Asks nmcli. PP_E_NOTFOUND: there is no such interface. */
PP_MUST_USE bool scan_radio(const char *nmcli, char interface[NETWORK_INTERFACE_MAX + 1],
                            struct pp_error *error);
PP_MUST_USE bool scan_run(const char *nmcli, const char *interface, struct scan *scan,
                          struct pp_error *error);

#endif
