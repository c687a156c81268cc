#include "headend/ops/audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/bulk.h"
#include "headend/db/db.h"

#define HEAD_META "audit_head" /* "7:9f86d0…" in `meta`; "0:" before the first */
#define CANONICAL_MAX                                                                                        \
    (4 * AUDIT_STATE_MAX + 8192) /* bytes: two states, each of whose characters may be escaped */

struct head {
    int64_t number;
    char hash[PP_HEX_SIZE(AUDIT_HASH_SIZE)]; /* "" before the first */
};

static bool head_load(struct db *db, struct head *head, struct pp_error *error) {
    pp_autofree char *text = db_meta_get(db, HEAD_META, error);
    char *end = NULL;
    if (!text)
        return false;
    head->number = strtoll(text, &end, 10);
    if (*end != ':')
        return pp_fail(error, PP_E_INVALID, "database: no head of the audit");
    snprintf(head->hash, sizeof head->hash, "%s", end + 1);
    return true;
}

static bool head_save(struct db *db, int64_t number, const uint8_t hash[AUDIT_HASH_SIZE],
                      struct pp_error *error) {
    char hex[PP_HEX_SIZE(AUDIT_HASH_SIZE)];
    char text[sizeof hex + 24];
    pp_hex_encode(hash, AUDIT_HASH_SIZE, hex);
    snprintf(text, sizeof text, "%" PRId64 ":%s", number, hex);
    return db_meta_set(db, HEAD_META, text, error);
}

/* row->hash is not read. `prev` is the hash of the row before, in hex. */
static bool row_hash(const struct audit_row *row, const char *prev, uint8_t hash[AUDIT_HASH_SIZE],
                     struct pp_error *error) {
    const char *const texts[][2] = {{"actor", row->actor},     {"address", row->address},
                                    {"after", row->after},     {"before", row->before},
                                    {"kind", row->kind},       {"operation", row->operation},
                                    {"outcome", row->outcome}, {"prev", prev},
                                    {"session", row->session}, {"target", row->target}};
    pp_autojson cJSON *object = cJSON_CreateObject();
    pp_autobuf struct pp_buf canonical = PP_BUF_INIT(CANONICAL_MAX);
    for (size_t i = 0; i < PP_COUNT(texts); i++)
        cJSON_AddStringToObject(object, texts[i][0], texts[i][1]);
    cJSON_AddNumberToObject(object, "number", (double)row->number);
    cJSON_AddNumberToObject(object, "time", (double)row->time);
    if (cJSON_GetArraySize(object) != PP_COUNT(texts) + 2)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return pp_json_canonical(object, &canonical, error) &&
           crypto_sha256(canonical.data, canonical.size, hash, error);
}

/* "" for none. */
static bool state_text(const cJSON *state, char **text, struct pp_error *error) {
    *text = state ? cJSON_PrintUnformatted(state) : NULL;
    if (state && !*text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return !*text || strlen(*text) <= AUDIT_STATE_MAX ||
           pp_fail(error, PP_E_LIMIT, "audit: a state of more than %d bytes", AUDIT_STATE_MAX);
}

static bool row_store(struct db *db, const struct audit_row *row, struct pp_error *error) {
    return db_run(db, error, DB_AUDIT_ADD, DB_INT(row->number), DB_INT(row->time), DB_TEXT(row->kind),
                  DB_TEXT(row->actor), DB_TEXT(row->address), DB_TEXT(row->session), DB_TEXT(row->operation),
                  DB_TEXT(row->outcome), DB_TEXT(row->target), DB_TEXT(row->before), DB_TEXT(row->after),
                  DB_BLOB(row->hash, sizeof row->hash)) &&
           head_save(db, row->number, row->hash, error);
}

bool audit_add(struct db *db, const struct audit_entry *entry, struct pp_error *error) {
    pp_autojsontext char *before = NULL;
    pp_autojsontext char *after = NULL;
    struct head head;
    db_autochange struct db_change change = {0};
    if (!state_text(entry->before, &before, error) || !state_text(entry->after, &after, error) ||
        !db_change_begin(&change, db, error) || !db_run(db, error, DB_AUDIT_HOLD) ||
        !head_load(db, &head, error))
        return false;
    struct audit_row row = {.number = head.number + 1,
                            .time = pp_clock_realtime_s(),
                            .kind = actor_kind_name(entry->actor->kind),
                            .actor = entry->actor->name,
                            .address = entry->actor->address,
                            .session = entry->actor->session,
                            .operation = entry->operation,
                            .outcome = entry->outcome,
                            .target = entry->target,
                            .before = before ? before : "",
                            .after = after ? after : ""};
    return row_hash(&row, head.hash, row.hash, error) && row_store(db, &row, error) &&
           db_change_commit(&change, error);
}

/* ---- Reading ---- */

static bool row_read(struct db_row *from, struct audit_row *row, struct pp_error *error) {
    *row = (struct audit_row){.number = db_int(from, 0),
                              .time = db_int(from, 1),
                              .kind = db_text(from, 2),
                              .actor = db_text(from, 3),
                              .address = db_text(from, 4),
                              .session = db_text(from, 5),
                              .operation = db_text(from, 6),
                              .outcome = db_text(from, 7),
                              .target = db_text(from, 8),
                              .before = db_text(from, 9),
                              .after = db_text(from, 10)};
    return db_bytes(from, 11, row->hash, sizeof row->hash, error);
}

bool audit_each(struct db *db, int64_t behind,
                bool (*each)(void *arg, const struct audit_row *row, struct pp_error *error), void *arg,
                struct pp_error *error) {
    struct pp_error end = {0};
    struct audit_row row;
    db_autorow struct db_row *from = db_query(db, error, DB_AUDIT_EACH, DB_INT(behind));
    if (!from)
        return false;
    while (db_next(from, "row", &end)) {
        if (!row_read(from, &row, error) || !each(arg, &row, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* ---- Verifying ---- */

struct verifying {
    struct audit_verification *found;
    char prev[PP_HEX_SIZE(AUDIT_HASH_SIZE)]; /* of the row that was looked at last */
};

static void fault_tell(struct audit_verification *found, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fault_tell(struct audit_verification *found, const char *format, ...) {
    char words[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    found->faults++;
    found->tell(found->arg, words);
}

static void missing_tell(struct audit_verification *found, int64_t first, int64_t last) {
    if (first == last)
        fault_tell(found, "row %" PRId64 " is missing", first);
    else
        fault_tell(found, "rows %" PRId64 " to %" PRId64 " are missing", first, last);
}

static bool row_verify(void *arg, const struct audit_row *row, struct pp_error *error) {
    struct verifying *verifying = arg;
    struct audit_verification *found = verifying->found;
    uint8_t hash[AUDIT_HASH_SIZE];
    bool follows = row->number == found->newest + 1;
    if (!row_hash(row, verifying->prev, hash, error))
        return false;
    if (!follows)
        missing_tell(found, found->newest + 1, row->number - 1);
    if (follows && memcmp(hash, row->hash, sizeof hash) != 0)
        fault_tell(found, "row %" PRId64 " was changed, or is not the one that followed row %" PRId64,
                   row->number, found->newest);
    if (row->number == found->noted && memcmp(found->noted_hash, row->hash, sizeof hash) != 0)
        fault_tell(found, "row %" PRId64 " is not the one that was noted", row->number);
    found->rows++;
    found->newest = row->number;
    memcpy(found->hash, row->hash, sizeof found->hash);
    pp_hex_encode(row->hash, sizeof row->hash, verifying->prev);
    return true;
}

bool audit_verify(struct db *db, struct audit_verification *found, struct pp_error *error) {
    struct verifying verifying = {.found = found};
    struct head head;
    if (!head_load(db, &head, error) || !audit_each(db, INT64_MIN, row_verify, &verifying, error))
        return false;
    if (head.number > found->newest)
        missing_tell(found, found->newest + 1, head.number);
    else if (head.number < found->newest || strcmp(head.hash, verifying.prev) != 0)
        fault_tell(found, "row %" PRId64 " is not the one that was added last", found->newest);
    if (found->noted > found->newest)
        fault_tell(found, "row %" PRId64 ", which was noted, is not there", found->noted);
    return true;
}
