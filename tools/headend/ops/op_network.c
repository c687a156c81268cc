/* Which networks screens ask from, and which proxies they and we go through (operations.c). */
#include <string.h>

#include "headend/ops/network.h"
#include "headend/ops/op_network.h"
#include "headend/ops/operation.h"

/* For the audit; NULL on failure. */
static cJSON *ranges_facts(struct op *op, const char *channel, struct pp_error *error) {
    struct network_list list;
    if (!network_load(op->db, channel, &list, error))
        return NULL;
    cJSON *facts = cJSON_CreateObject();
    cJSON *ranges = cJSON_AddArrayToObject(facts, "ranges");
    for (size_t i = 0; i < list.count; i++) {
        char text[IP_TEXT_SIZE];
        ip_range_text(&list.ranges[i], text);
        cJSON_AddItemToArray(ranges, cJSON_CreateString(text));
    }
    return facts;
}

static bool ranges_take(struct op *op, struct network_list *list, struct pp_error *error) {
    const cJSON *range;
    struct pp_error wrong = {0};
    cJSON_ArrayForEach(range, cJSON_GetObjectItemCaseSensitive(op->request, "ranges")) {
        if (!network_list_add(list, range->valuestring, &wrong))
            return op_fail(op, "ranges", wrong.code, error, "%s", wrong.message);
    }
    return true;
}

bool op_network_screens(struct op *op, struct pp_error *error) {
    struct network_list list = {0};
    struct pp_error wrong = {0};
    const char *channel = op_text(op, "channel");
    snprintf(op->target, sizeof op->target, "%.*s", TEXT_NAME_MAX, *channel ? channel : "screens");
    if (strcmp(channel, NETWORK_PROXIES) == 0)
        return op_fail(op, "channel", PP_E_NOTFOUND, error, "no such channel");
    if (!ranges_take(op, &list, error) || !(op->before = ranges_facts(op, channel, error)))
        return false;
    if (!network_save(op->db, channel, &list, &wrong))
        return op_fail(op, "channel", wrong.code, error, "%s", wrong.message);
    op->wakes = true;
    return (op->after = ranges_facts(op, channel, error)) != NULL;
}

static cJSON *proxies_facts(struct op *op, struct pp_error *error) {
    enum forwarded_header header;
    if (!network_header_load(op->db, &header, error))
        return NULL;
    cJSON *facts = ranges_facts(op, NETWORK_PROXIES, error);
    if (facts)
        cJSON_AddStringToObject(facts, "header", forwarded_name(header));
    return facts;
}

bool op_network_proxies(struct op *op, struct pp_error *error) {
    struct network_list list = {0};
    enum forwarded_header header = FORWARDED_STANDARD;
    snprintf(op->target, sizeof op->target, "proxies");
    if (op_has(op, "header") && !forwarded_named(op_text(op, "header"), &header))
        return op_fail(op, "header", PP_E_INVALID, error, "header: must be Forwarded or X-Forwarded-For");
    if (!ranges_take(op, &list, error) || !(op->before = proxies_facts(op, error)) ||
        !network_save_proxies(op->db, header, &list, error))
        return false;
    op->wakes = true;
    return (op->after = proxies_facts(op, error)) != NULL;
}

/* ---- A screen's ---- */

/* Without the password, which nobody can read any more. */
static cJSON *proxy_facts(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    cJSON *proxy = screen_proxy_json(op->db, op->device.id, &why);
    if (why.code) {
        pp_fail(error, why.code, "%s", why.message);
        return NULL;
    }
    cJSON *facts = proxy ? proxy : cJSON_CreateObject();
    bool secret = cJSON_HasObjectItem(facts, "credentials");
    cJSON_DeleteItemFromObjectCaseSensitive(facts, "credentials");
    cJSON_DeleteItemFromObjectCaseSensitive(facts, "ca");
    cJSON_AddBoolToObject(facts, "password", secret);
    cJSON_AddBoolToObject(facts, "set", proxy != NULL);
    return facts;
}

bool op_screen_proxy(struct op *op, struct pp_error *error) {
    const struct given_proxy *given = op->at->given;
    if (!given)
        return pp_fail(error, PP_E_STATE, "a proxy is set on the command line");
    cJSON *before = proxy_facts(op, error);
    bool ok = before && (given->proxy ? screen_proxy_set(op->db, &op->device, given->proxy, error)
                                      : screen_proxy_unset(op->db, &op->device, error));
    cJSON *after = ok ? proxy_facts(op, error) : NULL;
    op_note(op, before, after);
    op->wakes = true;
    return after != NULL;
}
