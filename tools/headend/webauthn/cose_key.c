#include "headend/webauthn/cose_key.h"

#include <string.h>

/* Labels of the key's map (RFC 9052 §7.1, RFC 9053 §7, RFC 8230 §4), and values. */
enum { LABEL_TYPE = 1, LABEL_ALGORITHM = 3, TYPE_OKP = 1, TYPE_EC2 = 2, TYPE_RSA = 3 };
enum { CURVE_P256 = 1, CURVE_ED25519 = 6 };
enum { LABEL_CURVE = -1, LABEL_X = -2, LABEL_Y = -3, LABEL_N = -1, LABEL_E = -2 };

static bool strange(struct pp_error *error) {
    return pp_fail(error, PP_E_INVALID, "credential key: not as its algorithm wants it");
}

/* A label, and a number behind it. Keys of the map stand in one order (CTAP2's canonical form), so that each is where
 * it is looked for. */
static bool number_is(struct cbor *cbor, int64_t label, int64_t expected, struct pp_error *error) {
    int64_t found = 0;
    int64_t value = 0;
    if (!cbor_integer(cbor, &found, error) || !cbor_integer(cbor, &value, error))
        return false;
    return found == label && value == expected ? true : strange(error);
}

static bool bytes_read(struct cbor *cbor, int64_t label, uint8_t *out, size_t size, struct pp_error *error) {
    int64_t found = 0;
    struct cbor_item item;
    if (!cbor_integer(cbor, &found, error) || !cbor_take(cbor, CBOR_BYTES, &item, error))
        return false;
    if (found != label || item.value != size)
        return strange(error);
    memcpy(out, item.data, size);
    return true;
}

static bool es256_read(struct cbor *cbor, struct cose_key *key, struct pp_error *error) {
    return number_is(cbor, LABEL_CURVE, CURVE_P256, error) &&
           bytes_read(cbor, LABEL_X, key->point, 32, error) &&
           bytes_read(cbor, LABEL_Y, key->point + 32, 32, error);
}

static bool eddsa_read(struct cbor *cbor, struct cose_key *key, struct pp_error *error) {
    return number_is(cbor, LABEL_CURVE, CURVE_ED25519, error) &&
           bytes_read(cbor, LABEL_X, key->ed25519, sizeof key->ed25519, error);
}

static bool rs256_read(struct cbor *cbor, struct cose_key *key, struct pp_error *error) {
    return bytes_read(cbor, LABEL_N, key->rsa.n, sizeof key->rsa.n, error) &&
           bytes_read(cbor, LABEL_E, key->rsa.e, sizeof key->rsa.e, error);
}

static const struct {
    int64_t type, algorithm;
    uint64_t pairs;
    bool (*read)(struct cbor *cbor, struct cose_key *key, struct pp_error *error);
} kinds[] = {
    {TYPE_EC2, COSE_KEY_ES256, 5, es256_read},
    {TYPE_OKP, COSE_KEY_EDDSA, 4, eddsa_read},
    {TYPE_RSA, COSE_KEY_RS256, 4, rs256_read},
};

bool cose_key_read(struct cbor *cbor, struct cose_key *key, struct pp_error *error) {
    struct cbor_item map;
    int64_t type_label = 0;
    int64_t type = 0;
    int64_t algorithm_label = 0;
    int64_t algorithm = 0;
    if (!cbor_take(cbor, CBOR_MAP, &map, error) || !cbor_integer(cbor, &type_label, error) ||
        !cbor_integer(cbor, &type, error) || !cbor_integer(cbor, &algorithm_label, error) ||
        !cbor_integer(cbor, &algorithm, error))
        return false;
    if (type_label != LABEL_TYPE || algorithm_label != LABEL_ALGORITHM)
        return strange(error);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].algorithm != algorithm)
            continue;
        key->algorithm = (enum cose_algorithm)algorithm;
        if (kinds[i].type != type || kinds[i].pairs != map.value)
            return strange(error);
        return kinds[i].read(cbor, key, error);
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "credential key: algorithm %lld is not one that was asked for",
                   (long long)algorithm);
}
