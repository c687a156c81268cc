/* PUT /v1/screenshots/ID and /v1/logs/ID: what a screen was asked to send. */
#include "headend/device/handlers.h"
#include "headend/ops/screen_uploads.h"

static void upload_refuse(struct reply *reply, const struct pp_error *error) {
    if (error->code == PP_E_NOTFOUND)
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "upload-unwanted", "%s", error->message);
    else
        reply_failure(reply, error);
}

static const char *upload_name(const struct request *request) {
    return command_kind_name(strstr(request_path(request), "/logs/") ? COMMAND_LOGS : COMMAND_SCREENSHOT);
}

static bool upload_admit(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (screen_upload_expected(request->db, request->device.id, request_parameter(request, "id"),
                               upload_name(request), &error))
        return true;
    upload_refuse(reply, &error);
    return false;
}

static void *upload_begin(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!upload_admit(request, reply))
        return NULL;
    struct screen_upload *upload =
        screen_upload_create(request->app->home, request_parameter(request, "id"), &error);
    if (!upload)
        reply_failure(reply, &error);
    return upload;
}

static bool upload_data(void *upload, const void *data, size_t size, struct pp_error *error) {
    return screen_upload_write(upload, data, size, error);
}

static bool upload_end(void *upload, struct pp_error *error) {
    return screen_upload_sync(upload, error);
}

static void upload_finish(void *upload) {
    screen_upload_destroy(upload);
}

const struct body_sink upload_sink = {
    .begin = upload_begin, .data = upload_data, .end = upload_end, .finish = upload_finish};

void upload_put(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!upload_admit(request, reply))
        return;
    if (screen_upload_keep(intake_upload(request->intake), request->app->db, request->device.id, &error))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    else
        reply_failure(reply, &error);
}
