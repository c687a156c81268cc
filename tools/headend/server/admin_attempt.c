#include "headend/server/admin_attempt.h"

#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/throttle.h"
#include "headend/server/admin.h"
#include "headend/server/hasher.h"

/* Counts the attempt and finds the account. */
static bool attempt_count(struct db *db, struct attempt *attempt, struct pp_error *error) {
    return throttle_attempt(db, attempt->name, attempt->address, pp_clock_realtime_s(), &attempt->wait_s,
                            error) &&
           (attempt->wait_s > 0 || user_find(db, attempt->name, &attempt->admin, attempt->encoded, error));
}

/* Starts the session. */
static bool attempt_succeed(struct request *request, char token[SECRET_TEXT_SIZE], struct pp_error *error) {
    const struct attempt *attempt = &request->attempt;
    return throttle_clear(request->db, attempt->name, attempt->address, pp_clock_realtime_s(), error) &&
           admin_enter(request, attempt->admin, token, error);
}

bool admin_attempt_begun(const struct request *request) {
    return request->attempt.stage == ATTEMPT_CHECKED || request->attempt.stage == ATTEMPT_CANCELLED;
}

enum admin_attempt admin_attempt_begin(struct request *request, struct reply *reply, struct pp_error *error) {
    struct attempt *attempt = &request->attempt;
    struct app *app = request->app;
    request_address(request, attempt->address);
    if (!text_check("name", attempt->name, 1, TEXT_NAME_MAX, NULL) ||
        strlen(attempt->password) > PASSWORD_MAX)
        return ADMIN_ATTEMPT_WRONG;
    if (!throttle_known(app->db, attempt->name, attempt->address, pp_clock_realtime_s(), &attempt->known,
                        error))
        return ADMIN_ATTEMPT_ERROR;
    /* Before it counts as a failure: what is refused for want of a place is nobody's fault. */
    if (!hasher_reserve(app->hasher, request))
        return ADMIN_ATTEMPT_BUSY;
    bool ok = attempt_count(app->db, attempt, error);
    if (ok && !attempt->wait_s) {
        reply->wait_hash = true;
        return ADMIN_ATTEMPT_WAITS;
    }
    hasher_cancel(app->hasher, request);
    return ok ? ADMIN_ATTEMPT_EARLY : ADMIN_ATTEMPT_ERROR;
}

enum admin_attempt admin_attempt_finish(struct request *request, char token[SECRET_TEXT_SIZE],
                                        struct pp_error *error) {
    const struct attempt *attempt = &request->attempt;
    if (attempt->stage == ATTEMPT_CANCELLED)
        return ADMIN_ATTEMPT_BUSY;
    if (!attempt->right || !attempt->admin) {
        pp_log_warning("sign-in refused from %s", attempt->address);
        return ADMIN_ATTEMPT_WRONG;
    }
    return attempt_succeed(request, token, error) ? ADMIN_ATTEMPT_RIGHT : ADMIN_ATTEMPT_ERROR;
}
