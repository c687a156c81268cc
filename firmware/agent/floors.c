#include "agent/floors.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#define FLOORS_JSON_MAX 256 /* bytes */

static bool floors_parse(struct floors *floors, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(FLOORS_JSON_MAX);
    if (!vault_get(floors->vault, FLOORS_RECORD, &text, error))
        return error->code == PP_E_NOTFOUND;
    pp_autojson cJSON *json = pp_json_parse(text.data, text.size, FLOORS_JSON_MAX, error);
    int64_t clock_s = 0;
    if (!json ||
        !pp_json_integer(json, "state_version", 0, PP_JSON_INTEGER_MAX, &floors->state_version, error) ||
        !pp_json_integer(json, "clock", 0, PP_JSON_INTEGER_MAX, &clock_s, error))
        return false;
    floors->state_version_kept = floors->state_version;
    floors->clock_kept_s = clock_s;
    if (clock_s > floors->clock_s)
        floors->clock_s = clock_s;
    return true;
}

void floors_load(struct floors *floors, struct vault *vault) {
    floors->vault = vault;
    floors->state_version = floors->state_version_kept = 0;
    floors->clock_s = PP_BUILD_TIME;
    floors->clock_kept_s = 0;
    struct pp_error error = {0};
    if (!floors_parse(floors, &error))
        pp_log_warning("record \"%s\": %s", FLOORS_RECORD, error.message);
}

int64_t floors_now_ms(const struct floors *floors) {
    int64_t now_ms = pp_clock_realtime_ms();
    int64_t floor_ms = floors->clock_s * 1000;
    return now_ms > floor_ms ? now_ms : floor_ms;
}

int64_t floors_now_s(const struct floors *floors) {
    return floors_now_ms(floors) / 1000;
}

static bool floors_keep(struct floors *floors, struct pp_error *error) {
    char text[FLOORS_JSON_MAX];
    int64_t version = floors->state_version;
    int64_t clock_s = floors->clock_s;
    int length = snprintf(text, sizeof text, "{\"state_version\":%lld,\"clock\":%lld}", (long long)version,
                          (long long)clock_s);
    if (!vault_put(floors->vault, FLOORS_RECORD, text, (size_t)length, error))
        return pp_wrap(error, "record \"%s\"", FLOORS_RECORD);
    floors->state_version_kept = version;
    floors->clock_kept_s = clock_s;
    return true;
}

bool floors_raise(struct floors *floors, int64_t state_version, int64_t clock_s, struct pp_error *error) {
    if (state_version > floors->state_version)
        floors->state_version = state_version;
    if (clock_s > floors->clock_s)
        floors->clock_s = clock_s;
    return (floors->state_version <= floors->state_version_kept &&
            floors->clock_s < floors->clock_kept_s + FLOORS_CLOCK_STEP_S) ||
           floors_keep(floors, error);
}

bool floors_forget_state(struct floors *floors, struct pp_error *error) {
    floors->state_version = 0;
    return floors->state_version_kept == 0 || floors_keep(floors, error);
}
