/* The receipts of commands. */
#include "headend/device/handlers.h"
#include "headend/ops/screen_commands.h"

static void receipt_refuse(struct reply *reply, const struct pp_error *error) {
    static const struct {
        enum pp_code code;
        unsigned status;
        const char *name;
    } answers[] = {
        {PP_E_NOTFOUND, MHD_HTTP_NOT_FOUND, "command-unknown"},
        {PP_E_AUTH, MHD_HTTP_FORBIDDEN, "receipt-not-signed"},
        {PP_E_ROLLBACK, MHD_HTTP_CONFLICT, "receipt-replayed"},
        {PP_E_INVALID, MHD_HTTP_BAD_REQUEST, "receipt-invalid"},
        {PP_E_UNSUPPORTED, MHD_HTTP_BAD_REQUEST, "receipt-invalid"},
        {PP_E_LIMIT, MHD_HTTP_BAD_REQUEST, "receipt-invalid"},
    };
    for (size_t i = 0; i < PP_COUNT(answers); i++) {
        if (answers[i].code == error->code) {
            reply_problem(reply, answers[i].status, answers[i].name, "%s", error->message);
            return;
        }
    }
    reply_failure(reply, error);
}

/* POST /v1/commands/ID/receipt */
void command_receipt_post(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    const char *id = request_parameter(request, "id");
    if (screen_command_receive(request->app->db, id, request->body.data, request->body.size, &error))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    else
        receipt_refuse(reply, &error);
}
