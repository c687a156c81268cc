/* §5.6.1 to §5.6.6, the same for the top-level role and for each delegated one. */
#include "trust/internal.h"

#include "base/file.h"

static struct trust_metadata *check(const struct trust *trust, const struct trust_meta *meta,
                                    const struct trust_authority *authority, const struct pp_buf *data,
                                    struct pp_error *error) {
    if (!trust_check_bytes(meta, data, error))
        return NULL;
    PP_AUTO(trust_metadata)
    struct trust_metadata *metadata = trust_metadata_parse(TRUST_TYPE_TARGETS, data->data, data->size, error);
    if (!metadata || !trust_verify(metadata, authority, error))
        return NULL;
    if (metadata->version != meta->version) {
        pp_fail(error, PP_E_AUTH, "its version is %lld, but snapshot lists %lld",
                (long long)metadata->version, (long long)meta->version);
        return NULL;
    }
    if (!trust_check_expiry(trust, metadata, error))
        return NULL;
    return pp_steal(&metadata);
}

/* The kept file gets no credit for having been verified once: its delegator may have been another one. */
static struct trust_metadata *load_kept(struct trust *trust, const char *role, const struct trust_meta *meta,
                                        const struct trust_authority *authority) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    if (!trust_file_load(trust->dirfd, role, trust->caps.targets, &data, NULL))
        return NULL;
    return check(trust, meta, authority, &data, NULL);
}

static struct trust_metadata *load_remote(struct trust *trust, const char *role,
                                          const struct trust_meta *meta,
                                          const struct trust_authority *authority, struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    int64_t version = trust_consistent_snapshot(trust) ? meta->version : 0;
    size_t max = 0;
    if (!trust_meta_bytes(meta, trust->caps.targets, &max, error) ||
        trust_remote_metadata(trust, role, version, max, &data, error) != TRUST_FETCH_OK)
        return NULL;
    PP_AUTO(trust_metadata) struct trust_metadata *metadata = check(trust, meta, authority, &data, error);
    if (!metadata || !trust_file_store(trust->dirfd, role, &data, error))
        return NULL;
    return pp_steal(&metadata);
}

struct trust_metadata *trust_load_targets(struct trust *trust, const char *role,
                                          const struct trust_authority *authority, struct pp_error *error) {
    char file[PP_PATH_MAX];
    struct trust_meta meta;
    if (!pp_path_format(file, error, "%s.json", role))
        return NULL;
    if (!trust_meta_find(trust->snapshot, file, &meta, error))
        return NULL;
    struct trust_metadata *metadata = load_kept(trust, role, &meta, authority);
    if (!metadata)
        metadata = load_remote(trust, role, &meta, authority, error);
    if (!metadata)
        pp_wrap(error, "%s", file);
    return metadata;
}
