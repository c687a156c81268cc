/* The update cycle: open, refresh, close. */
#include <fcntl.h>

#include "base/clock.h"
#include "base/file.h"
#include "trust/digest.h"
#include "trust/internal.h"

bool trust_check_expiry(const struct trust *trust, const struct trust_metadata *metadata,
                        struct pp_error *error) {
    if (metadata->expires > trust->now)
        return true;
    char text[PP_RFC3339_SIZE];
    pp_time_format(metadata->expires, text);
    return pp_fail(error, PP_E_EXPIRED, "%s version %lld expired at %s", trust_type_name(metadata->type),
                   (long long)metadata->version, text);
}

bool trust_check_bytes(const struct trust_meta *meta, const struct pp_buf *data, struct pp_error *error) {
    struct trust_digests digests;
    if (meta->has_length && (uint64_t)meta->length != data->size)
        return pp_fail(error, PP_E_AUTH, "it has %zu bytes, not the %lld listed", data->size,
                       (long long)meta->length);
    return !meta->hashes || (trust_digests_parse(meta->hashes, &digests, error) &&
                             trust_digests_verify(&digests, data->data, data->size, error));
}

bool trust_meta_bytes(const struct trust_meta *meta, size_t cap, size_t *out, struct pp_error *error) {
    if (meta->has_length && (uint64_t)meta->length > cap)
        return pp_fail(error, PP_E_LIMIT, "its length of %lld bytes is over the cap of %zu",
                       (long long)meta->length, cap);
    *out = meta->has_length ? (size_t)meta->length : cap;
    return true;
}

bool trust_consistent_snapshot(const struct trust *trust) {
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(trust->root->body, "consistent_snapshot"));
}

struct trust_metadata *trust_parse_signed_by_root(const struct trust *trust, enum trust_type type,
                                                  const struct pp_buf *data, struct pp_error *error) {
    struct trust_authority authority = trust_authority_of_root(trust->root, type);
    PP_AUTO(trust_metadata)
    struct trust_metadata *metadata = trust_metadata_parse(type, data->data, data->size, error);
    if (!metadata || !trust_verify(metadata, &authority, error))
        return NULL;
    return pp_steal(&metadata);
}

void trust_replace(struct trust_metadata **trusted, struct trust_metadata **fresh) {
    trust_metadata_destroy(*trusted);
    *trusted = pp_steal(fresh);
}

/* A root that its own keys signed (§5.2 takes it on trust beyond that). */
static struct trust_metadata *parse_own_root(const void *data, size_t size, struct pp_error *error) {
    PP_AUTO(trust_metadata)
    struct trust_metadata *root = trust_metadata_parse(TRUST_TYPE_ROOT, data, size, error);
    if (!root)
        return NULL;
    struct trust_authority authority = trust_authority_of_root(root, TRUST_TYPE_ROOT);
    if (!trust_verify(root, &authority, error))
        return NULL;
    return pp_steal(&root);
}

static struct trust_metadata *load_root(int dirfd, size_t max, struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
    if (!trust_file_load(dirfd, "root", max, &data, error))
        return NULL;
    struct trust_metadata *root = parse_own_root(data.data, data.size, error);
    if (!root)
        pp_wrap(error, "trusted root.json");
    return root;
}

bool trust_check_root(const void *root, size_t size, struct pp_error *error) {
    if (size > TRUST_ROOT_MAX)
        return pp_fail(error, PP_E_LIMIT, "root: larger than %lu bytes", TRUST_ROOT_MAX);
    PP_AUTO(trust_metadata) struct trust_metadata *first = parse_own_root(root, size, error);
    return first || pp_wrap(error, "root");
}

bool trust_init_root(const char *metadata_dir, const void *root, size_t size, struct pp_error *error) {
    if (!trust_check_root(root, size, error))
        return false;
    pp_autobuf struct pp_buf data = PP_BUF_INIT(TRUST_ROOT_MAX);
    if (!pp_buf_add(&data, root, size, error) || !pp_dir_make(AT_FDCWD, metadata_dir, 0700, error))
        return false;
    pp_autoclose int dirfd = pp_dir_open(AT_FDCWD, metadata_dir, error);
    if (dirfd < 0)
        return false;
    struct pp_error why = {0};
    PP_AUTO(trust_metadata) struct trust_metadata *kept = load_root(dirfd, TRUST_ROOT_MAX, &why);
    if (kept)
        return true;
    /* Only what the file is may cost it its place, not what memory there was to look at it. */
    if (why.code == PP_E_NOMEM)
        return pp_fail(error, why.code, "%s", why.message);
    return trust_file_store(dirfd, "root", &data, error);
}

static size_t cap_or(size_t cap, size_t otherwise) {
    return cap ? cap : otherwise;
}

static struct trust_caps caps_of(const struct trust_caps *asked) {
    return (struct trust_caps){
        .root = cap_or(asked->root, TRUST_ROOT_MAX),
        .timestamp = cap_or(asked->timestamp, TRUST_TIMESTAMP_MAX),
        .snapshot = cap_or(asked->snapshot, TRUST_SNAPSHOT_MAX),
        .targets = cap_or(asked->targets, TRUST_TARGETS_MAX),
        .root_versions = asked->root_versions ? asked->root_versions : TRUST_ROOT_VERSIONS_MAX,
        .roles_visited = asked->roles_visited ? asked->roles_visited : TRUST_ROLES_VISITED_MAX,
    };
}

static char *with_slash(const char *url) {
    char *copy = NULL;
    size_t length = strlen(url);
    if (asprintf(&copy, "%s%s", url, length && url[length - 1] == '/' ? "" : "/") < 0)
        return NULL;
    return copy;
}

static bool copy_urls(struct trust *trust, const struct trust_config *config, struct pp_error *error) {
    trust->metadata_url = with_slash(config->metadata_url);
    if (config->target_base_url)
        trust->target_base_url = with_slash(config->target_base_url);
    if (!trust->metadata_url || (config->target_base_url && !trust->target_base_url))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return true;
}

struct trust *trust_open(const struct trust_config *config, struct pp_error *error) {
    PP_AUTO(trust) struct trust *trust = calloc(1, sizeof *trust);
    if (!trust) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    trust->fetch = config->fetch;
    trust->fetch_arg = config->fetch_arg;
    trust->now = config->now;
    trust->caps = caps_of(&config->caps);
    trust->dirfd = pp_dir_open(AT_FDCWD, config->metadata_dir, error);
    if (trust->dirfd < 0 || !copy_urls(trust, config, error))
        return NULL;
    trust->root = load_root(trust->dirfd, trust->caps.root, error);
    return trust->root ? pp_steal(&trust) : NULL;
}

static bool update_targets(struct trust *trust, struct pp_error *error) {
    struct trust_authority authority = trust_authority_of_root(trust->root, TRUST_TYPE_TARGETS);
    trust->targets = trust_load_targets(trust, "targets", &authority, error);
    return trust->targets != NULL;
}

bool trust_refresh(struct trust *trust, struct pp_error *error) {
    if (trust->state != TRUST_OPENED)
        return pp_fail(error, PP_E_STATE, "an update cycle refreshes once");
    trust->state = TRUST_REFRESHING;
    if (!trust_update_root(trust, error) || !trust_update_timestamp(trust, error) ||
        !trust_update_snapshot(trust, error) || !update_targets(trust, error))
        return false;
    trust->state = TRUST_REFRESHED;
    return true;
}

static int64_t version_of(const struct trust_metadata *metadata) {
    return metadata ? metadata->version : 0;
}

int64_t trust_root_version(const struct trust *trust) {
    return version_of(trust->root);
}

int64_t trust_timestamp_version(const struct trust *trust) {
    return version_of(trust->timestamp);
}

int64_t trust_snapshot_version(const struct trust *trust) {
    return version_of(trust->snapshot);
}

int64_t trust_targets_version(const struct trust *trust) {
    return version_of(trust->targets);
}

void trust_close(struct trust *trust) {
    if (!trust)
        return;
    pp_close(&trust->dirfd);
    free(trust->metadata_url);
    free(trust->target_base_url);
    trust_metadata_destroy(trust->root);
    trust_metadata_destroy(trust->timestamp);
    trust_metadata_destroy(trust->snapshot);
    trust_metadata_destroy(trust->targets);
    free(trust);
}
