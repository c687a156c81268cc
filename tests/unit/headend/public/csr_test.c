/* Certification requests: what proves that who asks holds the key. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <mbedtls/x509_csr.h>
#include <string.h>

#include "crypto/key_mbedtls.h"
#include "headend/public/csr.h"
#include "headend/public/der.h"

/* A request of a new key. */
static void make_request(struct crypto_key *key, struct pp_buf *der) {
    uint8_t room[CSR_MAX];
    mbedtls_x509write_csr request;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    assert_true(crypto_key_to_pk(key, &pk, NULL));
    mbedtls_x509write_csr_init(&request);
    mbedtls_x509write_csr_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&request, &pk);
    assert_int_equal(mbedtls_x509write_csr_set_subject_name(&request, "CN=test"), 0);
    int size = mbedtls_x509write_csr_der(&request, room, sizeof room, crypto_mbedtls_random, NULL);
    mbedtls_x509write_csr_free(&request);
    mbedtls_pk_free(&pk);
    assert_true(size > 0);
    assert_true(pp_buf_add(der, room + sizeof room - size, (size_t)size, NULL));
}

/* The same request with another signature, which follows the BIT STRING's head and its count of unused bits.
 */
static void with_signature(const struct pp_buf *der, const struct pp_buf *signature, struct pp_buf *out) {
    size_t old_size = 0;
    /* 30 81 LL; the signature's SEQUENCE is the last element, and its length ends with the request. */
    for (size_t at = der->size - 66; !old_size; at--) {
        if (der->data[at] == 0x30 && at + 2 + der->data[at + 1] == der->size && der->data[at - 1] == 0)
            old_size = der->size - at;
    }
    pp_autobuf struct pp_buf bits = PP_BUF_INIT(CSR_MAX);
    pp_autobuf struct pp_buf inside = PP_BUF_INIT(CSR_MAX);
    assert_true(pp_buf_add(&bits, "", 1, NULL) && pp_buf_add(&bits, signature->data, signature->size, NULL));
    size_t head = der->data[1] == 0x82 ? 4 : 3;
    assert_true(pp_buf_add(&inside, der->data + head, der->size - head - old_size - 3, NULL) &&
                der_add_buf(&inside, 0x03, &bits, NULL) && der_add_buf(out, 0x30, &inside, NULL));
}

static void request_with_a_signature_that_is_not_in_der_is_refused(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct csr csr;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CSR_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(NULL);
    make_request(key, &der);
    assert_true(csr_parse(der.data, der.size, &csr, &error));

    const uint8_t *info = der.data + (der.data[1] == 0x82 ? 4 : 3);
    size_t info_size = info[1] < 0x80 ? 2U + info[1] : info[1] == 0x81 ? 3U + info[2] : 4U + info[3];
    pp_autobuf struct pp_buf strict = PP_BUF_INIT(CSR_MAX);
    assert_true(crypto_key_sign(key, info, info_size, &strict, NULL));
    pp_autobuf struct pp_buf same = PP_BUF_INIT(CSR_MAX);
    with_signature(&der, &strict, &same);
    assert_true(csr_parse(same.data, same.size, &csr, &error)); /* so what is refused below is the form */

    pp_autobuf struct pp_buf lax = PP_BUF_INIT(CSR_MAX);
    uint8_t head[] = {0x30, 0x81, strict.data[1]}; /* a length in two bytes that fits in one */
    assert_true(pp_buf_add(&lax, head, sizeof head, NULL) &&
                pp_buf_add(&lax, strict.data + 2, strict.size - 2, NULL));
    pp_autobuf struct pp_buf changed = PP_BUF_INIT(CSR_MAX);
    with_signature(&der, &lax, &changed);
    assert_false(csr_parse(changed.data, changed.size, &csr, &error));
    assert_string_equal(error.message, "certification request: the signature is not valid");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_with_a_signature_that_is_not_in_der_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
