#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/options.h"
#include "headend/commands.h"
#include "headend/enrolment.h"
#include "headend/home.h"

static bool words_parse(const struct pp_option *table, int argc, char **argv, int count, int *first,
                        const char *needed, struct pp_error *error) {
    if (!pp_options_parse(table, argc, argv, first, error))
        return false;
    return argc - *first == count ? true : pp_fail(error, PP_E_INVALID, "%s", needed);
}

bool command_approve(int argc, char **argv, struct pp_error *error) {
    struct device_settings settings = {.locale = "en"};
    struct enrolment_answer answer = {.any_group = true};
    const struct pp_option table[] = {
        {"fingerprint", PP_OPTION_STRING, &answer.text},
        {"name", PP_OPTION_STRING, &settings.name},
        {"channel", PP_OPTION_STRING, &settings.channel},
        {"site", PP_OPTION_STRING, &settings.site},
        {"time-zone", PP_OPTION_STRING, &settings.time_zone},
        {"locale", PP_OPTION_STRING, &settings.locale},
        {0},
    };
    int first = 0;
    if (!words_parse(table, argc, argv, 2, &first, "approve: DIR and CODE are needed", error))
        return false;
    char code[USER_CODE_SIZE];
    if (!user_code_read(argv[first + 1], code))
        return pp_fail(error, PP_E_INVALID, "not a code of a screen (like BCDF-GHJK): %s", argv[first + 1]);
    if (!answer.text)
        return pp_fail(
            error, PP_E_INVALID,
            "approve: --fingerprint is needed: one group of the fingerprint that the screen shows");
    if (!settings.name)
        return pp_fail(error, PP_E_INVALID, "approve: --name is needed");
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autofree char *zone = home ? db_meta_get(home->db, "time_zone", error) : NULL;
    if (!zone)
        return false;
    if (!settings.time_zone)
        settings.time_zone = *zone ? zone : "UTC";
    char id[UUID_TEXT_SIZE];
    if (!enrolment_approve(home->db, code, &answer, &settings, "command line", id, error))
        return false;
    home_wake(home);
    printf("%s\n", id);
    return true;
}

static void time_text(int64_t seconds, char text[PP_RFC3339_SIZE]) {
    if (seconds)
        pp_time_format(seconds, text);
    else
        snprintf(text, PP_RFC3339_SIZE, "never");
}

static bool screen_print(void *arg, const struct device *device) {
    char seen[PP_RFC3339_SIZE];
    (void)arg;
    time_text(device->seen, seen);
    char line[TEXT_LINE_MAX];
    snprintf(line, sizeof line, "%s  %-8s  %-20s  %-12s  %-12s  %s\n", device->id, device->status,
             device->name, *device->site ? device->site : "-", *device->channel ? device->channel : "-",
             seen);
    text_print(line);
    return true;
}

static cJSON *screen_json(const struct device *device) {
    char text[PP_RFC3339_SIZE];
    char fingerprint[FINGERPRINT_SIZE];
    fingerprint_text(device->thumbprint, fingerprint);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", device->id);
    cJSON_AddStringToObject(object, "status", device->status);
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "site", device->site);
    cJSON_AddItemToObject(object, "channel",
                          *device->channel ? cJSON_CreateString(device->channel) : cJSON_CreateNull());
    cJSON_AddStringToObject(object, "time_zone", device->time_zone);
    cJSON_AddStringToObject(object, "locale", device->locale);
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    cJSON_AddNumberToObject(object, "version", (double)device->version);
    time_text(device->seen, text);
    cJSON_AddItemToObject(object, "seen", device->seen ? cJSON_CreateString(text) : cJSON_CreateNull());
    time_text(device->certificate_expires, text);
    cJSON_AddItemToObject(object, "certificate_expires",
                          device->certificate_expires ? cJSON_CreateString(text) : cJSON_CreateNull());
    return object;
}

static bool screen_collect(void *arg, const struct device *device) {
    cJSON_AddItemToArray(arg, screen_json(device));
    return true;
}

static void json_print(const cJSON *value) {
    pp_autojsontext char *text = cJSON_Print(value);
    text_print(text ? text : "null");
    printf("\n");
}

bool command_screen_list(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    const struct pp_option table[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    if (!words_parse(table, argc, argv, 1, &first, "screen list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home)
        return false;
    if (!json)
        return device_each(home->db, screen_print, NULL, error);
    pp_autojson cJSON *list = cJSON_CreateArray();
    if (!device_each(home->db, screen_collect, list, error))
        return false;
    json_print(list);
    return true;
}

/* With its last status report, the number of reports kept, and of those that were lost on its side. */
static bool screen_details(struct db *db, const char *id, cJSON *screen, struct pp_error *error) {
    db_autostmt sqlite3_stmt *row = db_query(db, error,
                                             "SELECT coalesce(report, 'null'), (SELECT count(*) FROM report "
                                             "WHERE device = device.id AND list = 'events'),"
                                             " (SELECT count(*) FROM report WHERE device = device.id AND "
                                             "list = 'playlog'),"
                                             " (SELECT total(lost) FROM report_loss WHERE device = device.id "
                                             "AND list = 'events'),"
                                             " (SELECT total(lost) FROM report_loss WHERE device = device.id "
                                             "AND list = 'playlog') FROM device WHERE id = ?",
                                             "s", id);
    if (!row || !db_next(row, "screen", error))
        return false;
    cJSON_AddItemToObject(screen, "report", cJSON_Parse(db_text(row, 0)));
    cJSON_AddNumberToObject(screen, "events", (double)db_int(row, 1));
    cJSON_AddNumberToObject(screen, "playlog", (double)db_int(row, 2));
    cJSON_AddNumberToObject(screen, "events_lost", (double)db_int(row, 3));
    cJSON_AddNumberToObject(screen, "playlog_lost", (double)db_int(row, 4));
    return true;
}

bool command_screen_show(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!words_parse(table, argc, argv, 2, &first, "screen show: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    struct device device;
    if (!home || !device_find(home->db, argv[first + 1], &device, error))
        return false;
    pp_autojson cJSON *screen = screen_json(&device);
    if (!screen_details(home->db, device.id, screen, error))
        return false;
    json_print(screen);
    return true;
}

bool command_screen_set(int argc, char **argv, struct pp_error *error) {
    struct device_settings settings = {0};
    const struct pp_option table[] = {
        {"name", PP_OPTION_STRING, &settings.name},     {"channel", PP_OPTION_STRING, &settings.channel},
        {"site", PP_OPTION_STRING, &settings.site},     {"time-zone", PP_OPTION_STRING, &settings.time_zone},
        {"locale", PP_OPTION_STRING, &settings.locale}, {0},
    };
    int first = 0;
    if (!words_parse(table, argc, argv, 2, &first, "screen set: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !device_change(home->db, argv[first + 1], &settings, error))
        return false;
    home_wake(home);
    return true;
}

bool command_screen_retire(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!words_parse(table, argc, argv, 2, &first, "screen retire: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !device_retire(home->db, argv[first + 1], error))
        return false;
    home_wake(home);
    return true;
}
