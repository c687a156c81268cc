/* What people do with their own way in, and the first account (operations.c). */
#include "headend/ops/op_accounts.h"

#include "base/clock.h"
#include "headend/ops/operation.h"
#include "headend/ops/passkeys.h"
#include "headend/ops/setup_link.h"
#include "headend/ops/user_link.h"
#include "headend/ops/users.h"

/* What is not said in a request is not there for who asks by one alone. */
static const void *given(struct op *op, struct pp_error *error) {
    if (!op->at->given)
        pp_fail(error, PP_E_INVALID, "%s: is asked for by this server alone", op->operation->name);
    return op->at->given;
}

bool op_setup_link(struct op *op, struct pp_error *error) {
    char token[SECRET_TEXT_SIZE];
    if (!setup_link_make(op->db, token, error))
        return false;
    cJSON_AddStringToObject(op_answer(op), "token", token);
    pp_wipe(token, sizeof token);
    return true;
}

bool op_account_first(struct op *op, struct pp_error *error) {
    const struct first_account *account = given(op, error);
    const char *name = op_text(op, "name");
    int64_t admin = 0;
    if (!account)
        return false;
    snprintf(op->target, sizeof op->target, "%s", name);
    op->kept = account->answer != NULL; /* its challenge is taken, whatever comes of it */
    bool made = account->answer
                    ? setup_link_redeem_passkey(op->db, account->token, name, account->party, account->answer,
                                                account->passkey_name, &admin, error)
                    : setup_link_redeem(op->db, account->token, name, account->encoded, &admin, error);
    if (!made)
        return false;
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "by", account->answer ? "passkey" : "password");
    return cJSON_AddNumberToObject(op_answer(op), "id", (double)admin) != NULL;
}

bool op_passkey_add(struct op *op, struct pp_error *error) {
    const struct new_passkey *passkey = given(op, error);
    char id[UUID_TEXT_SIZE];
    if (!passkey || !passkey_add(op->db, passkey->party, op->actor->user, op_text(op, "name"),
                                 passkey->answer, passkey->credential, id, error))
        return false;
    snprintf(op->target, sizeof op->target, "%s", id);
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "name", op_text(op, "name"));
    return cJSON_AddStringToObject(op_answer(op), "id", id) != NULL;
}

bool op_passkey_rename(struct op *op, struct pp_error *error) {
    snprintf(op->target, sizeof op->target, "%.36s", op_text(op, "passkey"));
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "name", op_text(op, "name"));
    return passkey_rename(op->db, op->actor->user, op_text(op, "passkey"), op_text(op, "name"), error);
}

bool op_passkey_remove(struct op *op, struct pp_error *error) {
    snprintf(op->target, sizeof op->target, "%.36s", op_text(op, "passkey"));
    return passkey_remove(op->db, op->actor->user, op_text(op, "passkey"), error);
}

/* ---- One's own sessions ---- */

static void time_add(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddStringToObject(object, name, text);
}

static bool session_collect(void *arg, const struct admin_session *session) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", session->id);
    cJSON_AddStringToObject(object, "name", session->name);
    time_add(object, "created", session->created);
    time_add(object, "seen", session->seen);
    cJSON_AddStringToObject(object, "address", session->address);
    cJSON_AddStringToObject(object, "agent", session->agent);
    return cJSON_AddItemToArray(arg, object);
}

bool op_session_list(struct op *op, struct pp_error *error) {
    return admin_session_each(op->db, op->actor->user, session_collect,
                              cJSON_AddArrayToObject(op_answer(op), "items"), error);
}

static bool session_done(struct op *op, bool done, const struct pp_error *why, struct pp_error *error) {
    return done ||
           op_fail(op, why->code == PP_E_NOTFOUND ? "session" : "name", why->code, error, "%s", why->message);
}

bool op_session_rename(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    snprintf(op->target, sizeof op->target, "%.36s", op_text(op, "session"));
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "name", op_text(op, "name"));
    bool done =
        admin_session_rename(op->db, op->actor->user, op_text(op, "session"), op_text(op, "name"), &why);
    return session_done(op, done, &why, error);
}

bool op_session_remove(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    snprintf(op->target, sizeof op->target, "%.36s", op_text(op, "session"));
    bool done = admin_session_remove(op->db, op->actor->user, op_text(op, "session"), &why);
    return session_done(op, done, &why, error);
}

bool op_session_remove_others(struct op *op, struct pp_error *error) {
    return admin_session_remove_others(op->db, op->actor->user, op_text(op, "keep"), error);
}

/* ---- One's own password ---- */

/* What the present one is was looked at before; whoever was signed in elsewhere is not any more. */
bool op_account_password(struct op *op, struct pp_error *error) {
    return user_password_keep(op->db, op->actor->user, op_text(op, "encoded"), error) &&
           admin_session_remove_others(op->db, op->actor->user, op_text(op, "keep"), error);
}

bool op_account_join(struct op *op, struct pp_error *error) {
    const struct joining *joining = given(op, error);
    int64_t admin = 0;
    snprintf(op->target, sizeof op->target, "%s", op->actor->name);
    return joining && user_link_redeem(op->db, joining->token, joining->encoded, &admin, error) &&
           cJSON_AddNumberToObject(op_answer(op), "id", (double)admin) != NULL;
}
