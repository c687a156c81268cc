/* §5.4. */
#include "trust/internal.h"

/* What is kept guards against rollback even when it has expired. A file that does not verify, after a
 * rotation of keys or through damage, counts as none. */
static void load_kept(struct trust *trust) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    if (trust_file_load(trust->dirfd, "timestamp", trust->caps.timestamp, &data, NULL))
        trust->timestamp = trust_parse_signed_by_root(trust, TRUST_TYPE_TIMESTAMP, &data, NULL);
}

static int64_t snapshot_version(const struct trust_metadata *timestamp) {
    struct trust_meta meta = {0};
    (void)!trust_meta_find(timestamp, "snapshot.json", &meta, NULL);
    return meta.version;
}

static bool check_rollback(const struct trust_metadata *trusted, const struct trust_metadata *fresh,
                           struct pp_error *error) {
    if (fresh->version < trusted->version)
        return pp_fail(error, PP_E_ROLLBACK, "version %lld is older than the trusted %lld",
                       (long long)fresh->version, (long long)trusted->version);
    if (fresh->version > trusted->version && snapshot_version(fresh) < snapshot_version(trusted))
        return pp_fail(error, PP_E_ROLLBACK, "its snapshot version %lld is older than the trusted %lld",
                       (long long)snapshot_version(fresh), (long long)snapshot_version(trusted));
    return true;
}

static bool take(struct trust *trust, const struct pp_buf *data, struct pp_error *error) {
    PP_AUTO(trust_metadata)
    struct trust_metadata *fresh = trust_parse_signed_by_root(trust, TRUST_TYPE_TIMESTAMP, data, error);
    if (!fresh || (trust->timestamp && !check_rollback(trust->timestamp, fresh, error)))
        return false;
    /* The same version: the one received is discarded, whatever is in it (§5.4.3.1). */
    if (trust->timestamp && fresh->version == trust->timestamp->version)
        return trust_check_expiry(trust, trust->timestamp, error);
    if (!trust_check_expiry(trust, fresh, error) || !trust_file_store(trust->dirfd, "timestamp", data, error))
        return false;
    trust_replace(&trust->timestamp, &fresh);
    return true;
}

bool trust_update_timestamp(struct trust *trust, struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    load_kept(trust);
    return (trust_remote_metadata(trust, "timestamp", 0, trust->caps.timestamp, &data, error) ==
                TRUST_FETCH_OK &&
            take(trust, &data, error)) ||
           pp_wrap(error, "timestamp.json");
}
