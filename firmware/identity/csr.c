#include "identity/csr.h"

#include <string.h>

#define CSR_PART_MAX    1024 /* bytes of any part */

#define DER_BIT_STRING  0x03
#define DER_UTF8_STRING 0x0c
#define DER_SEQUENCE    0x30
#define DER_SET         0x31
#define DER_ATTRIBUTES  0xa0 /* [0], constructed */

static const uint8_t version_0[] = {0x02, 0x01, 0x00};
static const uint8_t oid_common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
static const uint8_t ecdsa_with_sha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

/* X.690 §8.1: tag, length in the shortest form, content. */
static bool add(struct pp_buf *out, uint8_t tag, const void *content, size_t size, struct pp_error *error) {
    const uint8_t head[] = {tag,
                            size < 0x80    ? (uint8_t)size
                            : size < 0x100 ? 0x81
                                           : 0x82,
                            size < 0x100 ? (uint8_t)size : (uint8_t)(size >> 8), (uint8_t)size};
    size_t head_size = size < 0x80 ? 2 : size < 0x100 ? 3 : 4;
    return pp_buf_add(out, head, head_size, error) && pp_buf_add(out, content, size, error);
}

static bool add_buf(struct pp_buf *out, uint8_t tag, const struct pp_buf *content, struct pp_error *error) {
    return add(out, tag, content->data, content->size, error);
}

/* One relative name of one attribute. */
static bool add_name(struct pp_buf *out, const char *name, struct pp_error *error) {
    pp_autobuf struct pp_buf attribute = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf sequence = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf set = PP_BUF_INIT(CSR_PART_MAX);
    return pp_buf_add(&attribute, oid_common_name, sizeof oid_common_name, error) &&
           add(&attribute, DER_UTF8_STRING, name, strlen(name), error) &&
           add_buf(&sequence, DER_SEQUENCE, &attribute, error) && add_buf(&set, DER_SET, &sequence, error) &&
           add_buf(out, DER_SEQUENCE, &set, error);
}

static bool add_info(struct pp_buf *out, const struct crypto_key *key, const char *name,
                     struct pp_error *error) {
    pp_autobuf struct pp_buf info = PP_BUF_INIT(CSR_PART_MAX);
    return pp_buf_add(&info, version_0, sizeof version_0, error) && add_name(&info, name, error) &&
           crypto_key_public_der(key, &info, error) && add(&info, DER_ATTRIBUTES, "", 0, error) &&
           add_buf(out, DER_SEQUENCE, &info, error);
}

/* Over what stands there by now. */
static bool add_signature(struct pp_buf *out, const struct crypto_key *key, struct pp_error *error) {
    pp_autobuf struct pp_buf bits = PP_BUF_INIT(CSR_PART_MAX);
    return pp_buf_add(&bits, "", 1, error) && /* no unused bits */
           crypto_key_sign(key, out->data, out->size, &bits, error) &&
           pp_buf_add(out, ecdsa_with_sha256, sizeof ecdsa_with_sha256, error) &&
           add_buf(out, DER_BIT_STRING, &bits, error);
}

bool csr_write(const struct crypto_key *key, const char *name, struct pp_buf *der, struct pp_error *error) {
    pp_autobuf struct pp_buf request = PP_BUF_INIT(CSR_PART_MAX);
    if (!*name || strlen(name) > CSR_NAME_MAX)
        return pp_fail(error, PP_E_INVALID, "certificate request: not a name of 1 to %d characters",
                       CSR_NAME_MAX);
    return (add_info(&request, key, name, error) && add_signature(&request, key, error) &&
            add_buf(der, DER_SEQUENCE, &request, error)) ||
           pp_wrap(error, "certificate request");
}
