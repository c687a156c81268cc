#include "headend/server/operate.h"

#include "base/log.h"
#include "headend/server/waiters.h"

bool request_actor(const struct request *request, struct actor *actor, struct pp_error *error) {
    char address[ADDRESS_TEXT_SIZE];
    request_address(request, address);
    return actor_person(request->db, &request->admin, address, actor, error);
}

bool request_operate(struct request *request, const char *operation, const cJSON *value,
                     struct op_result *result, struct pp_error *error) {
    return request_operate_with(request, operation, value, NULL, result, error);
}

bool request_operate_with(struct request *request, const char *operation, const cJSON *value,
                          const void *given, struct op_result *result, struct pp_error *error) {
    const struct operation *row = operation_find(operation);
    const struct op_place at = {.home = request->app->home, .db = request->db, .given = given};
    struct actor actor;
    *result = (struct op_result){0};
    if (!request_actor(request, &actor, error) || !ops_run(&at, &actor, operation, value, result, error))
        return false;
    if (row && row->changes) {
        pp_log_info("%s: %s", actor.name, operation);
        waiters_wake(request->app->waiters);
    }
    return true;
}
