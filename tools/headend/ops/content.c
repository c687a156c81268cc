#include "headend/ops/content.h"

#include "base/clock.h"
#include "base/visible.h"
#include "headend/db/stored_key.h"

#define WORDS_SIZE                                                                                           \
    (TEXT_NAME_MAX + CONTENT_FOLDER_MAX + CONTENT_TAGS_MAX * (CONTENT_TAG_MAX + 1) + 8) /* bytes */
#define PATTERN_SIZE 256                                                                /* bytes */
#define REMOVED_MAX  64 /* of the bin at a time */

/* ---- What people say ---- */

void content_name_make(const char *from, char name[TEXT_NAME_MAX + 1]) {
    size_t used = 0;
    for (const char *at = from; *at; at++) {
        if (*at == '/' || *at == '\\')
            from = at + 1;
    }
    from += strspn(from, " .");
    while (*from) {
        bool refused;
        size_t size = pp_visible_next(from, &refused);
        if (!refused && used + size > TEXT_NAME_MAX)
            break;
        if (!refused) {
            memcpy(name + used, from, size);
            used += size;
        }
        from += size;
    }
    while (used && name[used - 1] == ' ')
        used--;
    name[used] = 0;
    if (!used)
        snprintf(name, TEXT_NAME_MAX + 1, "untitled");
}

/* Shown to people as it is, wherever it stands. */
static bool label_check(const char *field, const char *text, size_t min, size_t max, struct pp_error *error) {
    if (!text_check(field, text, min, max, error))
        return false;
    for (const char *at = text; *at;) {
        bool refused;
        at += pp_visible_next(at, &refused);
        if (refused)
            return pp_fail(error, PP_E_INVALID, "%s: has characters that cannot be seen", field);
    }
    return true;
}

static bool folder_check(const char *folder, struct pp_error *error) {
    size_t length = strlen(folder);
    if (!label_check("folder", folder, 0, CONTENT_FOLDER_MAX, error))
        return false;
    return !length || (folder[0] != '/' && folder[length - 1] != '/' && !strstr(folder, "//")) ||
           pp_fail(error, PP_E_INVALID, "folder: names with one '/' between");
}

bool content_labels_check(const struct content_labels *labels, struct pp_error *error) {
    if (!label_check("name", labels->name, 1, TEXT_NAME_MAX, error) || !folder_check(labels->folder, error))
        return false;
    for (size_t i = 0; i < labels->tag_count; i++) {
        if (!label_check("tags", labels->tags[i], 1, CONTENT_TAG_MAX, error))
            return false;
    }
    return !labels->valid_from || !labels->valid_to || labels->valid_from < labels->valid_to ||
           pp_fail(error, PP_E_INVALID, "valid_to: before valid_from");
}

static void words_make(const struct content_labels *labels, char words[WORDS_SIZE]) {
    char text[WORDS_SIZE];
    size_t used = (size_t)snprintf(text, sizeof text, "%s\n%s", labels->name, labels->folder);
    for (size_t i = 0; i < labels->tag_count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "\n%s", labels->tags[i]);
    text_fold(text, words, WORDS_SIZE);
}

/* ---- Reading ---- */

static bool tags_read(struct db *db, struct content *content, struct pp_error *error) {
    struct pp_error end = {0};
    struct content_labels *labels = &content->labels;
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_TAGS, DB_TEXT(content->id));
    if (!row)
        return false;
    while (labels->tag_count < CONTENT_TAGS_MAX && db_next(row, "tag", &end))
        snprintf(labels->tags[labels->tag_count++], CONTENT_TAG_MAX + 1, "%s", db_text(row, 0));
    return end.code == PP_OK || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool file_read(struct db_row *row, struct content_file *file, struct pp_error *error) {
    snprintf(file->file, sizeof file->file, "%s", db_text(row, 9));
    snprintf(file->kind, sizeof file->kind, "%s", db_text(row, 10));
    snprintf(file->media_type, sizeof file->media_type, "%s", db_text(row, 11));
    file->width = db_int(row, 12);
    file->height = db_int(row, 13);
    file->length_ms = db_int(row, 14);
    file->bytes = (uint64_t)db_int(row, 15);
    file->thumbnail = (uint64_t)db_int(row, 16);
    file->sealed_bytes = (uint64_t)db_int(row, 18);
    snprintf(file->warning, sizeof file->warning, "%s", db_text(row, 21));
    file->created = db_int(row, 22);
    snprintf(file->created_by, sizeof file->created_by, "%s", db_text(row, 23));
    file->checked = strcmp(db_text(row, 25), PP_VERSION) == 0;
    file->published = db_int(row, 26) != 0;
    return db_bytes(row, 17, file->sha256, sizeof file->sha256, error) &&
           db_bytes(row, 19, file->sealed_sha256, sizeof file->sealed_sha256, error);
}

static bool content_read(struct db *db, struct db_row *row, struct content *content, struct pp_error *error) {
    *content = (struct content){.version = db_int(row, 3),
                                .created = db_int(row, 4),
                                .changed = db_int(row, 5),
                                .deleted = db_int(row, 8),
                                .labels = {.valid_from = db_int(row, 6), .valid_to = db_int(row, 7)}};
    snprintf(content->id, sizeof content->id, "%s", db_text(row, 0));
    snprintf(content->labels.name, sizeof content->labels.name, "%s", db_text(row, 1));
    snprintf(content->labels.folder, sizeof content->labels.folder, "%s", db_text(row, 2));
    snprintf(content->sorted, sizeof content->sorted, "%s", db_text(row, 24));
    return file_read(row, &content->file, error) && tags_read(db, content, error);
}

bool content_find(struct db *db, const char *id, struct content *content, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_FIND, DB_TEXT(id));
    return row && db_next(row, "content", error) && content_read(db, row, content, error);
}

bool content_find_version(struct db *db, const char *id, int64_t version, struct content *content,
                          struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CONTENT_FIND_VERSION, DB_TEXT(id), DB_INT(version));
    return row && db_next(row, "content", error) && content_read(db, row, content, error);
}

bool content_open_key(struct db *db, struct content *content, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    db_autorow struct db_row *row =
        db_query(db, error, DB_CONTENT_FIND_VERSION, DB_TEXT(content->id), DB_INT(content->version));
    if (!row || !db_next(row, "content", error))
        return false;
    stored_key_of_content(content->file.file, owner);
    return stored_key_open(db, owner, row, 20, content->file.key, error);
}

bool content_find_same(struct db *db, const uint8_t sha256[32], struct content *content,
                       struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_BY_HASH, DB_BLOB(sha256, 32));
    return row && db_next(row, "content", error) && content_find(db, db_text(row, 0), content, error);
}

/* ---- Lists ---- */

/* "%word%", for LIKE with '!' before what stands for itself; a long one is cut between two characters. */
static const char *pattern_make(const char **words, char pattern[PATTERN_SIZE]) {
    size_t used = 1;
    const char *at = *words + strspn(*words, " \t");
    const char *end = at + strcspn(at, " \t");
    *words = end;
    end = at + text_fit(at, (size_t)(end - at), (PATTERN_SIZE - 3) / 2);
    pattern[0] = '%';
    for (; at < end; at++) {
        if (*at == '%' || *at == '_' || *at == '!')
            pattern[used++] = '!';
        pattern[used++] = *at;
    }
    if (used > 1)
        pattern[used++] = '%';
    pattern[used] = 0;
    return pattern;
}

void content_list_key(const struct content_list *list, const struct content *content,
                      char key[CONTENT_KEY_SIZE]) {
    if (list->by_time)
        snprintf(key, CONTENT_KEY_SIZE, "%lld", (long long)content->created);
    else
        snprintf(key, CONTENT_KEY_SIZE, "%s", content->sorted);
}

static struct db_row *list_query(struct db *db, const struct content_list *wanted, struct pp_error *error) {
    static const enum db_statement statements[2][2] = {{DB_CONTENT_BY_NAME_AFTER, DB_CONTENT_BY_NAME_BEFORE},
                                                       {DB_CONTENT_BY_TIME_AFTER, DB_CONTENT_BY_TIME_BEFORE}};
    char folded[PATTERN_SIZE * CONTENT_WORDS_MAX];
    char patterns[CONTENT_WORDS_MAX][PATTERN_SIZE];
    const char *words = folded;
    const char *first = wanted->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    int64_t time = wanted->descending ? INT64_MAX : -1;
    text_fold(wanted->words, folded, sizeof folded);
    for (size_t i = 0; i < CONTENT_WORDS_MAX; i++)
        pattern_make(&words, patterns[i]);
    if (wanted->after_key)
        time = strtoll(wanted->after_key, NULL, 10);
    const struct db_value key =
        wanted->by_time ? DB_INT(time) : DB_TEXT(wanted->after_key ? wanted->after_key : first);
    return db_query(db, error, statements[wanted->by_time][wanted->descending], key,
                    DB_TEXT(wanted->after_id ? wanted->after_id : ""), DB_INT(wanted->bin),
                    DB_TEXT(wanted->kind ? wanted->kind : ""), DB_TEXT(wanted->folder ? wanted->folder : ""),
                    DB_TEXT(wanted->tag ? wanted->tag : ""), DB_TEXT(patterns[0]), DB_TEXT(patterns[1]),
                    DB_TEXT(patterns[2]), DB_TEXT(patterns[3]), DB_INT(wanted->count),
                    DB_INT(wanted->unused));
}

bool content_list(struct db *db, const struct content_list *wanted,
                  bool (*each)(void *arg, const struct content *content), void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    struct content content;
    db_autorow struct db_row *row = list_query(db, wanted, error);
    if (!row)
        return false;
    while (db_next(row, "content", &end)) {
        if (!content_read(db, row, &content, error))
            return false;
        if (!each(arg, &content))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool content_folders(struct db *db, bool (*each)(void *arg, const char *folder, int64_t count), void *arg,
                     struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_FOLDERS);
    if (!row)
        return false;
    while (db_next(row, "folder", &end)) {
        if (!each(arg, db_text(row, 0), db_int(row, 1)))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* ---- Changes ---- */

static bool file_add(struct db *db, const struct content *content, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    const struct content_file *file = &content->file;
    stored_key_of_content(file->file, owner);
    return stored_key_seal(db, owner, file->key, sealed, error) &&
           db_run(db, error, DB_CONTENT_FILE_ADD, DB_TEXT(content->id), DB_INT(content->version),
                  DB_TEXT(file->file), DB_TEXT(file->kind), DB_TEXT(file->media_type), DB_INT(file->width),
                  DB_INT(file->height), DB_INT(file->length_ms), DB_INT((int64_t)file->bytes),
                  DB_INT((int64_t)file->thumbnail), DB_BLOB(file->sha256, sizeof file->sha256),
                  DB_INT((int64_t)file->sealed_bytes),
                  DB_BLOB(file->sealed_sha256, sizeof file->sealed_sha256), DB_BLOB(sealed, sizeof sealed),
                  DB_TEXT(file->warning), DB_INT(file->created), DB_TEXT(file->created_by),
                  DB_TEXT(PP_VERSION));
}

bool content_add(struct db *db, struct content *content, struct pp_error *error) {
    char words[WORDS_SIZE];
    content->version = 1;
    content->created = content->changed = content->file.created = pp_clock_realtime_s();
    words_make(&content->labels, words);
    text_fold(content->labels.name, content->sorted, sizeof content->sorted);
    return uuid_make(content->id, error) &&
           db_run(db, error, DB_CONTENT_ADD, DB_TEXT(content->id), DB_TEXT(content->labels.name),
                  DB_TEXT(content->labels.folder), DB_TEXT(content->sorted), DB_TEXT(words),
                  DB_INT(content->created), DB_INT(content->changed)) &&
           file_add(db, content, error);
}

bool content_replace(struct db *db, struct content *content, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_VERSION_NEWEST, DB_TEXT(content->id));
    if (!row || !db_next(row, "content", error))
        return false;
    content->version = db_int(row, 0) + 1;
    db_row_finish(row);
    content->file.created = pp_clock_realtime_s();
    return file_add(db, content, error) && db_run(db, error, DB_CONTENT_VERSION_SET, DB_INT(content->version),
                                                  DB_INT(content->file.created), DB_TEXT(content->id));
}

bool content_trim(const struct home *home, struct db *db, const char *id, struct pp_error *error) {
    char file[UUID_TEXT_SIZE] = "";
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_FILES, DB_TEXT(id));
    if (!row)
        return false;
    for (size_t i = 0; i < CONTENT_VERSIONS_MAX && db_next(row, "file", &end); i++) {
        if (i == CONTENT_VERSIONS_MAX - 1)
            snprintf(file, sizeof file, "%s", db_text(row, 0));
    }
    db_row_finish(row);
    return !*file || (db_run(db, error, DB_CONTENT_FILE_FORGET, DB_TEXT(file)) &&
                      content_store_remove(home, file, error));
}

bool content_versions(struct db *db, const char *id, bool (*each)(void *arg, const struct content *content),
                      void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    struct content content;
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_VERSIONS, DB_TEXT(id));
    if (!row)
        return false;
    while (db_next(row, "version", &end)) {
        if (!content_find_version(db, id, db_int(row, 0), &content, error))
            return false;
        if (!each(arg, &content))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool content_revert(struct db *db, const char *id, int64_t version, struct pp_error *error) {
    struct content content;
    return content_find_version(db, id, version, &content, error) &&
           db_run(db, error, DB_CONTENT_VERSION_SET, DB_INT(version), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(id));
}

bool content_uses(struct db *db, const char *id, bool (*each)(void *arg, const struct content_use *use),
                  void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_USES, DB_TEXT(id));
    if (!row)
        return false;
    while (db_next(row, "channel", &end)) {
        const struct content_use use = {.channel = db_text(row, 0),
                                        .title = db_text(row, 1),
                                        .draft = db_int(row, 2) != 0,
                                        .published = db_int(row, 3)};
        if (!each(arg, &use))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool tags_write(struct db *db, const char *id, const struct content_labels *labels,
                       struct pp_error *error) {
    if (!db_run(db, error, DB_CONTENT_TAGS_REMOVE, DB_TEXT(id)))
        return false;
    for (size_t i = 0; i < labels->tag_count; i++) {
        if (!db_run(db, error, DB_CONTENT_TAG_ADD, DB_TEXT(id), DB_TEXT(labels->tags[i])))
            return false;
    }
    return true;
}

bool content_change(struct db *db, const char *id, const struct content_labels *labels,
                    struct pp_error *error) {
    char words[WORDS_SIZE];
    char sorted[TEXT_NAME_MAX + 1];
    words_make(labels, words);
    text_fold(labels->name, sorted, sizeof sorted);
    return content_labels_check(labels, error) &&
           db_run(db, error, DB_CONTENT_CHANGE, DB_TEXT(labels->name), DB_TEXT(labels->folder),
                  DB_TEXT(sorted), DB_TEXT(words), DB_INT(labels->valid_from), DB_INT(labels->valid_to),
                  DB_INT(pp_clock_realtime_s()), DB_TEXT(id)) &&
           tags_write(db, id, labels, error);
}

static bool deleted_set(struct db *db, const char *id, int64_t deleted, struct pp_error *error) {
    return db_run(db, error, DB_CONTENT_DELETED_SET, DB_INT(deleted), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(id));
}

bool content_delete(struct db *db, const char *id, struct pp_error *error) {
    return deleted_set(db, id, pp_clock_realtime_s(), error);
}

bool content_restore(struct db *db, const char *id, struct pp_error *error) {
    return deleted_set(db, id, 0, error);
}

bool content_remove(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_CONTENT_REMOVE, DB_TEXT(id)) &&
           (db_changes(db) || pp_fail(error, PP_E_STATE, "it is not in the bin"));
}

bool content_bin_empty(struct db *db, int64_t until, bool *again, struct pp_error *error) {
    *again = true;
    for (size_t i = 0; i < REMOVED_MAX; i++) {
        char id[UUID_TEXT_SIZE];
        struct pp_error end = {0};
        db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_IN_BIN, DB_INT(until));
        if (!row)
            return false;
        if (!db_next(row, "content", &end)) {
            *again = false;
            return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
        }
        snprintf(id, sizeof id, "%s", db_text(row, 0));
        db_row_finish(row);
        if (!content_remove(db, id, error))
            return false;
    }
    return true;
}
