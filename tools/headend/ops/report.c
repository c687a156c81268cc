#include "headend/ops/report.h"

#include "base/clock.h"
#include "headend/base/secret.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/event_heads.h"
#include "headend/ops/messages.h"
#include "headend/ops/plays.h"

#define REPORT_ITEMS_MAX      500   /* of a batch */
#define REPORT_KIND_MAX       64    /* bytes */
#define REPORT_ITEM_MAX       4096  /* bytes, as it is kept */
#define REPORT_PER_DEVICE_MAX 20000 /* of each list; the oldest go */
#define REPORT_SOFTWARE_MAX   64    /* bytes that lists show of what a screen runs */
#define REPORT_SPOOLS_MAX     16    /* of a screen and list, whose losses are counted */

/* "" where there is none. */
static const char *status_text(const cJSON *status, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(status, name));
    return text ? text : "";
}

bool report_status_keep(struct db *db, const char *device, const cJSON *status, struct pp_error *error) {
    int64_t root = 0;
    char software[REPORT_SOFTWARE_MAX + 1];
    (void)!pp_json_integer(status, "root_version", 0, INT64_MAX, &root, NULL);
    snprintf(software, sizeof software, "%s", status_text(status, "software"));
    pp_json_tidy(software);
    pp_autojsontext char *text = cJSON_PrintUnformatted(status);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return db_run(db, error, DB_REPORT_STATUS_SET, DB_TEXT(text), DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(status_text(status, "state")), DB_TEXT(status_text(status, "code")),
                  DB_TEXT(status_text(status, "trouble")), DB_INT(root), DB_TEXT(software),
                  DB_TEXT(device)) &&
           messages_note(db, device, status, error);
}

static bool item_id(const cJSON *item, const char *name, const char **id, struct pp_error *error) {
    if (!pp_json_string(item, name, UUID_TEXT_SIZE, id, error))
        return false;
    return uuid_valid(*id) ? true : pp_fail(error, PP_E_INVALID, "%s: not a lower-case UUID", name);
}

static bool item_check(const cJSON *item, const char **id, const char **kind, struct pp_error *error) {
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "items: not an object");
    return item_id(item, "id", id, error) && pp_json_string(item, "kind", REPORT_KIND_MAX, kind, error);
}

static bool item_store(struct db *db, const struct report_batch *batch, const cJSON *item,
                       struct pp_error *error) {
    const char *id;
    const char *kind;
    bool keep = true;
    if (!item_check(item, &id, &kind, error))
        return false;
    pp_autojsontext char *text = cJSON_PrintUnformatted(item);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(text) > REPORT_ITEM_MAX)
        return pp_fail(error, PP_E_LIMIT, "items: one is longer than %d bytes", REPORT_ITEM_MAX);
    if (strcmp(batch->list, "events") == 0 && !event_chain_take(db, batch->device, item, &keep, error))
        return false;
    if (!keep)
        return true;
    if (!db_run(db, error, DB_REPORT_ADD, DB_TEXT(id), DB_TEXT(batch->device), DB_TEXT(batch->list),
                DB_TEXT(kind), DB_TEXT(text), DB_INT(pp_clock_realtime_s())))
        return false;
    bool is_new = db_changes(db) > 0;
    return !is_new || strcmp(batch->list, "playlog") != 0 ||
           plays_note(db, batch->device, item, pp_clock_realtime_s(), error);
}

static bool report_trim(struct db *db, const struct report_batch *batch, struct pp_error *error) {
    return db_run(db, error, DB_REPORT_TRIM, DB_TEXT(batch->device), DB_TEXT(batch->list),
                  DB_INT(REPORT_PER_DEVICE_MAX));
}

/* What the screen has lost of this list so far. The count only grows for as long as its spool keeps its name, so
 * one that comes twice, or late, counts once. */
static bool loss_store(struct db *db, const struct report_batch *batch, struct pp_error *error) {
    const char *spool;
    int64_t lost;
    if (!cJSON_GetObjectItemCaseSensitive(batch->body, "lost"))
        return true;
    if (!item_id(batch->body, "spool", &spool, error) ||
        !pp_json_integer(batch->body, "lost", 0, PP_JSON_INTEGER_MAX, &lost, error))
        return false;
    return lost == 0 || db_run(db, error, DB_REPORT_LOSS_SET, DB_TEXT(batch->device), DB_TEXT(batch->list),
                               DB_TEXT(spool), DB_INT(lost), DB_INT(REPORT_SPOOLS_MAX));
}

static bool head_store(struct db *db, const struct report_batch *batch, struct pp_error *error) {
    const struct event_sender sender = {.device = batch->device, .point = batch->point};
    return strcmp(batch->list, "events") != 0 || !batch->head || !batch->point ||
           event_head_take(db, &sender, batch->head, error);
}

bool report_batch_keep(struct db *db, const struct report_batch *batch, struct pp_error *error) {
    const char *id;
    const cJSON *items;
    if (!item_id(batch->body, "batch", &id, error) ||
        !pp_json_array(batch->body, "items", REPORT_ITEMS_MAX, &items, error))
        return false;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error))
        return false;
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        if (!item_store(db, batch, item, error))
            return false;
    }
    return head_store(db, batch, error) && report_trim(db, batch, error) &&
           event_chain_trim(db, batch->device, error) && loss_store(db, batch, error) &&
           db_change_commit(&change, error);
}
