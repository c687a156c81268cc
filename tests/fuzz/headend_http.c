/* Values that come in HTTP requests, each from the same bytes. */
#include "headend/form.h"
#include "headend/repo_files.h"
#include "headend/user_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct form form = {0};
    form_parse(&form, data, size, NULL);
    form_get(&form, "name");
    form_finish(&form);
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    char value[COOKIE_VALUE_MAX];
    char code[USER_CODE_SIZE];
    uint64_t first = 0;
    uint64_t last = 0;
    cookie_find(text, "__Host-pingplay", value);
    if (range_parse(text, 1000, &first, &last) == RANGE_PART && (first > last || last > 999))
        abort();
    etag_matches(text, "\"a\"");
    prefer_wait(text, 60);
    language_choose(text);
    user_code_read(text, code);
    if (repo_path_valid(text))
        repo_path_immutable(text);
    free(text);
    return 0;
}
