#include "base/clock.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"

bool account_read(struct account *account, const char *name, bool password_stdin, struct pp_error *error) {
    *account = (struct account){.name = name, .made = !password_stdin};
    if (account->made)
        return password_make(account->password, error) && user_check(name, account->password, error);
    if (!fgets(account->password, sizeof account->password, stdin))
        return pp_fail(error, PP_E_INVALID, "no password on standard input");
    account->password[strcspn(account->password, "\r\n")] = 0;
    return user_check(name, account->password, error);
}

void account_print(const struct account *account) {
    printf("Account: %s\n", account->name);
    if (account->made)
        printf("Password: %s   (shown this once)\n", account->password);
}

void account_finish(struct account *account) {
    pp_wipe(account, sizeof *account);
}

/* The folder's home and the name of "COMMAND DIR NAME". */
static struct home *user_words(const struct pp_option *table, int argc, char **argv, const char *command,
                               const char **name, struct pp_error *error) {
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return NULL;
    if (argc - first != 2) {
        pp_fail(error, PP_E_INVALID, "%s: DIR and NAME are needed", command);
        return NULL;
    }
    *name = argv[first + 1];
    return home_open(argv[first], error);
}

static cJSON *user_request(const char *name, const char *password, const struct pp_option_list *roles) {
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "name", name);
    if (password)
        cJSON_AddStringToObject(request, "password", password);
    cJSON *list = roles->count ? cJSON_AddArrayToObject(request, "roles") : NULL;
    for (size_t i = 0; i < roles->count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(roles->items[i]));
    return request;
}

static bool user_enter(int argc, char **argv, const char *command, const char *operation, bool with_roles,
                       struct pp_error *error) {
    bool password_stdin = false;
    const char *name;
    struct pp_option_list roles = {0};
    const struct pp_option table[] = {{"password-stdin", PP_OPTION_FLAG, &password_stdin},
                                      {with_roles ? "role" : NULL, PP_OPTION_LIST, &roles},
                                      {0}};
    account_auto struct account account = {0};
    op_result_auto struct op_result result = {0};
    PP_AUTO(home) struct home *home = user_words(table, argc, argv, command, &name, error);
    if (!home || !account_read(&account, name, password_stdin, error))
        return false;
    pp_autojson cJSON *request = user_request(name, account.password, &roles);
    if (!command_operate(home, operation, request, &result, error))
        return false;
    account_print(&account);
    return true;
}

bool command_user_add(int argc, char **argv, struct pp_error *error) {
    return user_enter(argc, argv, "user add", "user.add", true, error);
}

bool command_user_password(int argc, char **argv, struct pp_error *error) {
    return user_enter(argc, argv, "user password", "user.password", false, error);
}

static bool user_change(int argc, char **argv, const struct pp_option *table,
                        const struct pp_option_list *roles, const char *operation, struct pp_error *error) {
    const char *name;
    op_result_auto struct op_result result = {0};
    PP_AUTO(home) struct home *home = user_words(table, argc, argv, operation, &name, error);
    pp_autojson cJSON *request = home ? user_request(name, NULL, roles) : NULL;
    return request && command_operate(home, operation, request, &result, error);
}

bool command_user_roles(int argc, char **argv, struct pp_error *error) {
    struct pp_option_list roles = {0};
    const struct pp_option table[] = {{"role", PP_OPTION_LIST, &roles}, {0}};
    return user_change(argc, argv, table, &roles, "user.roles", error);
}

bool command_user_remove(int argc, char **argv, struct pp_error *error) {
    static const struct pp_option_list none = {.count = 0};
    const struct pp_option table[] = {{0}};
    return user_change(argc, argv, table, &none, "user.remove", error);
}

bool command_user_lock(int argc, char **argv, struct pp_error *error) {
    static const struct pp_option_list none = {.count = 0};
    const struct pp_option table[] = {{0}};
    return user_change(argc, argv, table, &none, "user.lock", error);
}

bool command_user_unlock(int argc, char **argv, struct pp_error *error) {
    static const struct pp_option_list none = {.count = 0};
    const struct pp_option table[] = {{0}};
    return user_change(argc, argv, table, &none, "user.unlock", error);
}

#define ROLES_TEXT_SIZE 1024 /* bytes; of more, the first */

struct user_list {
    cJSON *json; /* or NULL */
    struct table table;
    struct pp_error error;
};

/* "admin", "operator:site=Rennes viewer". */
static void roles_text(const struct user *user, char text[ROLES_TEXT_SIZE]) {
    char one[GRANT_TEXT_SIZE];
    size_t used = 0;
    *text = 0;
    for (size_t i = 0; i < user->actor.grants_count && used < ROLES_TEXT_SIZE - 1; i++) {
        grant_text(&user->actor.grants[i], one);
        used += (size_t)snprintf(text + used, ROLES_TEXT_SIZE - used, "%s%s", i ? ", " : "", one);
    }
    if (!*text)
        snprintf(text, ROLES_TEXT_SIZE, "none");
}

static bool user_collect(void *arg, const struct user *user) {
    struct user_list *list = arg;
    char since[PP_RFC3339_SIZE];
    char one[GRANT_TEXT_SIZE];
    char roles[ROLES_TEXT_SIZE];
    pp_time_format(user->created, since);
    roles_text(user, roles);
    const char *const cells[] = {user->name, roles, since};
    if (!list->json)
        return table_add(&list->table, cells, &list->error);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", user->name);
    cJSON_AddStringToObject(object, "created", since);
    cJSON *all = cJSON_AddArrayToObject(object, "roles");
    for (size_t i = 0; i < user->actor.grants_count; i++) {
        grant_text(&user->actor.grants[i], one);
        cJSON_AddItemToArray(all, cJSON_CreateString(one));
    }
    return cJSON_AddItemToArray(list->json, object);
}

static bool users_print(struct db *db, struct user_list *list, struct pp_error *error) {
    if (!user_each(db, user_collect, list, error))
        return false;
    if (list->error.code)
        return pp_fail(error, list->error.code, "%s", list->error.message);
    if (list->json)
        command_print_json(list->json);
    else
        table_print(&list->table, "no administrators");
    return true;
}

bool command_user_list(int argc, char **argv, struct pp_error *error) {
    static const char *const headers[] = {"NAME", "ROLES", "SINCE"};
    bool json = false;
    const struct pp_option table[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    if (!command_words(table, argc, argv, 1, &first, "user list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home)
        return false;
    pp_autojson cJSON *users = json ? cJSON_CreateArray() : NULL;
    struct user_list list = {.json = users};
    table_init(&list.table, headers, PP_COUNT(headers));
    bool ok = users_print(home->db, &list, error);
    table_finish(&list.table);
    return ok;
}
