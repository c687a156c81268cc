/*
 * Changes of keys and authorities as a whole (operations.c). What they change is files that no transaction covers, so
 * each is written down before it begins, and begins only then; whether it has come to its end its own traces say. No
 * route asks for them: a server's process has none of these keys.
 */
#include "headend/ops/channel_key.h"
#include "headend/ops/operation.h"

/* What it is asked for, as it is. */
static bool begin(struct op *op, const char *target, struct pp_error *error) {
    snprintf(op->target, sizeof op->target, "%.*s", TEXT_NAME_MAX, target);
    op->after = cJSON_Duplicate(op->request, true);
    return op->after || pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool op_keys_rotate(struct op *op, struct pp_error *error) {
    return begin(op, "keys", error);
}

bool op_channel_rotate_key(struct op *op, struct pp_error *error) {
    struct pp_error wrong = {0};
    if (!begin(op, op_text(op, "channel"), error))
        return false;
    return channel_key_want(op->db, op_text(op, "channel"), &wrong) ||
           op_fail(op, "channel", wrong.code, error, "%s", wrong.message);
}

bool op_authority_rotate(struct op *op, struct pp_error *error) {
    return begin(op, "authorities", error);
}

bool op_authority_retire(struct op *op, struct pp_error *error) {
    return begin(op, op_text(op, "fingerprint"), error);
}

bool op_repository_restored(struct op *op, struct pp_error *error) {
    return begin(op, "repository", error);
}

bool op_repository_restate_time(struct op *op, struct pp_error *error) {
    return begin(op, "repository", error);
}
