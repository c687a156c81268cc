#include "command/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define WORDS_MAX 4

/* The one argument of a command; `name` NULL: it has none. */
struct argument {
    const char *name;
    bool optional;
    const char *words[WORDS_MAX + 1]; /* one of these, else a whole number from min to max */
    int64_t min, max, value;          /* `value` where it is left out */
};

static const struct {
    const char *name, *usage;
    struct argument argument;
} table[COMMAND_KINDS] = {
    [COMMAND_IDENTIFY] = {"identify", "[SECONDS]", {"seconds", true, {NULL}, 1, 300, 15}},
    [COMMAND_SCREENSHOT] = {"screenshot", "", {0}},
    [COMMAND_LOGS] = {"logs", "[LINES]", {"lines", true, {NULL}, 1, 2000, 500}},
    [COMMAND_DIAGNOSE] = {"diagnose", "", {0}},
    [COMMAND_RESTART_PLAYER] = {"restart-player", "", {0}},
    [COMMAND_RESTART] = {"restart", "", {0}},
    [COMMAND_REBOOT] = {"reboot", "", {0}},
    [COMMAND_DISPLAY] = {"display", "on|off", {"power", false, {"off", "on"}, 0, 0, 0}},
    [COMMAND_VOLUME] = {"volume", "PERCENT", {"percent", false, {NULL}, 0, 100, 0}},
    [COMMAND_BRIGHTNESS] = {"brightness", "PERCENT", {"percent", false, {NULL}, 0, 100, 0}},
    [COMMAND_CLEAR_CACHE] = {"clear-cache", "", {0}},
    [COMMAND_ROTATE_KEYS] = {"rotate-keys", "", {0}},
    [COMMAND_RENEW_CERTIFICATE] = {"renew-certificate", "", {0}},
    [COMMAND_SET_ACCESS_MODE] = {"set-access-mode",
                                 "certificate|cookie|sso|password",
                                 {"mode", false, {"certificate", "cookie", "sso", "password"}, 0, 0, 0}},
    [COMMAND_RETIRE] = {"retire", "", {0}},
};

const char *command_kind_name(enum command_kind kind) {
    return kind > COMMAND_UNKNOWN && kind < COMMAND_KINDS ? table[kind].name : NULL;
}

enum command_kind command_kind_find(const char *name) {
    for (int kind = COMMAND_UNKNOWN + 1; kind < COMMAND_KINDS; kind++) {
        if (strcmp(name, table[kind].name) == 0)
            return (enum command_kind)kind;
    }
    return COMMAND_UNKNOWN;
}

const char *command_word(enum command_kind kind, int64_t value) {
    if (!command_kind_name(kind) || value < 0 || value >= WORDS_MAX)
        return NULL;
    return table[kind].argument.words[value];
}

const char *command_usage(enum command_kind kind) {
    return command_kind_name(kind) ? table[kind].usage : "";
}

bool command_id_valid(const char *id) {
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    for (size_t i = 0; i < sizeof form; i++) {
        bool fits = form[i] == 'x' ? id[i] && strchr("0123456789abcdef", id[i]) : id[i] == form[i];
        if (!fits)
            return false;
    }
    return true;
}

/* ---- The argument ---- */

static bool word_find(const struct argument *argument, const char *word, int64_t *value,
                      struct pp_error *error) {
    for (*value = 0; argument->words[*value]; ++*value) {
        if (strcmp(word, argument->words[*value]) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "argument \"%s\": there is no \"%.32s\"", argument->name, word);
}

static bool value_read(const struct argument *argument, const cJSON *args, int64_t *value,
                       struct pp_error *error) {
    const char *word = NULL;
    if (!argument->words[0])
        return pp_json_integer(args, argument->name, argument->min, argument->max, value, error);
    return pp_json_string(args, argument->name, COMMAND_NAME_MAX, &word, error) &&
           word_find(argument, word, value, error);
}

/* Nothing but the argument that the command has. */
static bool arguments_read(const struct argument *argument, const cJSON *args, int64_t *value,
                           struct pp_error *error) {
    const cJSON *member = NULL;
    cJSON_ArrayForEach(member, args) {
        if (!argument->name || strcmp(member->string, argument->name) != 0)
            return pp_fail(error, PP_E_INVALID, "argument \"%.32s\" is not known", member->string);
    }
    *value = argument->value;
    if (!argument->name || (argument->optional && !cJSON_GetArraySize(args)))
        return true;
    return value_read(argument, args, value, error);
}

/* ---- The list ---- */

static bool copy_text(const cJSON *item, const char *name, char *out, size_t max, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(item, name, max, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

/* What every command has, known or not. */
static bool parse_frame(const cJSON *item, struct command *out, const cJSON **args, struct pp_error *error) {
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!copy_text(item, "id", out->id, COMMAND_ID_SIZE - 1, error))
        return false;
    if (!command_id_valid(out->id))
        return pp_fail(error, PP_E_INVALID, "field \"id\" is not a lower-case UUID");
    *args = NULL;
    return pp_json_integer(item, "number", 1, COMMAND_NUMBER_MAX, &out->number, error) &&
           copy_text(item, "name", out->name, COMMAND_NAME_MAX, error) &&
           pp_json_integer(item, "iat", 0, COMMAND_NUMBER_MAX, &out->issued_s, error) &&
           pp_json_integer(item, "exp", 0, COMMAND_NUMBER_MAX, &out->expires_s, error) &&
           (!pp_json_has(item, "args") || pp_json_object(item, "args", args, error));
}

/* Why this version does not carry it out, if so. */
static void parse_meaning(struct command *command, const cJSON *args) {
    struct pp_error why = {0};
    command->kind = command_kind_find(command->name);
    if (command->kind == COMMAND_UNKNOWN)
        pp_fail(&why, PP_E_UNSUPPORTED, "not known to this version: %s", command->name);
    else if (command->expires_s <= command->issued_s)
        pp_fail(&why, PP_E_INVALID, "it expires before it is issued");
    else if (command->expires_s - command->issued_s > COMMAND_LIFETIME_MAX_S)
        pp_fail(&why, PP_E_LIMIT, "it is meant to live for more than %d days",
                COMMAND_LIFETIME_MAX_S / 86400);
    else
        (void)!arguments_read(&table[command->kind].argument, args, &command->value, &why);
    snprintf(command->refusal, sizeof command->refusal, "%.*s", COMMAND_REASON_MAX, why.message);
}

static bool list_add(struct command_list *list, const cJSON *item, struct pp_error *error) {
    struct command *command = &list->items[list->count];
    const cJSON *args = NULL;
    if (!parse_frame(item, command, &args, error))
        return false;
    if (list->count && command->number <= command[-1].number)
        return pp_fail(error, PP_E_INVALID, "field \"number\" does not grow");
    parse_meaning(command, args);
    list->count++;
    return true;
}

bool command_list_parse(const cJSON *state, struct command_list *out, struct pp_error *error) {
    const cJSON *items = NULL;
    const cJSON *item = NULL;
    *out = (struct command_list){0};
    if (!pp_json_has(state, "commands"))
        return true;
    if (!pp_json_array(state, "commands", COMMAND_LIST_MAX, &items, error))
        return false;
    cJSON_ArrayForEach(item, items) {
        if (!list_add(out, item, error))
            return pp_wrap(error, "commands");
    }
    return true;
}

/* ---- As a person types it ---- */

static bool number_type(const struct argument *argument, const char *text, cJSON *args,
                        struct pp_error *error) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (*end || end == text || number < argument->min || number > argument->max)
        return pp_fail(error, PP_E_INVALID, "%s: a whole number from %lld to %lld is needed, not \"%.32s\"",
                       argument->name, (long long)argument->min, (long long)argument->max, text);
    return cJSON_AddNumberToObject(args, argument->name, (double)number) != NULL;
}

static bool argument_type(const struct argument *argument, const char *text, cJSON *args,
                          struct pp_error *error) {
    int64_t value = 0;
    if (!text && (!argument->name || argument->optional))
        return true;
    if (!text)
        return pp_fail(error, PP_E_INVALID, "its argument \"%s\" is missing", argument->name);
    if (!argument->name)
        return pp_fail(error, PP_E_INVALID, "no argument is taken, not \"%.32s\" either", text);
    if (!argument->words[0])
        return number_type(argument, text, args, error);
    return word_find(argument, text, &value, error) && cJSON_AddStringToObject(args, argument->name, text);
}

cJSON *command_arguments_make(enum command_kind kind, const char *text, struct pp_error *error) {
    pp_autojson cJSON *args = cJSON_CreateObject();
    if (!command_kind_name(kind)) {
        pp_fail(error, PP_E_INVALID, "no such command");
        return NULL;
    }
    if (!args || !argument_type(&table[kind].argument, text, args, error)) {
        pp_wrap(error, "%s", table[kind].name);
        return NULL;
    }
    return pp_steal(&args);
}
