/* What was played, and for how long screens were there: by day, content, screen or site. */
#include "headend/ops/plays.h"
#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"

#define DAYS_USUAL 30 /* where nobody says from when */

enum { FILTER_BY, FILTER_FROM, FILTER_TO, FILTER_SITE, FILTER_CHANNEL, FILTER_SCREEN, FILTER_CONTENT };

static const char *const sorts[] = {"key", NULL};
static const char *const plays_by[] = {"day", "content", "screen", "channel", NULL};
static const char *const uptime_by[] = {"screen", "site", NULL};

const struct list_form api_plays_form = {.sorts = sorts,
                                         .keys = 1,
                                         .filters = {[FILTER_BY] = {"by", plays_by},
                                                     [FILTER_FROM] = {"from", NULL},
                                                     [FILTER_TO] = {"to", NULL},
                                                     [FILTER_SITE] = {"site", NULL},
                                                     [FILTER_CHANNEL] = {"channel", NULL},
                                                     [FILTER_SCREEN] = {"screen", NULL},
                                                     [FILTER_CONTENT] = {"content", NULL}}};
const struct list_form api_uptime_form = {.sorts = sorts,
                                          .keys = 1,
                                          .filters = {[FILTER_BY] = {"by", uptime_by},
                                                      [FILTER_FROM] = {"from", NULL},
                                                      [FILTER_TO] = {"to", NULL},
                                                      [FILTER_SITE] = {"site", NULL},
                                                      [FILTER_CHANNEL] = {"channel", NULL},
                                                      [FILTER_SCREEN] = {"screen", NULL}}};

static bool day_take(struct reply *reply, const char *name, const char *text, int64_t *day) {
    struct pp_error error = {0};
    if (!text || day_read(text, day, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_QUERY_INVALID, name, error.message);
    return false;
}

/* What is asked for; false: it is answered. */
static bool wanted_read(const struct request *request, struct reply *reply, struct plays_wanted *wanted) {
    const struct list *list = &request->list;
    const struct list_form *form = request->route->api->list;
    int64_t today = pp_clock_realtime_s() / 86400;
    *wanted = (struct plays_wanted){.by = list->filters[FILTER_BY] ? list->filters[FILTER_BY]
                                                                   : form->filters[FILTER_BY].values[0],
                                    .from = today - DAYS_USUAL,
                                    .to = today,
                                    .site = list->filters[FILTER_SITE],
                                    .channel = list->filters[FILTER_CHANNEL],
                                    .screen = list->filters[FILTER_SCREEN],
                                    .content = list->filters[FILTER_CONTENT],
                                    .viewer = request->admin.id,
                                    .after = list->begun ? list->keys[0] : NULL,
                                    .count = (int64_t)list->limit + 1};
    return day_take(reply, "from", list->filters[FILTER_FROM], &wanted->from) &&
           day_take(reply, "to", list->filters[FILTER_TO], &wanted->to);
}

struct listing {
    cJSON *items;
    const char *by;
    uint64_t limit, count;
    char key[PLAYS_KEY_MAX + 1]; /* of the last that is shown */
    bool more;
};

/* Whether there is room for one more. */
static bool listing_begin(struct listing *listing, const char *key) {
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    snprintf(listing->key, sizeof listing->key, "%s", key);
    return true;
}

static void add_screen(cJSON *object, const char *id, const char *name, const char *site) {
    cJSON_AddStringToObject(object, "screen", id);
    cJSON_AddStringToObject(object, "name", name);
    cJSON_AddStringToObject(object, "site", site);
}

static void add_content(cJSON *object, const struct plays_row *row) {
    cJSON_AddItemToObject(object, "content",
                          *row->content ? cJSON_CreateString(row->content) : cJSON_CreateNull());
    cJSON_AddStringToObject(object, "title", row->title);
    cJSON_AddStringToObject(object, "channel", row->channel);
    cJSON_AddStringToObject(object, "item", row->item);
}

static bool plays_add(void *arg, const struct plays_row *row, struct pp_error *error) {
    struct listing *listing = arg;
    char day[DAY_TEXT_SIZE];
    (void)error;
    if (!listing_begin(listing, row->key))
        return true;
    cJSON *object = cJSON_CreateObject();
    if (strcmp(listing->by, "day") == 0) {
        day_text(strtoll(row->key, NULL, 10), day);
        cJSON_AddStringToObject(object, "day", day);
    } else if (strcmp(listing->by, "screen") == 0) {
        add_screen(object, row->key, row->name, row->site);
        cJSON_AddNumberToObject(object, "plays_lost", (double)row->plays_lost);
        cJSON_AddNumberToObject(object, "events_missing", (double)row->events_missing);
    } else if (strcmp(listing->by, "channel") == 0) {
        cJSON_AddStringToObject(object, "channel", row->channel);
    } else {
        add_content(object, row);
    }
    cJSON_AddNumberToObject(object, "plays", (double)row->plays);
    cJSON_AddNumberToObject(object, "shown_ms", (double)row->shown_ms);
    cJSON_AddNumberToObject(object, "frames_late", (double)row->late);
    cJSON_AddNumberToObject(object, "screens", (double)row->screens);
    cJSON_AddItemToArray(listing->items, object);
    return true;
}

static bool uptime_add(void *arg, const struct uptime_row *row, struct pp_error *error) {
    struct listing *listing = arg;
    (void)error;
    if (!listing_begin(listing, row->key))
        return true;
    cJSON *object = cJSON_CreateObject();
    if (strcmp(listing->by, "screen") == 0)
        add_screen(object, row->key, row->name, row->site);
    else
        cJSON_AddStringToObject(object, "site", row->site);
    cJSON_AddNumberToObject(object, "online_s", (double)row->here_s);
    cJSON_AddNumberToObject(object, "observed_s", (double)row->could_s);
    cJSON_AddNumberToObject(object, "screens", (double)row->screens);
    cJSON_AddItemToArray(listing->items, object);
    return true;
}

static void listing_reply(const struct request *request, struct reply *reply, const struct listing *listing) {
    const char *const keys[] = {listing->key};
    list_reply(reply, request_path(request), &request->list, request->route->api->list, listing->items,
               listing->more ? keys : NULL);
}

/* GET /api/v1/plays */
void api_plays(struct request *request, struct reply *reply) {
    struct plays_wanted wanted;
    struct pp_error error = {0};
    if (!api_operation_allowed(request, reply) || !wanted_read(request, reply, &wanted))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .by = wanted.by, .limit = request->list.limit};
    if (plays_report(request->db, &wanted, plays_add, &listing, &error)) {
        listing_reply(request, reply, &listing);
        return;
    }
    cJSON_Delete(listing.items);
    reply_failure(reply, &error);
}

/* GET /api/v1/uptime */
void api_uptime(struct request *request, struct reply *reply) {
    struct plays_wanted wanted;
    struct pp_error error = {0};
    if (!api_operation_allowed(request, reply) || !wanted_read(request, reply, &wanted))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .by = wanted.by, .limit = request->list.limit};
    if (uptime_report(request->db, &wanted, uptime_add, &listing, &error)) {
        listing_reply(request, reply, &listing);
        return;
    }
    cJSON_Delete(listing.items);
    reply_failure(reply, &error);
}
