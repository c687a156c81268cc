#include "headend/ingest/calendar.h"

#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "channel/schedule.h"
#include "headend/base/text.h"
#include "headend/ingest/calendar_zones.h"

#define DEPTH_MAX      16
#define UID_MAX        255 /* bytes; a longer one is cut */
#define CATEGORIES_MAX 8
#define MOMENT_SIZE    32

/* Of which clock a time is. */
enum clock_kind { CLOCK_FLOATING, CLOCK_UTC, CLOCK_ZONE };
struct stamp {
    int64_t seconds; /* as its clock shows it, counted as if it were UTC */
    enum clock_kind clock;
    char zone[TIME_ZONE_MAX + 1]; /* of CLOCK_ZONE */
};

struct event {
    cJSON *told; /* as it is answered */
    char uid[UID_MAX + 1];
    struct stamp start, end, recurrence;
    struct stamp *exceptions, *dates; /* CALENDAR_DATES_MAX each, once there is one */
    size_t exception_count, date_count;
    char duration[32], rule[CHANNEL_RRULE_MAX + 1];
    bool has_start, has_end, has_recurrence, all_day, cancelled;
    char refusal[PP_ERROR_MESSAGE_MAX];
};

struct reading {
    struct event *events;
    size_t count, room;
    struct event *open; /* that is being read; NULL none */
    int depth, ignored; /* of components; of one whose properties do not count */
    bool seen, limit, no_memory;
};

/* One unfolded line. */
struct line {
    char *name, *parameters, *value;
};

static void reading_finish(struct reading *reading) {
    for (size_t i = 0; i < reading->count; i++) {
        cJSON_Delete(reading->events[i].told);
        free(reading->events[i].exceptions);
        free(reading->events[i].dates);
    }
    free(reading->events);
}

__attribute__((format(printf, 2, 3))) static void refuse(struct event *event, const char *format, ...) {
    va_list args;
    if (*event->refusal)
        return;
    va_start(args, format);
    vsnprintf(event->refusal, sizeof event->refusal, format, args);
    va_end(args);
    text_mend(event->refusal);
    for (char *at = event->refusal; *at; at++)
        *at = (unsigned char)*at < ' ' || *at == 0x7f ? ' ' : *at;
}

/* ---- Lines ---- */

/* NAME;PARAMETER="quoted:text";…:VALUE. False where it has no value. */
static bool line_split(char *text, struct line *line) {
    bool quoted = false;
    size_t name = strcspn(text, ";:");
    char *at = text + name;
    *line = (struct line){.name = text, .parameters = at + 1};
    if (!name || !*at)
        return false;
    if (*at == ':') {
        *at = 0;
        line->value = at + 1;
        line->parameters = at;
        return true;
    }
    *at++ = 0;
    for (; *at && (quoted || *at != ':'); at++)
        quoted ^= *at == '"';
    if (!*at)
        return false;
    *at = 0;
    line->value = at + 1;
    return true;
}

/* A parameter's value, without quotation marks. */
static bool parameter_get(const struct line *line, const char *name, char *out, size_t size) {
    size_t length = strlen(name);
    bool quoted = false;
    for (const char *at = line->parameters; *at;) {
        const char *end = at;
        for (quoted = false; *end && (quoted || *end != ';'); end++)
            quoted ^= *end == '"';
        if (strncasecmp(at, name, length) == 0 && at[length] == '=') {
            const char *value = at + length + 1;
            size_t taken = (size_t)(end - value);
            bool marks = taken > 1 && value[0] == '"' && value[taken - 1] == '"';
            snprintf(out, size, "%.*s", (int)(taken - (marks ? 2 : 0)), value + (marks ? 1 : 0));
            return true;
        }
        at = *end ? end + 1 : end;
    }
    return false;
}

/* RFC 5545 §3.3.11; control characters become spaces. `*rest` is behind the next comma that is none of the text's. */
static void text_take(const char *value, char out[CALENDAR_TEXT_MAX + 1], const char **rest) {
    size_t used = 0;
    const char *at = value;
    for (; *at && !(rest && *at == ','); at++) {
        char c = *at;
        if (c == '\\' && at[1])
            c = *++at == 'n' || *at == 'N' ? ' ' : *at;
        if (used < CALENDAR_TEXT_MAX)
            out[used++] = (unsigned char)c < ' ' || c == 0x7f ? ' ' : c;
    }
    out[used] = 0;
    text_mend(out);
    if (rest)
        *rest = *at ? at + 1 : NULL;
}

/* ---- Times ---- */

static bool digits_read(const char *text, size_t count, int *out) {
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *out = *out * 10 + text[i] - '0';
    }
    return true;
}

/* 20260105, 20260105T080000 or 20260105T080000Z */
static bool moment_read(const char *text, int64_t *seconds, bool *utc) {
    int part[6] = {0};
    static const size_t places[] = {0, 4, 6, 9, 11, 13};
    char iso[MOMENT_SIZE];
    size_t size = strlen(text);
    *utc = size == 16 && text[15] == 'Z';
    if (size != 8 && !(size == 15 || *utc))
        return false;
    if (size > 8 && text[8] != 'T')
        return false;
    for (size_t i = 0; i < (size > 8 ? 6U : 3U); i++) {
        if (!digits_read(text + places[i], i ? 2 : 4, &part[i]))
            return false;
    }
    snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", part[0] % 10000, part[1] % 100, part[2] % 100,
             part[3] % 100, part[4] % 100, part[5] % 100);
    return pp_time_parse(iso, seconds, NULL) && *seconds >= 0;
}

/* As it is, as Outlook calls it, or behind what some programs put before a zone's name:
 * "/freeassociation.sourceforge.net/Europe/Paris". */
static bool zone_read(const char *text, char zone[TIME_ZONE_MAX + 1]) {
    const char *windows = calendar_zone_of_windows(text);
    const char *name = windows ? windows : text;
    for (int i = 0; name && i < 6; i++) {
        if (strlen(name) <= TIME_ZONE_MAX && channel_time_zone_valid(name)) {
            snprintf(zone, TIME_ZONE_MAX + 1, "%s", name);
            return true;
        }
        name = strchr(name, '/');
        name = name ? name + 1 : NULL;
    }
    return false;
}

/* What stands in the line's value, up to a comma. False: the event is refused. */
static bool stamp_read(struct event *event, const struct line *line, const char *text, struct stamp *stamp) {
    char tzid[CALENDAR_LINE_MAX];
    bool utc = false;
    *stamp = (struct stamp){0};
    if (!moment_read(text, &stamp->seconds, &utc)) {
        refuse(event, "%s: \"%.40s\" is not a time from 1970 on", line->name, text);
        return false;
    }
    if (utc) {
        stamp->clock = CLOCK_UTC;
        return true;
    }
    if (!parameter_get(line, "TZID", tzid, sizeof tzid))
        return true;
    stamp->clock = CLOCK_ZONE;
    if (zone_read(tzid, stamp->zone))
        return true;
    refuse(event, "%s: \"%.64s\" is no time zone of the IANA database, like Europe/Paris", line->name, tzid);
    return false;
}

/* The same instant by the clock of the event's start. */
static bool stamp_turn(struct event *event, const char *name, struct stamp *stamp) {
    const struct stamp *start = &event->start;
    if (stamp->clock == start->clock && strcmp(stamp->zone, start->zone) == 0)
        return true;
    if (stamp->clock == CLOCK_FLOATING || start->clock == CLOCK_FLOATING) {
        refuse(event, "%s: is of another clock than DTSTART", name);
        return false;
    }
    if (stamp->clock == CLOCK_ZONE)
        stamp->seconds = channel_wall_to_utc(stamp->zone, stamp->seconds);
    if (start->clock == CLOCK_ZONE)
        stamp->seconds = channel_utc_to_wall(start->zone, stamp->seconds);
    stamp->clock = start->clock;
    memcpy(stamp->zone, start->zone, sizeof stamp->zone);
    return true;
}

/* ---- An event's properties ---- */

static void start_take(struct reading *reading, const struct line *line) {
    struct event *event = reading->open;
    event->has_start = stamp_read(event, line, line->value, &event->start);
    event->all_day = strlen(line->value) == 8;
}

static void end_take(struct reading *reading, const struct line *line) {
    struct event *event = reading->open;
    event->has_end = stamp_read(event, line, line->value, &event->end);
}

/* Weeks are days (RFC 5545 §3.3.6), which manifests have none of. */
static void duration_take(struct reading *reading, const struct line *line) {
    struct event *event = reading->open;
    const char *value = line->value + (*line->value == '+');
    size_t digits = strspn(value + (*value == 'P'), "0123456789");
    const char *unit = value + 1 + digits;
    if (*value == 'P' && digits && digits < 4 && strcmp(unit, "W") == 0)
        snprintf(event->duration, sizeof event->duration, "P%ldD", strtol(value + 1, NULL, 10) * 7);
    else if (*value == 'P' && strlen(value) < sizeof event->duration)
        snprintf(event->duration, sizeof event->duration, "%s", value);
    else
        refuse(event, "DURATION: \"%.40s\" is none that an event can have", line->value);
}

static void rule_take(struct reading *reading, const struct line *line) {
    struct event *event = reading->open;
    if (*event->rule)
        refuse(event, "RRULE: stands there twice");
    else if (strlen(line->value) > CHANNEL_RRULE_MAX)
        refuse(event, "RRULE: is longer than %d bytes", CHANNEL_RRULE_MAX);
    else
        snprintf(event->rule, sizeof event->rule, "%s", line->value);
}

static void dates_take(struct reading *reading, const struct line *line, struct stamp **list, size_t *count) {
    struct event *event = reading->open;
    char one[MOMENT_SIZE];
    if (!*list)
        *list = calloc(CALENDAR_DATES_MAX, sizeof **list);
    reading->no_memory = reading->no_memory || !*list;
    for (const char *at = line->value; at && *list;) {
        size_t size = strcspn(at, ",");
        snprintf(one, sizeof one, "%.*s", (int)(size < sizeof one ? size : sizeof one - 1), at);
        if (*count == CALENDAR_DATES_MAX) {
            refuse(event, "%s: more than %d dates", line->name, CALENDAR_DATES_MAX);
            return;
        }
        if (!stamp_read(event, line, one, &(*list)[*count]))
            return;
        ++*count;
        at = at[size] ? at + size + 1 : NULL;
    }
}

static void exceptions_take(struct reading *reading, const struct line *line) {
    dates_take(reading, line, &reading->open->exceptions, &reading->open->exception_count);
}

static void more_dates_take(struct reading *reading, const struct line *line) {
    dates_take(reading, line, &reading->open->dates, &reading->open->date_count);
}

static void recurrence_take(struct reading *reading, const struct line *line) {
    struct event *event = reading->open;
    char range[32];
    if (parameter_get(line, "RANGE", range, sizeof range))
        refuse(event, "RECURRENCE-ID: changes of all that follow (RANGE) are not taken");
    event->has_recurrence = stamp_read(event, line, line->value, &event->recurrence);
}

static void uid_take(struct reading *reading, const struct line *line) {
    snprintf(reading->open->uid, sizeof reading->open->uid, "%s", line->value);
}

static void summary_take(struct reading *reading, const struct line *line) {
    char text[CALENDAR_TEXT_MAX + 1];
    text_take(line->value, text, NULL);
    cJSON_ReplaceItemInObjectCaseSensitive(reading->open->told, "summary", cJSON_CreateString(text));
}

/* "Priority 10" is what calendar_write has made of one. */
static void categories_take(struct reading *reading, const struct line *line) {
    cJSON *told = reading->open->told;
    cJSON *categories = cJSON_GetObjectItemCaseSensitive(told, "categories");
    for (const char *at = line->value; at;) {
        char text[CALENDAR_TEXT_MAX + 1];
        char *end = NULL;
        text_take(at, text, &at);
        long priority = strncmp(text, "Priority ", 9) == 0 ? strtol(text + 9, &end, 10) : 0;
        if (end && end != text + 9 && !*end && priority >= -1000 && priority <= 1000) {
            cJSON_ReplaceItemInObjectCaseSensitive(told, "priority", cJSON_CreateNumber((double)priority));
        } else if (*text && cJSON_GetArraySize(categories) < CATEGORIES_MAX) {
            cJSON_AddItemToArray(categories, cJSON_CreateString(text));
        }
    }
}

static void status_take(struct reading *reading, const struct line *line) {
    reading->open->cancelled = strcasecmp(line->value, "CANCELLED") == 0;
}

static const struct property {
    const char *name;
    void (*take)(struct reading *reading, const struct line *line);
} properties[] = {
    {"DTSTART", start_take},
    {"DTEND", end_take},
    {"DURATION", duration_take},
    {"RRULE", rule_take},
    {"EXDATE", exceptions_take},
    {"RDATE", more_dates_take},
    {"UID", uid_take},
    {"SUMMARY", summary_take},
    {"RECURRENCE-ID", recurrence_take},
    {"STATUS", status_take},
    {"CATEGORIES", categories_take},
};

/* ---- Components ---- */

static void event_open(struct reading *reading) {
    if (reading->count == reading->room) {
        size_t room = reading->room ? reading->room * 2 : 64;
        struct event *grown = realloc(reading->events, room * sizeof *grown);
        reading->no_memory = reading->no_memory || !grown;
        if (!grown)
            return;
        reading->events = grown;
        reading->room = room;
    }
    reading->open = &reading->events[reading->count++];
    *reading->open = (struct event){.told = cJSON_CreateObject()};
    cJSON_AddStringToObject(reading->open->told, "summary", "");
    cJSON_AddArrayToObject(reading->open->told, "categories");
    cJSON_AddNullToObject(reading->open->told, "priority");
}

static bool component_begin(struct reading *reading, const char *name, struct pp_error *error) {
    if (reading->depth == DEPTH_MAX)
        return pp_fail(error, PP_E_LIMIT, "components stand in each other more than %d deep", DEPTH_MAX);
    if (!reading->depth && strcasecmp(name, "VCALENDAR") != 0)
        return pp_fail(error, PP_E_INVALID, "it does not begin with BEGIN:VCALENDAR");
    reading->seen = true;
    reading->depth++;
    bool event = reading->depth == 2 && strcasecmp(name, "VEVENT") == 0;
    if (event && reading->count == CALENDAR_EVENTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "there are more than %d events", CALENDAR_EVENTS_MAX);
    if (event)
        event_open(reading);
    else if (reading->depth > 1)
        reading->ignored++;
    return !reading->no_memory || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool component_end(struct reading *reading, struct pp_error *error) {
    if (!reading->depth)
        return pp_fail(error, PP_E_INVALID, "END: without a BEGIN");
    reading->depth--;
    if (reading->ignored)
        reading->ignored--;
    else
        reading->open = NULL;
    return true;
}

static bool line_take(struct reading *reading, char *text, struct pp_error *error) {
    struct line line;
    if (!line_split(text, &line))
        return reading->depth || !*text ||
               pp_fail(error, PP_E_INVALID, "it does not begin with BEGIN:VCALENDAR");
    if (strcasecmp(line.name, "BEGIN") == 0)
        return component_begin(reading, line.value, error);
    if (strcasecmp(line.name, "END") == 0)
        return component_end(reading, error);
    if (!reading->depth)
        return pp_fail(error, PP_E_INVALID, "it does not begin with BEGIN:VCALENDAR");
    for (size_t i = 0; reading->open && !reading->ignored && i < PP_COUNT(properties); i++) {
        if (strcasecmp(line.name, properties[i].name) == 0)
            properties[i].take(reading, &line);
    }
    return !reading->no_memory || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* Of one that is too long only the beginning is there. What it would have said of an event is not left out silently. */
static void long_line_take(struct reading *reading, char *text) {
    text[strcspn(text, ";:")] = 0;
    for (size_t i = 0; reading->open && !reading->ignored && i < PP_COUNT(properties); i++) {
        if (strcasecmp(text, properties[i].name) == 0)
            refuse(reading->open, "%s: is longer than %d bytes", properties[i].name, CALENDAR_LINE_MAX);
    }
}

/* Lines end in CR LF or LF; one that begins with a space or a tab goes on with the one before. */
static bool lines_take(struct reading *reading, const char *data, size_t size, struct pp_error *error) {
    pp_autofree char *line = malloc(CALENDAR_LINE_MAX + 1);
    size_t used = 0;
    bool long_one = false;
    if (!line)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t at = 0; at < size;) {
        const char *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        size_t next = at + length + (end != NULL);
        size_t text = length && data[at + length - 1] == '\r' ? length - 1 : length;
        size_t room = CALENDAR_LINE_MAX - used;
        size_t taken = text < room ? text : room;
        memcpy(line + used, data + at, taken);
        used += taken;
        long_one = long_one || taken < text;
        at = next;
        if (at < size && (data[at] == ' ' || data[at] == '\t')) {
            at++;
            continue;
        }
        line[used] = 0;
        if (long_one)
            long_line_take(reading, line);
        else if (!line_take(reading, line, error))
            return false;
        used = 0;
        long_one = false;
    }
    return true;
}

/* ---- What becomes of them ---- */

static void add_stamp(cJSON *object, const char *name, const struct stamp *stamp) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(stamp->seconds, text);
    if (stamp->clock != CLOCK_UTC)
        text[strcspn(text, "Z")] = 0;
    if (cJSON_IsArray(object))
        cJSON_AddItemToArray(object, cJSON_CreateString(text));
    else
        cJSON_AddStringToObject(object, name, text);
}

static void add_dates(struct event *event, cJSON *entry, const char *property, const char *name,
                      struct stamp *list, size_t count) {
    cJSON *dates = count ? cJSON_AddArrayToObject(entry, name) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (!stamp_turn(event, property, &list[i]))
            return;
        add_stamp(dates, NULL, &list[i]);
    }
}

static void add_end(struct event *event, cJSON *entry) {
    if (event->has_end && stamp_turn(event, "DTEND", &event->end))
        add_stamp(entry, "dtend", &event->end);
    else if (*event->duration)
        cJSON_AddStringToObject(entry, "duration", event->duration);
    else if (event->all_day)
        cJSON_AddStringToObject(entry, "duration", "P1D");
    else
        refuse(event, "DTEND: there is neither one nor a DURATION");
}

/* What a manifest would have. Fills the refusal where none could. */
static cJSON *entry_make(struct event *event, struct rule_budget *left) {
    struct pp_error wrong = {0};
    pp_autojson cJSON *entry = cJSON_CreateObject();
    if (!event->has_start)
        refuse(event, "DTSTART: there is none");
    if (*event->refusal)
        return NULL;
    add_stamp(entry, "dtstart", &event->start);
    if (event->start.clock == CLOCK_ZONE)
        cJSON_AddStringToObject(entry, "tzid", event->start.zone);
    add_end(event, entry);
    if (*event->rule && !event->has_recurrence)
        cJSON_AddStringToObject(entry, "rrule", event->rule);
    add_dates(event, entry, "EXDATE", "exdate", event->exceptions, event->exception_count);
    add_dates(event, entry, "RDATE", "rdate", event->dates, event->date_count);
    if (!*event->refusal && !channel_event_check(entry, left, &wrong))
        refuse(event, "%s", wrong.message);
    return *event->refusal ? NULL : pp_steal(&entry);
}

static int uid_compare(const void *a, const void *b) {
    const struct event *const *one = a;
    const struct event *const *other = b;
    return strcmp((*one)->uid, (*other)->uid);
}

/* A changed occurrence is none any more of what recurs. */
static void override_take(struct event *master, const struct event *change) {
    struct stamp stamp = change->recurrence;
    if (!master->exceptions)
        master->exceptions = calloc(CALENDAR_DATES_MAX, sizeof *master->exceptions);
    if (master->exceptions && master->exception_count < CALENDAR_DATES_MAX)
        master->exceptions[master->exception_count++] = stamp;
    else
        refuse(master, "RECURRENCE-ID: more than %d changes and exceptions", CALENDAR_DATES_MAX);
}

static bool overrides_take(struct reading *reading, struct pp_error *error) {
    pp_autofree struct event **masters = calloc(reading->count + 1, sizeof *masters);
    size_t count = 0;
    if (!masters)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < reading->count; i++) {
        if (!reading->events[i].has_recurrence && *reading->events[i].uid)
            masters[count++] = &reading->events[i];
    }
    qsort(masters, count, sizeof *masters, uid_compare);
    for (size_t i = 0; i < reading->count; i++) {
        const struct event *change = &reading->events[i];
        struct event **master =
            change->has_recurrence ? bsearch(&change, masters, count, sizeof *masters, uid_compare) : NULL;
        if (master)
            override_take(*master, change);
    }
    return true;
}

static void events_tell(struct reading *reading, cJSON *answer) {
    cJSON *list = cJSON_AddArrayToObject(answer, "events");
    struct rule_budget left = RULE_BUDGET;
    int cancelled = 0;
    int taken = 0;
    for (size_t i = 0; i < reading->count; i++) {
        struct event *event = &reading->events[i];
        cancelled += event->cancelled;
        if (event->cancelled)
            continue;
        if (taken == CALENDAR_TAKEN_MAX)
            refuse(event, "a schedule has %d entries at most", CALENDAR_TAKEN_MAX);
        cJSON *entry = entry_make(event, &left);
        taken += entry != NULL;
        cJSON_AddItemToObject(event->told, "entry", entry ? entry : cJSON_CreateNull());
        cJSON_AddItemToObject(event->told, "refusal",
                              *event->refusal ? cJSON_CreateString(event->refusal) : cJSON_CreateNull());
        cJSON_AddItemToArray(list, event->told);
        event->told = NULL;
    }
    cJSON_AddNumberToObject(answer, "cancelled", cancelled);
}

static bool is_utf8(const char *text, size_t size) {
    uint32_t character;
    for (size_t at = 0; at < size;) {
        size_t read = text[at] ? pp_utf8_read(text + at, size - at, &character) : 0;
        if (!read)
            return false;
        at += read;
    }
    return true;
}

cJSON *calendar_read(const void *data, size_t size, struct pp_error *error) {
    PP_CLEANUP(reading_finish) struct reading reading = {0};
    const char *text = data;
    size_t mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    pp_autojson cJSON *answer = cJSON_CreateObject();
    if (size > CALENDAR_SIZE_MAX) {
        pp_fail(error, PP_E_LIMIT, "a calendar may have %d bytes", CALENDAR_SIZE_MAX);
        return NULL;
    }
    if (!is_utf8(text, size)) {
        pp_fail(error, PP_E_INVALID, "it is not UTF-8");
        return NULL;
    }
    if (!lines_take(&reading, text + mark, size - mark, error))
        return NULL;
    if (!reading.seen || reading.depth) {
        pp_fail(error, PP_E_INVALID, reading.seen ? "it ends in the middle" : "it has no BEGIN:VCALENDAR");
        return NULL;
    }
    if (!overrides_take(&reading, error))
        return NULL;
    events_tell(&reading, answer);
    return pp_steal(&answer);
}
