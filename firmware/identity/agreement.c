#include "identity/agreement.h"

#include "base/json.h"
#include "base/log.h"
#include "crypto/jwk.h"
#include "identity/stored_key.h"

#define KEY_RECORD    "agreement-key"
#define BEFORE_RECORD "agreement-key-before"
#define KEY_NAME      "agreement key"

struct agreement {
    struct crypto_key *key;
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    struct crypto_key *before; /* NULL none */
    char kid_before[JWK_THUMBPRINT_TEXT_SIZE];
};

static bool kid_of(const struct crypto_key *key, uint8_t point[CRYPTO_POINT_SIZE],
                   char kid[JWK_THUMBPRINT_TEXT_SIZE], struct pp_error *error) {
    return crypto_key_public_point(key, point, error) && jwk_thumbprint_text(point, kid, error);
}

/* One that cannot be read is not worth a word: it is needed for a moment only, if at all. */
static void load_before(struct agreement *agreement, struct vault *vault) {
    uint8_t point[CRYPTO_POINT_SIZE];
    agreement->before = stored_key_load(vault, BEFORE_RECORD, TPM_KEY_AGREE, NULL);
    if (agreement->before && kid_of(agreement->before, point, agreement->kid_before, NULL))
        return;
    crypto_key_destroy(pp_steal(&agreement->before));
}

struct agreement *agreement_load_or_create(struct vault *vault, struct pp_error *error) {
    PP_AUTO(agreement) struct agreement *agreement = calloc(1, sizeof *agreement);
    if (!agreement) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    agreement->key = stored_key_load_or_create(vault, KEY_RECORD, TPM_KEY_AGREE, KEY_NAME, error);
    if (!agreement->key || !kid_of(agreement->key, agreement->point, agreement->kid, error)) {
        pp_wrap(error, KEY_NAME);
        return NULL;
    }
    load_before(agreement, vault);
    return pp_steal(&agreement);
}

struct agreement *agreement_rotate(struct vault *vault, struct pp_error *error) {
    if (stored_key_replace(vault, KEY_RECORD, BEFORE_RECORD, TPM_KEY_AGREE, error))
        return agreement_load_or_create(vault, error);
    pp_wrap(error, KEY_NAME);
    return NULL;
}

struct crypto_key *agreement_key_before(const struct agreement *agreement) {
    return agreement->before;
}

const char *agreement_kid_before(const struct agreement *agreement) {
    return agreement->before ? agreement->kid_before : NULL;
}

void agreement_forget_before(struct agreement *agreement, struct vault *vault) {
    struct pp_error error = {0};
    crypto_key_destroy(pp_steal(&agreement->before));
    if (!vault_remove_later(vault, BEFORE_RECORD, NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", BEFORE_RECORD, error.message);
}

void agreement_destroy(struct agreement *agreement) {
    if (!agreement)
        return;
    crypto_key_destroy(agreement->key);
    crypto_key_destroy(agreement->before);
    free(agreement);
}

struct crypto_key *agreement_key(const struct agreement *agreement) {
    return agreement->key;
}

const char *agreement_kid(const struct agreement *agreement) {
    return agreement->kid;
}

static cJSON *make_jwk(const struct agreement *agreement, struct pp_error *error) {
    pp_autojson cJSON *jwk = jwk_from_point(agreement->point, error);
    if (!jwk)
        return NULL;
    if (!cJSON_AddStringToObject(jwk, "use", "enc") || !cJSON_AddStringToObject(jwk, "alg", "ECDH-ES") ||
        !cJSON_AddStringToObject(jwk, "kid", agreement->kid)) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    return pp_steal(&jwk);
}

static char *make_payload(const struct agreement *agreement, const char *audience, int64_t now_s,
                          struct pp_error *error) {
    pp_autojson cJSON *payload = cJSON_CreateObject();
    pp_autojson cJSON *jwk = make_jwk(agreement, error);
    if (!jwk)
        return NULL;
    bool made = cJSON_AddStringToObject(payload, "aud", audience) &&
                cJSON_AddNumberToObject(payload, "iat", (double)now_s) &&
                cJSON_AddItemToObject(payload, "jwk", jwk);
    if (made)
        jwk = NULL; /* the payload's */
    char *text = made ? cJSON_PrintUnformatted(payload) : NULL;
    if (!text)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return text;
}

struct net_draft *agreement_announce(const struct agreement *agreement, const struct identity *identity,
                                     const char *audience, int64_t now_s, struct pp_error *error) {
    pp_autojsontext char *payload = make_payload(agreement, audience, now_s, error);
    return payload
               ? identity_sign_later(identity, AGREEMENT_ANNOUNCEMENT_TYP, payload, strlen(payload), error)
               : NULL;
}
