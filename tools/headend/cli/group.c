/* Groups of screens, and settings that cascade to them. */
#include "base/options.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/screen_group.h"

#define NUMBER_SIZE 24 /* bytes of one in digits */

static void texts_add(cJSON *request, const char *name, const struct pp_option_list *texts) {
    cJSON *list = texts->count ? cJSON_AddArrayToObject(request, name) : NULL;
    for (size_t i = 0; i < texts->count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(texts->items[i]));
}

/* The ids of screens as people call them. */
static bool screens_add(struct db *db, cJSON *request, const struct pp_option_list *screens,
                        struct pp_error *error) {
    struct device device;
    cJSON *list = screens->count ? cJSON_AddArrayToObject(request, "screens") : NULL;
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

/* Adds the id of the group of that name. */
static bool group_add_id(struct db *db, cJSON *request, const char *name, struct pp_error *error) {
    static const struct screen_group_page all = {.words = "", .count = GROUPS_MAX};
    struct wanted wanted = {.name = name};
    if (!screen_group_list(db, &all, group_match, &wanted, error))
        return false;
    cJSON_AddStringToObject(request, "group", wanted.id);
    return *wanted.id || pp_fail(error, PP_E_NOTFOUND, "no such group: %s", name);
}

bool command_group_add(int argc, char **argv, struct pp_error *error) {
    struct pp_option_list tags = {0};
    struct pp_option_list sites = {0};
    struct pp_option_list screens = {0};
    uint64_t priority = 0;
    const struct pp_option table[] = {{"priority", PP_OPTION_UNSIGNED, &priority},
                                      {"tag", PP_OPTION_LIST, &tags},
                                      {"site", PP_OPTION_LIST, &sites},
                                      {"screen", PP_OPTION_LIST, &screens},
                                      {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 2, &first, "group add: DIR and NAME are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    cJSON_AddStringToObject(request, "name", argv[first + 1]);
    cJSON_AddNumberToObject(request, "priority", (double)priority);
    texts_add(request, "tags", &tags);
    texts_add(request, "sites", &sites);
    return home && screens_add(home->db, request, &screens, error) &&
           command_operate(home, "group.create", request, &result, error);
}

bool command_group_remove(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 2, &first, "group remove: DIR and NAME are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && group_add_id(home->db, request, argv[first + 1], error) &&
           command_operate(home, "group.remove", request, &result, error);
}

struct group_table {
    struct table table;
    struct pp_error error;
};

static bool group_collect(void *arg, const struct screen_group *group) {
    struct group_table *list = arg;
    char priority[NUMBER_SIZE], screens[NUMBER_SIZE];
    snprintf(priority, sizeof priority, "%lld", (long long)group->priority);
    snprintf(screens, sizeof screens, "%lld", (long long)group->screens);
    const char *const cells[] = {group->name, priority, screens};
    return table_add(&list->table, cells, &list->error);
}

bool command_group_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"NAME", "PRIORITY", "SCREENS"};
    static const struct screen_group_page all = {.words = "", .count = GROUPS_MAX};
    const struct pp_option table[] = {{0}};
    struct group_table list = {0};
    int first = 0;
    if (!command_words(table, argc, argv, 1, &first, "group list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home)
        return false;
    table_init(&list.table, headers, PP_COUNT(headers));
    bool ok = screen_group_list(home->db, &all, group_collect, &list, error);
    if (ok && list.error.code)
        ok = pp_fail(error, list.error.code, "%s", list.error.message);
    if (ok)
        table_print(&list.table, "no groups");
    table_finish(&list.table);
    return ok;
}

/* ---- Settings ---- */

/* Whose they are: "organisation", "site", "group" or "screen", which begins an operation's name. */
static const char *level_add(struct db *db, cJSON *request, const char *site, const char *group,
                             const char *screen, struct pp_error *error) {
    struct device device;
    if ((site != NULL) + (group != NULL) + (screen != NULL) > 1) {
        pp_fail(error, PP_E_INVALID, "settings: one of --site, --group and --screen");
        return NULL;
    }
    if (group)
        return group_add_id(db, request, group, error) ? "group" : NULL;
    if (screen && !device_resolve(db, screen, &device, error))
        return NULL;
    if (site)
        cJSON_AddStringToObject(request, "site", site);
    else if (screen)
        cJSON_AddStringToObject(request, "screen", device.id);
    return site ? "site" : screen ? "screen" : "organisation";
}

bool command_settings(int argc, char **argv, struct pp_error *error) {
    struct device_settings settings = {0};
    struct pp_option_list inherited = {0};
    const char *site = NULL;
    const char *group = NULL;
    const char *screen = NULL;
    const struct pp_option table[] = {{"site", PP_OPTION_STRING, &site},
                                      {"group", PP_OPTION_STRING, &group},
                                      {"screen", PP_OPTION_STRING, &screen},
                                      {"time-zone", PP_OPTION_STRING, &settings.time_zone},
                                      {"locale", PP_OPTION_STRING, &settings.locale},
                                      {"rotation", PP_OPTION_STRING, &settings.rotation},
                                      {"offline-mark", PP_OPTION_STRING, &settings.offline_mark},
                                      {"lock-after", PP_OPTION_STRING, &settings.lock_after},
                                      {"erase-after", PP_OPTION_STRING, &settings.erase_after},
                                      {"inherit", PP_OPTION_LIST, &inherited},
                                      {0}};
    int first = 0;
    char operation[32];
    op_result_auto struct op_result done = {0};
    op_result_auto struct op_result shown = {0};
    pp_autojson cJSON *named = cJSON_CreateObject();
    if (!command_words(table, argc, argv, 1, &first, "settings: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    const char *level = home ? level_add(home->db, named, site, group, screen, error) : NULL;
    if (!level)
        return false;
    pp_autojson cJSON *request = cJSON_Duplicate(named, true);
    int given = cJSON_GetArraySize(request);
    for (size_t i = 0; i < inherited.count; i++)
        cJSON_AddNullToObject(request, inherited.items[i]);
    snprintf(operation, sizeof operation, "%s.set", level);
    if (!screen_request_settings(request, &settings, error) ||
        (cJSON_GetArraySize(request) > given && !command_operate(home, operation, request, &done, error)))
        return false;
    snprintf(operation, sizeof operation, "%s.settings", level);
    if (!command_operate(home, operation, named, &shown, error))
        return false;
    command_print_json(shown.value);
    return true;
}
