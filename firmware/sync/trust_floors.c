#include "sync/trust_floors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"

#define FLOORS_FORMAT   1
#define FLOORS_JSON_MAX 256 /* bytes */

static bool floors_parse(const struct pp_buf *text, struct sync_trust_floors *out, struct pp_error *error) {
    int64_t format = 0;
    pp_autojson cJSON *json = pp_json_parse(text->data, text->size, FLOORS_JSON_MAX, error);
    return json && pp_json_integer(json, "format", FLOORS_FORMAT, FLOORS_FORMAT, &format, error) &&
           pp_json_integer(json, "root", 0, PP_JSON_INTEGER_MAX, &out->root, error) &&
           pp_json_integer(json, "timestamp", 0, PP_JSON_INTEGER_MAX, &out->timestamp, error) &&
           pp_json_integer(json, "snapshot", 0, PP_JSON_INTEGER_MAX, &out->snapshot, error) &&
           pp_json_integer(json, "targets", 0, PP_JSON_INTEGER_MAX, &out->targets, error);
}

static bool floors_load(struct vault *vault, struct sync_trust_floors *out, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(FLOORS_JSON_MAX);
    struct pp_error why = {0};
    *out = (struct sync_trust_floors){0};
    if (vault_get(vault, SYNC_TRUST_RECORD, &text, &why) && floors_parse(&text, out, &why))
        return true;
    if (why.code == PP_E_NOTFOUND)
        return true;
    if (why.code != PP_E_AUTH && why.code != PP_E_INVALID)
        return pp_fail(error, why.code, "record \"%s\": %s", SYNC_TRUST_RECORD, why.message);
    pp_log_warning("record \"%s\": %s", SYNC_TRUST_RECORD, why.message);
    *out = (struct sync_trust_floors){0};
    return true;
}

static void floors_save(struct vault *vault, const struct sync_trust_floors *floors) {
    char text[FLOORS_JSON_MAX];
    struct pp_error why = {0};
    int length = snprintf(text, sizeof text,
                          "{\"format\":%d,\"root\":%" PRId64 ",\"timestamp\":%" PRId64
                          ",\"snapshot\":%" PRId64 ",\"targets\":%" PRId64 "}",
                          FLOORS_FORMAT, floors->root, floors->timestamp, floors->snapshot, floors->targets);
    if (!vault_put(vault, SYNC_TRUST_RECORD, text, (size_t)length, &why))
        pp_log_warning("record \"%s\": %s", SYNC_TRUST_RECORD, why.message);
}

static bool holds(const char *role, int64_t seen, int64_t floor, struct pp_error *error) {
    return seen >= floor ||
           pp_fail(error, PP_E_ROLLBACK,
                   "%s: version %" PRId64 " is older than %" PRId64 ", which was seen before", role, seen,
                   floor);
}

bool sync_trust_floors_raise(struct vault *vault, const struct sync_trust_floors *seen,
                             struct pp_error *error) {
    struct sync_trust_floors floors;
    if (!floors_load(vault, &floors, error) || !holds("root", seen->root, floors.root, error))
        return false;
    if (seen->root == floors.root && !(holds("timestamp", seen->timestamp, floors.timestamp, error) &&
                                       holds("snapshot", seen->snapshot, floors.snapshot, error) &&
                                       holds("targets", seen->targets, floors.targets, error)))
        return false;
    if (memcmp(seen, &floors, sizeof floors) != 0)
        floors_save(vault, seen);
    return true;
}

int64_t sync_trust_floors_root(struct vault *vault) {
    struct sync_trust_floors floors;
    return floors_load(vault, &floors, NULL) ? floors.root : 0;
}
