/* Feeds, their values and their keys (ops/op_feeds.c). */
#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/feed.h"

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

struct feed_words {
    const char *title, *site, *schema;
    uint64_t max, stale_after;
};

/* "none" takes the schema away. */
static bool schema_add(cJSON *request, const char *file, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SCHEMA_SIZE_MAX);
    if (strcmp(file, "none") == 0)
        return cJSON_AddNullToObject(request, "schema") != NULL;
    if (!pp_file_read(AT_FDCWD, file, &text, error))
        return false;
    cJSON *schema = pp_json_parse(pp_buf_text(&text), text.size, SCHEMA_SIZE_MAX, error);
    return schema ? cJSON_AddItemToObject(request, "schema", schema) : pp_wrap(error, "%s", file);
}

static bool words_add(cJSON *request, const struct feed_words *words, struct pp_error *error) {
    if (words->title)
        cJSON_AddStringToObject(request, "title", words->title);
    if (words->site)
        cJSON_AddStringToObject(request, "site", words->site);
    if (words->max)
        cJSON_AddNumberToObject(request, "value_max", (double)words->max);
    if (words->stale_after)
        cJSON_AddNumberToObject(request, "stale_after_s", (double)words->stale_after);
    return !words->schema || schema_add(request, words->schema, error);
}

static bool feed_write(int argc, char **argv, const char *operation, const char *needed,
                       struct pp_error *error) {
    struct feed_words words = {0};
    const struct pp_option options[] = {{"title", PP_OPTION_STRING, &words.title},
                                        {"site", PP_OPTION_STRING, &words.site},
                                        {"schema", PP_OPTION_STRING, &words.schema},
                                        {"max", PP_OPTION_UNSIGNED, &words.max},
                                        {"stale-after", PP_OPTION_UNSIGNED, &words.stale_after},
                                        {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(options, argc, argv, 2, &first, needed, error))
        return false;
    cJSON_AddStringToObject(request, "feed", argv[first + 1]);
    if (!words_add(request, &words, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, operation, request, &result, error);
}

bool command_feed_add(int argc, char **argv, struct pp_error *error) {
    return feed_write(argc, argv, "feed.add", "feed add: DIR and NAME are needed", error);
}

bool command_feed_set(int argc, char **argv, struct pp_error *error) {
    return feed_write(argc, argv, "feed.change", "feed set: DIR and NAME are needed", error);
}

bool command_feed_remove(int argc, char **argv, struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 2, &first, "feed remove: DIR and NAME are needed", error))
        return false;
    cJSON_AddStringToObject(request, "feed", argv[first + 1]);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, "feed.remove", request, &result, error);
}

bool command_feed_show(int argc, char **argv, struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 2, &first, "feed show: DIR and NAME are needed", error))
        return false;
    cJSON_AddStringToObject(request, "feed", argv[first + 1]);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !command_operate(home, "feed.show", request, &result, error))
        return false;
    command_print_json(result.value);
    return true;
}

bool command_feed_value(int argc, char **argv, struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 3, &first, "feed value: DIR, NAME and JSON are needed", error))
        return false;
    cJSON *value = pp_json_parse(argv[first + 2], strlen(argv[first + 2]), FEED_VALUE_MAX, error);
    if (!value)
        return false;
    cJSON_AddStringToObject(request, "feed", argv[first + 1]);
    cJSON_AddItemToObject(request, "value", value);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, "feed.value", request, &result, error);
}

static bool feed_row(struct table *table, const cJSON *feed, struct pp_error *error) {
    bool stale = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(feed, "stale"));
    const char *time = text_of(feed, "value_time");
    const char *const cells[] = {text_of(feed, "name"),
                                 *time ? stale ? "stale" : "fresh" : "empty",
                                 time,
                                 text_of(feed, "value_by"),
                                 text_of(feed, "site"),
                                 text_of(feed, "title")};
    return table_add(table, cells, error);
}

static bool key_row(struct table *table, const cJSON *key, struct pp_error *error) {
    char feeds[24];
    snprintf(feeds, sizeof feeds, "%d", cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(key, "feeds")));
    const char *const cells[] = {text_of(key, "id"),   text_of(key, "state"),   feeds,
                                 text_of(key, "used"), text_of(key, "expires"), text_of(key, "name")};
    return table_add(table, cells, error);
}

/* What an operation lists, as a table or as JSON. */
struct listing {
    const char *operation, *needed, *nothing;
    const char *const *headers;
    size_t columns;
    bool (*row)(struct table *table, const cJSON *one, struct pp_error *error);
};

static bool list(int argc, char **argv, const struct listing *listing, struct pp_error *error) {
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    table_auto struct table table;
    table_init(&table, listing->headers, listing->columns);
    if (!command_words(options, argc, argv, 1, &first, listing->needed, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !command_operate(home, listing->operation, request, &result, error))
        return false;
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(result.value, "items");
    const cJSON *one;
    cJSON_ArrayForEach(one, items) {
        if (!json && !listing->row(&table, one, error))
            return false;
    }
    if (json)
        command_print_json(items);
    else
        table_print(&table, listing->nothing);
    return true;
}

bool command_feed_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"NAME", "VALUE", "FROM", "BY", "SITE", "TITLE"};
    static const struct listing feeds = {.operation = "feed.list",
                                         .needed = "feed list: one DIR is needed",
                                         .nothing = "no feeds yet: \"feed add\" makes one",
                                         .headers = headers,
                                         .columns = PP_COUNT(headers),
                                         .row = feed_row};
    return list(argc, argv, &feeds, error);
}

/* ---- Keys ---- */

bool command_feed_key_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"ID", "STATE", "FEEDS", "USED", "ENDS", "NAME"};
    static const struct listing keys = {.operation = "feed_key.list",
                                        .needed = "feed-key list: one DIR is needed",
                                        .nothing = "no keys yet: \"feed-key add\" makes one",
                                        .headers = headers,
                                        .columns = PP_COUNT(headers),
                                        .row = key_row};
    return list(argc, argv, &keys, error);
}

bool command_feed_key_add(int argc, char **argv, struct pp_error *error) {
    const char *name = NULL;
    const char *expires = NULL;
    struct pp_option_list feeds = {0};
    const struct pp_option options[] = {{"name", PP_OPTION_STRING, &name},
                                        {"expires", PP_OPTION_STRING, &expires},
                                        {"feed", PP_OPTION_LIST, &feeds},
                                        {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(options, argc, argv, 1, &first, "feed-key add: one DIR is needed", error))
        return false;
    if (!name || !feeds.count)
        return pp_fail(error, PP_E_INVALID, "feed-key add: --name and --feed are needed");
    cJSON_AddStringToObject(request, "name", name);
    if (expires)
        cJSON_AddStringToObject(request, "expires", expires);
    cJSON *names = cJSON_AddArrayToObject(request, "feeds");
    for (size_t i = 0; i < feeds.count; i++)
        cJSON_AddItemToArray(names, cJSON_CreateString(feeds.items[i]));
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !command_operate(home, "feed_key.add", request, &result, error))
        return false;
    printf("%s\nKey: %s   (shown this once)\n", text_of(result.value, "id"), text_of(result.value, "key"));
    return true;
}

bool command_feed_key_revoke(int argc, char **argv, struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 2, &first, "feed-key revoke: DIR and ID are needed", error))
        return false;
    cJSON_AddStringToObject(request, "key", argv[first + 1]);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, "feed_key.revoke", request, &result, error);
}
