/* The code that a screen shows and a person types (RFC 8628 §6.1): eight consonants, shown as BCDF-GHJK. */
#ifndef HEADEND_BASE_USER_CODE_H
#define HEADEND_BASE_USER_CODE_H

#include <stdint.h>

#include "base/error.h"

#define USER_CODE_ALPHABET "BCDFGHJKLMNPQRSTVWXZ"
#define USER_CODE_LENGTH   8
#define USER_CODE_SIZE     (USER_CODE_LENGTH + 2) /* bytes, with the dash and the NUL */

PP_MUST_USE bool user_code_make(char code[USER_CODE_SIZE], struct pp_error *error);
/* What a person typed, in the form above: case, spaces and dashes do not matter. False where it cannot be
 * one. */
bool user_code_read(const char *typed, char code[USER_CODE_SIZE]);
/* What is kept of it: SHA-256. */
PP_MUST_USE bool user_code_hash(const char code[USER_CODE_SIZE], uint8_t hash[32], struct pp_error *error);

#endif
