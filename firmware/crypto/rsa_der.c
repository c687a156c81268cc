#include "crypto/rsa_der.h"

#define TAG_INTEGER    0x02
#define TAG_BIT_STRING 0x03
#define TAG_SEQUENCE   0x30

/* rsaEncryption (RFC 8017 §A.1), with the NULL that it needs. */
static const uint8_t algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                    0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

/* Tag and length (X.690 §8.1, the shortest form), of less than 64 KiB. */
static bool add_head(struct pp_buf *der, uint8_t tag, size_t size, struct pp_error *error) {
    uint8_t head[4] = {tag};
    size_t length = 2;
    if (size < 0x80) {
        head[1] = (uint8_t)size;
    } else if (size < 0x100) {
        head[1] = 0x81;
        head[2] = (uint8_t)size;
        length = 3;
    } else {
        head[1] = 0x82;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        length = 4;
    }
    return pp_buf_add(der, head, length, error);
}

/* A positive one: a zero before it where its first bit is set. */
static bool add_integer(struct pp_buf *der, const uint8_t *number, size_t size, struct pp_error *error) {
    size_t zero = number[0] >> 7;
    return add_head(der, TAG_INTEGER, size + zero, error) && pp_buf_add(der, "", zero, error) &&
           pp_buf_add(der, number, size, error);
}

static bool check_number(const uint8_t *number, size_t size, size_t max, struct pp_error *error) {
    if (size > max)
        return pp_fail(error, PP_E_LIMIT, "RSA key: a number of more than %zu bytes", max);
    return (size && number[0]) || pp_fail(error, PP_E_INVALID, "RSA key: a number with zeros before it");
}

bool rsa_der(const uint8_t *modulus, size_t modulus_size, const uint8_t *exponent, size_t exponent_size,
             struct pp_buf *der, struct pp_error *error) {
    pp_autobuf struct pp_buf numbers = PP_BUF_INIT(RSA_MODULUS_MAX + 64);
    pp_autobuf struct pp_buf key = PP_BUF_INIT(RSA_MODULUS_MAX + 64);
    if (!check_number(modulus, modulus_size, RSA_MODULUS_MAX, error) ||
        !check_number(exponent, exponent_size, RSA_EXPONENT_MAX, error))
        return false;
    if (!add_integer(&numbers, modulus, modulus_size, error) ||
        !add_integer(&numbers, exponent, exponent_size, error) ||
        !add_head(&key, TAG_SEQUENCE, numbers.size, error) ||
        !pp_buf_add(&key, numbers.data, numbers.size, error))
        return false;
    size_t bits = key.size + 1; /* none of the last byte is unused */
    size_t bits_head = bits < 0x80 ? 2 : bits < 0x100 ? 3 : 4;
    return add_head(der, TAG_SEQUENCE, sizeof algorithm + bits_head + bits, error) &&
           pp_buf_add(der, algorithm, sizeof algorithm, error) &&
           add_head(der, TAG_BIT_STRING, bits, error) && pp_buf_add(der, "", 1, error) &&
           pp_buf_add(der, key.data, key.size, error);
}
