/* From an EST answer's message to what is read of its certificates, without signatures. */
#include "identity/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pkcs7_certificates list;
    struct chain_facts facts;
    struct pp_error left_out = {0};
    static const uint8_t point[CRYPTO_POINT_SIZE] = {4};
    if (!pkcs7_parse(data, size, &list, NULL))
        return 0;
    chain_autocrt mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    (void)!chain_from_list(&list, point, &crt, &left_out, NULL);
    chain_autocrt mbedtls_x509_crt first;
    mbedtls_x509_crt_init(&first);
    if (mbedtls_x509_crt_parse_der(&first, list.items[0].der, list.items[0].size) == 0)
        (void)!chain_facts(&first, &facts, NULL);
    return 0;
}
