#include "simulator.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/key.h"
#include "trust_text.h"

#define SIM_DOCUMENT_MAX (32UL * 1024 * 1024) /* bytes */

/* ---- Keys ---- */

static struct crypto_key *key_of(struct sim *sim, char letter) {
    struct crypto_key **place = &sim->keys[letter - 'a'];
    if (!*place)
        *place = crypto_key_generate(NULL);
    assert_non_null(*place);
    return *place;
}

cJSON *sim_key_object(struct sim *sim, char letter) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    assert_true(crypto_key_public_pem(key_of(sim, letter), &pem, NULL));
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "keytype", "ecdsa");
    cJSON_AddStringToObject(object, "scheme", "ecdsa-sha2-nistp256");
    cJSON *value = cJSON_AddObjectToObject(object, "keyval");
    cJSON_AddStringToObject(value, "public", pp_buf_text(&pem));
    return object;
}

void sim_keyid(struct sim *sim, char letter, char keyid[65]) {
    pp_autojson cJSON *object = sim_key_object(sim, letter);
    text_keyid(object, keyid);
}

/* ---- Roles ---- */

struct sim_role *sim_role(struct sim *sim, const char *name) {
    for (size_t i = 0; i < sim->role_count; i++) {
        if (strcmp(sim->roles[i].name, name) == 0)
            return &sim->roles[i];
    }
    fail_msg("no role %s in the simulator", name);
    return NULL;
}

cJSON *sim_body(struct sim *sim, const char *role) {
    return sim_role(sim, role)->body;
}

void sim_set(cJSON *object, const char *name, cJSON *value) {
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    assert_true(cJSON_AddItemToObject(object, name, value));
}

void sim_set_number(cJSON *object, const char *name, double value) {
    sim_set(object, name, cJSON_CreateNumber(value));
}

void sim_set_text(cJSON *object, const char *name, const char *text) {
    sim_set(object, name, cJSON_CreateString(text));
}

void sim_expire(struct sim *sim, const char *role, int64_t when) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(when, text);
    sim_set_text(sim_body(sim, role), "expires", text);
}

static struct sim_role *add_role(struct sim *sim, const char *name, const char *type, const char *signers) {
    assert_true(sim->role_count < SIM_ROLES);
    struct sim_role *role = &sim->roles[sim->role_count++];
    snprintf(role->name, sizeof role->name, "%s", name);
    snprintf(role->signers, sizeof role->signers, "%s", signers);
    role->body = cJSON_CreateObject();
    sim_set_text(role->body, "_type", type);
    sim_set_text(role->body, "spec_version", "1.0.34");
    sim_set_number(role->body, "version", 1);
    sim_expire(sim, name, SIM_NOW + 30 * SIM_DAY);
    return role;
}

void sim_sign_with(struct sim *sim, const char *role, const char *keys) {
    struct sim_role *entry = sim_role(sim, role);
    snprintf(entry->signers, sizeof entry->signers, "%s", keys);
}

/* Puts the keys into `keys` and names them in `role`. */
static void name_keys(struct sim *sim, cJSON *keys, cJSON *role, const char *letters, int threshold) {
    cJSON *keyids = cJSON_CreateArray();
    for (; *letters; letters++) {
        char keyid[65];
        sim_keyid(sim, *letters, keyid);
        cJSON_AddItemToArray(keyids, cJSON_CreateString(keyid));
        sim_set(keys, keyid, sim_key_object(sim, *letters));
    }
    sim_set(role, "keyids", keyids);
    sim_set_number(role, "threshold", threshold);
}

void sim_authorize(struct sim *sim, const char *role, const char *keys, int threshold) {
    cJSON *root = sim_body(sim, "root");
    cJSON *roles = cJSON_GetObjectItemCaseSensitive(root, "roles");
    cJSON *entry = cJSON_CreateObject();
    name_keys(sim, cJSON_GetObjectItemCaseSensitive(root, "keys"), entry, keys, threshold);
    sim_set(roles, role, entry);
}

void sim_rotate(struct sim *sim, const char *role, const char *keys, int threshold) {
    sim_authorize(sim, role, keys, threshold);
    sim_sign_with(sim, role, keys);
}

static bool has_role(const struct sim *sim, const char *name) {
    for (size_t i = 0; i < sim->role_count; i++) {
        if (strcmp(sim->roles[i].name, name) == 0)
            return true;
    }
    return false;
}

cJSON *sim_delegate(struct sim *sim, const char *delegator, const char *name, const char *paths, char key) {
    cJSON *body = sim_body(sim, delegator);
    cJSON *delegations = cJSON_GetObjectItemCaseSensitive(body, "delegations");
    if (!delegations) {
        delegations = cJSON_AddObjectToObject(body, "delegations");
        cJSON_AddObjectToObject(delegations, "keys");
        cJSON_AddArrayToObject(delegations, "roles");
    }
    char letters[2] = {key, 0};
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "name", name);
    cJSON_AddBoolToObject(entry, "terminating", false);
    cJSON_AddItemToObject(entry, "paths", text_words(paths));
    name_keys(sim, cJSON_GetObjectItemCaseSensitive(delegations, "keys"), entry, letters, 1);
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(delegations, "roles"), entry);
    if (!has_role(sim, name)) {
        struct sim_role *role = add_role(sim, name, "targets", letters);
        cJSON_AddObjectToObject(role->body, "targets");
    }
    return entry;
}

/* ---- Files on the server ---- */

static struct sim_file *find_file(struct sim *sim, const char *name) {
    for (size_t i = 0; i < sim->file_count; i++) {
        if (strcmp(sim->files[i].name, name) == 0)
            return &sim->files[i];
    }
    return NULL;
}

const struct sim_file *sim_file(const struct sim *sim, const char *name) {
    for (size_t i = 0; i < sim->file_count; i++) {
        if (strcmp(sim->files[i].name, name) == 0)
            return &sim->files[i];
    }
    fail_msg("the simulator serves no %s", name);
    return NULL;
}

void sim_serve(struct sim *sim, const char *name, const void *data, size_t size) {
    struct sim_file *file = find_file(sim, name);
    if (!file) {
        assert_true(sim->file_count < SIM_FILES);
        file = &sim->files[sim->file_count++];
        *file = (struct sim_file){.name = strdup(name)};
    }
    free(file->data);
    file->data = malloc(size + 1);
    assert_non_null(file->data);
    memcpy(file->data, data, size);
    file->size = size;
}

void sim_serve_text(struct sim *sim, const char *name, const char *text) {
    sim_serve(sim, name, text, strlen(text));
}

void sim_remove(struct sim *sim, const char *name) {
    struct sim_file *file = find_file(sim, name);
    assert_non_null(file);
    free(file->name);
    free(file->data);
    *file = sim->files[--sim->file_count];
}

void sim_add_target(struct sim *sim, const char *role, const char *path, const char *content) {
    char hash[65];
    char name[PP_PATH_MAX];
    cJSON *target = cJSON_CreateObject();
    text_sha256(content, strlen(content), hash);
    cJSON_AddNumberToObject(target, "length", (double)strlen(content));
    cJSON_AddStringToObject(cJSON_AddObjectToObject(target, "hashes"), "sha256", hash);
    sim_set(cJSON_GetObjectItemCaseSensitive(sim_body(sim, role), "targets"), path, target);
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    snprintf(name, sizeof name, "targets/%s", path);
    sim_serve_text(sim, name, content);
    snprintf(name, sizeof name, "targets/%.*s%s.%s", (int)(base - path), path, hash, base);
    sim_serve_text(sim, name, content);
}

/* ---- Publishing ---- */

static void add_signature(struct sim *sim, cJSON *signatures, char letter, const struct pp_buf *canonical) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    char keyid[65];
    char hex[PP_HEX_SIZE(CRYPTO_SIGNATURE_MAX)];
    assert_true(crypto_key_sign(key_of(sim, letter), canonical->data, canonical->size, &der, NULL));
    pp_hex_encode(der.data, der.size, hex);
    sim_keyid(sim, letter, keyid);
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "keyid", keyid);
    cJSON_AddStringToObject(entry, "sig", hex);
    cJSON_AddItemToArray(signatures, entry);
}

char *sim_signed_text(struct sim *sim, const char *name) {
    struct sim_role *role = sim_role(sim, name);
    pp_autobuf struct pp_buf canonical = PP_BUF_INIT(SIM_DOCUMENT_MAX);
    assert_true(pp_json_canonical(role->body, &canonical, NULL));
    pp_autojson cJSON *document = cJSON_CreateObject();
    cJSON_AddItemToObject(document, "signed", cJSON_Duplicate(role->body, 1));
    cJSON *signatures = cJSON_AddArrayToObject(document, "signatures");
    for (const char *letter = role->signers; *letter; letter++)
        add_signature(sim, signatures, *letter, &canonical);
    char *text = cJSON_Print(document);
    assert_non_null(text);
    return text;
}

/* Enters the newest file of `role` into the meta of `parent`. */
static void enter_meta(struct sim *sim, const char *parent, const char *role, const char *text) {
    char file[96];
    cJSON *meta = cJSON_GetObjectItemCaseSensitive(sim_body(sim, parent), "meta");
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddNumberToObject(entry, "version",
                            cJSON_GetObjectItemCaseSensitive(sim_body(sim, role), "version")->valuedouble);
    if (sim->with_hashes) {
        char hash[65];
        text_sha256(text, strlen(text), hash);
        cJSON_AddNumberToObject(entry, "length", (double)strlen(text));
        cJSON_AddStringToObject(cJSON_AddObjectToObject(entry, "hashes"), "sha256", hash);
    }
    snprintf(file, sizeof file, "%s.json", role);
    sim_set(meta, file, entry);
}

static void publish_one(struct sim *sim, const char *name) {
    struct sim_role *role = sim_role(sim, name);
    cJSON *version = cJSON_GetObjectItemCaseSensitive(role->body, "version");
    if (role->published)
        cJSON_SetNumberValue(version, version->valuedouble + 1);
    role->published = true;
    pp_autojsontext char *text = sim_signed_text(sim, name);
    pp_autofree char *encoded = pp_percent_encode(name);
    char file[PP_PATH_MAX];
    snprintf(file, sizeof file, "metadata/%s.json", encoded);
    sim_serve_text(sim, file, text);
    snprintf(file, sizeof file, "metadata/%.0f.%s.json", version->valuedouble, encoded);
    sim_serve_text(sim, file, text);
    if (strcmp(name, "snapshot") == 0)
        enter_meta(sim, "timestamp", name, text);
    else if (strcmp(name, "root") != 0 && strcmp(name, "timestamp") != 0)
        enter_meta(sim, "snapshot", name, text);
}

void sim_publish(struct sim *sim, const char *roles) {
    pp_autojson cJSON *names = text_words(roles);
    const cJSON *name;
    cJSON_ArrayForEach(name, names) publish_one(sim, name->valuestring);
}

/* ---- Life ---- */

static void make_roles(struct sim *sim) {
    cJSON *root = add_role(sim, "root", "root", "r")->body;
    cJSON_AddBoolToObject(root, "consistent_snapshot", true);
    cJSON_AddObjectToObject(root, "keys");
    cJSON_AddObjectToObject(root, "roles");
    cJSON_AddObjectToObject(add_role(sim, "timestamp", "timestamp", "t")->body, "meta");
    cJSON_AddObjectToObject(add_role(sim, "snapshot", "snapshot", "s")->body, "meta");
    cJSON_AddObjectToObject(add_role(sim, "targets", "targets", "g")->body, "targets");
    sim_authorize(sim, "root", "r", 1);
    sim_authorize(sim, "timestamp", "t", 1);
    sim_authorize(sim, "snapshot", "s", 1);
    sim_authorize(sim, "targets", "g", 1);
}

struct sim *sim_create(void) {
    struct sim *sim = calloc(1, sizeof *sim);
    assert_non_null(sim);
    sim->now = SIM_NOW;
    test_folder_make(sim->dir);
    make_roles(sim);
    sim_publish(sim, "root targets snapshot timestamp");
    const struct sim_file *root = sim_file(sim, "metadata/1.root.json");
    assert_true(trust_init_root(sim->dir, root->data, root->size, NULL));
    return sim;
}

void sim_destroy(struct sim *sim) {
    test_folder_remove(sim->dir);
    for (size_t i = 0; i < sim->role_count; i++)
        cJSON_Delete(sim->roles[i].body);
    for (size_t i = 0; i < sim->file_count; i++) {
        free(sim->files[i].name);
        free(sim->files[i].data);
    }
    for (size_t i = 0; i < PP_COUNT(sim->keys); i++)
        crypto_key_destroy(sim->keys[i]);
    free(sim);
}

int sim_setup(void **state) {
    *state = sim_create();
    return 0;
}

int sim_teardown(void **state) {
    sim_destroy(*state);
    return 0;
}
