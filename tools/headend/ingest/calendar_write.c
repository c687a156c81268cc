/* Schedules as calendars. */
#include "base/clock.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "crypto/bulk.h"
#include "headend/ingest/calendar.h"

#define FOLD_AT       75 /* bytes of a line, RFC 5545 §3.1 */
#define UID_SIZE      16 /* bytes of a hash */
#define LINE_MAX_SIZE (CALENDAR_LINE_MAX * 4)

/* Folded between characters. */
static bool line_add(struct pp_buf *text, const char *line, struct pp_error *error) {
    size_t size = strlen(line);
    size_t room = FOLD_AT;
    for (size_t at = 0; at < size;) {
        size_t taken = size - at < room ? size - at : room;
        while (at + taken < size && taken && ((unsigned char)line[at + taken] & 0xc0) == 0x80)
            taken--;
        if (!taken)
            taken = size - at < room ? size - at : room;
        if ((at && !pp_buf_add_text(text, "\r\n ", error)) || !pp_buf_add(text, line + at, taken, error))
            return false;
        at += taken;
        room = FOLD_AT - 1;
    }
    return pp_buf_add_text(text, "\r\n", error);
}

static bool text_add(struct pp_buf *text, const char *name, const char *value, struct pp_error *error) {
    pp_autobuf struct pp_buf line = PP_BUF_INIT(LINE_MAX_SIZE);
    if (!pp_buf_addf(&line, error, "%s:", name))
        return false;
    for (; *value; value++) {
        if ((strchr("\\;,", *value) && !pp_buf_add_text(&line, "\\", error)) ||
            !pp_buf_add(&line, value, 1, error))
            return false;
    }
    return line_add(text, pp_buf_text(&line), error);
}

/* "2026-01-05T08:00:00Z" or as calendars have it already: 20260105T080000Z. */
static void moment_write(const char *moment, char out[24]) {
    size_t used = 0;
    for (; *moment && used < 23; moment++) {
        if (*moment != '-' && *moment != ':')
            out[used++] = *moment;
    }
    out[used] = 0;
}

/* DTSTART;TZID=Europe/Paris:20260105T080000; of a date alone the value's type. */
static bool moments_add(struct pp_buf *text, const cJSON *event, const char *name, const cJSON *moments,
                        struct pp_error *error) {
    const char *zone = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "tzid"));
    pp_autobuf struct pp_buf line = PP_BUF_INIT(LINE_MAX_SIZE);
    const cJSON *first = cJSON_IsArray(moments) ? moments->child : moments;
    char moment[24];
    if (!cJSON_IsString(first))
        return true;
    moment_write(first->valuestring, moment);
    bool date = strlen(moment) == 8;
    if (!pp_buf_addf(&line, error, "%s%s%s%s:", name, zone ? ";TZID=" : "", zone ? zone : "",
                     date ? ";VALUE=DATE" : ""))
        return false;
    for (const cJSON *one = first; one; one = cJSON_IsArray(moments) ? one->next : NULL) {
        moment_write(cJSON_IsString(one) ? one->valuestring : "", moment);
        if (!pp_buf_addf(&line, error, "%s%s", one == first ? "" : ",", moment))
            return false;
    }
    return line_add(text, pp_buf_text(&line), error);
}

static const char *part_of(const cJSON *event, const char *name) {
    const char *part = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, name));
    return part ? part : "";
}

/* Of what says when, and which of several that say the same. */
static bool uid_add(struct pp_buf *text, const char *channel, const cJSON *schedule, const cJSON *event,
                    struct pp_error *error) {
    uint8_t hash[32];
    char hex[PP_HEX_SIZE(UID_SIZE)];
    pp_autobuf struct pp_buf of = PP_BUF_INIT(CALENDAR_LINE_MAX);
    static const char *const parts[] = {"layout", "dtstart", "rrule", "tzid"};
    int alike = 0;
    for (const cJSON *other = schedule->child; other && other != event; other = other->next) {
        bool same = true;
        for (size_t i = 0; i < PP_COUNT(parts); i++)
            same = same && strcmp(part_of(other, parts[i]), part_of(event, parts[i])) == 0;
        alike += same;
    }
    if (!pp_buf_addf(&of, error, "%s %d", channel, alike))
        return false;
    for (size_t i = 0; i < PP_COUNT(parts); i++) {
        if (!pp_buf_addf(&of, error, " %s", part_of(event, parts[i])))
            return false;
    }
    if (!crypto_sha256(of.data, of.size, hash, error))
        return false;
    pp_hex_encode(hash, UID_SIZE, hex);
    return pp_buf_addf(text, error, "UID:%s@pingplay\r\n", hex);
}

static bool length_add(struct pp_buf *text, const cJSON *event, struct pp_error *error) {
    const char *duration = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "duration"));
    if (!duration)
        return moments_add(text, event, "DTEND", cJSON_GetObjectItemCaseSensitive(event, "dtend"), error);
    /* Calendars know whole seconds. */
    const char *point = strchr(duration, '.');
    size_t size = point ? (size_t)(point - duration) : strlen(duration);
    return pp_buf_addf(text, error, "DURATION:%.*s%s\r\n", (int)size, duration, point ? "S" : "");
}

static bool event_add(const struct calendar_out *calendar, const cJSON *event, struct pp_buf *text,
                      struct pp_error *error) {
    char changed[PP_RFC3339_SIZE];
    char stamp[24];
    char rule[CALENDAR_LINE_MAX];
    const char *rrule = part_of(event, "rrule");
    const cJSON *priority = cJSON_GetObjectItemCaseSensitive(event, "priority");
    pp_time_format(calendar->changed, changed);
    moment_write(changed, stamp);
    snprintf(rule, sizeof rule, "RRULE:%s", rrule);
    return pp_buf_add_text(text, "BEGIN:VEVENT\r\n", error) &&
           uid_add(text, calendar->channel, calendar->schedule, event, error) &&
           pp_buf_addf(text, error, "DTSTAMP:%s\r\n", stamp) &&
           moments_add(text, event, "DTSTART", cJSON_GetObjectItemCaseSensitive(event, "dtstart"), error) &&
           length_add(text, event, error) && (!*rrule || line_add(text, rule, error)) &&
           moments_add(text, event, "EXDATE", cJSON_GetObjectItemCaseSensitive(event, "exdate"), error) &&
           moments_add(text, event, "RDATE", cJSON_GetObjectItemCaseSensitive(event, "rdate"), error) &&
           text_add(text, "SUMMARY", part_of(event, "layout"), error) &&
           pp_buf_addf(text, error, "CATEGORIES:Priority %d\r\nEND:VEVENT\r\n",
                       cJSON_IsNumber(priority) ? priority->valueint : 0);
}

bool calendar_write(const struct calendar_out *calendar, struct pp_buf *text, struct pp_error *error) {
    const cJSON *event;
    int count = 0;
    if (!pp_buf_add_text(text,
                         "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Pingplay//pingplay-headend//EN\r\n"
                         "CALSCALE:GREGORIAN\r\n",
                         error) ||
        !text_add(text, "X-WR-CALNAME", calendar->title, error))
        return false;
    cJSON_ArrayForEach(event, calendar->schedule) {
        if (count++ < calendar->count && !event_add(calendar, event, text, error))
            return false;
    }
    return pp_buf_add_text(text, "END:VCALENDAR\r\n", error);
}
