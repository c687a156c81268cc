#include "headend/signer/control.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/jwk.h"
#include "headend/signer/tuf_sign.h"
#include "headend/signer/upload_key.h"
#include "jose/jws.h"

#define REFUSAL_TYPE "pingplay-refusal"

struct control {
    pthread_mutex_t mutex; /* a key belongs to one thread at a time */
    const struct home *home;
    struct stat file; /* that the key was read from */
    struct crypto_key *key;
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    cJSON *upload_key; /* public */
};

static bool kid_of(const struct crypto_key *key, char kid[JWK_THUMBPRINT_TEXT_SIZE], struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    return crypto_key_public_point(key, point, error) && jwk_thumbprint_text(point, kid, error);
}

/* Whether the key's file is still the one that it was read from. */
static bool key_is_current(const struct control *control, struct stat *now) {
    if (fstatat(control->home->fd, HOME_KEYS "/" CONTROL_ROLE ".pem", now, 0) < 0)
        return false;
    return control->key && now->st_ino == control->file.st_ino && now->st_dev == control->file.st_dev &&
           now->st_ctim.tv_sec == control->file.st_ctim.tv_sec &&
           now->st_ctim.tv_nsec == control->file.st_ctim.tv_nsec;
}

/* The key as it is in the folder now; the mutex is held, or nobody else is there yet. Where it changes while it is
 * being read, the next look reads it again. */
static bool key_follow(struct control *control, struct pp_error *error) {
    struct stat now = {0};
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    if (key_is_current(control, &now))
        return true;
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(control->home, CONTROL_ROLE, true, error);
    if (!key || !kid_of(key, kid, error))
        return false;
    crypto_key_destroy(control->key);
    control->key = pp_steal(&key);
    control->file = now;
    memcpy(control->kid, kid, sizeof kid);
    return true;
}

struct control *control_open(const struct home *home, struct pp_error *error) {
    struct control *control = calloc(1, sizeof *control);
    if (!control) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&control->mutex, NULL);
    control->home = home;
    control->upload_key = screen_upload_key(home, error);
    if (control->upload_key && key_follow(control, error))
        return control;
    control_close(control);
    return NULL;
}

void control_close(struct control *control) {
    if (!control)
        return;
    crypto_key_destroy(control->key);
    cJSON_Delete(control->upload_key);
    pthread_mutex_destroy(&control->mutex);
    free(control);
}

cJSON *control_upload_key(const struct control *control) {
    return control->upload_key;
}

bool control_sign(struct control *control, const char *typ, const void *payload, size_t size,
                  struct pp_buf *token, struct pp_error *error) {
    pthread_mutex_lock(&control->mutex);
    bool ok = key_follow(control, error);
    const struct jws_signer signer = {.key = control->key, .kid = control->kid, .typ = typ};
    ok = ok && jws_sign(&signer, payload, size, token, error);
    pthread_mutex_unlock(&control->mutex);
    return ok;
}

bool control_refuse(struct control *control, const struct control_refusal *refusal, struct pp_buf *token,
                    struct pp_error *error) {
    pp_autojson cJSON *payload = cJSON_CreateObject();
    cJSON_AddStringToObject(payload, "aud", refusal->device);
    cJSON_AddNumberToObject(payload, "iat", (double)pp_clock_realtime_s());
    cJSON_AddStringToObject(payload, "nonce", refusal->nonce);
    cJSON_AddStringToObject(payload, "reason", refusal->reason);
    if (cJSON_GetArraySize(refusal->commands))
        cJSON_AddItemToObject(payload, "commands", cJSON_Duplicate(refusal->commands, true));
    pp_autojsontext char *text = cJSON_PrintUnformatted(payload);
    return text ? control_sign(control, REFUSAL_TYPE, text, strlen(text), token, error)
                : pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool set_add(cJSON *keys, const struct crypto_key *key, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    if (!crypto_key_public_point(key, point, error) || !jwk_thumbprint_text(point, kid, error))
        return false;
    cJSON *jwk = jwk_from_point(point, error);
    if (!jwk)
        return false;
    cJSON_AddStringToObject(jwk, "kid", kid);
    cJSON_AddStringToObject(jwk, "use", "sig");
    cJSON_AddStringToObject(jwk, "alg", "ES256");
    return cJSON_AddItemToArray(keys, jwk);
}

bool control_document(const struct home *home, struct pp_buf *document, struct pp_error *error) {
    struct pp_error missing = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, CONTROL_ROLE, true, error);
    PP_AUTO(crypto_key) struct crypto_key *next = tuf_key(home, CONTROL_ROLE TUF_NEXT, false, &missing);
    pp_autojson cJSON *set = cJSON_CreateObject();
    cJSON *keys = cJSON_AddArrayToObject(set, "keys");
    return key && set_add(keys, key, error) && (!next || set_add(keys, next, error)) &&
           pp_json_canonical(set, document, error);
}
