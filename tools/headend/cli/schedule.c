/* What channels and screens show when: `channel schedule`, `screen now`. */
#include "headend/base/text.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static void request_add(cJSON *request, const char *name, const char *value) {
    if (value)
        cJSON_AddStringToObject(request, name, value);
}

/* ---- A channel's days ---- */

static bool span_row(struct table *table, const cJSON *span, const cJSON *events, struct pp_error *error) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(span, "event");
    const cJSON *written = cJSON_IsNumber(number) ? cJSON_GetArrayItem(events, number->valueint) : NULL;
    const cJSON *event = cJSON_GetObjectItemCaseSensitive(written, "event");
    const cJSON *priority = cJSON_GetObjectItemCaseSensitive(event, "priority");
    char place[24] = "";
    char rank[24] = "";
    if (event) {
        snprintf(place, sizeof place, "%d", number->valueint + 1);
        snprintf(rank, sizeof rank, "%.0f", cJSON_IsNumber(priority) ? priority->valuedouble : 0);
    }
    const char *const cells[] = {
        text_of(span, "start_local"), text_of(span, "end_local"), text_of(span, "layout"), place, rank,
        text_of(event, "rrule")};
    return table_add(table, cells, error);
}

static void conflict_print(const cJSON *conflict) {
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(conflict, "events");
    const cJSON *one = cJSON_GetArrayItem(events, 0);
    const cJSON *other = cJSON_GetArrayItem(events, 1);
    if (other)
        printf("events %d and %d have the same priority and last at once, first at %s: the one that begins "
               "later "
               "is shown\n",
               one->valueint + 1, other->valueint + 1, text_of(conflict, "start_local"));
    else
        printf("event %d is never shown in this time: others cover it\n", one->valueint + 1);
}

static bool days_print(const cJSON *answer, struct pp_error *error) {
    static const char *const headers[] = {"FROM", "TO", "LAYOUT", "EVENT", "PRIORITY", "RULE"};
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(answer, "events");
    const cJSON *one;
    table_auto struct table table;
    table_init(&table, headers, PP_COUNT(headers));
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(answer, "spans")) {
        if (!span_row(&table, one, events, error))
            return false;
    }
    printf("%s\n", text_of(answer, "time_zone"));
    table_print(&table, "");
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(answer, "conflicts")) {
        conflict_print(one);
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(answer, "clock_changes")) {
        printf("the clock goes from %s to %s\n", text_of(one, "before_local"), text_of(one, "after_local"));
    }
    return true;
}

/* As it is, for a file. */
static bool calendar_print(struct home *home, const cJSON *request, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    if (!command_operate(home, "schedule.calendar", request, &result, error))
        return false;
    fputs(text_of(result.value, "calendar"), stdout);
    return true;
}

bool command_channel_schedule(int argc, char **argv, struct pp_error *error) {
    const char *from = NULL;
    const char *to = NULL;
    const char *zone = NULL;
    bool draft = false;
    bool json = false;
    bool calendar = false;
    const struct pp_option options[] = {{"from", PP_OPTION_STRING, &from},
                                        {"to", PP_OPTION_STRING, &to},
                                        {"time-zone", PP_OPTION_STRING, &zone},
                                        {"draft", PP_OPTION_FLAG, &draft},
                                        {"json", PP_OPTION_FLAG, &json},
                                        {"ics", PP_OPTION_FLAG, &calendar},
                                        {0}};
    int first = 0;
    op_result_auto struct op_result result = {0};
    if (!command_words(options, argc, argv, 2, &first, "channel schedule: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", argv[first + 1]);
    cJSON_AddBoolToObject(request, "draft", draft);
    if (calendar)
        return home && calendar_print(home, request, error);
    request_add(request, "from", from);
    request_add(request, "to", to);
    request_add(request, "time_zone", zone);
    if (!home || !command_operate(home, "schedule.show", request, &result, error))
        return false;
    if (!json)
        return days_print(result.value, error);
    command_print_json(result.value);
    return true;
}

/* ---- A screen's instant ---- */

static void because_print(const cJSON *because) {
    const cJSON *event = cJSON_GetObjectItemCaseSensitive(because, "event");
    const cJSON *priority = cJSON_GetObjectItemCaseSensitive(because, "priority");
    const char *rule = text_of(because, "rrule");
    if (!cJSON_IsNumber(event)) {
        printf("  because  no event of the schedule lasts: the default layout\n");
        return;
    }
    printf("  because  event %d, priority %d, since %s until %s%s", event->valueint + 1, priority->valueint,
           text_of(because, "since_local"), text_of(because, "until_local"), *rule ? ", " : "");
    text_print(rule);
    printf("\n");
}

static void zone_print(const cJSON *zone) {
    const char *by = text_of(zone, "by");
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(zone, "items"), 0);
    const cJSON *next_ms = cJSON_GetObjectItemCaseSensitive(zone, "next_ms");
    bool known = strcmp(by, "clock") == 0 || strcmp(by, "alone") == 0;
    printf("  zone     %s: ", text_of(zone, "zone"));
    if (known)
        text_print(*text_of(item, "name") ? text_of(item, "name") : text_of(item, "id"));
    else
        printf("%s", strcmp(by, "order") == 0 ? "items one after the other, of the playlist " : "nothing");
    if (strcmp(by, "order") == 0)
        text_print(text_of(zone, "playlist"));
    if (cJSON_IsNumber(next_ms))
        printf(", the next one in %.0f s", next_ms->valuedouble / 1000);
    printf("\n");
}

static void shown_print(const char *title, const cJSON *shown) {
    const cJSON *next = cJSON_GetObjectItemCaseSensitive(shown, "next");
    const cJSON *zone;
    if (!cJSON_IsObject(shown)) {
        printf("%s: nothing\n", title);
        return;
    }
    printf("%s: %s\n", title, text_of(shown, "layout"));
    because_print(cJSON_GetObjectItemCaseSensitive(shown, "because"));
    cJSON_ArrayForEach(zone, cJSON_GetObjectItemCaseSensitive(shown, "zones")) {
        zone_print(zone);
    }
    if (cJSON_IsObject(next))
        printf("  then     %s at %s\n", text_of(next, "layout"), text_of(next, "at_local"));
}

bool command_screen_now(int argc, char **argv, struct pp_error *error) {
    const char *at = NULL;
    bool json = false;
    const struct pp_option options[] = {{"at", PP_OPTION_STRING, &at}, {"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    struct device device;
    op_result_auto struct op_result result = {0};
    if (!command_words(options, argc, argv, 2, &first, "screen now: DIR and SCREEN are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error))
        return false;
    cJSON_AddStringToObject(request, "screen", device.id);
    request_add(request, "at", at);
    if (!command_operate(home, "screen.now", request, &result, error))
        return false;
    if (json) {
        command_print_json(result.value);
        return true;
    }
    printf("%s (%s)\n", text_of(result.value, "at_local"), text_of(result.value, "time_zone"));
    shown_print("shown", cJSON_GetObjectItemCaseSensitive(result.value, "shown"));
    shown_print("draft", cJSON_GetObjectItemCaseSensitive(result.value, "draft"));
    return true;
}
