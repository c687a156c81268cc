#include "identity/csr.h"

#include <string.h>

#define CSR_PART_MAX     (CSRATTRS_EXTENSIONS_MAX * CSRATTRS_EXTENSION_MAX + 2048) /* bytes of any part */

#define DER_OCTET_STRING 0x04
#define DER_URI          0x86 /* [6], of a GeneralName */
#define DER_BIT_STRING   0x03
#define DER_UTF8_STRING  0x0c
#define DER_SEQUENCE     0x30
#define DER_SET          0x31
#define DER_ATTRIBUTES   0xa0 /* [0], constructed */

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

/* ---- Extensions that the server asked for ---- */

struct filled_extension {
    const char *der; /* the Extension without its outer SEQUENCE */
    size_t size;
};

/* clang-format off */
static const struct filled_extension filled[] = {
    /* digitalSignature, critical */
    [CSRATTRS_KEY_USAGE] = {"\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80", 14},
    /* clientAuth */
    [CSRATTRS_EXTENDED_KEY_USAGE] =
        {"\x06\x03\x55\x1d\x25\x04\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02", 19},
    /* no authority, critical */
    [CSRATTRS_BASIC_CONSTRAINTS] = {"\x06\x03\x55\x1d\x13\x01\x01\xff\x04\x02\x30\x00", 12},
};
/* clang-format on */

static const uint8_t oid_alt_name[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
static const uint8_t oid_extension_request[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                                0xf7, 0x0d, 0x01, 0x09, 0x0e};

/* The only name that a key has by itself: its thumbprint (RFC 9278 §4). */
static bool add_alt_name(struct pp_buf *out, const char *thumbprint, struct pp_error *error) {
    pp_autobuf struct pp_buf uri = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf names = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf list = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf extension = PP_BUF_INIT(CSR_PART_MAX);
    return pp_buf_add(&uri, CSR_THUMBPRINT_URI, strlen(CSR_THUMBPRINT_URI), error) &&
           pp_buf_add(&uri, thumbprint, strlen(thumbprint), error) && add_buf(&names, DER_URI, &uri, error) &&
           add_buf(&list, DER_SEQUENCE, &names, error) &&
           pp_buf_add(&extension, oid_alt_name, sizeof oid_alt_name, error) &&
           add_buf(&extension, DER_OCTET_STRING, &list, error) &&
           add_buf(out, DER_SEQUENCE, &extension, error);
}

static bool add_extension(struct pp_buf *out, const struct csrattrs_extension *extension,
                          const char *thumbprint, struct pp_error *error) {
    switch (extension->kind) {
    case CSRATTRS_GIVEN:
        return pp_buf_add(out, extension->der, extension->size, error);
    case CSRATTRS_ALT_NAME:
        return add_alt_name(out, thumbprint, error);
    default:
        return add(out, DER_SEQUENCE, filled[extension->kind].der, filled[extension->kind].size, error);
    }
}

/* [0] { SEQUENCE { extensionRequest, SET { SEQUENCE { Extension … } } } }, RFC 2985 §5.4.2; or empty. */
static bool add_attributes(struct pp_buf *out, const struct csrattrs *attributes, const char *thumbprint,
                           struct pp_error *error) {
    pp_autobuf struct pp_buf extensions = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf list = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf attribute = PP_BUF_INIT(CSR_PART_MAX);
    pp_autobuf struct pp_buf all = PP_BUF_INIT(CSR_PART_MAX);
    if (!attributes || !attributes->count)
        return add(out, DER_ATTRIBUTES, "", 0, error);
    for (size_t i = 0; i < attributes->count; i++) {
        if (!add_extension(&extensions, &attributes->extensions[i], thumbprint, error))
            return false;
    }
    return add_buf(&list, DER_SEQUENCE, &extensions, error) &&
           pp_buf_add(&attribute, oid_extension_request, sizeof oid_extension_request, error) &&
           add_buf(&attribute, DER_SET, &list, error) && add_buf(&all, DER_SEQUENCE, &attribute, error) &&
           add_buf(out, DER_ATTRIBUTES, &all, error);
}

static bool add_info(struct pp_buf *out, const struct csr_subject *subject, const struct csrattrs *attributes,
                     struct pp_error *error) {
    pp_autobuf struct pp_buf info = PP_BUF_INIT(CSR_PART_MAX);
    return pp_buf_add(&info, version_0, sizeof version_0, error) && add_name(&info, subject->name, error) &&
           crypto_key_public_der(subject->key, &info, error) &&
           add_attributes(&info, attributes, subject->thumbprint, error) &&
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

bool csr_write(const struct csr_subject *subject, const struct csrattrs *attributes, struct pp_buf *der,
               struct pp_error *error) {
    pp_autobuf struct pp_buf request = PP_BUF_INIT(CSR_PART_MAX);
    if (!*subject->name || strlen(subject->name) > CSR_NAME_MAX)
        return pp_fail(error, PP_E_INVALID, "certificate request: not a name of 1 to %d characters",
                       CSR_NAME_MAX);
    return (add_info(&request, subject, attributes, error) && add_signature(&request, subject->key, error) &&
            add_buf(der, DER_SEQUENCE, &request, error)) ||
           pp_wrap(error, "certificate request");
}
