/* What anybody may ask of this server, whoever he is: whether it lives and can do its work, and whom to tell of a
 * weakness. */
#include "headend/serve/well_known.h"

#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/db/db.h"
#include "headend/ops/figures.h"
#include "headend/ops/security_contact.h"
#include "headend/serve/scrape.h"
#include "headend/signing/signing.h"

#define PATH        "/.well-known/security.txt"
#define READY_BYTES (64ULL * 1024 * 1024) /* that are left on the disk; with fewer it is not ready */
#define REPLY_MAX   (SECURITY_CONTACTS_TEXT_MAX + 1024) /* bytes */

static void healthz(struct request *request, struct reply *reply) {
    (void)request;
    reply_data(reply, MHD_HTTP_OK, "text/plain; charset=utf-8", "ok\n", 3);
}

/* ---- Whether it can do its work: for who sends it requests, or not ---- */

static bool ready_database(struct request *request, struct pp_error *error) {
    struct db *reader = request->app->reader;
    db_lock(reader);
    bool ok = figures_answers(reader, error);
    db_unlock(reader);
    return ok;
}

static bool ready_signer(struct request *request, struct pp_error *error) {
    return signing_ready(request->app->home->signing, error);
}

static bool ready_disk(struct request *request, struct pp_error *error) {
    struct statvfs status;
    if (fstatvfs(request->app->home->fd, &status) != 0)
        return pp_fail_errno(error, "statvfs");
    unsigned long long left = (unsigned long long)status.f_bavail * status.f_frsize;
    return left >= READY_BYTES || pp_fail(error, PP_E_NOSPACE, "%llu bytes are left", left);
}

static const struct {
    const char *name;
    bool (*look)(struct request *request, struct pp_error *error);
} ready[] = {{"database", ready_database}, {"signer", ready_signer}, {"disk", ready_disk}};

/* What is wrong in detail is the log's: anybody may ask. */
static void readyz(struct request *request, struct reply *reply) {
    pp_autojson cJSON *document = cJSON_CreateObject();
    bool all = true;
    for (size_t i = 0; i < PP_COUNT(ready); i++) {
        struct pp_error error = {0};
        bool ok = ready[i].look(request, &error);
        if (!ok)
            pp_log_error("not ready: %s: %s", ready[i].name, error.message);
        cJSON_AddStringToObject(document, ready[i].name, ok ? "ok" : "failed");
        all = all && ok;
    }
    reply_json(reply, all ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, document);
}

static bool text_write(const struct request *request, const struct security_contacts *contacts,
                       struct pp_buf *text, struct pp_error *error) {
    char expires[PP_RFC3339_SIZE];
    char origin[HOME_HOST_MAX + 32];
    pp_time_format(pp_clock_realtime_s() + SECURITY_CONTACT_EXPIRE_S, expires);
    for (size_t i = 0; i < contacts->count; i++) {
        if (!pp_buf_addf(text, error, "Contact: %s\n", contacts->uris[i]))
            return false;
    }
    if (!request_origin(request, origin, sizeof origin))
        return pp_fail(error, PP_E_LIMIT, "the server's name is too long");
    return pp_buf_addf(text, error, "Expires: %s\nPreferred-Languages: en, fr\nCanonical: %s" PATH "\n",
                       expires, origin);
}

static void security_txt(struct request *request, struct reply *reply) {
    struct security_contacts contacts;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(REPLY_MAX);
    if (!security_contacts_load(request->db, &contacts, &error) ||
        (contacts.count && !text_write(request, &contacts, &text, &error)))
        reply_failure(reply, &error);
    else if (!contacts.count)
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "no contact is named here");
    else
        reply_data(reply, MHD_HTTP_OK, "text/plain; charset=utf-8", text.data, text.size);
}

static const struct route routes[] = {
    {"GET", "/healthz", ROUTE_OPEN, NULL, 0, healthz, WORK_NONE, NULL},
    {"GET", "/readyz", ROUTE_OPEN, NULL, 0, readyz, WORK_NONE, NULL},
    {"GET", "/metrics", ROUTE_OPEN, NULL, 0, scrape_handle, WORK_NONE, NULL},
    {"GET", "/.well-known/security.txt", ROUTE_OPEN, NULL, 0, security_txt, WORK_READS, NULL},
};

const struct route_table well_known_routes = {routes, PP_COUNT(routes)};
