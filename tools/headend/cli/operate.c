#include "headend/cli/commands.h"
#include "headend/ops/operations.h"

bool command_operate(struct home *home, const char *operation, const cJSON *request, struct op_result *result,
                     struct pp_error *error) {
    const struct op_place at = {.home = home, .db = home->db};
    const struct actor actor = actor_command_line();
    return ops_run(&at, &actor, operation, request, result, error);
}

bool command_operate_on(struct home *home, const char *operation, const char *screen,
                        struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = screen_request(screen);
    return command_operate(home, operation, request, &result, error);
}
