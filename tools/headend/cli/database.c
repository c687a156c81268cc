/* What is kept, in another database: `db move`. */
#include <inttypes.h>

#include "base/log.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"

static bool move_note(const char *folder, bool out, const struct db_moved *moved, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "to", out ? "postgresql" : "folder");
    cJSON_AddNumberToObject(request, "rows", (double)moved->rows);
    PP_AUTO(home) struct home *home = home_open(folder, error);
    return home && command_operate(home, "database.moved", request, &result, error);
}

bool command_db_move(int argc, char **argv, struct pp_error *error) {
    static const char *const needed = "db move: DIR is needed, and an address or --to-folder";
    bool to_folder = false;
    const struct pp_option table[] = {{"to-folder", PP_OPTION_FLAG, &to_folder}, {0}};
    struct db_moved moved = {0};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != (to_folder ? 1 : 2))
        return pp_fail(error, PP_E_INVALID, "%s", needed);
    const char *folder = argv[first], *address = to_folder ? NULL : argv[first + 1];
    PP_AUTO(home) struct home *home = home_open(folder, error);
    if (!home || !home_move(home, address, &moved, error))
        return false;
    printf("%" PRId64 " rows of %zu tables moved, read again and found the same\n", moved.rows, moved.tables);
    printf(address ? "the former database stays in %s/" HOME_DATABASE_BEFORE
                     ": remove it once you need it no more\n"
                   : "the PostgreSQL stays as it was: remove it once you need it no more\n",
           folder);
    return move_note(folder, address != NULL, &moved, error) &&
           (fflush(stdout) == 0 || pp_fail_errno(error, "write"));
}
