#include "headend/ingest/playlist.h"

#include <sys/stat.h>

#include "headend/ingest/content_file.h"
#include "headend/ingest/media_whole.h"
#include "headend/ingest/playlist_shape.h"

bool duration_valid(const char *text) {
    static const char units[] = "DTHMS";
    size_t place = 0; /* in units: what may still come */
    bool any = false;
    if (*text++ != 'P')
        return false;
    while (*text) {
        if (*text == 'T') {
            if (place > 1 || !text[1])
                return false;
            place = 2;
            text++;
            continue;
        }
        size_t digits = strspn(text, "0123456789");
        size_t fraction = text[digits] == '.' ? 1 + strspn(text + digits + 1, "0123456789") : 0;
        char unit = text[digits + fraction];
        const char *found = unit && unit != 'T' ? strchr(units + place, unit) : NULL;
        bool time_without_t = found && *found != 'D' && place < 2;
        if (!digits || digits > 9 || fraction == 1 || fraction > 7 || (fraction && unit != 'S') || !found ||
            time_without_t)
            return false;
        place = (size_t)(found - units) + 1;
        text += digits + fraction + 1;
        any = true;
    }
    return any;
}

void playlist_finish(struct playlist *playlist) {
    cJSON_Delete(playlist->manifest);
    free(playlist->files);
    free(playlist->types);
    *playlist = (struct playlist){0};
}

static bool playlist_begin(struct playlist *playlist, struct pp_error *error) {
    *playlist = (struct playlist){.manifest = cJSON_CreateObject(),
                                  .files = calloc(PLAYLIST_FILES_MAX, sizeof *playlist->files),
                                  .types = calloc(PLAYLIST_FILES_MAX, sizeof *playlist->types)};
    if (!playlist->manifest || !playlist->files || !playlist->types)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    cJSON_AddNumberToObject(playlist->manifest, "format", 1);
    return true;
}

static bool file_probe(const char *path, struct media_type *type, struct pp_error *error) {
    pp_autofree uint8_t *data = malloc(MEDIA_TYPE_PROBE);
    if (!data)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    pp_autoclose int fd = content_open(path, error);
    if (fd < 0)
        return false;
    ssize_t size = pread(fd, data, MEDIA_TYPE_PROBE, 0);
    if (size < 0)
        return pp_fail_errno(error, "%s", path);
    struct stat status;
    if (fstat(fd, &status) < 0)
        return pp_fail_errno(error, "%s", path);
    return (media_type_detect(data, (size_t)size, type, error) &&
            media_is_whole(fd, (uint64_t)status.st_size, type, error)) ||
           pp_wrap(error, "%s", path);
}

/* Of what the items come. */
struct making {
    struct playlist *playlist;
    const char *folder; /* of the files */
    const struct playlist_options *options;
    const struct playlist_library *library; /* NULL: they are files */
};

/* The place of a file in the list, where it is entered once; its object is "o<place + 1>". */
static bool file_enter(const struct making *making, const char *path, size_t *place, struct pp_error *error) {
    struct playlist *playlist = making->playlist;
    const struct playlist_library *library = making->library;
    for (*place = 0; *place < playlist->count; (*place)++) {
        if (strcmp(playlist->files[*place], path) == 0)
            return true;
    }
    if (playlist->count == PLAYLIST_FILES_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d files", PLAYLIST_FILES_MAX);
    struct media_type *type = &playlist->types[playlist->count];
    return (library ? library->find(library->arg, path, type, error) : file_probe(path, type, error)) &&
           pp_path_format(playlist->files[playlist->count++], error, "%s", path);
}

/* The kind that is asked for, or the file's own. NULL where the file is none of that. */
static const char *item_kind(const cJSON *given, const char *path, const struct media_type *type,
                             struct pp_error *error) {
    if (!pp_json_has(given, "kind"))
        return type->kind;
    const char *kind = cJSON_GetObjectItemCaseSensitive(given, "kind")->valuestring;
    if (strcmp(kind, "video") != 0 || type->moves)
        return kind;
    pp_fail(error, PP_E_INVALID,
            "%s: kind: \"video\" is for films and animations, and this is a still picture (%s)", path,
            type->name);
    return NULL;
}

/* Seconds that an item without a duration of its own is given; 0: none. */
static uint64_t default_duration_s(const char *kind, const struct media_type *type,
                                   const struct playlist_options *options) {
    bool image = strcmp(kind, "image") == 0;
    bool animation = !image && strncmp(type->name, "image/", 6) == 0;
    if (options->duration_s == PLAYLIST_NOT_GIVEN)
        return image ? PLAYLIST_IMAGE_S : 0;
    return image || animation ? options->duration_s : 0;
}

/* An item for the manifest. The caller deletes it. */
static cJSON *item_make(const struct making *making, const char *path, const char *id, const cJSON *given,
                        struct pp_error *error) {
    static const char *const copied[] = {"duration", "fit", "transition", "volume"};
    size_t place = 0;
    if (!file_enter(making, path, &place, error))
        return NULL;
    const struct media_type *type = &making->playlist->types[place];
    const char *kind = item_kind(given, path, type, error);
    if (!kind)
        return NULL;
    char object[32];
    snprintf(object, sizeof object, "o%zu", place + 1);
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", id);
    cJSON_AddStringToObject(item, "kind", kind);
    cJSON_AddStringToObject(item, "object", object);
    for (size_t i = 0; i < PP_COUNT(copied); i++) {
        if (pp_json_has(given, copied[i]))
            cJSON_AddItemToObject(item, copied[i],
                                  cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(given, copied[i]), true));
    }
    uint64_t duration_s = default_duration_s(kind, type, making->options);
    if (duration_s > 0 && !pp_json_has(item, "duration")) {
        char duration[PLAYLIST_DURATION_MAX];
        snprintf(duration, sizeof duration, "PT%lluS", (unsigned long long)duration_s);
        cJSON_AddStringToObject(item, "duration", duration);
    }
    return item;
}

/* An item that shows a feed, which the manifest names from then on. The caller deletes it. */
static cJSON *metric_make(const struct making *making, const char *id, const cJSON *given) {
    static const char *const copied[] = {"kind",   "feed",     "pointer",   "label",
                                         "format", "duration", "transition"};
    cJSON *manifest = making->playlist->manifest;
    const char *feed = cJSON_GetObjectItemCaseSensitive(given, "feed")->valuestring;
    cJSON *feeds = cJSON_GetObjectItemCaseSensitive(manifest, "feeds");
    if (!feeds)
        feeds = cJSON_AddObjectToObject(manifest, "feeds");
    if (!cJSON_HasObjectItem(feeds, feed))
        cJSON_AddObjectToObject(feeds, feed);
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", id);
    for (size_t i = 0; i < PP_COUNT(copied); i++) {
        if (pp_json_has(given, copied[i]))
            cJSON_AddItemToObject(item, copied[i],
                                  cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(given, copied[i]), true));
    }
    return item;
}

/* Where the item's file is, or the id of its content. */
static bool item_path(const struct making *making, const cJSON *given, char path[PP_PATH_MAX],
                      struct pp_error *error) {
    const char *name = making->library ? "content" : "file";
    const char *file = cJSON_GetObjectItemCaseSensitive(given, name)->valuestring;
    bool as_it_is = making->library || file[0] == '/' || strcmp(making->folder, ".") == 0;
    return pp_path_format(path, error, "%s%s%s", as_it_is ? "" : making->folder, as_it_is ? "" : "/", file);
}

static bool items_fill(const struct making *making, const cJSON *given, cJSON *out, struct pp_error *error) {
    const cJSON *entry;
    int number = 0;
    cJSON_ArrayForEach(entry, given) {
        char path[PP_PATH_MAX];
        char made[16];
        snprintf(made, sizeof made, "i%d", ++number);
        const char *id =
            pp_json_has(entry, "id") ? cJSON_GetObjectItemCaseSensitive(entry, "id")->valuestring : made;
        bool metric = playlist_shape_is_metric(entry);
        if (!metric && !item_path(making, entry, path, error))
            return false;
        cJSON *item = metric ? metric_make(making, id, entry) : item_make(making, path, id, entry, error);
        if (!item)
            return pp_wrap(error, "item %d", number);
        cJSON_AddItemToArray(out, item);
    }
    return true;
}

/* A playlist {"items"} or {"align", "items"} under `name`. */
static bool list_add(const struct making *making, const char *name, const cJSON *given,
                     struct pp_error *error) {
    cJSON *manifest = making->playlist->manifest;
    cJSON *lists = cJSON_GetObjectItemCaseSensitive(manifest, "playlists");
    if (!lists)
        lists = cJSON_AddObjectToObject(manifest, "playlists");
    cJSON *list = cJSON_AddObjectToObject(lists, name);
    const cJSON *align = cJSON_GetObjectItemCaseSensitive(given, "align");
    if (align)
        cJSON_AddItemToObject(list, "align", cJSON_Duplicate(align, true));
    return items_fill(making, cJSON_GetObjectItemCaseSensitive(given, "items"),
                      cJSON_AddArrayToObject(list, "items"), error) ||
           pp_wrap(error, "playlist %s", name);
}

static void title_set(struct playlist *playlist, const cJSON *given, const struct playlist_options *options) {
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(given, "title");
    if (options->title)
        cJSON_AddStringToObject(playlist->manifest, "title", options->title);
    else if (title)
        cJSON_AddStringToObject(playlist->manifest, "title", title->valuestring);
}

bool playlist_of_files(const char *const *files, size_t count, const struct playlist_options *options,
                       struct playlist *playlist, struct pp_error *error) {
    pp_autojson cJSON *description = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(description, "items");
    for (size_t i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "file", files[i]);
        cJSON_AddItemToArray(items, item);
    }
    if (!playlist_begin(playlist, error))
        return false;
    title_set(playlist, NULL, options);
    playlist_shape_single(playlist->manifest, NULL);
    const struct making making = {.playlist = playlist, .folder = ".", .options = options};
    return list_add(&making, PLAYLIST_SINGLE, description, error);
}

/* All of a description that has been looked at. */
static bool description_fill(const struct making *making, const cJSON *given, struct pp_error *error) {
    struct playlist *playlist = making->playlist;
    if (!playlist_begin(playlist, error))
        return false;
    title_set(playlist, given, making->options);
    if (pp_json_has(given, "items")) {
        playlist_shape_single(playlist->manifest, given);
        return list_add(making, PLAYLIST_SINGLE, given, error);
    }
    playlist_shape_copy(playlist->manifest, given);
    const cJSON *list;
    cJSON_ArrayForEach(list, cJSON_GetObjectItemCaseSensitive(given, "playlists")) {
        if (!list_add(making, list->string, list, error))
            return false;
    }
    return true;
}

bool playlist_of_description(const void *json, size_t size, const char *folder,
                             const struct playlist_options *options, struct playlist *playlist,
                             struct pp_error *error) {
    const struct making making = {.playlist = playlist, .folder = folder, .options = options};
    pp_autojson cJSON *given = pp_json_parse(json, size, PLAYLIST_DESCRIPTION_MAX, error);
    return given && playlist_shape_check(given, PLAYLIST_NAMES_FILES, error) &&
           description_fill(&making, given, error);
}

bool playlist_of_content(const cJSON *description, const struct playlist_options *options,
                         const struct playlist_library *library, struct playlist *playlist,
                         struct pp_error *error) {
    const struct making making = {
        .playlist = playlist, .folder = ".", .options = options, .library = library};
    return playlist_shape_check(description, PLAYLIST_NAMES_CONTENT, error) &&
           description_fill(&making, description, error);
}
