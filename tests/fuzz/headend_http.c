/* Values that come in HTTP requests, each from the same bytes. */
#include "headend/base/user_code.h"
#include "headend/device/repo_files.h"
#include "headend/pages/time_zones.h"
#include "page/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In lower case it is as long, and again the same. */
static void fold(const char *text, size_t size) {
    char *once = malloc(size + 1);
    char *twice = malloc(size + 1);
    if (once && twice) {
        text_fold(text, once, size + 1);
        text_fold(once, twice, size + 1);
        if (strlen(once) != strlen(text) || strcmp(once, twice) != 0)
            abort();
    }
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct form form = {0};
    (void)!form_parse(&form, data, size, NULL);
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
    fold(text, size);
    const struct time_zones none = {0};
    char zone[TIME_ZONE_MAX + 1];
    if (time_zones_find(&none, text, zone) && !time_zone_check(zone, NULL))
        abort();
    if (repo_path_valid(text))
        repo_path_immutable(text);
    free(text);
    return 0;
}
