#include "headend/ingest/playlist_shape.h"

#include <string.h>

#include "channel/manifest.h"
#include "headend/base/text.h"
#include "headend/ingest/playlist.h"

#define CANVAS_WIDTH  1920
#define CANVAS_HEIGHT 1080
#define CANVAS_MAX    16384
#define NAME_MAX_SIZE 64 /* bytes of an id or name in a manifest */
#define ITEMS_MAX     1024

/* Whether each member's name is one of the NULL-ended list. */
static bool only_these(const cJSON *object, const char *where, const char *const *names,
                       struct pp_error *error) {
    if (!cJSON_IsObject(object))
        return pp_fail(error, PP_E_INVALID, "%s: not an object", where);
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], member->string) != 0)
            i++;
        if (!names[i])
            return pp_fail(error, PP_E_INVALID, "%s: unknown field \"%s\"", where, member->string);
    }
    return true;
}

static bool name_valid(const char *name) {
    size_t size = strlen(name);
    return size && size <= NAME_MAX_SIZE && name[0] != '.' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == size;
}

/* An optional text that is one of a NULL-ended list. */
static bool choice_check(const cJSON *object, const char *field, const char *const *choices,
                         struct pp_error *error) {
    const char *value;
    if (!pp_json_has(object, field))
        return true;
    if (!pp_json_string(object, field, NAME_MAX_SIZE, &value, error))
        return false;
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], value) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "%s: unknown value \"%s\"", field, value);
}

static bool duration_check(const cJSON *object, const char *field, struct pp_error *error) {
    const char *value;
    if (!pp_json_has(object, field))
        return true;
    if (!pp_json_string(object, field, PLAYLIST_DURATION_MAX, &value, error))
        return false;
    return duration_valid(value) ? true
                                 : pp_fail(error, PP_E_INVALID, "%s: not a duration like PT10S", field);
}

static bool transition_check(const cJSON *item, struct pp_error *error) {
    static const char *const fields[] = {"kind", "duration", NULL};
    static const char *const kinds[] = {"cut", "crossfade", NULL};
    const cJSON *transition = cJSON_GetObjectItemCaseSensitive(item, "transition");
    return !transition ||
           (only_these(transition, "transition", fields, error) &&
            choice_check(transition, "kind", kinds, error) && duration_check(transition, "duration", error));
}

/* How often an item of the library comes, and when. */
static bool times_check(const cJSON *item, struct pp_error *error) {
    int64_t weight;
    int64_t from = 0;
    int64_t to = 0;
    if (pp_json_has(item, "weight") &&
        !pp_json_integer(item, "weight", 1, PLAYLIST_WEIGHT_MAX, &weight, error))
        return false;
    if ((pp_json_has(item, "valid_from") && !pp_json_time(item, "valid_from", &from, error)) ||
        (pp_json_has(item, "valid_to") && !pp_json_time(item, "valid_to", &to, error)))
        return false;
    return !from || !to || from < to || pp_fail(error, PP_E_INVALID, "valid_to: before valid_from");
}

static bool item_names(const cJSON *item, enum playlist_names names, struct pp_error *error) {
    static const char *const of_files[] = {"file", "id",         "kind",   "duration",
                                           "fit",  "transition", "volume", NULL};
    static const char *const of_content[] = {"content",    "id",         "kind",   "duration",
                                             "fit",        "transition", "volume", "weight",
                                             "valid_from", "valid_to",   NULL};
    bool content = names == PLAYLIST_NAMES_CONTENT;
    const char *text;
    return only_these(item, "item", content ? of_content : of_files, error) &&
           pp_json_string(item, content ? "content" : "file", PP_PATH_MAX - 1, &text, error) &&
           (!content || times_check(item, error));
}

/* An item that shows a value of a feed names no file and no content. */
static bool metric_check(const cJSON *item, enum playlist_names names, struct pp_error *error) {
    static const char *const of_files[] = {"kind",   "id",       "feed",       "pointer", "label",
                                           "format", "duration", "transition", NULL};
    static const char *const of_content[] = {"kind",   "id",         "feed",     "pointer",
                                             "label",  "format",     "duration", "transition",
                                             "weight", "valid_from", "valid_to", NULL};
    const char *text;
    if (!only_these(item, "item", names == PLAYLIST_NAMES_CONTENT ? of_content : of_files, error) ||
        !pp_json_string(item, "feed", NAME_MAX_SIZE, &text, error))
        return false;
    if (!name_valid(text))
        return pp_fail(error, PP_E_INVALID, "feed: not a feed's name");
    return (!pp_json_has(item, "pointer") ||
            pp_json_string(item, "pointer", CHANNEL_METRIC_POINTER_MAX, &text, error)) &&
           (!pp_json_has(item, "label") ||
            pp_json_string(item, "label", CHANNEL_METRIC_LABEL_MAX, &text, error)) &&
           (!pp_json_has(item, "format") ||
            pp_json_string(item, "format", CHANNEL_METRIC_FORMAT_MAX, &text, error)) &&
           (names != PLAYLIST_NAMES_CONTENT || times_check(item, error));
}

bool playlist_shape_is_metric(const cJSON *item) {
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "kind"));
    return kind && strcmp(kind, "metric") == 0;
}

static bool item_check(const cJSON *item, enum playlist_names names, struct pp_error *error) {
    static const char *const kinds[] = {"image", "video", NULL};
    static const char *const fits[] = {"contain", "cover", "fill", NULL};
    const char *text;
    double volume;
    bool metric = playlist_shape_is_metric(item);
    if (metric ? !metric_check(item, names, error) : !item_names(item, names, error))
        return false;
    if (pp_json_has(item, "id") &&
        (!pp_json_string(item, "id", NAME_MAX_SIZE, &text, error) || !name_valid(text)))
        return pp_fail(error, PP_E_INVALID, "id: must be 1 to %d letters, digits, '.', '_' and '-'",
                       NAME_MAX_SIZE);
    return (metric || choice_check(item, "kind", kinds, error)) && duration_check(item, "duration", error) &&
           choice_check(item, "fit", fits, error) && transition_check(item, error) &&
           (!pp_json_has(item, "volume") || pp_json_number(item, "volume", 0, 1, &volume, error));
}

/* "items" of the description or of one of its playlists. */
static bool items_check(const cJSON *object, enum playlist_names names, struct pp_error *error) {
    const cJSON *items;
    const cJSON *item;
    int number = 0;
    if (!pp_json_array(object, "items", ITEMS_MAX, &items, error))
        return false;
    cJSON_ArrayForEach(item, items) {
        if (!item_check(item, names, error))
            return pp_wrap(error, "items[%d]", number);
        number++;
    }
    return number || names == PLAYLIST_NAMES_CONTENT || pp_fail(error, PP_E_INVALID, "items: there are none");
}

static bool playlists_check(const cJSON *description, enum playlist_names names, struct pp_error *error) {
    static const char *const fields[] = {"align", "items", NULL};
    static const char *const aligns[] = {"none", "wall-clock", NULL};
    const cJSON *playlists;
    const cJSON *playlist;
    if (!pp_json_object(description, "playlists", &playlists, error))
        return false;
    cJSON_ArrayForEach(playlist, playlists) {
        if (!name_valid(playlist->string) || !only_these(playlist, "playlist", fields, error) ||
            !choice_check(playlist, "align", aligns, error) || !items_check(playlist, names, error))
            return pp_wrap(error, "playlists.%s", playlist->string);
    }
    return true;
}

static bool zone_check(const cJSON *zone, const cJSON *playlists, struct pp_error *error) {
    static const char *const fields[] = {"id", "x", "y", "width", "height", "z", "playlist", NULL};
    const char *text;
    int64_t number;
    if (!only_these(zone, "zone", fields, error) ||
        !pp_json_string(zone, "id", NAME_MAX_SIZE, &text, error) ||
        !pp_json_integer(zone, "x", -CANVAS_MAX, CANVAS_MAX, &number, error) ||
        !pp_json_integer(zone, "y", -CANVAS_MAX, CANVAS_MAX, &number, error) ||
        !pp_json_integer(zone, "width", 1, CANVAS_MAX, &number, error) ||
        !pp_json_integer(zone, "height", 1, CANVAS_MAX, &number, error) ||
        (pp_json_has(zone, "z") && !pp_json_integer(zone, "z", -1000, 1000, &number, error)) ||
        !pp_json_string(zone, "playlist", NAME_MAX_SIZE, &text, error))
        return false;
    return pp_json_has(playlists, text) ? true
                                        : pp_fail(error, PP_E_INVALID, "playlist: there is no \"%s\"", text);
}

static bool layouts_check(const cJSON *description, struct pp_error *error) {
    static const char *const fields[] = {"zones", NULL};
    const cJSON *layouts;
    const cJSON *layout;
    const cJSON *playlists = cJSON_GetObjectItemCaseSensitive(description, "playlists");
    if (!pp_json_object(description, "layouts", &layouts, error))
        return false;
    cJSON_ArrayForEach(layout, layouts) {
        const cJSON *zones;
        const cJSON *zone;
        if (!only_these(layout, "layout", fields, error) ||
            !pp_json_array(layout, "zones", 16, &zones, error))
            return pp_wrap(error, "layouts.%s", layout->string);
        cJSON_ArrayForEach(zone, zones) {
            if (!zone_check(zone, playlists, error))
                return pp_wrap(error, "layouts.%s.zones", layout->string);
        }
    }
    return true;
}

static bool layout_named(const cJSON *description, const cJSON *object, const char *field,
                         struct pp_error *error) {
    const char *name;
    if (!pp_json_string(object, field, NAME_MAX_SIZE, &name, error))
        return false;
    const cJSON *layouts = cJSON_GetObjectItemCaseSensitive(description, "layouts");
    return pp_json_has(layouts, name)
               ? true
               : pp_fail(error, PP_E_INVALID, "%s: there is no layout \"%s\"", field, name);
}

static bool schedule_check(const cJSON *description, struct pp_error *error) {
    static const char *const fields[] = {"layout", "dtstart", "dtend", "duration", "tzid",
                                         "rrule",  "exdate",  "rdate", "priority", NULL};
    const cJSON *schedule;
    const cJSON *event;
    const cJSON *times;
    const char *text;
    int64_t number;
    if (!pp_json_has(description, "schedule"))
        return true;
    if (!pp_json_array(description, "schedule", 512, &schedule, error))
        return false;
    cJSON_ArrayForEach(event, schedule) {
        if (!only_these(event, "schedule", fields, error) ||
            !layout_named(description, event, "layout", error) ||
            !pp_json_string(event, "dtstart", 20, &text, error) ||
            (pp_json_has(event, "dtend") && !pp_json_string(event, "dtend", 20, &text, error)) ||
            (pp_json_has(event, "tzid") && !pp_json_string(event, "tzid", 64, &text, error)) ||
            (pp_json_has(event, "exdate") && !pp_json_array(event, "exdate", 128, &times, error)) ||
            (pp_json_has(event, "rdate") && !pp_json_array(event, "rdate", 128, &times, error)) ||
            !duration_check(event, "duration", error) ||
            (pp_json_has(event, "rrule") && !pp_json_string(event, "rrule", 512, &text, error)) ||
            (pp_json_has(event, "priority") &&
             !pp_json_integer(event, "priority", -1000, 1000, &number, error)))
            return pp_wrap(error, "schedule");
    }
    return true;
}

static bool colour_valid(const char *text) {
    return strlen(text) == 7 && text[0] == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static bool canvas_check(const cJSON *description, struct pp_error *error) {
    static const char *const fields[] = {"width", "height", "fit", "background", NULL};
    static const char *const fits[] = {"contain", "fill", NULL};
    const cJSON *canvas = cJSON_GetObjectItemCaseSensitive(description, "canvas");
    int64_t side;
    const char *colour;
    if (!canvas)
        return true;
    if (!only_these(canvas, "canvas", fields, error) ||
        !pp_json_integer(canvas, "width", 1, CANVAS_MAX, &side, error) ||
        !pp_json_integer(canvas, "height", 1, CANVAS_MAX, &side, error))
        return pp_wrap(error, "canvas");
    if (!choice_check(canvas, "fit", fits, error))
        return pp_wrap(error, "canvas");
    if (!pp_json_has(canvas, "background"))
        return true;
    return pp_json_string(canvas, "background", 7, &colour, error) && colour_valid(colour)
               ? true
               : pp_fail(error, PP_E_INVALID, "canvas.background: not a colour like #101418");
}

bool playlist_shape_check(const cJSON *description, enum playlist_names names, struct pp_error *error) {
    static const char *const fields[] = {"title",   "canvas",   "items",          "playlists",
                                         "layouts", "schedule", "default_layout", NULL};
    const char *title;
    if (!only_these(description, "description", fields, error) || !canvas_check(description, error))
        return false;
    if (pp_json_has(description, "title") &&
        (!pp_json_string(description, "title", TEXT_NAME_MAX, &title, error) ||
         !text_check("title", title, 1, TEXT_NAME_MAX, error)))
        return false;
    if (pp_json_has(description, "items")) {
        if (pp_json_has(description, "playlists") || pp_json_has(description, "layouts") ||
            pp_json_has(description, "schedule") || pp_json_has(description, "default_layout"))
            return pp_fail(error, PP_E_INVALID, "items: either these, or playlists and layouts");
        return items_check(description, names, error);
    }
    return playlists_check(description, names, error) && layouts_check(description, error) &&
           layout_named(description, description, "default_layout", error) &&
           schedule_check(description, error);
}

static void copy_member(cJSON *out, const cJSON *in, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(in, name);
    if (member)
        cJSON_AddItemToObject(out, name, cJSON_Duplicate(member, true));
}

static const cJSON *canvas_set(cJSON *manifest, const cJSON *description) {
    copy_member(manifest, description, "canvas");
    cJSON *canvas = cJSON_GetObjectItemCaseSensitive(manifest, "canvas");
    if (canvas)
        return canvas;
    canvas = cJSON_AddObjectToObject(manifest, "canvas");
    cJSON_AddNumberToObject(canvas, "width", CANVAS_WIDTH);
    cJSON_AddNumberToObject(canvas, "height", CANVAS_HEIGHT);
    cJSON_AddStringToObject(canvas, "background", "#000000");
    return canvas;
}

/* One zone has no layout that another shape of display could break: without a canvas of its own it fills any. */
static void canvas_follow_display(cJSON *manifest, const cJSON *description) {
    if (!cJSON_GetObjectItemCaseSensitive(description, "canvas"))
        cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(manifest, "canvas"), "fit", "fill");
}

void playlist_shape_single(cJSON *manifest, const cJSON *description) {
    const cJSON *canvas = canvas_set(manifest, description);
    canvas_follow_display(manifest, description);
    cJSON *layout = cJSON_AddObjectToObject(cJSON_AddObjectToObject(manifest, "layouts"), PLAYLIST_SINGLE);
    cJSON *zone = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(layout, "zones"), zone);
    cJSON_AddStringToObject(zone, "id", PLAYLIST_SINGLE);
    cJSON_AddNumberToObject(zone, "x", 0);
    cJSON_AddNumberToObject(zone, "y", 0);
    copy_member(zone, canvas, "width");
    copy_member(zone, canvas, "height");
    cJSON_AddNumberToObject(zone, "z", 0);
    cJSON_AddStringToObject(zone, "playlist", PLAYLIST_SINGLE);
    cJSON_AddStringToObject(manifest, "default_layout", PLAYLIST_SINGLE);
    cJSON_AddItemToObject(manifest, "schedule", cJSON_CreateArray());
}

void playlist_shape_copy(cJSON *manifest, const cJSON *description) {
    canvas_set(manifest, description);
    copy_member(manifest, description, "layouts");
    copy_member(manifest, description, "schedule");
    copy_member(manifest, description, "default_layout");
}
