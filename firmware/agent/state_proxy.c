#include "agent/state_proxy.h"

#include <stdio.h>
#include <string.h>

#include "agent/proxy_record.h"
#include "base/json.h"
#include "base/mem.h"

bool state_proxy_parse(const cJSON *settings, struct state_proxy *out, struct pp_error *error) {
    const cJSON *json = NULL;
    const char *address = NULL;
    out->given = pp_json_has(settings, "proxy");
    if (!out->given)
        return true;
    if (!pp_json_object(settings, "proxy", &json, error) ||
        !pp_json_string(json, "address", sizeof out->address - 1, &address, error) ||
        !pp_json_copy_optional(json, "ca", out->ca, sizeof out->ca, error) ||
        !pp_json_copy_optional(json, "except", out->except, sizeof out->except, error) ||
        !pp_json_copy_optional(json, "user", out->user, sizeof out->user, error) ||
        !pp_json_copy_optional(json, "credentials", out->credentials, sizeof out->credentials, error))
        return pp_wrap(error, "proxy");
    strcpy(out->address, address);
    return true;
}

bool state_proxy_hash(const struct state_proxy *proxy, char hash[PP_HEX_SIZE(32)], struct pp_error *error) {
    const char *const texts[] = {proxy->address, proxy->ca, proxy->except, proxy->user, proxy->credentials};
    *hash = 0;
    return !proxy->given || proxy_record_hash(texts, PP_COUNT(texts), hash, error);
}
