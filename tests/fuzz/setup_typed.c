/* A form of a phone: what is taken is a request that can be carried out; what is not leaves nothing behind. */
#include <stdlib.h>
#include <string.h>

#include "setup/typed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct network_request none;
    static const struct setup_opening opening = {
        .scan = {.networks = {{.ssid = "Lobby", .ssid_size = 5, .kind = SCAN_PERSONAL},
                              {.ssid = "Free", .ssid_size = 4, .kind = SCAN_OPEN}},
                 .count = 2}};
    struct network_request request;
    const char *wrong = typed_read(data, size, &opening, "0123456789abcdef0123456789abcdef", &request);
    if (wrong ? memcmp(&request, &none, sizeof none) != 0
              : request.verb != NETWORK_WIFI || !network_request_check(&request, NULL))
        abort();
    network_request_finish(&request);
    return 0;
}
