/* §5.6.7: the pre-order depth-first search for a target through the delegations. */
#include <stdio.h>

#include "base/json.h"
#include "trust/delegations.h"
#include "trust/digest.h"
#include "trust/internal.h"

enum outcome {
    OUTCOME_NEXT, /* not here; the search goes on */
    OUTCOME_FOUND,
    OUTCOME_NOWHERE, /* the search is over */
    OUTCOME_FAILED,
};

struct search {
    struct trust *trust;
    const char *path;
    struct trust_target *out;
    cJSON *visited; /* an array of role names */
};

static bool read_target(const cJSON *entry, const char *path, struct trust_target *out,
                        struct pp_error *error) {
    struct trust_digests digests;
    int64_t length = 0;
    if (!pp_json_integer(entry, "length", 0, PP_JSON_INTEGER_MAX, &length, error) ||
        !trust_digests_parse(cJSON_GetObjectItemCaseSensitive(entry, "hashes"), &digests, error))
        return pp_wrap(error, "target %.64s", path);
    snprintf(out->path, sizeof out->path, "%s", path);
    out->length = (uint64_t)length;
    out->has_sha256 = digests.has_sha256;
    out->has_sha512 = digests.has_sha512;
    memcpy(out->sha256, digests.sha256, sizeof out->sha256);
    memcpy(out->sha512, digests.sha512, sizeof out->sha512);
    if (!pp_json_has(entry, "custom"))
        return true;
    out->custom = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(entry, "custom"), 1);
    return out->custom || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool was_visited(const struct search *search, const char *role) {
    const cJSON *name;
    cJSON_ArrayForEach(name, search->visited) {
        if (strcmp(name->valuestring, role) == 0)
            return true;
    }
    return false;
}

static bool mark_visited(struct search *search, const char *role, struct pp_error *error) {
    cJSON *name = cJSON_CreateString(role);
    if (name && cJSON_AddItemToArray(search->visited, name))
        return true;
    cJSON_Delete(name);
    return pp_fail(error, PP_E_NOMEM, "out of memory");
}

static enum outcome search_delegations(struct search *search, const struct trust_metadata *metadata,
                                       struct pp_error *error);

static enum outcome search_role(struct search *search, const struct trust_metadata *metadata,
                                struct pp_error *error) {
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(metadata->body, "targets");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(targets, search->path);
    if (entry)
        return read_target(entry, search->path, search->out, error) ? OUTCOME_FOUND : OUTCOME_FAILED;
    return search_delegations(search, metadata, error);
}

static enum outcome visit(struct search *search, const struct trust_delegation *delegation,
                          struct pp_error *error) {
    if (was_visited(search, delegation->name))
        return OUTCOME_NEXT;
    if ((unsigned)cJSON_GetArraySize(search->visited) >= search->trust->caps.roles_visited)
        return OUTCOME_NOWHERE;
    if (!mark_visited(search, delegation->name, error))
        return OUTCOME_FAILED;
    PP_AUTO(trust_metadata)
    struct trust_metadata *metadata =
        trust_load_targets(search->trust, delegation->name, &delegation->authority, error);
    return metadata ? search_role(search, metadata, error) : OUTCOME_FAILED;
}

/* Recursion is as deep as roles_visited at most: every level below has marked a role. */
static enum outcome search_delegations(struct search *search, const struct trust_metadata *metadata,
                                       struct pp_error *error) {
    struct trust_delegations walk;
    struct trust_delegation delegation = {0};
    if (!trust_delegations_start(&walk, metadata, search->path, error))
        return OUTCOME_FAILED;
    while (trust_delegations_next(&walk, &delegation)) {
        enum outcome outcome = visit(search, &delegation, error);
        if (outcome != OUTCOME_NEXT)
            return outcome;
        if (delegation.terminating)
            return OUTCOME_NOWHERE;
    }
    return OUTCOME_NEXT;
}

bool trust_target_find(struct trust *trust, const char *path, struct trust_target *out,
                       struct pp_error *error) {
    memset(out, 0, sizeof *out);
    if (trust->state != TRUST_REFRESHED)
        return pp_fail(error, PP_E_STATE, "targets are looked up after a refresh that succeeded");
    if (strlen(path) >= TRUST_TARGET_PATH_MAX)
        return pp_fail(error, PP_E_LIMIT, "target path longer than %d bytes", TRUST_TARGET_PATH_MAX - 1);
    pp_autojson cJSON *visited = cJSON_CreateArray();
    if (!visited)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct search search = {.trust = trust, .path = path, .out = out, .visited = visited};
    enum outcome outcome = search_role(&search, trust->targets, error);
    if (outcome == OUTCOME_FOUND)
        return true;
    trust_target_finish(out);
    if (outcome == OUTCOME_FAILED)
        return false;
    return pp_fail(error, PP_E_NOTFOUND, "no role says anything about target %.64s", path);
}
