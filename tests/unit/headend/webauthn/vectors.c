#include "vectors.h"

#include <fcntl.h>

#include "base/encode.h"
#include "base/file.h"

#define VECTORS_MAX (256 * 1024)

static void need(bool ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "vectors: %s\n", what);
    abort();
}

cJSON *vectors_read(void) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(VECTORS_MAX);
    need(pp_file_read(AT_FDCWD, PP_TEST_DATA "/webauthn/vectors.json", &text, NULL), "no file");
    cJSON *document = pp_json_parse(text.data, text.size, VECTORS_MAX, NULL);
    need(document != NULL, "no JSON");
    need(cJSON_GetArraySize(cJSON_GetObjectItem(document, "vectors")) == VECTORS, "not as many");
    return document;
}

const char *vector_name(const cJSON *vectors, int number) {
    const cJSON *list = cJSON_GetObjectItem(vectors, "vectors");
    return cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, number), "name"));
}

static size_t bytes(const cJSON *object, const char *name, uint8_t *out, size_t max) {
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
    if (!hex)
        return 0;
    size_t size = strlen(hex) / 2;
    need(size <= max && pp_hex_decode(hex, out, size, NULL), name);
    return size;
}

void vector_take(const cJSON *vectors, const char *name, const char *ceremony, struct vector *out) {
    uint8_t challenge[VECTOR_CHALLENGE_MAX];
    const cJSON *found = NULL;
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(vectors, "vectors")) {
        if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "name")), name) == 0)
            found = cJSON_GetObjectItem(one, ceremony);
    }
    need(found != NULL, name);
    *out = (struct vector){0};
    pp_base64url_encode(challenge, bytes(found, "challenge", challenge, sizeof challenge), out->challenge);
    out->client_size = bytes(found, "clientDataJSON", out->client_data, sizeof out->client_data);
    out->attestation_size = bytes(found, "attestationObject", out->attestation, sizeof out->attestation);
    out->data_size =
        bytes(found, "authenticatorData", out->authenticator_data, sizeof out->authenticator_data);
    out->signature_size = bytes(found, "signature", out->signature, sizeof out->signature);
}

struct webauthn_bytes vector_client(const struct vector *vector) {
    return (struct webauthn_bytes){vector->client_data, vector->client_size};
}

struct webauthn_bytes vector_attestation(const struct vector *vector) {
    return (struct webauthn_bytes){vector->attestation, vector->attestation_size};
}

struct webauthn_assertion vector_assertion(const struct vector *vector) {
    return (struct webauthn_assertion){{vector->client_data, vector->client_size},
                                       {vector->authenticator_data, vector->data_size},
                                       {vector->signature, vector->signature_size}};
}

void vector_without_attestation(struct vector *vector) {
    static const char head[] = "\xa3\x63"
                               "fmt\x64none\x67"
                               "attStmt\xa0\x68"
                               "authData";
    static const char mark[] = "\x68"
                               "authData";
    uint8_t *data = memmem(vector->attestation, vector->attestation_size, mark, sizeof mark - 1);
    need(data != NULL, "no authData");
    size_t rest = vector->attestation_size - (size_t)(data - vector->attestation) - (sizeof mark - 1);
    memmove(vector->attestation + sizeof head - 1, data + sizeof mark - 1, rest);
    memcpy(vector->attestation, head, sizeof head - 1);
    vector->attestation_size = sizeof head - 1 + rest;
}
