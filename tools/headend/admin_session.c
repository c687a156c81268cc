#include "headend/admin_session.h"

#include "base/clock.h"
#include "base/encode.h"
#include "headend/connections.h"
#include "headend/csrf.h"
#include "headend/pages.h"

#define SEEN_EVERY_S 30 /* the last use is not written more often */

bool admin_session_start(struct db *db, int64_t admin, char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    return secret_make(token, error) && secret_hash("admin-session", token, hash, error) &&
           db_run(db, error, "INSERT INTO admin_session(token_hash, admin, created, seen) VALUES(?, ?, ?, ?)",
                  "biii", (const void *)hash, sizeof hash, admin, now, now);
}

bool admin_session_end(struct db *db, const char *token, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    return secret_hash("admin-session", token, hash, error) &&
           db_run(db, error, "DELETE FROM admin_session WHERE token_hash = ?", "b", (const void *)hash,
                  sizeof hash);
}

bool admin_session_purge(struct db *db, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_run(db, error,
                  "DELETE FROM admin_session WHERE seen < ?1 OR created < ?2 OR max(seen, created) > ?3",
                  "iii", now - ADMIN_IDLE_S, now - ADMIN_LIFETIME_S, now + ADMIN_CLOCK_S);
}

/* PP_E_NOTFOUND where the cookie is of no present session. */
static bool session_find(struct db *db, const char *token, struct admin *admin, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    if (!secret_hash("admin-session", token, hash, error))
        return false;
    db_autostmt sqlite3_stmt *row = db_query(
        db, error,
        "SELECT admin.id, admin.name, admin_session.seen FROM admin_session JOIN admin ON admin.id = admin"
        " WHERE token_hash = ?1 AND seen > ?2 AND admin_session.created > ?3"
        " AND max(seen, admin_session.created) <= ?4",
        "biii", (const void *)hash, sizeof hash, now - ADMIN_IDLE_S, now - ADMIN_LIFETIME_S,
        now + ADMIN_CLOCK_S);
    if (!row || !db_next(row, "session", error))
        return false;
    admin->id = db_int(row, 0);
    snprintf(admin->name, sizeof admin->name, "%s", db_text(row, 1));
    snprintf(admin->session, sizeof admin->session, "%s", token);
    if (now - db_int(row, 2) < SEEN_EVERY_S)
        return true;
    return db_run_unsynced(db, error, "UPDATE admin_session SET seen = ? WHERE token_hash = ?", "ib", now,
                           (const void *)hash, sizeof hash);
}

void admin_cookie_set(struct reply *reply, const char *name, const char *value, int64_t max_age_s) {
    char header[256];
    snprintf(header, sizeof header, "%s=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", name,
             value, (long long)max_age_s);
    reply_header(reply, MHD_HTTP_HEADER_SET_COOKIE, header);
    pp_wipe(header, sizeof header);
}

/* To the sign-in page, and from there back to where a GET wanted to go. */
static void lead_to_sign_in(struct request *request, struct reply *reply) {
    char location[2048];
    const char *code = request_query(request, "user_code");
    char next[HTTP_PATH_MAX + 64];
    snprintf(next, sizeof next, "%s%s%.16s", request->path, code ? "?user_code=" : "", code ? code : "");
    pp_autofree char *encoded = strcmp(request->route->method, "GET") == 0 ? pp_percent_encode(next) : NULL;
    snprintf(location, sizeof location, "/admin/sign-in%s%s", encoded ? "?next=" : "",
             encoded ? encoded : "");
    reply_redirect(reply, location);
}

/* Browsers tell where a form comes from; both headers are theirs, not the page's. */
static bool same_origin(const struct request *request) {
    const char *site = request_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
    const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
    if (!origin)
        return true;
    return host && strncmp(origin, "https://", 8) == 0 && strcmp(origin + 8, host) == 0;
}

bool admin_form(struct request *request, struct reply *reply, const char *cookie) {
    struct pp_error error;
    form_finish(&request->form); /* a request that waited for the hash of a password comes a second time */
    if (!form_parse(&request->form, request->body.data, request->body.size, &error)) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "body-invalid", "%s", error.message);
        return false;
    }
    if (!same_origin(request) || !csrf_check(cookie, form_get(&request->form, "csrf"))) {
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "csrf");
        return false;
    }
    return true;
}

bool admin_authenticate(struct request *request, struct reply *reply) {
    char token[COOKIE_VALUE_MAX];
    struct pp_error error = {.code = PP_E_NOTFOUND};
    if (!cookie_find(request_header(request, "Cookie"), ADMIN_COOKIE, token) ||
        !session_find(request->app->db, token, &request->admin, &error)) {
        if (error.code == PP_E_NOTFOUND)
            lead_to_sign_in(request, reply);
        else
            reply_failure(reply, &error);
        return false;
    }
    connection_recognise(connection_of(request->connection), STANDING_ADMIN, "");
    return !request->route->body_type || admin_form(request, reply, request->admin.session);
}
