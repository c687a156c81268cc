#include "headend/person_session.h"

#include "base/clock.h"
#include "jose/discovery.h"

#define SESSION_LEAST_S 60

static void copy(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

/* ---- The policy ---- */

bool person_policy_find(struct db *db, const char *device, struct person_policy *policy,
                        struct pp_error *error) {
    db_autostmt sqlite3_stmt *row = db_query(
        db, error,
        "SELECT session_s, most_s, password, issuer, client_id, scope, groups_claim, code, nonce, reason"
        " FROM person_policy WHERE device = ?",
        "s", device);
    if (!row || !db_next(row, "access policy", error))
        return false;
    *policy = (struct person_policy){.session_s = db_int(row, 0), .most_s = db_int(row, 1)};
    copy(policy->password, sizeof policy->password, db_text(row, 2));
    copy(policy->issuer, sizeof policy->issuer, db_text(row, 3));
    copy(policy->client_id, sizeof policy->client_id, db_text(row, 4));
    copy(policy->scope, sizeof policy->scope, db_text(row, 5));
    copy(policy->groups_claim, sizeof policy->groups_claim, db_text(row, 6));
    copy(policy->code, sizeof policy->code, db_text(row, 7));
    copy(policy->nonce, sizeof policy->nonce, db_text(row, 8));
    copy(policy->reason, sizeof policy->reason, db_text(row, 9));
    return true;
}

bool person_policy_find_code(struct db *db, const char code[USER_CODE_SIZE], char device[UUID_TEXT_SIZE],
                             struct pp_error *error) {
    db_autostmt sqlite3_stmt *row =
        db_query(db, error, "SELECT device FROM person_policy WHERE code = ?", "s", code);
    if (!row || !db_next(row, "code", error))
        return false;
    copy(device, UUID_TEXT_SIZE, db_text(row, 0));
    return true;
}

static bool is_allowed_form(const char *who) {
    static const char *const kinds[] = {"sub:", "email:", "group:"};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strncmp(who, kinds[i], strlen(kinds[i])) == 0 && who[strlen(kinds[i])])
            return strlen(who) <= PERSON_NAME_MAX && text_check("allow", who, 1, PERSON_NAME_MAX, NULL);
    }
    return strcmp(who, "anyone") == 0;
}

static bool check_provider(const struct person_settings *settings, struct pp_error *error) {
    if (!settings->issuer || !settings->client_id)
        return pp_fail(error, PP_E_INVALID, "sso: --issuer and --client-id are needed");
    if (!settings->allowed.count)
        return pp_fail(error, PP_E_INVALID, "sso: --allow is needed: who may sign in");
    for (size_t i = 0; i < settings->allowed.count; i++) {
        if (!is_allowed_form(settings->allowed.items[i]))
            return pp_fail(error, PP_E_INVALID,
                           "--allow: must be anyone, email:…, group:… or sub:…, not %.64s",
                           settings->allowed.items[i]);
    }
    return discovery_issuer_check(settings->issuer, error) &&
           text_check("client id", settings->client_id, 1, PERSON_CLIENT_MAX, error) &&
           text_check("scope", settings->scope, 1, PERSON_CLIENT_MAX, error) &&
           text_check("groups claim", settings->groups_claim, 1, PERSON_CLIENT_MAX, error);
}

static bool check_times(const struct person_settings *settings, struct pp_error *error) {
    if (settings->session_s < SESSION_LEAST_S || settings->session_s > PERSON_SESSION_MAX_S ||
        settings->most_s < settings->session_s || settings->most_s > PERSON_SESSION_MAX_S)
        return pp_fail(error, PP_E_LIMIT,
                       "a session takes %d s to %d s, and all of it with its renewals no less than that",
                       SESSION_LEAST_S, PERSON_SESSION_MAX_S);
    return true;
}

static bool has_password(struct db *db, const char *device) {
    struct person_policy policy = {0};
    bool has = person_policy_find(db, device, &policy, NULL) && *policy.password;
    pp_wipe(&policy, sizeof policy);
    return has;
}

static bool settings_check(struct db *db, const char *device, const struct person_settings *settings,
                           struct pp_error *error) {
    if (settings->mode != DEVICE_SSO && settings->mode != DEVICE_PASSWORD)
        return true;
    if (!check_times(settings, error))
        return false;
    if (settings->mode == DEVICE_SSO)
        return check_provider(settings, error);
    return settings->password || has_password(db, device) ||
           pp_fail(error, PP_E_INVALID, "password: the screen has none yet");
}

static bool save_allowed(struct db *db, const char *device, const struct person_settings *settings,
                         struct pp_error *error) {
    if (!db_run(db, error, "DELETE FROM person_allowed WHERE device = ?", "s", device))
        return false;
    for (size_t i = 0; i < settings->allowed.count; i++) {
        if (!db_run(db, error, "INSERT OR IGNORE INTO person_allowed(device, who) VALUES(?, ?)", "ss", device,
                    settings->allowed.items[i]))
            return false;
    }
    return true;
}

static bool save_policy(struct db *db, const char *device, const struct person_settings *settings,
                        struct pp_error *error) {
    char code[USER_CODE_SIZE];
    char nonce[SECRET_TEXT_SIZE];
    bool sso = settings->mode == DEVICE_SSO;
    if (!user_code_make(code, error) || !secret_make(nonce, error))
        return false;
    return db_run(
               db, error,
               "INSERT INTO person_policy(device, session_s, most_s, password, issuer, client_id, scope,"
               " groups_claim, code, nonce) VALUES(?, ?, ?, coalesce(?4, ''), ?, ?, ?, ?, ?, ?)"
               " ON CONFLICT(device) DO UPDATE SET session_s = excluded.session_s, most_s = excluded.most_s,"
               " password = coalesce(?4, password), issuer = excluded.issuer, client_id = excluded.client_id,"
               " scope = excluded.scope, groups_claim = excluded.groups_claim, code = excluded.code,"
               " nonce = excluded.nonce",
               "siisssssss", device, (int64_t)settings->session_s, (int64_t)settings->most_s,
               settings->password, sso ? settings->issuer : "", sso ? settings->client_id : "",
               sso ? settings->scope : "", sso ? settings->groups_claim : "", code, nonce) &&
           save_allowed(db, device, settings, error);
}

static bool end_session(struct db *db, const char *device, const char *reason, struct pp_error *error);

bool person_settings_save(struct db *db, const char *device, const struct person_settings *settings,
                          struct pp_error *error) {
    bool temporary = settings->mode == DEVICE_SSO || settings->mode == DEVICE_PASSWORD;
    const struct device_settings mode = {.access = device_access_name(settings->mode)};
    db_autochange struct db_change change = {0};
    return settings_check(db, device, settings, error) && db_change_begin(&change, db, error) &&
           (!temporary || save_policy(db, device, settings, error)) &&
           end_session(db, device, "changed", error) && device_change(db, device, &mode, error) &&
           db_change_commit(&change, error);
}

/* ---- Sessions ---- */

bool person_session_find(struct db *db, const char *device, int64_t now, struct person_session *session,
                         struct pp_error *error) {
    db_autostmt sqlite3_stmt *row =
        db_query(db, error,
                 "SELECT id, subject, name, started, expires, until, nonce FROM person_session"
                 " WHERE device = ? AND expires > ?",
                 "si", device, now);
    if (!row || !db_next(row, "session", error))
        return false;
    *session = (struct person_session){
        .started = db_int(row, 3), .expires = db_int(row, 4), .until = db_int(row, 5)};
    copy(session->id, sizeof session->id, db_text(row, 0));
    copy(session->subject, sizeof session->subject, db_text(row, 1));
    copy(session->name, sizeof session->name, db_text(row, 2));
    copy(session->nonce, sizeof session->nonce, db_text(row, 6));
    return true;
}

/* What was shown is good for one session: only its hash is kept. */
static bool use_token(struct db *db, const struct person *person, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (!person->token)
        return true;
    if (!secret_hash("id-token", person->token, hash, error) ||
        !db_run(db, error, "INSERT OR IGNORE INTO id_token_used(hash, expires) VALUES(?, ?)", "bi",
                (const void *)hash, sizeof hash, person->token_expires))
        return false;
    return db_changes(db) || pp_fail(error, PP_E_AUTH, "this ID token was used before");
}

static bool begin(struct db *db, const char *device, const struct person_policy *policy,
                  const struct person *person, int64_t now, struct pp_error *error) {
    char id[UUID_TEXT_SIZE];
    uint8_t phone[SECRET_HASH_SIZE];
    return uuid_make(id, error) && secret_hash("person", person->phone ? person->phone : id, phone, error) &&
           db_run(db, error,
                  "INSERT OR REPLACE INTO person_session(device, id, subject, name, started, expires, until,"
                  " nonce, phone) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "ssssiiisb", device, id, person->subject, person->name, now, now + policy->session_s,
                  now + policy->most_s, policy->nonce, (const void *)phone, sizeof phone);
}

bool person_session_find_phone(struct db *db, const char *phone, char device[UUID_TEXT_SIZE],
                               struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (strlen(phone) != SECRET_TEXT_SIZE - 1)
        return pp_fail(error, PP_E_NOTFOUND, "no session of this browser's");
    if (!secret_hash("person", phone, hash, error))
        return false;
    db_autostmt sqlite3_stmt *row = db_query(db, error, "SELECT device FROM person_session WHERE phone = ?",
                                             "b", (const void *)hash, sizeof hash);
    if (!row || !db_next(row, "session", error))
        return false;
    copy(device, UUID_TEXT_SIZE, db_text(row, 0));
    return true;
}

static bool renew(struct db *db, const char *device, const struct person_policy *policy,
                  const struct person_session *session, int64_t now, struct pp_error *error) {
    int64_t expires = now + policy->session_s < session->until ? now + policy->session_s : session->until;
    if (expires <= session->expires)
        return pp_fail(error, PP_E_EXPIRED, "the session is not renewed beyond its end");
    return db_run(db, error, "UPDATE person_session SET expires = ? WHERE device = ?", "is", expires, device);
}

/* The state is another one, and what the screen showed to let somebody in is good for nobody else. */
static bool change_screen(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    char code[USER_CODE_SIZE];
    char nonce[SECRET_TEXT_SIZE];
    return user_code_make(code, error) && secret_make(nonce, error) &&
           db_run(db, error, "UPDATE person_policy SET code = ?, nonce = ?, reason = ? WHERE device = ?",
                  "ssss", code, nonce, reason, device) &&
           db_run(db, error, "UPDATE device SET version = version + 1 WHERE id = ?", "s", device);
}

bool person_session_open(struct db *db, const char *device, const struct person *person, int64_t now,
                         struct pp_error *error) {
    struct person_policy policy;
    struct person_session session;
    struct pp_error missing = {0};
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !person_policy_find(db, device, &policy, error) ||
        !use_token(db, person, error))
        return false;
    bool open = person_session_find(db, device, now, &session, &missing);
    if (!open && missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    if (open && strcmp(session.subject, person->subject) != 0)
        return pp_fail(error, PP_E_AUTH, "somebody else is signed in");
    bool ok = (open ? renew(db, device, &policy, &session, now, error)
                    : begin(db, device, &policy, person, now, error)) &&
              change_screen(db, device, "", error) && db_change_commit(&change, error);
    pp_wipe(&policy, sizeof policy);
    return ok;
}

bool person_allowed(struct db *db, const char *device,
                    bool (*has)(void *arg, const char *kind, const char *value), void *arg, bool *allowed,
                    struct pp_error *error) {
    struct pp_error end = {0};
    db_autostmt sqlite3_stmt *row =
        db_query(db, error, "SELECT who FROM person_allowed WHERE device = ?", "s", device);
    *allowed = false;
    if (!row)
        return false;
    while (!*allowed && db_next(row, "policy", &end)) {
        const char *who = db_text(row, 0);
        const char *colon = strchr(who, ':');
        char kind[8] = "";
        if (colon)
            snprintf(kind, sizeof kind, "%.*s", (int)(colon - who), who);
        *allowed = colon ? has(arg, kind, colon + 1) : strcmp(who, "anyone") == 0;
    }
    return !end.code || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool end_session(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    if (!db_run(db, error, "DELETE FROM person_session WHERE device = ?", "s", device))
        return false;
    return !db_changes(db) || change_screen(db, device, reason, error);
}

bool person_session_end(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && end_session(db, device, reason, error) &&
           db_change_commit(&change, error);
}

static bool first_expired(struct db *db, int64_t now, char device[UUID_TEXT_SIZE], struct pp_error *error) {
    db_autostmt sqlite3_stmt *row =
        db_query(db, error, "SELECT device FROM person_session WHERE expires <= ? LIMIT 1", "i", now);
    if (!row || !db_next(row, "session", error))
        return false;
    copy(device, UUID_TEXT_SIZE, db_text(row, 0));
    return true;
}

bool person_sessions_purge(struct db *db, int64_t now, bool *ended, struct pp_error *error) {
    char device[UUID_TEXT_SIZE];
    struct pp_error end = {0};
    *ended = false;
    while (first_expired(db, now, device, &end)) {
        if (!person_session_end(db, device, "expired", error))
            return false;
        *ended = true;
    }
    if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    return db_run(db, error, "DELETE FROM id_token_used WHERE expires < ?", "i", now - 86400);
}
