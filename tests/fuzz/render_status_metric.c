/* The JSON of a live value: START_STATUS and DATA. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "render/status/metric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct metric metric;
    pp_autofree char *json = malloc(size + 1);
    if (!json)
        return 0;
    memcpy(json, data, size);
    json[size] = 0;
    if (metric_parse(json, &metric, NULL) &&
        (metric.width > METRIC_SIDE_MAX || metric.height < METRIC_SIDE_MIN))
        abort();
    (void)metric_is(json);
    return 0;
}
