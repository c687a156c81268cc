#include "headend/ops/device.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "headend/base/silence.h"
#include "headend/ops/channel.h"
#include "headend/ops/device_certificate.h"
#include "headend/ops/device_former.h"

/* What a screen says of itself; "" where it has not yet. */
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
    copy_text(device->picture, sizeof device->picture, db_text(row, 21));
    device->picture_taken = db_int(row, 22);
    copy_text(device->software, sizeof device->software, db_text(row, 23));
    pp_json_tidy(device->software);
    if (!device_access_read(db_text(row, 18), &device->access))
        return pp_fail(error, PP_E_INVALID, "database: an access mode that is not known: %s",
                       db_text(row, 18));
    device->can_agree = !db_is_null(row, 17);
    if (device->can_agree && !db_bytes(row, 17, device->agreement, sizeof device->agreement, error))
        return false;
    return db_bytes(row, 1, device->thumbprint, sizeof device->thumbprint, error);
}

bool device_find(struct db *db, const char *id, struct device *device, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_FIND, DB_TEXT(id));
    return row && db_next(row, "screen", error) && device_read(row, device, error);
}

/* The only screen that a statement finds. */
static bool device_match(struct db *db, enum db_statement statement, const char *text, struct device *device,
                         struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, statement, DB_TEXT(text));
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
    static const enum db_statement meant[] = {
        DB_DEVICE_MATCH_ID,
        DB_DEVICE_MATCH_NAME_IN_USE,
        DB_DEVICE_MATCH_NAME,
        DB_DEVICE_MATCH_PREFIX,
    };
    for (size_t i = 0; i < PP_COUNT(meant); i++) {
        struct pp_error missing = {0};
        if (device_match(db, meant[i], text, device, &missing))
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

const char *device_state_find(const char *text) {
    for (unsigned i = 0; i < DEVICE_STATES; i++) {
        const char *key = device_state_key((enum device_state)i);
        if (strcmp(key, text) == 0)
            return key;
    }
    return NULL;
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
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_FIND_BY_COOKIE, DB_BLOB(hash, sizeof hash),
                                             DB_INT(pp_clock_realtime_s()));
    return row && db_next(row, "device cookie", error) && device_read(row, device, error);
}

bool device_find_by_key(struct db *db, const uint8_t thumbprint[32], struct device *device,
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_FIND_BY_KEY, DB_BLOB(thumbprint, 32));
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

_Static_assert(DEVICE_ONLINE_S == 120, "as db/statements/device.def has it");

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
        snprintf(words->words[i], sizeof words->words[i], "%.*s", (int)text_fit(at, size, DEVICE_WORD_MAX),
                 at);
        at += size;
    }
}

/* DEVICE_SEARCH or DEVICE_COUNT. */
static struct db_row *search_query(struct db *db, const struct device_search *search,
                                   enum db_statement statement, struct pp_error *error) {
    struct device_words words;
    char states[DEVICE_STATES][TEXT_FOLDED_SIZE];
    for (size_t i = 0; i < DEVICE_STATES; i++)
        text_fold(search->states[i], states[i], sizeof states[i]);
    words_split(search, &words);
    return db_query(db, error, statement, DB_TEXT(words.words[0]), DB_TEXT(words.words[1]),
                    DB_TEXT(words.words[2]), DB_TEXT(words.words[3]), DB_INT(search->now),
                    DB_TEXT(states[DEVICE_ONLINE]), DB_TEXT(states[DEVICE_IDLE]),
                    DB_TEXT(states[DEVICE_TROUBLED]), DB_TEXT(states[DEVICE_OFFLINE]),
                    DB_TEXT(states[DEVICE_WAITING]), DB_TEXT(states[DEVICE_RETIRED]), DB_INT(search->count),
                    DB_INT(search->skipped));
}

bool device_search(struct db *db, const struct device_search *search,
                   bool (*each)(void *arg, const struct device *device), void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = search_query(db, search, DB_DEVICE_SEARCH, error);
    return row && device_rows(row, each, arg, error);
}

bool device_count(struct db *db, const struct device_search *search, struct device_counts *counts,
                  struct pp_error *error) {
    db_autorow struct db_row *row = search_query(db, search, DB_DEVICE_COUNT, error);
    if (!row || !db_next(row, "count", error))
        return false;
    counts->total = db_int(row, 0);
    counts->found = db_int(row, 1);
    counts->online = db_int(row, 2);
    return true;
}

bool device_each(struct db *db, bool (*each)(void *arg, const struct device *device), void *arg,
                 struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_EACH, DB_INT(pp_clock_realtime_s()));
    return row && device_rows(row, each, arg, error);
}

bool device_cookie_make(struct db *db, const char *id, int64_t lifetime_s, char cookie[SECRET_TEXT_SIZE],
                        struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return secret_make(cookie, error) && secret_hash("device-cookie", cookie, hash, error) &&
           db_run(db, error, DB_DEVICE_COOKIE_SET, DB_BLOB(hash, sizeof hash),
                  DB_INT(pp_clock_realtime_s() + lifetime_s), DB_TEXT(id));
}

bool device_cookie_check(struct db *db, const char *id, const char *cookie, struct pp_error *error) {
    struct device owner;
    if (!device_find_by_cookie(db, cookie, &owner, error))
        return false;
    return strcmp(owner.id, id) == 0 ? true : pp_fail(error, PP_E_AUTH, "the cookie is another screen's");
}

bool device_set_agreement(struct db *db, const char *id, const uint8_t agreement[CRYPTO_POINT_SIZE],
                          bool *changed, struct pp_error *error) {
    /* Its state is encrypted anew, where there was one. */
    bool ok = db_run(db, error, DB_DEVICE_AGREEMENT_SET, DB_BLOB(agreement, CRYPTO_POINT_SIZE), DB_TEXT(id),
                     DB_BLOB(agreement, CRYPTO_POINT_SIZE));
    *changed = ok && db_changes(db) > 0;
    return ok;
}

bool device_set_key(struct db *db, const char *id, const uint8_t key[CRYPTO_POINT_SIZE],
                    struct pp_error *error) {
    return db_run(db, error, DB_DEVICE_KEY_SET, DB_BLOB(key, CRYPTO_POINT_SIZE), DB_TEXT(id),
                  DB_BLOB(key, CRYPTO_POINT_SIZE));
}

bool device_refuse_all(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_DEVICE_RETIRE, DB_TEXT(id)) &&
           db_run(db, error, DB_TOKEN_REMOVE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_ENROLMENT_REMOVE_OF_DEVICE, DB_TEXT(id));
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
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_COUNT_ERASURES, DB_TEXT(id));
    if (!row || !db_next(row, "command", error))
        return false;
    return !db_int(row, 0) ||
           pp_fail(error, PP_E_STATE,
                   "this screen was told to erase itself: approve it by the code that it shows then: %s", id);
}

bool device_revoke(struct db *db, const char *id, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !db_run(db, error, DB_DEVICE_REVOKE, DB_TEXT(id)))
        return false;
    if (!db_changes(db))
        return pp_fail(error, PP_E_STATE, "this screen is retired: %s", id);
    return device_certificates_revoke(db, id, error) &&
           db_run(db, error, DB_TOKEN_REMOVE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_ENROLMENT_REMOVE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_CHANNEL_WANT_KEY_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_OBJECT_EXPOSE_OF_DEVICE, DB_TEXT(id)) && db_change_commit(&change, error);
}

bool device_restore(struct db *db, const char *id, struct pp_error *error) {
    if (!erasure_check(db, id, error))
        return false;
    if (!db_run(db, error, DB_DEVICE_RESTORE, DB_TEXT(id)))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_STATE, "this screen is not retired: %s", id);
}

bool device_remove(struct db *db, const char *id, struct pp_error *error) {
    static const enum db_statement removals[] = {
        DB_REPORT_REMOVE_OF_DEVICE,        DB_REPORT_LOSS_REMOVE_OF_DEVICE,
        DB_TOKEN_REMOVE_OF_DEVICE,         DB_ENROLMENT_REMOVE_OF_DEVICE,
        DB_EVENT_HEAD_REMOVE_OF_DEVICE,    DB_EVENT_LINK_REMOVE_OF_DEVICE,
        DB_EVENT_FINDING_REMOVE_OF_DEVICE, DB_CERTIFICATE_REMOVE_OF_DEVICE,
        DB_COMMAND_REMOVE_OF_DEVICE,       DB_DEVICE_REMOVE,
    };
    struct device device;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !device_find(db, id, &device, error))
        return false;
    if (strcmp(device.status, "retired") != 0)
        return pp_fail(error, PP_E_STATE, "this screen is in use, retire it first: %s", id);
    if (!device_former_keep(db, id, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(removals); i++) {
        if (!db_run(db, error, removals[i], DB_TEXT(id)))
            return false;
    }
    return db_run(db, error, DB_ALERT_RULE_SEEN_LOWER) && db_change_commit(&change, error);
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

/* The title is that of the channel which is named with it. */
static bool channel_title_check(const struct device_settings *settings, struct pp_error *error) {
    if (!settings->channel || !*settings->channel)
        return pp_fail(error, PP_E_INVALID, "channel_title: goes with a channel");
    return text_check("channel_title", settings->channel_title, 1, TEXT_NAME_MAX, error);
}

bool device_settings_check(const struct device_settings *settings, struct pp_error *error) {
    return (!settings->name || text_check("name", settings->name, 1, TEXT_NAME_MAX, error)) &&
           (!settings->site || text_check("site", settings->site, 0, TEXT_NAME_MAX, error)) &&
           (!settings->channel || !*settings->channel || channel_id_check(settings->channel, error)) &&
           (!settings->channel_title || channel_title_check(settings, error)) &&
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
    char name[TEXT_FOLDED_SIZE], site[TEXT_FOLDED_SIZE];
    if (!db_run(db, error, DB_DEVICE_CHANGE, DB_TEXT(settings->name),
                DB_TEXT(text_folded(settings->name, name)), DB_TEXT(settings->site),
                DB_TEXT(text_folded(settings->site, site)), DB_TEXT(settings->time_zone),
                DB_TEXT(settings->locale), DB_TEXT(settings->rotation), DB_TEXT(settings->offline_mark),
                DB_TEXT(settings->access), DB_INT(silent.lock_after_s), DB_INT(silent.erase_after_s),
                DB_INT((settings->channel != NULL)), DB_TEXT(channel), DB_TEXT(id)))
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
        return db_run(db, error, DB_DEVICE_EPOCH_SET, DB_INT(report->epoch + 1), DB_TEXT(device->id));
    if (told_ahead)
        return db_run(db, error, DB_DEVICE_NEW_VERSION, DB_TEXT(device->id));
    return true;
}

void fingerprint_text(const uint8_t thumbprint[32], char text[FINGERPRINT_SIZE]) {
    char hex[PP_HEX_SIZE(8)];
    pp_hex_encode(thumbprint, 8, hex);
    snprintf(text, FINGERPRINT_SIZE, "%.4s %.4s %.4s %.4s", hex, hex + 4, hex + 8, hex + 12);
}

bool device_settings_save(struct db *db, const char *id, const struct device_settings *settings,
                          struct pp_error *error) {
    db_autochange struct db_change change = {0};
    bool made;
    return device_settings_check(settings, error) && db_change_begin(&change, db, error) &&
           (!settings->channel_title ||
            channel_make(db, settings->channel, settings->channel_title, &made, error)) &&
           device_change(db, id, settings, error) && db_change_commit(&change, error);
}

bool device_sites(struct db *db, bool (*each)(void *arg, const char *site, struct pp_error *error), void *arg,
                  struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_SITES);
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "site", &end)) {
        if (!each(arg, db_text(row, 0), error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}
