/* Any packet either is refused, or encodes to exactly the same bytes again: what is asked of who looks at a file, and
 * what that answers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "headend/ingest/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ingest_message message;
    struct pp_error error;
    char words[INGEST_WORDS_MAX + 1];
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(INGEST_PACKET_MAX);
    if (!ingest_decode(data, size, &message, &error))
        return 0;
    /* A packet over the cap does not come through a socket. */
    if (size > INGEST_PACKET_MAX)
        return 0;
    if (!ingest_encode(&message, &packet, &error) || packet.size != size ||
        memcmp(packet.data, data, size) != 0)
        abort();
    ingest_copy(&message.words, words, sizeof words);
    return 0;
}
