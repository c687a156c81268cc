#include "base/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct pp_option *option_find(const struct pp_option *table, const char *name, size_t length) {
    for (; table->name; table++) {
        if (strlen(table->name) == length && strncmp(table->name, name, length) == 0)
            return table;
    }
    return NULL;
}

static bool option_store(const struct pp_option *option, const char *value, struct pp_error *error) {
    if (option->kind == PP_OPTION_STRING) {
        *(const char **)option->target = value;
        return true;
    }
    if (option->kind == PP_OPTION_LIST) {
        struct pp_option_list *list = option->target;
        if (list->count == PP_OPTION_LIST_MAX)
            return pp_fail(error, PP_E_LIMIT, "--%s: given more than %d times", option->name,
                           PP_OPTION_LIST_MAX);
        list->items[list->count++] = value;
        return true;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno)
        return pp_fail(error, PP_E_INVALID, "--%s: not a whole number: %s", option->name, value);
    *(uint64_t *)option->target = number;
    return true;
}

/* Takes the option at argv[*index], and its value; leaves *index at the last word taken. */
static bool option_take(const struct pp_option *table, int argc, char **argv, int *index,
                        struct pp_error *error) {
    const char *name = argv[*index] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct pp_option *option = option_find(table, name, length);
    if (!option)
        return pp_fail(error, PP_E_INVALID, "unknown option --%.*s (\"--\" ends the options)", (int)length,
                       name);
    if (option->kind == PP_OPTION_FLAG) {
        if (equals)
            return pp_fail(error, PP_E_INVALID, "--%s takes no value", option->name);
        *(bool *)option->target = true;
        return true;
    }
    if (equals)
        return option_store(option, equals + 1, error);
    if (*index + 1 >= argc)
        return pp_fail(error, PP_E_INVALID, "--%s needs a value", option->name);
    return option_store(option, argv[++*index], error);
}

bool pp_options_parse(const struct pp_option *table, int argc, char **argv, int *first,
                      struct pp_error *error) {
    char **rest = calloc((size_t)argc + 1, sizeof *rest);
    if (!rest)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    int count = 0;
    bool done = false;
    bool ok = true;
    for (int i = 1; i < argc && ok; i++) {
        if (done || strncmp(argv[i], "--", 2) != 0)
            rest[count++] = argv[i];
        else if (argv[i][2] == 0)
            done = true;
        else
            ok = option_take(table, argc, argv, &i, error);
    }
    if (ok) {
        *first = argc - count;
        memcpy(argv + *first, rest, (size_t)count * sizeof *rest);
    }
    free(rest);
    return ok;
}
