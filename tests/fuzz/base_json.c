/* The JSON parser and the canonical form: what is canonical must parse again to the same canonical bytes. */
#include <stdlib.h>

#include "base/json.h"

#define INPUT_MAX 65536 /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pp_error error = {0};
    pp_autojson cJSON *value = pp_json_parse(data, size, INPUT_MAX, &error);
    if (!value) {
        if (error.code == PP_OK || !error.message[0])
            abort();
        return 0;
    }
    pp_autobuf struct pp_buf once = PP_BUF_INIT(8 * INPUT_MAX);
    if (!pp_json_canonical(value, &once, &error))
        return 0;
    /* The canonical form keeps control characters in strings as they are, so it is not always JSON. */
    pp_autojson cJSON *again = pp_json_parse(pp_buf_text(&once), once.size, once.size, &error);
    if (!again)
        return 0;
    pp_autobuf struct pp_buf twice = PP_BUF_INIT(once.size);
    if (!pp_json_canonical(again, &twice, &error) || twice.size != once.size ||
        memcmp(twice.data, once.data, once.size) != 0)
        abort();
    return 0;
}
