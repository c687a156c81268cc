/* Configuration files: every refusal names file and line. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char name[PP_CONFIG_VALUE_MAX] = "", url[PP_CONFIG_VALUE_MAX] = "", path[PP_CONFIG_VALUE_MAX] = "";
    uint64_t number = 10;
    bool yes = false;
    const struct pp_config_field table[] = {
        {.section = "a", .name = "name", .kind = PP_CONFIG_TEXT, .target = name},
        {.section = "a", .name = "url", .kind = PP_CONFIG_URL, .target = url},
        {.section = "b", .name = "path", .kind = PP_CONFIG_PATH, .target = path},
        {.section = "b",
         .name = "number",
         .kind = PP_CONFIG_UNSIGNED,
         .target = &number,
         .min = 10,
         .max = 99},
        {.section = "b", .name = "yes", .kind = PP_CONFIG_BOOL, .target = &yes},
        {0},
    };
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_CONFIG_FILE_MAX);
    struct pp_error error = {0};
    if (!pp_buf_add(&text, data, size, &error))
        return 0;
    if (!pp_config_parse(pp_buf_text(&text), "file", table, &error) &&
        strncmp(error.message, "file:", 5) != 0)
        abort();
    if (number < 10 || number > 99 || (path[0] && path[0] != '/') ||
        (url[0] && strncmp(url, "https://", 8) != 0))
        abort();
    return 0;
}
