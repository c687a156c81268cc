/* What is not well-formed metadata (specification §4) is refused by name of the field. Each row changes one
 * thing in a document that is good otherwise; signatures play no part here. */
#include "simulator.h"

#include "base/json.h"
#include "trust/metadata.h"

struct row {
    enum trust_type type;
    const char *path;  /* of the member to replace, names separated by '|'; numbers choose an array's items */
    const char *value; /* JSON; NULL removes the member */
    enum pp_code code;
    const char *message; /* part of it */
};

static const struct row rows[] = {
    /* the envelope */
    {TRUST_TYPE_ROOT, "signed", NULL, PP_E_INVALID, "\"signed\" is missing"},
    {TRUST_TYPE_ROOT, "signed", "[]", PP_E_INVALID, "\"signed\" is not an object"},
    {TRUST_TYPE_ROOT, "signatures", NULL, PP_E_INVALID, "\"signatures\" is missing"},
    {TRUST_TYPE_ROOT, "signatures", "{}", PP_E_INVALID, "\"signatures\" is not an array"},
    {TRUST_TYPE_ROOT, "signatures", "[1]", PP_E_INVALID, "\"signatures\" holds"},
    {TRUST_TYPE_ROOT, "signatures", "[]", PP_OK, NULL},
    {TRUST_TYPE_ROOT, "signatures|0|keyid", NULL, PP_E_INVALID, "\"keyid\" is missing"},
    {TRUST_TYPE_ROOT, "signatures|0|sig", "1", PP_E_INVALID, "\"sig\" is not a string"},
    {TRUST_TYPE_ROOT, "signatures|0|sig", "\"\"", PP_OK, NULL},
    /* what all types have */
    {TRUST_TYPE_ROOT, "signed|_type", "\"targets\"", PP_E_INVALID, "\"_type\" is \"targets\""},
    {TRUST_TYPE_TARGETS, "signed|_type", NULL, PP_E_INVALID, "\"_type\" is missing"},
    {TRUST_TYPE_ROOT, "signed|spec_version", NULL, PP_E_INVALID, "\"spec_version\" is missing"},
    {TRUST_TYPE_ROOT, "signed|spec_version", "\"2.0.0\"", PP_E_UNSUPPORTED, "this client knows 1.x"},
    {TRUST_TYPE_ROOT, "signed|spec_version", "\"10.0\"", PP_E_UNSUPPORTED, "this client knows 1.x"},
    {TRUST_TYPE_ROOT, "signed|spec_version", "\"1.0\"", PP_OK, NULL},
    {TRUST_TYPE_ROOT, "signed|version", NULL, PP_E_INVALID, "\"version\" is missing"},
    {TRUST_TYPE_ROOT, "signed|version", "0", PP_E_INVALID, "\"version\" is not between"},
    {TRUST_TYPE_ROOT, "signed|version", "-1", PP_E_INVALID, "\"version\" is not between"},
    {TRUST_TYPE_ROOT, "signed|version", "1.5", PP_E_INVALID, "\"version\" is not an integer"},
    {TRUST_TYPE_ROOT, "signed|version", "\"1\"", PP_E_INVALID, "\"version\" is not an integer"},
    {TRUST_TYPE_ROOT, "signed|version", "1e300", PP_E_INVALID, "\"version\" is not an integer"},
    {TRUST_TYPE_SNAPSHOT, "signed|expires", NULL, PP_E_INVALID, "\"expires\" is missing"},
    {TRUST_TYPE_SNAPSHOT, "signed|expires", "\"2040-01-01\"", PP_E_INVALID, "\"expires\""},
    {TRUST_TYPE_SNAPSHOT, "signed|expires", "\"2040-01-01T00:00:00.5Z\"", PP_E_LIMIT, "\"expires\""},
    {TRUST_TYPE_SNAPSHOT, "signed|expires", "\"2040-13-01T00:00:00Z\"", PP_E_INVALID, "\"expires\""},
    {TRUST_TYPE_SNAPSHOT, "signed|expires", "\"2040-01-01T00:00:00+\"", PP_E_INVALID, "\"expires\""},
    /* root */
    {TRUST_TYPE_ROOT, "signed|consistent_snapshot", "1", PP_E_INVALID, "\"consistent_snapshot\""},
    {TRUST_TYPE_ROOT, "signed|consistent_snapshot", NULL, PP_OK, NULL},
    {TRUST_TYPE_ROOT, "signed|keys", NULL, PP_E_INVALID, "\"keys\" is missing"},
    {TRUST_TYPE_ROOT, "signed|keys", "{\"k\":1}", PP_E_INVALID, "member \"k\" is not an object"},
    {TRUST_TYPE_ROOT, "signed|keys", "{\"k\":{}}", PP_E_INVALID, "key k: field \"keytype\" is missing"},
    {TRUST_TYPE_ROOT, "signed|keys", "{\"k\":{\"keytype\":\"a\",\"scheme\":\"b\",\"keyval\":{}}}", PP_OK,
     NULL},
    {TRUST_TYPE_ROOT, "signed|roles", "[]", PP_E_INVALID, "\"roles\" is not an object"},
    {TRUST_TYPE_ROOT, "signed|roles|timestamp", NULL, PP_E_INVALID, "\"timestamp\" is missing"},
    {TRUST_TYPE_ROOT, "signed|roles|root|threshold", "0", PP_E_INVALID, "\"threshold\" is not between"},
    {TRUST_TYPE_ROOT, "signed|roles|root|threshold", NULL, PP_E_INVALID, "roles: root: field \"threshold\""},
    {TRUST_TYPE_ROOT, "signed|roles|root|keyids", "{}", PP_E_INVALID, "\"keyids\" is not an array"},
    {TRUST_TYPE_ROOT, "signed|roles|root|keyids", "[7]", PP_E_INVALID, "\"keyids\" holds"},
    {TRUST_TYPE_ROOT, "signed|roles|mirrors", "{}", PP_OK, NULL},
    /* timestamp and snapshot */
    {TRUST_TYPE_TIMESTAMP, "signed|meta", NULL, PP_E_INVALID, "\"meta\" is missing"},
    {TRUST_TYPE_TIMESTAMP, "signed|meta", "{}", PP_E_INVALID, "does not list snapshot.json"},
    {TRUST_TYPE_SNAPSHOT, "signed|meta", "{}", PP_E_INVALID, "does not list targets.json"},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|targets.json", "1", PP_E_INVALID, "\"targets.json\" is not an object"},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|targets.json|version", "0", PP_E_INVALID, "meta of targets.json"},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|targets.json|length", "-1", PP_E_INVALID, "\"length\""},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|targets.json|hashes", "{}", PP_E_INVALID, "\"hashes\" is empty"},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|targets.json|hashes", "{\"sha256\":1}", PP_E_INVALID, "\"sha256\""},
    {TRUST_TYPE_SNAPSHOT, "signed|meta|other.json", "{}", PP_E_INVALID, "meta of other.json"},
    /* targets */
    {TRUST_TYPE_TARGETS, "signed|targets", NULL, PP_E_INVALID, "\"targets\" is missing"},
    {TRUST_TYPE_TARGETS, "signed|targets|x", "1", PP_E_INVALID, "\"x\" is not an object"},
    {TRUST_TYPE_TARGETS, "signed|targets|x|length", NULL, PP_E_INVALID, "target x: field \"length\""},
    {TRUST_TYPE_TARGETS, "signed|targets|x|length", "-1", PP_E_INVALID, "target x: field \"length\""},
    {TRUST_TYPE_TARGETS, "signed|targets|x|hashes", NULL, PP_E_INVALID, "target x: field \"hashes\""},
    {TRUST_TYPE_TARGETS, "signed|targets|x|hashes", "{}", PP_E_INVALID, "\"hashes\" is empty"},
    {TRUST_TYPE_TARGETS, "signed|targets|x|custom", "[]", PP_E_INVALID, "\"custom\" is not an object"},
    {TRUST_TYPE_TARGETS, "signed|delegations", NULL, PP_OK, NULL},
    {TRUST_TYPE_TARGETS, "signed|delegations", "[]", PP_E_INVALID, "\"delegations\" is not an object"},
    {TRUST_TYPE_TARGETS, "signed|delegations|keys", NULL, PP_E_INVALID, "\"keys\" is missing"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles", NULL, PP_E_INVALID, "exactly one of"},
    {TRUST_TYPE_TARGETS, "signed|delegations|succinct_roles", "{}", PP_E_INVALID, "exactly one of"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles", "[1]", PP_E_INVALID, "\"roles\" holds"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|name", NULL, PP_E_INVALID, "\"name\" is missing"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|name", "\"\"", PP_E_INVALID, "has no name"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|name", "\"root\"", PP_E_INVALID, "named \"root\""},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|name", "\"snapshot\"", PP_E_INVALID,
     "named \"snapshot\""},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|name", "\"B\"", PP_E_INVALID,
     "role B is delegated to twice"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|terminating", "0", PP_E_INVALID, "role A: field \"term"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|threshold", "0", PP_E_INVALID, "role A: field \"thr"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|paths", "\"*\"", PP_E_INVALID,
     "\"paths\" is not an array"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|paths", "[1]", PP_E_INVALID, "\"paths\" holds"},
    {TRUST_TYPE_TARGETS, "signed|delegations|roles|0|path_hash_prefixes", "[]", PP_E_INVALID, "has both"},
};

/* One good document of each type, with everything in it that the rows change. */
static cJSON *good_document(struct sim *sim, enum trust_type type) {
    pp_autojsontext char *text = sim_signed_text(sim, trust_type_name(type));
    cJSON *document = cJSON_Parse(text);
    assert_non_null(document);
    return document;
}

static cJSON *step_into(cJSON *parent, const char *name) {
    cJSON *child = cJSON_IsArray(parent) ? cJSON_GetArrayItem(parent, atoi(name))
                                         : cJSON_GetObjectItemCaseSensitive(parent, name);
    assert_non_null(child);
    return child;
}

static void change(cJSON *document, const struct row *row) {
    char path[128];
    snprintf(path, sizeof path, "%s", row->path);
    cJSON *parent = document;
    char *name = path;
    for (char *bar = strchr(name, '|'); bar; bar = strchr(name, '|')) {
        *bar = 0;
        parent = step_into(parent, name);
        name = bar + 1;
    }
    if (!row->value) {
        cJSON_DeleteItemFromObjectCaseSensitive(parent, name);
        return;
    }
    cJSON *value = cJSON_Parse(row->value);
    assert_non_null(value);
    sim_set(parent, name, value);
}

static void check_row(struct sim *sim, const struct row *row) {
    struct pp_error error = {0};
    pp_autojson cJSON *document = good_document(sim, row->type);
    change(document, row);
    pp_autojsontext char *text = cJSON_Print(document);
    PP_AUTO(trust_metadata)
    struct trust_metadata *metadata = trust_metadata_parse(row->type, text, strlen(text), &error);
    if (row->code == PP_OK && !metadata)
        fail_msg("%s = %s: %s", row->path, row->value ? row->value : "(gone)", error.message);
    if (row->code == PP_OK)
        return;
    if (metadata || error.code != row->code || !strstr(error.message, row->message))
        fail_msg("%s = %s: %s \"%s\"", row->path, row->value ? row->value : "(gone)",
                 pp_code_name(error.code), error.message);
}

static void each_malformed_field_is_refused_by_name(void **state) {
    struct sim *sim = *state;
    sim_delegate(sim, "targets", "A", "*", 'a');
    sim_delegate(sim, "targets", "B", "*", 'b');
    sim_add_target(sim, "targets", "x", "content");
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        check_row(sim, &rows[i]);
}

/* ---- Succinct delegations ---- */

static void malformed_succinct_delegations_are_refused(void **state) {
    static const struct {
        const char *value;
        enum pp_code code;
    } values[] = {
        {"{\"keyids\":[],\"threshold\":1,\"bit_length\":8,\"name_prefix\":\"bin\"}", PP_OK},
        {"{\"keyids\":[],\"threshold\":1,\"bit_length\":0,\"name_prefix\":\"bin\"}", PP_E_INVALID},
        {"{\"keyids\":[],\"threshold\":1,\"bit_length\":33,\"name_prefix\":\"bin\"}", PP_E_INVALID},
        {"{\"keyids\":[],\"threshold\":1,\"bit_length\":8}", PP_E_INVALID},
        {"{\"keyids\":[],\"threshold\":0,\"bit_length\":8,\"name_prefix\":\"bin\"}", PP_E_INVALID},
        {"{\"threshold\":1,\"bit_length\":8,\"name_prefix\":\"bin\"}", PP_E_INVALID},
        {"[]", PP_E_INVALID},
    };
    struct sim *sim = *state;
    for (size_t i = 0; i < PP_COUNT(values); i++) {
        struct pp_error error = {0};
        cJSON *delegations = cJSON_CreateObject();
        cJSON_AddObjectToObject(delegations, "keys");
        cJSON_AddItemToObject(delegations, "succinct_roles", cJSON_Parse(values[i].value));
        sim_set(sim_body(sim, "targets"), "delegations", delegations);
        pp_autojsontext char *text = sim_signed_text(sim, "targets");
        PP_AUTO(trust_metadata)
        struct trust_metadata *metadata =
            trust_metadata_parse(TRUST_TYPE_TARGETS, text, strlen(text), &error);
        assert_int_equal(metadata ? PP_OK : error.code, values[i].code);
    }
}

/* ---- Caps ---- */

static void too_many_signatures_are_refused(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    pp_autojson cJSON *document = good_document(sim, TRUST_TYPE_ROOT);
    cJSON *signatures = cJSON_CreateArray();
    for (int i = 0; i <= TRUST_SIGNATURES_MAX; i++) {
        char keyid[16];
        snprintf(keyid, sizeof keyid, "%d", i);
        cJSON *entry = cJSON_CreateObject();
        sim_set_text(entry, "keyid", keyid);
        sim_set_text(entry, "sig", "");
        cJSON_AddItemToArray(signatures, entry);
    }
    sim_set(document, "signatures", signatures);
    pp_autojsontext char *text = cJSON_Print(document);
    assert_null(trust_metadata_parse(TRUST_TYPE_ROOT, text, strlen(text), &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void a_role_name_too_long_for_a_file_is_refused(void **state) {
    struct sim *sim = *state;
    struct pp_error error = {0};
    char name[TRUST_NAME_MAX];
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = 0;
    cJSON *entry = sim_delegate(sim, "targets", "A", "*", 'a');
    sim_set_text(entry, "name", name);
    pp_autojsontext char *text = sim_signed_text(sim, "targets");
    assert_null(trust_metadata_parse(TRUST_TYPE_TARGETS, text, strlen(text), &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void what_is_not_one_json_object_is_refused(void **state) {
    static const char *const texts[] = {"",           " ",     "[]",  "null", "{", "{\"signed\":{}}x",
                                        "\"signed\"", "{} {}", "\xff"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct pp_error error = {0};
        assert_null(trust_metadata_parse(TRUST_TYPE_ROOT, texts[i], strlen(texts[i]), &error));
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_malformed_field_is_refused_by_name), TEST(malformed_succinct_delegations_are_refused),
        TEST(too_many_signatures_are_refused),         TEST(a_role_name_too_long_for_a_file_is_refused),
        TEST(what_is_not_one_json_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
