#include "trust/delegations.h"

#include <stdio.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "trust/pattern.h"
#include "trust/schema.h"

#define SUCCINCT_BITS_MAX 32 /* TAP 15, bit_length */

static const char *const reserved_names[] = {"root", "timestamp", "snapshot", "targets"};

/* The name becomes a file beside those of the top-level roles. */
static bool check_name(const char *name, struct pp_error *error) {
    if (!*name)
        return pp_fail(error, PP_E_INVALID, "a delegated role has no name");
    for (size_t i = 0; i < PP_COUNT(reserved_names); i++) {
        if (strcmp(name, reserved_names[i]) == 0)
            return pp_fail(error, PP_E_INVALID, "a delegated role is named \"%s\"", name);
    }
    pp_autofree char *encoded = pp_percent_encode(name);
    if (!encoded)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(encoded) > TRUST_NAME_MAX)
        return pp_fail(error, PP_E_LIMIT, "a delegated role's name is longer than %d bytes", TRUST_NAME_MAX);
    return true;
}

static bool check_texts(const cJSON *role, const char *name, struct pp_error *error) {
    const cJSON *texts = NULL;
    if (!pp_json_has(role, name))
        return true;
    if (!pp_json_array(role, name, TRUST_PATTERNS_MAX, &texts, error))
        return false;
    const cJSON *text;
    cJSON_ArrayForEach(text, texts) {
        if (!cJSON_IsString(text) || strlen(text->valuestring) > TRUST_PATTERN_MAX)
            return pp_fail(error, PP_E_INVALID, "field \"%s\" holds something that is no pattern", name);
    }
    return true;
}

static bool check_role(const cJSON *role, struct pp_error *error) {
    const char *name = NULL;
    bool terminating = false;
    if (!cJSON_IsObject(role))
        return pp_fail(error, PP_E_INVALID, "field \"roles\" holds something that is no object");
    if (!pp_json_string(role, "name", TRUST_NAME_MAX, &name, error) || !check_name(name, error))
        return false;
    if (!pp_json_boolean(role, "terminating", &terminating, error) || !trust_schema_signers(role, error) ||
        !check_texts(role, "paths", error) || !check_texts(role, "path_hash_prefixes", error))
        return pp_wrap(error, "role %.64s", name);
    if (pp_json_has(role, "paths") && pp_json_has(role, "path_hash_prefixes"))
        return pp_fail(error, PP_E_INVALID, "role %.64s has both \"paths\" and \"path_hash_prefixes\"", name);
    return true;
}

static int compare_texts(const void *a, const void *b) {
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

static bool refuse_doubled_names(const cJSON *roles, struct pp_error *error) {
    size_t count = 0;
    pp_autofree const char **names = calloc((size_t)cJSON_GetArraySize(roles) + 1, sizeof *names);
    if (!names)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    const cJSON *role;
    cJSON_ArrayForEach(role, roles) names[count++] =
        cJSON_GetObjectItemCaseSensitive(role, "name")->valuestring;
    qsort(names, count, sizeof *names, compare_texts);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            return pp_fail(error, PP_E_INVALID, "role %.64s is delegated to twice", names[i]);
    }
    return true;
}

static bool check_roles(const cJSON *delegations, struct pp_error *error) {
    const cJSON *roles = NULL;
    if (!pp_json_array(delegations, "roles", TRUST_DELEGATIONS_MAX, &roles, error))
        return false;
    const cJSON *role;
    cJSON_ArrayForEach(role, roles) {
        if (!check_role(role, error))
            return false;
    }
    return refuse_doubled_names(roles, error);
}

static bool check_succinct(const cJSON *delegations, struct pp_error *error) {
    const cJSON *succinct = NULL;
    const char *prefix = NULL;
    int64_t bits = 0;
    return (pp_json_object(delegations, "succinct_roles", &succinct, error) &&
            pp_json_integer(succinct, "bit_length", 1, SUCCINCT_BITS_MAX, &bits, error) &&
            /* behind it stand '-' and at most eight hex digits */
            pp_json_string(succinct, "name_prefix", (TRUST_NAME_MAX - 9) / 3, &prefix, error) &&
            trust_schema_signers(succinct, error)) ||
           pp_wrap(error, "succinct_roles");
}

bool trust_schema_delegations(const cJSON *delegations, struct pp_error *error) {
    if (!trust_schema_keys(delegations, error))
        return false;
    if (pp_json_has(delegations, "roles") == pp_json_has(delegations, "succinct_roles"))
        return pp_fail(error, PP_E_INVALID, "needs exactly one of \"roles\" and \"succinct_roles\"");
    return pp_json_has(delegations, "roles") ? check_roles(delegations, error)
                                             : check_succinct(delegations, error);
}

bool trust_delegations_start(struct trust_delegations *walk, const struct trust_metadata *metadata,
                             const char *path, struct pp_error *error) {
    const cJSON *delegations = cJSON_GetObjectItemCaseSensitive(metadata->body, "delegations");
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(delegations, "roles");
    uint8_t digest[BULK_SHA256_SIZE];
    if (!crypto_sha256(path, strlen(path), digest, error))
        return false;
    *walk = (struct trust_delegations){
        .path = path,
        .keys = cJSON_GetObjectItemCaseSensitive(delegations, "keys"),
        .next_role = cJSON_IsArray(roles) ? roles->child : NULL,
        .succinct = cJSON_GetObjectItemCaseSensitive(delegations, "succinct_roles"),
    };
    if (cJSON_IsNull(walk->succinct))
        walk->succinct = NULL;
    pp_hex_encode(digest, sizeof digest, walk->path_hash);
    return true;
}

static bool role_covers(const struct trust_delegations *walk, const cJSON *role) {
    const cJSON *text;
    cJSON_ArrayForEach(text, cJSON_GetObjectItemCaseSensitive(role, "paths")) {
        if (trust_pattern_matches(text->valuestring, walk->path))
            return true;
    }
    cJSON_ArrayForEach(text, cJSON_GetObjectItemCaseSensitive(role, "path_hash_prefixes")) {
        if (strncmp(walk->path_hash, text->valuestring, strlen(text->valuestring)) == 0)
            return true;
    }
    return false;
}

static void yield_delegation(const struct trust_delegations *walk, const cJSON *role, bool terminating,
                             struct trust_delegation *out) {
    out->terminating = terminating;
    out->authority = (struct trust_authority){
        .keys = walk->keys,
        .keyids = cJSON_GetObjectItemCaseSensitive(role, "keyids"),
        .threshold = (int64_t)cJSON_GetObjectItemCaseSensitive(role, "threshold")->valuedouble,
    };
}

/* The bin is the first bit_length bits of the path's hash, written with just the digits the highest bin
 * needs. A path has one bin, so there is nothing behind it: the delegation is terminating. */
static void yield_bin(struct trust_delegations *walk, struct trust_delegation *out) {
    const cJSON *succinct = walk->succinct;
    unsigned bits = (unsigned)cJSON_GetObjectItemCaseSensitive(succinct, "bit_length")->valuedouble;
    const char *prefix = cJSON_GetObjectItemCaseSensitive(succinct, "name_prefix")->valuestring;
    char head[9] = {0};
    memcpy(head, walk->path_hash, 8);
    unsigned long bin = strtoul(head, NULL, 16) >> (32 - bits);
    int digits = (int)((bits + 3) / 4);
    snprintf(out->name, sizeof out->name, "%s-%0*lx", prefix, digits, bin);
    yield_delegation(walk, succinct, true, out);
    walk->succinct = NULL;
}

bool trust_delegations_next(struct trust_delegations *walk, struct trust_delegation *out) {
    if (walk->succinct) {
        yield_bin(walk, out);
        return true;
    }
    while (walk->next_role) {
        const cJSON *role = walk->next_role;
        walk->next_role = role->next;
        if (!role_covers(walk, role))
            continue;
        snprintf(out->name, sizeof out->name, "%s",
                 cJSON_GetObjectItemCaseSensitive(role, "name")->valuestring);
        yield_delegation(walk, role, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(role, "terminating")),
                         out);
        return true;
    }
    return false;
}
