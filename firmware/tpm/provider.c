/*
 * The TPM's device key for programs that know OpenSSL and nothing of us: wpa_supplicant, for 802.1X. An OpenSSL 3
 * provider, provider(7), which their configuration loads (board/network/openssl-tpm.cnf.in). It reads a file that
 * key_pem.h has written, as an EC key whose signatures the TPM makes; certificates and all other cryptography stay
 * OpenSSL's own.
 *
 * Of a key it offers what a TLS handshake takes: its public half, and ECDSA over SHA-256. The private half cannot be
 * exported, so that OpenSSL asks nobody else for a signature.
 */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/core_object.h>
#include <openssl/params.h>
#include <string.h>
#include <strings.h>

#include "crypto/key.h"
#include "tpm/key_pem.h"

#define PROPERTIES       "provider=pingplay"
#define GROUP            "prime256v1"
#define DIGEST           "SHA256"
#define SIGNED_MAX       (256 * 1024) /* bytes: of TLS 1.2 all of the handshake so far */
#define TCTI_MAX         256          /* bytes */

#define PROVIDER_VISIBLE __attribute__((visibility("default")))
#define FUNCTION(id, function)                                                                               \
    { (id), (void (*)(void))(function) }
#define END_OF_TABLE                                                                                         \
    { 0, NULL }

struct provider {
    OSSL_FUNC_BIO_read_ex_fn *bio_read;
    char tcti[TCTI_MAX];
};

/* A key of the TPM; or the public half of another one, which it is compared with. */
struct key {
    struct crypto_key *tpm; /* NULL: a public half alone */
    uint8_t point[CRYPTO_POINT_SIZE];
    bool has_point;
};

/* ---- Keys: provider-keymgmt(7) ---- */

static void *key_new(void *context) {
    (void)context;
    return calloc(1, sizeof(struct key));
}

static void key_free(void *data) {
    struct key *key = data;
    if (!key)
        return;
    crypto_key_destroy(key->tpm);
    free(key);
}

/* What the decoder below has made is the loader's now. */
static void *key_load(const void *reference, size_t size) {
    struct key *key = NULL;
    if (size != sizeof key)
        return NULL;
    memcpy(&key, reference, sizeof key);
    memset((void *)(uintptr_t)reference, 0, sizeof key);
    return key;
}

static int key_has(const void *data, int selection) {
    const struct key *key = data;
    return (!(selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) || key->tpm) &&
           (!(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) || key->has_point);
}

static int key_match(const void *one, const void *other, int selection) {
    const struct key *a = one, *b = other;
    (void)selection;
    return a->has_point && b->has_point && memcmp(a->point, b->point, sizeof a->point) == 0;
}

static int key_import(void *data, int selection, const OSSL_PARAM params[]) {
    struct key *key = data;
    const OSSL_PARAM *point = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PUB_KEY);
    const OSSL_PARAM *group = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
    bool fits = group && group->data_type == OSSL_PARAM_UTF8_STRING && group->data_size == strlen(GROUP) &&
                memcmp(group->data, GROUP, strlen(GROUP)) == 0;
    if (!(selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) || !fits || !point ||
        point->data_type != OSSL_PARAM_OCTET_STRING || point->data_size != sizeof key->point)
        return 0;
    memcpy(key->point, point->data, sizeof key->point);
    key->has_point = crypto_point_check(key->point, NULL);
    return key->has_point;
}

static const OSSL_PARAM *key_import_types(int selection) {
    static const OSSL_PARAM types[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
                                       OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
                                       OSSL_PARAM_END};
    return selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY ? types : NULL;
}

static int put_number(OSSL_PARAM params[], const char *name, int number) {
    OSSL_PARAM *param = OSSL_PARAM_locate(params, name);
    return !param || OSSL_PARAM_set_int(param, number);
}

static int put_text(OSSL_PARAM params[], const char *name, const char *text) {
    OSSL_PARAM *param = OSSL_PARAM_locate(params, name);
    return !param || OSSL_PARAM_set_utf8_string(param, text);
}

static int put_point(OSSL_PARAM params[], const char *name, const struct key *key) {
    OSSL_PARAM *param = OSSL_PARAM_locate(params, name);
    return !param || OSSL_PARAM_set_octet_string(param, key->point, sizeof key->point);
}

static int key_get_params(void *data, OSSL_PARAM params[]) {
    const struct key *key = data;
    return put_number(params, OSSL_PKEY_PARAM_BITS, 256) &&
           put_number(params, OSSL_PKEY_PARAM_SECURITY_BITS, 128) &&
           put_number(params, OSSL_PKEY_PARAM_MAX_SIZE, CRYPTO_SIGNATURE_MAX) &&
           put_text(params, OSSL_PKEY_PARAM_DEFAULT_DIGEST, DIGEST) &&
           put_text(params, OSSL_PKEY_PARAM_GROUP_NAME, GROUP) &&
           put_text(params, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") &&
           put_point(params, OSSL_PKEY_PARAM_PUB_KEY, key) &&
           put_point(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, key);
}

static const OSSL_PARAM *key_gettable(void *context) {
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
        OSSL_PARAM_END};
    (void)context;
    return list;
}

static const char *key_operation(int operation) {
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

/* ---- Signatures: provider-signature(7) ---- */

struct signing {
    const struct key *key; /* borrowed: OpenSSL has it for longer than this */
    struct pp_buf data;
};

static void *signing_new(void *context, const char *properties) {
    struct signing *signing = calloc(1, sizeof *signing);
    (void)context, (void)properties;
    if (signing)
        signing->data = PP_BUF_INIT(SIGNED_MAX);
    return signing;
}

static void signing_free(void *data) {
    struct signing *signing = data;
    if (!signing)
        return;
    pp_buf_finish(&signing->data);
    free(signing);
}

static int signing_init(void *data, const char *digest, void *key, const OSSL_PARAM params[]) {
    struct signing *signing = data;
    (void)params;
    if (key)
        signing->key = key;
    pp_buf_finish(&signing->data);
    return signing->key && signing->key->tpm &&
           (!digest || !*digest || strcasecmp(digest, DIGEST) == 0 || strcasecmp(digest, "SHA2-256") == 0);
}

static int signing_update(void *data, const unsigned char *bytes, size_t size) {
    struct signing *signing = data;
    return pp_buf_add(&signing->data, bytes, size, NULL);
}

static int sign(const struct signing *signing, const void *bytes, size_t size, unsigned char *signature,
                size_t *length, size_t room) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    *length = CRYPTO_SIGNATURE_MAX;
    if (!signature)
        return 1;
    if (!crypto_key_sign(signing->key->tpm, bytes, size, &der, NULL) || der.size > room)
        return 0;
    memcpy(signature, der.data, der.size);
    *length = der.size;
    return 1;
}

static int signing_final(void *data, unsigned char *signature, size_t *length, size_t room) {
    const struct signing *signing = data;
    return sign(signing, signing->data.data, signing->data.size, signature, length, room);
}

static int signing_once(void *data, unsigned char *signature, size_t *length, size_t room,
                        const unsigned char *bytes, size_t size) {
    return sign(data, bytes, size, signature, length, room);
}

/* ---- Files: provider-decoder(7) ---- */

static void *decoder_new(void *context) {
    return context;
}

static void decoder_free(void *context) {
    (void)context;
}

static bool read_all(const struct provider *provider, OSSL_CORE_BIO *file, struct pp_buf *text) {
    uint8_t chunk[1024];
    for (size_t got = 0; provider->bio_read(file, chunk, sizeof chunk, &got) && got;) {
        if (!pp_buf_add(text, chunk, got, NULL))
            return false;
    }
    return true;
}

static struct key *key_of(const struct provider *provider, const struct pp_buf *text) {
    struct key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    key->tpm = tpm_key_load_pem(provider->tcti, pp_buf_text(text), NULL);
    key->has_point = key->tpm && crypto_key_public_point(key->tpm, key->point, NULL);
    if (key->has_point)
        return key;
    key_free(key);
    return NULL;
}

/* 1 for what is none of ours: others may know it. */
static int decode(void *context, OSSL_CORE_BIO *file, int selection, OSSL_CALLBACK *found, void *found_arg,
                  OSSL_PASSPHRASE_CALLBACK *passphrase, void *passphrase_arg) {
    const struct provider *provider = context;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TPM_KEY_PEM_MAX);
    int type = OSSL_OBJECT_PKEY;
    char name[] = "EC";
    (void)selection, (void)passphrase, (void)passphrase_arg;
    if (!read_all(provider, file, &text) || !tpm_key_is_pem(pp_buf_text(&text)))
        return 1;
    struct key *key = key_of(provider, &text);
    if (!key)
        return 0;
    const OSSL_PARAM object[] = {OSSL_PARAM_int(OSSL_OBJECT_PARAM_TYPE, &type),
                                 OSSL_PARAM_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, name, sizeof name - 1),
                                 OSSL_PARAM_octet_string(OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof key),
                                 OSSL_PARAM_END};
    int taken = found(object, found_arg);
    key_free(key); /* NULL where it was loaded */
    return taken;
}

/* ---- The provider ---- */

static const OSSL_DISPATCH key_functions[] = {FUNCTION(OSSL_FUNC_KEYMGMT_NEW, key_new),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_FREE, key_free),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_LOAD, key_load),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_HAS, key_has),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, key_match),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, key_import),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, key_import_types),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, key_get_params),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, key_gettable),
                                              FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, key_operation),
                                              END_OF_TABLE};
static const OSSL_DISPATCH signature_functions[] = {
    FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, signing_new),
    FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, signing_free),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, signing_init),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, signing_update),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, signing_final),
    FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, signing_once),
    END_OF_TABLE};
static const OSSL_DISPATCH decoder_functions[] = {FUNCTION(OSSL_FUNC_DECODER_NEWCTX, decoder_new),
                                                  FUNCTION(OSSL_FUNC_DECODER_FREECTX, decoder_free),
                                                  FUNCTION(OSSL_FUNC_DECODER_DECODE, decode), END_OF_TABLE};

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache) {
    static const OSSL_ALGORITHM keys[] = {
        {"EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTIES, key_functions, NULL}, {NULL, NULL, NULL, NULL}};
    static const OSSL_ALGORITHM signatures[] = {{"ECDSA", PROPERTIES, signature_functions, NULL},
                                                {NULL, NULL, NULL, NULL}};
    static const OSSL_ALGORITHM decoders[] = {{"EC", PROPERTIES ",input=pem", decoder_functions, NULL},
                                              {NULL, NULL, NULL, NULL}};
    (void)context;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT     ? keys
           : operation == OSSL_OP_SIGNATURE ? signatures
           : operation == OSSL_OP_DECODER   ? decoders
                                            : NULL;
}

static void teardown(void *context) {
    free(context);
}

/* "tcti" of the section that names the provider; without it the kernel's resource manager. */
static void read_configuration(struct provider *provider, const OSSL_CORE_HANDLE *core,
                               OSSL_FUNC_core_get_params_fn *get_params) {
    char *tcti = NULL;
    OSSL_PARAM params[] = {OSSL_PARAM_utf8_ptr("tcti", &tcti, 0), OSSL_PARAM_END};
    if (get_params && get_params(core, params) && tcti && strlen(tcti) < sizeof provider->tcti)
        strcpy(provider->tcti, tcti);
}

PROVIDER_VISIBLE int OSSL_provider_init(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *in,
                                        const OSSL_DISPATCH **out, void **context) {
    static const OSSL_DISPATCH functions[] = {FUNCTION(OSSL_FUNC_PROVIDER_TEARDOWN, teardown),
                                              FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
                                              END_OF_TABLE};
    OSSL_FUNC_core_get_params_fn *get_params = NULL;
    struct provider *provider = calloc(1, sizeof *provider);
    if (!provider)
        return 0;
    for (; in->function_id; in++) {
        if (in->function_id == OSSL_FUNC_BIO_READ_EX)
            provider->bio_read = OSSL_FUNC_BIO_read_ex(in);
        else if (in->function_id == OSSL_FUNC_CORE_GET_PARAMS)
            get_params = OSSL_FUNC_core_get_params(in);
    }
    if (!provider->bio_read) {
        free(provider);
        return 0;
    }
    read_configuration(provider, core, get_params);
    *out = functions;
    *context = provider;
    return 1;
}
