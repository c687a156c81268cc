/* The file of a USB stick: what is taken is a request that can be carried out; what is not leaves nothing behind. */
#include <stdlib.h>
#include <string.h>

#include "network/stick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct network_request none;
    struct network_request request;
    struct pp_error error = {0};
    if (stick_parse(data, size, &request, &error)) {
        bool sets =
            request.verb == NETWORK_WIFI || request.verb == NETWORK_STATIC || request.verb == NETWORK_DHCP;
        if (!sets || size > STICK_FILE_MAX || !network_request_check(&request, NULL))
            abort();
    } else if (error.code == PP_OK || memcmp(&request, &none, sizeof none) != 0) {
        abort();
    }
    return 0;
}
