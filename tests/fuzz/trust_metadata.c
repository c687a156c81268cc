/* The first byte chooses the type ('0' root, '1' timestamp, '2' snapshot, '3' targets), the rest is the file.
 * What parses is walked through as the workflow does. */
#include <stdint.h>

#include "base/json.h"
#include "trust/delegations.h"
#include "trust/digest.h"
#include "trust/schema.h"
#include "trust/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_root(const struct trust_metadata *root) {
    int64_t epoch = 1;
    const cJSON *statement = cJSON_GetObjectItemCaseSensitive(root->body, TRUST_TIME_FIELD);
    if (statement && (!pp_json_integer(statement, "epoch", 1, PP_JSON_INTEGER_MAX, &epoch, NULL)))
        abort(); /* the parser has made sure of it */
    for (int role = TRUST_TYPE_ROOT; role <= TRUST_TYPE_TARGETS; role++) {
        struct trust_authority authority = trust_authority_of_root(root, (enum trust_type)role);
        if (trust_verify(root, &authority, NULL) && authority.threshold < 1)
            abort();
    }
}

static void walk_meta(const struct trust_metadata *metadata, const char *file) {
    struct trust_meta meta;
    struct trust_digests digests;
    if (!trust_meta_find(metadata, file, &meta, NULL) || meta.version < 1)
        abort(); /* the parser has made sure of it */
    if (meta.hashes && trust_digests_parse(meta.hashes, &digests, NULL))
        (void)!trust_digests_verify(&digests, "x", 1, NULL);
}

static void walk_targets(const struct trust_metadata *metadata) {
    struct trust_delegations walk;
    struct trust_delegation delegation = {0};
    if (!trust_delegations_start(&walk, metadata, "channels/lobby/manifest.sealed", NULL))
        return;
    while (trust_delegations_next(&walk, &delegation)) {
        if (!*delegation.name || delegation.authority.threshold < 1)
            abort();
        (void)!trust_verify(metadata, &delegation.authority, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size || data[0] < '0' || data[0] > '3')
        return 0;
    PP_AUTO(trust_metadata)
    struct trust_metadata *metadata =
        trust_metadata_parse((enum trust_type)(data[0] - '0'), data + 1, size - 1, NULL);
    if (!metadata)
        return 0;
    if (metadata->version < 1)
        abort();
    if (metadata->type == TRUST_TYPE_ROOT)
        walk_root(metadata);
    else if (metadata->type == TRUST_TYPE_TARGETS)
        walk_targets(metadata);
    else
        walk_meta(metadata, metadata->type == TRUST_TYPE_TIMESTAMP ? "snapshot.json" : "targets.json");
    return 0;
}
