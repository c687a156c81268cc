/* What people do with their own way in, and the first account (operations.c). */
#include "headend/ops/op_accounts.h"

#include "headend/ops/operation.h"
#include "headend/ops/passkeys.h"
#include "headend/ops/setup_link.h"

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
