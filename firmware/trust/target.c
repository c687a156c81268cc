/* §5.7: fetching a target. */
#include <stdio.h>

#include "base/encode.h"
#include "trust/digest.h"
#include "trust/internal.h"

#define NAME_MAX_BYTES (TRUST_TARGET_PATH_MAX + PP_HEX_SIZE(TRUST_SHA512_SIZE) + 1)

void trust_target_finish(struct trust_target *target) {
    cJSON_Delete(target->custom);
    memset(target, 0, sizeof *target);
}

bool trust_target_verify(const struct trust_target *target, const void *data, size_t size,
                         struct pp_error *error) {
    struct trust_digests digests = {.has_sha256 = target->has_sha256, .has_sha512 = target->has_sha512};
    memcpy(digests.sha256, target->sha256, sizeof digests.sha256);
    memcpy(digests.sha512, target->sha512, sizeof digests.sha512);
    if (size != target->length)
        return pp_fail(error, PP_E_AUTH, "target %.64s has %zu bytes, not %llu", target->path, size,
                       (unsigned long long)target->length);
    if (!digests.has_sha256 && !digests.has_sha512)
        return pp_fail(error, PP_E_STATE, "target %.64s has no hash", target->path);
    return trust_digests_verify(&digests, data, size, error) || pp_wrap(error, "target %.64s", target->path);
}

/* With consistent snapshots "folder/file" stands as "folder/HASH.file". */
static void remote_name(const struct trust *trust, const struct trust_target *target,
                        char name[NAME_MAX_BYTES]) {
    char hash[PP_HEX_SIZE(TRUST_SHA512_SIZE)] = "";
    const char *slash = strrchr(target->path, '/');
    const char *base = slash ? slash + 1 : target->path;
    if (target->has_sha256)
        pp_hex_encode(target->sha256, sizeof target->sha256, hash);
    else
        pp_hex_encode(target->sha512, sizeof target->sha512, hash);
    bool consistent = trust_consistent_snapshot(trust);
    snprintf(name, NAME_MAX_BYTES, "%.*s%s%s%s", (int)(base - target->path), target->path,
             consistent ? hash : "", consistent ? "." : "", base);
}

/* A target's path is a path-relative URL (§4.5, TARGETPATH); only what cannot stand in a URL at all is
 * encoded. */
static bool add_name(struct pp_buf *url, const char *name, struct pp_error *error) {
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        bool plain = c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c);
        if (plain ? !pp_buf_add(url, name, 1, error) : !pp_buf_addf(url, error, "%%%02X", c))
            return false;
    }
    return true;
}

static bool add_target_url(const struct trust *trust, const struct trust_target *target, struct pp_buf *url,
                           struct pp_error *error) {
    char name[NAME_MAX_BYTES];
    if (trust->state != TRUST_REFRESHED || !trust->target_base_url)
        return pp_fail(error, PP_E_STATE, "targets are fetched after a refresh, from a known address");
    remote_name(trust, target, name);
    return pp_buf_add_text(url, trust->target_base_url, error) && add_name(url, name, error);
}

bool trust_target_download(struct trust *trust, const struct trust_target *target, struct pp_buf *out,
                           struct pp_error *error) {
    pp_autobuf struct pp_buf url = PP_BUF_INIT(TRUST_URL_MAX);
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    if (!add_target_url(trust, target, &url, error))
        return false;
    if (target->length > out->max - out->size)
        return pp_fail(error, PP_E_LIMIT, "target %.64s is larger than %zu bytes", target->path,
                       out->max - out->size);
    if (trust_remote_fetch(trust, &url, (size_t)target->length, &data, error) != TRUST_FETCH_OK)
        return pp_wrap(error, "target %.64s", target->path);
    return trust_target_verify(target, data.data, data.size, error) &&
           pp_buf_add(out, data.data, data.size, error);
}
