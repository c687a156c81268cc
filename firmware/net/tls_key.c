/* EC_KEY_METHOD is the one way to a key that is elsewhere which libssl of OpenSSL 3 takes without a provider of
 * one's own; it is deprecated there, and part of all of 3.x. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "net/tls_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "crypto/pem.h"

#define HALF (CRYPTO_SIGNATURE_RAW_SIZE / 2)

/* RFC 5915: version 1, the number (32), prime256v1, the point (65). */
#define DOCUMENT_NUMBER_AT 7
#define DOCUMENT_POINT_AT  56
#define DOCUMENT_SIZE      (DOCUMENT_POINT_AT + CRYPTO_POINT_SIZE)

/* How a key of OpenSSL's is ours: one for the process, as OpenSSL's own methods are, made once and never changed. */
static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static EC_KEY_METHOD *method;
static int method_slot; /* of an EC_KEY's extra data, where its struct crypto_key is */

static ECDSA_SIG *sign_parts(const unsigned char *digest, int size, const BIGNUM *kinv, const BIGNUM *r,
                             EC_KEY *ec) {
    uint8_t raw[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_error error = {0};
    const struct crypto_key *key = EC_KEY_get_ex_data(ec, method_slot);
    (void)kinv, (void)r;
    if (!key || size != CRYPTO_DIGEST_SIZE || !crypto_key_sign_digest(key, digest, raw, &error)) {
        pp_log_warning("the key cannot sign a handshake: %s", key ? error.message : "it is gone");
        return NULL;
    }
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *numbers[2] = {BN_bin2bn(raw, HALF, NULL), BN_bin2bn(raw + HALF, HALF, NULL)};
    if (signature && numbers[0] && numbers[1] && ECDSA_SIG_set0(signature, numbers[0], numbers[1]) == 1)
        return signature;
    BN_free(numbers[0]);
    BN_free(numbers[1]);
    ECDSA_SIG_free(signature);
    return NULL;
}

static int sign_der(int type, const unsigned char *digest, int size, unsigned char *out, unsigned *out_size,
                    const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec) {
    (void)type;
    ECDSA_SIG *signature = sign_parts(digest, size, kinv, r, ec);
    int written = signature ? i2d_ECDSA_SIG(signature, &out) : 0;
    ECDSA_SIG_free(signature);
    if (written <= 0)
        return 0;
    *out_size = (unsigned)written;
    return 1;
}

static void free_key(void *parent, void *key, CRYPTO_EX_DATA *data, int slot, long argl, void *argp) {
    (void)parent, (void)data, (void)slot, (void)argl, (void)argp;
    crypto_key_destroy(key);
}

static void make_method(void) {
    int (*sign_setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **) = NULL;
    method_slot = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, free_key);
    EC_KEY_METHOD *made = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    if (!made || method_slot < 0)
        return;
    EC_KEY_METHOD_get_sign(made, NULL, &sign_setup, NULL);
    EC_KEY_METHOD_set_sign(made, sign_der, sign_setup, sign_parts);
    method = made;
}

static bool set_point(EC_KEY *ec, const struct crypto_key *key) {
    uint8_t point[CRYPTO_POINT_SIZE];
    return crypto_key_public_point(key, point, NULL) && EC_KEY_oct2key(ec, point, sizeof point, NULL) == 1;
}

EVP_PKEY *net_tls_key_create(struct crypto_key *key, struct pp_error *error) {
    pthread_once(&method_once, make_method);
    EC_KEY *ec = method ? EC_KEY_new_by_curve_name(NID_X9_62_prime256v1) : NULL;
    EVP_PKEY *made = EVP_PKEY_new();
    /* The method first: what OpenSSL has once taken for its own it copies to a provider. */
    bool ok = ec && made && EC_KEY_set_method(ec, method) == 1 && set_point(ec, key);
    if (ok && EC_KEY_set_ex_data(ec, method_slot, key) == 1)
        crypto_key_ref(key);
    else
        ok = false;
    if (ok && EVP_PKEY_assign_EC_KEY(made, ec) == 1)
        return made;
    EC_KEY_free(ec);
    EVP_PKEY_free(made);
    ERR_clear_error();
    pp_fail(error, PP_E_NOMEM, "the client's key cannot be handed to OpenSSL");
    return NULL;
}

char *net_tls_key_document(const struct crypto_key *key, struct pp_error *error) {
    static const uint8_t form[DOCUMENT_SIZE] = {
        0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20, [DOCUMENT_NUMBER_AT + 31] = 1,
        0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
        0x3d, 0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42,
        0x00};
    uint8_t der[DOCUMENT_SIZE];
    char *text = NULL;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    memcpy(der, form, sizeof der);
    if (!crypto_key_public_point(key, der + DOCUMENT_POINT_AT, error) ||
        !pem_encode("EC PRIVATE KEY", der, sizeof der, &pem, error) ||
        !pp_text_copy(&text, pp_buf_text(&pem), error))
        return NULL;
    return text;
}

bool net_tls_key_use(SSL_CTX *context, EVP_PKEY *key) {
    char algorithms[] = "ECDSA+SHA256"; /* OpenSSL's macro takes no constant */
    return SSL_CTX_set1_client_sigalgs_list(context, algorithms) == 1 &&
           SSL_CTX_use_PrivateKey(context, key) == 1 && SSL_CTX_check_private_key(context) == 1;
}
