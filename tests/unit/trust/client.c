/* The client's half of the simulator. */
#include <fcntl.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "simulator.h"
#include "trust_text.h"

#define CLIENT_FILE_MAX (32UL * 1024 * 1024) /* bytes */

static const char repository[] = "https://repo.test/";

/* What the log says of "metadata/2.root.json" is "2.root.json"; targets keep their folder. */
static void log_request(struct sim *sim, const char *name) {
    const char *shown = strncmp(name, "metadata/", 9) == 0 ? name + 9 : name;
    size_t used = strlen(sim->log);
    snprintf(sim->log + used, sizeof sim->log - used, "%s ", shown);
}

enum trust_fetch_result sim_fetch(void *arg, const char *url, size_t max_bytes, struct pp_buf *out,
                                  struct pp_error *error) {
    struct sim *sim = arg;
    assert_int_equal(strncmp(url, repository, strlen(repository)), 0);
    const char *name = url + strlen(repository);
    log_request(sim, name);
    if (sim->broken && strcmp(sim->broken, name) == 0) {
        pp_fail(error, PP_E_NET, "the connection broke");
        return TRUST_FETCH_FAILED;
    }
    for (size_t i = 0; i < sim->file_count; i++) {
        const struct sim_file *file = &sim->files[i];
        if (strcmp(file->name, name) != 0)
            continue;
        if (file->size > max_bytes) {
            pp_fail(error, PP_E_LIMIT, "larger than %zu bytes", max_bytes);
            return TRUST_FETCH_FAILED;
        }
        return pp_buf_add(out, file->data, file->size, error) ? TRUST_FETCH_OK : TRUST_FETCH_FAILED;
    }
    return TRUST_FETCH_NOT_FOUND;
}

struct trust *sim_open(struct sim *sim) {
    struct pp_error error = {0};
    struct trust_config config = {
        .metadata_dir = sim->dir,
        .metadata_url = "https://repo.test/metadata",
        .target_base_url = "https://repo.test/targets/",
        .fetch = sim_fetch,
        .fetch_arg = sim,
        .now = sim->now,
        .caps = sim->caps,
    };
    struct trust *trust = trust_open(&config, &error);
    if (!trust)
        fail_msg("trust_open: %s", error.message);
    return trust;
}

bool sim_refresh(struct sim *sim, struct pp_error *error) {
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    sim->log[0] = 0;
    return trust_refresh(trust, error);
}

void sim_assert_refreshed(struct sim *sim) {
    struct pp_error error = {0};
    if (!sim_refresh(sim, &error))
        fail_msg("refresh: %s", error.message);
}

static void kept_path(const struct sim *sim, const char *role, char path[PP_PATH_MAX]) {
    pp_autofree char *encoded = pp_percent_encode(role);
    snprintf(path, PP_PATH_MAX, "%s/%s.json", sim->dir, encoded);
}

int64_t sim_kept(struct sim *sim, const char *role) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(CLIENT_FILE_MAX);
    char path[PP_PATH_MAX];
    kept_path(sim, role, path);
    if (!pp_file_read(AT_FDCWD, path, &data, NULL))
        return 0;
    pp_autojson cJSON *document = pp_json_parse(data.data, data.size, CLIENT_FILE_MAX, NULL);
    const cJSON *body = cJSON_GetObjectItemCaseSensitive(document, "signed");
    int64_t version = 0;
    assert_true(pp_json_integer(body, "version", 1, INT32_MAX, &version, NULL));
    return version;
}

void sim_keep(struct sim *sim, const char *role, const char *text) {
    char path[PP_PATH_MAX];
    kept_path(sim, role, path);
    assert_true(pp_file_replace(AT_FDCWD, path, text, strlen(text), 0600, NULL));
}

/* Every file of the folder: {"root.json": "<hash>", …}. */
static cJSON *folder_state(const struct sim *sim) {
    cJSON *state = cJSON_CreateObject();
    pp_autodir DIR *folder = opendir(sim->dir);
    const struct dirent *entry;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        pp_autobuf struct pp_buf data = PP_BUF_INIT(CLIENT_FILE_MAX);
        char hash[65];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        assert_true(pp_file_read(dirfd(folder), entry->d_name, &data, NULL));
        text_sha256(data.data, data.size, hash);
        cJSON_AddStringToObject(state, entry->d_name, hash);
    }
    return state;
}

static void forget(cJSON *state, const char *roles) {
    pp_autojson cJSON *names = text_words(roles);
    const cJSON *name;
    cJSON_ArrayForEach(name, names) {
        char file[PP_PATH_MAX];
        pp_autofree char *encoded = pp_percent_encode(name->valuestring);
        snprintf(file, sizeof file, "%s.json", encoded);
        cJSON_DeleteItemFromObjectCaseSensitive(state, file);
    }
}

void sim_assert_refused(struct sim *sim, enum pp_code code, const char *changed) {
    struct pp_error error = {0};
    pp_autojson cJSON *before = folder_state(sim);
    assert_false(sim_refresh(sim, &error));
    if (error.code != code)
        fail_msg("refused as %s instead of %s: %s", pp_code_name(error.code), pp_code_name(code),
                 error.message);
    pp_autojson cJSON *after = folder_state(sim);
    forget(before, changed);
    forget(after, changed);
    assert_true(cJSON_Compare(before, after, 1));
}

enum pp_code sim_download(struct sim *sim, const char *path, struct pp_buf *out) {
    struct pp_error error = {0};
    trust_autotarget struct trust_target target = {0};
    PP_AUTO(trust) struct trust *trust = sim_open(sim);
    sim->log[0] = 0;
    if (trust_refresh(trust, &error) && trust_target_find(trust, path, &target, &error) &&
        trust_target_download(trust, &target, out, &error))
        return PP_OK;
    return error.code;
}
