/* The vault record of the current manifest: what is taken is printed and taken again as the same. */
#include <stdint.h>

#include "sync/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pp_error error;
    sync_autorecord struct sync_record record;
    sync_autorecord struct sync_record again;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RECORD_SIZE_MAX);
    if (!sync_record_parse(data, size, &record, &error)) {
        again = record;
        return 0;
    }
    if (!sync_record_print(&record, &text, &error) ||
        !sync_record_parse(text.data, text.size, &again, &error))
        abort();
    if (record.has_rejected != again.has_rejected || record.current.there != again.current.there ||
        strcmp(record.current.channel, again.current.channel) != 0 ||
        memcmp(record.current.key, again.current.key, CHANNEL_KEY_SIZE) != 0 ||
        record.previous.length != again.previous.length)
        abort();
    return 0;
}
