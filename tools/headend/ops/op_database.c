/* What became of the database (operations.c). The move itself is done before (db/home_open.h): it is of a database that
 * nobody uses, and this is written in the one that it arrived in. */
#include "headend/ops/operation.h"

bool op_database_moved(struct op *op, struct pp_error *error) {
    cJSON *after = cJSON_Duplicate(op->request, true);
    if (!after)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    op_note(op, NULL, after);
    return true;
}
