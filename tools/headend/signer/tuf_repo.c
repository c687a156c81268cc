#include "headend/signer/tuf_repo.h"

#include <errno.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/bulk.h"
#include "headend/base/text.h"
#include "headend/public/ca.h"
#include "headend/signer/control.h"
#include "headend/signer/tuf_sign.h"

#define METADATA        TUF_METADATA
#define PUBLIC_MODE     0644
#define PUBLIC_DIR_MODE 0755
#define TUF_TARGETS     HOME_REPO "/targets"
#define TUF_KEYS        TUF_TARGETS "/keys"
#define RESIGN          HOME_KEYS "/resign" /* keys are being changed: what they sign is to be signed anew */
#define LIFETIME(days)  ((int64_t)(days)*TUF_DAY_S)

static bool rotation_settle(struct tuf_repo *repo, struct pp_error *error);

bool tuf_repo_open(struct tuf_repo *repo, const struct home *home, struct pp_error *error) {
    *repo = (struct tuf_repo){.home = home};
    return rotation_settle(repo, error) && tuf_repo_load(repo, home, error);
}

/* Whether half of the time that `days` gives a file is over. */
static bool is_old(const struct tuf_repo *repo, const cJSON *body, int days) {
    int64_t expires;
    return repo->least || !pp_json_time(body, "expires", &expires, NULL) ||
           expires - repo->now < LIFETIME(days) / 2;
}

static int64_t next_version(const struct tuf_repo *repo, int64_t former) {
    return former + 1 > repo->least ? former + 1 : repo->least;
}

/* Signs and writes one file; with `list` (snapshot or timestamp to be), enters it there under its name. */
static bool role_write(const struct tuf_repo *repo, const char *role, const cJSON *body, bool versioned,
                       cJSON *list, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char name[PP_PATH_MAX];
    char prefix[32] = "";
    int64_t version = tuf_body_version(body);
    pp_autobuf struct pp_buf file = PP_BUF_INIT(TUF_METADATA_MAX);
    if (versioned)
        snprintf(prefix, sizeof prefix, "%lld.", (long long)version);
    if (!pp_path_format(path, error, METADATA "/%s%s.json", prefix, role) ||
        !pp_path_format(name, error, "%s.json", role) || !tuf_sign(repo->home, role, body, &file, error) ||
        !pp_file_replace(repo->home->fd, path, file.data, file.size, PUBLIC_MODE, error))
        return false;
    if (!list)
        return true;
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(list, "meta");
    cJSON *entry = tuf_meta_object(version, &file, error);
    if (!entry)
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(meta, name);
    return cJSON_AddItemToObject(meta, name, entry);
}

/* {"keyids": […], "threshold": 1} with the role's key, which is added to `keys`. */
static cJSON *role_object(const struct home *home, const char *role, cJSON *keys, struct pp_error *error) {
    char keyid[TUF_KEYID_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, role, true, error);
    cJSON *public = key ? tuf_key_object(key, keyid, error) : NULL;
    if (!public)
        return NULL;
    cJSON_DeleteItemFromObjectCaseSensitive(keys, keyid);
    cJSON_AddItemToObject(keys, keyid, public);
    cJSON *object = cJSON_CreateObject();
    cJSON *ids = cJSON_AddArrayToObject(object, "keyids");
    cJSON_AddItemToArray(ids, cJSON_CreateString(keyid));
    cJSON_AddNumberToObject(object, "threshold", 1);
    return object;
}

/* Of the top level. */
static const char *const names[] = {"root", "timestamp", "snapshot", "targets"};

static cJSON *root_body(const struct home *home, int64_t version, int64_t now, struct pp_error *error) {
    pp_autojson cJSON *body = tuf_signed("root", version, now + LIFETIME(TUF_ROOT_DAYS), error);
    if (!body)
        return NULL;
    cJSON_AddBoolToObject(body, "consistent_snapshot", true);
    cJSON *keys = cJSON_AddObjectToObject(body, "keys");
    cJSON *roles = cJSON_AddObjectToObject(body, "roles");
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        cJSON *role = role_object(home, names[i], keys, error);
        if (!role)
            return NULL;
        cJSON_AddItemToObject(roles, names[i], role);
    }
    return pp_steal(&body);
}

/* Signs `body`, the newest root or what was changed in it, as the next one, by the keys of these roles. */
static bool root_sign_next_by(const struct tuf_repo *repo, cJSON *body, const char *const *signers,
                              struct pp_error *error) {
    const struct home *home = repo->home;
    int64_t version = tuf_body_version(body) + 1;
    char path[PP_PATH_MAX];
    char expires[PP_RFC3339_SIZE];
    pp_time_format(repo->now + LIFETIME(TUF_ROOT_DAYS), expires);
    cJSON_ReplaceItemInObjectCaseSensitive(body, "version", cJSON_CreateNumber((double)version));
    cJSON_ReplaceItemInObjectCaseSensitive(body, "expires", cJSON_CreateString(expires));
    pp_autobuf struct pp_buf file = PP_BUF_INIT(TUF_METADATA_MAX);
    if (!tuf_sign_by(home, signers, body, &file, error))
        return pp_wrap(error, "%lld.root.json is to be signed, which cannot be done here",
                       (long long)version);
    return pp_path_format(path, error, METADATA "/%lld.root.json", (long long)version) &&
           pp_file_replace(home->fd, path, file.data, file.size, PUBLIC_MODE, error) &&
           pp_file_replace(home->fd, HOME_ROOT, file.data, file.size, PUBLIC_MODE, error);
}

static bool root_sign_next(const struct tuf_repo *repo, cJSON *body, struct pp_error *error) {
    static const char *const signers[] = {"root", NULL};
    return root_sign_next_by(repo, body, signers, error);
}

bool tuf_repo_renew_root(const struct tuf_repo *repo, struct pp_error *error) {
    pp_autojson cJSON *body = tuf_repo_root(repo->home, error);
    if (!body)
        return false;
    return !is_old(repo, body, TUF_ROOT_DAYS) || root_sign_next(repo, body, error);
}

/* The next ones keep what this one says. Its version is its epoch: above all that was said before. */
bool tuf_repo_restate_time(const struct tuf_repo *repo, struct pp_error *error) {
    char now[PP_RFC3339_SIZE];
    pp_autojson cJSON *body = tuf_repo_root(repo->home, error);
    if (!body)
        return false;
    pp_time_format(repo->now, now);
    cJSON_DeleteItemFromObjectCaseSensitive(body, TUF_TIME_FIELD);
    cJSON *statement = cJSON_AddObjectToObject(body, TUF_TIME_FIELD);
    if (!cJSON_AddNumberToObject(statement, "epoch", (double)tuf_body_version(body) + 1) ||
        !cJSON_AddStringToObject(statement, "time", now))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return root_sign_next(repo, body, error);
}

/* The root names the key of the file `key` for the role from now on; each role has a key of its own. */
static bool root_set_key(const struct home *home, cJSON *root, const char *role, const char *key,
                         struct pp_error *error) {
    cJSON *keys = cJSON_GetObjectItemCaseSensitive(root, "keys");
    cJSON *roles = cJSON_GetObjectItemCaseSensitive(root, "roles");
    const cJSON *former = cJSON_GetObjectItemCaseSensitive(roles, role);
    const cJSON *keyid;
    cJSON *fresh = role_object(home, key, keys, error);
    if (!fresh)
        return false;
    cJSON_ArrayForEach(keyid, cJSON_GetObjectItemCaseSensitive(former, "keyids")) {
        cJSON_DeleteItemFromObjectCaseSensitive(keys, keyid->valuestring);
    }
    return cJSON_ReplaceItemInObjectCaseSensitive(roles, role, fresh);
}

static bool root_renew_key(const struct home *home, cJSON *root, const char *role, struct pp_error *error) {
    return tuf_key_forget(home, role, error) && root_set_key(home, root, role, role, error);
}

/* ---- New keys ---- */

static bool next_name(const char *role, char name[TUF_ROLE_MAX]) {
    return snprintf(name, TUF_ROLE_MAX, "%s" TUF_NEXT, role) < TUF_ROLE_MAX;
}

/* Whether the root names that key for the role. */
static bool root_names(const cJSON *root, const char *role, const char *keyid) {
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(root, "roles");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(roles, role);
    const cJSON *named;
    cJSON_ArrayForEach(named, cJSON_GetObjectItemCaseSensitive(entry, "keyids")) {
        if (cJSON_IsString(named) && strcmp(named->valuestring, keyid) == 0)
            return true;
    }
    return false;
}

/* A next key is the role's where the newest root says so, and nothing otherwise. */
static bool next_key_settle(const struct home *home, const char *role, struct pp_error *error) {
    char next[TUF_ROLE_MAX];
    char keyid[TUF_KEYID_SIZE];
    struct pp_error missing = {0};
    if (!next_name(role, next))
        return pp_fail(error, PP_E_LIMIT, "role %s: too long", role);
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, next, false, &missing);
    if (!key && missing.code == PP_E_NOTFOUND)
        return tuf_key_forget(home, next, error);
    pp_autojson cJSON *object = key ? tuf_key_object(key, keyid, error) : NULL;
    pp_autojson cJSON *root = object ? tuf_repo_root(home, error) : NULL;
    if (root && root_names(root, role, keyid))
        return tuf_key_take_next(home, role, error);
    return (root || !key) && tuf_key_forget(home, next, error);
}

static bool rotation_settle(struct tuf_repo *repo, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (!next_key_settle(repo->home, names[i], error))
            return false;
    }
    if (faccessat(repo->home->fd, RESIGN, F_OK, 0) == 0)
        repo->least = 1;
    /* Half of it, where its writing was cut off, says nothing. */
    return pp_file_remove(repo->home->fd, RESIGN ".new", error) &&
           tuf_key_forget(repo->home, CONTROL_ROLE TUF_NEXT, error);
}

static bool rotation_is_over(struct tuf_repo *repo, struct pp_error *error) {
    repo->least = 0;
    return unlinkat(repo->home->fd, RESIGN, 0) == 0 || errno == ENOENT || pp_fail_errno(error, RESIGN);
}

bool tuf_repo_rotate(struct tuf_repo *repo, const char *const *roles, struct pp_error *error) {
    const char *signers[] = {"root", NULL, NULL};
    const struct home *home = repo->home;
    bool changed;
    char next[TUF_ROLE_MAX];
    pp_autojson cJSON *body = tuf_repo_root(home, error);
    if (!body || !pp_file_replace(home->fd, RESIGN, "", 0, 0600, error))
        return false;
    for (const char *const *role = roles; *role; role++) {
        if (!next_name(*role, next) || !root_set_key(home, body, *role, next, error))
            return false;
        if (strcmp(*role, "root") == 0)
            signers[1] = "root" TUF_NEXT;
    }
    if (!root_sign_next_by(repo, body, signers, error))
        return false;
    for (const char *const *role = roles; *role; role++) {
        if (!tuf_key_take_next(home, *role, error))
            return false;
    }
    repo->least = 1;
    return tuf_repo_update(repo, NULL, &changed, error);
}

/* One after the other: a screen may have any of those that are lost, or none. */
bool tuf_repo_lead_on(const struct tuf_repo *repo, int64_t version, struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(repo->home, "root", false, error);
    pp_autojson cJSON *body = key ? tuf_repo_root(repo->home, error) : NULL;
    if (!body)
        return false;
    int64_t newest = tuf_body_version(body);
    if (version - newest > TUF_ROOTS_LOST_MAX)
        return pp_fail(error, PP_E_LIMIT,
                       "root version %lld: the newest here is %lld, and no more than %d can be lost",
                       (long long)version, (long long)newest, TUF_ROOTS_LOST_MAX);
    if (!root_renew_key(repo->home, body, "timestamp", error) ||
        !root_renew_key(repo->home, body, "snapshot", error))
        return false;
    do {
        if (!root_sign_next(repo, body, error))
            return false;
    } while (++newest <= version);
    return true;
}

static cJSON *target_object(uint64_t length, const uint8_t sha256[BULK_SHA256_SIZE]) {
    char hex[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    pp_hex_encode(sha256, BULK_SHA256_SIZE, hex);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddNumberToObject(entry, "length", (double)length);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(entry, "hashes"), "sha256", hex);
    return entry;
}

/* What screens are told beside the channels: each a document that is made of this folder, always of the same bytes. */
static const struct top_document {
    const char *target; /* its name, below keys/ */
    size_t max;         /* bytes */
    bool (*write)(const struct home *home, struct pp_buf *document, struct pp_error *error);
} top_documents[] = {
    {CONTROL_TARGET, CONTROL_DOCUMENT_MAX, control_document},
    {CA_TARGET, CA_DOCUMENT_MAX, ca_document},
};

/* Enters a document among the targets. Its file is there before it is named. */
static bool top_target_add(const struct home *home, const struct top_document *kind, cJSON *targets,
                           struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    char path[PP_PATH_MAX];
    pp_autobuf struct pp_buf document = PP_BUF_INIT(kind->max);
    if (!kind->write(home, &document, error) || !crypto_sha256(document.data, document.size, sha256, error))
        return false;
    pp_hex_encode(sha256, sizeof sha256, hex);
    if (!pp_path_format(path, error, TUF_KEYS "/%s.%s", hex, strrchr(kind->target, '/') + 1) ||
        (faccessat(home->fd, path, F_OK, 0) < 0 &&
         (!pp_dir_make(home->fd, TUF_TARGETS, PUBLIC_DIR_MODE, error) ||
          !pp_dir_make(home->fd, TUF_KEYS, PUBLIC_DIR_MODE, error) ||
          !pp_file_replace(home->fd, path, document.data, document.size, PUBLIC_MODE, error))))
        return false;
    return cJSON_AddItemToObject(targets, kind->target, target_object(document.size, sha256));
}

/* The targets of the top level. The caller deletes them. */
static cJSON *top_targets(const struct tuf_repo *repo, struct pp_error *error) {
    pp_autojson cJSON *targets = cJSON_CreateObject();
    for (size_t i = 0; i < PP_COUNT(top_documents); i++) {
        if (!top_target_add(repo->home, &top_documents[i], targets, error))
            return NULL;
    }
    return pp_steal(&targets);
}

/* A new version of targets, with what the former one delegates. Takes `targets`. */
static cJSON *targets_body(const struct tuf_repo *repo, const cJSON *former, cJSON *targets,
                           struct pp_error *error) {
    cJSON *body = tuf_signed("targets", next_version(repo, tuf_body_version(former)),
                             repo->now + LIFETIME(TUF_TARGETS_DAYS), error);
    if (!body) {
        cJSON_Delete(targets);
        return NULL;
    }
    cJSON_AddItemToObject(body, "targets", targets);
    const cJSON *delegations = cJSON_GetObjectItemCaseSensitive(former, "delegations");
    if (delegations) {
        cJSON_AddItemToObject(body, "delegations", cJSON_Duplicate(delegations, true));
    } else {
        cJSON *fresh = cJSON_AddObjectToObject(body, "delegations");
        cJSON_AddObjectToObject(fresh, "keys");
        cJSON_AddArrayToObject(fresh, "roles");
    }
    return body;
}

/* Where the role stands among those that targets delegates to; -1 where it does not. */
static int delegated_at(const cJSON *targets, const char *role) {
    const cJSON *delegations = cJSON_GetObjectItemCaseSensitive(targets, "delegations");
    const cJSON *entry;
    int at = 0;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(delegations, "roles")) {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(entry, "name");
        if (cJSON_IsString(name) && strcmp(name->valuestring, role) == 0)
            return at;
        at++;
    }
    return -1;
}

bool tuf_repo_delegates(const struct home *home, const char *role, bool *delegated, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {0};
    pp_autojson cJSON *targets =
        tuf_repo_load(&repo, home, error)
            ? tuf_repo_read(home, tuf_repo_version(&repo, "targets"), "targets", error)
            : NULL;
    *delegated = delegated_at(targets, role) >= 0;
    return targets != NULL;
}

/* A role channel-<id> for channels/<id>/… */
static bool delegate(const struct tuf_repo *repo, cJSON *targets, const char *channel,
                     struct pp_error *error) {
    char role[TUF_ROLE_MAX];
    char path[PP_PATH_MAX];
    cJSON *delegations = cJSON_GetObjectItemCaseSensitive(targets, "delegations");
    snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", channel);
    snprintf(path, sizeof path, "channels/%s/*", channel);
    cJSON *entry =
        role_object(repo->home, role, cJSON_GetObjectItemCaseSensitive(delegations, "keys"), error);
    if (!entry)
        return false;
    cJSON_AddStringToObject(entry, "name", role);
    cJSON_AddBoolToObject(entry, "terminating", true);
    cJSON *paths = cJSON_AddArrayToObject(entry, "paths");
    cJSON_AddItemToArray(paths, cJSON_CreateString(path));
    return cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(delegations, "roles"), entry);
}

static void undelegate(cJSON *targets, const char *role) {
    cJSON *delegations = cJSON_GetObjectItemCaseSensitive(targets, "delegations");
    cJSON *roles = cJSON_GetObjectItemCaseSensitive(delegations, "roles");
    cJSON *keys = cJSON_GetObjectItemCaseSensitive(delegations, "keys");
    int at = delegated_at(targets, role);
    cJSON *entry = at < 0 ? NULL : cJSON_DetachItemFromArray(roles, at);
    const cJSON *keyid;
    /* Each role has a key of its own. */
    cJSON_ArrayForEach(keyid, cJSON_GetObjectItemCaseSensitive(entry, "keyids")) {
        cJSON_DeleteItemFromObjectCaseSensitive(keys, keyid->valuestring);
    }
    cJSON_Delete(entry);
}

/* The next snapshot or timestamp, with the former's list. */
static cJSON *list_body(const struct tuf_repo *repo, const char *type, const cJSON *former, int days,
                        struct pp_error *error) {
    cJSON *body =
        tuf_signed(type, next_version(repo, tuf_body_version(former)), repo->now + LIFETIME(days), error);
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(former, "meta");
    if (body)
        cJSON_AddItemToObject(body, "meta", meta ? cJSON_Duplicate(meta, true) : cJSON_CreateObject());
    return body;
}

static cJSON *channel_targets(const struct tuf_target *target) {
    char path[PP_PATH_MAX];
    cJSON *targets = cJSON_CreateObject();
    snprintf(path, sizeof path, "channels/%s/manifest.sealed", target->channel);
    if (target->length)
        cJSON_AddItemToObject(targets, path, target_object(target->length, target->sha256));
    snprintf(path, sizeof path, "channels/%s/next.sealed", target->channel);
    if (target->next_length)
        cJSON_AddItemToObject(targets, path, target_object(target->next_length, target->next_sha256));
    return targets;
}

/* Writes the role of a channel anew, with `target` or what it had, into the snapshot to be. */
static bool channel_write(const struct tuf_repo *repo, const char *role, int64_t version, cJSON *targets,
                          cJSON *snapshot, struct pp_error *error) {
    pp_autojson cJSON *body = tuf_signed("targets", version, repo->now + LIFETIME(TUF_TARGETS_DAYS), error);
    if (!body) {
        cJSON_Delete(targets);
        return false;
    }
    cJSON_AddItemToObject(body, "targets", targets);
    return role_write(repo, role, body, true, snapshot, error);
}

static bool channel_update(const struct tuf_repo *repo, const struct tuf_target *target, cJSON *snapshot,
                           struct pp_error *error) {
    char role[TUF_ROLE_MAX];
    char name[TUF_ROLE_MAX + 8];
    snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", target->channel);
    snprintf(name, sizeof name, "%s.json", role);
    /* The key is made before anything is signed with it. */
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(repo->home, role, true, error);
    return key && channel_write(repo, role, next_version(repo, tuf_meta_version(repo->snapshot, name)),
                                channel_targets(target), snapshot, error);
}

/* Signs a channel's role anew where that is due. */
static bool channel_renew(const struct tuf_repo *repo, const char *role, int64_t version, cJSON *snapshot,
                          bool *changed, struct pp_error *error) {
    pp_autojson cJSON *former = tuf_repo_read(repo->home, version, role, error);
    if (!former)
        return false;
    if (!is_old(repo, former, TUF_TARGETS_DAYS))
        return true;
    cJSON *targets = cJSON_DetachItemFromObjectCaseSensitive(former, "targets");
    if (!channel_write(repo, role, next_version(repo, version), targets, snapshot, error))
        return false;
    *changed = true;
    return true;
}

/* Signs anew the roles of other channels that have used up half of their time. One that cannot be (its key
 * is gone, say) is told, and does not keep the rest from being renewed. Those of removed channels are nobody's. */
static void channels_renew(const struct tuf_repo *repo, const cJSON *targets, const struct tuf_target *target,
                           cJSON *snapshot, bool *changed) {
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(repo->snapshot, "meta");
    const cJSON *entry;
    cJSON_ArrayForEach(entry, meta) {
        char role[TUF_ROLE_MAX];
        size_t length = strlen(entry->string);
        if (strncmp(entry->string, TUF_CHANNEL_ROLE, strlen(TUF_CHANNEL_ROLE)) != 0 ||
            length - 5 >= sizeof role)
            continue;
        snprintf(role, sizeof role, "%.*s", (int)(length - 5), entry->string);
        if (delegated_at(targets, role) < 0)
            continue;
        if (target && strcmp(role + strlen(TUF_CHANNEL_ROLE), target->channel) == 0)
            continue;
        struct pp_error error = {0};
        if (!channel_renew(repo, role, tuf_meta_version(repo->snapshot, entry->string), snapshot, changed,
                           &error))
            pp_log_error("%s cannot be signed anew: %s", role, error.message);
    }
}

static bool targets_update(const struct tuf_repo *repo, const cJSON *former, const struct tuf_target *target,
                           cJSON *snapshot, bool *changed, struct pp_error *error) {
    char role[TUF_ROLE_MAX] = "";
    if (target)
        snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", target->channel);
    bool delegated = delegated_at(former, role) >= 0;
    bool new_role = target && !target->removed && !delegated;
    bool old_role = target && target->removed && delegated;
    pp_autojson cJSON *targets = top_targets(repo, error);
    if (!targets)
        return false;
    bool same = former && cJSON_Compare(cJSON_GetObjectItemCaseSensitive(former, "targets"), targets, true);
    if (same && !new_role && !old_role && !is_old(repo, former, TUF_TARGETS_DAYS))
        return true;
    pp_autojson cJSON *body = targets_body(repo, former, pp_steal(&targets), error);
    if (!body || (new_role && !delegate(repo, body, target->channel, error)))
        return false;
    if (old_role)
        undelegate(body, role);
    struct pp_error failure = {0};
    if (role_write(repo, "targets", body, true, snapshot, &failure)) {
        *changed = true;
        return true;
    }
    if (!former || new_role || old_role)
        return pp_fail(error, failure.code, "%s", failure.message);
    pp_log_error("targets cannot be signed anew: %s", failure.message); /* its key may be kept elsewhere */
    return true;
}

/* Delegated roles and targets; `snapshot` gets what changed. */
static bool roles_update(const struct tuf_repo *repo, const struct tuf_target *target, cJSON *snapshot,
                         bool *changed, struct pp_error *error) {
    int64_t version = tuf_meta_version(repo->snapshot, "targets.json");
    pp_autojson cJSON *former = version ? tuf_repo_read(repo->home, version, "targets", error) : NULL;
    if (version && !former)
        return false;
    if (target) {
        *changed = true;
        if (!channel_update(repo, target, snapshot, error))
            return false;
    }
    channels_renew(repo, former, target, snapshot, changed);
    return targets_update(repo, former, target, snapshot, changed, error);
}

bool tuf_repo_update(struct tuf_repo *repo, const struct tuf_target *target, bool *changed,
                     struct pp_error *error) {
    bool roles_changed = false;
    *changed = false;
    pp_autojson cJSON *snapshot = list_body(repo, "snapshot", repo->snapshot, TUF_SNAPSHOT_DAYS, error);
    pp_autojson cJSON *timestamp = list_body(repo, "timestamp", repo->timestamp, TUF_TIMESTAMP_DAYS, error);
    if (!snapshot || !timestamp || !roles_update(repo, target, snapshot, &roles_changed, error))
        return false;
    bool new_snapshot = roles_changed || !repo->snapshot || is_old(repo, repo->snapshot, TUF_SNAPSHOT_DAYS);
    if (!new_snapshot && !is_old(repo, repo->timestamp, TUF_TIMESTAMP_DAYS))
        return true;
    if (new_snapshot && !role_write(repo, "snapshot", snapshot, true, timestamp, error))
        return false;
    if (!role_write(repo, "timestamp", timestamp, false, NULL, error))
        return false;
    *changed = true;
    if (repo->least && !rotation_is_over(repo, error))
        return false;
    cJSON_Delete(repo->timestamp);
    repo->timestamp = pp_steal(&timestamp);
    if (new_snapshot) {
        cJSON_Delete(repo->snapshot);
        repo->snapshot = pp_steal(&snapshot);
    }
    return true;
}

bool tuf_repo_create(const struct home *home, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {.home = home, .now = pp_clock_realtime_s()};
    if (!pp_dir_make(home->fd, METADATA, 0755, error))
        return false;
    pp_autojson cJSON *root = root_body(home, 1, repo.now, error);
    pp_autobuf struct pp_buf file = PP_BUF_INIT(TUF_METADATA_MAX);
    bool changed;
    return root && tuf_sign(home, "root", root, &file, error) &&
           pp_file_replace(home->fd, METADATA "/1.root.json", file.data, file.size, PUBLIC_MODE, error) &&
           pp_file_replace(home->fd, HOME_ROOT, file.data, file.size, PUBLIC_MODE, error) &&
           tuf_repo_update(&repo, NULL, &changed, error);
}
