/* Who is told of what: `alert …`, and the mail server that takes mails: `mail …`. */
#include "base/clock.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/alert_queue.h"

/* ---- A rule from options ---- */

enum value_kind { VALUE_TEXT, VALUE_NUMBER, VALUE_LIST, VALUE_TRUTH };

/* Options, and the members of the request that they become. */
static const struct {
    const char *option, *field;
    enum value_kind kind;
} values[] = {
    {"name", "name", VALUE_TEXT},           {"about", "about", VALUE_TEXT},
    {"detail", "detail", VALUE_TEXT},       {"site", "site", VALUE_TEXT},
    {"channel", "channel", VALUE_TEXT},     {"tag", "tag", VALUE_TEXT},
    {"hold", "hold_s", VALUE_NUMBER},       {"repeat", "repeat_s", VALUE_NUMBER},
    {"per-hour", "per_hour", VALUE_NUMBER}, {"quiet", "quiet", VALUE_TEXT},
    {"time-zone", "time_zone", VALUE_TEXT}, {"locale", "locale", VALUE_TEXT},
    {"mail", "mail", VALUE_LIST},           {"webhook", "webhook", VALUE_TEXT},
    {"enabled", "enabled", VALUE_TRUTH},
};
#define VALUES PP_COUNT(values)

struct rule_words {
    const char *texts[VALUES];
    struct pp_option_list lists[VALUES];
};

static bool value_add(cJSON *request, size_t i, const struct rule_words *words, struct pp_error *error) {
    const char *text = words->texts[i];
    char *end = NULL;
    if (values[i].kind == VALUE_LIST) {
        cJSON *list = words->lists[i].count ? cJSON_AddArrayToObject(request, values[i].field) : NULL;
        for (size_t j = 0; j < words->lists[i].count; j++)
            cJSON_AddItemToArray(list, cJSON_CreateString(words->lists[i].items[j]));
        return true;
    }
    if (!text)
        return true;
    if (values[i].kind == VALUE_TEXT)
        return cJSON_AddStringToObject(request, values[i].field, text) != NULL;
    if (values[i].kind == VALUE_TRUTH) {
        bool yes = strcmp(text, "yes") == 0;
        cJSON_AddBoolToObject(request, values[i].field, yes);
        return yes || strcmp(text, "no") == 0 ||
               pp_fail(error, PP_E_INVALID, "--%s: must be yes or no", values[i].option);
    }
    double number = strtod(text, &end);
    cJSON_AddNumberToObject(request, values[i].field, number);
    return (*text && !*end) || pp_fail(error, PP_E_INVALID, "--%s: must be a number", values[i].option);
}

/* NULL on failure. `words` of DIR and, where there are two, RULE. */
static cJSON *rule_request(int argc, char **argv, int count, int *first, const char *needed,
                           struct pp_error *error) {
    struct pp_option table[VALUES + 1] = {{0}};
    struct rule_words words = {0};
    for (size_t i = 0; i < VALUES; i++)
        table[i] = values[i].kind == VALUE_LIST
                       ? (struct pp_option){values[i].option, PP_OPTION_LIST, &words.lists[i]}
                       : (struct pp_option){values[i].option, PP_OPTION_STRING, &words.texts[i]};
    if (!command_words(table, argc, argv, count, first, needed, error))
        return NULL;
    pp_autojson cJSON *request = cJSON_CreateObject();
    for (size_t i = 0; i < VALUES; i++) {
        if (!value_add(request, i, &words, error))
            return NULL;
    }
    return pp_steal(&request);
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

bool command_alert_add(int argc, char **argv, struct pp_error *error) {
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = rule_request(argc, argv, 1, &first, "alert add: one DIR is needed", error);
    PP_AUTO(home) struct home *home = request ? home_open(argv[first], error) : NULL;
    if (!home || !command_operate(home, "alert_rule.add", request, &result, error))
        return false;
    printf("%s\n", text_of(result.value, "id"));
    if (*text_of(result.value, "webhook"))
        printf("Secret: %s   (shown this once)\n", text_of(result.value, "secret"));
    return true;
}

/* By its id, or its name where that is one's alone. */
static bool rule_find(struct home *home, const char *text, cJSON *request, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    const char *found = NULL;
    const cJSON *rule;
    pp_autojson cJSON *nothing = cJSON_CreateObject();
    if (!command_operate(home, "alert_rule.list", nothing, &result, error))
        return false;
    cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(result.value, "items")) {
        if (strcmp(text_of(rule, "id"), text) != 0 && strcmp(text_of(rule, "name"), text) != 0)
            continue;
        if (found)
            return pp_fail(error, PP_E_INVALID, "several rules are called \"%.80s\": say its id", text);
        found = text_of(rule, "id");
    }
    if (!found)
        return pp_fail(error, PP_E_NOTFOUND, "there is no rule \"%.80s\"", text);
    return cJSON_AddStringToObject(request, "rule", found) != NULL;
}

bool command_alert_set(int argc, char **argv, struct pp_error *error) {
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request =
        rule_request(argc, argv, 2, &first, "alert set: DIR and RULE are needed", error);
    PP_AUTO(home) struct home *home = request ? home_open(argv[first], error) : NULL;
    return home && rule_find(home, argv[first + 1], request, error) &&
           command_operate(home, "alert_rule.change", request, &result, error);
}

static bool rule_operate(int argc, char **argv, const char *operation, const char *needed,
                         struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 2, &first, needed, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && rule_find(home, argv[first + 1], request, error) &&
           command_operate(home, operation, request, &result, error);
}

bool command_alert_remove(int argc, char **argv, struct pp_error *error) {
    return rule_operate(argc, argv, "alert_rule.remove", "alert remove: DIR and RULE are needed", error);
}

bool command_alert_test(int argc, char **argv, struct pp_error *error) {
    return rule_operate(argc, argv, "alert_rule.test", "alert test: DIR and RULE are needed", error);
}

/* ---- Lists ---- */

static bool rule_row(struct table *table, const cJSON *rule, struct pp_error *error) {
    static const char *const places[] = {"site", "channel", "tag"};
    char place[TEXT_NAME_MAX + 16] = "";
    char mails[16];
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        if (*text_of(rule, places[i]))
            snprintf(place, sizeof place, "%s %s", places[i], text_of(rule, places[i]));
    }
    snprintf(mails, sizeof mails, "%d", cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(rule, "mail")));
    const char *const cells[] = {text_of(rule, "id"),
                                 text_of(rule, "about"),
                                 cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(rule, "enabled")) ? "yes"
                                                                                                 : "no",
                                 place,
                                 mails,
                                 text_of(rule, "webhook"),
                                 text_of(rule, "name")};
    return table_add(table, cells, error);
}

bool command_alert_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"ID", "ABOUT", "ENABLED", "WHERE", "MAILS", "WEBHOOK", "NAME"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    if (!command_words(options, argc, argv, 1, &first, "alert list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !command_operate(home, "alert_rule.list", request, &result, error))
        return false;
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(result.value, "items");
    const cJSON *rule;
    cJSON_ArrayForEach(rule, items) {
        if (!json && !rule_row(&table, rule, error))
            return false;
    }
    if (json)
        command_print_json(items);
    else
        table_print(&table, "no rules yet: \"alert add\" makes one");
    return true;
}

#define MESSAGES_SHOWN 1000

struct listing {
    cJSON *list; /* or, where that is NULL: */
    struct table *table;
    struct pp_error error;
};

static bool message_add(void *arg, const struct alert_message *message) {
    struct listing *listing = arg;
    char created[PP_RFC3339_SIZE];
    char attempts[24];
    if (listing->list) {
        cJSON_AddItemToArray(listing->list, alert_message_json(message));
        return true;
    }
    pp_time_format(message->created, created);
    snprintf(attempts, sizeof attempts, "%lld", (long long)message->attempts);
    const char *const cells[] = {created,         message->status,    attempts,
                                 message->target, message->rule_name, message->reason};
    return table_add(listing->table, cells, &listing->error);
}

bool command_alert_messages(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"MADE", "STATUS", "ATTEMPTS", "TO", "RULE", "REASON"};
    bool json = false;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    if (!command_words(options, argc, argv, 1, &first, "alert messages: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *list = json ? cJSON_CreateArray() : NULL;
    struct listing listing = {.list = list, .table = &table};
    if (!home || !alert_queue_each(home->db, 0, INT64_MAX, MESSAGES_SHOWN, message_add, &listing, error))
        return false;
    if (listing.error.code != PP_OK)
        return pp_fail(error, listing.error.code, "%s", listing.error.message);
    if (json)
        command_print_json(list);
    else
        table_print(&table, "nobody was told of anything yet");
    return true;
}

/* ---- The mail server ---- */

bool command_mail_set(int argc, char **argv, struct pp_error *error) {
    bool from_stdin = false;
    uint64_t port = 0;
    const char *host = NULL;
    const char *from = NULL;
    const char *tls = NULL;
    const char *user = NULL;
    const struct pp_option options[] = {{"host", PP_OPTION_STRING, &host},
                                        {"port", PP_OPTION_UNSIGNED, &port},
                                        {"tls", PP_OPTION_STRING, &tls},
                                        {"from", PP_OPTION_STRING, &from},
                                        {"user", PP_OPTION_STRING, &user},
                                        {"password-stdin", PP_OPTION_FLAG, &from_stdin},
                                        {0}};
    int first = 0;
    char password[MAIL_SECRET_MAX + 3] = "";
    op_result_auto struct op_result result = {0};
    if (!command_words(options, argc, argv, 1, &first, "mail set: one DIR is needed", error))
        return false;
    if (!host || !from || (user && !from_stdin))
        return pp_fail(error, PP_E_INVALID,
                       "mail set: --host and --from are needed, and --password-stdin with --user");
    if (from_stdin && !fgets(password, sizeof password, stdin))
        return pp_fail(error, PP_E_INVALID, "no password on standard input");
    password[strcspn(password, "\r\n")] = 0;
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "host", host);
    cJSON_AddStringToObject(request, "from", from);
    if (port)
        cJSON_AddNumberToObject(request, "port", (double)port);
    if (tls)
        cJSON_AddStringToObject(request, "tls", tls);
    if (user)
        cJSON_AddStringToObject(request, "user", user);
    cJSON_AddStringToObject(request, "password", password);
    pp_wipe(password, sizeof password);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, "mail_server.set", request, &result, error);
}

static bool mail_operate(int argc, char **argv, const char *operation, const char *needed,
                         struct op_result *result, struct pp_error *error) {
    const struct pp_option none[] = {{0}};
    int first = 0;
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!command_words(none, argc, argv, 1, &first, needed, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_operate(home, operation, request, result, error);
}

bool command_mail_show(int argc, char **argv, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    if (!mail_operate(argc, argv, "mail_server.show", "mail show: one DIR is needed", &result, error))
        return false;
    command_print_json(result.value);
    return true;
}

bool command_mail_remove(int argc, char **argv, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    return mail_operate(argc, argv, "mail_server.remove", "mail remove: one DIR is needed", &result, error);
}
