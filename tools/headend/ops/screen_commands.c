#include "headend/ops/screen_commands.h"

#include "base/clock.h"
#include "headend/ops/device.h"
#include "headend/ops/person_session.h"
#include "headend/public/device_jws.h"

#define RETIREMENT_LIFETIME_S 86400
#define OUTCOME_WAITING       "waiting"
#define OUTCOME_EXPIRED       "expired"
/* ---- Asking ---- */

/* Grows whatever the clock does; by the clock where that is later, so that a database that came from a backup does not
 * begin with numbers that the screen has seen. */
static bool next_number(struct db *db, const char *device, int64_t *number, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_COMMAND_NEXT_NUMBER, DB_INT(pp_clock_realtime_ms()), DB_TEXT(device));
    if (!row || !db_next(row, "command", error))
        return false;
    *number = db_int(row, 0);
    return true;
}

static bool room_check(struct db *db, const char *device, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_COMMAND_COUNT_WAITING, DB_TEXT(device), DB_INT(pp_clock_realtime_s()));
    if (!row || !db_next(row, "command", error))
        return false;
    return db_int(row, 0) < COMMAND_LIST_MAX ||
           pp_fail(error, PP_E_LIMIT,
                   "%d commands wait for this screen already: let it answer, or them expire",
                   COMMAND_LIST_MAX);
}

static bool trim(struct db *db, const char *device, struct pp_error *error) {
    return db_run(db, error, DB_COMMAND_TRIM, DB_TEXT(device), DB_INT(SCREEN_COMMANDS_KEPT_MAX));
}

/* What the state says as well, and the screen obeys there. */
static bool state_follows(struct db *db, const struct screen_command_order *order, struct pp_error *error) {
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(order->args, "mode"));
    enum device_access mode;
    if (order->kind != COMMAND_SET_ACCESS_MODE)
        return true;
    return name && device_access_read(name, &mode)
               ? person_mode_save(db, order->device, mode, error)
               : pp_fail(error, PP_E_INVALID, "set-access-mode: not a mode");
}

/* It is refused from now on by all that it has, and told to erase itself with the refusal; also one that was refused
 * before. */
static bool retire(struct db *db, const char *device, struct pp_error *error) {
    return device_refuse_all(db, device, error) &&
           db_run(db, error, DB_CERTIFICATE_REVOKE_OF_DEVICE, DB_TEXT(device)) &&
           db_run(db, error, DB_COMMAND_REFUSE_ALL, DB_TEXT(device));
}

/* The screen's state is another one now. */
static bool state_changes(struct db *db, const char *device, struct pp_error *error) {
    if (!db_run(db, error, DB_DEVICE_NEW_VERSION_IN_USE, DB_TEXT(device)))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_STATE, "this screen is retired: %s", device);
}

bool screen_command_add(struct db *db, const struct screen_command_order *order, char id[UUID_TEXT_SIZE],
                        struct pp_error *error) {
    int64_t number = 0;
    int64_t now = pp_clock_realtime_s();
    pp_autojsontext char *args = cJSON_PrintUnformatted(order->args);
    db_autochange struct db_change change = {0};
    return (args || pp_fail(error, PP_E_NOMEM, "out of memory")) && db_change_begin(&change, db, error) &&
           (order->kind == COMMAND_RETIRE ? retire(db, order->device, error)
                                          : state_changes(db, order->device, error)) &&
           state_follows(db, order, error) && room_check(db, order->device, error) &&
           next_number(db, order->device, &number, error) && uuid_make(id, error) &&
           db_run(db, error, DB_COMMAND_ADD, DB_TEXT(id), DB_TEXT(order->device), DB_INT(number),
                  DB_TEXT(command_kind_name(order->kind)), DB_TEXT(args), DB_INT(now),
                  DB_INT(now + order->lifetime_s), DB_TEXT(order->by)) &&
           trim(db, order->device, error) && db_change_commit(&change, error);
}

/* ---- Reading ---- */

void screen_command_finish(struct screen_command *command) {
    free(command->args);
    free(command->result);
    free(command->receipt);
    *command = (struct screen_command){0};
}

static bool copy_column(struct db_row *row, int column, char **out, struct pp_error *error) {
    if (db_is_null(row, column))
        return true;
    return pp_text_copy(out, db_text(row, column), error);
}

static bool command_read(struct db_row *row, struct screen_command *command, struct pp_error *error) {
    *command = (struct screen_command){.number = db_int(row, 3),
                                       .issued = db_int(row, 4),
                                       .expires = db_int(row, 5),
                                       .sequence = db_int(row, 8),
                                       .answered = db_int(row, 9)};
    snprintf(command->id, sizeof command->id, "%s", db_text(row, 0));
    snprintf(command->device, sizeof command->device, "%s", db_text(row, 1));
    snprintf(command->name, sizeof command->name, "%s", db_text(row, 2));
    bool unanswered = strcmp(db_text(row, 6), OUTCOME_WAITING) == 0;
    bool expired = unanswered && command->expires <= pp_clock_realtime_s();
    snprintf(command->outcome, sizeof command->outcome, "%s", expired ? OUTCOME_EXPIRED : db_text(row, 6));
    snprintf(command->reason, sizeof command->reason, "%s", db_text(row, 7));
    bool ok = copy_column(row, 10, &command->args, error) && copy_column(row, 11, &command->result, error) &&
              copy_column(row, 12, &command->receipt, error);
    if (!ok)
        screen_command_finish(command);
    return ok;
}

static bool outcome_is_final(const char *outcome) {
    return strcmp(outcome, OUTCOME_WAITING) != 0 &&
           strcmp(outcome, command_outcome_name(COMMAND_ACCEPTED)) != 0;
}

bool screen_command_is_over(const struct screen_command *command) {
    return outcome_is_final(command->outcome);
}

bool screen_command_find(struct db *db, const char *id, struct screen_command *command,
                         struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_FIND, DB_TEXT(id));
    return row && db_next(row, "command", error) && command_read(row, command, error);
}

bool screen_command_find_key(struct db *db, const char *device, const char *key,
                             struct screen_command *command, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_FIND_KEY, DB_TEXT(device), DB_TEXT(key));
    return row && db_next(row, "command", error) && command_read(row, command, error);
}

bool screen_command_keep_key(struct db *db, const char *device, const char *key, const char *id,
                             struct pp_error *error) {
    return db_run(db, error, DB_COMMAND_KEEP_KEY, DB_TEXT(device), DB_TEXT(key), DB_TEXT(id));
}

bool screen_command_find_picture(struct db *db, const char *device, struct screen_command *command,
                                 struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_FIND_PICTURE, DB_TEXT(device));
    return row && db_next(row, "picture", error) && command_read(row, command, error);
}

static bool each_row(struct db_row *row, bool (*each)(void *arg, const struct screen_command *command),
                     void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    bool more = true;
    while (more && db_next(row, "command", &end)) {
        screen_command_auto struct screen_command command = {0};
        if (!command_read(row, &command, error))
            return false;
        more = each(arg, &command);
    }
    return !more || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool screen_command_each(struct db *db, const char *device,
                         bool (*each)(void *arg, const struct screen_command *command), void *arg,
                         struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_EACH, DB_TEXT(device));
    return row && each_row(row, each, arg, error);
}

static bool add_waiting(void *arg, const struct screen_command *command) {
    cJSON *list = arg;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", command->id);
    cJSON_AddNumberToObject(object, "number", (double)command->number);
    cJSON_AddStringToObject(object, "name", command->name);
    cJSON_AddNumberToObject(object, "iat", (double)command->issued);
    cJSON_AddNumberToObject(object, "exp", (double)command->expires);
    cJSON_AddItemToObject(object, "args", cJSON_Parse(command->args));
    cJSON_AddItemToArray(list, object);
    return true;
}

cJSON *screen_commands_waiting(struct db *db, const char *device, struct pp_error *error) {
    pp_autojson cJSON *list = cJSON_CreateArray();
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_WAITING, DB_TEXT(device),
                                             DB_INT(pp_clock_realtime_s()), DB_INT(COMMAND_LIST_MAX));
    return row && each_row(row, add_waiting, list, error) ? pp_steal(&list) : NULL;
}

cJSON *screen_commands_retirement(struct db *db, const char *device, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    pp_autojson cJSON *list = cJSON_CreateArray();
    db_autorow struct db_row *row = db_query(db, error, DB_COMMAND_RETIREMENT, DB_TEXT(device));
    if (!row || !each_row(row, add_waiting, list, error))
        return NULL;
    /* It holds until the screen comes back, whenever that is: said anew with each refusal. */
    cJSON *command = cJSON_GetArrayItem(list, 0);
    if (command) {
        cJSON_ReplaceItemInObjectCaseSensitive(command, "iat", cJSON_CreateNumber((double)now));
        cJSON_ReplaceItemInObjectCaseSensitive(command, "exp",
                                               cJSON_CreateNumber((double)(now + RETIREMENT_LIFETIME_S)));
    }
    return pp_steal(&list);
}

/* ---- Receipts ---- */

static bool device_key(struct db *db, const char *device, uint8_t point[CRYPTO_POINT_SIZE],
                       struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_KEY, DB_TEXT(device));
    return row &&
           (db_next(row, "key", error) || pp_fail(error, PP_E_AUTH, "this screen has shown no key yet")) &&
           db_bytes(row, 0, point, CRYPTO_POINT_SIZE, error);
}

static bool receipt_verify(struct db *db, const char *device, const void *token, size_t size,
                           struct pp_buf *payload, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    return device_key(db, device, point, error) &&
           (device_jws_verify(point, COMMAND_RECEIPT_TYP, token, size, payload, error) ||
            pp_wrap(error, "receipt"));
}

/* Whether it says something new of that command; *again: it has been said already. */
static bool receipt_check(const struct screen_command *command, const struct command_receipt *receipt,
                          bool *again, struct pp_error *error) {
    const char *outcome = command_outcome_name(receipt->outcome);
    if (strcmp(receipt->id, command->id) != 0 || strcmp(receipt->name, command->name) != 0)
        return pp_fail(error, PP_E_INVALID, "receipt: it is for another command");
    *again = receipt->sequence == command->sequence && strcmp(outcome, command->outcome) == 0;
    if (*again)
        return true;
    if (receipt->sequence <= command->sequence)
        return pp_fail(error, PP_E_ROLLBACK, "receipt: a later one is known");
    /* One that expired here may have been carried out just before. */
    if (command->sequence && outcome_is_final(command->outcome))
        return pp_fail(error, PP_E_ROLLBACK, "receipt: this command is %s already", command->outcome);
    return true;
}

static bool receipt_keep(struct db *db, const char *device, const struct command_receipt *receipt,
                         const char *token, struct pp_error *error) {
    return db_run(db, error, DB_COMMAND_ANSWER, DB_TEXT(command_outcome_name(receipt->outcome)),
                  DB_TEXT(receipt->reason), DB_TEXT(receipt->result), DB_INT(receipt->sequence),
                  DB_INT(pp_clock_realtime_s()), DB_TEXT(token), DB_TEXT(receipt->id)) &&
           db_run(db, error, DB_DEVICE_RECEIPT_COUNT, DB_TEXT(receipt->id)) &&
           db_run(db, error, DB_DEVICE_PICTURE_SETTLE, DB_TEXT(device));
}

bool screen_command_receive(struct db *db, const char *id, const void *token, size_t size,
                            struct pp_error *error) {
    bool again = false;
    screen_command_auto struct screen_command command = {0};
    command_receipt_auto struct command_receipt receipt = {0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_RECEIPT_TOKEN_MAX);
    if (!screen_command_find(db, id, &command, error) || !pp_buf_add(&text, token, size, error) ||
        !receipt_verify(db, command.device, token, size, &payload, error) ||
        !command_receipt_read(payload.data, payload.size, &receipt, error) ||
        !receipt_check(&command, &receipt, &again, error))
        return false;
    return again || receipt_keep(db, command.device, &receipt, pp_buf_text(&text), error);
}
