#include <string.h>

#include "crypto/public_numbers.h"
#include "tpm/tpm_internal.h"

#define OBJECT_HERE (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_NODA)
#define OBJECT_KEY  (OBJECT_HERE | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH)

/* What is set for the name of an RSA key to be the one that others reckon: 0 stands for it. */
#define RSA_EXPONENT_DEFAULT 65537

static void begin(TPM2B_PUBLIC *area, TPMI_ALG_PUBLIC type, TPMA_OBJECT attributes) {
    *area = (TPM2B_PUBLIC){
        .publicArea = {.type = type, .nameAlg = TPM2_ALG_SHA256, .objectAttributes = attributes}};
}

static void begin_ecc(TPM2B_PUBLIC *area, TPMA_OBJECT attributes) {
    begin(area, TPM2_ALG_ECC, attributes);
    area->publicArea.parameters.eccDetail = (TPMS_ECC_PARMS){.symmetric.algorithm = TPM2_ALG_NULL,
                                                             .scheme.scheme = TPM2_ALG_NULL,
                                                             .curveID = TPM2_ECC_NIST_P256,
                                                             .kdf.scheme = TPM2_ALG_NULL};
}

void tpm_template_primary(TPM2B_PUBLIC *area) {
    begin_ecc(area, OBJECT_KEY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT);
    area->publicArea.parameters.eccDetail.symmetric =
        (TPMT_SYM_DEF_OBJECT){.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
}

void tpm_template_key(enum tpm_key_kind kind, TPM2B_PUBLIC *area) {
    begin_ecc(area, OBJECT_KEY | (kind == TPM_KEY_SIGN ? TPMA_OBJECT_SIGN_ENCRYPT : TPMA_OBJECT_DECRYPT));
}

void tpm_template_sealed(const TPM2B_DIGEST *policy, TPM2B_PUBLIC *area) {
    begin(area, TPM2_ALG_KEYEDHASH, OBJECT_HERE | (policy ? 0 : TPMA_OBJECT_USERWITHAUTH));
    area->publicArea.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
    if (policy)
        area->publicArea.authPolicy = *policy;
}

bool tpm_template_policy_key(const void *spki, size_t size, TPM2B_PUBLIC *area, struct pp_error *error) {
    struct public_numbers numbers;
    if (!public_numbers_read(spki, size, &numbers, error))
        return pp_wrap(error, "policy key");
    TPMA_OBJECT attributes = TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
    if (!numbers.rsa) {
        TPMS_ECC_POINT *point = &area->publicArea.unique.ecc;
        begin_ecc(area, attributes);
        point->x.size = point->y.size = CRYPTO_SECRET_SIZE;
        memcpy(point->x.buffer, numbers.point + 1, CRYPTO_SECRET_SIZE);
        memcpy(point->y.buffer, numbers.point + 1 + CRYPTO_SECRET_SIZE, CRYPTO_SECRET_SIZE);
        return true;
    }
    begin(area, TPM2_ALG_RSA, attributes);
    area->publicArea.parameters.rsaDetail =
        (TPMS_RSA_PARMS){.symmetric.algorithm = TPM2_ALG_NULL,
                         .scheme.scheme = TPM2_ALG_NULL,
                         .keyBits = (TPMI_RSA_KEY_BITS)(numbers.modulus_size * 8),
                         .exponent = numbers.exponent == RSA_EXPONENT_DEFAULT ? 0 : numbers.exponent};
    area->publicArea.unique.rsa.size = (UINT16)numbers.modulus_size;
    memcpy(area->publicArea.unique.rsa.buffer, numbers.modulus, numbers.modulus_size);
    return true;
}

bool tpm_template_fits(const TPM2B_PUBLIC *area, const TPM2B_PUBLIC *expected) {
    const TPMT_PUBLIC *one = &area->publicArea;
    const TPMT_PUBLIC *other = &expected->publicArea;
    return one->type == other->type && one->nameAlg == other->nameAlg &&
           one->objectAttributes == other->objectAttributes &&
           (one->type != TPM2_ALG_ECC ||
            one->parameters.eccDetail.curveID == other->parameters.eccDetail.curveID);
}
