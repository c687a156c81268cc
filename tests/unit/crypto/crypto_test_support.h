/* What the tests of crypto share: cmocka, bytes from hex. */
#ifndef CRYPTO_TEST_SUPPORT_H
#define CRYPTO_TEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"

enum { TEST_BYTES_MAX = 1024 };

struct bytes {
    uint8_t data[TEST_BYTES_MAX];
    size_t size;
};

struct bytes from_hex(const char *hex);
void assert_is_hex(const void *data, size_t size, const char *hex);

/* Repeatable bytes that look random. */
void fill(uint8_t *data, size_t size, unsigned seed);

#endif
