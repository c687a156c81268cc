#include "base/log.h"
#include "base/options.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/publish.h"

void command_change_keys(struct home *home) {
    struct pp_error error = {0};
    if (!publish_rekey(home, &error))
        pp_log_warning("the channel has no new key yet: %s", error.message);
}

static bool code_read(const char *text, char code[USER_CODE_SIZE], struct pp_error *error) {
    return user_code_read(text, code)
               ? true
               : pp_fail(error, PP_E_INVALID, "not a code of a screen (like BCDF-GHJK): %s", text);
}

/* Who was asked for no group in particular may choose one. */
static cJSON *approval_request(const char *code, const char *fingerprint) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "code", code);
    cJSON_AddStringToObject(request, "fingerprint", fingerprint);
    cJSON_AddBoolToObject(request, "any_group", true);
    return request;
}

bool command_approve(int argc, char **argv, struct pp_error *error) {
    struct device_settings settings = {.locale = "en"};
    const char *fingerprint = NULL;
    const struct pp_option table[] = {
        {"fingerprint", PP_OPTION_STRING, &fingerprint},      {"name", PP_OPTION_STRING, &settings.name},
        {"channel", PP_OPTION_STRING, &settings.channel},     {"site", PP_OPTION_STRING, &settings.site},
        {"time-zone", PP_OPTION_STRING, &settings.time_zone}, {"locale", PP_OPTION_STRING, &settings.locale},
        {"access", PP_OPTION_STRING, &settings.access},       {0},
    };
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, "approve: DIR and CODE are needed", error))
        return false;
    char code[USER_CODE_SIZE];
    if (!code_read(argv[first + 1], code, error))
        return false;
    if (!fingerprint)
        return pp_fail(
            error, PP_E_INVALID,
            "approve: --fingerprint is needed: one group of the fingerprint that the screen shows");
    if (!settings.name)
        return pp_fail(error, PP_E_INVALID, "approve: --name is needed");
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = approval_request(code, fingerprint);
    if (!home || !screen_request_settings(request, &settings, error) ||
        !command_operate(home, "enrolment.approve", request, &result, error))
        return false;
    command_change_keys(home);
    printf("%s\n", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id")));
    return true;
}

bool command_refuse(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    char code[USER_CODE_SIZE];
    if (!command_words(table, argc, argv, 2, &first, "refuse: DIR and CODE are needed", error) ||
        !code_read(argv[first + 1], code, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "code", code);
    return home && command_operate(home, "enrolment.refuse", request, &result, error);
}

/* The screen that is meant by the second word. */
static struct home *screen_words(const struct pp_option *table, int argc, char **argv, const char *needed,
                                 struct device *device, struct pp_error *error) {
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, needed, error))
        return NULL;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && device_resolve(home->db, argv[first + 1], device, error) ? pp_steal(&home) : NULL;
}

static bool settings_given(const struct device_settings *settings) {
    return settings->name || settings->channel || settings->site || settings->time_zone || settings->locale ||
           settings->rotation || settings->offline_mark || settings->lock_after || settings->erase_after;
}

static void tags_add(cJSON *request, const char *name, const struct pp_option_list *tags) {
    cJSON *list = tags->count ? cJSON_AddArrayToObject(request, name) : NULL;
    for (size_t i = 0; i < tags->count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(tags->items[i]));
}

bool command_screen_set(int argc, char **argv, struct pp_error *error) {
    struct device_settings settings = {0};
    struct pp_option_list more = {0};
    struct pp_option_list less = {0};
    struct device device;
    const struct pp_option table[] = {
        {"tag", PP_OPTION_LIST, &more},
        {"untag", PP_OPTION_LIST, &less},
        {"name", PP_OPTION_STRING, &settings.name},
        {"channel", PP_OPTION_STRING, &settings.channel},
        {"site", PP_OPTION_STRING, &settings.site},
        {"time-zone", PP_OPTION_STRING, &settings.time_zone},
        {"locale", PP_OPTION_STRING, &settings.locale},
        {"rotation", PP_OPTION_STRING, &settings.rotation},
        {"offline-mark", PP_OPTION_STRING, &settings.offline_mark},
        {"lock-after", PP_OPTION_STRING, &settings.lock_after},
        {"erase-after", PP_OPTION_STRING, &settings.erase_after},
        {0},
    };
    PP_AUTO(home)
    struct home *home =
        screen_words(table, argc, argv, "screen set: DIR and SCREEN are needed", &device, error);
    if (!home)
        return false;
    if (!settings_given(&settings) && !more.count && !less.count)
        return pp_fail(error, PP_E_INVALID, "screen set: nothing to change is named (try --help)");
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = screen_request(device.id);
    tags_add(request, "add_tags", &more);
    tags_add(request, "remove_tags", &less);
    if (!screen_request_settings(request, &settings, error) ||
        !command_operate(home, "screen.change", request, &result, error))
        return false;
    command_change_keys(home);
    return true;
}

bool command_screen_retire(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    PP_AUTO(home)
    struct home *home =
        screen_words(table, argc, argv, "screen retire: DIR and SCREEN are needed", &device, error);
    if (!home || !command_operate_on(home, "screen.retire", device.id, error))
        return false;
    command_change_keys(home);
    return true;
}

bool command_screen_revoke(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    PP_AUTO(home)
    struct home *home =
        screen_words(table, argc, argv, "screen revoke: DIR and SCREEN are needed", &device, error);
    if (!home || !command_operate_on(home, "screen.revoke", device.id, error))
        return false;
    command_change_keys(home);
    return true;
}

bool command_screen_remove(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    PP_AUTO(home)
    struct home *home =
        screen_words(table, argc, argv, "screen remove: DIR and SCREEN are needed", &device, error);
    return home && command_operate_on(home, "screen.remove", device.id, error);
}

bool command_screen_restore(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    PP_AUTO(home)
    struct home *home =
        screen_words(table, argc, argv, "screen restore: DIR and SCREEN are needed", &device, error);
    return home && command_operate_on(home, "screen.restore", device.id, error);
}
