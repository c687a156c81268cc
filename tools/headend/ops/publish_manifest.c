#include "headend/ops/publish_manifest.h"

#include <string.h>

#include "base/encode.h"
#include "channel/manifest.h"
#include "crypto/bulk.h"
#include "crypto/seal.h"

#define ASSOCIATED_SIZE (sizeof SEAL_AD_MANIFEST + CHANNEL_ID_MAX)

void publish_manifest_object(cJSON *objects, size_t place, struct published_object *object,
                             const char *media_type) {
    char name[32];
    char hex[PP_HEX_SIZE(32)];
    char key[PP_BASE64_SIZE(OBJECT_KEY_SIZE)];
    snprintf(name, sizeof name, "o%zu", place + 1);
    pp_hex_encode(object->sha256, sizeof object->sha256, hex);
    pp_base64url_encode(object->key, sizeof object->key, key);
    cJSON *entry = cJSON_AddObjectToObject(objects, name);
    cJSON_AddStringToObject(entry, "sha256", hex);
    cJSON_AddNumberToObject(entry, "length", (double)object->length);
    cJSON_AddStringToObject(entry, "key", key);
    cJSON_AddStringToObject(entry, "media_type", media_type);
    pp_wipe(&object->key, sizeof object->key);
    pp_wipe(key, sizeof key);
}

bool publish_manifest_seal(const struct channel *channel, const char *text, struct pp_buf *sealed,
                           struct pp_error *error) {
    char associated[ASSOCIATED_SIZE];
    snprintf(associated, sizeof associated, SEAL_AD_MANIFEST "%s", channel->id);
    PP_AUTO(channel_manifest)
    struct channel_manifest *parsed = channel_manifest_parse(text, strlen(text), error);
    return parsed ? seal_encrypt(text, strlen(text), channel->key, associated, sealed, error)
                  : pp_wrap(error, "screens would refuse this");
}

/* ---- Their places ---- */

static const char *const names[PUBLISH_PLACES] = {
    [PUBLISH_PRESENT] = "manifest.sealed",
    [PUBLISH_NEXT] = "next.sealed",
};

const char *publish_manifest_suffix(enum publish_place place) {
    return place == PUBLISH_NEXT ? ".next.sealed" : ".manifest.sealed";
}

static void target_set(struct tuf_target *target, enum publish_place place, uint64_t length,
                       const uint8_t sha256[32]) {
    if (place == PUBLISH_NEXT) {
        target->next_length = length;
        memcpy(target->next_sha256, sha256, sizeof target->next_sha256);
    } else {
        target->length = length;
        memcpy(target->sha256, sha256, sizeof target->sha256);
    }
}

bool publish_manifest_write(const struct home *home, enum publish_place place, const struct pp_buf *sealed,
                            struct tuf_target *target, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    char path[PP_PATH_MAX];
    char hex[PP_HEX_SIZE(32)];
    uint8_t sha256[32];
    if (!crypto_sha256(sealed->data, sealed->size, sha256, error))
        return false;
    target_set(target, place, sealed->size, sha256);
    pp_hex_encode(sha256, sizeof sha256, hex);
    return pp_path_format(folder, error, PUBLISH_MANIFESTS "/%s", target->channel) &&
           pp_path_format(path, error, "%s/%s%s", folder, hex, publish_manifest_suffix(place)) &&
           pp_dir_make(home->fd, folder, 0755, error) &&
           pp_file_replace(home->fd, path, sealed->data, sealed->size, 0644, error);
}

bool publish_manifest_named(const cJSON *role, enum publish_place place, struct tuf_target *target) {
    char name[PP_PATH_MAX];
    uint8_t sha256[32];
    int64_t length;
    snprintf(name, sizeof name, "channels/%s/%s", target->channel, names[place]);
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(role, "targets");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(targets, name);
    const cJSON *hashes = cJSON_GetObjectItemCaseSensitive(entry, "hashes");
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(hashes, "sha256"));
    if (!hex || strlen(hex) != 64 || !pp_hex_decode(hex, sha256, sizeof sha256, NULL) ||
        !pp_json_integer(entry, "length", 1, PP_JSON_INTEGER_MAX, &length, NULL))
        return false;
    target_set(target, place, (uint64_t)length, sha256);
    return true;
}

bool publish_manifest_read(const struct home *home, const char *channel, const cJSON *role,
                           enum publish_place place, uint8_t sha256[32], struct pp_buf *sealed,
                           struct pp_error *error) {
    char path[PP_PATH_MAX];
    char hex[PP_HEX_SIZE(32)];
    struct tuf_target target = {.channel = channel};
    if (!publish_manifest_named(role, place, &target))
        return pp_fail(error, PP_E_INVALID, TUF_CHANNEL_ROLE "%s: names no %s", channel, names[place]);
    memcpy(sha256, place == PUBLISH_NEXT ? target.next_sha256 : target.sha256, sizeof target.sha256);
    pp_hex_encode(sha256, sizeof target.sha256, hex);
    return pp_path_format(path, error, PUBLISH_MANIFESTS "/%s/%s%s", channel, hex,
                          publish_manifest_suffix(place)) &&
           pp_file_read(home->fd, path, sealed, error);
}

/* The channel's keys, the present one first. */
static bool keys_load(struct home *home, const char *channel, struct pp_buf *keys, struct pp_error *error) {
    struct channel present;
    struct pp_error end = {0};
    uint8_t key[CHANNEL_KEY_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    stored_key_of_channel(channel, owner);
    bool ok = channel_find(home->db, channel, &present, error) &&
              channel_open_key(home->db, &present, error) &&
              pp_buf_add(keys, present.key, sizeof present.key, error);
    pp_wipe(&present, sizeof present);
    db_autorow struct db_row *row =
        ok ? db_query(home->db, error, DB_CHANNEL_OLD_KEYS, DB_TEXT(channel)) : NULL;
    if (!row)
        return false;
    while (ok && db_next(row, "key", &end)) {
        if (stored_key_open(home->db, owner, row, 0, key,
                            NULL)) /* one that is spoilt stands in no other's way */
            ok = pp_buf_add(keys, key, sizeof key, error);
    }
    pp_wipe(key, sizeof key);
    return ok && (end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message));
}

bool publish_manifest_open(struct home *home, const char *channel, const struct pp_buf *sealed,
                           struct pp_buf *text, struct pp_error *error) {
    char associated[ASSOCIATED_SIZE];
    pp_autobuf struct pp_buf keys = PP_BUF_INIT(CHANNEL_KEY_SIZE * (CHANNEL_OLD_KEYS_MAX + 2));
    snprintf(associated, sizeof associated, SEAL_AD_MANIFEST "%s", channel);
    db_lock(home->db);
    bool open = false;
    bool loaded = keys_load(home, channel, &keys, error);
    db_unlock(home->db);
    for (size_t at = 0; loaded && !open && at < keys.size; at += CHANNEL_KEY_SIZE) {
        pp_buf_finish(text);
        open = seal_decrypt_unexplained(sealed->data, sealed->size, keys.data + at, associated, text, error);
    }
    return open;
}
