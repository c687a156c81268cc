/* Settings that cascade to screens (operations.c, screen_settings.h). */
#include "headend/ops/op_groups.h"
#include "headend/ops/operation.h"
#include "headend/ops/screen_settings.h"

/* The level that an operation is about, by what its request names. */
static struct settings_scope scope_of(const struct op *op) {
    return op_has(op, "group")  ? (struct settings_scope){.level = LEVEL_GROUP, .scope = op_text(op, "group")}
           : op_has(op, "site") ? (struct settings_scope){.level = LEVEL_SITE, .scope = op_text(op, "site")}
                                : (struct settings_scope){.level = LEVEL_ORGANISATION, .scope = ""};
}

static bool group_is_there(struct op *op, struct pp_error *error) {
    struct screen_group group;
    return !op_has(op, "group") || op_group_find(op, &group, error);
}

bool op_settings_show(struct op *op, struct pp_error *error) {
    const struct settings_scope scope = scope_of(op);
    struct settings settings;
    if (!group_is_there(op, error) || !settings_load(op->db, &scope, &settings, error))
        return false;
    op->result->value = settings_json(&settings);
    return true;
}

bool op_settings_change(struct op *op, struct pp_error *error) {
    const struct settings_scope scope = scope_of(op);
    struct settings settings;
    struct settings_below below = {0};
    struct pp_error why = {0};
    const char *field = "";
    if (!group_is_there(op, error) || !settings_load(op->db, &scope, &settings, error))
        return false;
    cJSON *before = settings_json(&settings);
    bool taken = settings_take(&settings, op->request, &field, &why);
    op_note(op, before, settings_json(&settings));
    if (!taken)
        return op_fail(op, field, why.code, error, "%s", why.message);
    op->wakes = true;
    return settings_save(op->db, &scope, &settings, error) &&
           (scope.level != LEVEL_GROUP || screen_group_touch(op->db, scope.scope, error)) &&
           screen_settings_below(op->db, &scope, &below, error) &&
           screen_settings_settle(op->db, &below, error);
}

bool op_screen_settings_show(struct op *op, struct pp_error *error) {
    op->result->value = screen_settings_json(op->db, op->device.id, error);
    return op->result->value != NULL;
}
