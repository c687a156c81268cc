#include "headend/ops/device.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "headend/base/silence.h"
#include "headend/ops/channel.h"
#include "headend/ops/device_certificate.h"
#include "headend/ops/device_former.h"

/* What a screen says of itself; "" where it has not yet. */
#define DEVICE_REPORTED "coalesce(json_extract(report, '$.state'), '')"
#define DEVICE_COLUMNS                                                                                       \
    "SELECT id, thumbprint, name, site, channel, time_zone, locale, status, version, coalesce(seen, 0),"     \
    " coalesce(certificate_expires, 0), coalesce(json_extract(report, '$.code'), ''),"                       \
    " coalesce(json_extract(report, '$.trouble'), ''), rotation, epoch, " DEVICE_REPORTED                    \
    ", offline_mark, agreement, access, lock_after, erase_after FROM device "

static const char *const access_names[DEVICE_ACCESS_MODES] = {
    [DEVICE_CERTIFICATE] = "certificate",
    [DEVICE_COOKIE] = "cookie",
    [DEVICE_SSO] = "sso",
    [DEVICE_PASSWORD] = "password",
};

const char *device_access_name(enum device_access access) {
    return access_names[access];
}

bool device_access_read(const char *text, enum device_access *access) {
    for (size_t i = 0; i < PP_COUNT(access_names); i++) {
        if (strcmp(text, access_names[i]) != 0)
            continue;
        *access = (enum device_access)i;
        return true;
    }
    return false;
}

static void copy_text(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

static bool device_read(struct db_row *row, struct device *device, struct pp_error *error) {
    *device = (struct device){.version = db_int(row, 8),
                              .seen = db_int(row, 9),
                              .certificate_expires = db_int(row, 10),
                              .epoch = db_int(row, 14)};
    copy_text(device->id, sizeof device->id, db_text(row, 0));
    copy_text(device->name, sizeof device->name, db_text(row, 2));
    copy_text(device->site, sizeof device->site, db_text(row, 3));
    copy_text(device->channel, sizeof device->channel, db_text(row, 4));
    copy_text(device->time_zone, sizeof device->time_zone, db_text(row, 5));
    copy_text(device->locale, sizeof device->locale, db_text(row, 6));
    copy_text(device->status, sizeof device->status, db_text(row, 7));
    device->rotation = (int)db_int(row, 13);
    copy_text(device->code, sizeof device->code, db_text(row, 11));
    copy_text(device->trouble, sizeof device->trouble, db_text(row, 12));
    pp_json_tidy(device->trouble);
    pp_json_tidy(device->code);
    copy_text(device->reported, sizeof device->reported, db_text(row, 15));
    device->offline_mark = db_int(row, 16);
    device->lock_after_s = db_int(row, 19);
    device->erase_after_s = db_int(row, 20);
    if (!device_access_read(db_text(row, 18), &device->access))
        return pp_fail(error, PP_E_INVALID, "database: an access mode that is not known: %s",
                       db_text(row, 18));
    device->can_agree = !db_is_null(row, 17);
    if (device->can_agree && !db_bytes(row, 17, device->agreement, sizeof device->agreement, error))
        return false;
    return db_bytes(row, 1, device->thumbprint, sizeof device->thumbprint, error);
}

bool device_find(struct db *db, const char *id, struct device *device, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DEVICE_COLUMNS "WHERE id = ?", "s", id);
    return row && db_next(row, "screen", error) && device_read(row, device, error);
}

/* The only screen that the condition, with `text` bound to ?1, is true of. */
static bool device_match(struct db *db, const char *condition, const char *text, struct device *device,
                         struct pp_error *error) {
    char sql[1024];
    snprintf(sql, sizeof sql, DEVICE_COLUMNS "WHERE %s ORDER BY name, id LIMIT 2", condition);
    db_autorow struct db_row *row = db_query(db, error, sql, "s", text);
    struct device other;
    struct pp_error end = {0};
    if (!row || !db_next(row, "screen", error) || !device_read(row, device, error))
        return false;
    if (!db_next(row, "screen", &end))
        return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
    return device_read(row, &other, error) &&
           pp_fail(error, PP_E_INVALID, "more than one screen is meant by \"%s\": %s (%s), %s (%s)…", text,
                   device->id, device->name, other.id, other.name);
}

bool device_resolve(struct db *db, const char *text, struct device *device, struct pp_error *error) {
    /* A name is meant before the begin of an id, a screen in use before one that is retired. */
    static const char *const conditions[] = {
        "id = ?1",
        "name = ?1 AND status <> 'retired'",
        "name = ?1",
        "length(?1) >= 4 AND substr(id, 1, length(?1)) = ?1",
    };
    for (size_t i = 0; i < PP_COUNT(conditions); i++) {
        struct pp_error missing = {0};
        if (device_match(db, conditions[i], text, device, &missing))
            return true;
        if (missing.code != PP_E_NOTFOUND)
            return pp_fail(error, missing.code, "%s", missing.message);
    }
    return pp_fail(error, PP_E_NOTFOUND,
                   "no such screen: %s (an id, its first %d characters or more, or a name)", text,
                   DEVICE_PREFIX_MIN);
}

const char *device_state_key(enum device_state state) {
    static const char *const keys[DEVICE_STATES] = {
        [DEVICE_ONLINE] = "online",   [DEVICE_IDLE] = "idle",       [DEVICE_TROUBLED] = "trouble",
        [DEVICE_OFFLINE] = "offline", [DEVICE_WAITING] = "waiting", [DEVICE_RETIRED] = "retired",
    };
    return keys[state];
}

enum device_state device_state_of(const struct device *device, int64_t publish, int64_t now) {
    if (strcmp(device->status, "retired") == 0)
        return DEVICE_RETIRED;
    if (!device->seen || strcmp(device->status, "approved") == 0)
        return DEVICE_WAITING;
    if (now - device->seen >= DEVICE_ONLINE_S)
        return DEVICE_OFFLINE;
    /* It can be heard, and says itself that what we want is not in effect there. */
    if (*device->reported && strcmp(device->reported, "online") != 0)
        return DEVICE_TROUBLED;
    return publish ? DEVICE_ONLINE : DEVICE_IDLE;
}

const char *device_state_name(const struct device *device, int64_t now) {
    return device_state_key(device_state_of(device, 1, now));
}

bool device_find_by_cookie(struct db *db, const char *cookie, struct device *device, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (!secret_hash("device-cookie", cookie, hash, error))
        return false;
    db_autorow struct db_row *row =
        db_query(db, error, DEVICE_COLUMNS "WHERE cookie_hash = ? AND cookie_expires > ?", "bi",
                 (const void *)hash, sizeof hash, pp_clock_realtime_s());
    return row && db_next(row, "device cookie", error) && device_read(row, device, error);
}

bool device_find_by_key(struct db *db, const uint8_t thumbprint[32], struct device *device,
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(
        db, error,
        DEVICE_COLUMNS "WHERE id = (SELECT id FROM device WHERE thumbprint = ?1 UNION ALL SELECT device"
                       " FROM certificate WHERE thumbprint = ?1 AND NOT revoked LIMIT 1)",
        "b", (const void *)thumbprint, (size_t)32);
    return row && db_next(row, "screen of this key", error) && device_read(row, device, error);
}

/* Calls back for each row. */
static bool device_rows(struct db_row *row, bool (*each)(void *arg, const struct device *device), void *arg,
                        struct pp_error *error) {
    struct pp_error end = {0};
    struct device device;
    while (db_next(row, "screen", &end)) {
        if (!device_read(row, &device, error))
            return false;
        if (!each(arg, &device))
            return true;
    }
    return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
}

/* What somebody should look at comes first: screens that are offline or in trouble, as device_state_of() finds them, or
 * that ask for help. */
#define TEXT_OF(number)      #number
#define SQL_NUMBER(constant) TEXT_OF(constant)
#define DEVICE_ONLINE_SQL    SQL_NUMBER(DEVICE_ONLINE_S)
#define DEVICE_TO_LOOK_AT                                                                                    \
    "(status = 'active' AND seen > 0 AND (seen <= CAST(strftime('%s', 'now') AS INTEGER) "                   \
    "- " DEVICE_ONLINE_SQL " OR " DEVICE_REPORTED " NOT IN ('', 'online')))"
#define DEVICE_ORDER                                                                                         \
    "ORDER BY status = 'retired', NOT coalesce(" DEVICE_TO_LOOK_AT                                           \
    " OR json_extract(report, '$.code') <> '', 0), name, id "
/* ?1 to ?4 are the words, "" for none; ?5 is the time; ?6 to ?11 what the states are called, as device_state_of() finds
 * them. fold() is text_fold. */
/* clang-format off */
#define DEVICE_STATE_TEXT                                                                                    \
    "CASE WHEN status = 'retired' THEN ?11"                                                                  \
    " WHEN status = 'approved' OR coalesce(seen, 0) = 0 THEN ?10"                                            \
    " WHEN seen <= ?5 - " DEVICE_ONLINE_SQL " THEN ?9"                                                       \
    " WHEN " DEVICE_REPORTED " NOT IN ('', 'online') THEN ?8"                                                \
    " WHEN coalesce((SELECT publish FROM channel WHERE channel.id = device.channel), 0) = 0 THEN ?7"         \
    " ELSE ?6 END"
#define DEVICE_TEXT                                                                                          \
    "fold(name || char(10) || site || char(10) || coalesce(channel, '') || char(10) ||"                      \
    " coalesce((SELECT title FROM channel WHERE channel.id = device.channel), '') || char(10) || "           \
    DEVICE_STATE_TEXT ")"
/* clang-format on */
#define DEVICE_HAS_WORDS                                                                                     \
    "(?1 = '' OR (SELECT instr(text, ?1) AND instr(text, ?2) AND instr(text, ?3) AND instr(text, ?4)"        \
    " FROM (SELECT " DEVICE_TEXT " AS text))) "

struct device_words {
    char words[DEVICE_WORDS_MAX][DEVICE_WORD_MAX + 1];
};

/* The bytes of the state's name that the text begins with; 0 where it does with none. */
static size_t state_name_size(const struct device_search *search, const char *text) {
    for (size_t i = 0; i < DEVICE_STATES; i++) {
        char name[DEVICE_WORD_MAX + 1];
        text_fold(search->states[i], name, sizeof name);
        size_t size = strlen(name);
        if (size && strncmp(text, name, size) == 0 && strchr(" \t", text[size]))
            return size;
    }
    return 0;
}

static void words_split(const struct device_search *search, struct device_words *words) {
    char text[DEVICE_SEARCH_MAX];
    text_fold(search->words, text, sizeof text);
    const char *at = text;
    for (size_t i = 0; i < DEVICE_WORDS_MAX; i++) {
        at += strspn(at, " \t");
        size_t size = state_name_size(search, at);
        if (!size)
            size = strcspn(at, " \t");
        snprintf(words->words[i], sizeof words->words[i], "%.*s",
                 (int)(size < DEVICE_WORD_MAX ? size : DEVICE_WORD_MAX), at);
        at += size;
    }
}

/* A query with ?1 to ?11 as above, ?12 and ?13 the page. */
static struct db_row *search_query(struct db *db, const struct device_search *search, const char *sql,
                                   struct pp_error *error) {
    struct device_words words;
    const char *const *states = search->states;
    words_split(search, &words);
    return db_query(db, error, sql, "ssssissssssii", words.words[0], words.words[1], words.words[2],
                    words.words[3], search->now, states[DEVICE_ONLINE], states[DEVICE_IDLE],
                    states[DEVICE_TROUBLED], states[DEVICE_OFFLINE], states[DEVICE_WAITING],
                    states[DEVICE_RETIRED], search->count, search->skipped);
}

bool device_search(struct db *db, const struct device_search *search,
                   bool (*each)(void *arg, const struct device *device), void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = search_query(
        db, search, DEVICE_COLUMNS "WHERE " DEVICE_HAS_WORDS DEVICE_ORDER "LIMIT ?12 OFFSET ?13", error);
    return row && device_rows(row, each, arg, error);
}

bool device_count(struct db *db, const struct device_search *search, struct device_counts *counts,
                  struct pp_error *error) {
    db_autorow struct db_row *row =
        search_query(db, search,
                     "SELECT (SELECT count(*) FROM device), count(*),"
                     " coalesce(sum(status = 'active' AND seen > ?5 - " SQL_NUMBER(
                         DEVICE_ONLINE_S) " AND " DEVICE_REPORTED " IN ('', 'online')), 0), ?12, ?13"
                                          " FROM device WHERE " DEVICE_HAS_WORDS,
                     error);
    if (!row || !db_next(row, "count", error))
        return false;
    counts->total = db_int(row, 0);
    counts->found = db_int(row, 1);
    counts->online = db_int(row, 2);
    return true;
}

bool device_each(struct db *db, bool (*each)(void *arg, const struct device *device), void *arg,
                 struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DEVICE_COLUMNS DEVICE_ORDER, "");
    return row && device_rows(row, each, arg, error);
}

bool device_cookie_make(struct db *db, const char *id, int64_t lifetime_s, char cookie[SECRET_TEXT_SIZE],
                        struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return secret_make(cookie, error) && secret_hash("device-cookie", cookie, hash, error) &&
           db_run(db, error, "UPDATE device SET cookie_hash = ?, cookie_expires = ? WHERE id = ?", "bis",
                  (const void *)hash, sizeof hash, pp_clock_realtime_s() + lifetime_s, id);
}

bool device_cookie_check(struct db *db, const char *id, const char *cookie, struct pp_error *error) {
    struct device owner;
    if (!device_find_by_cookie(db, cookie, &owner, error))
        return false;
    return strcmp(owner.id, id) == 0 ? true : pp_fail(error, PP_E_AUTH, "the cookie is another screen's");
}

bool device_set_agreement(struct db *db, const char *id, const uint8_t agreement[CRYPTO_POINT_SIZE],
                          struct pp_error *error) {
    /* Its state is encrypted anew, where there was one. */
    return db_run(db, error,
                  "UPDATE device SET agreement = ?, version = version + (agreement IS NOT NULL)"
                  " WHERE id = ? AND agreement IS NOT ?",
                  "bsb", (const void *)agreement, (size_t)CRYPTO_POINT_SIZE, id, (const void *)agreement,
                  (size_t)CRYPTO_POINT_SIZE);
}

bool device_set_key(struct db *db, const char *id, const uint8_t key[CRYPTO_POINT_SIZE],
                    struct pp_error *error) {
    return db_run(db, error, "UPDATE device SET device_key = ? WHERE id = ? AND device_key IS NOT ?", "bsb",
                  (const void *)key, (size_t)CRYPTO_POINT_SIZE, id, (const void *)key,
                  (size_t)CRYPTO_POINT_SIZE);
}

bool device_refuse_all(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error,
                  "UPDATE device SET status = 'retired', version = version + 1, cookie_hash = NULL,"
                  " cookie_expires = NULL WHERE id = ? AND status <> 'retired'",
                  "s", id) &&
           db_run(db, error, "DELETE FROM token WHERE device = ?", "s", id) &&
           db_run(db, error, "DELETE FROM enrolment WHERE device = ?", "s", id);
}

bool device_retire(struct db *db, const char *id, struct pp_error *error) {
    struct device device;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error))
        return false;
    if (!device_find(db, id, &device, error) || strcmp(device.status, "retired") == 0)
        return pp_fail(error, PP_E_NOTFOUND, "no such screen, or it is retired already: %s", id);
    return device_refuse_all(db, id, error) && db_change_commit(&change, error);
}

/* That it erases itself cannot be taken back: it may have done so, and its certificates are void. */
static bool erasure_check(struct db *db, const char *id, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(
        db, error,
        "SELECT count(*) FROM screen_command WHERE device = ? AND name = 'retire' AND outcome <> 'refused'",
        "s", id);
    if (!row || !db_next(row, "command", error))
        return false;
    return !db_int(row, 0) ||
           pp_fail(error, PP_E_STATE,
                   "this screen was told to erase itself: approve it by the code that it shows then: %s", id);
}

bool device_revoke(struct db *db, const char *id, struct pp_error *error) {
    static const char *const channel_of = "(SELECT channel FROM device WHERE id = ?)";
    char leavers[160];
    char exposed[240];
    snprintf(leavers, sizeof leavers, "UPDATE channel SET leavers = leavers + 1 WHERE id = %s", channel_of);
    snprintf(exposed, sizeof exposed,
             "UPDATE object SET exposed = 1 WHERE sha256 IN (SELECT object FROM object_channel WHERE channel "
             "= %s)",
             channel_of);
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) ||
        !db_run(db, error,
                "UPDATE device SET version = version + 1, cookie_hash = NULL, cookie_expires = NULL"
                " WHERE id = ? AND status <> 'retired'",
                "s", id))
        return false;
    if (!db_changes(db))
        return pp_fail(error, PP_E_STATE, "this screen is retired: %s", id);
    return device_certificates_revoke(db, id, error) &&
           db_run(db, error, "DELETE FROM token WHERE device = ?", "s", id) &&
           db_run(db, error, "DELETE FROM enrolment WHERE device = ?", "s", id) &&
           db_run(db, error, leavers, "s", id) && db_run(db, error, exposed, "s", id) &&
           db_change_commit(&change, error);
}

bool device_restore(struct db *db, const char *id, struct pp_error *error) {
    if (!erasure_check(db, id, error))
        return false;
    if (!db_run(db, error,
                "UPDATE device SET status = CASE WHEN certificate_expires IS NULL THEN 'approved' ELSE "
                "'active' END,"
                " version = version + 1 WHERE id = ? AND status = 'retired'",
                "s", id))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_STATE, "this screen is not retired: %s", id);
}

bool device_remove(struct db *db, const char *id, struct pp_error *error) {
    static const char *const deletes[] = {
        "DELETE FROM report WHERE device = ?",         "DELETE FROM report_loss WHERE device = ?",
        "DELETE FROM token WHERE device = ?",          "DELETE FROM enrolment WHERE device = ?",
        "DELETE FROM event_head WHERE device = ?",     "DELETE FROM event_link WHERE device = ?",
        "DELETE FROM event_finding WHERE device = ?",  "DELETE FROM certificate WHERE device = ?",
        "DELETE FROM screen_command WHERE device = ?", "DELETE FROM device WHERE id = ?",
    };
    struct device device;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !device_find(db, id, &device, error))
        return false;
    if (strcmp(device.status, "retired") != 0)
        return pp_fail(error, PP_E_STATE, "this screen is in use, retire it first: %s", id);
    if (!device_former_keep(db, id, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(deletes); i++) {
        if (!db_run(db, error, deletes[i], "s", id))
            return false;
    }
    return db_change_commit(&change, error);
}

static bool rotation_check(const char *rotation, struct pp_error *error) {
    static const char *const known[] = {"0", "90", "180", "270"};
    for (size_t i = 0; i < PP_COUNT(known); i++) {
        if (strcmp(rotation, known[i]) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "rotation: must be 0, 90, 180 or 270");
}

static bool offline_mark_check(const char *answer, struct pp_error *error) {
    if (strcmp(answer, "yes") == 0 || strcmp(answer, "no") == 0)
        return true;
    return pp_fail(error, PP_E_INVALID, "offline mark: must be yes or no");
}

static bool access_check(const char *text, struct pp_error *error) {
    enum device_access access;
    return device_access_read(text, &access) ||
           pp_fail(error, PP_E_INVALID, "access: must be certificate, cookie, sso or password");
}

static bool silence_check(const char *name, const char *text, struct pp_error *error) {
    int64_t seconds;
    return silence_read(text, &seconds, error) || pp_wrap(error, "%s", name);
}

bool device_settings_check(const struct device_settings *settings, struct pp_error *error) {
    return (!settings->name || text_check("name", settings->name, 1, TEXT_NAME_MAX, error)) &&
           (!settings->site || text_check("site", settings->site, 0, TEXT_NAME_MAX, error)) &&
           (!settings->channel || !*settings->channel || channel_id_check(settings->channel, error)) &&
           (!settings->time_zone || time_zone_check(settings->time_zone, error)) &&
           (!settings->locale || locale_check(settings->locale, error)) &&
           (!settings->rotation || rotation_check(settings->rotation, error)) &&
           (!settings->offline_mark || offline_mark_check(settings->offline_mark, error)) &&
           (!settings->access || access_check(settings->access, error)) &&
           (!settings->lock_after || silence_check("lock after", settings->lock_after, error)) &&
           (!settings->erase_after || silence_check("erase after", settings->erase_after, error));
}

static bool channel_is_there(struct db *db, const char *channel, struct pp_error *error) {
    struct channel found;
    bool known = channel_known(db, channel, &found, error);
    pp_wipe(&found, sizeof found);
    return known;
}

/* Why no row was changed. */
static bool device_unchanged(struct db *db, const char *id, struct pp_error *error) {
    struct device device;
    if (!device_find(db, id, &device, error))
        return pp_fail(error, error->code, "no such screen: %s", id);
    return pp_fail(error, PP_E_STATE, "this screen is retired: %s", id);
}

/* As they will be; a screen is locked before it is erased. */
static bool silence_wanted(struct db *db, const char *id, const struct device_settings *settings,
                           struct device *device, struct pp_error *error) {
    if (!settings->lock_after && !settings->erase_after)
        return true;
    if (!device_find(db, id, device, error))
        return pp_fail(error, error->code, "no such screen: %s", id);
    if ((settings->lock_after && !silence_read(settings->lock_after, &device->lock_after_s, error)) ||
        (settings->erase_after && !silence_read(settings->erase_after, &device->erase_after_s, error)))
        return false;
    if (device->erase_after_s && (!device->lock_after_s || device->erase_after_s < device->lock_after_s))
        return pp_fail(error, PP_E_INVALID,
                       "a screen is locked before it is erased: give a --lock-after that is not longer");
    return true;
}

bool device_change(struct db *db, const char *id, const struct device_settings *settings,
                   struct pp_error *error) {
    if (!device_settings_check(settings, error))
        return false;
    const char *channel = settings->channel && *settings->channel ? settings->channel : NULL;
    if (channel && !channel_is_there(db, channel, error))
        return false;
    struct device silent = {.lock_after_s = -1, .erase_after_s = -1}; /* as they are */
    if (!silence_wanted(db, id, settings, &silent, error))
        return false;
    if (!db_run(db, error,
                "UPDATE device SET name = coalesce(?, name), site = coalesce(?, site),"
                " time_zone = coalesce(?, time_zone), locale = coalesce(?, locale),"
                " rotation = coalesce(CAST(? AS INTEGER), rotation),"
                " offline_mark = coalesce(? = 'yes', offline_mark), access = coalesce(?, access),"
                " lock_after = coalesce(nullif(?, -1), lock_after),"
                " erase_after = coalesce(nullif(?, -1), erase_after),"
                " channel = CASE WHEN ? THEN ? ELSE channel END, version = version + 1"
                " WHERE id = ? AND status <> 'retired'",
                "sssssssiiiss", settings->name, settings->site, settings->time_zone, settings->locale,
                settings->rotation, settings->offline_mark, settings->access, silent.lock_after_s,
                silent.erase_after_s, (int64_t)(settings->channel != NULL), channel, id))
        return false;
    return db_changes(db) ? true : device_unchanged(db, id, error);
}

bool device_follow_report(struct db *db, const struct device *device, const struct device_report *report,
                          bool *changed, struct pp_error *error) {
    bool ahead = report->epoch > device->epoch ||
                 (report->epoch == device->epoch && report->version > device->version);
    bool same = report->epoch == device->epoch && report->version == device->version;
    bool told_ahead = same && report->time > pp_clock_realtime_s() + DEVICE_AHEAD_S;
    ahead = ahead && report->epoch - device->epoch < DEVICE_EPOCH_STEP_MAX;
    *changed = ahead || told_ahead;
    if (ahead)
        return db_run(db, error, "UPDATE device SET epoch = ? WHERE id = ?", "is", report->epoch + 1,
                      device->id);
    if (told_ahead)
        return db_run(db, error, "UPDATE device SET version = version + 1 WHERE id = ?", "s", device->id);
    return true;
}

void fingerprint_text(const uint8_t thumbprint[32], char text[FINGERPRINT_SIZE]) {
    char hex[PP_HEX_SIZE(8)];
    pp_hex_encode(thumbprint, 8, hex);
    snprintf(text, FINGERPRINT_SIZE, "%.4s %.4s %.4s %.4s", hex, hex + 4, hex + 8, hex + 12);
}
