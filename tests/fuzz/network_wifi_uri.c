/* Text of a QR code: what is taken is a request that can be carried out; what is not leaves nothing behind. */
#include <stdlib.h>
#include <string.h>

#include "network/wifi_uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct network_request none;
    struct network_request request;
    struct pp_error error = {0};
    if (wifi_uri_parse((const char *)data, size, &request, &error)) {
        if (request.verb != NETWORK_WIFI || !network_request_check(&request, NULL))
            abort();
    } else if (error.code == PP_OK || memcmp(&request, &none, sizeof none) != 0) {
        abort();
    }
    return 0;
}
