#include "channel/manifest.h"

#include "base/encode.h"
#include "channel/parse.h"

#define MANIFEST_FORMAT      1
#define MANIFEST_MEMBERS_MAX 64 /* of an object whose members we name, unknown ones included */

/* ---- References: the three lists are sorted by name, and each struct begins with it ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

static bool refer(const struct place *place, const char *what, const void *list, size_t count, size_t size,
                  const void **out, struct pp_error *error) {
    char name[CHANNEL_NAME_MAX + 1];
    if (!place_name(place, name, error))
        return false;
    *out = count ? bsearch(name, list, count, size, compare_names) : NULL;
    return *out || place_fail(place, PP_E_INVALID, error, "there is no %s \"%s\"", what, name);
}

bool channel_refer_object(const struct place *place, const struct channel_manifest *manifest,
                          const struct channel_object **out, struct pp_error *error) {
    const void *found = NULL;
    bool ok = refer(place, "object", manifest->objects, manifest->object_count, sizeof **out, &found, error);
    *out = found;
    return ok;
}

bool channel_refer_feed(const struct place *place, const struct channel_manifest *manifest,
                        const struct channel_feed **out, struct pp_error *error) {
    const void *found = NULL;
    bool ok = refer(place, "feed", manifest->feeds, manifest->feed_count, sizeof **out, &found, error);
    *out = found;
    return ok;
}

bool channel_refer_playlist(const struct place *place, const struct channel_manifest *manifest,
                            const struct channel_playlist **out, struct pp_error *error) {
    const void *found = NULL;
    bool ok =
        refer(place, "playlist", manifest->playlists, manifest->playlist_count, sizeof **out, &found, error);
    *out = found;
    return ok;
}

bool channel_refer_layout(const struct place *place, const struct channel_manifest *manifest,
                          const struct channel_layout **out, struct pp_error *error) {
    const void *found = NULL;
    bool ok = refer(place, "layout", manifest->layouts, manifest->layout_count, sizeof **out, &found, error);
    *out = found;
    return ok;
}

/* ---- Objects ---- */

static bool media_type_valid(const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~')
            return false;
    }
    return strchr(text, '/') != NULL;
}

static bool parse_media_type(const struct place *object, struct channel_object *out, struct pp_error *error) {
    struct place place = place_member(object, "media_type");
    const char *text = NULL;
    if (!place.value)
        return true;
    if (!place_string(&place, CHANNEL_MEDIA_TYPE_MAX, &text, error))
        return false;
    if (!media_type_valid(text))
        return place_fail(&place, PP_E_INVALID, error, "is not a media type");
    snprintf(out->media_type, sizeof out->media_type, "%s", text);
    return true;
}

static bool parse_hash(const struct place *object, struct channel_object *out, struct pp_error *error) {
    struct place place;
    const char *text = NULL;
    if (!place_need(object, "sha256", &place, error) ||
        !place_string(&place, PP_HEX_SIZE(CHANNEL_HASH_SIZE), &text, error))
        return false;
    return pp_hex_decode(text, out->sha256, sizeof out->sha256, error) || place_wrap(&place, error);
}

/* The text of the key is never part of a message. */
static bool parse_key(const struct place *object, struct channel_object *out, struct pp_error *error) {
    struct place place;
    const char *text = NULL;
    if (!place_need(object, "key", &place, error) ||
        !place_string(&place, PP_BASE64_SIZE(CHANNEL_KEY_SIZE), &text, error))
        return false;
    if (!pp_base64url_decode_exact(text, out->key, sizeof out->key, NULL))
        return place_fail(&place, PP_E_INVALID, error, "is not %d bytes in base64url", CHANNEL_KEY_SIZE);
    return true;
}

static bool parse_object(const struct place *place, struct channel_object *out, struct pp_error *error) {
    if (!channel_name_valid(place->name))
        return place_fail(place, PP_E_INVALID, error, "is not a name of letters, digits, '.', '_' and '-'");
    snprintf(out->name, sizeof out->name, "%s", place->name);
    struct place length;
    int64_t bytes = 0;
    if (!place_object(place, MANIFEST_MEMBERS_MAX, error) || !parse_hash(place, out, error) ||
        !place_need(place, "length", &length, error) ||
        !place_integer(&length, 1, CHANNEL_OBJECT_LENGTH_MAX, &bytes, error) || !parse_key(place, out, error))
        return false;
    out->length = (uint64_t)bytes;
    return parse_media_type(place, out, error);
}

bool channel_parse_objects(const struct place *document, struct channel_manifest *manifest,
                           struct pp_error *error) {
    struct place place;
    if (!place_need(document, "objects", &place, error) || !place_object(&place, CHANNEL_OBJECTS_MAX, error))
        return false;
    manifest->object_count = (size_t)cJSON_GetArraySize(place.value);
    manifest->objects = calloc(manifest->object_count + 1, sizeof *manifest->objects);
    if (!manifest->objects)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct channel_object *object = manifest->objects;
    for (const cJSON *member = place.value->child; member; member = member->next, object++) {
        struct place child = {.up = &place, .name = member->string, .value = member};
        if (!parse_object(&child, object, error))
            return false;
    }
    qsort(manifest->objects, manifest->object_count, sizeof *manifest->objects, compare_names);
    return true;
}

/* ---- Feeds ---- */

bool channel_parse_feeds(const struct place *document, struct channel_manifest *manifest,
                         struct pp_error *error) {
    struct place place = place_member(document, "feeds");
    if (!place.value)
        return true;
    if (!place_object(&place, CHANNEL_FEEDS_MAX, error))
        return false;
    manifest->feeds = calloc(CHANNEL_FEEDS_MAX, sizeof *manifest->feeds);
    if (!manifest->feeds)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (const cJSON *member = place.value->child; member; member = member->next) {
        struct place child = {.up = &place, .name = member->string, .value = member};
        if (!channel_name_valid(member->string) || !place_object(&child, MANIFEST_MEMBERS_MAX, error))
            return place_fail(&child, PP_E_INVALID, error, "is no feed");
        snprintf(manifest->feeds[manifest->feed_count++].name, CHANNEL_NAME_MAX + 1, "%s", member->string);
    }
    qsort(manifest->feeds, manifest->feed_count, sizeof *manifest->feeds, compare_names);
    return true;
}

/* ---- The document ---- */

static bool parse_background(const struct place *canvas, uint32_t *out, struct pp_error *error) {
    struct place place = place_member(canvas, "background");
    const char *text = NULL;
    uint8_t rgb[3];
    if (!place.value)
        return true;
    if (!place_string(&place, CHANNEL_NAME_MAX, &text, error))
        return false;
    if (text[0] != '#' || !pp_hex_decode(text + 1, rgb, sizeof rgb, NULL))
        return place_fail(&place, PP_E_INVALID, error, "is not a colour like \"#101418\"");
    *out = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
    return true;
}

static bool parse_canvas_fit(const struct place *canvas, bool *fill, struct pp_error *error) {
    static const char *const fits[] = {"contain", "fill"};
    struct place place = place_member(canvas, "fit");
    size_t word = 0;
    if (place.value && !place_word(&place, fits, PP_COUNT(fits), &word, error))
        return false;
    *fill = word == 1;
    return true;
}

static bool parse_canvas(const struct place *document, struct channel_manifest *manifest,
                         struct pp_error *error) {
    struct place canvas;
    struct place width;
    struct place height;
    int64_t w = 0;
    int64_t h = 0;
    if (!place_need(document, "canvas", &canvas, error) ||
        !place_object(&canvas, MANIFEST_MEMBERS_MAX, error) || !place_need(&canvas, "width", &width, error) ||
        !place_integer(&width, 1, CHANNEL_CANVAS_MAX, &w, error) ||
        !place_need(&canvas, "height", &height, error) ||
        !place_integer(&height, 1, CHANNEL_CANVAS_MAX, &h, error))
        return false;
    manifest->width = (uint32_t)w;
    manifest->height = (uint32_t)h;
    return parse_canvas_fit(&canvas, &manifest->fill, error) &&
           parse_background(&canvas, &manifest->background, error);
}

static bool parse_title(const struct place *document, struct channel_manifest *manifest,
                        struct pp_error *error) {
    struct place place = place_member(document, "title");
    const char *text = "";
    if (place.value && !place_string(&place, CHANNEL_TITLE_MAX, &text, error))
        return false;
    snprintf(manifest->title, sizeof manifest->title, "%s", text);
    return true;
}

static bool parse_head(const struct place *document, struct channel_manifest *manifest,
                       struct pp_error *error) {
    struct place format;
    struct place channel;
    int64_t number = 0;
    if (!place_need(document, "format", &format, error) ||
        !place_integer(&format, 1, PP_JSON_INTEGER_MAX, &number, error))
        return false;
    if (number != MANIFEST_FORMAT)
        return place_fail(&format, PP_E_UNSUPPORTED, error, "is %lld; this version reads format %d",
                          (long long)number, MANIFEST_FORMAT);
    return place_need(document, "channel", &channel, error) &&
           place_name(&channel, manifest->channel, error) && parse_title(document, manifest, error) &&
           place_integer_or(document, "version", 0, PP_JSON_INTEGER_MAX, 0, &manifest->version, error);
}

static bool parse_document(const struct place *document, struct channel_manifest *manifest,
                           struct pp_error *error) {
    struct place first;
    return place_object(document, MANIFEST_MEMBERS_MAX, error) && parse_head(document, manifest, error) &&
           parse_canvas(document, manifest, error) && channel_parse_objects(document, manifest, error) &&
           channel_parse_feeds(document, manifest, error) &&
           channel_parse_playlists(document, manifest, error) &&
           channel_parse_layouts(document, manifest, error) &&
           channel_parse_schedule(document, manifest, error) &&
           place_need(document, "default_layout", &first, error) &&
           channel_refer_layout(&first, manifest, &manifest->default_layout, error);
}

/* The keys as text: cJSON frees without wiping. */
static void wipe_keys(const cJSON *document) {
    const cJSON *objects = cJSON_GetObjectItemCaseSensitive(document, "objects");
    for (const cJSON *object = objects ? objects->child : NULL; object; object = object->next) {
        const cJSON *key = cJSON_GetObjectItemCaseSensitive(object, "key");
        if (cJSON_IsString(key))
            pp_wipe(key->valuestring, strlen(key->valuestring));
    }
}

struct channel_manifest *channel_manifest_parse(const void *json, size_t size, struct pp_error *error) {
    pp_autojson cJSON *root = pp_json_parse(json, size, CHANNEL_MANIFEST_SIZE_MAX, error);
    if (!root)
        return NULL;
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = calloc(1, sizeof *manifest);
    if (!manifest) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    struct place document = {.value = root};
    bool ok = parse_document(&document, manifest, error);
    wipe_keys(root);
    return ok ? pp_steal(&manifest) : NULL;
}

void channel_manifest_destroy(struct channel_manifest *manifest) {
    if (!manifest)
        return;
    if (manifest->objects)
        pp_wipe(manifest->objects, manifest->object_count * sizeof *manifest->objects);
    free(manifest->objects);
    for (size_t i = 0; manifest->playlists && i < manifest->playlist_count; i++)
        channel_items_free(&manifest->playlists[i]);
    free(manifest->feeds);
    free(manifest->playlists);
    for (size_t i = 0; manifest->layouts && i < manifest->layout_count; i++)
        free(manifest->layouts[i].zones);
    free(manifest->layouts);
    for (size_t i = 0; manifest->schedule && i < manifest->event_count; i++)
        channel_event_finish(&manifest->schedule[i]);
    free(manifest->schedule);
    free(manifest->skipped);
    free(manifest);
}
