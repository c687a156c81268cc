/* What can be done with those who may sign in (operations.c). */
#include "headend/db/db.h"
#include "headend/ops/operation.h"
#include "headend/ops/users.h"

/* As the database has them: ["operator:site=Rennes"]. NULL on failure. */
static cJSON *roles_facts(struct db *db, const char *name, struct pp_error *error) {
    struct actor actor = {.kind = ACTOR_PERSON};
    pp_autojson cJSON *facts = cJSON_CreateObject();
    cJSON *roles = cJSON_AddArrayToObject(facts, "roles");
    char text[GRANT_TEXT_SIZE];
    if (!user_grants(db, name, &actor, error))
        return NULL;
    for (size_t i = 0; i < actor.grants_count; i++) {
        grant_text(&actor.grants[i], text);
        cJSON_AddItemToArray(roles, cJSON_CreateString(text));
    }
    return pp_steal(&facts);
}

static void target_set(struct op *op) {
    snprintf(op->target, sizeof op->target, "%s", op_text(op, "name"));
}

/* Who may sign in, and which roles; an administrator of the whole stays. */
static bool roles_save(struct op *op, struct pp_error *error) {
    struct grant grants[ACTOR_GRANTS_MAX];
    size_t count = 0;
    struct pp_error why = {0};
    const cJSON *role;
    cJSON_ArrayForEach(role, cJSON_GetObjectItemCaseSensitive(op->request, "roles")) {
        if (!grant_read(role->valuestring, &grants[count++], &why))
            return op_fail(op, "roles", why.code, error, "%s", why.message);
    }
    return user_grants_save(op->db, op_text(op, "name"), grants, count, error);
}

_Static_assert(OP_LIST_MAX <= ACTOR_GRANTS_MAX, "a list of roles fits");

bool op_user_add(struct op *op, struct pp_error *error) {
    target_set(op);
    if (!user_add(op->db, op_text(op, "name"), op_text(op, "password"), error) ||
        (op_has(op, "roles") && !roles_save(op, error)))
        return false;
    op->after = roles_facts(op->db, op_text(op, "name"), error);
    return op->after != NULL;
}

bool op_user_roles(struct op *op, struct pp_error *error) {
    target_set(op);
    op->before = roles_facts(op->db, op_text(op, "name"), error);
    if (!op->before || !roles_save(op, error))
        return false;
    op->after = roles_facts(op->db, op_text(op, "name"), error);
    return op->after != NULL;
}

bool op_user_password(struct op *op, struct pp_error *error) {
    target_set(op);
    return user_password(op->db, op_text(op, "name"), op_text(op, "password"), error);
}

bool op_user_remove(struct op *op, struct pp_error *error) {
    target_set(op);
    op->before = roles_facts(op->db, op_text(op, "name"), error);
    return op->before && user_remove(op->db, op_text(op, "name"), error);
}
