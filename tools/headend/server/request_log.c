#include "headend/server/request_log.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"

/* Of this process's begin, so that another one's do not meet them. */
static uint64_t next_id(void) {
    static atomic_uint_fast64_t last;
    uint64_t before = atomic_load(&last);
    uint32_t begin = 0;
    if (!before && crypto_random(&begin, sizeof begin, NULL)) {
        uint_fast64_t none = 0;
        atomic_compare_exchange_strong(&last, &none, (uint64_t)begin << 32 | 1);
    }
    return atomic_fetch_add(&last, 1);
}

void request_log_begin(struct connection *connection) {
    connection->request_id = next_id();
    connection->request_us = pp_clock_monotonic_us();
    connection->status = 0;
}

void request_log_answer(struct connection *connection, struct reply *reply) {
    char id[24];
    snprintf(id, sizeof id, "%016" PRIx64, connection->request_id);
    reply_header(reply, "X-Request-Id", id);
    connection->status = reply->status;
}

static const char *standing_name(enum standing standing) {
    static const char *const names[STANDINGS] = {
        [STANDING_STRANGER] = "stranger", [STANDING_SCREEN] = "screen", [STANDING_ADMIN] = "administrator"};
    return names[standing];
}

static void say(const struct connection *connection, const struct route *route, int64_t took_us) {
    char members[512];
    snprintf(members, sizeof members,
             "\"request\":\"%016" PRIx64 "\",\"method\":\"%s\",\"route\":\"%s\",\"status\":%u,"
             "\"duration_ms\":%.3f,\"who\":\"%s\"",
             connection->request_id, route ? route->method : "", route ? route->pattern : "",
             connection->status, (double)took_us / 1000, standing_name(connection->guest.standing));
    pp_log_members(PP_LOG_INFO, "request", members);
}

void request_log_end(struct connection *connection, struct metrics *metrics, const struct route *route) {
    int64_t took_us = pp_clock_monotonic_us() - connection->request_us;
    metrics_note_request(metrics, route, connection->status, took_us);
    say(connection, route, took_us);
}
