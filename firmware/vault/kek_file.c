#include "crypto/random.h"
#include "vault/kek.h"
#include "vault/kek_place.h"

#define KEK_FILE "kek"

/* It has no state of its own; its context is the configuration. */
static void *kek_file_open(const struct vault_kek_config *config, struct pp_error *error) {
    static char context;
    (void)config, (void)error;
    return &context;
}

static void kek_file_close(void *context) {
    (void)context;
}

static bool kek_file_present(int dirfd) {
    return kek_place_present(dirfd, KEK_FILE);
}

static bool kek_file_ready(void *context, struct pp_error *error) {
    (void)context, (void)error;
    return true;
}

static bool kek_file_load(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    struct pp_buf content pp_autobuf = PP_BUF_INIT(VAULT_KEK_SIZE);
    (void)context;
    if (!kek_place_read(dirfd, KEK_FILE, &content, error))
        return false;
    if (content.size != VAULT_KEK_SIZE)
        return pp_fail(error, PP_E_INVALID, "key-encryption key: %zu bytes, not %d", content.size,
                       VAULT_KEK_SIZE);
    memcpy(kek, content.data, VAULT_KEK_SIZE);
    return true;
}

static bool kek_file_create(void *context, int dirfd, uint8_t kek[VAULT_KEK_SIZE], struct pp_error *error) {
    (void)context;
    return crypto_random(kek, VAULT_KEK_SIZE, error) &&
           kek_place_write(dirfd, KEK_FILE, kek, VAULT_KEK_SIZE, error);
}

static bool kek_file_destroy(int dirfd, struct pp_error *error) {
    return kek_place_destroy(dirfd, KEK_FILE, error);
}

static const char *kek_file_note(void *context) {
    (void)context;
    return "";
}

static struct tpm *kek_file_tpm(void *context) {
    (void)context;
    return NULL;
}

const struct vault_kek_provider *vault_kek_file(void) {
    static const struct vault_kek_provider provider = {
        .name = "file",
        .present = kek_file_present,
        .open = kek_file_open,
        .close = kek_file_close,
        .ready = kek_file_ready,
        .load = kek_file_load,
        .create = kek_file_create,
        .destroy = kek_file_destroy,
        .note = kek_file_note,
        .tpm = kek_file_tpm,
    };
    return &provider;
}
