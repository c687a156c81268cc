#include "headend/webauthn/answer.h"

#include "base/encode.h"

#define TYPE_MAX 32 /* bytes */

static bool bytes_read(const cJSON *object, const char *name, uint8_t *out, size_t max, size_t *size,
                       struct pp_error *error) {
    const char *text;
    if (!pp_json_string(object, name, PP_BASE64_SIZE(max), &text, error))
        return false;
    return (pp_base64url_decode(text, strlen(text), out, max, size, error) && *size) ||
           pp_fail(error, PP_E_INVALID, "%s: not 1 to %zu bytes in base64url", name, max);
}

/* A hint for the browser, so that what cannot be one is left out. */
static void transports_read(const cJSON *response, char out[TRANSPORTS_SIZE]) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(response, "transports");
    const cJSON *one;
    size_t used = 0;
    int count = 0;
    out[0] = 0;
    cJSON_ArrayForEach(one, list) {
        const char *name = cJSON_GetStringValue(one);
        size_t size = name ? strlen(name) : 0;
        if (!size || size > TRANSPORT_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz-") != size)
            continue;
        if (count++ == TRANSPORTS_MAX)
            return;
        used += (size_t)snprintf(out + used, TRANSPORTS_SIZE - used, "%s%s", used ? " " : "", name);
    }
}

static bool assertion_read(const cJSON *response, struct webauthn_answer *out, struct pp_error *error) {
    size_t handle_size = 0;
    if (!bytes_read(response, "authenticatorData", out->authenticator_data, sizeof out->authenticator_data,
                    &out->data_size, error) ||
        !bytes_read(response, "signature", out->signature, sizeof out->signature, &out->signature_size,
                    error) ||
        !bytes_read(response, "userHandle", out->user_handle, sizeof out->user_handle, &handle_size, error))
        return false;
    return handle_size == USER_HANDLE_SIZE ? true
                                           : pp_fail(error, PP_E_INVALID, "userHandle: not one of ours");
}

bool webauthn_answer_read(const cJSON *document, enum client_ceremony ceremony, struct webauthn_answer *out,
                          struct pp_error *error) {
    const char *type;
    const cJSON *response;
    *out = (struct webauthn_answer){0};
    if (!bytes_read(document, "id", out->id, sizeof out->id, &out->id_size, error) ||
        !pp_json_string(document, "type", TYPE_MAX, &type, error) ||
        !pp_json_object(document, "response", &response, error) ||
        !bytes_read(response, "clientDataJSON", out->client_data, sizeof out->client_data, &out->client_size,
                    error))
        return false;
    if (strcmp(type, "public-key") != 0)
        return pp_fail(error, PP_E_INVALID, "type: not \"public-key\"");
    if (ceremony == CLIENT_GETS)
        return assertion_read(response, out, error);
    transports_read(response, out->transports);
    return bytes_read(response, "attestationObject", out->attestation, sizeof out->attestation,
                      &out->attestation_size, error);
}

struct webauthn_bytes webauthn_answer_client(const struct webauthn_answer *answer) {
    return (struct webauthn_bytes){answer->client_data, answer->client_size};
}

struct webauthn_bytes webauthn_answer_attestation(const struct webauthn_answer *answer) {
    return (struct webauthn_bytes){answer->attestation, answer->attestation_size};
}

struct webauthn_assertion webauthn_answer_assertion(const struct webauthn_answer *answer) {
    return (struct webauthn_assertion){{answer->client_data, answer->client_size},
                                       {answer->authenticator_data, answer->data_size},
                                       {answer->signature, answer->signature_size}};
}
