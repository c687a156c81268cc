#include "identity/pkcs7.h"

#include <mbedtls/asn1.h>
#include <string.h>

#define CONTEXT(number) (MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED | (number))
#define SEQUENCE        (MBEDTLS_ASN1_SEQUENCE | MBEDTLS_ASN1_CONSTRUCTED)
#define SET             (MBEDTLS_ASN1_SET | MBEDTLS_ASN1_CONSTRUCTED)

static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

/* mbedTLS's reader takes pointers to non-const, and reads only. */
static unsigned char *unconst(const uint8_t *der) {
    union {
        const uint8_t *from;
        unsigned char *to;
    } pointer = {.from = der};
    return pointer.to;
}

/* A place in the message. */
struct cursor {
    const uint8_t *start; /* of the whole message, for offsets */
    unsigned char *next;
    const unsigned char *end;
    struct pp_error *error;
};

static bool refuse(const struct cursor *cursor, const char *what) {
    pp_fail(cursor->error, PP_E_INVALID, "PKCS#7 message: %s at offset %zu", what,
            (size_t)(cursor->next - cursor->start));
    return false;
}

/* Steps over the tag and length at the cursor; `inside` gets the content, the cursor stands behind it. */
static bool enter(struct cursor *cursor, int tag, const char *what, struct cursor *inside) {
    size_t length = 0;
    unsigned char *place = cursor->next;
    if (mbedtls_asn1_get_tag(&cursor->next, cursor->end, &length, tag) != 0) {
        cursor->next = place;
        return refuse(cursor, what);
    }
    *inside = *cursor;
    inside->end = cursor->next + length;
    cursor->next += length;
    return true;
}

static bool at_end(const struct cursor *cursor, const char *what) {
    return cursor->next == cursor->end || refuse(cursor, what);
}

static bool next_is(const struct cursor *cursor, int tag) {
    return cursor->next < cursor->end && *cursor->next == tag;
}

static bool take_oid(struct cursor *cursor, const uint8_t *oid, size_t size, const char *what) {
    struct cursor inside;
    unsigned char *place = cursor->next;
    if (!enter(cursor, MBEDTLS_ASN1_OID, what, &inside))
        return false;
    if ((size_t)(inside.end - inside.next) == size && !memcmp(inside.next, oid, size))
        return true;
    cursor->next = place;
    return refuse(cursor, what);
}

static bool take_certificates(struct cursor *cursor, struct pkcs7_certificates *list) {
    struct cursor set;
    struct cursor inside;
    if (!enter(cursor, CONTEXT(0), "no certificates", &set))
        return false;
    while (set.next < set.end) {
        const uint8_t *begin = set.next;
        if (list->count == IDENTITY_CHAIN_MAX)
            return pp_fail(cursor->error, PP_E_LIMIT, "PKCS#7 message: more than %d certificates",
                           IDENTITY_CHAIN_MAX);
        if (!enter(&set, SEQUENCE, "not a certificate", &inside))
            return false;
        list->items[list->count++] =
            (struct pkcs7_certificate){.der = begin, .size = (size_t)(set.next - begin)};
    }
    return list->count > 0 || refuse(&set, "no certificate");
}

static bool take_signed_data(struct cursor *data, struct pkcs7_certificates *list) {
    struct cursor inside;
    if (!enter(data, MBEDTLS_ASN1_INTEGER, "no version", &inside) ||
        !enter(data, SET, "no digest algorithms", &inside) || !enter(data, SEQUENCE, "no content", &inside) ||
        !take_oid(&inside, oid_data, sizeof oid_data, "content is not of type data") ||
        !at_end(&inside, "has content") || !take_certificates(data, list))
        return false;
    if (next_is(data, CONTEXT(1)) && !enter(data, CONTEXT(1), "no revocation lists", &inside))
        return false;
    return enter(data, SET, "no signers", &inside) && at_end(&inside, "has signers") &&
           at_end(data, "unknown field");
}

bool pkcs7_parse(const uint8_t *der, size_t size, struct pkcs7_certificates *certificates,
                 struct pp_error *error) {
    struct pkcs7_certificates list = {0};
    struct cursor content;
    struct cursor wrapper;
    struct cursor data;
    struct cursor cursor = {.start = der, .next = unconst(der), .end = der + size, .error = error};
    if (size > IDENTITY_CHAIN_DER_MAX)
        return pp_fail(error, PP_E_LIMIT, "PKCS#7 message: larger than %d bytes", IDENTITY_CHAIN_DER_MAX);
    if (!enter(&cursor, SEQUENCE, "not a message", &content) ||
        !at_end(&cursor, "bytes behind the message") ||
        !take_oid(&content, oid_signed_data, sizeof oid_signed_data, "not of type signed data") ||
        !enter(&content, CONTEXT(0), "no signed data", &wrapper) || !at_end(&content, "unknown field") ||
        !enter(&wrapper, SEQUENCE, "no signed data", &data) || !at_end(&wrapper, "unknown field") ||
        !take_signed_data(&data, &list))
        return false;
    *certificates = list;
    return true;
}
