#include "headend/ops/person_session.h"

#include "base/clock.h"
#include "jose/discovery.h"

#define SESSION_LEAST_S 60

static void copy(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

/* ---- The policy ---- */

bool person_policy_find(struct db *db, const char *device, struct person_policy *policy,
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_POLICY_FIND, DB_TEXT(device));
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
    copy(policy->client_auth, sizeof policy->client_auth, db_text(row, 10));
    copy(policy->client_secret, sizeof policy->client_secret, db_text(row, 11));
    return true;
}

bool person_policy_find_code(struct db *db, const char code[USER_CODE_SIZE], char device[UUID_TEXT_SIZE],
                             struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_POLICY_BY_CODE, DB_TEXT(code));
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

static bool check_issuer(const struct person_settings *settings, struct pp_error *error) {
    return settings->issuer && *settings->issuer ? discovery_issuer_check(settings->issuer, error)
                                                 : pp_fail(error, PP_E_INVALID, "sso: --issuer is needed");
}

static bool check_client(const struct person_settings *settings, struct pp_error *error) {
    return settings->client_id && *settings->client_id
               ? text_check("client id", settings->client_id, 1, PERSON_CLIENT_MAX, error)
               : pp_fail(error, PP_E_INVALID, "sso: --client-id is needed");
}

static bool check_scope(const struct person_settings *settings, struct pp_error *error) {
    return settings->scope ? text_check("scope", settings->scope, 1, PERSON_CLIENT_MAX, error)
                           : pp_fail(error, PP_E_INVALID, "sso: a scope is needed");
}

static bool check_groups_claim(const struct person_settings *settings, struct pp_error *error) {
    return settings->groups_claim
               ? text_check("groups claim", settings->groups_claim, 1, PERSON_CLIENT_MAX, error)
               : pp_fail(error, PP_E_INVALID, "sso: a groups claim is needed");
}

static bool check_allowed(const struct person_settings *settings, struct pp_error *error) {
    if (!settings->allowed.count)
        return pp_fail(error, PP_E_INVALID, "sso: --allow is needed: who may sign in");
    for (size_t i = 0; i < settings->allowed.count; i++) {
        if (!is_allowed_form(settings->allowed.items[i]))
            return pp_fail(error, PP_E_INVALID,
                           "--allow: must be anyone, email:…, group:… or sub:…, not %.64s",
                           settings->allowed.items[i]);
    }
    return true;
}

static bool check_times(const struct person_settings *settings, struct pp_error *error) {
    if (settings->session_s < SESSION_LEAST_S || settings->session_s > PERSON_SESSION_MAX_S ||
        settings->most_s < settings->session_s || settings->most_s > PERSON_SESSION_MAX_S)
        return pp_fail(error, PP_E_LIMIT,
                       "a session takes %d s to %d s, and all of it with its renewals no less than that",
                       SESSION_LEAST_S, PERSON_SESSION_MAX_S);
    return true;
}

/* What is set now; nothing where nothing is. */
static void find_former(struct db *db, const char *device, struct person_policy *policy) {
    if (!person_policy_find(db, device, policy, NULL))
        *policy = (struct person_policy){.client_auth = "none"};
}

static bool has_password(struct db *db, const char *device) {
    struct person_policy policy = {0};
    find_former(db, device, &policy);
    bool has = *policy.password;
    pp_wipe(&policy, sizeof policy);
    return has;
}

/* How the client shows itself from now on, and with what: a secret that was given, or the one that is there. */
struct client_choice {
    const char *auth, *secret;
};

static bool choose_client(const struct person_settings *settings, const struct person_policy *former,
                          struct client_choice *choice, struct pp_error *error) {
    static const char *const methods[] = {"none", "client_secret_basic", "client_secret_post"};
    bool same =
        strcmp(former->issuer, settings->issuer) == 0 && strcmp(former->client_id, settings->client_id) == 0;
    const char *kept = same ? former->client_secret : "";
    const char *secret = settings->client_secret ? settings->client_secret : kept;
    const char *usual = settings->client_secret && strcmp(former->client_auth, "none") == 0
                            ? "client_secret_basic"
                        : *secret ? former->client_auth
                                  : "none";
    const char *auth = settings->client_auth ? settings->client_auth : usual;
    bool known = false;
    for (size_t i = 0; i < PP_COUNT(methods); i++)
        known |= strcmp(methods[i], auth) == 0;
    if (!known)
        return pp_fail(error, PP_E_INVALID,
                       "client auth: must be none, client_secret_basic or client_secret_post");
    bool public = strcmp(auth, "none") == 0;
    if (public && settings->client_secret)
        return pp_fail(error, PP_E_INVALID, "client auth: none goes without a secret");
    if (!public && !*secret)
        return pp_fail(error, PP_E_INVALID, "client auth: %s needs the client's secret", auth);
    *choice = (struct client_choice){.auth = auth, .secret = public ? "" : secret};
    return true;
}

static const char *provider_problem(struct db *db, const char *device, const struct person_settings *settings,
                                    struct pp_error *error) {
    static const struct {
        const char *field;
        bool (*check)(const struct person_settings *settings, struct pp_error *error);
    } checks[] = {{"issuer", check_issuer},
                  {"client_id", check_client},
                  {"scope", check_scope},
                  {"groups_claim", check_groups_claim},
                  {"allow", check_allowed}};
    struct person_policy former;
    struct client_choice client;
    for (size_t i = 0; i < PP_COUNT(checks); i++) {
        if (!checks[i].check(settings, error))
            return checks[i].field;
    }
    find_former(db, device, &former);
    bool ok = choose_client(settings, &former, &client, error);
    pp_wipe(&former, sizeof former);
    return ok ? NULL : "client_auth";
}

const char *person_settings_problem(struct db *db, const char *device, const struct person_settings *settings,
                                    struct pp_error *error) {
    if (settings->mode != DEVICE_SSO && settings->mode != DEVICE_PASSWORD)
        return NULL;
    if (!check_times(settings, error))
        return "times";
    if (settings->mode == DEVICE_SSO)
        return provider_problem(db, device, settings, error);
    if (settings->password || has_password(db, device))
        return NULL;
    pp_fail(error, PP_E_INVALID, "password: the screen has none yet");
    return "password";
}

static bool save_allowed(struct db *db, const char *device, const struct person_settings *settings,
                         struct pp_error *error) {
    if (!db_run(db, error, DB_PERSON_ALLOWED_REMOVE, DB_TEXT(device)))
        return false;
    for (size_t i = 0; i < settings->allowed.count; i++) {
        if (!db_run(db, error, DB_PERSON_ALLOWED_ADD, DB_TEXT(device), DB_TEXT(settings->allowed.items[i])))
            return false;
    }
    return true;
}

/* For how long, and what is shown to let somebody in; a password where there is a new one. */
static bool save_sign_in(struct db *db, const char *device, const struct person_settings *settings,
                         struct pp_error *error) {
    char code[USER_CODE_SIZE];
    char nonce[SECRET_TEXT_SIZE];
    return user_code_make(code, error) && secret_make(nonce, error) &&
           db_run(db, error, DB_PERSON_POLICY_SET, DB_TEXT(device), DB_INT(settings->session_s),
                  DB_INT(settings->most_s), DB_TEXT(settings->password), DB_TEXT(code), DB_TEXT(nonce));
}

static bool save_provider(struct db *db, const char *device, const struct person_settings *settings,
                          struct pp_error *error) {
    struct person_policy former;
    struct client_choice client = {0};
    find_former(db, device, &former);
    bool ok = choose_client(settings, &former, &client, error) &&
              db_run(db, error, DB_PERSON_PROVIDER_SET, DB_TEXT(settings->issuer),
                     DB_TEXT(settings->client_id), DB_TEXT(settings->scope), DB_TEXT(settings->groups_claim),
                     DB_TEXT(client.auth), DB_TEXT(client.secret), DB_TEXT(device)) &&
              save_allowed(db, device, settings, error);
    pp_wipe(&former, sizeof former);
    return ok;
}

/* What is set for the other mode stays, to go back to. */
static bool save_policy(struct db *db, const char *device, const struct person_settings *settings,
                        struct pp_error *error) {
    return save_sign_in(db, device, settings, error) &&
           (settings->mode != DEVICE_SSO || save_provider(db, device, settings, error));
}

static bool end_session(struct db *db, const char *device, const char *reason, struct pp_error *error);

static bool save_mode(struct db *db, const char *device, enum device_access mode, struct pp_error *error) {
    const struct device_settings settings = {.access = device_access_name(mode)};
    return end_session(db, device, "changed", error) && device_change(db, device, &settings, error);
}

bool person_settings_save(struct db *db, const char *device, const struct person_settings *settings,
                          struct pp_error *error) {
    bool temporary = settings->mode == DEVICE_SSO || settings->mode == DEVICE_PASSWORD;
    db_autochange struct db_change change = {0};
    return !person_settings_problem(db, device, settings, error) && db_change_begin(&change, db, error) &&
           (!temporary || save_policy(db, device, settings, error)) &&
           save_mode(db, device, settings->mode, error) && db_change_commit(&change, error);
}

/* Whether somebody could sign in at it then. */
static bool mode_is_ready(struct db *db, const char *device, enum device_access mode) {
    struct person_policy policy;
    find_former(db, device, &policy);
    bool ready = (mode != DEVICE_SSO || *policy.issuer) && (mode != DEVICE_PASSWORD || *policy.password);
    pp_wipe(&policy, sizeof policy);
    return ready;
}

bool person_mode_save(struct db *db, const char *device, enum device_access mode, struct pp_error *error) {
    return mode_is_ready(db, device, mode)
               ? save_mode(db, device, mode, error)
               : pp_fail(error, PP_E_INVALID, "nobody could sign in there yet: \"screen access\" says how");
}

/* ---- Sessions ---- */

bool person_session_find(struct db *db, const char *device, int64_t now, struct person_session *session,
                         struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_SESSION_FIND, DB_TEXT(device), DB_INT(now));
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
        !db_run(db, error, DB_ID_TOKEN_USE, DB_BLOB(hash, sizeof hash), DB_INT(person->token_expires)))
        return false;
    return db_changes(db) || pp_fail(error, PP_E_AUTH, "this ID token was used before");
}

static bool begin(struct db *db, const char *device, const struct person_policy *policy,
                  const struct person *person, int64_t now, struct pp_error *error) {
    char id[UUID_TEXT_SIZE];
    uint8_t phone[SECRET_HASH_SIZE];
    return uuid_make(id, error) && secret_hash("person", person->phone ? person->phone : id, phone, error) &&
           db_run(db, error, DB_PERSON_SESSION_SET, DB_TEXT(device), DB_TEXT(id), DB_TEXT(person->subject),
                  DB_TEXT(person->name), DB_INT(now), DB_INT(now + policy->session_s),
                  DB_INT(now + policy->most_s), DB_TEXT(policy->nonce), DB_BLOB(phone, sizeof phone));
}

bool person_session_find_phone(struct db *db, const char *phone, char device[UUID_TEXT_SIZE],
                               struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (strlen(phone) != SECRET_TEXT_SIZE - 1)
        return pp_fail(error, PP_E_NOTFOUND, "no session of this browser's");
    if (!secret_hash("person", phone, hash, error))
        return false;
    db_autorow struct db_row *row =
        db_query(db, error, DB_PERSON_SESSION_BY_PHONE, DB_BLOB(hash, sizeof hash));
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
    return db_run(db, error, DB_PERSON_SESSION_RENEW, DB_INT(expires), DB_TEXT(device));
}

/* The state is another one, and what the screen showed to let somebody in is good for nobody else. */
static bool change_screen(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    char code[USER_CODE_SIZE];
    char nonce[SECRET_TEXT_SIZE];
    return user_code_make(code, error) && secret_make(nonce, error) &&
           db_run(db, error, DB_PERSON_CODE_SET, DB_TEXT(code), DB_TEXT(nonce), DB_TEXT(reason),
                  DB_TEXT(device)) &&
           db_run(db, error, DB_DEVICE_NEW_VERSION, DB_TEXT(device));
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
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_ALLOWED_EACH, DB_TEXT(device));
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

bool person_allowed_list(struct db *db, const char *device, struct pp_buf *lines, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_ALLOWED_SORTED, DB_TEXT(device));
    if (!row)
        return false;
    while (db_next(row, "policy", &end)) {
        if (!pp_buf_addf(lines, error, "%s%s", lines->size ? "\n" : "", db_text(row, 0)))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool end_session(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    if (!db_run(db, error, DB_PERSON_SESSION_REMOVE, DB_TEXT(device)))
        return false;
    return !db_changes(db) || change_screen(db, device, reason, error);
}

bool person_session_end(struct db *db, const char *device, const char *reason, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && end_session(db, device, reason, error) &&
           db_change_commit(&change, error);
}

static bool first_expired(struct db *db, int64_t now, char device[UUID_TEXT_SIZE], struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PERSON_SESSION_EXPIRED, DB_INT(now));
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
    return db_run(db, error, DB_ID_TOKEN_PURGE, DB_INT(now - 86400));
}
