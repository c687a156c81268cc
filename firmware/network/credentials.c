#include "network/credentials.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/shred.h"
#include "network/ask_agent.h"
#include "network/pem.h"

#define ABOUT_FILE "certificate"
#define ABOUT_MAX  128 /* bytes */

static const char *const names[] = {KEYFILE_KEY, KEYFILE_CERTIFICATE, ABOUT_FILE};

void credentials_read_about(const char *folder, struct credentials_about *about) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(ABOUT_MAX);
    char path[PP_PATH_MAX];
    *about = (struct credentials_about){0};
    if (!pp_path_format(path, NULL, "%s/" ABOUT_FILE, folder) || !pp_file_read(AT_FDCWD, path, &text, NULL))
        return;
    const char *line = pp_buf_text(&text);
    size_t size = strcspn(line, " ");
    if (!size || size >= sizeof about->device || line[size] != ' ')
        return;
    memcpy(about->device, line, size);
    about->end_s = strtoll(line + size, NULL, 10);
}

bool credentials_remove(const char *folder, struct pp_error *error) {
    char path[PP_PATH_MAX], half[PP_PATH_MAX];
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (!pp_path_format(path, error, "%s/%s", folder, names[i]) ||
            !pp_path_format(half, error, "%s.new", path) || !pp_shred(AT_FDCWD, path, error) ||
            !pp_shred(AT_FDCWD, half, error))
            return false;
    }
    return true;
}

/* ---- What the agent says ---- */

static bool is_device(const struct local_text *device) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    for (uint32_t i = 0; i < device->size; i++) {
        if (!memchr(letters, device->data[i], sizeof letters - 1))
            return false;
    }
    return device->size < CREDENTIALS_DEVICE_MAX;
}

static bool check(const struct local_credentials *own, struct pp_error *error) {
    if (!is_device(&own->device))
        return pp_fail(error, PP_E_INVALID, "the agent's device: not a name");
    if (!pem_check(own->chain.data, own->chain.size, pem_certificate, error))
        return pp_wrap(error, "the agent's certificate");
    return pem_check(own->key.data, own->key.size, pem_private_key, error) ||
           pp_wrap(error, "the agent's key");
}

/* Whoever cannot answer now has perhaps all that is wanted. */
static bool ask(const struct network_service *service, struct pp_buf *packet, struct local_message *answer,
                struct pp_error *error) {
    struct pp_error own = {0};
    const struct local_message request = {.type = LOCAL_KEY};
    if (!ask_agent(service, &request, ASK_AGENT_MS, packet, answer, &own))
        return pp_fail(error, PP_E_CANCELLED, "the agent does not answer: %s", own.message);
    if (answer->type == LOCAL_REFUSED)
        return pp_fail(error, answer->refused.refusal == LOCAL_NOT_NOW ? PP_E_CANCELLED : PP_E_STATE,
                       "the agent: %.*s", (int)answer->refused.reason.size, answer->refused.reason.data);
    return answer->type == LOCAL_CREDENTIALS ||
           pp_fail(error, PP_E_INVALID, "the agent answers something else");
}

/* ---- The files ---- */

static bool make_folder(const char *folder, struct pp_error *error) {
    struct statfs about;
    if (!pp_dir_make(AT_FDCWD, folder, 0700, error))
        return false;
    if (statfs(folder, &about) != 0)
        return pp_fail_errno(error, "%s", folder);
    return about.f_type == TMPFS_MAGIC || about.f_type == RAMFS_MAGIC ||
           pp_fail(error, PP_E_STATE, "%s is not in memory, and a key is never written to a storage", folder);
}

static bool is_same(const char *path, const struct local_text *text) {
    pp_autobuf struct pp_buf now = PP_BUF_INIT(LOCAL_CHAIN_MAX);
    return pp_file_read(AT_FDCWD, path, &now, NULL) && now.size == text->size &&
           memcmp(now.data, text->data, now.size) == 0;
}

static bool write_file(const char *folder, const char *name, const struct local_text *text, bool *changed,
                       struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/%s", folder, name))
        return false;
    if (is_same(path, text))
        return true;
    *changed = true;
    pp_autoclose int former = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    return pp_file_replace(AT_FDCWD, path, text->data, text->size, 0600, error) &&
           (former < 0 || pp_shred_fd(former, error));
}

static bool write_files(const char *folder, const struct local_credentials *own, bool *changed,
                        struct pp_error *error) {
    char about[ABOUT_MAX];
    bool other = false;
    snprintf(about, sizeof about, "%.*s %" PRId64 "\n", (int)own->device.size, own->device.data, own->end_s);
    const struct local_text about_text = local_text_of(about);
    return make_folder(folder, error) && write_file(folder, KEYFILE_KEY, &own->key, changed, error) &&
           write_file(folder, KEYFILE_CERTIFICATE, &own->chain, changed, error) &&
           write_file(folder, ABOUT_FILE, &about_text, &other, error);
}

bool credentials_fetch(const struct network_service *service, struct credentials_about *about, bool *changed,
                       struct pp_error *error) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    const char *folder = service->profiles.keys;
    struct local_message answer = {0};
    *changed = false;
    *about = (struct credentials_about){0};
    if (!ask(service, &packet, &answer, error))
        return false;
    const struct local_credentials *own = &answer.credentials;
    if (!own->device.size) {
        *changed = true;
        return credentials_remove(folder, error);
    }
    if (!check(own, error) || !write_files(folder, own, changed, error))
        return false;
    credentials_read_about(folder, about);
    return *about->device || pp_fail(error, PP_E_IO, "%s/" ABOUT_FILE " cannot be read", folder);
}
