#include "jose_test_support.h"

#include <fcntl.h>
#include <string.h>

#include "base/encode.h"
#include "base/file.h"

/* A SEC 1 document (RFC 5915) around the number, without the public half. */
struct crypto_key *key_of_number(const char *d) {
    uint8_t der[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20, [39] = 0xa0, 0x0a, 0x06,
                     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01,        0x07};
    assert_true(pp_base64url_decode_exact(d, der + 7, 32, NULL));
    struct crypto_key *key = crypto_key_load_der(der, sizeof der, NULL);
    assert_non_null(key);
    return key;
}

struct crypto_public *public_of(const struct crypto_key *key) {
    uint8_t point[CRYPTO_POINT_SIZE];
    assert_true(crypto_key_public_point(key, point, NULL));
    struct crypto_public *public = crypto_public_load_point(point, NULL);
    assert_non_null(public);
    return public;
}

void add_part(struct pp_buf *token, const void *data, size_t size) {
    assert_true(!token->size || pp_buf_add(token, ".", 1, NULL));
    uint8_t *place = pp_buf_reserve(token, PP_BASE64_SIZE(size), NULL);
    assert_non_null(place);
    pp_base64url_encode(data, size, (char *)place);
    token->size += strlen((char *)place);
}

void read_vectors(const char *name, struct pp_buf *text) {
    char path[512];
    snprintf(path, sizeof path, PP_TEST_DATA "/wycheproof/%s.txt", name);
    assert_true(pp_file_read(AT_FDCWD, path, text, NULL));
}

char *next_line(char **rest) {
    char *line = strtok_r(NULL, "\n", rest);
    return line && *line == '#' ? next_line(rest) : line;
}

/* The token with `with` in the place of `count` of its characters. */
static void call_changed(const struct pp_buf *token, size_t at, size_t count, const char *with,
                         changed_token *call, void *arg) {
    struct pp_buf changed pp_autobuf = PP_BUF_INIT(TEST_TOKEN_MAX);
    assert_true(pp_buf_add(&changed, token->data, at, NULL) && pp_buf_add_text(&changed, with, NULL) &&
                pp_buf_add(&changed, token->data + at + count, token->size - at - count, NULL));
    call(arg, (const char *)changed.data, changed.size);
}

void change_each_character(const struct pp_buf *token, changed_token *call, void *arg) {
    static const char *const others[] = {"A", "B", "Q", "_", "=", ".", "\n", "\xc3"};
    for (size_t i = 0; i < token->size; i++) {
        const char twice[] = {(char)token->data[i], (char)token->data[i], 0};
        const char other_bit[] = {(char)(token->data[i] ^ 1), 0};
        call_changed(token, i, 1, "", call, arg);
        call_changed(token, i, 1, twice, call, arg);
        call_changed(token, i, 1, other_bit, call, arg);
        const char *other = others[i % PP_COUNT(others)];
        call_changed(token, i, 1, other[0] == twice[0] ? "-" : other, call, arg);
        call_changed(token, i, 0, other, call, arg);
    }
    call_changed(token, token->size, 0, "A", call, arg);
    call_changed(token, token->size, 0, ".", call, arg);
    call_changed(token, token->size, 0, "\n", call, arg);
}
