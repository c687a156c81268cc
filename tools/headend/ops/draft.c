#include "headend/ops/draft.h"

#include "base/clock.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_version.h"

#define EMPTY "{\"items\":[]}"

void draft_finish(struct draft *draft) {
    cJSON_Delete(draft->document);
    *draft = (struct draft){0};
}

/* What was published last; of files there is none. */
static bool draft_of_version(struct db *db, const char *channel, int64_t published, struct draft *draft,
                             struct pp_error *error) {
    struct pp_error missing = {0};
    version_auto struct version version = {0};
    if (published && !version_find(db, channel, published, &version, &missing) &&
        missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    draft->document = version.document ? version.document : cJSON_Parse(EMPTY);
    version.document = NULL;
    return draft->document || pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool draft_load(struct db *db, const char *channel, int64_t published, struct draft *draft,
                struct pp_error *error) {
    struct pp_error missing = {0};
    *draft = (struct draft){0};
    db_autorow struct db_row *row = db_query(db, error, DB_DRAFT_FIND, DB_TEXT(channel));
    if (!row)
        return false;
    if (!db_next(row, "draft", &missing))
        return missing.code == PP_E_NOTFOUND ? draft_of_version(db, channel, published, draft, error)
                                             : pp_fail(error, missing.code, "%s", missing.message);
    draft->document = cJSON_Parse(db_text(row, 0));
    draft->version = db_int(row, 1);
    draft->changed = db_int(row, 2);
    snprintf(draft->changed_by, sizeof draft->changed_by, "%s", db_text(row, 3));
    return draft->document || pp_fail(error, PP_E_INVALID, "database: a draft that cannot be read");
}

/* ---- Items ---- */

static bool list_each(const cJSON *list, const char *name,
                      bool (*each)(void *arg, const char *list, int place, cJSON *item,
                                   struct pp_error *error),
                      void *arg, struct pp_error *error) {
    cJSON *item;
    int place = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(list, "items")) {
        if (!each(arg, name, place++, item, error))
            return false;
    }
    return true;
}

bool draft_each(const cJSON *document,
                bool (*each)(void *arg, const char *list, int place, cJSON *item, struct pp_error *error),
                void *arg, struct pp_error *error) {
    cJSON *list;
    if (pp_json_has(document, "items"))
        return list_each(document, "items", each, arg, error);
    cJSON_ArrayForEach(list, cJSON_GetObjectItemCaseSensitive(document, "playlists")) {
        if (!list_each(list, list->string, each, arg, error))
            return false;
    }
    return true;
}

static bool count_one(void *arg, const char *list, int place, cJSON *item, struct pp_error *error) {
    (void)list, (void)place, (void)item, (void)error;
    ++*(size_t *)arg;
    return true;
}

size_t draft_count(const cJSON *document) {
    size_t count = 0;
    (void)!draft_each(document, count_one, &count, NULL);
    return count;
}

/* ---- Saved ---- */

struct uses {
    struct db *db;
    const char *channel;
};

static bool use_add(void *arg, const char *list, int place, cJSON *item, struct pp_error *error) {
    const struct uses *uses = arg;
    const char *content = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "content"));
    (void)list, (void)place;
    return !content ||
           db_run(uses->db, error, DB_DRAFT_CONTENT_ADD, DB_TEXT(uses->channel), DB_TEXT(content));
}

bool draft_save(struct db *db, const char *channel, const cJSON *document, const char *by,
                struct pp_error *error) {
    struct uses uses = {db, channel};
    pp_autojsontext char *text = cJSON_PrintUnformatted(document);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(text) > PUBLISH_DOCUMENT_MAX)
        return pp_fail(error, PP_E_LIMIT, "a draft may have %d bytes", PUBLISH_DOCUMENT_MAX);
    return db_run(db, error, DB_DRAFT_SET, DB_TEXT(channel), DB_TEXT(text), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(by)) &&
           db_run(db, error, DB_DRAFT_CONTENT_REMOVE, DB_TEXT(channel)) &&
           draft_each(document, use_add, &uses, error);
}
