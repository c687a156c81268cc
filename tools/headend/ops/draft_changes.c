#include "headend/ops/draft_changes.h"

#include <stdlib.h>

#include "base/clock.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_version.h"

#define ENTRIES_MAX 8192 /* items of all lists, as a manifest may have */
#define LIST_SIZE   72   /* bytes of a list's name */

/* An item before or after. */
struct entry {
    char list[LIST_SIZE];
    int place;
    const cJSON *item; /* NULL: a file, of which no more is known */
    char content[UUID_TEXT_SIZE];
    char name[TEXT_NAME_MAX + 1];
    int64_t version;     /* of the content's file; 0: not known */
    struct entry *other; /* the same one, after or before; NULL none */
    size_t run;          /* of items up to this one that kept their order */
    struct entry *run_before;
    bool stays; /* where it stands among the others */
};

struct entries {
    struct entry *list;
    size_t count;
};

struct comparison {
    struct db *db;
    const struct channel *channel;
    const struct draft *draft;
    struct version version; /* what is published; number 0: nothing */
    struct entries before, after;
    struct publication publication; /* of the draft */
    cJSON *changes;
};

static void comparison_finish(struct comparison *comparison) {
    free(comparison->before.list);
    free(comparison->after.list);
    version_finish(&comparison->version);
    publication_finish(&comparison->publication);
    cJSON_Delete(comparison->changes);
}

/* ---- Entries ---- */

static struct entry *entry_new(struct entries *entries, struct pp_error *error) {
    if (entries->count < ENTRIES_MAX)
        return &entries->list[entries->count++];
    pp_fail(error, PP_E_LIMIT, "more than %d items", ENTRIES_MAX);
    return NULL;
}

static bool entry_add(void *arg, const char *list, int place, cJSON *item, struct pp_error *error) {
    struct entry *entry = entry_new(arg, error);
    const char *content = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "content"));
    if (!entry)
        return false;
    snprintf(entry->list, sizeof entry->list, "%s", list);
    snprintf(entry->content, sizeof entry->content, "%.36s", content ? content : "");
    /* What shows a feed has no content, and is called as it is labelled. */
    const char *label = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "label"));
    const char *feed = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "feed"));
    if (feed)
        snprintf(entry->name, sizeof entry->name, "%s", label && *label ? label : feed);
    entry->place = place;
    entry->item = item;
    return true;
}

static bool file_add(void *arg, const struct version_object *object, struct pp_error *error) {
    struct entries *entries = arg;
    struct entry *entry = entry_new(entries, error);
    if (!entry)
        return false;
    entry->place = (int)entries->count - 1;
    snprintf(entry->list, sizeof entry->list, "items");
    snprintf(entry->name, sizeof entry->name, "%s", object->name);
    return true;
}

/* Of what is published: the content's name and version then. */
static bool entry_label(void *arg, const struct version_object *object, struct pp_error *error) {
    struct entries *entries = arg;
    (void)error;
    for (size_t i = 0; i < entries->count; i++) {
        struct entry *entry = &entries->list[i];
        if (strcmp(entry->content, object->content) != 0)
            continue;
        snprintf(entry->name, sizeof entry->name, "%s", object->name);
        entry->version = object->content_version;
    }
    return true;
}

/* Of the draft: as it is now, or was, where it is not there any more. */
static bool entry_look_up(struct comparison *comparison, struct entry *entry, struct pp_error *error) {
    struct content content;
    struct pp_error missing = {0};
    if (!content_find(comparison->db, entry->content, &content, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    snprintf(entry->name, sizeof entry->name, "%s", content.labels.name);
    entry->version = content.version;
    return true;
}

static bool entries_load(struct comparison *comparison, struct pp_error *error) {
    struct db *db = comparison->db;
    const char *channel = comparison->channel->id;
    const struct version *version = &comparison->version;
    comparison->before.list = calloc(ENTRIES_MAX, sizeof *comparison->before.list);
    comparison->after.list = calloc(ENTRIES_MAX, sizeof *comparison->after.list);
    if (!comparison->before.list || !comparison->after.list)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!draft_each(comparison->draft->document, entry_add, &comparison->after, error))
        return false;
    for (size_t i = 0; i < comparison->after.count; i++) {
        if (!entry_look_up(comparison, &comparison->after.list[i], error))
            return false;
    }
    if (!version->number)
        return true;
    if (!version->document)
        return version_objects(db, channel, version->number, file_add, &comparison->before, error);
    return draft_each(version->document, entry_add, &comparison->before, error) &&
           version_objects(db, channel, version->number, entry_label, &comparison->before, error);
}

/* ---- Compared ---- */

static struct entry *entry_like(struct entries *before, const struct entry *entry, bool same_list) {
    for (size_t i = 0; i < before->count; i++) {
        struct entry *old = &before->list[i];
        if (!old->other && *old->content && strcmp(old->content, entry->content) == 0 &&
            (!same_list || strcmp(old->list, entry->list) == 0))
            return old;
    }
    return NULL;
}

/* The same content is the same item: in the same list, before one that is in another. */
static void entry_match(struct entries *before, struct entry *entry) {
    struct entry *old = entry_like(before, entry, true);
    if (!old)
        old = entry_like(before, entry, false);
    if (!old)
        return;
    entry->other = old;
    old->other = entry;
}

/* The most items that kept their order stay where they are; the others have moved (longest increasing subsequence). */
static void entries_order(struct entries *after) {
    struct entry *last = NULL;
    for (size_t i = 0; i < after->count; i++) {
        struct entry *entry = &after->list[i];
        if (!entry->other || strcmp(entry->list, entry->other->list) != 0)
            continue;
        entry->run = 1;
        for (size_t j = 0; j < i; j++) {
            struct entry *earlier = &after->list[j];
            if (earlier->run < entry->run || earlier->other > entry->other)
                continue;
            entry->run = earlier->run + 1;
            entry->run_before = earlier;
        }
        if (!last || entry->run > last->run)
            last = entry;
    }
    for (; last; last = last->run_before)
        last->stays = true;
}

static void add_place(cJSON *change, const char *name, const struct entry *entry) {
    cJSON_AddItemToObject(change, name, entry ? cJSON_CreateNumber(entry->place) : cJSON_CreateNull());
}

static cJSON *change_add(cJSON *items, const char *what, const struct entry *before,
                         const struct entry *after) {
    const struct entry *entry = after ? after : before;
    cJSON *change = cJSON_CreateObject();
    cJSON_AddStringToObject(change, "change", what);
    cJSON_AddStringToObject(change, "list", entry->list);
    add_place(change, "place", after);
    add_place(change, "before", before);
    cJSON_AddItemToObject(change, "content",
                          *entry->content ? cJSON_CreateString(entry->content) : cJSON_CreateNull());
    cJSON_AddItemToObject(change, "name",
                          *entry->name ? cJSON_CreateString(entry->name) : cJSON_CreateNull());
    cJSON_AddItemToArray(items, change);
    return cJSON_AddArrayToObject(change, "fields");
}

/* Those of their members that differ, by name. */
static void fields_find(const cJSON *before, const cJSON *after, const char *const *names, cJSON *fields) {
    for (; *names; names++) {
        const cJSON *old = cJSON_GetObjectItemCaseSensitive(before, *names);
        const cJSON *new = cJSON_GetObjectItemCaseSensitive(after, *names);
        bool same = (!old || cJSON_IsNull(old)) ? (!new || cJSON_IsNull(new)) : cJSON_Compare(old, new, true);
        if (!same)
            cJSON_AddItemToArray(fields, cJSON_CreateString(*names));
    }
}

static void entry_compare(cJSON *items, const struct entry *entry) {
    static const char *const names[] = {"kind",   "duration",   "fit",      "transition", "volume",
                                        "weight", "valid_from", "valid_to", "feed",       "pointer",
                                        "label",  "format",     NULL};
    const struct entry *before = entry->other;
    if (!before) {
        change_add(items, "added", NULL, entry);
        return;
    }
    pp_autojson cJSON *fields = cJSON_CreateArray();
    fields_find(before->item, entry->item, names, fields);
    if (before->version && entry->version && before->version != entry->version)
        cJSON_AddItemToArray(fields, cJSON_CreateString("file"));
    if (entry->stays && !cJSON_GetArraySize(fields))
        return;
    cJSON *into = change_add(items, entry->stays ? "changed" : "moved", before, entry);
    const cJSON *field;
    cJSON_ArrayForEach(field, fields) {
        cJSON_AddItemToArray(into, cJSON_CreateString(field->valuestring));
    }
}

static void items_compare(struct comparison *comparison) {
    cJSON *items = cJSON_AddArrayToObject(comparison->changes, "items");
    struct entries *before = &comparison->before;
    struct entries *after = &comparison->after;
    for (size_t i = 0; i < after->count; i++)
        entry_match(before, &after->list[i]);
    entries_order(after);
    for (size_t i = 0; i < after->count; i++)
        entry_compare(items, &after->list[i]);
    for (size_t i = 0; i < before->count; i++) {
        if (!before->list[i].other)
            change_add(items, "removed", &before->list[i], NULL);
    }
}

/* ---- All else ---- */

/* How lists are played, without what is in them. */
static cJSON *aligns_of(const cJSON *document) {
    cJSON *aligns = cJSON_CreateObject();
    const cJSON *list;
    cJSON_ArrayForEach(list, cJSON_GetObjectItemCaseSensitive(document, "playlists")) {
        const cJSON *align = cJSON_GetObjectItemCaseSensitive(list, "align");
        cJSON_AddStringToObject(aligns, list->string, cJSON_IsString(align) ? align->valuestring : "none");
    }
    return aligns;
}

/* Whether content may be shown at other times than when it was published: the manifest would be another one. */
static bool validity_compare(struct comparison *comparison, cJSON *other, struct pp_error *error) {
    const struct version *version = &comparison->version;
    publication_auto struct publication publication = {0};
    struct pp_error gone = {0};
    if (!version->number || !version->document)
        return true;
    if (!publication_make(comparison->db, version->document, NULL, version->created, &publication, &gone))
        return gone.code == PP_E_STATE || gone.code == PP_E_INVALID || gone.code == PP_E_UNSUPPORTED ||
               gone.code == PP_E_LIMIT || pp_fail(error, gone.code, "%s", gone.message);
    if (!cJSON_Compare(publication.playlist.manifest, version->manifest, true))
        cJSON_AddItemToArray(other, cJSON_CreateString("validity"));
    return true;
}

static bool other_compare(struct comparison *comparison, struct pp_error *error) {
    static const char *const names[] = {"title", "canvas", "layouts", "schedule", "default_layout", NULL};
    cJSON *other = cJSON_AddArrayToObject(comparison->changes, "other");
    const cJSON *before = comparison->version.document;
    const cJSON *after = comparison->draft->document;
    pp_autojson cJSON *aligns_before = aligns_of(before);
    pp_autojson cJSON *aligns_after = aligns_of(after);
    fields_find(before, after, names, other);
    if (!cJSON_Compare(aligns_before, aligns_after, true))
        cJSON_AddItemToArray(other, cJSON_CreateString("playlists"));
    return validity_compare(comparison, other, error);
}

/* ---- What screens fetch ---- */

/* Objects of what is published. */
struct known_objects {
    struct {
        uint8_t clear[32], sha256[32];
    } list[PLAYLIST_FILES_MAX];
    size_t count;
};

static bool object_note(void *arg, const struct version_object *object, struct pp_error *error) {
    struct known_objects *known = arg;
    (void)error;
    if (known->count == PLAYLIST_FILES_MAX)
        return true;
    memcpy(known->list[known->count].clear, object->clear, sizeof object->clear);
    memcpy(known->list[known->count++].sha256, object->sha256, sizeof object->sha256);
    return true;
}

/* It is on the channel, and would be the same object again. */
static bool object_stays(struct db *db, const struct known_objects *known, const uint8_t clear[32],
                         bool *stays, struct pp_error *error) {
    struct pp_error end = {0};
    uint8_t now[32];
    *stays = false;
    db_autorow struct db_row *row = db_query(db, error, DB_OBJECT_BY_CONTENT, DB_BLOB(clear, 32));
    if (!row)
        return false;
    if (!db_next(row, "object", &end))
        return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
    if (!db_bytes(row, 0, now, sizeof now, error))
        return false;
    for (size_t i = 0; i < known->count && !*stays; i++)
        *stays = memcmp(known->list[i].clear, clear, 32) == 0 &&
                 memcmp(known->list[i].sha256, now, sizeof now) == 0;
    return true;
}

static bool bytes_reckon(struct comparison *comparison, struct pp_error *error) {
    const struct publication *publication = &comparison->publication;
    const struct version *version = &comparison->version;
    pp_autofree struct known_objects *known = calloc(1, sizeof *known);
    double bytes = 0;
    int objects = 0;
    if (!known)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (version->number &&
        !version_objects(comparison->db, comparison->channel->id, version->number, object_note, known, error))
        return false;
    for (size_t i = 0; i < publication->playlist.count; i++) {
        bool stays;
        if (!object_stays(comparison->db, known, publication->originals[i].clear, &stays, error))
            return false;
        bytes += stays ? 0 : (double)publication->originals[i].file.sealed_bytes;
        objects += !stays;
    }
    cJSON_AddNumberToObject(comparison->changes, "bytes", bytes);
    cJSON_AddNumberToObject(comparison->changes, "objects", objects);
    return true;
}

/* ---- All of it ---- */

static bool version_load(struct comparison *comparison, struct pp_error *error) {
    struct pp_error missing = {0};
    const struct channel *channel = comparison->channel;
    return !channel->publish ||
           version_find(comparison->db, channel->id, channel->publish, &comparison->version, &missing) ||
           missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
}

/* Why it would be refused, in those words. */
static bool refusal_find(struct comparison *comparison, struct pp_error *error) {
    struct pp_error wrong = {0};
    const cJSON *document = comparison->draft->document;
    bool fits = publication_make(comparison->db, document, NULL, pp_clock_realtime_s(),
                                 &comparison->publication, &wrong);
    if (!fits && wrong.code != PP_E_INVALID && wrong.code != PP_E_LIMIT && wrong.code != PP_E_UNSUPPORTED &&
        wrong.code != PP_E_STATE)
        return pp_fail(error, wrong.code, "%s", wrong.message);
    if (!fits)
        publication_finish(&comparison->publication); /* of one that is refused nothing is fetched */
    const char *refusal = !fits ? wrong.message : draft_count(document) ? NULL : "items: there are none";
    cJSON_AddItemToObject(comparison->changes, "refusal",
                          refusal ? cJSON_CreateString(refusal) : cJSON_CreateNull());
    return true;
}

static void summarise(struct comparison *comparison) {
    cJSON *changes = comparison->changes;
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(changes, "items");
    const cJSON *other = cJSON_GetObjectItemCaseSensitive(changes, "other");
    cJSON_AddBoolToObject(changes, "changed",
                          cJSON_GetArraySize(items) || cJSON_GetArraySize(other) ||
                              (!comparison->channel->publish && draft_count(comparison->draft->document)));
    cJSON_AddItemToObject(changes, "published",
                          comparison->channel->publish
                              ? cJSON_CreateNumber((double)comparison->channel->publish)
                              : cJSON_CreateNull());
}

cJSON *draft_changes(struct db *db, const struct channel *channel, const struct draft *draft,
                     struct pp_error *error) {
    PP_CLEANUP(comparison_finish)
    struct comparison comparison = {
        .db = db, .channel = channel, .draft = draft, .changes = cJSON_CreateObject()};
    if (!comparison.changes) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    if (!version_load(&comparison, error) || !entries_load(&comparison, error) ||
        !refusal_find(&comparison, error) || !bytes_reckon(&comparison, error))
        return NULL;
    items_compare(&comparison);
    if (!other_compare(&comparison, error))
        return NULL;
    summarise(&comparison);
    return pp_steal(&comparison.changes);
}
