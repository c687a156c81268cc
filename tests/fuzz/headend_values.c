/* What feeds are given: a schema, a value, a line each; or CSV. What is taken can be read again, and no check goes on
 * for ever. */
#include <stdlib.h>
#include <string.h>

#include "headend/values/csv.h"
#include "headend/values/json_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX (64 * 1024)

static void csv(const uint8_t *data, size_t size) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(MAX);
    struct pp_error error = {0};
    if (!csv_to_json(data, size, &json, &error))
        return;
    pp_autojson cJSON *value = pp_json_parse(json.data, json.size, MAX, &error);
    if (!cJSON_IsArray(value) && error.code != PP_E_LIMIT)
        abort();
}

static void schema(const uint8_t *data, size_t size) {
    const uint8_t *line = memchr(data, '\n', size);
    struct schema_fault fault;
    if (!line)
        return;
    pp_autojson cJSON *rules = pp_json_parse(data, (size_t)(line - data), SCHEMA_SIZE_MAX, NULL);
    pp_autojson cJSON *value = pp_json_parse(line + 1, size - (size_t)(line + 1 - data), MAX, NULL);
    if (!rules || !schema_check(rules, &fault, NULL)) {
        if (rules && memchr(fault.place, 0, sizeof fault.place) == NULL)
            abort();
        return;
    }
    if (value && !schema_validate(rules, value, &fault, NULL) && !memchr(fault.place, 0, sizeof fault.place))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    csv(data, size);
    schema(data, size);
    return 0;
}
