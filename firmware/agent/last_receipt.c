#include "agent/last_receipt.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "net/problem.h"

void last_receipt_finish(struct last_receipt *receipt) {
    last_receipt_stop(receipt);
    free(receipt->token);
    receipt->token = NULL;
    *receipt->id = 0;
}

bool last_receipt_sign(struct last_receipt *receipt, const struct command_entry *entry,
                       const struct identity *identity) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX);
    pp_autobuf struct pp_buf token = PP_BUF_INIT(COMMAND_RECEIPT_TOKEN_MAX);
    struct pp_error error = {0};
    bool ok = command_receipt_write(entry, &payload, &error) &&
              identity_sign(identity, COMMAND_RECEIPT_TYP, payload.data, payload.size, &token, &error) &&
              pp_text_copy(&receipt->token, pp_buf_text(&token), &error);
    if (ok)
        strcpy(receipt->id, entry->id);
    else
        pp_log_error("the last receipt: %s", error.message);
    return ok;
}

/* ---- On flash: {"command": …, "receipt": …} ---- */

static bool file_path(const char *state_dir, char path[PP_PATH_MAX], struct pp_error *error) {
    return pp_path_format(path, error, "%s/" LAST_RECEIPT_FILE, state_dir);
}

void last_receipt_keep(struct last_receipt *receipt, const char *state_dir) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    if (!*receipt->id)
        return;
    pp_autojson cJSON *document = cJSON_CreateObject();
    cJSON_AddStringToObject(document, "command", receipt->id);
    cJSON_AddStringToObject(document, "receipt", receipt->token);
    pp_autojsontext char *text = cJSON_PrintUnformatted(document);
    if (!text || !file_path(state_dir, path, &error) ||
        !pp_file_replace(AT_FDCWD, path, text, strlen(text), 0600, &error))
        pp_log_warning("the last receipt is not kept: %s", text ? error.message : "out of memory");
}

static bool document_read(struct last_receipt *receipt, const cJSON *document, struct pp_error *error) {
    const char *id = NULL;
    const char *token = NULL;
    if (!pp_json_string(document, "command", COMMAND_ID_SIZE - 1, &id, error) ||
        !pp_json_string(document, "receipt", COMMAND_RECEIPT_TOKEN_MAX, &token, error))
        return false;
    if (!command_id_valid(id))
        return pp_fail(error, PP_E_INVALID, "field \"command\" is none");
    if (!pp_text_copy(&receipt->token, token, error))
        return false;
    strcpy(receipt->id, id);
    return true;
}

void last_receipt_load(struct last_receipt *receipt, const char *state_dir) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_RECEIPT_TOKEN_MAX + 256);
    if (*receipt->id || !file_path(state_dir, path, &error))
        return;
    if (!pp_file_read(AT_FDCWD, path, &text, &error)) {
        if (error.code != PP_E_NOTFOUND)
            pp_log_warning("the last receipt: %s", error.message);
        return;
    }
    pp_autojson cJSON *document = pp_json_parse(text.data, text.size, text.max, &error);
    if (!document || !document_read(receipt, document, &error))
        pp_log_warning("the last receipt: %s", error.message);
}

static void run_removal(struct pp_job *job) {
    struct last_receipt *receipt =
        (struct last_receipt *)((char *)job - offsetof(struct last_receipt, removal));
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    if (!file_path(receipt->state_dir, path, &error) || !pp_file_remove(AT_FDCWD, path, &error))
        pp_log_warning("the last receipt: %s", error.message);
}

static void on_removed(struct pp_job *job) {
    struct last_receipt *receipt =
        (struct last_receipt *)((char *)job - offsetof(struct last_receipt, removal));
    receipt->removing = false;
}

/* ---- To the headend ---- */

static void on_due(void *arg);

static void settle(struct last_receipt *receipt, const char *how) {
    pp_log_info("the headend %s the receipt of the erasure", how);
    last_receipt_finish(receipt);
    receipt->removing = true;
    receipt->removal = (struct pp_job){.run = run_removal, .done = on_removed};
    pp_jobs_add(receipt->jobs, &receipt->removal);
    if (receipt->on_told)
        receipt->on_told(receipt->arg);
}

static void on_answer(void *arg, const struct net_response *response) {
    struct last_receipt *receipt = arg;
    struct net_problem problem;
    receipt->call = NULL;
    if (response->ok && response->status == 204)
        settle(receipt, "has");
    else if (response->ok && response->status >= 400 && response->status < 500 && response->status != 429 &&
             net_response_problem(response, &problem))
        settle(receipt, "does not want");
    else
        net_timer_start_in(&receipt->timer, receipt->loop,
                           net_retry_next_ms(&receipt->retry, response->retry_after_s), on_due, receipt);
}

static void on_due(void *arg) {
    struct last_receipt *receipt = arg;
    char path[64 + COMMAND_ID_SIZE];
    struct pp_error error = {0};
    snprintf(path, sizeof path, "/v1/commands/%s/receipt", receipt->id);
    struct net_request request = {
        .method = "POST",
        .path = path,
        .content_type = "application/jose",
        .body = receipt->token,
        .body_size = strlen(receipt->token),
        .timeout_ms = LAST_RECEIPT_TIME_MS,
        .on_done = on_answer,
        .arg = receipt,
    };
    receipt->call = net_client_start(receipt->client, &request, &error);
    if (!receipt->call)
        net_timer_start_in(&receipt->timer, receipt->loop, net_retry_next_ms(&receipt->retry, -1), on_due,
                           receipt);
}

void last_receipt_begin(struct last_receipt *receipt, struct net_loop *loop, struct net_client *client,
                        struct pp_jobs *jobs) {
    receipt->loop = loop;
    receipt->client = client;
    receipt->jobs = jobs;
    net_retry_init_random(&receipt->retry);
    if (*receipt->id && !receipt->removing)
        net_timer_start_in(&receipt->timer, loop, 0, on_due, receipt);
}

void last_receipt_stop(struct last_receipt *receipt) {
    net_timer_stop(&receipt->timer);
    net_call_cancel(pp_steal(&receipt->call));
}
