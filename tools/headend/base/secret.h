/* Random secrets that this server hands out and of which it keeps only a hash: device codes, tokens, cookies.
 */
#ifndef HEADEND_BASE_SECRET_H
#define HEADEND_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define SECRET_TEXT_SIZE 44 /* bytes: base64url of 32, and the NUL */
#define SECRET_HASH_SIZE 32 /* bytes */
#define UUID_TEXT_SIZE   37 /* bytes with the NUL */

/* 256 random bits as base64url. */
PP_MUST_USE bool secret_make(char text[SECRET_TEXT_SIZE], struct pp_error *error);

/* SHA-256 of "pingplay/" ‖ purpose ‖ NUL ‖ text: a hash kept for one purpose is of no use for another. */
PP_MUST_USE bool secret_hash(const char *purpose, const char *text, uint8_t hash[SECRET_HASH_SIZE],
                             struct pp_error *error);

/* A random UUID (RFC 9562 §5.4). */
PP_MUST_USE bool uuid_make(char text[UUID_TEXT_SIZE], struct pp_error *error);
/* 8-4-4-4-12 lower-case hex digits. */
bool uuid_valid(const char *text);

#endif
