/* Playlists and their items. */
#include "channel/kind.h"
#include "channel/metric.h"
#include "channel/parse.h"

#define ITEM_MEMBERS_MAX  64
#define ITEM_DURATION_MIN 100 /* ms: shorter ones would only burn the processor */

static const char *const fits[] = {
    [CHANNEL_CONTAIN] = "contain", [CHANNEL_COVER] = "cover", [CHANNEL_FILL] = "fill"};
static const char *const transitions[] = {[CHANNEL_CUT] = "cut", [CHANNEL_CROSSFADE] = "crossfade"};
static const char *const alignments[] = {"none", "wall-clock"};

static bool parse_fit(const struct place *item, struct channel_item *out, struct pp_error *error) {
    struct place place = place_member(item, "fit");
    size_t word = CHANNEL_CONTAIN;
    if (place.value && !place_word(&place, fits, PP_COUNT(fits), &word, error))
        return false;
    out->fit = (enum channel_fit)word;
    return true;
}

static bool parse_transition(const struct place *item, struct channel_item *out, struct pp_error *error) {
    struct place place = place_member(item, "transition");
    struct place kind;
    struct channel_duration duration = {0};
    size_t word = CHANNEL_CUT;
    if (!place.value)
        return true;
    if (!place_object(&place, ITEM_MEMBERS_MAX, error) || !place_need(&place, "kind", &kind, error) ||
        !place_word(&kind, transitions, PP_COUNT(transitions), &word, error))
        return false;
    out->transition = (enum channel_transition_kind)word;
    if (out->transition == CHANNEL_CUT)
        return true;
    struct place length;
    if (!place_need(&place, "duration", &length, error) ||
        !place_duration(&length, 1, CHANNEL_TRANSITION_MAX, &duration, error))
        return false;
    out->transition_ms = channel_duration_ms(&duration);
    return true;
}

static bool parse_duration(const struct place *item, struct channel_item *out, struct pp_error *error) {
    struct place place = place_member(item, "duration");
    struct channel_duration duration = {.ms = channel_kind_row(out->kind)->duration_ms};
    if (place.value &&
        !place_duration(&place, ITEM_DURATION_MIN, CHANNEL_ITEM_DURATION_MAX, &duration, error))
        return false;
    out->duration_ms = channel_duration_ms(&duration);
    return true;
}

static bool parse_volume(const struct place *item, struct channel_item *out, struct pp_error *error) {
    struct place place = place_member(item, "volume");
    out->volume = 1;
    return !place.value || place_number(&place, 0, 1, &out->volume, error);
}

/* For the report; what cannot be printed is not worth it. */
static bool skip_item(const struct place *item, const char *kind, struct channel_manifest *manifest,
                      struct pp_error *error) {
    manifest->skipped_total++;
    if (!manifest->skipped)
        manifest->skipped = calloc(CHANNEL_SKIPPED_MAX, sizeof *manifest->skipped);
    if (!manifest->skipped)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (manifest->skipped_count == CHANNEL_SKIPPED_MAX)
        return true;
    struct channel_skipped *skipped = &manifest->skipped[manifest->skipped_count++];
    place_text(item, skipped->path);
    snprintf(skipped->kind, sizeof skipped->kind, "%s", channel_name_valid(kind) ? kind : "?");
    return true;
}

/* Whether this version has the kind. */
static bool parse_kind(const struct place *item, struct channel_item *out, bool *known,
                       struct channel_manifest *manifest, struct pp_error *error) {
    struct place place;
    const char *text = NULL;
    *known = false;
    if (!place_need(item, "kind", &place, error) || !place_string(&place, CHANNEL_NAME_MAX, &text, error))
        return false;
    *known = channel_kind_find(text, &out->kind);
    return *known || skip_item(item, text, manifest, error);
}

/* What it is made of. */
static bool parse_source(const struct place *item, const struct channel_manifest *manifest,
                         struct channel_item *out, struct pp_error *error) {
    struct place object;
    if (channel_kind_row(out->kind)->feed)
        return channel_parse_metric(item, manifest, out, error);
    return place_need(item, "object", &object, error) &&
           channel_refer_object(&object, manifest, &out->object, error);
}

/* `*known` is false for an item that is passed over; its own fields are then nobody's business. */
static bool parse_item(const struct place *place, struct channel_manifest *manifest, struct channel_item *out,
                       bool *known, struct pp_error *error) {
    struct place id;
    *known = false;
    if (!place_object(place, ITEM_MEMBERS_MAX, error) || !place_need(place, "id", &id, error) ||
        !place_name(&id, out->id, error) || !parse_kind(place, out, known, manifest, error))
        return false;
    return !*known || (parse_source(place, manifest, out, error) && parse_duration(place, out, error) &&
                       parse_fit(place, out, error) && parse_volume(place, out, error) &&
                       parse_transition(place, out, error));
}

static bool id_is_duplicate(const struct channel_playlist *playlist, const char *id) {
    for (size_t i = 0; i < playlist->item_count; i++) {
        if (strcmp(playlist->items[i].id, id) == 0)
            return true;
    }
    return false;
}

static bool parse_items(const struct place *items, struct channel_manifest *manifest,
                        struct channel_playlist *out, struct pp_error *error) {
    size_t index = 0;
    for (const cJSON *value = items->value->child; value; value = value->next, index++) {
        struct place place = place_item(items, index, value);
        struct channel_item *item =
            &out->items[out->item_count]; /* zeroed; what it has is freed with the list */
        bool known = false;
        if (!parse_item(&place, manifest, item, &known, error))
            return false;
        if (!known) {
            *item = (struct channel_item){0};
            continue;
        }
        struct place id = place_member(&place, "id");
        if (id_is_duplicate(out, item->id))
            return place_fail(&id, PP_E_INVALID, error, "\"%s\" stands twice in this playlist", item->id);
        out->item_count++;
    }
    return true;
}

/* Also the one that was being read when the rest was refused. */
void channel_items_free(struct channel_playlist *playlist) {
    for (size_t i = 0; playlist->items && i <= playlist->item_count; i++)
        free(playlist->items[i].metric);
    free(playlist->items);
}

static int64_t total_of(const struct channel_playlist *playlist) {
    int64_t total = 0;
    for (size_t i = 0; i < playlist->item_count; i++) {
        if (playlist->items[i].duration_ms == 0)
            return 0;
        total += playlist->items[i].duration_ms;
    }
    return total;
}

static bool parse_align(const struct place *playlist, struct channel_playlist *out, struct pp_error *error) {
    struct place place = place_member(playlist, "align");
    size_t word = 0;
    if (place.value && !place_word(&place, alignments, PP_COUNT(alignments), &word, error))
        return false;
    out->wall_clock = word == 1;
    return true;
}

static bool parse_playlist(const struct place *place, struct channel_manifest *manifest, size_t *items_left,
                           struct channel_playlist *out, struct pp_error *error) {
    struct place items;
    if (!channel_name_valid(place->name))
        return place_fail(place, PP_E_INVALID, error, "is not a name of letters, digits, '.', '_' and '-'");
    snprintf(out->name, sizeof out->name, "%s", place->name);
    if (!place_object(place, ITEM_MEMBERS_MAX, error) || !parse_align(place, out, error) ||
        !place_need(place, "items", &items, error) || !place_array(&items, CHANNEL_ITEMS_MAX, error))
        return false;
    size_t count = (size_t)cJSON_GetArraySize(items.value);
    if (count > *items_left)
        return place_fail(&items, PP_E_LIMIT, error, "makes more than %d items in all",
                          CHANNEL_ITEMS_TOTAL_MAX);
    *items_left -= count;
    out->items = calloc(count + 1, sizeof *out->items);
    if (!out->items)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!parse_items(&items, manifest, out, error))
        return false;
    out->total_ms = total_of(out);
    return true;
}

static int compare_playlists(const void *a, const void *b) {
    const struct channel_playlist *left = a;
    const struct channel_playlist *right = b;
    return strcmp(left->name, right->name);
}

bool channel_parse_playlists(const struct place *document, struct channel_manifest *manifest,
                             struct pp_error *error) {
    struct place place;
    size_t items_left = CHANNEL_ITEMS_TOTAL_MAX;
    if (!place_need(document, "playlists", &place, error) ||
        !place_object(&place, CHANNEL_PLAYLISTS_MAX, error))
        return false;
    manifest->playlist_count = (size_t)cJSON_GetArraySize(place.value);
    manifest->playlists = calloc(manifest->playlist_count + 1, sizeof *manifest->playlists);
    if (!manifest->playlists)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct channel_playlist *playlist = manifest->playlists;
    for (const cJSON *member = place.value->child; member; member = member->next, playlist++) {
        struct place child = {.up = &place, .name = member->string, .value = member};
        if (!parse_playlist(&child, manifest, &items_left, playlist, error))
            return false;
    }
    qsort(manifest->playlists, manifest->playlist_count, sizeof *manifest->playlists, compare_playlists);
    return true;
}
