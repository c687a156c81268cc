#include "scratch.h"

#include "base/encode.h"
#include "base/file.h"
#include "crypto/bulk.h"

void scratch_reopen(struct scratch *scratch, uint64_t max_bytes) {
    struct pp_error error = {0};
    store_close(scratch->store);
    scratch->store = store_open(scratch->dir, &(struct store_config){.max_bytes = max_bytes}, &error);
    if (!scratch->store)
        fail_msg("%s", error.message);
}

void scratch_init(struct scratch *scratch, uint64_t max_bytes) {
    *scratch = (struct scratch){0};
    test_folder_make(scratch->dir);
    scratch_reopen(scratch, max_bytes);
}

void scratch_finish(struct scratch *scratch) {
    store_close(scratch->store);
    test_folder_remove(scratch->dir);
}

struct sample sample_make(unsigned seed, size_t size) {
    struct sample sample = {.data = malloc(size), .size = size, .need = {.length = size}};
    uint32_t state = seed * 2654435761U + 1;
    assert_non_null(sample.data);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525U + 1013904223U;
        sample.data[i] = (uint8_t)(state >> 24);
    }
    assert_true(crypto_sha256(sample.data, size, sample.need.sha256, NULL));
    return sample;
}

void sample_finish(struct sample *sample) {
    free(sample->data);
}

struct sample sample_put(struct scratch *scratch, unsigned seed, size_t size) {
    struct sample sample = sample_make(seed, size);
    struct pp_error error = {0};
    if (!store_object_put(scratch->store, sample.need.sha256, sample.data, size, &error))
        fail_msg("%s", error.message);
    return sample;
}

void scratch_path(const struct scratch *scratch, const char *folder, const struct sample *sample,
                  char path[256]) {
    char name[PP_HEX_SIZE(STORE_HASH_SIZE)];
    pp_hex_encode(sample->need.sha256, STORE_HASH_SIZE, name);
    if (strcmp(folder, "objects") == 0)
        snprintf(path, 256, "%s/objects/%.2s/%s", scratch->dir, name, name);
    else
        snprintf(path, 256, "%s/%s/%s", scratch->dir, folder, name);
}

bool path_exists(const char *path) {
    return access(path, F_OK) == 0;
}

void path_flip(const char *path, size_t offset) {
    test_file_flip(AT_FDCWD, path, offset);
}

void path_write(const char *path, const void *data, size_t size) {
    struct pp_error error = {0};
    if (!pp_file_replace(AT_FDCWD, path, data, size, 0600, &error))
        fail_msg("%s", error.message);
}

bool scratch_has(const struct scratch *scratch, const struct sample *sample) {
    return store_has(scratch->store, sample->need.sha256, sample->size);
}
