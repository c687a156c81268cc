#include "folder.h"

#include "crypto/bulk.h"
#include "crypto/seal.h"

void folder_init(struct folder *folder) {
    struct pp_error error = {0};
    *folder = (struct folder){0};
    test_folder_make(folder->dir);
    folder->vault = vault_open(folder->dir, NULL, &error);
    folder->store = store_open(folder->dir, &(struct store_config){0}, &error);
    if (!folder->vault || !folder->store)
        fail_msg("%s", error.message);
}

void folder_finish(struct folder *folder) {
    store_close(folder->store);
    vault_close(folder->vault);
    test_folder_remove(folder->dir);
}

static void put(struct folder *folder, const void *data, size_t size, uint8_t sha256[STORE_HASH_SIZE]) {
    struct pp_error error = {0};
    assert_true(crypto_sha256(data, size, sha256, NULL));
    if (!store_object_put(folder->store, sha256, data, size, &error))
        fail_msg("%s", error.message);
}

struct sync_stored folder_put_manifest(struct folder *folder, const char *channel, const char *title) {
    struct sync_stored stored = {.there = true, .version = 3, .key = {1, 2, 3}};
    char json[1024];
    char associated_data[128];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(65536);
    snprintf(json, sizeof json,
             "{\"format\":1,\"channel\":\"%s\",\"title\":\"%s\",\"canvas\":{\"width\":1,\"height\":1},"
             "\"layouts\":{\"a\":{\"zones\":[{\"id\":\"z\",\"x\":0,\"y\":0,\"width\":1,\"height\":1,"
             "\"playlist\":\"p\"}]}},"
             "\"playlists\":{\"p\":{\"items\":[]}},\"default_layout\":\"a\",\"objects\":{}}",
             channel, title);
    snprintf(associated_data, sizeof associated_data, SEAL_AD_MANIFEST "%s", channel);
    assert_true(seal_encrypt(json, strlen(json), stored.key, associated_data, &sealed, NULL));
    put(folder, sealed.data, sealed.size, stored.sha256);
    stored.length = sealed.size;
    snprintf(stored.channel, sizeof stored.channel, "%s", channel);
    return stored;
}

struct store_need folder_put_object(struct folder *folder, unsigned seed) {
    struct store_need need = {.length = 4000};
    uint8_t data[4000];
    memset(data, (int)seed, sizeof data);
    put(folder, data, sizeof data, need.sha256);
    return need;
}

void folder_save(struct folder *folder, const struct sync_record *record) {
    struct pp_error error = {0};
    if (!sync_record_save(folder->vault, record, &error))
        fail_msg("%s", error.message);
}
