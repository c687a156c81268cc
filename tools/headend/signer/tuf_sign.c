#include "headend/signer/tuf_sign.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/bulk.h"

#define TUF_SPECIFICATION "1.0.34"
#define TUF_CANONICAL_MAX TUF_METADATA_MAX

struct crypto_key *tuf_key(const struct home *home, const char *role, bool create, struct pp_error *error) {
    char path[PP_PATH_MAX];
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error missing = {0};
    if (!pp_path_format(path, error, HOME_KEYS "/%s.pem", role))
        return NULL;
    if (pp_file_read(home->fd, path, &pem, &missing))
        return crypto_key_load_pem(pem.data, pem.size, error);
    if (!create || missing.code != PP_E_NOTFOUND) {
        pp_fail(error, missing.code, "%s", missing.message);
        return NULL;
    }
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    if (!key || !crypto_key_save_pem(key, &pem, error) || !pp_dir_make(home->fd, HOME_KEYS, 0700, error) ||
        !pp_file_replace(home->fd, path, pem.data, pem.size, 0600, error))
        return NULL;
    return pp_steal(&key);
}

bool tuf_key_take_next(const struct home *home, const char *role, struct pp_error *error) {
    char from[PP_PATH_MAX];
    char to[PP_PATH_MAX];
    if (!pp_path_format(from, error, HOME_KEYS "/%s" TUF_NEXT ".pem", role) ||
        !pp_path_format(to, error, HOME_KEYS "/%s.pem", role))
        return false;
    if (renameat(home->fd, from, home->fd, to) < 0)
        return errno == ENOENT || pp_fail_errno(error, "%s", to);
    return pp_dir_sync_of(home->fd, to, error);
}

/* Also what is left of it where its writing was cut off (pp_file_replace). */
bool tuf_key_forget(const struct home *home, const char *role, struct pp_error *error) {
    static const char *const endings[] = {"", ".new"};
    for (size_t i = 0; i < PP_COUNT(endings); i++) {
        char path[PP_PATH_MAX];
        if (!pp_path_format(path, error, HOME_KEYS "/%s.pem%s", role, endings[i]))
            return false;
        if (unlinkat(home->fd, path, 0) < 0 && errno != ENOENT)
            return pp_fail_errno(error, "%s", path);
    }
    return true;
}

/* SHA-256 of the canonical form, in hex. */
static bool canonical_hash(const cJSON *value, char hex[TUF_KEYID_SIZE], struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TUF_CANONICAL_MAX);
    if (!pp_json_canonical(value, &text, error) || !crypto_sha256(text.data, text.size, digest, error))
        return false;
    pp_hex_encode(digest, sizeof digest, hex);
    return true;
}

cJSON *tuf_key_object(const struct crypto_key *key, char keyid[TUF_KEYID_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!crypto_key_public_pem(key, &pem, error))
        return NULL;
    pp_autojson cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "keytype", "ecdsa");
    cJSON_AddStringToObject(object, "scheme", "ecdsa-sha2-nistp256");
    cJSON *value = cJSON_AddObjectToObject(object, "keyval");
    cJSON_AddStringToObject(value, "public", pp_buf_text(&pem));
    return canonical_hash(object, keyid, error) ? pp_steal(&object) : NULL;
}

cJSON *tuf_signed(const char *type, int64_t version, int64_t expires, struct pp_error *error) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(expires, text);
    pp_autojson cJSON *body = cJSON_CreateObject();
    if (cJSON_AddStringToObject(body, "_type", type) &&
        cJSON_AddStringToObject(body, "spec_version", TUF_SPECIFICATION) &&
        cJSON_AddNumberToObject(body, "version", (double)version) &&
        cJSON_AddStringToObject(body, "expires", text))
        return pp_steal(&body);
    pp_fail(error, PP_E_NOMEM, "out of memory");
    return NULL;
}

static bool signature_add(cJSON *signatures, const char *keyid, const struct pp_buf *signature) {
    char hex[PP_HEX_SIZE(CRYPTO_SIGNATURE_MAX)];
    pp_hex_encode(signature->data, signature->size, hex);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "keyid", keyid);
    cJSON_AddStringToObject(entry, "sig", hex);
    return cJSON_AddItemToArray(signatures, entry);
}

static bool sign_one(const struct home *home, const char *role, const struct pp_buf *text, cJSON *signatures,
                     struct pp_error *error) {
    char keyid[TUF_KEYID_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, role, false, error);
    pp_autojson cJSON *object = key ? tuf_key_object(key, keyid, error) : NULL;
    pp_autobuf struct pp_buf signature = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    return object && crypto_key_sign(key, text->data, text->size, &signature, error) &&
           (signature_add(signatures, keyid, &signature) || pp_fail(error, PP_E_NOMEM, "out of memory"));
}

bool tuf_sign_by(const struct home *home, const char *const *roles, const cJSON *body, struct pp_buf *out,
                 struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TUF_CANONICAL_MAX);
    pp_autojson cJSON *file = cJSON_CreateObject();
    cJSON *signatures = cJSON_AddArrayToObject(file, "signatures");
    if (!pp_json_canonical(body, &text, error))
        return false;
    for (; *roles; roles++) {
        if (!sign_one(home, *roles, &text, signatures, error))
            return false;
    }
    bool ok = cJSON_AddItemToObject(file, "signed", cJSON_Duplicate(body, true));
    pp_autojsontext char *printed = ok ? cJSON_PrintUnformatted(file) : NULL;
    return printed ? pp_buf_add_text(out, printed, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool tuf_sign(const struct home *home, const char *role, const cJSON *body, struct pp_buf *out,
              struct pp_error *error) {
    const char *const roles[] = {role, NULL};
    return tuf_sign_by(home, roles, body, out, error);
}

cJSON *tuf_meta_object(int64_t version, const struct pp_buf *file, struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    char hex[TUF_KEYID_SIZE];
    if (!crypto_sha256(file->data, file->size, digest, error))
        return NULL;
    pp_hex_encode(digest, sizeof digest, hex);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "version", (double)version);
    cJSON_AddNumberToObject(object, "length", (double)file->size);
    cJSON *hashes = cJSON_AddObjectToObject(object, "hashes");
    cJSON_AddStringToObject(hashes, "sha256", hex);
    return object;
}
