#include "headend/ops/channel.h"
#include "base/clock.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/publish.h"
#include "headend/ops/publish_warning.h"

bool command_channel_add(int argc, char **argv, struct pp_error *error) {
    const char *title = NULL;
    const struct pp_option table[] = {{"title", PP_OPTION_STRING, &title}, {0}};
    int first = 0;
    bool made = false;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 2)
        return pp_fail(error, PP_E_INVALID, "channel add: DIR and ID are needed");
    const char *id = argv[first + 1];
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !channel_make(home->db, id, title ? title : id, &made, error))
        return false;
    if (!made)
        return pp_fail(error, PP_E_STATE, "there is a channel \"%s\" already", id);
    home_wake(home);
    printf("%s\n", id);
    return true;
}

/* id, title, number and time of the last publish, screens that are not retired */
static struct db_row *channels_query(struct db *db, struct pp_error *error) {
    return db_query(db, error, DB_CHANNEL_LIST);
}

static bool channel_row(struct table *table, struct db_row *row, struct pp_error *error) {
    char number[24], screens[24], warnings[24], since[PP_RFC3339_SIZE] = "never";
    if (db_int(row, 3))
        pp_time_format(db_int(row, 3), since);
    snprintf(number, sizeof number, "%lld", (long long)db_int(row, 2));
    snprintf(screens, sizeof screens, "%lld", (long long)db_int(row, 4));
    snprintf(warnings, sizeof warnings, "%lld", (long long)db_int(row, 5));
    const char *const cells[] = {db_text(row, 0), since,    db_int(row, 2) ? number : "",
                                 screens,         warnings, db_text(row, 1)};
    return table_add(table, cells, error);
}

static bool channel_json(cJSON *list, struct db *db, struct db_row *row, struct pp_error *error) {
    char since[PP_RFC3339_SIZE];
    cJSON *warnings = publish_warnings_load(db, db_text(row, 0), error);
    if (!warnings)
        return false;
    cJSON *channel = cJSON_CreateObject();
    cJSON_AddStringToObject(channel, "id", db_text(row, 0));
    cJSON_AddStringToObject(channel, "title", db_text(row, 1));
    cJSON_AddNumberToObject(channel, "publish", (double)db_int(row, 2));
    pp_time_format(db_int(row, 3), since);
    cJSON_AddItemToObject(channel, "published",
                          db_int(row, 3) ? cJSON_CreateString(since) : cJSON_CreateNull());
    cJSON_AddNumberToObject(channel, "screens", (double)db_int(row, 4));
    cJSON_AddItemToObject(channel, "warnings", warnings);
    cJSON_AddItemToArray(list, channel);
    return true;
}

/* Into `list`, or `table` where that is NULL. */
static bool channels_collect(struct db *db, cJSON *list, struct table *table, struct pp_error *error) {
    db_autorow struct db_row *row = channels_query(db, error);
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "channel", &end)) {
        if (!(list ? channel_json(list, db, row, error) : channel_row(table, row, error)))
            return false;
    }
    return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
}

bool command_channel_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"ID", "PUBLISHED", "NUMBER", "SCREENS", "WARNINGS", "TITLE"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 1, &first, "channel list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *list = json ? cJSON_CreateArray() : NULL;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    if (!home || !channels_collect(home->db, list, &table, error))
        return false;
    if (json)
        command_print_json(list);
    else
        table_print(&table, "no channels yet: \"publish\" makes one");
    return true;
}

bool command_channel_unpublish(int argc, char **argv, struct pp_error *error) {
    const struct pp_option options[] = {{0}};
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, "channel unpublish: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && publish_withdraw(home, argv[first + 1], error);
}

bool command_channel_remove(int argc, char **argv, struct pp_error *error) {
    const char *move_to = NULL;
    const struct pp_option options[] = {{"move-to", PP_OPTION_STRING, &move_to}, {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, "channel remove: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && publish_remove_channel(home, argv[first + 1], move_to, error);
}
