/*
 * Signatures of PCR policies, in the JSON that systemd-measure(1) writes and a unified kernel image carries in its
 * section `.pcrsig` (at run time /run/systemd/tpm2-pcr-signature.json):
 *
 *   {"sha256": [{"pcrs": [11], "pkfp": HEX, "pol": HEX, "sig": BASE64}, …], "sha1": …}
 *
 *   pcrs  the PCRs that the policy is about
 *   pkfp  SHA-256 of the signer's public key alone (crypto/public_numbers.h)
 *   pol   the digest that TPM2_PolicyPCR gives where these PCRs hold what they are allowed to (SHA-256)
 *   sig   over it, with SHA-256: RSASSA-PKCS1-v1_5, or ECDSA in DER
 *
 * Only the bank SHA-256 is looked at.
 */
#ifndef PP_TPM_PCRSIG_H
#define PP_TPM_PCRSIG_H

#include "tpm/tpm.h"

enum {
    PCRSIG_SIZE_MAX = 256 * 1024, /* bytes of a document */
    PCRSIG_ENTRIES_MAX = 128,     /* of the bank */
    PCRSIG_PCR_MAX = 23,
    PCRSIG_DIGEST_SIZE = 32,    /* bytes */
    PCRSIG_SIGNATURE_MAX = 512, /* bytes: RSA of 4096 bits */
};

struct pcrsig_entry {
    uint32_t pcrs; /* bit n: PCR n */
    uint8_t signer[PCRSIG_DIGEST_SIZE];
    uint8_t policy[PCRSIG_DIGEST_SIZE];
    uint8_t signature[PCRSIG_SIGNATURE_MAX];
    size_t signature_size;
};

struct pcrsig {
    struct pcrsig_entry *entries;
    size_t count;
};

/* PP_E_INVALID or PP_E_LIMIT name what is wrong; one wrong entry refuses the whole document. */
PP_MUST_USE bool pcrsig_parse(const void *json, size_t size, struct pcrsig *pcrsig, struct pp_error *error);
void pcrsig_finish(struct pcrsig *pcrsig);

/* "11", "7,11": a list of PCRs, as the configuration has it. */
PP_MUST_USE bool pcrsig_parse_list(const char *text, uint32_t *pcrs, struct pp_error *error);

#endif
