/* §5.3: from the trusted root to the newest, version by version. */
#include "base/json.h"
#include "trust/internal.h"
#include "trust/schema.h"

static bool signed_by(const struct trust_metadata *metadata, const struct trust_metadata *root,
                      const char *which, struct pp_error *error) {
    struct trust_authority authority = trust_authority_of_root(root, TRUST_TYPE_ROOT);
    return trust_verify(metadata, &authority, error) || pp_wrap(error, "keys of the %s root", which);
}

static struct trust_metadata *accept_next(const struct trust *trust, const struct pp_buf *data,
                                          struct pp_error *error) {
    PP_AUTO(trust_metadata)
    struct trust_metadata *next = trust_metadata_parse(TRUST_TYPE_ROOT, data->data, data->size, error);
    if (!next || !signed_by(next, trust->root, "trusted", error) || !signed_by(next, next, "new", error))
        return NULL;
    if (next->version != trust->root->version + 1) {
        pp_fail(error, next->version > trust->root->version ? PP_E_INVALID : PP_E_ROLLBACK,
                "its version is %lld", (long long)next->version);
        return NULL;
    }
    return pp_steal(&next);
}

static bool lists(const cJSON *keyids, const char *keyid) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, keyids) {
        if (strcmp(entry->valuestring, keyid) == 0)
            return true;
    }
    return false;
}

/* Whether a key that could sign the role no longer can. */
static bool keys_rotated(const struct trust_metadata *old, const struct trust_metadata *new,
                         enum trust_type role) {
    struct trust_authority before = trust_authority_of_root(old, role);
    struct trust_authority after = trust_authority_of_root(new, role);
    const cJSON *keyid;
    cJSON_ArrayForEach(keyid, before.keyids) {
        if (!lists(after.keyids, keyid->valuestring))
            return true;
    }
    return false;
}

/* §5.3.11, recovery from fast-forward attacks. Done with the step that rotates and before the new root is
 * kept, so that neither a cut nor an expired root between here and the last one leaves the stale files for
 * good. */
static bool forget_after_rotation(struct trust *trust, const struct trust_metadata *next,
                                  struct pp_error *error) {
    if (!keys_rotated(trust->root, next, TRUST_TYPE_TIMESTAMP) &&
        !keys_rotated(trust->root, next, TRUST_TYPE_SNAPSHOT))
        return true;
    return trust_file_remove(trust->dirfd, "timestamp", error) &&
           trust_file_remove(trust->dirfd, "snapshot", error);
}

static bool take_next(struct trust *trust, const struct pp_buf *data, struct pp_error *error) {
    PP_AUTO(trust_metadata) struct trust_metadata *next = accept_next(trust, data, error);
    if (!next || !forget_after_rotation(trust, next, error) ||
        !trust_file_store(trust->dirfd, "root", data, error))
        return false;
    trust_replace(&trust->root, &next);
    return true;
}

void trust_root_time(const struct trust *trust, struct trust_time_statement *out) {
    const cJSON *statement = cJSON_GetObjectItemCaseSensitive(trust->root->body, TRUST_TIME_FIELD);
    *out = (struct trust_time_statement){0};
    if (statement && (!pp_json_integer(statement, "epoch", 1, PP_JSON_INTEGER_MAX, &out->epoch, NULL) ||
                      !pp_json_time(statement, "time", &out->time_s, NULL)))
        *out = (struct trust_time_statement){0}; /* never: trust_schema_root has made sure */
}

bool trust_update_root(struct trust *trust, struct pp_error *error) {
    for (unsigned i = 0; i < trust->caps.root_versions; i++) {
        pp_autobuf struct pp_buf data = PP_BUF_INIT(0);
        int64_t version = trust->root->version + 1;
        enum trust_fetch_result result =
            trust_remote_metadata(trust, "root", version, trust->caps.root, &data, error);
        if (result == TRUST_FETCH_NOT_FOUND)
            break;
        if (result != TRUST_FETCH_OK || !take_next(trust, &data, error))
            return pp_wrap(error, "%lld.root.json", (long long)version);
    }
    return trust_check_expiry(trust, trust->root, error);
}
