/* An opening of the access point: what is taken is written again as the same bytes; what is not leaves nothing behind.
 * */
#include <stdlib.h>
#include <string.h>

#include "network/setup_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct setup_opening none;
    struct setup_opening opening;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SETUP_PACKET_MAX);
    if (!setup_opening_decode(data, size, &opening, &error)) {
        if (error.code == PP_OK || memcmp(&opening, &none, sizeof none) != 0)
            abort();
    } else if (!setup_opening_encode(&opening, &packet, &error) || packet.size != size ||
               memcmp(packet.data, data, size) != 0) {
        abort();
    }
    return 0;
}
