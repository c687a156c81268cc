/* Asking something of a screen, and what became of it. */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/options.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/device.h"
#include "headend/ops/screen_uploads.h"

#define EXPIRES_DEFAULT_S 3600
#define LOOK_AGAIN_US     100000 /* us, between two looks at whether there is an answer */

struct words {
    const char *screen, *name, *argument; /* NULL: none */
    bool wait;
    uint64_t expires_s;
};

static struct home *words_read(int argc, char **argv, struct words *words, struct pp_error *error) {
    const struct pp_option table[] = {
        {"wait", PP_OPTION_FLAG, &words->wait}, {"expires", PP_OPTION_UNSIGNED, &words->expires_s}, {0}};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return NULL;
    int count = argc - first;
    if (count < 3 || count > 4) {
        pp_fail(error, PP_E_INVALID, "screen command: DIR, SCREEN and NAME are needed (try --help)");
        return NULL;
    }
    words->screen = argv[first + 1];
    words->name = argv[first + 2];
    words->argument = count == 4 ? argv[first + 3] : NULL;
    return home_open(argv[first], error);
}

static void command_print(const struct screen_command *command) {
    printf("%s %s%s%s\n", command->name, command->outcome, *command->reason ? ": " : "", command->reason);
    pp_autojson cJSON *result = command->result ? cJSON_Parse(command->result) : NULL;
    if (result)
        command_print_json(result);
}

/* Until it is answered, or has expired. */
static bool answer_wait(struct home *home, const char *id, struct pp_error *error) {
    for (;;) {
        screen_command_auto struct screen_command command = {0};
        if (!screen_command_find(home->db, id, &command, error))
            return false;
        bool gone = command.expires <= pp_clock_realtime_s();
        if (!screen_command_is_over(&command) && !gone) {
            usleep(LOOK_AGAIN_US);
            continue;
        }
        command_print(&command);
        return strcmp(command.outcome, command_outcome_name(COMMAND_DONE)) == 0 ||
               pp_fail(error, PP_E_STATE, "the screen has not done it: %s", command.outcome);
    }
}

static cJSON *order_request(const struct words *words, const char *device) {
    cJSON *request = screen_request(device);
    cJSON_AddStringToObject(request, "name", words->name);
    if (words->argument)
        cJSON_AddStringToObject(request, "argument", words->argument);
    cJSON_AddNumberToObject(request, "lifetime_s", (double)words->expires_s);
    return request;
}

bool command_screen_command(int argc, char **argv, struct pp_error *error) {
    struct words words = {.expires_s = EXPIRES_DEFAULT_S};
    struct device device;
    PP_AUTO(home) struct home *home = words_read(argc, argv, &words, error);
    if (!home)
        return false;
    op_result_auto struct op_result result = {0};
    if (!device_resolve(home->db, words.screen, &device, error))
        return false;
    pp_autojson cJSON *request = order_request(&words, device.id);
    if (!command_operate(home, "screen.command", request, &result, error))
        return false;
    if (command_kind_find(words.name) == COMMAND_RETIRE)
        command_change_keys(home);
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id"));
    printf("%s\n", id);
    fflush(stdout);
    return !words.wait || answer_wait(home, id, error);
}

/* ---- What came ---- */

static bool received_write(const char *path, const struct pp_buf *clear, struct pp_error *error) {
    if (path)
        return pp_file_replace(AT_FDCWD, path, clear->data, clear->size, 0600, error);
    return pp_write_all(STDOUT_FILENO, clear->data, clear->size, error);
}

/* A log is read by the operation that writes that down. */
static bool received_note(struct home *home, const struct screen_command *command, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    if (strcmp(command->name, "logs") != 0)
        return true;
    pp_autojson cJSON *request = screen_request(command->device);
    cJSON_AddStringToObject(request, "command", command->id);
    return command_operate(home, "screen.log", request, &result, error);
}

bool command_screen_received(int argc, char **argv, struct pp_error *error) {
    const char *path = NULL;
    const struct pp_option table[] = {{"out", PP_OPTION_STRING, &path}, {0}};
    int first = 0;
    screen_command_auto struct screen_command command = {0};
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    if (!command_words(table, argc, argv, 2, &first, "screen received: DIR and COMMAND are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && screen_command_find(home->db, argv[first + 1], &command, error) &&
           received_note(home, &command, error) && screen_upload_open(home, &command, &clear, error) &&
           received_write(path, &clear, error);
}

/* ---- The list ---- */

static cJSON *command_json(const struct screen_command *command) {
    cJSON *object = cJSON_CreateObject();
    char time[PP_RFC3339_SIZE];
    cJSON_AddStringToObject(object, "id", command->id);
    cJSON_AddStringToObject(object, "name", command->name);
    cJSON_AddItemToObject(object, "args", cJSON_Parse(command->args));
    pp_time_format(command->issued, time);
    cJSON_AddStringToObject(object, "issued", time);
    pp_time_format(command->expires, time);
    cJSON_AddStringToObject(object, "expires", time);
    cJSON_AddStringToObject(object, "outcome", command->outcome);
    cJSON_AddStringToObject(object, "reason", command->reason);
    if (command->result)
        cJSON_AddItemToObject(object, "result", cJSON_Parse(command->result));
    if (command->receipt)
        cJSON_AddStringToObject(object, "receipt", command->receipt);
    return object;
}

static bool json_collect(void *arg, const struct screen_command *command) {
    return cJSON_AddItemToArray(arg, command_json(command));
}

struct list {
    struct table table;
    struct pp_error error;
};

static bool table_collect(void *arg, const struct screen_command *command) {
    struct list *list = arg;
    char time[PP_RFC3339_SIZE];
    pp_time_format(command->issued, time);
    const char *const cells[] = {time, command->name, command->args, command->outcome, command->reason};
    return table_add(&list->table, cells, &list->error);
}

static bool commands_print(struct db *db, const char *device, struct pp_error *error) {
    static const char *const headers[] = {"TIME", "NAME", "ARGUMENT", "OUTCOME", "REASON"};
    struct list list = {0};
    table_init(&list.table, headers, PP_COUNT(headers));
    bool ok = screen_command_each(db, device, table_collect, &list, error) &&
              (!list.error.code || pp_fail(error, list.error.code, "%s", list.error.message));
    if (ok)
        table_print(&list.table, "nothing was asked of this screen yet");
    table_finish(&list.table);
    return ok;
}

bool command_screen_commands(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    const struct pp_option table[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    struct device device;
    if (!command_words(table, argc, argv, 2, &first, "screen commands: DIR and SCREEN are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error))
        return false;
    if (!json)
        return commands_print(home->db, device.id, error);
    pp_autojson cJSON *list = cJSON_CreateArray();
    if (!screen_command_each(home->db, device.id, json_collect, list, error))
        return false;
    command_print_json(list);
    return true;
}
