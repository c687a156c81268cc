/* Uploads that can be gone on with, by tus 1.0.0 (https://tus.io/protocols/resumable-upload): creation, with its
 * first bytes or without, expiration, checksum, termination. */
#include "base/log.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/http/tus.h"
#include "headend/ops/content.h"
#include "headend/ops/content_ingest.h"
#include "headend/ops/content_upload.h"
#include "headend/server/intake.h"

#define UPLOADS_PATH "/api/v1/uploads"
#define NUMBER_SIZE  24 /* bytes of a number's text */

/* ---- Headers ---- */

void api_uploads_mark(struct reply *reply) {
    reply_header(reply, "Tus-Resumable", TUS_VERSION);
}

static void number_header(struct reply *reply, const char *name, uint64_t number) {
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    reply_header(reply, name, text);
}

static void upload_headers(struct reply *reply, const struct content_upload *upload) {
    char date[TUS_DATE_SIZE];
    tus_date(upload->expires, date);
    number_header(reply, "Upload-Offset", upload->offset);
    reply_header(reply, "Upload-Expires", date);
}

static bool header_invalid(struct reply *reply, const char *name, const struct pp_error *error) {
    reply_with_parameter(reply, PROBLEM_HEADER_INVALID, name, error->message);
    return false;
}

/* "Content-Length" as libmicrohttpd has read it; 0 for a body in chunks, which is counted as it comes. */
static uint64_t body_length(const struct request *request) {
    const char *text = request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text ? strtoull(text, NULL, 10) : 0;
}

static bool version_good(const struct request *request, struct reply *reply) {
    const char *version = request_header(request, "Tus-Resumable");
    if (version && strcmp(version, TUS_VERSION) == 0)
        return true;
    reply_with(reply, PROBLEM_TUS_VERSION, "the header Tus-Resumable must be " TUS_VERSION);
    reply_header(reply, "Tus-Version", TUS_VERSION);
    return false;
}

static void upload_failure(struct reply *reply, const struct pp_error *error) {
    if (error->code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such upload");
    else if (error->code == PP_E_EXPIRED)
        reply_with(reply, PROBLEM_UPLOAD_GONE, "%s", error->message);
    else if (error->code == PP_E_NOSPACE)
        reply_with(reply, PROBLEM_NO_SPACE, "there is no space left here");
    else if (error->code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_TOO_MANY_UPLOADS, "%s", error->message);
    else
        reply_failure(reply, error);
}

/* ---- Bytes that come ---- */

/* What a request adds to an upload. */
struct incoming {
    struct work work; /* the first member: what is left to do at its end */
    struct workers *workers;
    struct content_uploads *uploads;
    const struct home *home;
    struct content_upload upload;
    struct upload_writer *writer;
    struct crypto_sha256 *hash; /* of what comes, where a checksum was sent; else NULL */
    uint8_t expected[TUS_SHA256_SIZE];
    bool mismatch; /* and it is another */
    bool created;  /* by this request, and not kept yet */
    bool ended;    /* all has come and is on the disk */
};

static void incoming_release(struct incoming *incoming) {
    upload_writer_destroy(incoming->writer);
    incoming->writer = NULL;
    if (*incoming->upload.id)
        content_uploads_release(incoming->uploads, incoming->upload.id);
    incoming->upload.id[0] = 0;
}

/* On a worker's thread: what came of a body that broke off counts, unless a checksum is to vouch for it. */
static void incoming_run(struct work *work) {
    struct incoming *incoming = (struct incoming *)(void *)work;
    struct pp_error error = {0};
    bool kept = incoming->created
                    ? upload_pieces_remove(incoming->home, incoming->upload.id, &error)
                    : !incoming->writer || incoming->hash || upload_writer_keep(incoming->writer, &error);
    if (!kept)
        pp_log_warning("an upload: %s", error.message);
    incoming_release(incoming);
    crypto_sha256_destroy(incoming->hash);
    pp_wipe(incoming, sizeof *incoming);
    free(incoming);
}

static void incoming_finish(void *arg) {
    struct incoming *incoming = arg;
    if (incoming->created || incoming->writer)
        workers_add(incoming->workers, &incoming->work);
    else
        incoming_run(&incoming->work);
}

static bool incoming_data(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct incoming *incoming = arg;
    struct content_upload *upload = &incoming->upload;
    if (size > upload->length - upload->offset)
        return pp_fail(error, PP_E_LIMIT, "more than the %llu bytes of the upload",
                       (unsigned long long)upload->length);
    upload->offset += size;
    return (!incoming->hash || crypto_sha256_update(incoming->hash, data, size, error)) &&
           upload_writer_write(incoming->writer, data, size, error);
}

static bool checksum_good(struct incoming *incoming, struct pp_error *error) {
    uint8_t sha256[TUS_SHA256_SIZE];
    if (!incoming->hash)
        return true;
    if (!crypto_sha256_finish(incoming->hash, sha256, error))
        return false;
    incoming->mismatch = !crypto_equal(sha256, incoming->expected, sizeof sha256);
    return !incoming->mismatch || pp_fail(error, PP_E_AUTH, "the checksum is of other bytes");
}

/* Whoever goes on with it, once this is answered, finds nobody at work. */
static bool incoming_end(void *arg, struct pp_error *error) {
    struct incoming *incoming = arg;
    incoming->ended = checksum_good(incoming, error) && upload_writer_keep(incoming->writer, error);
    if (!incoming->created)
        incoming_release(incoming);
    return incoming->ended;
}

static void incoming_refuse(void *arg, const struct pp_error *error, struct reply *reply) {
    const struct incoming *incoming = arg;
    if (incoming->mismatch)
        reply_with(reply, PROBLEM_CHECKSUM, "%s", error->message);
    else if (error->code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_BODY_TOO_LARGE, "%s", error->message);
    else
        upload_failure(reply, error);
    api_uploads_mark(reply);
}

/* A checksum that was sent, and that what is said to come has room. */
static bool incoming_prepare(struct incoming *incoming, const struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    const struct content_upload *upload = &incoming->upload;
    const char *checksum = request_header(request, "Upload-Checksum");
    if (body_length(request) > upload->length - upload->offset) {
        reply_with(reply, PROBLEM_BODY_TOO_LARGE, "more than the %llu bytes of the upload",
                   (unsigned long long)upload->length);
        return false;
    }
    if (!checksum)
        return true;
    if (!tus_checksum(checksum, incoming->expected, &error))
        return header_invalid(reply, "Upload-Checksum", &error);
    incoming->hash = crypto_sha256_create(&error);
    if (!incoming->hash)
        reply_failure(reply, &error);
    return incoming->hash != NULL;
}

static bool incoming_open(struct incoming *incoming, struct reply *reply) {
    struct pp_error error = {0};
    incoming->writer = upload_writer_create(incoming->home, incoming->upload.id, incoming->upload.key,
                                            incoming->hash != NULL, &error);
    if (!incoming->writer)
        reply_failure(reply, &error);
    return incoming->writer != NULL;
}

static struct incoming *incoming_create(const struct request *request, struct reply *reply) {
    struct incoming *incoming = version_good(request, reply) ? calloc(1, sizeof *incoming) : NULL;
    if (!incoming) {
        if (!reply->response)
            reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return NULL;
    }
    incoming->work.run = incoming_run;
    incoming->workers = request->app->workers;
    incoming->uploads = request->app->uploads;
    incoming->home = request->app->home;
    incoming->upload.admin = request->admin.id;
    return incoming;
}

/* ---- Creation ---- */

static bool length_read(const struct request *request, struct reply *reply, uint64_t *length) {
    struct pp_error error = {0};
    if (!tus_number(request_header(request, "Upload-Length"), length, &error))
        return header_invalid(reply, "Upload-Length", &error);
    if (*length > CONTENT_UPLOAD_MAX) {
        reply_with(reply, PROBLEM_BODY_TOO_LARGE, "at most %llu bytes",
                   (unsigned long long)CONTENT_UPLOAD_MAX);
        number_header(reply, "Tus-Max-Size", CONTENT_UPLOAD_MAX);
        return false;
    }
    return *length ||
           (!pp_fail(&error, PP_E_INVALID, "empty") && header_invalid(reply, "Upload-Length", &error));
}

/* The body's type: none where there is no body. */
static bool first_bytes_good(const struct request *request, struct reply *reply) {
    const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    bool chunked = request_header(request, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
    if ((!type && !chunked && !body_length(request)) || (type && strcmp(type, TUS_BODY_TYPE) == 0))
        return true;
    reply_with(reply, PROBLEM_MEDIA_TYPE, "the body must be " TUS_BODY_TYPE);
    return false;
}

static bool creation_read(const struct request *request, struct reply *reply, struct content_upload *upload) {
    struct pp_error error = {0};
    const char *metadata = request_header(request, "Upload-Metadata");
    if (!metadata)
        metadata = "";
    if (!length_read(request, reply, &upload->length) || !first_bytes_good(request, reply))
        return false;
    if (!tus_metadata_check(metadata, &error))
        return header_invalid(reply, "Upload-Metadata", &error);
    snprintf(upload->metadata, sizeof upload->metadata, "%s", metadata);
    return true;
}

static bool creation_begin(struct incoming *incoming, const struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (!creation_read(request, reply, &incoming->upload) || !incoming_prepare(incoming, request, reply))
        return false;
    incoming->created = content_upload_begin(incoming->uploads, request->db, &incoming->upload, &error);
    if (!incoming->created) {
        incoming->upload.id[0] = 0;
        upload_failure(reply, &error);
        return false;
    }
    return incoming_open(incoming, reply);
}

static void *create_begin(struct request *request, struct reply *reply) {
    struct incoming *incoming =
        api_operation_allowed(request, reply) ? incoming_create(request, reply) : NULL;
    if (!incoming || creation_begin(incoming, request, reply))
        return incoming;
    incoming_finish(incoming);
    return NULL;
}

const struct body_sink upload_create_sink = {.begin = create_begin,
                                             .data = incoming_data,
                                             .end = incoming_end,
                                             .refuse = incoming_refuse,
                                             .finish = incoming_finish};

/* POST /api/v1/uploads */
void api_upload_create(struct request *request, struct reply *reply) {
    char path[sizeof UPLOADS_PATH + UUID_TEXT_SIZE];
    struct pp_error error = {0};
    struct incoming *incoming = intake_upload(request->intake);
    if (!content_upload_keep(request->db, &incoming->upload, &error)) {
        reply_failure(reply, &error);
        return;
    }
    snprintf(path, sizeof path, UPLOADS_PATH "/%s", incoming->upload.id);
    incoming->created = false;
    incoming_release(incoming);
    reply_empty(reply, MHD_HTTP_CREATED);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, path);
    upload_headers(reply, &incoming->upload);
    content_ingest_wake(request->app->ingest);
}

/* ---- Going on ---- */

static bool append_type_good(const struct request *request, struct reply *reply) {
    const char *type = request_header(request, MHD_HTTP_HEADER_CONTENT_TYPE);
    if (type && strcmp(type, TUS_BODY_TYPE) == 0)
        return true;
    reply_with(reply, PROBLEM_MEDIA_TYPE, "the body must be " TUS_BODY_TYPE);
    return false;
}

static bool offset_good(const struct request *request, struct reply *reply, uint64_t offset) {
    uint64_t asked = 0;
    struct pp_error error = {0};
    if (!tus_number(request_header(request, "Upload-Offset"), &asked, &error))
        return header_invalid(reply, "Upload-Offset", &error);
    if (asked == offset)
        return true;
    reply_with(reply, PROBLEM_OFFSET, "the upload has %llu bytes", (unsigned long long)offset);
    return false;
}

/* Claimed first, and then looked at: what somebody before has left stands on the disk by then. */
static bool upload_claim(const struct request *request, struct reply *reply, struct content_upload *upload) {
    struct pp_error error = {0};
    struct content_uploads *uploads = request->app->uploads;
    const char *id = request_parameter(request, "id");
    int64_t admin = request->admin.id;
    if (!content_upload_find(uploads, request->db, admin, id, upload, &error)) {
        upload_failure(reply, &error);
        return false;
    }
    if (!content_uploads_claim(uploads, id)) {
        reply_with(reply, PROBLEM_UPLOAD_BUSY, "another request is at work on it");
        return false;
    }
    if (content_upload_find(uploads, request->db, admin, id, upload, &error))
        return true;
    content_uploads_release(uploads, id);
    upload_failure(reply, &error);
    return false;
}

/* Whoever began it may have lost the right since. */
static bool append_allowed(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *nothing = cJSON_CreateObject();
    return api_operation_run_as(request, reply, "content.upload", nothing, &result);
}

static void *append_begin(struct request *request, struct reply *reply) {
    bool good = append_type_good(request, reply) && append_allowed(request, reply);
    struct incoming *incoming = good ? incoming_create(request, reply) : NULL;
    if (!incoming)
        return NULL;
    if (!upload_claim(request, reply, &incoming->upload))
        incoming->upload.id[0] = 0;
    else if (offset_good(request, reply, incoming->upload.offset) &&
             incoming_prepare(incoming, request, reply) && incoming_open(incoming, reply))
        return incoming;
    incoming_finish(incoming);
    return NULL;
}

const struct body_sink upload_append_sink = {.begin = append_begin,
                                             .data = incoming_data,
                                             .end = incoming_end,
                                             .refuse = incoming_refuse,
                                             .finish = incoming_finish};

/* PATCH /api/v1/uploads/ID */
void api_upload_append(struct request *request, struct reply *reply) {
    const struct incoming *incoming = intake_upload(request->intake);
    struct content_upload upload;
    struct pp_error error = {0};
    if (!content_upload_find(request->app->uploads, request->db, request->admin.id,
                             request_parameter(request, "id"), &upload, &error)) {
        upload_failure(reply, &error);
        return;
    }
    upload.offset = incoming->upload.offset;
    pp_wipe(upload.key, sizeof upload.key);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
    upload_headers(reply, &upload);
    if (upload.offset == upload.length)
        content_ingest_wake(request->app->ingest);
}

/* ---- What there is ---- */

static cJSON *upload_json(const struct content_upload *upload) {
    static const char *const states[] = {[CONTENT_UPLOAD_COMES] = "coming",
                                         [CONTENT_UPLOAD_CHECKED] = "checked",
                                         [CONTENT_UPLOAD_DONE] = "done",
                                         [CONTENT_UPLOAD_REFUSED] = "refused"};
    char given[CONTENT_UPLOAD_METADATA_MAX];
    char name[TEXT_NAME_MAX + 1];
    cJSON *object = cJSON_CreateObject();
    tus_metadata_text(upload->metadata, "filename", given, sizeof given);
    content_name_make(given, name);
    cJSON_AddStringToObject(object, "id", upload->id);
    cJSON_AddStringToObject(object, "name", name);
    cJSON_AddStringToObject(object, "state", states[content_upload_state(upload)]);
    api_add_text(object, "content", upload->content);
    cJSON_AddBoolToObject(object, "duplicate", upload->duplicate);
    api_add_text(object, "refusal", upload->refusal);
    cJSON_AddNumberToObject(object, "length", (double)upload->length);
    cJSON_AddNumberToObject(object, "offset", (double)upload->offset);
    api_add_time(object, "created", upload->created);
    api_add_time(object, "expires", upload->expires);
    return object;
}

static bool uploads_add(void *arg, const struct content_upload *upload) {
    cJSON_AddItemToArray(arg, upload_json(upload));
    return true;
}

/* GET /api/v1/uploads */
void api_uploads(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (content_upload_each(request->app->uploads, request->db, request->admin.id, uploads_add, items,
                            &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* While somebody writes, nobody knows how much there is; what has come whole is not written any more. */
static bool upload_look(const struct request *request, struct reply *reply, struct content_upload *upload) {
    struct pp_error error = {0};
    if (content_upload_find(request->app->uploads, request->db, request->admin.id,
                            request_parameter(request, "id"), upload, &error) &&
        content_upload_state(upload) != CONTENT_UPLOAD_COMES)
        return true;
    if (!upload_claim(request, reply, upload))
        return false;
    content_uploads_release(request->app->uploads, upload->id);
    return true;
}

/* GET /api/v1/uploads/ID, and HEAD, which is tus's */
void api_upload(struct request *request, struct reply *reply) {
    struct content_upload upload = {0};
    if (!version_good(request, reply) || !upload_look(request, reply, &upload))
        return;
    pp_wipe(upload.key, sizeof upload.key);
    pp_autojson cJSON *answer = upload_json(&upload);
    reply_json(reply, MHD_HTTP_OK, answer);
    upload_headers(reply, &upload);
    number_header(reply, "Upload-Length", upload.length);
    if (*upload.metadata)
        reply_header(reply, "Upload-Metadata", upload.metadata);
}

/* DELETE /api/v1/uploads/ID */
void api_upload_end(struct request *request, struct reply *reply) {
    struct content_upload upload = {0};
    struct pp_error error = {0};
    if (!version_good(request, reply) || !upload_claim(request, reply, &upload))
        return;
    pp_wipe(upload.key, sizeof upload.key);
    if (content_upload_end(request->app->uploads, request->db, upload.id, &error))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    else
        reply_failure(reply, &error);
    content_uploads_release(request->app->uploads, upload.id);
}

/* OPTIONS */
void api_uploads_options(struct request *request, struct reply *reply) {
    (void)request;
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
    reply_header(reply, "Tus-Version", TUS_VERSION);
    reply_header(reply, "Tus-Extension", TUS_EXTENSIONS);
    reply_header(reply, "Tus-Checksum-Algorithm", TUS_CHECKSUMS);
    number_header(reply, "Tus-Max-Size", CONTENT_UPLOAD_MAX);
}
