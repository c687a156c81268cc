#include "network/scan.h"

#include <string.h>

#include "base/encode.h"
#include "base/mem.h"
#include "network/nmcli.h"

static bool has_word(const char *words, const char *word) {
    size_t size = strlen(word);
    for (const char *at = words; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
        if (strncmp(at, word, size) == 0 && (!at[size] || at[size] == ' '))
            return true;
    }
    return false;
}

static enum scan_kind kind_of(const char *security) {
    bool wpa2 = has_word(security, "WPA2"), wpa3 = has_word(security, "WPA3");
    if (!*security || strcmp(security, "--") == 0 || strcmp(security, "OWE-TM") == 0)
        return SCAN_OPEN;
    if (has_word(security, "802.1X") || (!wpa2 && !wpa3))
        return SCAN_OTHER;
    return wpa2 ? SCAN_PERSONAL : SCAN_WPA3;
}

static bool read_line(const char *line, size_t size, struct scan_network *network) {
    char text[160], digits[2 * NETWORK_SSID_MAX + 1], number[4], security[64] = "";
    int used = 0;
    if (size >= sizeof text)
        return false;
    memcpy(text, line, size);
    text[size] = 0;
    if (sscanf(text, "%64[0-9A-Fa-f]:%3[0-9]:%n", digits, number, &used) != 2 || !used ||
        strlen(text + used) >= sizeof security)
        return false;
    strcpy(security, text + used);
    unsigned long strength = strtoul(number, NULL, 10);
    if (strength > 100)
        return false;
    size_t length = strlen(digits);
    static const uint8_t nameless[NETWORK_SSID_MAX];
    *network = (struct scan_network){
        .ssid_size = (uint8_t)(length / 2), .strength = (uint8_t)strength, .kind = kind_of(security)};
    return length % 2 == 0 && pp_hex_decode(digits, network->ssid, length / 2, NULL) &&
           memcmp(network->ssid, nameless, network->ssid_size) != 0;
}

/* The better protected, and more use: a passphrase before none, none before what cannot be had. */
static int rank(enum scan_kind kind) {
    static const int ranks[SCAN_KIND_END] = {
        [SCAN_OTHER] = 1, [SCAN_OPEN] = 2, [SCAN_PERSONAL] = 3, [SCAN_WPA3] = 4};
    return ranks[kind];
}

static bool same_name(const struct scan_network *a, const struct scan_network *b) {
    return a->ssid_size == b->ssid_size && memcmp(a->ssid, b->ssid, a->ssid_size) == 0;
}

/* Which of two of one name stays. */
static bool is_better(const struct scan_network *a, const struct scan_network *b) {
    return rank(a->kind) != rank(b->kind) ? rank(a->kind) > rank(b->kind) : a->strength > b->strength;
}

static void add(struct scan *scan, const struct scan_network *network) {
    size_t at = 0, count = scan->count;
    while (at < count && !same_name(&scan->networks[at], network))
        at++;
    if (at < count && !is_better(network, &scan->networks[at]))
        return;
    if (at == count && count == SCAN_NETWORKS_MAX) {
        if (scan->networks[count - 1].strength >= network->strength)
            return;
        at = count - 1;
    }
    if (at == count)
        scan->count++;
    /* Out of its old place, into the one of its strength. */
    memmove(&scan->networks[at], &scan->networks[at + 1], (scan->count - 1 - at) * sizeof *network);
    size_t last = scan->count - 1;
    for (at = last; at > 0 && scan->networks[at - 1].strength < network->strength; at--)
        scan->networks[at] = scan->networks[at - 1];
    scan->networks[at] = *network;
}

void scan_parse(const char *lines, struct scan *scan) {
    struct scan_network network;
    *scan = (struct scan){0};
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (read_line(line, strcspn(line, "\n"), &network))
            add(scan, &network);
    }
}

/* ---- The interface ---- */

static bool is_name(const char *text, size_t size) {
    return size > 0 && size <= NETWORK_INTERFACE_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") >= size;
}

/* The value of a line "name:value"; NULL where it is another line. */
static const char *value_of(const char *line, const char *name) {
    size_t size = strlen(name);
    return strncmp(line, name, size) == 0 && line[size] == ':' ? line + size + 1 : NULL;
}

bool scan_find_radio(const char *lines, char interface[NETWORK_INTERFACE_MAX + 1]) {
    char name[NETWORK_INTERFACE_MAX + 1] = "";
    bool wifi = false, ready = false;
    for (const char *line = lines; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *value;
        if ((value = value_of(line, "GENERAL.DEVICE"))) {
            size_t size = strcspn(value, "\n");
            wifi = ready = false;
            snprintf(name, sizeof name, "%.*s", is_name(value, size) ? (int)size : 0, value);
        } else if ((value = value_of(line, "GENERAL.TYPE"))) {
            wifi = strncmp(value, "wifi\n", 5) == 0;
        } else if ((value = value_of(line, "GENERAL.STATE"))) {
            /* NM_DEVICE_STATE_DISCONNECTED, and what is above: neither unmanaged nor unavailable. */
            ready = strtol(value, NULL, 10) >= 30;
        } else if ((value = value_of(line, "WIFI-PROPERTIES.AP")) && wifi && ready && *name &&
                   strncmp(value, "yes", 3) == 0) {
            strcpy(interface, name);
            return true;
        }
    }
    return false;
}

bool scan_radio(const char *nmcli, char interface[NETWORK_INTERFACE_MAX + 1], struct pp_error *error) {
    static const char *const words[] = {
        "-t", "-f", "GENERAL.DEVICE,GENERAL.TYPE,GENERAL.STATE,WIFI-PROPERTIES.AP", "device", "show", NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    return nmcli_run(nmcli, words, NMCLI_SHORT_MS, &lines, error) &&
           (scan_find_radio(pp_buf_text(&lines), interface) ||
            pp_fail(error, PP_E_NOTFOUND, "there is no Wi-Fi that can be an access point"));
}

bool scan_run(const char *nmcli, const char *interface, struct scan *scan, struct pp_error *error) {
    const char *const words[] = {
        "-t",  "-f", "SSID-HEX,SIGNAL,SECURITY", "device", "wifi", "list", "ifname", interface, "--rescan",
        "yes", NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    *scan = (struct scan){0};
    if (!nmcli_run(nmcli, words, SCAN_PATIENCE_MS, &lines, error))
        return false;
    scan_parse(pp_buf_text(&lines), scan);
    return true;
}
