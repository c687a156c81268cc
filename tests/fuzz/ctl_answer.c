/* Any document that comes as an agent's answer is shown, whatever stands in it: the first byte says as which. */
#include <stdint.h>
#include <stdio.h>

#include "ctl/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct ctl ctl = {.language = size && data[0] & 8 ? LANGUAGE_FR : LANGUAGE_EN};
    struct pp_error error;
    static FILE *nowhere;
    if (!nowhere)
        nowhere = freopen("/dev/null", "w", stdout);
    pp_autojson cJSON *document = size ? pp_json_parse(data + 1, size - 1, LOCAL_TEXT_MAX, &error) : NULL;
    if (!document)
        return 0;
    switch (data[0] & 7) {
    case 0:
        status_show(&ctl, document);
        break;
    case 1:
        stats_show(&ctl, document);
        break;
    case 2:
        (void)enrol_show(&ctl, document);
        break;
    case 3:
        schedule_show(&ctl, document);
        break;
    default:
        diagnose_show(&ctl, document);
    }
    return 0;
}
