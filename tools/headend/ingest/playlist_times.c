#include "headend/ingest/playlist_times.h"

#include <stdlib.h>

#include "base/clock.h"
#include "headend/ingest/playlist_shape.h"

#define ITEMS_MAX    1024 /* of a list, with each time that one comes */
#define ID_MAX       64   /* bytes */
#define PRIORITY_MAX 1000
#define CANVAS       "{\"width\":1920,\"height\":1080,\"fit\":\"fill\",\"background\":\"#000000\"}"

/* One time that an item comes in a round. */
struct turn {
    const cJSON *item;
    int64_t place, count, weight; /* of its item in the list, of them all, and how often that one comes */
    int64_t time;                 /* which time, from 0 on */
};

/* Where it stands in a round of length 1: as many parts as it comes, in each at the same place. */
static int turn_compare(const void *a, const void *b) {
    const struct turn *one = a;
    const struct turn *other = b;
    int64_t left = (one->time * one->count + one->place) * other->weight;
    int64_t right = (other->time * other->count + other->place) * one->weight;
    if (left != right)
        return left < right ? -1 : 1;
    return one->place < other->place ? -1 : one->place > other->place;
}

static int64_t moment_of(const cJSON *item, const char *name, int64_t without) {
    int64_t seconds = without;
    return pp_json_has(item, name) && pp_json_time(item, name, &seconds, NULL) ? seconds : without;
}

static bool is_shown_at(const cJSON *item, int64_t moment) {
    return moment_of(item, "valid_from", INT64_MIN) <= moment &&
           moment < moment_of(item, "valid_to", INT64_MAX);
}

static int64_t weight_of(const cJSON *item) {
    int64_t weight = 1;
    if (pp_json_has(item, "weight"))
        (void)!pp_json_integer(item, "weight", 1, PLAYLIST_WEIGHT_MAX, &weight, NULL);
    return weight;
}

/* The item as it stands in a manifest's description. */
static bool turn_add(const struct turn *turn, int number, cJSON *out, struct pp_error *error) {
    static const char *const said[] = {"weight", "valid_from", "valid_to", "id"};
    char id[ID_MAX + 1];
    char made[16];
    char time[24] = "";
    const char *given = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(turn->item, "id"));
    snprintf(made, sizeof made, "i%d", number);
    if (turn->time)
        snprintf(time, sizeof time, ".%lld", (long long)turn->time + 1);
    int size = snprintf(id, sizeof id, "%s%s", given ? given : made, time);
    if (size < 0 || (size_t)size >= sizeof id)
        return pp_fail(error, PP_E_LIMIT, "items[%d].id: too long for one that comes more than once",
                       number - 1);
    cJSON *item = cJSON_Duplicate(turn->item, true);
    for (size_t i = 0; i < PP_COUNT(said); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(item, said[i]);
    cJSON_AddStringToObject(item, "id", id);
    cJSON_AddItemToArray(out, item);
    return true;
}

/* Which of the description's items it is, from 1 on: its id is the same in each span of time. */
static int number_of(const cJSON *items, const cJSON *wanted) {
    const cJSON *item;
    int number = 1;
    cJSON_ArrayForEach(item, items) {
        if (item == wanted)
            break;
        number++;
    }
    return number;
}

/* Those that are shown at that moment, each as often as it comes. */
static size_t turns_take(const cJSON *items, int64_t moment, struct turn *turns) {
    size_t count = 0;
    int64_t place = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        int64_t weight = weight_of(item);
        if (!is_shown_at(item, moment))
            continue;
        for (int64_t time = 0; time < weight; time++, count++) {
            if (count < ITEMS_MAX)
                turns[count] = (struct turn){.item = item, .place = place, .weight = weight, .time = time};
        }
        place++;
    }
    for (size_t i = 0; i < count && i < ITEMS_MAX; i++)
        turns[i].count = place;
    return count;
}

/* The list as it is at that moment. NULL on failure. */
static cJSON *round_make(const cJSON *items, int64_t moment, struct pp_error *error) {
    pp_autofree struct turn *turns = calloc(ITEMS_MAX, sizeof *turns);
    if (!turns) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    size_t count = turns_take(items, moment, turns);
    if (count > ITEMS_MAX) {
        pp_fail(error, PP_E_LIMIT, "items: more than %d, each as often as it comes", ITEMS_MAX);
        return NULL;
    }
    qsort(turns, count, sizeof *turns, turn_compare);
    pp_autojson cJSON *out = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        if (!turn_add(&turns[i], number_of(items, turns[i].item), out, error))
            return NULL;
    }
    return pp_steal(&out);
}

/* ---- Moments ---- */

struct moments {
    int64_t at[PLAYLIST_MOMENTS_MAX]; /* s since 1970, in order, behind now */
    size_t count;
};

static int moment_compare(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a;
    int64_t other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

static bool moment_add(struct moments *moments, int64_t moment, int64_t now, struct pp_error *error) {
    if (moment <= now || moment == INT64_MAX)
        return true;
    for (size_t i = 0; i < moments->count; i++) {
        if (moments->at[i] == moment)
            return true;
    }
    if (moments->count == PLAYLIST_MOMENTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "items: they come and go at more than %d moments",
                       PLAYLIST_MOMENTS_MAX);
    moments->at[moments->count++] = moment;
    return true;
}

static bool moments_find(const cJSON *items, int64_t now, struct moments *moments, struct pp_error *error) {
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        if (!moment_add(moments, moment_of(item, "valid_from", INT64_MIN), now, error) ||
            !moment_add(moments, moment_of(item, "valid_to", INT64_MAX), now, error))
            return false;
    }
    qsort(moments->at, moments->count, sizeof *moments->at, moment_compare);
    return true;
}

/* ---- Descriptions ---- */

/* One layout of one zone, with the list as it is from `moment` on. */
static bool span_add(cJSON *out, const char *name, const cJSON *items, int64_t moment,
                     struct pp_error *error) {
    const cJSON *canvas = cJSON_GetObjectItemCaseSensitive(out, "canvas");
    cJSON *round = round_make(items, moment, error);
    if (!round)
        return false;
    cJSON *list = cJSON_AddObjectToObject(cJSON_GetObjectItemCaseSensitive(out, "playlists"), name);
    cJSON *layout = cJSON_AddObjectToObject(cJSON_GetObjectItemCaseSensitive(out, "layouts"), name);
    cJSON *zone = cJSON_CreateObject();
    cJSON_AddItemToObject(list, "items", round);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(layout, "zones"), zone);
    cJSON_AddStringToObject(zone, "id", PLAYLIST_SINGLE);
    cJSON_AddNumberToObject(zone, "x", 0);
    cJSON_AddNumberToObject(zone, "y", 0);
    cJSON_AddItemToObject(zone, "width",
                          cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(canvas, "width"), true));
    cJSON_AddItemToObject(zone, "height",
                          cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(canvas, "height"), true));
    cJSON_AddStringToObject(zone, "playlist", name);
    return true;
}

/* From that moment on, for ever. */
static void span_schedule(cJSON *out, const char *name, int64_t moment, int64_t priority) {
    char begins[PP_RFC3339_SIZE];
    cJSON *event = cJSON_CreateObject();
    pp_time_format(moment, begins);
    cJSON_AddStringToObject(event, "layout", name);
    cJSON_AddStringToObject(event, "dtstart", begins);
    cJSON_AddStringToObject(event, "duration", "P1D");
    cJSON_AddStringToObject(event, "rrule", "FREQ=DAILY");
    cJSON_AddNumberToObject(event, "priority", (double)priority);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(out, "schedule"), event);
}

static cJSON *spans_make(const cJSON *description, const cJSON *items, const struct moments *moments,
                         int64_t now, struct pp_error *error) {
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(description, "title");
    const cJSON *canvas = cJSON_GetObjectItemCaseSensitive(description, "canvas");
    pp_autojson cJSON *out = cJSON_CreateObject();
    if (title)
        cJSON_AddItemToObject(out, "title", cJSON_Duplicate(title, true));
    cJSON_AddItemToObject(out, "canvas", canvas ? cJSON_Duplicate(canvas, true) : cJSON_Parse(CANVAS));
    cJSON_AddObjectToObject(out, "playlists");
    cJSON_AddObjectToObject(out, "layouts");
    cJSON_AddArrayToObject(out, "schedule");
    cJSON_AddStringToObject(out, "default_layout", PLAYLIST_SINGLE);
    if (!span_add(out, PLAYLIST_SINGLE, items, now, error))
        return NULL;
    for (size_t i = 0; i < moments->count; i++) {
        char name[24];
        snprintf(name, sizeof name, "from-%zu", i + 1);
        if (!span_add(out, name, items, moments->at[i], error))
            return NULL;
        span_schedule(out, name, moments->at[i], (int64_t)i + 1);
    }
    return pp_steal(&out);
}

static bool says_when(const cJSON *items) {
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        if (pp_json_has(item, "valid_from") || pp_json_has(item, "valid_to"))
            return true;
    }
    return false;
}

/* ---- Beside layouts: of the default layout alone ---- */

static const cJSON *zones_of(const cJSON *description, const char *layout) {
    const cJSON *layouts = cJSON_GetObjectItemCaseSensitive(description, "layouts");
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(layouts, layout), "zones");
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static bool layout_shows(const cJSON *description, const char *layout, const char *list) {
    const cJSON *zone;
    cJSON_ArrayForEach(zone, zones_of(description, layout)) {
        if (strcmp(text_of(zone, "playlist"), list) == 0)
            return true;
    }
    return false;
}

/* When an event of the schedule lasts, the wall time of each screen says, and such a moment falls into it somewhere: a
 * manifest cannot say that. */
static bool is_unscheduled(const cJSON *description, const cJSON *list, struct pp_error *error) {
    const cJSON *event;
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(description, "schedule")) {
        if (layout_shows(description, text_of(event, "layout"), list->string))
            return pp_fail(
                error, PP_E_UNSUPPORTED,
                "playlists.%s: valid_from and valid_to, of an item or of its content, are for a plain "
                "list or the default layout; here the schedule says when",
                list->string);
    }
    return true;
}

/* Those of the default layout's lists. */
static bool default_moments(const cJSON *description, int64_t now, struct moments *moments,
                            struct pp_error *error) {
    const cJSON *list;
    cJSON_ArrayForEach(list, cJSON_GetObjectItemCaseSensitive(description, "playlists")) {
        const cJSON *items = cJSON_GetObjectItemCaseSensitive(list, "items");
        if (!says_when(items))
            continue;
        if (!is_unscheduled(description, list, error))
            return false;
        if (layout_shows(description, text_of(description, "default_layout"), list->string) &&
            !moments_find(items, now, moments, error))
            return false;
    }
    return true;
}

static bool name_free(const cJSON *out, const char *group, char *name, size_t size, const char *wanted,
                      struct pp_error *error) {
    const cJSON *taken = cJSON_GetObjectItemCaseSensitive(out, group);
    int used = snprintf(name, size, "%s", wanted);
    for (int n = 2; used > 0 && (size_t)used < size && pp_json_has(taken, name); n++)
        used = snprintf(name, size, "%s.%d", wanted, n);
    return (used > 0 && (size_t)used < size) ||
           pp_fail(error, PP_E_LIMIT, "%s: too long a name for one that changes with time", wanted);
}

/* The default layout as it is from a moment on; `description` has the lists as they were described. */
static bool default_span_add(cJSON *out, const cJSON *description, const char *name, int64_t moment,
                             struct pp_error *error) {
    const char *usual = text_of(description, "default_layout");
    cJSON *layouts = cJSON_GetObjectItemCaseSensitive(out, "layouts");
    cJSON *playlists = cJSON_GetObjectItemCaseSensitive(out, "playlists");
    cJSON *layout = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(layouts, usual), true);
    cJSON *zone;
    cJSON_AddItemToObject(layouts, name, layout);
    cJSON_ArrayForEach(zone, cJSON_GetObjectItemCaseSensitive(layout, "zones")) {
        char made[ID_MAX + 1];
        char wanted[2 * ID_MAX];
        const char *of = text_of(zone, "playlist");
        const cJSON *list =
            cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(description, "playlists"), of);
        const cJSON *items = cJSON_GetObjectItemCaseSensitive(list, "items");
        if (!says_when(items))
            continue;
        snprintf(wanted, sizeof wanted, "%s.%s", of, name);
        cJSON *round = round_make(items, moment, error);
        if (!round)
            return pp_wrap(error, "playlists.%s", of);
        if (!name_free(out, "playlists", made, sizeof made, wanted, error)) {
            cJSON_Delete(round);
            return false;
        }
        cJSON *copy = cJSON_Duplicate(list, true);
        cJSON_ReplaceItemInObjectCaseSensitive(copy, "items", round);
        cJSON_AddItemToObject(playlists, made, copy);
        cJSON_ReplaceItemInObjectCaseSensitive(zone, "playlist", cJSON_CreateString(made));
    }
    return true;
}

/* Below all that is scheduled. */
static int64_t lowest_priority(const cJSON *description) {
    int64_t lowest = 0;
    const cJSON *event;
    cJSON_ArrayForEach(event, cJSON_GetObjectItemCaseSensitive(description, "schedule")) {
        const cJSON *priority = cJSON_GetObjectItemCaseSensitive(event, "priority");
        if (cJSON_IsNumber(priority) && priority->valueint < lowest)
            lowest = priority->valueint;
    }
    return lowest;
}

static bool default_spans_make(cJSON *out, const cJSON *description, const struct moments *moments,
                               struct pp_error *error) {
    int64_t first = lowest_priority(description) - (int64_t)moments->count;
    if (moments->count && first < -PRIORITY_MAX)
        return pp_fail(error, PP_E_LIMIT,
                       "schedule: no priority is left below the lowest for items that come and go");
    if (!pp_json_has(out, "schedule"))
        cJSON_AddArrayToObject(out, "schedule");
    for (size_t i = 0; i < moments->count; i++) {
        char name[ID_MAX + 1];
        char wanted[24];
        snprintf(wanted, sizeof wanted, "from-%zu", i + 1);
        if (!name_free(out, "layouts", name, sizeof name, wanted, error) ||
            !default_span_add(out, description, name, moments->at[i], error))
            return false;
        span_schedule(out, name, moments->at[i], first + (int64_t)i);
    }
    return true;
}

/* Each list of a description with layouts, in its place. */
static bool lists_expand(cJSON *out, const cJSON *description, int64_t now, struct pp_error *error) {
    struct moments moments = {.count = 0};
    cJSON *list;
    if (!default_moments(description, now, &moments, error))
        return false;
    cJSON_ArrayForEach(list, cJSON_GetObjectItemCaseSensitive(out, "playlists")) {
        cJSON *round = round_make(cJSON_GetObjectItemCaseSensitive(list, "items"), now, error);
        if (!round)
            return pp_wrap(error, "playlists.%s", list->string);
        cJSON_ReplaceItemInObjectCaseSensitive(list, "items", round);
    }
    return default_spans_make(out, description, &moments, error);
}

cJSON *playlist_times_expand(const cJSON *description, int64_t now, struct pp_error *error) {
    struct moments moments = {.count = 0};
    const cJSON *items =
        pp_json_has(description, "items") ? cJSON_GetObjectItemCaseSensitive(description, "items") : NULL;
    if (items && !moments_find(items, now, &moments, error))
        return NULL;
    if (moments.count)
        return spans_make(description, items, &moments, now, error);
    pp_autojson cJSON *out = cJSON_Duplicate(description, true);
    if (!items)
        return lists_expand(out, description, now, error) ? pp_steal(&out) : NULL;
    cJSON *round = round_make(items, now, error);
    if (!round)
        return NULL;
    cJSON_ReplaceItemInObjectCaseSensitive(out, "items", round);
    return pp_steal(&out);
}
