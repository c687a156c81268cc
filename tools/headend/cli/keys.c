/* New keys. */
#include "base/options.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/publish.h"

#define DATABASE "database"

static const char *const roles[] = {"root", "timestamp", "snapshot", "targets", "control", DATABASE};

/* The words' roles into `wanted`, each once, in the order above, with NULL at the end. */
static bool roles_read(char **words, int count, const char *wanted[PP_COUNT(roles) + 1],
                       struct pp_error *error) {
    bool named[PP_COUNT(roles)] = {false};
    for (int i = 0; i < count; i++) {
        bool known = false;
        for (size_t j = 0; j < PP_COUNT(roles); j++) {
            bool meant = strcmp(words[i], "all") == 0 || strcmp(words[i], roles[j]) == 0;
            named[j] = named[j] || meant;
            known = known || meant;
        }
        if (!known)
            return pp_fail(
                error, PP_E_INVALID,
                "rotate-keys: \"%s\" is none of root, timestamp, snapshot, targets, control, database, all",
                words[i]);
    }
    size_t wanted_count = 0;
    for (size_t j = 0; j < PP_COUNT(roles); j++) {
        if (named[j])
            wanted[wanted_count++] = roles[j];
    }
    wanted[wanted_count] = NULL;
    return true;
}

/* What is signed is one change of the repository's; the database's own key, the last of them, is none of it. */
static bool keys_rotate(struct home *home, const char **wanted, struct pp_error *error) {
    size_t count = 0;
    while (wanted[count])
        count++;
    bool database = strcmp(wanted[count - 1], DATABASE) == 0;
    if (database)
        wanted[--count] = NULL;
    return (!count || publish_rotate(home, wanted, error)) &&
           (!database || publish_rotate_database(home, error));
}

/* Written down before it begins (ops/op_keys.c). */
static bool rotation_note(struct home *home, const char *const *wanted, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON *names = cJSON_AddArrayToObject(request, "roles");
    for (; *wanted; wanted++)
        cJSON_AddItemToArray(names, cJSON_CreateString(*wanted));
    return command_operate(home, "keys.rotate", request, &result, error);
}

bool command_rotate_keys(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    const char *wanted[PP_COUNT(roles) + 1];
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first < 2)
        return pp_fail(error, PP_E_INVALID, "rotate-keys: DIR is needed, and whose key (try --help)");
    if (!roles_read(argv + first + 1, argc - first - 1, wanted, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && rotation_note(home, wanted, error) && keys_rotate(home, wanted, error);
}

bool command_channel_rotate_key(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, "channel rotate-key: DIR and ID are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", argv[first + 1]);
    if (!home || !command_operate(home, "channel.rotate-key", request, &result, error) ||
        !publish_rekey(home, error))
        return false;
    home_wake(home);
    return true;
}
