/* P-256 by OpenSSL's libcrypto: its own code for this curve, which takes a fortieth of mbedTLS's time. */
#include "crypto/p256.h"

#ifdef PP_BULK_OPENSSL

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <pthread.h>

/* The curve is the same for all, and only read. */
static pthread_once_t curve_once = PTHREAD_ONCE_INIT;
static EC_GROUP *curve;

static void curve_make(void) {
    curve = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
}

/* What one calculation needs; all of it is wiped. */
struct work {
    BN_CTX *numbers;
    BIGNUM *number; /* the private one */
    EC_POINT *peer, *product;
};

static void work_finish(struct work *work) {
    EC_POINT_clear_free(work->product); /* each accepts NULL */
    EC_POINT_clear_free(work->peer);
    BN_clear_free(work->number);
    BN_CTX_free(work->numbers);
    ERR_clear_error();
}

static bool work_init(struct work *work, struct pp_error *error) {
    pthread_once(&curve_once, curve_make);
    *work = (struct work){.numbers = BN_CTX_secure_new(), .number = BN_secure_new()};
    if (curve) {
        work->peer = EC_POINT_new(curve);
        work->product = EC_POINT_new(curve);
    }
    return (work->numbers && work->number && work->peer && work->product) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool read_number(struct work *work, const uint8_t *number, struct pp_error *error) {
    if (!BN_bin2bn(number, BULK_P256_NUMBER_SIZE, work->number))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    BN_set_flags(work->number, BN_FLG_CONSTTIME);
    return (!BN_is_zero(work->number) && BN_cmp(work->number, EC_GROUP_get0_order(curve)) < 0) ||
           pp_fail(error, PP_E_INVALID, "not a private number of P-256");
}

/* Whether its coordinates are below the prime and on the curve, libcrypto looks at itself. */
static bool read_peer(struct work *work, const uint8_t *point, struct pp_error *error) {
    return EC_POINT_oct2point(curve, work->peer, point, BULK_P256_POINT_SIZE, work->numbers) == 1 ||
           pp_fail(error, PP_E_INVALID, "not a point of P-256");
}

bool p256_openssl_public(const uint8_t number[BULK_P256_NUMBER_SIZE], uint8_t point[BULK_P256_POINT_SIZE],
                         struct pp_error *error) {
    struct work work;
    bool ok = work_init(&work, error) && read_number(&work, number, error);
    if (ok && (EC_POINT_mul(curve, work.product, work.number, NULL, NULL, work.numbers) != 1 ||
               EC_POINT_point2oct(curve, work.product, POINT_CONVERSION_UNCOMPRESSED, point,
                                  BULK_P256_POINT_SIZE, work.numbers) != BULK_P256_POINT_SIZE))
        ok = pp_fail(error, PP_E_STATE, "the point of a key");
    work_finish(&work);
    return ok;
}

bool p256_openssl_check(const uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error) {
    struct work work;
    bool ok = work_init(&work, error) && read_peer(&work, point, error);
    work_finish(&work);
    return ok;
}

static bool multiply(struct work *work, uint8_t secret[BULK_P256_NUMBER_SIZE]) {
    BIGNUM *x = BN_secure_new();
    bool ok = x && EC_POINT_mul(curve, work->product, NULL, work->peer, work->number, work->numbers) == 1 &&
              EC_POINT_get_affine_coordinates(curve, work->product, x, NULL, work->numbers) == 1 &&
              BN_bn2binpad(x, secret, BULK_P256_NUMBER_SIZE) == BULK_P256_NUMBER_SIZE;
    BN_clear_free(x);
    return ok;
}

bool p256_openssl_agree(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t peer[BULK_P256_POINT_SIZE],
                        uint8_t secret[BULK_P256_NUMBER_SIZE], struct pp_error *error) {
    struct work work;
    bool ok = work_init(&work, error) && read_peer(&work, peer, error) && read_number(&work, number, error) &&
              (multiply(&work, secret) || pp_fail(error, PP_E_STATE, "key agreement"));
    work_finish(&work);
    return ok;
}

static EVP_PKEY *public_key(const uint8_t point[BULK_P256_POINT_SIZE]) {
    EVP_PKEY *key = NULL;
    char name[] = SN_X9_62_prime256v1;
    uint8_t copy[BULK_P256_POINT_SIZE]; /* the array wants them writable */
    memcpy(copy, point, sizeof copy);
    OSSL_PARAM parts[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parts) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

bool p256_openssl_verify(const uint8_t point[BULK_P256_POINT_SIZE], const uint8_t digest[BULK_SHA256_SIZE],
                         const uint8_t *signature, size_t size, struct pp_error *error) {
    EVP_PKEY *key = public_key(point);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
    bool valid = context && EVP_PKEY_verify_init(context) == 1 &&
                 EVP_PKEY_verify(context, signature, size, digest, BULK_SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return valid || pp_fail(error, PP_E_AUTH, "the signature is not valid");
}

#else
typedef int p256_openssl_is_not_built;
#endif
