#include "network/dot1x.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "network/change.h"
#include "network/credentials.h"
#include "network/nmcli.h"

#define PROFILES_MAX 32

struct list {
    struct profile items[PROFILES_MAX];
    size_t count;
};

static bool is_8021x(const struct profiles *profiles, const struct profile *profile) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(2 * KEYFILE_MAX);
    return profile_read_text(profiles, profile, &text, NULL) && keyfile_is_8021x(pp_buf_text(&text));
}

/* Those that are kept. */
static bool list_8021x(const struct profiles *profiles, struct list *list, struct pp_error *error) {
    pp_autodir DIR *folder = opendir(profiles->folder);
    char name[PROFILE_NAME_MAX];
    int place;
    list->count = 0;
    if (!folder)
        return errno == ENOENT || pp_fail_errno(error, "%s", profiles->folder);
    for (const struct dirent *entry; list->count < PROFILES_MAX && (entry = readdir(folder));) {
        struct profile *profile = &list->items[list->count];
        if (profile_parse_file(entry->d_name, name, &place) &&
            profile_read(profiles, name, place, profile, NULL) && profile->kept &&
            is_8021x(profiles, profile))
            list->count++;
    }
    return true;
}

bool dot1x_tidy(const struct profiles *profiles, struct pp_error *error) {
    struct list list;
    return list_8021x(profiles, &list, error) &&
           (list.count > 0 || credentials_remove(profiles->keys, error));
}

static bool fetch(const struct network_service *service, struct credentials_about *about,
                  struct pp_error *error) {
    bool changed;
    if (!credentials_fetch(service, about, &changed, error))
        return false;
    if (changed)
        pp_log_info("802.1X: %s%s",
                    *about->device ? "certificate and key of device " : "no certificate any more",
                    about->device);
    return true;
}

bool dot1x_change(const struct network_service *service, const struct network_request *request,
                  struct pp_error *error) {
    struct credentials_about about;
    struct profiles profiles = service->profiles;
    struct pp_error left = {0};
    bool fetched = fetch(service, &about, error);
    if (fetched && !*about.device)
        fetched =
            pp_fail(error, PP_E_STATE,
                    "this screen has no certificate yet: it has to be enrolled over another network first");
    profiles.identity = about.device;
    bool done = fetched && change_run(service, &profiles, request, NULL, error);
    if (!done && !dot1x_tidy(&profiles, &left))
        pp_log_warning("%s", left.message);
    return done;
}

/* ---- Another certificate ---- */

static void follow_identity(const struct profiles *profiles, const struct profile *profile) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(2 * KEYFILE_MAX);
    pp_autobuf struct pp_buf other = PP_BUF_INIT(2 * KEYFILE_MAX);
    struct pp_error error = {0};
    if (!profile_read_text(profiles, profile, &text, &error) ||
        !keyfile_follow_identity(pp_buf_text(&text), profiles->identity, &other))
        return;
    if (!profile_rewrite(profiles, profile, &other, &error) || !profile_load(profiles, profile, &error))
        pp_log_warning("%s keeps its former identity: %s", profile->name, error.message);
}

static bool is_active(const struct profiles *profiles, const char *uuid) {
    static const char *const words[] = {"-t", "-f", "UUID,STATE", "connection", "show", "--active", NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    char wanted[KEYFILE_UUID_SIZE + sizeof ":activated"];
    snprintf(wanted, sizeof wanted, "%s:activated", uuid);
    return nmcli_run(profiles->nmcli, words, NMCLI_SHORT_MS, &lines, NULL) &&
           strstr(pp_buf_text(&lines), wanted);
}

bool dot1x_follow(const struct network_service *service, struct pp_error *error) {
    struct credentials_about about;
    struct profiles profiles = service->profiles;
    struct list list;
    if (!list_8021x(&profiles, &list, error))
        return false;
    if (!list.count)
        return credentials_remove(profiles.keys, error);
    if (!fetch(service, &about, error))
        return false;
    profiles.identity = about.device;
    for (size_t i = 0; *about.device && i < list.count; i++) {
        struct pp_error own = {0};
        follow_identity(&profiles, &list.items[i]);
        if (!is_active(&profiles, list.items[i].uuid) &&
            !change_bring_up(&profiles, list.items[i].uuid, &own))
            pp_log_warning("%s does not come up yet: %s", list.items[i].name, own.message);
    }
    return true;
}
