#include <stdlib.h>

#include "base/clock.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ingest/separate.h"
#include "headend/ops/channel.h"
#include "headend/ops/publish_run.h"
#include "headend/ops/publish_version.h"
#include "headend/ops/publish_warning.h"

bool command_channel_add(int argc, char **argv, struct pp_error *error) {
    const char *title = NULL;
    const struct pp_option table[] = {{"title", PP_OPTION_STRING, &title}, {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 2)
        return pp_fail(error, PP_E_INVALID, "channel add: DIR and ID are needed");
    const char *id = argv[first + 1];
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "id", id);
    cJSON_AddStringToObject(request, "title", title ? title : id);
    if (!home || !command_operate(home, "channel.add", request, &result, error))
        return false;
    printf("%s\n", id);
    return true;
}

struct listing {
    struct db *db;
    cJSON *list; /* or, where that is NULL: */
    struct table *table;
};

static bool channel_row(struct table *table, const struct channel_summary *channel, struct pp_error *error) {
    char number[24], screens[24], warnings[24], since[PP_RFC3339_SIZE] = "never";
    if (channel->published)
        pp_time_format(channel->published, since);
    snprintf(number, sizeof number, "%lld", (long long)channel->publish);
    snprintf(screens, sizeof screens, "%lld", (long long)channel->screens);
    snprintf(warnings, sizeof warnings, "%lld", (long long)channel->warnings);
    const char *const cells[] = {channel->id, since,    channel->publish ? number : "",
                                 screens,     warnings, channel->title};
    return table_add(table, cells, error);
}

static bool channel_json(const struct listing *listing, const struct channel_summary *summary,
                         struct pp_error *error) {
    char since[PP_RFC3339_SIZE];
    cJSON *warnings = publish_warnings_load(listing->db, summary->id, error);
    if (!warnings)
        return false;
    cJSON *channel = cJSON_CreateObject();
    cJSON_AddStringToObject(channel, "id", summary->id);
    cJSON_AddStringToObject(channel, "title", summary->title);
    cJSON_AddNumberToObject(channel, "publish", (double)summary->publish);
    pp_time_format(summary->published, since);
    cJSON_AddItemToObject(channel, "published",
                          summary->published ? cJSON_CreateString(since) : cJSON_CreateNull());
    cJSON_AddNumberToObject(channel, "screens", (double)summary->screens);
    cJSON_AddItemToObject(channel, "warnings", warnings);
    cJSON_AddItemToArray(listing->list, channel);
    return true;
}

static bool channel_collect(void *arg, const struct channel_summary *channel, struct pp_error *error) {
    const struct listing *listing = arg;
    return listing->list ? channel_json(listing, channel, error)
                         : channel_row(listing->table, channel, error);
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
    if (!home)
        return false;
    struct listing listing = {.db = home->db, .list = list, .table = &table};
    if (!channel_summaries(home->db, channel_collect, &listing, error))
        return false;
    if (json)
        command_print_json(list);
    else
        table_print(&table, "no channels yet: \"publish\" makes one");
    return true;
}

/* Asked for as an operation, and done at once. Takes the request. */
static bool carry_out(struct home *home, const char *operation, cJSON *request, struct pp_error *error) {
    static const struct publish_runner runner = {.renderers = {.folder = ""}}; /* nothing is tried out */
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *taken = request;
    return command_operate(home, operation, taken, &result, error) &&
           publish_job_complete(home, &runner,
                                cJSON_GetObjectItemCaseSensitive(result.value, "job")->valuestring, error);
}

static cJSON *channel_request(const char *id, const char *move_to) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", id);
    if (move_to)
        cJSON_AddStringToObject(request, "move_to", move_to);
    return request;
}

bool command_channel_unpublish(int argc, char **argv, struct pp_error *error) {
    const struct pp_option options[] = {{0}};
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, "channel unpublish: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && carry_out(home, "channel.unpublish", channel_request(argv[first + 1], NULL), error);
}

bool command_channel_remove(int argc, char **argv, struct pp_error *error) {
    const char *move_to = NULL;
    const struct pp_option options[] = {{"move-to", PP_OPTION_STRING, &move_to}, {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, "channel remove: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && carry_out(home, "channel.remove", channel_request(argv[first + 1], move_to), error);
}

/* ---- Versions ---- */

struct version_listing {
    cJSON *list; /* or, where that is NULL: */
    struct table *table;
    struct pp_error error;
};

static void version_json(cJSON *list, const struct version_summary *version) {
    char published[PP_RFC3339_SIZE];
    cJSON *object = cJSON_CreateObject();
    pp_time_format(version->created, published);
    cJSON_AddNumberToObject(object, "number", (double)version->number);
    cJSON_AddStringToObject(object, "published", published);
    cJSON_AddStringToObject(object, "author", version->author);
    cJSON_AddStringToObject(object, "name", version->name);
    cJSON_AddStringToObject(object, "note", version->note);
    cJSON_AddNumberToObject(object, "restored", (double)version->restored);
    cJSON_AddItemToArray(list, object);
}

static bool version_collect(void *arg, const struct version_summary *version) {
    struct version_listing *listing = arg;
    char number[24], published[PP_RFC3339_SIZE], restored[24] = "";
    if (listing->list) {
        version_json(listing->list, version);
        return true;
    }
    snprintf(number, sizeof number, "%lld", (long long)version->number);
    if (version->restored)
        snprintf(restored, sizeof restored, "%lld", (long long)version->restored);
    pp_time_format(version->created, published);
    const char *const cells[] = {number, published, version->author, restored, version->name, version->note};
    return table_add(listing->table, cells, &listing->error);
}

bool command_channel_versions(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"NUMBER", "PUBLISHED", "BY", "AGAIN", "NAME", "NOTE"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    struct channel channel;
    if (!command_words(options, argc, argv, 2, &first, "channel versions: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *list = json ? cJSON_CreateArray() : NULL;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    struct version_listing listing = {.list = list, .table = &table};
    if (!home || !channel_known(home->db, argv[first + 1], &channel, error) ||
        !version_each(home->db, channel.id, version_collect, &listing, error))
        return false;
    if (listing.error.code)
        return pp_fail(error, listing.error.code, "%s", listing.error.message);
    if (json)
        command_print_json(list);
    else
        table_print(&table, "nothing was published on it yet, or it is not kept any more");
    return true;
}

static bool number_read(const char *text, cJSON *request, struct pp_error *error) {
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > 15 || text[digits])
        return pp_fail(error, PP_E_INVALID, "%s: not the number of a version", text);
    cJSON_AddNumberToObject(request, "number", (double)strtoll(text, NULL, 10));
    return true;
}

bool command_channel_restore(int argc, char **argv, struct pp_error *error) {
    const char *note = NULL;
    const char *renderer_user = NULL;
    char renderers[PP_PATH_MAX];
    struct publish_runner runner = {0};
    const struct pp_option options[] = {{"note", PP_OPTION_STRING, &note},
                                        {"renderers", PP_OPTION_STRING, &runner.renderers.folder},
                                        {"renderer-user", PP_OPTION_STRING, &renderer_user},
                                        {0}};
    int first = 0;
    if (!command_words(options, argc, argv, 3, &first, "channel restore: DIR, ID and NUMBER are needed",
                       error) ||
        (!runner.renderers.folder && !content_renderers_find(renderers, error)))
        return false;
    runner.renderers.folder = runner.renderers.folder ? runner.renderers.folder : renderers;
    PP_AUTO(ipc_launcher) struct ipc_launcher *launcher = NULL;
    if (!separate_renderers(argv[first], renderer_user, &launcher, error))
        return false;
    runner.renderers.launcher = launcher;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *request = channel_request(argv[first + 1], NULL);
    op_result_auto struct op_result result = {0};
    if (note)
        cJSON_AddStringToObject(request, "note", note);
    return home && number_read(argv[first + 2], request, error) &&
           command_operate(home, "channel.restore", request, &result, error) &&
           publish_job_complete(home, &runner,
                                cJSON_GetObjectItemCaseSensitive(result.value, "job")->valuestring, error);
}
