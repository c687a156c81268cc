/* What can be done with those who may sign in (operations.c). */
#include "base/clock.h"
#include "headend/db/db.h"
#include "headend/ops/operation.h"
#include "headend/ops/user_link.h"
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

static bool user_collect(void *arg, const struct user *user) {
    char text[GRANT_TEXT_SIZE];
    char created[PP_RFC3339_SIZE];
    cJSON *object = cJSON_CreateObject();
    pp_time_format(user->created, created);
    cJSON_AddNumberToObject(object, "id", (double)user->id);
    cJSON_AddStringToObject(object, "name", user->name);
    cJSON_AddStringToObject(object, "created", created);
    cJSON_AddBoolToObject(object, "has_password", user->has_password);
    cJSON_AddNumberToObject(object, "passkeys", (double)user->passkeys);
    cJSON_AddBoolToObject(object, "locked", user->locked);
    cJSON *roles = cJSON_AddArrayToObject(object, "roles");
    for (size_t i = 0; i < user->actor.grants_count; i++) {
        grant_text(&user->actor.grants[i], text);
        cJSON_AddItemToArray(roles, cJSON_CreateString(text));
    }
    return cJSON_AddItemToArray(arg, object);
}

bool op_user_list(struct op *op, struct pp_error *error) {
    return user_each(op->db, user_collect, cJSON_AddArrayToObject(op_answer(op), "items"), error);
}

/* With a password, or with what was made of one already. */
static bool user_make(struct op *op, struct pp_error *error) {
    int64_t id = 0;
    struct pp_error why = {0};
    bool made = op_has(op, "encoded")
                    ? user_insert(op->db, op_text(op, "name"), op_text(op, "encoded"), &id, &why)
                    : user_add(op->db, op_text(op, "name"), op_text(op, "password"), &why);
    return made || op_fail(op, why.code == PP_E_LIMIT ? "name" : "", why.code, error, "%s", why.message);
}

bool op_user_add(struct op *op, struct pp_error *error) {
    char kept[PASSWORD_ENCODED_MAX];
    int64_t id = 0;
    target_set(op);
    if (op_has(op, "password") == op_has(op, "encoded"))
        return op_fail(op, "password", PP_E_INVALID, error, "password: is missing");
    if (!user_make(op, error) || !user_find(op->db, op_text(op, "name"), &id, kept, error))
        return false;
    pp_wipe(kept, sizeof kept);
    cJSON_AddNumberToObject(op_answer(op), "id", (double)id);
    if ((op_has(op, "roles") && !roles_save(op, error)))
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

static bool lock(struct op *op, bool locked, struct pp_error *error) {
    target_set(op);
    op->after = cJSON_CreateObject();
    cJSON_AddBoolToObject(op->after, "locked", locked);
    return user_lock(op->db, op_text(op, "name"), locked, error);
}

bool op_user_lock(struct op *op, struct pp_error *error) {
    return lock(op, true, error);
}

bool op_user_unlock(struct op *op, struct pp_error *error) {
    return lock(op, false, error);
}

/* The audit has that there is one, and not what it is. */
bool op_user_setup_link(struct op *op, struct pp_error *error) {
    char token[SECRET_TEXT_SIZE];
    char expires[PP_RFC3339_SIZE];
    target_set(op);
    if (!user_link_make(op->db, op_text(op, "name"), token, error))
        return false;
    pp_time_format(pp_clock_realtime_s() + USER_LINK_S, expires);
    cJSON_AddStringToObject(op_answer(op), "token", token);
    cJSON_AddStringToObject(op_answer(op), "expires", expires);
    pp_wipe(token, sizeof token);
    return true;
}
