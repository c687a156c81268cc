#include "trust/metadata.h"

#include "base/json.h"
#include "trust/schema.h"

#define METADATA_BYTES_MAX (64UL * 1024 * 1024) /* above every cap on a download */

static const struct {
    const char *name;
    bool (*check)(const cJSON *body, struct pp_error *error);
} types[] = {
    [TRUST_TYPE_ROOT] = {"root", trust_schema_root},
    [TRUST_TYPE_TIMESTAMP] = {"timestamp", trust_schema_timestamp},
    [TRUST_TYPE_SNAPSHOT] = {"snapshot", trust_schema_snapshot},
    [TRUST_TYPE_TARGETS] = {"targets", trust_schema_targets},
};

const char *trust_type_name(enum trust_type type) {
    return types[type].name;
}

void trust_metadata_destroy(struct trust_metadata *metadata) {
    if (!metadata)
        return;
    cJSON_Delete(metadata->document);
    free(metadata);
}

/* The keyid must be unique, even where the doubled signature is not needed (§4.2.1). */
static bool refuse_doubled_keyid(const cJSON *signatures, const cJSON *entry, const char *keyid,
                                 struct pp_error *error) {
    for (const cJSON *other = signatures->child; other != entry; other = other->next) {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(other, "keyid")->valuestring, keyid) == 0)
            return pp_fail(error, PP_E_INVALID, "field \"signatures\" has keyid %.64s twice", keyid);
    }
    return true;
}

static bool check_signatures(const cJSON *signatures, struct pp_error *error) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, signatures) {
        const char *keyid = NULL;
        const char *signature = NULL;
        if (!cJSON_IsObject(entry))
            return pp_fail(error, PP_E_INVALID, "field \"signatures\" holds something that is no object");
        if (!pp_json_string(entry, "keyid", TRUST_KEYID_MAX, &keyid, error) ||
            !pp_json_string(entry, "sig", TRUST_SIGNATURE_MAX, &signature, error))
            return pp_wrap(error, "signatures");
        if (!refuse_doubled_keyid(signatures, entry, keyid, error))
            return false;
    }
    return true;
}

/* Major version 1 is what this client knows: "1.0", "1.0.34". */
static bool check_spec_version(const cJSON *body, struct pp_error *error) {
    const char *version = NULL;
    if (!pp_json_string(body, "spec_version", 32, &version, error))
        return false;
    if (strncmp(version, "1.", 2) != 0)
        return pp_fail(error, PP_E_UNSUPPORTED, "field \"spec_version\" is \"%s\", this client knows 1.x",
                       version);
    return true;
}

static bool check_type(const cJSON *body, enum trust_type expected, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(body, "_type", 32, &name, error))
        return false;
    if (strcmp(name, types[expected].name) != 0)
        return pp_fail(error, PP_E_INVALID, "field \"_type\" is \"%s\", not \"%s\"", name,
                       types[expected].name);
    return true;
}

static bool read_envelope(struct trust_metadata *metadata, struct pp_error *error) {
    if (!cJSON_IsObject(metadata->document))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    return pp_json_object(metadata->document, "signed", &metadata->body, error) &&
           pp_json_array(metadata->document, "signatures", TRUST_SIGNATURES_MAX, &metadata->signatures,
                         error) &&
           check_signatures(metadata->signatures, error) &&
           check_type(metadata->body, metadata->type, error) && check_spec_version(metadata->body, error) &&
           pp_json_integer(metadata->body, "version", 1, PP_JSON_INTEGER_MAX, &metadata->version, error) &&
           pp_json_time(metadata->body, "expires", &metadata->expires, error);
}

struct trust_metadata *trust_metadata_parse(enum trust_type type, const void *data, size_t size,
                                            struct pp_error *error) {
    PP_AUTO(trust_metadata) struct trust_metadata *metadata = calloc(1, sizeof *metadata);
    if (!metadata) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    metadata->type = type;
    metadata->document = pp_json_parse(data, size, METADATA_BYTES_MAX, error);
    if (!metadata->document || !read_envelope(metadata, error) || !types[type].check(metadata->body, error))
        return NULL;
    return pp_steal(&metadata);
}

bool trust_meta_find(const struct trust_metadata *metadata, const char *file, struct trust_meta *out,
                     struct pp_error *error) {
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(metadata->body, "meta");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(meta, file);
    *out = (struct trust_meta){0};
    if (!entry)
        return pp_fail(error, PP_E_NOTFOUND, "%s does not list %s", types[metadata->type].name, file);
    out->has_length = pp_json_has(entry, "length");
    out->hashes = pp_json_has(entry, "hashes") ? cJSON_GetObjectItemCaseSensitive(entry, "hashes") : NULL;
    return pp_json_integer(entry, "version", 1, PP_JSON_INTEGER_MAX, &out->version, error) &&
           (!out->has_length ||
            pp_json_integer(entry, "length", 0, PP_JSON_INTEGER_MAX, &out->length, error));
}
