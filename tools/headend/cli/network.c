#include "headend/ops/network.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"

/* The words behind DIR. */
static cJSON *ranges_request(int argc, char **argv, int first) {
    cJSON *request = cJSON_CreateObject();
    cJSON *ranges = cJSON_AddArrayToObject(request, "ranges");
    for (int i = first; i < argc; i++)
        cJSON_AddItemToArray(ranges, cJSON_CreateString(argv[i]));
    return request;
}

static bool ranges_set(const char *folder, const char *operation, const cJSON *request,
                       struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    PP_AUTO(home) struct home *home = home_open(folder, error);
    return home && command_operate(home, operation, request, &result, error);
}

/* DIR, and then either `none` or ranges. */
static bool words_check(int argc, int first, bool none, const char *needed, struct pp_error *error) {
    int ranges = argc - first - 1;
    return (ranges >= 0 && none == (ranges == 0)) || pp_fail(error, PP_E_INVALID, "%s (try --help)", needed);
}

bool command_network_screens(int argc, char **argv, struct pp_error *error) {
    const char *channel = "";
    bool any = false;
    const struct pp_option table[] = {
        {"channel", PP_OPTION_STRING, &channel}, {"any", PP_OPTION_FLAG, &any}, {0}};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error) ||
        !words_check(argc, first, any, "network screens: DIR is needed, and ranges or --any", error))
        return false;
    pp_autojson cJSON *request = ranges_request(argc, argv, first + 1);
    if (*channel)
        cJSON_AddStringToObject(request, "channel", channel);
    return ranges_set(argv[first], "network.screens", request, error);
}

bool command_network_proxies(int argc, char **argv, struct pp_error *error) {
    const char *name = forwarded_name(FORWARDED_STANDARD);
    bool none = false;
    const struct pp_option table[] = {
        {"header", PP_OPTION_STRING, &name}, {"none", PP_OPTION_FLAG, &none}, {0}};
    int first = 0;
    enum forwarded_header header;
    if (!pp_options_parse(table, argc, argv, &first, error) ||
        !words_check(argc, first, none, "network proxies: DIR is needed, and ranges or --none", error))
        return false;
    if (!forwarded_named(name, &header))
        return pp_fail(error, PP_E_INVALID, "--header: must be Forwarded or X-Forwarded-For");
    pp_autojson cJSON *request = ranges_request(argc, argv, first + 1);
    cJSON_AddStringToObject(request, "header", forwarded_name(header));
    return ranges_set(argv[first], "network.proxies", request, error);
}

struct listing {
    cJSON *lists; /* or, where that is NULL: */
    struct table *table;
    const char *header;
};

static bool range_row(const struct listing *listing, const char *channel, const char *range,
                      struct pp_error *error) {
    bool proxy = strcmp(channel, NETWORK_PROXIES) == 0;
    const char *const cells[] = {proxy ? "proxies" : "screens", proxy ? "" : channel, range,
                                 proxy ? listing->header : ""};
    return table_add(listing->table, cells, error);
}

static void range_json(cJSON *lists, const char *channel, const char *range) {
    bool proxy = strcmp(channel, NETWORK_PROXIES) == 0;
    cJSON *parent = proxy || !*channel ? lists : cJSON_GetObjectItemCaseSensitive(lists, "channels");
    const char *name = proxy ? "proxies" : *channel ? channel : "screens";
    if (!cJSON_HasObjectItem(parent, name))
        cJSON_AddArrayToObject(parent, name);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(parent, name), cJSON_CreateString(range));
}

static bool range_collect(void *arg, const char *channel, const char *range, struct pp_error *error) {
    const struct listing *listing = arg;
    if (!listing->lists)
        return range_row(listing, channel, range, error);
    range_json(listing->lists, channel, range);
    return true;
}

static cJSON *lists_make(const char *header) {
    cJSON *lists = cJSON_CreateObject();
    cJSON_AddArrayToObject(lists, "screens");
    cJSON_AddObjectToObject(lists, "channels");
    cJSON_AddArrayToObject(lists, "proxies");
    cJSON_AddStringToObject(lists, "header", header);
    return lists;
}

bool command_network_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"OF", "CHANNEL", "RANGE", "HEADER"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    enum forwarded_header header;
    if (!command_words(options, argc, argv, 1, &first, "network list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !network_header_load(home->db, &header, error))
        return false;
    pp_autojson cJSON *lists = json ? lists_make(forwarded_name(header)) : NULL;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    struct listing listing = {.lists = lists, .table = &table, .header = forwarded_name(header)};
    if (!network_each(home->db, range_collect, &listing, error))
        return false;
    if (json)
        command_print_json(lists);
    else
        table_print(&table, "no ranges: screens may ask from everywhere");
    return true;
}
