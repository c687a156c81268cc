/* P-256 by OpenSSL's libcrypto: its own code for this curve, which takes a fortieth of mbedTLS's time. Of what is
 * deprecated there, ECDSA_do_sign_ex is the one way to sign with a number that is not random, before 3.2. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/p256.h"

#ifdef PP_BULK_OPENSSL

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>

#include "crypto/hmac.h"

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

/* RFC 6979 §3.2, with HMAC-SHA-256: numbers that a key and a digest decide, one after the other. */
struct chosen {
    uint8_t key[BULK_SHA256_SIZE], value[BULK_SHA256_SIZE];
};

#define CHOSEN_MAX 8 /* numbers that are tried: of 2^32 about one does not do */

/* K = HMAC(K, V || mark || more), V = HMAC(K, V). */
static bool chosen_stir(struct chosen *chosen, uint8_t mark, const uint8_t *more, size_t size) {
    uint8_t text[BULK_SHA256_SIZE + 1 + 2 * BULK_P256_NUMBER_SIZE];
    memcpy(text, chosen->value, BULK_SHA256_SIZE);
    text[BULK_SHA256_SIZE] = mark;
    if (size)
        memcpy(text + BULK_SHA256_SIZE + 1, more, size);
    bool ok = crypto_hmac_sha256(chosen->key, sizeof chosen->key, text, BULK_SHA256_SIZE + 1 + size,
                                 chosen->key, NULL) &&
              crypto_hmac_sha256(chosen->key, sizeof chosen->key, chosen->value, sizeof chosen->value,
                                 chosen->value, NULL);
    pp_wipe(text, sizeof text);
    return ok;
}

/* `digest` below the order, as §2.3.4 wants it. */
static bool chosen_begin(struct chosen *chosen, const struct work *work, const uint8_t *number,
                         const uint8_t *digest) {
    uint8_t both[2 * BULK_P256_NUMBER_SIZE];
    BIGNUM *hash = BN_bin2bn(digest, BULK_SHA256_SIZE, NULL);
    memset(chosen->value, 1, sizeof chosen->value);
    memset(chosen->key, 0, sizeof chosen->key);
    memcpy(both, number, BULK_P256_NUMBER_SIZE);
    bool ok =
        hash && BN_nnmod(hash, hash, EC_GROUP_get0_order(curve), work->numbers) == 1 &&
        BN_bn2binpad(hash, both + BULK_P256_NUMBER_SIZE, BULK_P256_NUMBER_SIZE) == BULK_P256_NUMBER_SIZE &&
        chosen_stir(chosen, 0, both, sizeof both) && chosen_stir(chosen, 1, both, sizeof both);
    pp_wipe(both, sizeof both);
    BN_free(hash);
    return ok;
}

/* The next number's inverse, and x of its point, for ECDSA; `again`: it was none of a key. */
static bool chosen_next(struct chosen *chosen, struct work *work, BIGNUM *inverse, BIGNUM *x, bool *again) {
    struct pp_error refused = {0};
    const BIGNUM *order = EC_GROUP_get0_order(curve);
    bool ok = crypto_hmac_sha256(chosen->key, sizeof chosen->key, chosen->value, sizeof chosen->value,
                                 chosen->value, NULL);
    if (!ok || !read_number(work, chosen->value, &refused)) {
        *again = ok && refused.code == PP_E_INVALID;
        return *again && chosen_stir(chosen, 0, NULL, 0);
    }
    BN_set_flags(inverse, BN_FLG_CONSTTIME);
    ok = EC_POINT_mul(curve, work->product, work->number, NULL, NULL, work->numbers) == 1 &&
         EC_POINT_get_affine_coordinates(curve, work->product, x, NULL, work->numbers) == 1 &&
         BN_nnmod(x, x, order, work->numbers) == 1 &&
         BN_mod_inverse(inverse, work->number, order, work->numbers);
    *again = ok && BN_is_zero(x);
    return ok && (!*again || chosen_stir(chosen, 0, NULL, 0));
}

/* s of a signature of 0 would want another number: it is refused, as no digest that anybody knows makes it. */
static bool sign_with(const uint8_t *number, const uint8_t *digest, const BIGNUM *inverse, const BIGNUM *x,
                      uint8_t *signature) {
    BIGNUM *private = BN_secure_new();
    EC_KEY *key = EC_KEY_new();
    ECDSA_SIG *made = NULL;
    if (private && key && BN_bin2bn(number, BULK_P256_NUMBER_SIZE, private) &&
        EC_KEY_set_group(key, curve) == 1 && EC_KEY_set_private_key(key, private) == 1)
        made = ECDSA_do_sign_ex(digest, BULK_SHA256_SIZE, inverse, x, key);
    bool ok =
        made &&
        BN_bn2binpad(ECDSA_SIG_get0_r(made), signature, BULK_P256_NUMBER_SIZE) == BULK_P256_NUMBER_SIZE &&
        BN_bn2binpad(ECDSA_SIG_get0_s(made), signature + BULK_P256_NUMBER_SIZE, BULK_P256_NUMBER_SIZE) ==
            BULK_P256_NUMBER_SIZE;
    ECDSA_SIG_free(made);
    EC_KEY_free(key); /* wipes */
    BN_clear_free(private);
    return ok;
}

static bool sign(struct work *work, const uint8_t *number, const uint8_t *digest, uint8_t *signature) {
    struct chosen chosen;
    BIGNUM *inverse = BN_secure_new();
    BIGNUM *x = BN_new();
    bool again = true;
    bool ok = inverse && x && chosen_begin(&chosen, work, number, digest);
    for (int i = 0; i < CHOSEN_MAX && ok && again; i++)
        ok = chosen_next(&chosen, work, inverse, x, &again);
    ok = ok && !again && sign_with(number, digest, inverse, x, signature);
    BN_free(x);
    BN_clear_free(inverse);
    pp_wipe(&chosen, sizeof chosen);
    return ok;
}

bool p256_openssl_sign(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t point[BULK_P256_POINT_SIZE],
                       const uint8_t digest[BULK_SHA256_SIZE], uint8_t signature[2 * BULK_P256_NUMBER_SIZE],
                       struct pp_error *error) {
    struct work work;
    (void)point;
    bool ok = work_init(&work, error) && read_number(&work, number, error) &&
              (sign(&work, number, digest, signature) || pp_fail(error, PP_E_STATE, "sign"));
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
