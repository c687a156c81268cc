/* pingplayctl schedule: in the display point's own time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ctl.h"

#define PATIENCE_S    15
#define TIME_TEXT_MAX 64 /* bytes */

/* From now on localtime_r and mktime are of that zone. */
static void use_time_zone(const char *name) {
    char value[128];
    snprintf(value, sizeof value, ":%s", name);
    setenv("TZ", value, 1);
    tzset();
}

/* "2026-11-29T08:00", ":30" and "Z" behind it as you like; without Z in the zone that is in use. */
static bool time_parse(const char *text, int64_t *seconds) {
    struct tm parts = {.tm_isdst = -1};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M", &parts);
    if (end && *end == ':')
        end = strptime(end, ":%S", &parts);
    bool utc = end && *end == 'Z';
    if (!end || end[utc])
        return false;
    parts.tm_isdst = -1;
    *seconds = utc ? timegm(&parts) : mktime(&parts);
    return *seconds > 0 && *seconds <= LOCAL_AT_MAX;
}

/* An instant of a document, in the zone that is in use: "2026-11-29 08:00:00". */
static void time_text(const char *rfc3339, char text[TIME_TEXT_MAX]) {
    int64_t seconds;
    struct tm parts;
    struct pp_error error;
    time_t instant = 0;
    bool ok = pp_time_parse(rfc3339, &seconds, &error);
    instant = ok ? (time_t)seconds : 0;
    if (!ok || !localtime_r(&instant, &parts) || !strftime(text, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &parts))
        snprintf(text, TIME_TEXT_MAX, "%s", rfc3339);
}

static void show_item(const struct ctl *ctl, const cJSON *item) {
    double duration_ms = show_number(item, "duration_ms");
    if (duration_ms > 0)
        show_line(ctl, "", "%-24s %-6s %.1f s", show_text(item, "item"), show_text(item, "kind"),
                  duration_ms / 1000);
    else
        show_line(ctl, "", "%-24s %-6s %s", show_text(item, "item"), show_text(item, "kind"),
                  words(ctl->language, "schedule.own_length"));
}

static void show_zone(const struct ctl *ctl, const cJSON *zone) {
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(zone, "items");
    bool by_the_clock = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(zone, "by_the_clock"));
    double more = show_number(zone, "items_total") - cJSON_GetArraySize(items);
    const cJSON *item;
    show_line(ctl, "schedule.zone", "%s: %s, %s", show_text(zone, "zone"), show_text(zone, "playlist"),
              words(ctl->language, by_the_clock ? "schedule.by_the_clock" : "schedule.in_order"));
    cJSON_ArrayForEach(item, items) {
        show_item(ctl, item);
    }
    if (more > 0)
        show_line(ctl, "", "… %.0f %s", more, words(ctl->language, "schedule.more"));
}

static void show_changes(const struct ctl *ctl, const cJSON *document) {
    const cJSON *changes = cJSON_GetObjectItemCaseSensitive(document, "next");
    const char *until = show_text(document, "looked_until");
    char text[TIME_TEXT_MAX] = "";
    const cJSON *change;
    cJSON_ArrayForEach(change, changes) {
        time_text(show_text(change, "at"), text);
        show_line(ctl, "schedule.next", "%s  %s", text, show_text(change, "layout"));
    }
    if (cJSON_GetArraySize(changes))
        return;
    time_text(until, text);
    show_line(ctl, "schedule.next", "%s %s%s%s", words(ctl->language, "schedule.no_change"),
              words(ctl->language, *until ? "schedule.until" : "schedule.ever"), *until ? " " : "",
              *until ? text : "");
}

/* Which event of the schedule it is, or that none lasts. */
static void show_reason(const struct ctl *ctl, const cJSON *event) {
    char since[TIME_TEXT_MAX];
    char until[TIME_TEXT_MAX];
    const char *rule = show_text(event, "rule");
    if (!cJSON_IsObject(event)) {
        show_line(ctl, "schedule.why", "%s", words(ctl->language, "schedule.default"));
        return;
    }
    time_text(show_text(event, "since"), since);
    time_text(show_text(event, "until"), until);
    show_line(ctl, "schedule.why", "%s %.0f, %s %.0f, %s %s %s %s%s%s",
              words(ctl->language, "schedule.event"), show_number(event, "number"),
              words(ctl->language, "schedule.priority"), show_number(event, "priority"),
              words(ctl->language, "schedule.since"), since, words(ctl->language, "schedule.until"), until,
              *rule ? ", " : "", rule);
}

void schedule_show(const struct ctl *ctl, const cJSON *document) {
    const cJSON *zone;
    char at[TIME_TEXT_MAX];
    time_text(show_text(document, "at"), at);
    show_line(ctl, "schedule.at", "%s (%s)", at, show_text(document, "time_zone"));
    if (!*show_text(document, "layout")) {
        printf("%s.\n", words(ctl->language, "schedule.nothing"));
        return;
    }
    show_line(ctl, "status.channel", "%s, %s %.0f", show_text(document, "channel"),
              words(ctl->language, "status.manifest"), show_number(document, "manifest_version"));
    show_line(ctl, "schedule.layout", "%s", show_text(document, "layout"));
    show_reason(ctl, cJSON_GetObjectItemCaseSensitive(document, "event"));
    cJSON_ArrayForEach(zone, cJSON_GetObjectItemCaseSensitive(document, "zones")) {
        show_zone(ctl, zone);
    }
    show_changes(ctl, document);
}

/* The agent says which zone it is; then an instant can be read. */
static enum ctl_exit find_instant(const struct ctl *ctl, int64_t *at_s) {
    enum ctl_exit status;
    struct ctl silent = *ctl;
    const struct local_message request = {.type = LOCAL_STATUS};
    silent.json = false;
    pp_autojson cJSON *document = client_document(&silent, &request, PATIENCE_S, &status);
    if (!document)
        return status;
    use_time_zone(show_text(document, "time_zone"));
    if (!ctl->at || time_parse(ctl->at, at_s))
        return CTL_OK;
    fprintf(stderr, "pingplayctl: %s\n", words(ctl->language, "schedule.bad_time"));
    return CTL_USAGE;
}

enum ctl_exit schedule_run(const struct ctl *ctl) {
    int64_t at_s = 0;
    enum ctl_exit status = find_instant(ctl, &at_s);
    if (status)
        return status;
    const struct local_message request = {.type = LOCAL_SCHEDULE, .schedule = {.at_s = at_s}};
    pp_autojson cJSON *document = client_document(ctl, &request, PATIENCE_S, &status);
    if (document && !ctl->json)
        schedule_show(ctl, document);
    return status;
}
