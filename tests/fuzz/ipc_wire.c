/* Any packet either is refused, or encodes to exactly the same bytes again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct ipc_message message;
    uint8_t packet[IPC_PACKET_MAX];
    size_t again = 0;
    struct pp_error error;
    if (!ipc_decode(data, size, &message, &error))
        return 0;
    if (!ipc_encode(&message, packet, &again, &error) || again != size || memcmp(packet, data, size) != 0)
        abort();
    return 0;
}
