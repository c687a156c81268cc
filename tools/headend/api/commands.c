/* What is asked of a screen, and what became of it. */
#include "base/clock.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/conditions.h"
#include "headend/http/problems.h"
#include "headend/ops/screen_uploads.h"

#define KEY_HEADER "Idempotency-Key"

static void add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddItemToObject(object, name, seconds ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static void add_document(cJSON *object, const char *name, const char *text) {
    cJSON *value = text ? cJSON_Parse(text) : NULL;
    cJSON_AddItemToObject(object, name, value ? value : cJSON_CreateNull());
}

static cJSON *command_json(const struct screen_command *command) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", command->id);
    cJSON_AddStringToObject(object, "name", command->name);
    add_document(object, "arguments", command->args);
    add_time(object, "issued", command->issued);
    add_time(object, "expires", command->expires);
    cJSON_AddStringToObject(object, "outcome", command->outcome);
    cJSON_AddStringToObject(object, "reason", command->reason);
    add_time(object, "answered", command->answered);
    add_document(object, "result", command->result);
    return object;
}

/* The newest first. */
static bool collect(void *arg, const struct screen_command *command) {
    return cJSON_InsertItemInArray(arg, 0, command_json(command));
}

/* GET /api/v1/screens/ID/commands */
void api_commands(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (!api_operation_allowed(request, reply))
        return;
    if (screen_command_each(request->db, request_parameter(request, "id"), collect, items, &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

static bool command_find(struct request *request, struct reply *reply, const char *id,
                         struct screen_command *command) {
    struct pp_error error = {0};
    if (screen_command_find(request->db, id, command, &error) &&
        strcmp(command->device, request_parameter(request, "id")) == 0)
        return true;
    if (!error.code || error.code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such command");
    else
        reply_failure(reply, &error);
    return false;
}

/* GET /api/v1/screens/ID/commands/COMMAND: with the receipt as the screen has signed it */
void api_command(struct request *request, struct reply *reply) {
    screen_command_auto struct screen_command command = {0};
    if (!api_operation_allowed(request, reply) ||
        !command_find(request, reply, request_parameter(request, "command"), &command))
        return;
    pp_autojson cJSON *answer = command_json(&command);
    cJSON_AddItemToObject(answer, "receipt",
                          command.receipt ? cJSON_CreateString(command.receipt) : cJSON_CreateNull());
    reply_json(reply, MHD_HTTP_OK, answer);
}

bool api_key_good(const char *key) {
    size_t size = strlen(key);
    for (const char *at = key; *at; at++) {
        if (*at <= ' ' || *at > '~')
            return false;
    }
    return size && size <= API_KEY_MAX;
}

/* POST /api/v1/screens/ID/commands */
void api_command_add(struct request *request, struct reply *reply) {
    const char *key = request_header(request, KEY_HEADER);
    op_result_auto struct op_result result = {0};
    screen_command_auto struct screen_command command = {0};
    if (key && !api_key_good(key)) {
        reply_with(reply, PROBLEM_HEADER_INVALID, KEY_HEADER ": 1 to %d printable characters", API_KEY_MAX);
        return;
    }
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value)
        return;
    if (cJSON_HasObjectItem(value, "key")) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "key", "stands in the header " KEY_HEADER);
        return;
    }
    if (key)
        cJSON_AddStringToObject(value, "key", key);
    if (!api_operation_run(request, reply, value, &result))
        return;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id"));
    if (!command_find(request, reply, id, &command))
        return;
    pp_autojson cJSON *answer = command_json(&command);
    reply_json(reply, MHD_HTTP_CREATED, answer);
}

/* ---- Its log ---- */

/* POST /api/v1/screens/ID/commands/COMMAND/log: what it sent; that somebody has read it is written down */
void api_command_log(struct request *request, struct reply *reply) {
    char disposition[sizeof "attachment; filename=\"screen--.log\"" + 2 * UUID_TEXT_SIZE];
    const char *screen = request_parameter(request, "id");
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    screen_command_auto struct screen_command command = {0};
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "screen", screen);
    cJSON_AddStringToObject(value, "command", request_parameter(request, "command"));
    if (!api_operation_run(request, reply, value, &result) ||
        !command_find(request, reply, request_parameter(request, "command"), &command))
        return;
    if (!screen_upload_open(request->app->home, &command, &clear, &error)) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "the log is not kept any more");
        else
            reply_failure(reply, &error);
        return;
    }
    snprintf(disposition, sizeof disposition, "attachment; filename=\"screen-%.8s-%.8s.log\"", screen,
             command.id);
    reply_data(reply, MHD_HTTP_OK, "text/plain; charset=utf-8", clear.data, clear.size);
    reply_header(reply, "Content-Disposition", disposition);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    reply_header(reply, "Content-Security-Policy", "sandbox; default-src 'none'");
}

/* ---- The last picture ---- */

static bool is_png(const struct pp_buf *data) {
    return data->size > 8 && memcmp(data->data, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static void picture_send(const struct request *request, struct reply *reply,
                         const struct screen_command *command) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    struct pp_error error = {0};
    if (!screen_upload_open(request->app->home, command, &clear, &error)) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "there is no picture of this screen");
        else
            reply_failure(reply, &error);
        return;
    }
    if (is_png(&clear))
        reply_data(reply, MHD_HTTP_OK, "image/png", clear.data, clear.size);
    else
        reply_with(reply, PROBLEM_NOT_FOUND, "what this screen has sent is no picture");
}

const struct list_form api_picture_form = {.filters = {{"of", NULL}}};

/* The newest that the screen has sent, or the one that the command of the query brought. */
static bool picture_find(struct request *request, struct screen_command *command, struct pp_error *error) {
    const char *screen = request_parameter(request, "id");
    const char *of = request->list.filters[0];
    if (!of)
        return screen_command_find_picture(request->db, screen, command, error);
    return screen_command_find(request->db, of, command, error) &&
           ((strcmp(command->device, screen) == 0 && strcmp(command->name, "screenshot") == 0 &&
             strcmp(command->outcome, "done") == 0) ||
            pp_fail(error, PP_E_NOTFOUND, "no such picture of this screen"));
}

/* GET /api/v1/screens/ID/picture */
void api_screen_picture(struct request *request, struct reply *reply) {
    char etag[ETAG_SIZE];
    char taken[PP_RFC3339_SIZE];
    struct pp_error error = {0};
    screen_command_auto struct screen_command command = {0};
    if (!api_operation_allowed(request, reply))
        return;
    if (!picture_find(request, &command, &error) ||
        !etag_make(command.id, strlen(command.id), etag, &error)) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "there is no picture of this screen");
        else
            reply_failure(reply, &error);
        return;
    }
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag))
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    else
        picture_send(request, reply, &command);
    if (reply->status >= MHD_HTTP_BAD_REQUEST)
        return;
    pp_time_format(command.answered, taken);
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
    reply_header(reply, "Pingplay-Taken", taken);
}
