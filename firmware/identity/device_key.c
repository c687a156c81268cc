#include "identity/device_key.h"

#include <stdio.h>

#include "base/encode.h"
#include "crypto/jwk.h"

bool device_key_init(struct device_key *own, struct crypto_key *key, struct pp_error *error) {
    uint8_t mark[JWK_THUMBPRINT_SIZE];
    *own = (struct device_key){.key = key};
    if (!key || !crypto_key_public_point(key, own->point, error) || !jwk_thumbprint(own->point, mark, error))
        return false;
    pp_base64url_encode(mark, sizeof mark, own->thumbprint);
    snprintf(own->words, sizeof own->words, "%02x%02x %02x%02x %02x%02x %02x%02x", mark[0], mark[1], mark[2],
             mark[3], mark[4], mark[5], mark[6], mark[7]);
    return true;
}

void device_key_finish(struct device_key *own) {
    crypto_key_destroy(own->key);
    *own = (struct device_key){0};
}
