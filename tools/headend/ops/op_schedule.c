/* What channels and screens show when (operations.c). */
#include "base/clock.h"
#include "headend/ingest/calendar.h"
#include "headend/ops/channel.h"
#include "headend/ops/device_reports.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/op_channels.h"
#include "headend/ops/plays.h"
#include "headend/ops/schedule_days.h"
#include "headend/ops/schedule_now.h"

#define DAYS_USUAL 7 /* where nobody says until when */
#define DAY_S      INT64_C(86400)
#define YEAR_MAX_S INT64_C(7258118400) /* 2200-01-01: beyond it nobody asks */

/* ---- What is asked for ---- */

static bool zone_take(struct op *op, const cJSON *zones, char zone[TIME_ZONE_MAX + 1],
                      struct pp_error *error) {
    const char *given = op_text_or_null(op, "time_zone");
    const cJSON *most = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(zones, 0), "time_zone");
    pp_autofree char *usual = enrolment_time_zone(op->db, error);
    if (!usual)
        return false;
    if (given && (strlen(given) > TIME_ZONE_MAX || !channel_time_zone_valid(given)))
        return op_fail(op, "time_zone", PP_E_INVALID, error, "time_zone: is not one like Europe/Paris");
    snprintf(zone, TIME_ZONE_MAX + 1, "%s",
             given                  ? given
             : cJSON_IsString(most) ? most->valuestring
             : *usual               ? usual
                                    : "UTC");
    return true;
}

static bool day_take(struct op *op, const char *name, int64_t *day, struct pp_error *error) {
    struct pp_error wrong = {0};
    const char *given = op_text_or_null(op, name);
    if (!given)
        return true;
    return day_read(given, day, &wrong) ||
           op_fail(op, name, PP_E_INVALID, error, "%s: %s", name, wrong.message);
}

static bool days_take(struct op *op, struct schedule_days *days, struct pp_error *error) {
    days->from = channel_utc_to_wall(days->time_zone, pp_clock_realtime_s()) / DAY_S;
    if (!day_take(op, "from", &days->from, error))
        return false;
    days->to = days->from + DAYS_USUAL;
    if (!day_take(op, "to", &days->to, error))
        return false;
    if (days->to <= days->from || days->to - days->from > SCHEDULE_DAYS_MAX || days->to * DAY_S > YEAR_MAX_S)
        return op_fail(op, "to", PP_E_INVALID, error,
                       "to: must be 1 to %d days after from, and before the year 2200", SCHEDULE_DAYS_MAX);
    return true;
}

/* "2026-11-29T08:00", ":30" behind it as you like, in the zone; with a Z in UTC. Nothing: now. */
static bool instant_take(struct op *op, const char *time_zone, int64_t *at, struct pp_error *error) {
    const char *given = op_text_or_null(op, "at");
    char text[PP_RFC3339_SIZE + 4];
    *at = pp_clock_realtime_s();
    if (!given)
        return true;
    size_t size = strlen(given);
    bool utc = size && given[size - 1] == 'Z';
    bool minutes = size - utc == sizeof "2026-11-29T08:00" - 1;
    int made = snprintf(text, sizeof text, "%.*s%sZ", (int)(size - utc), given, minutes ? ":00" : "");
    if (size > PP_RFC3339_SIZE || made < 0 || !pp_time_parse(text, at, NULL) || *at < 0 || *at > YEAR_MAX_S)
        return op_fail(op, "at", PP_E_INVALID, error,
                       "at: is not a time like 2026-11-29T08:00, with a Z for UTC");
    *at = utc ? *at : channel_wall_to_utc(time_zone, *at);
    return true;
}

/* ---- A channel's days ---- */

/* Which of the two it is; what is not there or cannot be shown is the request's business. */
static bool source_take(struct op *op, const struct channel *channel, struct schedule_source *source,
                        struct pp_error *error) {
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(op->request, "draft")))
        return schedule_source_draft(op->db, channel, source, error);
    if (!channel->publish)
        return pp_fail(error, PP_E_STATE, "nothing is published on it");
    if (schedule_source_published(op->db, channel->id, channel->publish, source, error))
        return true;
    return error->code == PP_E_NOTFOUND ? pp_fail(error, PP_E_STATE, "what is published is not kept here")
                                        : false;
}

bool op_schedule_show(struct op *op, struct pp_error *error) {
    struct channel channel;
    char zone[TIME_ZONE_MAX + 1];
    struct schedule_days days = {.time_zone = zone};
    schedule_source_auto struct schedule_source source = {0};
    struct pp_error wrong = {0};
    if (!op_channel_find(op, &channel, error))
        return false;
    cJSON *zones = schedule_zones(op->db, channel.id, error);
    cJSON *answer = zones ? op_answer(op) : NULL;
    if (!answer) {
        cJSON_Delete(zones);
        return error->code ? false : pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    cJSON_AddItemToObject(answer, "time_zones", zones);
    if (!zone_take(op, zones, zone, error) || !days_take(op, &days, error) ||
        !source_take(op, &channel, &source, error))
        return false;
    cJSON_AddStringToObject(answer, "channel", channel.id);
    cJSON_AddStringToObject(answer, "time_zone", zone);
    cJSON_AddBoolToObject(answer, "draft", source.draft);
    cJSON_AddBoolToObject(answer, "plain", source.plain);
    cJSON_AddItemToObject(answer, "version",
                          source.version ? cJSON_CreateNumber((double)source.version) : cJSON_CreateNull());
    cJSON_AddStringToObject(answer, "default_layout", source.manifest->default_layout->name);
    if (schedule_days_add(&source, &days, answer, &wrong))
        return true;
    return op_fail(op, wrong.code == PP_E_LIMIT ? "to" : "", wrong.code, error, "%s", wrong.message);
}

/* ---- As a calendar ---- */

/* {"calendar": "BEGIN:VCALENDAR…"} */
bool op_schedule_calendar(struct op *op, struct pp_error *error) {
    struct channel channel;
    schedule_source_auto struct schedule_source source = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CALENDAR_WRITTEN_MAX);
    if (!op_channel_find(op, &channel, error) || !source_take(op, &channel, &source, error))
        return false;
    const struct calendar_out calendar = {.channel = channel.id,
                                          .title = channel.title,
                                          .schedule = source.schedule,
                                          .count = source.own,
                                          .changed = source.changed};
    if (!calendar_write(&calendar, &text, error))
        return false;
    cJSON_AddStringToObject(op_answer(op), "calendar", pp_buf_text(&text));
    return true;
}

/* ---- A screen's instant ---- */

/* The version that the screen says it has, where it is one of its channel that is kept; else what is published. */
static bool version_of_screen(struct op *op, const struct channel *channel, int64_t *has,
                              struct pp_error *error) {
    PP_CLEANUP(device_reports_finish) struct device_reports reports = {0};
    if (!device_reports_load(op->db, op->device.id, &reports, error))
        return false;
    const cJSON *of = cJSON_GetObjectItemCaseSensitive(reports.status, "channel");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(reports.status, "manifest_version");
    bool same = cJSON_IsString(of) && strcmp(of->valuestring, channel->id) == 0;
    *has = same && cJSON_IsNumber(version) && version->valuedouble >= 1 && version->valuedouble < 1e15
               ? (int64_t)version->valuedouble
               : 0;
    return true;
}

static bool shown_add(struct op *op, const struct channel *channel, int64_t at, struct pp_error *error) {
    schedule_source_auto struct schedule_source source = {0};
    struct pp_error missing = {0};
    cJSON *answer = op->result->value;
    int64_t has = 0;
    if (!version_of_screen(op, channel, &has, error))
        return false;
    cJSON_AddItemToObject(answer, "screen_version",
                          has ? cJSON_CreateNumber((double)has) : cJSON_CreateNull());
    cJSON_AddItemToObject(answer, "published_version",
                          channel->publish ? cJSON_CreateNumber((double)channel->publish)
                                           : cJSON_CreateNull());
    bool there = (has && schedule_source_published(op->db, channel->id, has, &source, &missing)) ||
                 (channel->publish && has != channel->publish && (schedule_source_finish(&source), true) &&
                  schedule_source_published(op->db, channel->id, channel->publish, &source, &missing));
    if (!there && missing.code && missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    cJSON_AddItemToObject(answer, "shown",
                          there ? schedule_now(&source, op->device.time_zone, at) : cJSON_CreateNull());
    return true;
}

/* For who may see the channel; not each who sees one of its screens does. */
static bool draft_add(struct op *op, const struct channel *channel, int64_t at, struct pp_error *error) {
    const struct place place = {"", channel->id};
    schedule_source_auto struct schedule_source source = {0};
    struct pp_error wrong = {0};
    cJSON *answer = op->result->value;
    bool may = actor_may_at(op->actor, RIGHT_VIEW, &place);
    bool there = may && schedule_source_draft(op->db, channel, &source, &wrong);
    if (may && !there && wrong.code != PP_E_STATE)
        return pp_fail(error, wrong.code, "%s", wrong.message);
    cJSON_AddItemToObject(answer, "draft",
                          there ? schedule_now(&source, op->device.time_zone, at) : cJSON_CreateNull());
    cJSON_AddItemToObject(answer, "draft_refusal",
                          may && !there ? cJSON_CreateString(wrong.message) : cJSON_CreateNull());
    return true;
}

bool op_screen_now(struct op *op, struct pp_error *error) {
    struct channel channel = {0};
    const char *zone = op->device.time_zone;
    int64_t at = 0;
    cJSON *answer = op_answer(op);
    if (!answer)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!instant_take(op, zone, &at, error))
        return false;
    cJSON_AddStringToObject(answer, "screen", op->device.id);
    cJSON_AddStringToObject(answer, "time_zone", zone);
    schedule_add_time(answer, "at", at);
    schedule_add_wall(answer, "at_local", zone, at);
    bool has = *op->device.channel && channel_known(op->db, op->device.channel, &channel, error);
    if (!has && error->code && error->code != PP_E_NOTFOUND)
        return false;
    *error = (struct pp_error){0};
    cJSON_AddItemToObject(answer, "channel", has ? cJSON_CreateString(channel.id) : cJSON_CreateNull());
    cJSON_AddItemToObject(answer, "channel_title",
                          has ? cJSON_CreateString(channel.title) : cJSON_CreateNull());
    if (has)
        return shown_add(op, &channel, at, error) && draft_add(op, &channel, at, error);
    static const char *const none[] = {"screen_version", "published_version", "shown", "draft",
                                       "draft_refusal"};
    for (size_t i = 0; i < PP_COUNT(none); i++)
        cJSON_AddNullToObject(answer, none[i]);
    return true;
}
