/* What nmcli says of networks in reach: whatever it is, the list keeps to its bounds and its order. */
#include <stdlib.h>
#include <string.h>

#include "network/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct scan scan;
    char interface[NETWORK_INTERFACE_MAX + 1] = "";
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    scan_parse(text, &scan);
    if (scan.count > SCAN_NETWORKS_MAX)
        abort();
    for (size_t i = 0; i < scan.count; i++) {
        const struct scan_network *network = &scan.networks[i];
        if (network->ssid_size < 1 || network->ssid_size > NETWORK_SSID_MAX || network->strength > 100 ||
            network->kind < SCAN_OPEN || network->kind >= SCAN_KIND_END ||
            (i > 0 && scan.networks[i - 1].strength < network->strength))
            abort();
    }
    if (scan_find_radio(text, interface) && (!*interface || strpbrk(interface, " /\n")))
        abort();
    free(text);
    return 0;
}
