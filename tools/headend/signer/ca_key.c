#include "headend/signer/ca_key.h"

#include "base/encode.h"
#include "headend/public/ca_file.h"
#include "headend/public/certificate.h"

void ca_key_path(const uint8_t sha256[CA_HASH_SIZE], char path[CA_KEY_PATH_MAX]) {
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    pp_hex_encode(sha256, CA_HASH_SIZE, hex);
    snprintf(path, CA_KEY_PATH_MAX, HOME_AUTHORITY_KEYS "/%s.pem", hex);
}

struct crypto_key *ca_key_read(const struct home *home, const uint8_t sha256[CA_HASH_SIZE],
                               struct pp_error *error) {
    char path[CA_KEY_PATH_MAX] = HOME_CA_KEY;
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (ca_file_exists(home))
        ca_key_path(sha256, path);
    struct crypto_key *key = pp_file_read(home->fd, path, &secret, error)
                                 ? crypto_key_load_pem(secret.data, secret.size, error)
                                 : NULL;
    if (!key)
        pp_wrap(error, "%s", path);
    return key;
}

bool ca_key_write(const struct home *home, const uint8_t sha256[CA_HASH_SIZE], const struct crypto_key *key,
                  struct pp_error *error) {
    char path[CA_KEY_PATH_MAX];
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    ca_key_path(sha256, path);
    return pp_dir_make(home->fd, HOME_AUTHORITY_KEYS, 0700, error) &&
           crypto_key_save_pem(key, &secret, error) &&
           pp_file_replace(home->fd, path, secret.data, secret.size, 0600, error);
}

/* While the authorities are changed, files of before and after may be read. */
struct crypto_key *ca_issuing_key(const struct home *home, const struct ca *ca, struct pp_error *error) {
    struct certificate_facts facts;
    uint8_t point[CRYPTO_POINT_SIZE];
    const struct authority *newest = &ca->authorities[0];
    PP_AUTO(crypto_key) struct crypto_key *key = ca_key_read(home, newest->sha256, error);
    if (!key || !crypto_key_public_point(key, point, error) ||
        !certificate_read(newest->der.data, newest->der.size, &facts, error))
        return NULL;
    if (memcmp(point, facts.point, sizeof point) == 0)
        return pp_steal(&key);
    pp_fail(error, PP_E_INVALID, "the authority's key is not its certificate's");
    return NULL;
}
