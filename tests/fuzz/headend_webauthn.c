/* What a browser says of a passkey: the document, the client data and authenticator data in it, and CBOR. The first
 * byte says which. */
#include "headend/webauthn/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct webauthn_party party = {"example.org", "https://example.org", false};

static void document_read(const uint8_t *data, size_t size, enum client_ceremony ceremony) {
    static struct webauthn_answer answer;
    pp_autojson cJSON *document = pp_json_parse(data, size, ANSWER_TEXT_MAX, NULL);
    if (document)
        (void)!webauthn_answer_read(document, ceremony, &answer, NULL);
}

static void data_read(const uint8_t *data, size_t size) {
    struct authenticator_data read;
    (void)!authenticator_data_read(data, size, &read, NULL);
}

static void client_read(const uint8_t *data, size_t size) {
    struct client_data said;
    (void)!client_data_read(data, size, CLIENT_GETS, &said, NULL);
}

/* With client data that is good, so that all of the attestation is reached. */
static void attestation_read(const uint8_t *data, size_t size) {
    static const char challenge[] = "OcDnUhQXulTVPo3JUXT0I97pvzzZBP9tZchXyav01Ag";
    static const char said[] = "{\"type\":\"webauthn.create\",\"challenge\":"
                               "\"OcDnUhQXulTVPo3JUXT0I97pvzzZBP9tZchXyav01Ag\","
                               "\"origin\":\"https://example.org\"}";
    struct webauthn_credential credential;
    const struct webauthn_bytes client = {(const uint8_t *)said, sizeof said - 1};
    (void)!webauthn_register(&party, challenge, client, (struct webauthn_bytes){data, size}, &credential,
                             NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    switch (data[0] % 5) {
    case 0:
        data_read(data + 1, size - 1);
        break;
    case 1:
        client_read(data + 1, size - 1);
        break;
    case 2:
        attestation_read(data + 1, size - 1);
        break;
    default:
        document_read(data + 1, size - 1, data[0] % 5 == 3 ? CLIENT_CREATES : CLIENT_GETS);
    }
    return 0;
}
