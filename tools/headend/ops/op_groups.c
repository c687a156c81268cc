/* What can be done with groups of screens (operations.c). */
#include "headend/ops/op_groups.h"

#include "headend/ops/screen_settings.h"

static int64_t viewer_of(const struct op *op) {
    return op->actor->kind == ACTOR_PERSON ? op->actor->user : 0;
}

bool op_group_find(struct op *op, struct screen_group *group, struct pp_error *error) {
    struct pp_error missing = {0};
    snprintf(op->target, sizeof op->target, "%.36s", op_text(op, "group"));
    if (screen_group_find(op->db, op_text(op, "group"), viewer_of(op), group, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND
               ? op_fail(op, "group", PP_E_NOTFOUND, error, "no such group: %.40s", op_text(op, "group"))
               : pp_fail(error, missing.code, "%s", missing.message);
}

/* For the audit, and for who asks. NULL on failure. */
static cJSON *facts(struct op *op, const struct screen_group *group, struct pp_error *error) {
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", group->id);
    cJSON_AddStringToObject(object, "name", group->name);
    cJSON_AddNumberToObject(object, "priority", (double)group->priority);
    if (!screen_group_add_rules(op->db, group->id, viewer_of(op), object, error))
        return NULL;
    cJSON *screens = screen_group_by_hand(op->db, group->id, viewer_of(op), error);
    if (!screens)
        return NULL;
    cJSON_AddItemToObject(object, "screens", screens);
    return pp_steal(&object);
}

bool op_group_show(struct op *op, struct pp_error *error) {
    struct screen_group group;
    if (!op_group_find(op, &group, error) || !(op->result->value = facts(op, &group, error)))
        return false;
    return cJSON_AddNumberToObject(op->result->value, "count", (double)group.screens) != NULL;
}

/* ---- Changing ---- */

/* Who was in it, and who is. */
static bool below_add(struct op *op, const char *group, struct settings_below *below,
                      struct pp_error *error) {
    const struct settings_scope scope = {.level = LEVEL_GROUP, .scope = group};
    return screen_settings_below(op->db, &scope, below, error);
}

static const cJSON *member(const struct op *op, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(op->request, name);
}

/* What a request says of who is in the group. */
static bool members_take(struct op *op, const char *group, struct pp_error *error) {
    static const char *const rules[][2] = {{"tags", "tag"}, {"sites", "site"}};
    struct pp_error why = {0};
    for (size_t i = 0; i < PP_COUNT(rules); i++) {
        const cJSON *values = member(op, rules[i][0]);
        if (values && !screen_group_set_rules(op->db, group, rules[i][1], values, &why))
            return op_fail(op, rules[i][0], why.code, error, "%s", why.message);
    }
    return screen_group_set_screens(op->db, group, member(op, "screens"), member(op, "add_screens"),
                                    member(op, "remove_screens"), &why) ||
           op_fail(op, "screens", why.code, error, "%s", why.message);
}

/* Which member of a request a failure is about. */
static const char *field_of(const struct op *op, const struct pp_error *why) {
    bool priority = why->code == PP_E_INVALID && op_has(op, "priority") &&
                    (op_integer(op, "priority") < 0 || op_integer(op, "priority") > GROUP_PRIORITY_MAX);
    return why->code == PP_E_STATE ? "" : priority ? "priority" : "name";
}

/* It is as it is now, and so are those below it. */
static bool settle(struct op *op, const char *id, struct settings_below *below, struct pp_error *error) {
    struct screen_group group;
    op->wakes = true;
    snprintf(op->target, sizeof op->target, "%s", id);
    if (!screen_group_find(op->db, id, 0, &group, error) || !(op->after = facts(op, &group, error)))
        return false;
    return below_add(op, id, below, error) && screen_settings_settle(op->db, below, error);
}

bool op_group_create(struct op *op, struct pp_error *error) {
    struct settings_below below = {0};
    struct pp_error why = {0};
    char id[UUID_TEXT_SIZE];
    if (!screen_group_make(op->db, op_text(op, "name"), op_integer(op, "priority"), id, &why))
        return op_fail(op, field_of(op, &why), why.code, error, "%s", why.message);
    cJSON_AddStringToObject(op_answer(op), "id", id);
    return members_take(op, id, error) && settle(op, id, &below, error);
}

bool op_group_change(struct op *op, struct pp_error *error) {
    struct settings_below below = {0};
    struct screen_group group;
    struct pp_error why = {0};
    if (!op_group_find(op, &group, error) || !(op->before = facts(op, &group, error)) ||
        !below_add(op, group.id, &below, error))
        return false;
    const char *name = op_has(op, "name") ? op_text(op, "name") : group.name;
    int64_t priority = op_has(op, "priority") ? op_integer(op, "priority") : group.priority;
    if (!screen_group_change(op->db, group.id, name, priority, &why))
        return op_fail(op, field_of(op, &why), why.code, error, "%s", why.message);
    return members_take(op, group.id, error) && settle(op, group.id, &below, error);
}

bool op_group_remove(struct op *op, struct pp_error *error) {
    static const struct settings none = {0};
    struct settings_below below = {0};
    struct screen_group group;
    if (!op_group_find(op, &group, error) || !(op->before = facts(op, &group, error)) ||
        !below_add(op, group.id, &below, error))
        return false;
    const struct settings_scope scope = {.level = LEVEL_GROUP, .scope = group.id};
    op->wakes = true;
    return settings_save(op->db, &scope, &none, error) && screen_group_remove(op->db, group.id, error) &&
           screen_settings_settle(op->db, &below, error);
}
