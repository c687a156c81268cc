/* What the tests of jose share: cmocka, keys by their private numbers, tokens made by hand, Wycheproof's files. */
#ifndef JOSE_TEST_SUPPORT_H
#define JOSE_TEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/verify.h"

#define TEST_TOKEN_MAX (1024 * 1024) /* bytes */

/* RFC 7515 §A.3, and RFC 7518 §C: "d" of each. */
#define RFC7515_A3_D    "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define RFC7518_ALICE_D "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"
#define RFC7518_BOB_D   "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"

/* The key of a JWK's "d". */
struct crypto_key *key_of_number(const char *d);
struct crypto_public *public_of(const struct crypto_key *key);

/* Appends base64url of a text or bytes, with a dot before it unless the token is empty. */
void add_part(struct pp_buf *token, const void *data, size_t size);

/* The next line of a file of tests/data/wycheproof that is no comment, cut in place; NULL at the end. */
char *next_line(char **rest);
void read_vectors(const char *name, struct pp_buf *text);

/* Calls back for the token with each of its characters changed, left out, doubled, and put in anew, one at a time. */
typedef void changed_token(void *arg, const char *token, size_t size);
void change_each_character(const struct pp_buf *token, changed_token *call, void *arg);

#endif
