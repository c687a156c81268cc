#include "served.h"

#include "base/file.h"
#include "trust/trust_text.h"

#define ABSENT_MAX 64 /* requests for what is not there, in one test */

int served_start(void **state) {
    struct test_server *server = calloc(1, sizeof *server);
    test_server_start(server);
    *state = server;
    return 0;
}

int served_stop(void **state) {
    struct test_server *server = *state;
    test_server_stop(server);
    free(server);
    return 0;
}

/* What has no route is not there. */
static void answer_all_others_404(struct served *served) {
    pp_autojson cJSON *command = cJSON_CreateObject();
    cJSON_AddStringToObject(command, "do", "answers");
    cJSON *list = cJSON_AddArrayToObject(command, "list");
    for (int i = 0; i < ABSENT_MAX; i++) {
        cJSON *answer = cJSON_CreateObject();
        cJSON_AddNumberToObject(answer, "status", 404);
        cJSON_AddItemToArray(list, answer);
    }
    pp_autojsontext char *text = cJSON_PrintUnformatted(command);
    test_server_do(served->server, "%s", text);
}

static void route(struct served *served, const char *file, cJSON *answer) {
    char path[PP_PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", served->path, file);
    pp_autojson cJSON *command = cJSON_CreateObject();
    cJSON_AddStringToObject(command, "do", "route");
    cJSON_AddStringToObject(command, "path", path);
    cJSON_AddItemToObject(command, "answer", answer);
    pp_autojsontext char *text = cJSON_PrintUnformatted(command);
    test_server_do(served->server, "%s", text);
}

void served_answer(struct served *served, const char *file, const char *answer) {
    cJSON *parsed = cJSON_Parse(answer);
    assert_non_null(parsed);
    route(served, file, parsed);
}

void served_answer_target(struct served *served, const char *path, const char *content, const char *answer) {
    char hash[65];
    char file[PP_PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    text_sha256(content, strlen(content), hash);
    snprintf(file, sizeof file, "targets/%s", path);
    served_answer(served, file, answer);
    snprintf(file, sizeof file, "targets/%.*s%s.%s", (int)(base - path), path, hash, base);
    served_answer(served, file, answer);
}

static void serve_all(struct served *served) {
    for (size_t i = 0; i < served->sim->file_count; i++) {
        const struct sim_file *file = &served->sim->files[i];
        pp_autofree char *text = strndup(file->data, file->size);
        cJSON *answer = cJSON_CreateObject();
        cJSON_AddStringToObject(answer, "body", text);
        route(served, file->name, answer);
    }
}

void served_publish(struct served *served, const char *roles) {
    sim_publish(served->sim, roles);
    serve_all(served);
}

void served_add(struct served *served, const char *path, const char *content) {
    sim_add_target(served->sim, "targets", path, content);
}

void served_init(struct served *served, struct test_server *server) {
    char root[PP_PATH_MAX];
    *served = (struct served){.sim = sim_create(), .server = server};
    folder_init(&served->folder);
    char base[64];
    test_server_url(server, "good", base);
    int length = snprintf(served->url, sizeof served->url, "%s%s", base, strrchr(served->sim->dir, '/'));
    assert_true(length < (int)sizeof served->url);
    served->path = served->url + strlen(base);
    snprintf(root, sizeof root, "%s/root.json", served->folder.dir);
    const struct sim_file *first = sim_file(served->sim, "metadata/1.root.json");
    assert_true(pp_file_replace(AT_FDCWD, root, first->data, first->size, 0600, NULL));
    answer_all_others_404(served);
    serve_all(served);
    (void)served_requests(served);
}

void served_finish(struct served *served) {
    folder_finish(&served->folder);
    sim_destroy(served->sim);
}

int served_requests(struct served *served) {
    pp_autojson cJSON *log = test_server_ask(served->server, "{\"do\":\"log\"}");
    return cJSON_GetArraySize(log);
}
