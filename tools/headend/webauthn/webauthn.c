#include "headend/webauthn/webauthn.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/bulk.h"
#include "crypto/random.h"

static void assert_free(fido_assert_t **assertion) {
    fido_assert_free(assertion);
}

static void cred_free(fido_cred_t **credential) {
    fido_cred_free(credential);
}

/* ---- What both ceremonies have in common ---- */

/* §7.1 steps 5 to 11, §7.2 steps 8 to 14. */
static bool client_check(const struct webauthn_party *party, const char *challenge,
                         struct webauthn_bytes bytes, enum client_ceremony ceremony, struct pp_error *error) {
    struct client_data said;
    if (!client_data_read(bytes.data, bytes.size, ceremony, &said, error))
        return false;
    size_t size = strlen(challenge);
    if (size != CHALLENGE_TEXT_MAX || strlen(said.challenge) != size ||
        !crypto_equal(said.challenge, challenge, size))
        return pp_fail(error, PP_E_AUTH, "client data: another challenge");
    return strcmp(said.origin, party->origin) == 0
               ? true
               : pp_fail(error, PP_E_AUTH, "client data: of a page of another site");
}

/* §7.1 steps 14 to 17, §7.2 steps 15 to 18. */
static bool data_check(const struct webauthn_party *party, const struct authenticator_data *data,
                       struct pp_error *error) {
    uint8_t hash[BULK_SHA256_SIZE];
    if (!crypto_sha256(party->id, strlen(party->id), hash, error))
        return false;
    if (!crypto_equal(hash, data->rp_hash, sizeof hash))
        return pp_fail(error, PP_E_AUTH, "authenticator data: for another site");
    if (!(data->flags & AUTHENTICATOR_UP))
        return pp_fail(error, PP_E_AUTH, "authenticator data: nobody was there");
    if (party->verifies && !(data->flags & AUTHENTICATOR_UV))
        return pp_fail(error, PP_E_AUTH, "authenticator data: nobody was recognised");
    if (data->flags & AUTHENTICATOR_BS && !(data->flags & AUTHENTICATOR_BE))
        return pp_fail(error, PP_E_AUTH, "authenticator data: backed up, and cannot be");
    return true;
}

/* ---- Registration ---- */

struct attestation {
    bool is_none;
    struct webauthn_bytes signature; /* of the credential's own key, where it is not */
    int64_t algorithm;               /* of that */
    const uint8_t *data;             /* the authenticator data */
    size_t data_size;                /* bytes */
};

/* {"alg": -7, "sig": h'…'}: self attestation. A third member, "x5c", is a maker's. */
static bool statement_read(struct cbor *cbor, struct attestation *out, struct pp_error *error) {
    struct cbor_item item;
    if (!cbor_take(cbor, CBOR_MAP, &item, error))
        return false;
    if (out->is_none)
        return item.value == 0 ? true
                               : pp_fail(error, PP_E_INVALID, "attestation: none, and yet there is one");
    if (item.value != 2)
        return pp_fail(error, PP_E_UNSUPPORTED, "attestation: a maker's, which nobody asked for");
    if (!cbor_next(cbor, &item, error) || !cbor_is_text(&item, "alg") ||
        !cbor_integer(cbor, &out->algorithm, error) || !cbor_next(cbor, &item, error) ||
        !cbor_is_text(&item, "sig") || !cbor_take(cbor, CBOR_BYTES, &item, error))
        return pp_fail(error, PP_E_INVALID, "attestation: not as its format wants it");
    out->signature = (struct webauthn_bytes){item.data, item.value};
    return true;
}

/* {"fmt": "none", "attStmt": {}, "authData": h'…'}: the order of CTAP2's canonical form (§6.5.4). */
static bool attestation_read(struct webauthn_bytes bytes, struct attestation *out, struct pp_error *error) {
    struct cbor cbor = {.at = bytes.data, .end = bytes.data + bytes.size};
    struct cbor_item item;
    struct cbor_item format;
    if (bytes.size > ATTESTATION_MAX)
        return pp_fail(error, PP_E_LIMIT, "attestation: more than %d bytes", ATTESTATION_MAX);
    if (!cbor_take(&cbor, CBOR_MAP, &item, error))
        return false;
    if (item.value != 3 || !cbor_next(&cbor, &item, error) || !cbor_is_text(&item, "fmt") ||
        !cbor_take(&cbor, CBOR_TEXT, &format, error) || !cbor_next(&cbor, &item, error) ||
        !cbor_is_text(&item, "attStmt"))
        return pp_fail(error, PP_E_INVALID, "attestation: not as the standard wants it");
    *out = (struct attestation){.is_none = cbor_is_text(&format, "none")};
    if (!out->is_none && !cbor_is_text(&format, "packed"))
        return pp_fail(error, PP_E_UNSUPPORTED, "attestation: a maker's, which nobody asked for");
    if (!statement_read(&cbor, out, error))
        return false;
    if (!cbor_next(&cbor, &item, error) || !cbor_is_text(&item, "authData") ||
        !cbor_take(&cbor, CBOR_BYTES, &item, error) || cbor.at != cbor.end)
        return pp_fail(error, PP_E_INVALID, "attestation: not as the standard wants it");
    out->data = item.data;
    out->data_size = item.value;
    return true;
}

/* The key has signed the same as an assertion would have it sign (§8.2). */
static bool self_attestation_check(const struct webauthn_party *party, const struct attestation *attestation,
                                   const struct authenticator_data *data,
                                   const uint8_t client_hash[BULK_SHA256_SIZE], struct pp_error *error) {
    fido_init(0);
    PP_CLEANUP(cred_free) fido_cred_t *credential = fido_cred_new();
    if (!credential)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (attestation->algorithm == data->cose.algorithm &&
        fido_cred_set_type(credential, data->cose.algorithm) == FIDO_OK &&
        fido_cred_set_authdata_raw(credential, attestation->data, attestation->data_size) == FIDO_OK &&
        fido_cred_set_clientdata_hash(credential, client_hash, BULK_SHA256_SIZE) == FIDO_OK &&
        fido_cred_set_rp(credential, party->id, NULL) == FIDO_OK &&
        fido_cred_set_fmt(credential, "packed") == FIDO_OK &&
        fido_cred_set_sig(credential, attestation->signature.data, attestation->signature.size) == FIDO_OK &&
        fido_cred_verify_self(credential) == FIDO_OK)
        return true;
    return pp_fail(error, PP_E_AUTH, "attestation: not signed by the credential's key");
}

/* A key as libfido2 has it, to be checked with. */
union public_key {
    es256_pk_t *es256;
    eddsa_pk_t *eddsa;
    rs256_pk_t *rs256;
};

static void public_key_free(union public_key *key, enum cose_algorithm algorithm) {
    if (algorithm == COSE_KEY_ES256)
        es256_pk_free(&key->es256);
    else if (algorithm == COSE_KEY_EDDSA)
        eddsa_pk_free(&key->eddsa);
    else
        rs256_pk_free(&key->rs256);
}

/* NULL where it is none: a point beside its curve. */
static const void *public_key_make(union public_key *out, const struct cose_key *key) {
    switch (key->algorithm) {
    case COSE_KEY_ES256:
        out->es256 = es256_pk_new();
        return out->es256 && es256_pk_from_ptr(out->es256, key->point, sizeof key->point) == FIDO_OK
                   ? out->es256
                   : NULL;
    case COSE_KEY_EDDSA:
        out->eddsa = eddsa_pk_new();
        return out->eddsa && eddsa_pk_from_ptr(out->eddsa, key->ed25519, sizeof key->ed25519) == FIDO_OK
                   ? out->eddsa
                   : NULL;
    case COSE_KEY_RS256:
        out->rs256 = rs256_pk_new();
        return out->rs256 && rs256_pk_from_ptr(out->rs256, &key->rsa, sizeof key->rsa) == FIDO_OK ? out->rs256
                                                                                                  : NULL;
    }
    return NULL;
}

static bool key_usable(const struct cose_key *cose, struct pp_error *error) {
    union public_key key = {0};
    fido_init(0);
    bool usable = public_key_make(&key, cose) != NULL;
    public_key_free(&key, cose->algorithm);
    return usable ? true : pp_fail(error, PP_E_INVALID, "credential key: not one of its algorithm");
}

bool webauthn_register(const struct webauthn_party *party, const char *challenge,
                       struct webauthn_bytes client_data, struct webauthn_bytes attestation,
                       struct webauthn_credential *out, struct pp_error *error) {
    struct attestation read;
    struct authenticator_data data;
    uint8_t hash[BULK_SHA256_SIZE];
    if (!client_check(party, challenge, client_data, CLIENT_CREATES, error) ||
        !crypto_sha256(client_data.data, client_data.size, hash, error) ||
        !attestation_read(attestation, &read, error) ||
        !authenticator_data_read(read.data, read.data_size, &data, error) || !data_check(party, &data, error))
        return false;
    if (!data.credential)
        return pp_fail(error, PP_E_INVALID, "authenticator data: without a credential");
    if (!key_usable(&data.cose, error) ||
        (!read.is_none && !self_attestation_check(party, &read, &data, hash, error)))
        return false;
    *out = (struct webauthn_credential){.id_size = data.credential_size,
                                        .key_size = data.key_size,
                                        .sign_count = data.sign_count,
                                        .backup_eligible = data.flags & AUTHENTICATOR_BE,
                                        .backed_up = data.flags & AUTHENTICATOR_BS};
    memcpy(out->id, data.credential, data.credential_size);
    memcpy(out->key, data.key, data.key_size);
    return true;
}

/* ---- Assertion ---- */

/* §7.2 steps 20 and 21. */
static bool signature_check(const struct webauthn_party *party, const struct webauthn_assertion *said,
                            const struct cose_key *cose, struct pp_error *error) {
    uint8_t hash[BULK_SHA256_SIZE];
    union public_key key = {0};
    fido_init(0);
    PP_CLEANUP(assert_free) fido_assert_t *assertion = fido_assert_new();
    if (!crypto_sha256(said->client_data.data, said->client_data.size, hash, error))
        return false;
    const void *usable = public_key_make(&key, cose);
    bool good = assertion && usable && fido_assert_set_rp(assertion, party->id) == FIDO_OK &&
                fido_assert_set_clientdata_hash(assertion, hash, sizeof hash) == FIDO_OK &&
                fido_assert_set_count(assertion, 1) == FIDO_OK &&
                fido_assert_set_authdata_raw(assertion, 0, said->authenticator_data.data,
                                             said->authenticator_data.size) == FIDO_OK &&
                fido_assert_set_sig(assertion, 0, said->signature.data, said->signature.size) == FIDO_OK &&
                fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
                fido_assert_set_uv(assertion, party->verifies ? FIDO_OPT_TRUE : FIDO_OPT_OMIT) == FIDO_OK &&
                fido_assert_verify(assertion, 0, cose->algorithm, usable) == FIDO_OK;
    public_key_free(&key, cose->algorithm);
    return good ? true : pp_fail(error, PP_E_AUTH, "assertion: not signed by the credential's key");
}

/* §7.2 step 22: a copy would not know how far the other one has counted. */
static bool count_check(const struct authenticator_data *data, const struct webauthn_credential *credential,
                        struct pp_error *error) {
    if ((data->sign_count || credential->sign_count) && data->sign_count <= credential->sign_count)
        return pp_fail(error, PP_E_ROLLBACK,
                       "assertion: its count went back from %u to %u: the passkey may have been copied",
                       credential->sign_count, data->sign_count);
    return true;
}

bool webauthn_verify(const struct webauthn_party *party, const char *challenge,
                     const struct webauthn_assertion *assertion, struct webauthn_credential *credential,
                     struct pp_error *error) {
    struct authenticator_data data;
    struct cose_key cose;
    struct cbor key = {.at = credential->key, .end = credential->key + credential->key_size};
    if (assertion->authenticator_data.size > AUTHENTICATOR_DATA_MAX ||
        assertion->signature.size > SIGNATURE_MAX)
        return pp_fail(error, PP_E_LIMIT, "assertion: larger than one can be");
    if (!client_check(party, challenge, assertion->client_data, CLIENT_GETS, error) ||
        !authenticator_data_read(assertion->authenticator_data.data, assertion->authenticator_data.size,
                                 &data, error) ||
        !data_check(party, &data, error) || !cose_key_read(&key, &cose, error))
        return false;
    if (!(data.flags & AUTHENTICATOR_BE) == credential->backup_eligible)
        return pp_fail(error, PP_E_AUTH, "authenticator data: whether it may be backed up has changed");
    if (!signature_check(party, assertion, &cose, error) || !count_check(&data, credential, error))
        return false;
    credential->sign_count = data.sign_count;
    credential->backed_up = data.flags & AUTHENTICATOR_BS;
    return true;
}
