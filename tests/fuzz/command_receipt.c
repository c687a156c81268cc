/* The payload of a receipt: what is read can be kept, and is written again with the same meaning. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    command_receipt_auto struct command_receipt receipt = {0};
    command_receipt_auto struct command_receipt again = {0};
    struct pp_error error = {0};
    if (!command_receipt_read(data, size, &receipt, &error)) {
        if (error.code == PP_OK || receipt.result)
            abort();
        return 0;
    }
    struct command_entry entry = {.outcome = receipt.outcome,
                                  .sequence = receipt.sequence,
                                  .at_s = receipt.at_s,
                                  .result = receipt.result};
    strcpy(entry.id, receipt.id);
    strcpy(entry.name, receipt.name);
    strcpy(entry.reason, receipt.reason);
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX * 8);
    if (!command_receipt_write(&entry, &payload, NULL))
        abort();
    if (command_receipt_read(payload.data, payload.size, &again, NULL) &&
        (strcmp(again.id, receipt.id) != 0 || again.outcome != receipt.outcome ||
         again.sequence != receipt.sequence || strcmp(again.reason, receipt.reason) != 0))
        abort();
    return 0;
}
