#include "client.h"

#include "base/file.h"

static int64_t metadata_time(void *arg) {
    const struct sim *sim = arg;
    return sim->now * 1000;
}

void client_open(struct client *client, const char *root_file) {
    struct pp_error error = {0};
    char trust_dir[PP_PATH_MAX];
    snprintf(trust_dir, sizeof trust_dir, "%s/trust", client->served.folder.dir);
    struct sync_repository_config config = {.client = client->client,
                                            .vault = client->served.folder.vault,
                                            .url = client->served.url,
                                            .trust_dir = trust_dir,
                                            .root_file = root_file,
                                            .time = {.now_ms = metadata_time, .arg = client->served.sim},
                                            .cancel = &client->cancel};
    client->repository = sync_repository_create(&config, &error);
    assert_string_equal(error.message, "");
    assert_non_null(client->repository);
}

void client_begin(struct client *client, void **state) {
    struct pp_error error = {0};
    char root[PP_PATH_MAX];
    *client = (struct client){0};
    served_init(&client->served, *state);
    served_add(&client->served, PATH, CONTENT);
    served_publish(&client->served, "targets snapshot timestamp");
    client->loop = net_loop_create(NULL);
    char base[64];
    test_server_url(*state, "good", base);
    struct net_client_config config = {.base_url = base, .ca_file = test_server_path(*state, "authority")};
    client->client = net_client_create(client->loop, &config, &error);
    assert_string_equal(error.message, "");
    snprintf(root, sizeof root, "%s/root.json", client->served.folder.dir);
    client_open(client, root);
}

void client_end(struct client *client) {
    sync_repository_destroy(client->repository);
    net_client_destroy(client->client);
    net_loop_destroy(client->loop);
    served_finish(&client->served);
}

void client_refresh(struct client *client) {
    struct pp_error error = {0};
    bool ok = sync_repository_refresh(client->repository, &error);
    assert_string_equal(error.message, "");
    assert_true(ok);
}

void client_refresh_fails(struct client *client, enum pp_code code, bool refused) {
    struct pp_error error = {0};
    struct trust_target target;
    assert_false(sync_repository_refresh(client->repository, &error));
    if (error.code != code)
        fail_msg("%s", error.message);
    assert_int_equal(sync_repository_answer(client->repository)->refused, refused);
    assert_int_equal(sync_repository_find(client->repository, PATH, CAP, &target, &error), SYNC_FIND_FAILED);
    assert_int_equal(error.code, PP_E_STATE);
}

void client_find(struct client *client, const char *path, struct trust_target *target) {
    struct pp_error error = {0};
    enum sync_find found = sync_repository_find(client->repository, path, CAP, target, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(found, SYNC_FOUND);
}

void client_downloads(struct client *client, const char *path, const char *content) {
    trust_autotarget struct trust_target target = {0};
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(CAP);
    client_find(client, path, &target);
    bool ok = sync_repository_download(client->repository, &target, &out, &error);
    assert_string_equal(error.message, "");
    assert_true(ok);
    assert_string_equal(pp_buf_text(&out), content);
}
