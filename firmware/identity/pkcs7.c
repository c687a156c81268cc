#include "identity/pkcs7.h"

#include "identity/der_read.h"

static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

static bool take_oid(struct der_cursor *cursor, const uint8_t *oid, size_t size, const char *what) {
    struct der_cursor inside;
    unsigned char *place = cursor->next;
    if (!der_enter(cursor, DER_OID, what, &inside))
        return false;
    if (der_is(&inside, oid, size))
        return true;
    cursor->next = place;
    return der_refuse(cursor, what);
}

static bool take_certificates(struct der_cursor *cursor, struct pkcs7_certificates *list) {
    struct der_cursor set;
    struct der_cursor inside;
    if (!der_enter(cursor, DER_CONTEXT(0), "no certificates", &set))
        return false;
    while (set.next < set.end) {
        const uint8_t *begin = set.next;
        if (list->count == IDENTITY_CHAIN_MAX)
            return pp_fail(cursor->error, PP_E_LIMIT, "PKCS#7 message: more than %d certificates",
                           IDENTITY_CHAIN_MAX);
        if (!der_enter(&set, DER_SEQUENCE, "not a certificate", &inside))
            return false;
        list->items[list->count++] =
            (struct pkcs7_certificate){.der = begin, .size = (size_t)(set.next - begin)};
    }
    return list->count > 0 || der_refuse(&set, "no certificate");
}

static bool take_signed_data(struct der_cursor *data, struct pkcs7_certificates *list) {
    struct der_cursor inside;
    if (!der_enter(data, MBEDTLS_ASN1_INTEGER, "no version", &inside) ||
        !der_enter(data, DER_SET, "no digest algorithms", &inside) ||
        !der_enter(data, DER_SEQUENCE, "no content", &inside) ||
        !take_oid(&inside, oid_data, sizeof oid_data, "content is not of type data") ||
        !der_at_end(&inside, "has content") || !take_certificates(data, list))
        return false;
    if (der_next_is(data, DER_CONTEXT(1)) && !der_enter(data, DER_CONTEXT(1), "no revocation lists", &inside))
        return false;
    return der_enter(data, DER_SET, "no signers", &inside) && der_at_end(&inside, "has signers") &&
           der_at_end(data, "unknown field");
}

bool pkcs7_parse(const uint8_t *der, size_t size, struct pkcs7_certificates *certificates,
                 struct pp_error *error) {
    struct pkcs7_certificates list = {0};
    struct der_cursor content;
    struct der_cursor wrapper;
    struct der_cursor data;
    struct der_cursor cursor = der_cursor_of("PKCS#7 message", der, size, error);
    if (size > IDENTITY_CHAIN_DER_MAX)
        return pp_fail(error, PP_E_LIMIT, "PKCS#7 message: larger than %d bytes", IDENTITY_CHAIN_DER_MAX);
    if (!der_enter(&cursor, DER_SEQUENCE, "not a message", &content) ||
        !der_at_end(&cursor, "bytes behind the message") ||
        !take_oid(&content, oid_signed_data, sizeof oid_signed_data, "not of type signed data") ||
        !der_enter(&content, DER_CONTEXT(0), "no signed data", &wrapper) ||
        !der_at_end(&content, "unknown field") ||
        !der_enter(&wrapper, DER_SEQUENCE, "no signed data", &data) ||
        !der_at_end(&wrapper, "unknown field") || !take_signed_data(&data, &list))
        return false;
    *certificates = list;
    return true;
}
