/* Random bytes from the kernel, and comparison that takes the same time whatever differs. */
#ifndef PP_CRYPTO_RANDOM_H
#define PP_CRYPTO_RANDOM_H

#include <stddef.h>

#include "base/error.h"

/* `size` bytes from getrandom(2); blocks only until the kernel's generator was seeded at boot. */
PP_MUST_USE bool crypto_random(void *out, size_t size, struct pp_error *error);

/* Whether both hold the same `size` bytes; for tags, hashes of secrets, cookies. */
bool crypto_equal(const void *a, const void *b, size_t size);

#endif
