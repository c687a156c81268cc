/* Any packet either is refused, or encodes to exactly the same bytes again: what the agent and pingplayctl read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/local.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct local_message message;
    struct pp_error error;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    if (!local_decode(data, size, &message, &error))
        return 0;
    if (!local_encode(&message, &packet, &error) || packet.size != size ||
        memcmp(packet.data, data, size) != 0)
        abort();
    return 0;
}
