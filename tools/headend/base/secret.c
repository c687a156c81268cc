#include "headend/base/secret.h"

#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "crypto/bulk.h"
#include "crypto/random.h"

#define SECRET_HASHED_MAX 1024 /* bytes */

bool secret_make(char text[SECRET_TEXT_SIZE], struct pp_error *error) {
    uint8_t bytes[32];
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    pp_base64url_encode(bytes, sizeof bytes, text);
    pp_wipe(bytes, sizeof bytes);
    return true;
}

bool secret_hash(const char *purpose, const char *text, uint8_t hash[SECRET_HASH_SIZE],
                 struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(SECRET_HASHED_MAX);
    return pp_buf_addf(&data, error, "pingplay/%s", purpose) && pp_buf_add(&data, "", 1, error) &&
           pp_buf_add_text(&data, text, error) && crypto_sha256(data.data, data.size, hash, error);
}

bool uuid_make(char text[UUID_TEXT_SIZE], struct pp_error *error) {
    uint8_t bytes[16];
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    char hex[PP_HEX_SIZE(sizeof bytes)];
    pp_hex_encode(bytes, sizeof bytes, hex);
    snprintf(text, UUID_TEXT_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return true;
}

bool uuid_valid(const char *text) {
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != sizeof shape - 1)
        return false;
    for (size_t i = 0; shape[i]; i++) {
        if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
            return false;
    }
    return true;
}
