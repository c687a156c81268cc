/* Any bytes as signatures of PCR policies, and as a list of PCRs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tpm/pcrsig.h"

static void check_list(const uint8_t *data, size_t size) {
    char text[64];
    uint32_t pcrs;
    if (size >= sizeof text)
        return;
    memcpy(text, data, size);
    text[size] = 0;
    if (pcrsig_parse_list(text, &pcrs, NULL) && (!pcrs || pcrs >> (PCRSIG_PCR_MAX + 1)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pcrsig pcrsig PP_CLEANUP(pcrsig_finish) = {0};
    check_list(data, size);
    if (!pcrsig_parse(data, size, &pcrsig, NULL)) {
        if (pcrsig.entries || pcrsig.count)
            abort();
        return 0;
    }
    for (size_t i = 0; i < pcrsig.count; i++) {
        const struct pcrsig_entry *entry = &pcrsig.entries[i];
        if (!entry->pcrs || entry->pcrs >> (PCRSIG_PCR_MAX + 1) || !entry->signature_size ||
            entry->signature_size > PCRSIG_SIGNATURE_MAX)
            abort();
    }
    return 0;
}
