/* Any packet either is refused, or encodes to exactly the same bytes again: what the signer is asked, and answers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "headend/signing/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct signing_message message;
    struct pp_error error;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
    if (!signing_decode(data, size, &message, &error))
        return 0;
    if (!signing_encode(&message, &packet, &error) || packet.size != size ||
        memcmp(packet.data, data, size) != 0)
        abort();
    return 0;
}
