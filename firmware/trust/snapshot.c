/* §5.5. */
#include "trust/internal.h"

static void load_kept(struct trust *trust) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    if (trust_file_load(trust->dirfd, "snapshot", trust->caps.snapshot, &data, NULL))
        trust->snapshot = trust_parse_signed_by_root(trust, TRUST_TYPE_SNAPSHOT, &data, NULL);
}

/* Whether the one kept is the one that timestamp names, byte for byte, and still good. */
static bool kept_is_current(const struct trust *trust, const struct trust_meta *meta) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    return trust->snapshot && trust->snapshot->version == meta->version &&
           trust_check_expiry(trust, trust->snapshot, NULL) &&
           trust_file_load(trust->dirfd, "snapshot", trust->caps.snapshot, &data, NULL) &&
           trust_check_bytes(meta, &data, NULL);
}

static int64_t version_of(const cJSON *entry) {
    return (int64_t)cJSON_GetObjectItemCaseSensitive(entry, "version")->valuedouble;
}

/* The new entry for a file that the trusted snapshot lists. `hint` is where it stands when nothing was
 * removed or put in between, which makes this linear for honest repositories. */
static const cJSON *find_entry(const cJSON *meta, const cJSON *hint, const char *file) {
    if (hint && strcmp(hint->string, file) == 0)
        return hint;
    return cJSON_GetObjectItemCaseSensitive(meta, file);
}

/* §5.5.5: no file's version goes back, and no file vanishes. */
static bool check_rollback(const struct trust_metadata *trusted, const struct trust_metadata *fresh,
                           struct pp_error *error) {
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(fresh->body, "meta");
    const cJSON *hint = meta->child;
    const cJSON *old;
    cJSON_ArrayForEach(old, cJSON_GetObjectItemCaseSensitive(trusted->body, "meta")) {
        const cJSON *entry = find_entry(meta, hint, old->string);
        if (!entry)
            return pp_fail(error, PP_E_ROLLBACK, "no longer lists %.64s", old->string);
        if (version_of(entry) < version_of(old))
            return pp_fail(error, PP_E_ROLLBACK, "lists version %lld of %.64s, older than the trusted %lld",
                           (long long)version_of(entry), old->string, (long long)version_of(old));
        hint = entry->next;
    }
    return true;
}

static bool take(struct trust *trust, const struct trust_meta *meta, const struct pp_buf *data,
                 struct pp_error *error) {
    if (!trust_check_bytes(meta, data, error))
        return false;
    PP_AUTO(trust_metadata)
    struct trust_metadata *fresh = trust_parse_signed_by_root(trust, TRUST_TYPE_SNAPSHOT, data, error);
    if (!fresh)
        return false;
    if (fresh->version != meta->version)
        return pp_fail(error, PP_E_AUTH, "its version is %lld, but timestamp lists %lld",
                       (long long)fresh->version, (long long)meta->version);
    if ((trust->snapshot && !check_rollback(trust->snapshot, fresh, error)) ||
        !trust_check_expiry(trust, fresh, error) || !trust_file_store(trust->dirfd, "snapshot", data, error))
        return false;
    trust_replace(&trust->snapshot, &fresh);
    return true;
}

bool trust_update_snapshot(struct trust *trust, struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    struct trust_meta meta;
    size_t max = 0;
    load_kept(trust);
    if (!trust_meta_find(trust->timestamp, "snapshot.json", &meta, error))
        return false;
    if (kept_is_current(trust, &meta))
        return true;
    int64_t version = trust_consistent_snapshot(trust) ? meta.version : 0;
    return (trust_meta_bytes(&meta, trust->caps.snapshot, &max, error) &&
            trust_remote_metadata(trust, "snapshot", version, max, &data, error) == TRUST_FETCH_OK &&
            take(trust, &meta, &data, error)) ||
           pp_wrap(error, "snapshot.json");
}
