/* The state document of the headend: the token, and what is in it. */
#include "agent/state_document.h"
#include "base/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_key(void *arg, const char *token, const char *device_id, uint8_t key[CHANNEL_KEY_SIZE],
                     struct pp_error *error) {
    (void)arg;
    (void)device_id;
    return pp_base64url_decode_exact(token, key, CHANNEL_KEY_SIZE, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct state_document document;
    struct control_keys keys = {0};
    struct pp_error error = {0};
    const struct state_floor floor = {.epoch = 1, .version = 5};
    const struct state_key_reader reader = {.read = read_key};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    if (state_document_parse(data, size, &reader, &document, &error))
        (void)!state_document_check(&document, "d-1", &floor, 1767600000, 1770000000, &error);
    if (control_keys_read((const char *)data, size, &keys, &error))
        control_keys_finish(&keys);
    (void)!state_document_verify(data, size, &keys, &payload, &error);
    return 0;
}
