/* Urgent messages: sent, listed, cancelled. */
#include <string.h>

#include "base/options.h"
#include "headend/base/silence.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/device.h"
#include "headend/ops/messages.h"
#include "headend/ops/screen_group.h"

#define COUNT_SIZE 32 /* bytes of "12 of 14" */

/* ---- Words ---- */

/* "fr=Fermé": the language before the first '=', where it looks like one; else English. */
static const char *words_split(const char *given, char language[URGENT_LANGUAGE_MAX + 1]) {
    size_t size = strspn(given, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    bool named = given[size] == '=' && size >= 2 && size <= URGENT_LANGUAGE_MAX;
    snprintf(language, URGENT_LANGUAGE_MAX + 1, "%.*s", named ? (int)size : 2, named ? given : "en");
    return named ? given + size + 1 : given;
}

static cJSON *text_of(cJSON *texts, const char *language) {
    cJSON *text;
    cJSON_ArrayForEach(text, texts) {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(text, "language")->valuestring, language) == 0)
            return text;
    }
    return NULL;
}

static bool titles_add(cJSON *texts, const struct pp_option_list *titles, struct pp_error *error) {
    for (size_t i = 0; i < titles->count; i++) {
        char language[URGENT_LANGUAGE_MAX + 1];
        const char *words = words_split(titles->items[i], language);
        if (text_of(texts, language))
            return pp_fail(error, PP_E_INVALID, "--title: two in the language %s", language);
        cJSON *text = cJSON_CreateObject();
        cJSON_AddStringToObject(text, "language", language);
        cJSON_AddStringToObject(text, "title", words);
        cJSON_AddItemToArray(texts, text);
    }
    return true;
}

static bool bodies_add(cJSON *texts, const struct pp_option_list *bodies, struct pp_error *error) {
    for (size_t i = 0; i < bodies->count; i++) {
        char language[URGENT_LANGUAGE_MAX + 1];
        const char *words = words_split(bodies->items[i], language);
        cJSON *text = text_of(texts, language);
        if (!text || cJSON_HasObjectItem(text, "text"))
            return pp_fail(error, PP_E_INVALID, "--text: one for each --title, and none in the language %s",
                           language);
        cJSON_AddStringToObject(text, "text", words);
    }
    return true;
}

/* ---- Whom it is for ---- */

static void names_add(cJSON *targets, const char *name, const struct pp_option_list *names) {
    cJSON *list = names->count ? cJSON_AddArrayToObject(targets, name) : NULL;
    for (size_t i = 0; i < names->count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(names->items[i]));
}

static bool screens_add(struct db *db, cJSON *targets, const struct pp_option_list *screens,
                        struct pp_error *error) {
    struct device device;
    cJSON *list = screens->count ? cJSON_AddArrayToObject(targets, "screens") : NULL;
    for (size_t i = 0; i < screens->count; i++) {
        if (!device_resolve(db, screens->items[i], &device, error))
            return false;
        cJSON_AddItemToArray(list, cJSON_CreateString(device.id));
    }
    return true;
}

struct wanted {
    const char *name;
    char id[UUID_TEXT_SIZE];
};

static bool group_match(void *arg, const struct screen_group *group) {
    struct wanted *wanted = arg;
    if (strcmp(group->name, wanted->name) != 0)
        return true;
    snprintf(wanted->id, sizeof wanted->id, "%s", group->id);
    return false;
}

static bool groups_add(struct db *db, cJSON *targets, const struct pp_option_list *groups,
                       struct pp_error *error) {
    static const struct screen_group_page all = {.words = "", .count = GROUPS_MAX};
    cJSON *list = groups->count ? cJSON_AddArrayToObject(targets, "groups") : NULL;
    for (size_t i = 0; i < groups->count; i++) {
        struct wanted wanted = {.name = groups->items[i]};
        if (!screen_group_list(db, &all, group_match, &wanted, error))
            return false;
        if (!*wanted.id)
            return pp_fail(error, PP_E_NOTFOUND, "no such group: %s", wanted.name);
        cJSON_AddItemToArray(list, cJSON_CreateString(wanted.id));
    }
    return true;
}

/* ---- message send ---- */

struct send_options {
    struct pp_option_list titles, texts, screens, groups, sites, tags;
    const char *severity, *style, *sound, *until, *duration, *key;
    bool all;
};

static bool duration_add(cJSON *request, const char *text, struct pp_error *error) {
    int64_t seconds = 0;
    if (!text)
        return true;
    if (!silence_read(text, &seconds, error))
        return pp_wrap(error, "--for");
    return cJSON_AddNumberToObject(request, "duration_s", (double)seconds) != NULL;
}

static void text_add(cJSON *request, const char *name, const char *text) {
    if (text)
        cJSON_AddStringToObject(request, name, text);
}

static bool request_make(struct db *db, const struct send_options *options, cJSON *request,
                         struct pp_error *error) {
    cJSON *texts = cJSON_AddArrayToObject(request, "texts");
    cJSON *targets = cJSON_AddObjectToObject(request, "targets");
    text_add(request, "severity", options->severity ? options->severity : "warning");
    text_add(request, "style", options->style);
    text_add(request, "sound", options->sound);
    text_add(request, "until", options->until);
    text_add(request, "key", options->key);
    names_add(targets, "sites", &options->sites);
    names_add(targets, "tags", &options->tags);
    if (options->all)
        cJSON_AddTrueToObject(targets, "all");
    return titles_add(texts, &options->titles, error) && bodies_add(texts, &options->texts, error) &&
           screens_add(db, targets, &options->screens, error) &&
           groups_add(db, targets, &options->groups, error) &&
           duration_add(request, options->duration, error);
}

static void sent_print(const cJSON *message) {
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(message, "id");
    const cJSON *screens = cJSON_GetObjectItemCaseSensitive(message, "screens");
    printf("%s for %d screens\n", id->valuestring, screens->valueint);
}

bool command_message_send(int argc, char **argv, struct pp_error *error) {
    struct send_options options = {0};
    const struct pp_option table[] = {{"severity", PP_OPTION_STRING, &options.severity},
                                      {"style", PP_OPTION_STRING, &options.style},
                                      {"sound", PP_OPTION_STRING, &options.sound},
                                      {"title", PP_OPTION_LIST, &options.titles},
                                      {"text", PP_OPTION_LIST, &options.texts},
                                      {"for", PP_OPTION_STRING, &options.duration},
                                      {"until", PP_OPTION_STRING, &options.until},
                                      {"key", PP_OPTION_STRING, &options.key},
                                      {"all", PP_OPTION_FLAG, &options.all},
                                      {"screen", PP_OPTION_LIST, &options.screens},
                                      {"group", PP_OPTION_LIST, &options.groups},
                                      {"site", PP_OPTION_LIST, &options.sites},
                                      {"tag", PP_OPTION_LIST, &options.tags},
                                      {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 1, &first, "message send: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !request_make(home->db, &options, request, error) ||
        !command_operate(home, "message.send", request, &result, error))
        return false;
    sent_print(result.value);
    return true;
}

/* ---- message list, message cancel ---- */

static const char *text_in(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static bool row_add(struct table *list, const cJSON *message, struct pp_error *error) {
    char count[COUNT_SIZE];
    const cJSON *texts = cJSON_GetObjectItemCaseSensitive(message, "texts");
    snprintf(count, sizeof count, "%d of %d", cJSON_GetObjectItemCaseSensitive(message, "shown")->valueint,
             cJSON_GetObjectItemCaseSensitive(message, "screens")->valueint);
    const char *const cells[] = {text_in(message, "id"),
                                 text_in(message, "state"),
                                 text_in(message, "severity"),
                                 text_in(message, "until"),
                                 count,
                                 text_in(cJSON_GetArrayItem(texts, 0), "title")};
    return table_add(list, cells, error);
}

static bool list_print(const cJSON *items, struct pp_error *error) {
    static const char *const headers[] = {"ID", "STATE", "SEVERITY", "UNTIL", "SHOWN BY", "TITLE"};
    struct table list;
    const cJSON *message;
    bool ok = true;
    table_init(&list, headers, PP_COUNT(headers));
    cJSON_ArrayForEach(message, items) {
        ok = ok && row_add(&list, message, error);
    }
    if (ok)
        table_print(&list, "no messages");
    table_finish(&list);
    return ok;
}

bool command_message_list(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    const struct pp_option table[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 1, &first, "message list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !command_operate(home, "message.list", request, &result, error))
        return false;
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(result.value, "items");
    if (!json)
        return list_print(items, error);
    command_print_json(items);
    return true;
}

static bool by_message(const char *operation, int argc, char **argv, const char *needed,
                       struct op_result *result, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 2, &first, needed, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    cJSON_AddStringToObject(request, "message", argv[first + 1]);
    return home && command_operate(home, operation, request, result, error);
}

bool command_message_show(int argc, char **argv, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    if (!by_message("message.show", argc, argv, "message show: DIR and ID are needed", &result, error))
        return false;
    command_print_json(result.value);
    return true;
}

bool command_message_cancel(int argc, char **argv, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    return by_message("message.cancel", argc, argv, "message cancel: DIR and ID are needed", &result, error);
}
