/* A request's target: the path against a map of patterns, and what is behind the '?'. */
#include "headend/http/list.h"
#include "headend/http/path_map.h"
#include "headend/http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const patterns[] = {
    "/",
    "/api/v1/screens",
    "/api/v1/screens/{id:uuid}",
    "/api/v1/screens/{id:number}",
    "/api/v1/screens/{id}/commands/{command}",
    "/api/v1/{a}/{b}/{c}/{d}",
    "/repo/{path...}",
};

/* What was found stands in the path as it should: no parameter has a slash but the rest, none is empty or leads up. */
static void check(const struct path *path, const struct path_match *match, const char *pattern) {
    static const char *const names[] = {"id", "command", "a", "b", "c", "d", "path"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        const char *value = path_parameter(match, pattern, path, names[i]);
        if (!value)
            continue;
        if (!*value || strcmp(value, ".") == 0 || strcmp(value, "..") == 0 || strstr(value, "/../") ||
            (strcmp(names[i], "path") != 0 && strchr(value, '/')))
            abort();
    }
}

/* A cursor that is taken leads to where it came from. */
static void listing(const struct query *query) {
    static const char *const sorts[] = {"name", "seen", NULL};
    static const struct list_form form = {
        .sorts = sorts, .keys = 2, .searched = true, .filters = {{"site", NULL}}};
    struct list list;
    const char *parameter;
    pp_autobuf struct pp_buf cursor = PP_BUF_INIT(2 * LIST_CURSOR_MAX);
    if (list_read(&list, &form, query, &parameter, NULL) && list.begun &&
        !list_cursor(&list, &form, list.keys, &cursor, NULL))
        abort();
    list_finish(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    struct path_map *map = path_map_create(NULL);
    bool good = text && map;
    for (size_t i = 0; good && i < PP_COUNT(patterns); i++)
        good = path_map_add(map, "GET", patterns[i], patterns[i], NULL);
    if (good) {
        struct path path;
        struct path_match match;
        struct query query = {0};
        if (size)
            memcpy(text, data, size);
        text[size] = 0;
        char *mark = strchr(text, '?');
        if (mark)
            *mark++ = 0;
        const char *pattern = path_parse(&path, text) ? path_map_find(map, "HEAD", &path, &match) : NULL;
        if (pattern)
            check(&path, &match, pattern);
        for (char *field = mark; field;) {
            char *next = strchr(field, '&');
            if (next)
                *next++ = 0;
            char *value = strchr(field, '=');
            if (value)
                *value++ = 0;
            query_add(&query, field, value);
            field = next;
        }
        listing(&query);
        query_finish(&query);
        /* and as a pattern, beside those */
        (void)!path_map_add(map, "GET", text, text, NULL);
        if (path_parse(&path, "/api/v1/screens/7") && !path_map_find(map, "GET", &path, &match))
            abort();
    }
    path_map_destroy(map);
    free(text);
    return 0;
}
