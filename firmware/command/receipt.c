#include "command/receipt.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "jose/claims.h"

void command_receipt_finish(struct command_receipt *receipt) {
    free(receipt->result);
    *receipt = (struct command_receipt){0};
}

/* ---- Writing ---- */

static bool add_result(const struct command_entry *entry, cJSON *payload) {
    if (!entry->result)
        return true;
    cJSON *result = pp_json_parse(entry->result, strlen(entry->result), COMMAND_RESULT_MAX, NULL);
    if (result && cJSON_AddItemToObject(payload, "result", result))
        return true;
    cJSON_Delete(result);
    return false;
}

static bool payload_fill(const struct command_entry *entry, cJSON *payload) {
    return cJSON_AddStringToObject(payload, "aud", COMMAND_RECEIPT_AUDIENCE) &&
           cJSON_AddNumberToObject(payload, "iat", (double)entry->at_s) &&
           cJSON_AddStringToObject(payload, "command", entry->id) &&
           cJSON_AddStringToObject(payload, "name", entry->name) &&
           cJSON_AddStringToObject(payload, "outcome", command_outcome_name(entry->outcome)) &&
           cJSON_AddStringToObject(payload, "reason", entry->reason) &&
           cJSON_AddNumberToObject(payload, "sequence", (double)entry->sequence) &&
           add_result(entry, payload);
}

bool command_receipt_write(const struct command_entry *entry, struct pp_buf *payload,
                           struct pp_error *error) {
    pp_autojson cJSON *object = cJSON_CreateObject();
    pp_autojsontext char *text =
        object && payload_fill(entry, object) ? cJSON_PrintUnformatted(object) : NULL;
    return text ? pp_buf_add_text(payload, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* ---- Reading ---- */

static bool read_result(const cJSON *object, char **out, struct pp_error *error) {
    const cJSON *result = NULL;
    if (!pp_json_has(object, "result"))
        return true;
    if (!pp_json_object(object, "result", &result, error))
        return false;
    *out = cJSON_PrintUnformatted(result);
    if (!*out)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return strlen(*out) <= COMMAND_RESULT_MAX ||
           pp_fail(error, PP_E_LIMIT, "field \"result\" is longer than %d bytes", COMMAND_RESULT_MAX);
}

static bool read_fields(const cJSON *object, struct command_receipt *out, struct pp_error *error) {
    struct claims claims;
    /* When it was made says a screen's clock, which may be wrong. */
    const struct claims_demands demands = {
        .audience = COMMAND_RECEIPT_AUDIENCE, .any_time = true, .version_min = CLAIMS_NO_VERSION};
    if (!claims_check(object, &demands, &claims, error))
        return false;
    out->at_s = claims.issued_at;
    return pp_json_copy(object, "command", COMMAND_ID_SIZE - 1, out->id, error) &&
           (command_id_valid(out->id) ||
            pp_fail(error, PP_E_INVALID, "field \"command\" is not a lower-case UUID")) &&
           pp_json_copy(object, "name", COMMAND_NAME_MAX, out->name, error) &&
           pp_json_copy(object, "reason", COMMAND_REASON_MAX, out->reason, error) &&
           pp_json_integer(object, "sequence", 1, COMMAND_NUMBER_MAX, &out->sequence, error) &&
           command_outcome_read(object, &out->outcome, error) && read_result(object, &out->result, error);
}

bool command_receipt_read(const void *payload, size_t size, struct command_receipt *out,
                          struct pp_error *error) {
    *out = (struct command_receipt){0};
    pp_autojson cJSON *object = pp_json_parse(payload, size, COMMAND_RECEIPT_PAYLOAD_MAX, error);
    bool ok = object && (cJSON_IsObject(object) || pp_fail(error, PP_E_INVALID, "not a JSON object")) &&
              read_fields(object, out, error);
    if (!ok)
        command_receipt_finish(out);
    return ok || pp_wrap(error, "receipt");
}
