/* Canonical JSON of anything that parses, parses again and is its own canonical form. Control characters
 * stand for themselves in it, which JSON proper (RFC 8259 §7) does not allow, so they are escaped for the
 * second parse. */
#include <stdint.h>

#include "base/json.h"

#define FUZZ_MAX    65536            /* bytes */
#define ESCAPED_MAX (6UL * FUZZ_MAX) /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool escape_controls(const struct pp_buf *canonical, struct pp_buf *out) {
    for (size_t i = 0; i < canonical->size; i++) {
        uint8_t byte = canonical->data[i];
        if (byte < ' ' ? !pp_buf_addf(out, NULL, "\\u%04x", byte) : !pp_buf_add(out, &byte, 1, NULL))
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autobuf struct pp_buf once = PP_BUF_INIT(ESCAPED_MAX);
    pp_autobuf struct pp_buf escaped = PP_BUF_INIT(ESCAPED_MAX);
    pp_autobuf struct pp_buf twice = PP_BUF_INIT(ESCAPED_MAX);
    pp_autojson cJSON *value = pp_json_parse(data, size, FUZZ_MAX, NULL);
    if (!value || !pp_json_canonical(value, &once, NULL))
        return 0;
    if (!escape_controls(&once, &escaped))
        abort();
    pp_autojson cJSON *again = pp_json_parse(escaped.data, escaped.size, ESCAPED_MAX, NULL);
    if (!again || !pp_json_canonical(again, &twice, NULL) || once.size != twice.size ||
        memcmp(once.data, twice.data, once.size) != 0)
        abort();
    return 0;
}
