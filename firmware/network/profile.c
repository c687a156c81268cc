#include "network/profile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/shred.h"
#include "network/nmcli.h"

#define PREFIX "pingplay-"
#define SUFFIX ".nmconnection"

void profile_name(const char *interface, char name[PROFILE_NAME_MAX]) {
    snprintf(name, PROFILE_NAME_MAX, "pingplay-%s%s", *interface ? "wired-" : "wifi", interface);
}

bool profile_path(const struct profiles *profiles, const struct profile *profile, char path[PP_PATH_MAX],
                  struct pp_error *error) {
    return pp_path_format(path, error, "%s/%s-%c.nmconnection", profiles->folder, profile->name,
                          "ab"[profile->place]);
}

static bool ca_path(const struct profiles *profiles, const struct profile *profile, char path[PP_PATH_MAX],
                    struct pp_error *error) {
    return pp_path_format(path, error, "%s/%s-%c.pem", profiles->folder, profile->name, "ab"[profile->place]);
}

bool profile_read_text(const struct profiles *profiles, const struct profile *profile, struct pp_buf *text,
                       struct pp_error *error) {
    char path[PP_PATH_MAX];
    return profile_path(profiles, profile, path, error) && pp_file_read(AT_FDCWD, path, text, error);
}

bool profile_read(const struct profiles *profiles, const char *name, int place, struct profile *profile,
                  struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(2 * KEYFILE_MAX);
    *profile = (struct profile){.place = place};
    snprintf(profile->name, sizeof profile->name, "%s", name);
    if (!profile_read_text(profiles, profile, &text, error))
        return false;
    struct keyfile_names names = {0};
    if (!keyfile_read_names(pp_buf_text(&text), &names))
        return pp_fail(error, PP_E_INVALID, "%s-%c: not a profile of ours", name, "ab"[place]);
    memcpy(profile->uuid, names.uuid, sizeof profile->uuid);
    profile->kept = names.autoconnect;
    profile->set = names.set;
    return true;
}

/* "pingplay-wired-eth0-a.nmconnection": its name and place. */
bool profile_parse_file(const char *file, char name[PROFILE_NAME_MAX], int *place) {
    size_t size = strlen(file);
    size_t behind = sizeof "-a" SUFFIX - 1;
    if (strncmp(file, PREFIX, sizeof PREFIX - 1) != 0 || size <= sizeof PREFIX - 1 + behind ||
        size - behind >= PROFILE_NAME_MAX || strcmp(file + size - (sizeof SUFFIX - 1), SUFFIX) != 0 ||
        file[size - behind] != '-')
        return false;
    *place = file[size - behind + 1] - 'a';
    memcpy(name, file, size - behind);
    name[size - behind] = 0;
    return *place == 0 || *place == 1;
}

static int64_t written_ns(const struct profiles *profiles, const struct profile *profile) {
    char path[PP_PATH_MAX];
    struct stat about;
    if (!profile_path(profiles, profile, path, NULL) || stat(path, &about) != 0)
        return 0;
    return (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
}

bool profile_find(const struct profiles *profiles, const char *name, struct profile *profile,
                  struct pp_error *error) {
    struct profile read;
    bool found = false;
    for (int place = 0; place < PROFILE_PLACES; place++) {
        if (!profile_read(profiles, name, place, &read, NULL) || !read.kept)
            continue;
        if (!found || written_ns(profiles, &read) > written_ns(profiles, profile))
            *profile = read;
        found = true;
    }
    return found || pp_fail(error, PP_E_NOTFOUND, "there is no profile of it");
}

bool profile_write(const struct profiles *profiles, const struct profile *profile,
                   const struct network_request *request, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(KEYFILE_MAX);
    char ca[PP_PATH_MAX];
    struct keyfile_names names = {.id = profile->name,
                                  .autoconnect = profile->kept,
                                  .set = profile->set,
                                  .ca = ca,
                                  .keys = profiles->keys};
    memcpy(names.uuid, profile->uuid, sizeof names.uuid);
    bool dot1x = request->verb == NETWORK_8021X;
    if (dot1x)
        names.identity = *request->dot1x.identity ? request->dot1x.identity : profiles->identity;
    return ca_path(profiles, profile, ca, error) &&
           (!dot1x ||
            pp_file_replace(AT_FDCWD, ca, request->dot1x.ca, strlen(request->dot1x.ca), 0600, error)) &&
           keyfile_write(request, &names, &text, error) && profile_rewrite(profiles, profile, &text, error);
}

bool profile_rewrite(const struct profiles *profiles, const struct profile *profile,
                     const struct pp_buf *text, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!profile_path(profiles, profile, path, error))
        return false;
    pp_autoclose int former = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    struct pp_error left = {0};
    if (!pp_file_replace(AT_FDCWD, path, text->data, text->size, 0600, error))
        return false;
    if (former >= 0 && !pp_shred_fd(former, &left))
        pp_log_warning("%s: what it was before is left on the storage: %s", profile->name, left.message);
    return true;
}

bool profile_load(const struct profiles *profiles, const struct profile *profile, struct pp_error *error) {
    char path[PP_PATH_MAX];
    const char *const words[] = {"connection", "load", path, NULL};
    return profile_path(profiles, profile, path, error) &&
           nmcli_run(profiles->nmcli, words, NMCLI_SHORT_MS, NULL, error);
}

bool profile_remove(const struct profiles *profiles, const struct profile *profile, struct pp_error *error) {
    const char *const words[] = {"connection", "delete", "uuid", profile->uuid, NULL};
    char path[PP_PATH_MAX], half[PP_PATH_MAX], ca[PP_PATH_MAX];
    if (!profile_path(profiles, profile, path, error) || !pp_path_format(half, error, "%s.new", path) ||
        !ca_path(profiles, profile, ca, error))
        return false;
    /* Before NetworkManager, which takes the name from it and leaves the bytes. */
    bool overwritten = pp_shred_content(AT_FDCWD, path, error);
    /* One that it has not loaded is removed all the same; and what a killed pp_file_replace may have left. */
    if (keyfile_is_uuid(profile->uuid))
        (void)!nmcli_run(profiles->nmcli, words, NMCLI_SHORT_MS, NULL, NULL);
    struct pp_error *next = overwritten ? error : NULL;
    return pp_file_remove(AT_FDCWD, path, next) && pp_shred(AT_FDCWD, half, next) &&
           pp_file_remove(AT_FDCWD, ca, next) && overwritten;
}
