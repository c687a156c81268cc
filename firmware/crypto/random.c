#include "crypto/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

bool crypto_random(void *out, size_t size, struct pp_error *error) {
    uint8_t *bytes = out;
    while (size) {
        ssize_t got = getrandom(bytes, size, 0);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            return pp_fail_errno(error, "getrandom");
        }
        bytes += got;
        size -= (size_t)got;
    }
    return true;
}

bool crypto_equal(const void *a, const void *b, size_t size) {
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    unsigned difference = 0;
    for (size_t i = 0; i < size; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}
