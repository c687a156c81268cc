/* Command lines: the words are the input's pieces between NULs. What is left over was given, in that order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/options.h"

#define WORDS_MAX 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_leftovers(char *const *given, char *const *left, int argc, int first) {
    int place = 1;
    for (int i = first; i < argc; i++) {
        while (place < argc && given[place] != left[i])
            place++;
        if (place++ == argc)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(8192);
    if (!pp_buf_add(&text, data, size, NULL))
        return 0;
    char program[] = "program";
    char *argv[WORDS_MAX + 1] = {program};
    int argc = 1;
    for (size_t at = 0; at < text.size && argc < WORDS_MAX; at += strlen((char *)text.data + at) + 1)
        argv[argc++] = (char *)text.data + at;
    char *given[WORDS_MAX + 1];
    memcpy(given, argv, sizeof given);
    bool flag = false;
    const char *string = NULL;
    uint64_t number = 0;
    struct pp_option_list list = {0};
    const struct pp_option table[] = {
        {"flag", PP_OPTION_FLAG, &flag},
        {"string", PP_OPTION_STRING, &string},
        {"number", PP_OPTION_UNSIGNED, &number},
        {"list", PP_OPTION_LIST, &list},
        {0},
    };
    struct pp_error error = {0};
    int first = -1;
    if (pp_options_parse(table, argc, argv, &first, &error)) {
        if (first < 1 || first > argc || list.count > PP_OPTION_LIST_MAX)
            abort();
        check_leftovers(given, argv, argc, first);
    } else if (error.code == PP_OK || first != -1) {
        abort();
    }
    return 0;
}
