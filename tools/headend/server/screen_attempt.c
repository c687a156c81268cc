#include "headend/server/screen_attempt.h"

#include "base/clock.h"
#include "headend/ops/throttle.h"
#include "headend/server/hasher.h"

#define ACCOUNT_SIZE (UUID_TEXT_SIZE + 8) /* bytes with the NUL */

static void name_account(const struct request *request, char account[ACCOUNT_SIZE]) {
    snprintf(account, ACCOUNT_SIZE, "screen:%s", request->device.id);
}

enum screen_attempt screen_attempt_begin(struct request *request, struct reply *reply, const char *encoded,
                                         struct pp_error *error) {
    struct attempt *attempt = &request->attempt;
    struct app *app = request->app;
    char account[ACCOUNT_SIZE];
    name_account(request, account);
    request_address(request, attempt->address);
    if (!hasher_reserve(app->hasher, request))
        return SCREEN_ATTEMPT_BUSY;
    bool ok =
        throttle_attempt(app->db, account, attempt->address, pp_clock_realtime_s(), &attempt->wait_s, error);
    if (ok && attempt->wait_s <= 0) {
        snprintf(attempt->encoded, sizeof attempt->encoded, "%s", encoded);
        reply->wait_hash = true;
        return SCREEN_ATTEMPT_WAITS;
    }
    hasher_cancel(app->hasher, request);
    return ok ? SCREEN_ATTEMPT_EARLY : SCREEN_ATTEMPT_ERROR;
}

bool screen_attempt_succeed(const struct request *request, struct pp_error *error) {
    char account[ACCOUNT_SIZE];
    name_account(request, account);
    return throttle_clear(request->app->db, account, request->attempt.address, pp_clock_realtime_s(), error);
}
