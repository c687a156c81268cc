#include "headend/public/pkcs7.h"

#include "headend/public/der.h"

static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                   0x0d, 0x01, 0x07, 0x01}; /* 1.2.840.113549.1.7.1 */
static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}; /* …7.2 */
static const uint8_t version_1[] = {1};

static bool pkcs7_content(const struct pp_buf *certificates, struct pp_buf *out, struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(DER_MAX);
    pp_autobuf struct pp_buf fields = PP_BUF_INIT(DER_MAX);
    return der_add(&data, DER_OID, oid_data, sizeof oid_data, error) &&
           der_add(&fields, DER_INTEGER, version_1, sizeof version_1, error) &&
           der_add(&fields, DER_SET, NULL, 0, error) && der_add_buf(&fields, DER_SEQUENCE, &data, error) &&
           der_add_buf(&fields, DER_EXPLICIT(0), certificates, error) &&
           der_add(&fields, DER_SET, NULL, 0, error) && der_add_buf(out, DER_SEQUENCE, &fields, error);
}

bool pkcs7_certs_only(const struct pkcs7_certificate *certificates, size_t count, struct pp_buf *out,
                      struct pp_error *error) {
    pp_autobuf struct pp_buf all = PP_BUF_INIT(DER_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!pp_buf_add(&all, certificates[i].der, certificates[i].size, error))
            return false;
    }
    pp_autobuf struct pp_buf content = PP_BUF_INIT(DER_MAX);
    pp_autobuf struct pp_buf info = PP_BUF_INIT(DER_MAX);
    return pkcs7_content(&all, &content, error) &&
           der_add(&info, DER_OID, oid_signed_data, sizeof oid_signed_data, error) &&
           der_add_buf(&info, DER_EXPLICIT(0), &content, error) &&
           der_add_buf(out, DER_SEQUENCE, &info, error);
}
