#include "headend/webauthn/authenticator_data.h"

#define HEAD_SIZE   37 /* bytes: hash, flags, count */
#define AAGUID_SIZE 16 /* bytes: which make it is, which nobody here asks for */

/* Moves behind `size` bytes; NULL where there are not so many. */
static const uint8_t *take(struct cbor *rest, size_t size) {
    const uint8_t *here = rest->at;
    if ((size_t)(rest->end - rest->at) < size)
        return NULL;
    rest->at += size;
    return here;
}

static bool credential_read(struct cbor *rest, struct authenticator_data *out, struct pp_error *error) {
    const uint8_t *head = take(rest, AAGUID_SIZE + 2);
    if (!head)
        return pp_fail(error, PP_E_INVALID, "authenticator data: cut off");
    out->credential_size = (size_t)(head[AAGUID_SIZE] << 8 | head[AAGUID_SIZE + 1]);
    if (!out->credential_size || out->credential_size > CREDENTIAL_ID_MAX)
        return pp_fail(error, PP_E_LIMIT, "credential id: %zu bytes, must be 1 to %d", out->credential_size,
                       CREDENTIAL_ID_MAX);
    out->credential = take(rest, out->credential_size);
    if (!out->credential)
        return pp_fail(error, PP_E_INVALID, "authenticator data: cut off");
    out->key = rest->at;
    if (!cose_key_read(rest, &out->cose, error))
        return false;
    out->key_size = (size_t)(rest->at - out->key);
    return out->key_size <= COSE_KEY_MAX
               ? true
               : pp_fail(error, PP_E_LIMIT, "credential key: more than %d bytes", COSE_KEY_MAX);
}

bool authenticator_data_read(const void *data, size_t size, struct authenticator_data *out,
                             struct pp_error *error) {
    const uint8_t *bytes = data;
    if (size < HEAD_SIZE)
        return pp_fail(error, PP_E_INVALID, "authenticator data: cut off");
    *out = (struct authenticator_data){.rp_hash = bytes, .flags = bytes[AUTHENTICATOR_RP_SIZE]};
    for (size_t i = AUTHENTICATOR_RP_SIZE + 1; i < HEAD_SIZE; i++)
        out->sign_count = out->sign_count << 8 | bytes[i];
    struct cbor rest = {.at = bytes + HEAD_SIZE, .end = bytes + size};
    if (out->flags & AUTHENTICATOR_AT && !credential_read(&rest, out, error))
        return false;
    if (out->flags & AUTHENTICATOR_ED) {
        if (rest.at == rest.end || *rest.at >> 5 != CBOR_MAP)
            return pp_fail(error, PP_E_INVALID, "authenticator data: its extensions are no map");
        if (!cbor_skip(&rest, error))
            return false;
    }
    return rest.at == rest.end ? true : pp_fail(error, PP_E_INVALID, "authenticator data: more than it says");
}
