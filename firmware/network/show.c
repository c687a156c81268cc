#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "network/credentials.h"
#include "network/nmcli.h"
#include "network/service.h"

#define PROFILES_MAX 32
#define VALUE_MAX    512 /* bytes of a line's value */

/* What NetworkManager has of a profile, a member of its object each; it shows no secret that is not asked for. */
static const struct {
    const char *field, *member;
} members[] = {
    {"connection.type", "type"},
    {"connection.interface-name", "interface"},
    {"802-11-wireless.ssid", "ssid"},
    {"802-11-wireless.hidden", "hidden"},
    {"802-11-wireless-security.key-mgmt", "security"},
    {"802-1x.eap", "eap"},
    {"802-1x.identity", "identity"},
    {"802-1x.anonymous-identity", "anonymous_identity"},
    {"802-1x.domain-match", "server"},
    {"802-1x.domain-suffix-match", "server_domain"},
    {"ipv4.method", "ipv4_method"},
    {"ipv4.addresses", "ipv4_addresses"},
    {"ipv4.gateway", "ipv4_gateway"},
    {"ipv4.dns", "ipv4_dns"},
    {"ipv6.method", "ipv6_method"},
    {"ipv6.addresses", "ipv6_addresses"},
    {"ipv6.gateway", "ipv6_gateway"},
    {"ipv6.dns", "ipv6_dns"},
    {"GENERAL.STATE", "state"},
    {"GENERAL.DEVICES", "device"},
};
static const char fields[] =
    "connection.type,connection.interface-name,802-11-wireless.ssid,802-11-wireless.hidden,"
    "802-11-wireless-security.key-mgmt,802-1x.eap,802-1x.identity,802-1x.anonymous-identity,802-1x.domain-"
    "match,"
    "802-1x.domain-suffix-match,ipv4.method,ipv4.addresses,ipv4.gateway,ipv4.dns,ipv6.method,"
    "ipv6.addresses,ipv6.gateway,ipv6.dns,GENERAL.STATE,GENERAL.DEVICES,IP4.ADDRESS,IP6.ADDRESS";

static bool add_text(cJSON *object, const char *name, const char *text) {
    return cJSON_AddStringToObject(object, name, text);
}

/* "field:value", or "IP4.ADDRESS[1]:value" into the array of addresses. */
static bool add_line(cJSON *object, cJSON *addresses, char *line) {
    char *colon = strchr(line, ':');
    if (!colon)
        return true;
    *colon = 0;
    char *value = colon + 1;
    pp_json_tidy(value);
    if (strncmp(line, "IP4.ADDRESS[", 12) == 0 || strncmp(line, "IP6.ADDRESS[", 12) == 0)
        return cJSON_AddItemToArray(addresses, cJSON_CreateString(value));
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        if (strcmp(members[i].field, line) == 0)
            return !*value || strcmp(value, "--") == 0 || add_text(object, members[i].member, value);
    }
    return true;
}

static bool add_lines(cJSON *object, cJSON *addresses, const char *lines) {
    char line[VALUE_MAX];
    for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        if (!add_line(object, addresses, line))
            return false;
    }
    return true;
}

/* What 802.1X shows for this screen, by the system's clock, as the network's server has one of its own. */
static bool add_certificate(const struct profiles *profiles, cJSON *object) {
    struct credentials_about about;
    char end[PP_RFC3339_SIZE];
    if (!cJSON_GetObjectItemCaseSensitive(object, "eap"))
        return true;
    credentials_read_about(profiles->keys, &about);
    if (!*about.device)
        return add_text(object, "certificate", "missing");
    pp_time_format(about.end_s, end);
    return add_text(object, "certificate", about.end_s > pp_clock_realtime_s() ? "valid" : "expired") &&
           add_text(object, "certificate_end", end);
}

static bool add_profile(const struct profiles *profiles, const struct profile *profile, cJSON *list,
                        struct pp_error *error) {
    const char *const words[] = {"-t",         "-e",   "no",   "-f",          fields,
                                 "connection", "show", "uuid", profile->uuid, NULL};
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    struct pp_error trouble = {0};
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(list, object)) {
        cJSON_Delete(object);
        return pp_fail(error, PP_E_NOMEM, "profiles");
    }
    bool known = nmcli_run(profiles->nmcli, words, NMCLI_SHORT_MS, &lines, &trouble);
    bool added = add_text(object, "name", profile->name) && add_text(object, "uuid", profile->uuid);
    cJSON *addresses = added ? cJSON_AddArrayToObject(object, "addresses") : NULL;
    added = addresses && (known ? add_lines(object, addresses, pp_buf_text(&lines))
                                : add_text(object, "trouble", trouble.message));
    const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "state"));
    added = added && cJSON_AddBoolToObject(object, "active", state && strcmp(state, "activated") == 0);
    added = added && add_certificate(profiles, object);
    return added || pp_fail(error, PP_E_NOMEM, "profiles");
}

static bool add_profiles(const struct profiles *profiles, cJSON *list, struct pp_error *error) {
    pp_autodir DIR *folder = opendir(profiles->folder);
    char name[PROFILE_NAME_MAX];
    struct profile profile;
    int place;
    if (!folder)
        return pp_fail_errno(error, "%s", profiles->folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (!profile_parse_file(entry->d_name, name, &place) ||
            !profile_read(profiles, name, place, &profile, NULL) || !profile.kept)
            continue;
        if (cJSON_GetArraySize(list) >= PROFILES_MAX)
            return pp_fail(error, PP_E_LIMIT, "more than %d profiles", PROFILES_MAX);
        if (!add_profile(profiles, &profile, list, error))
            return false;
    }
    return true;
}

bool network_show(const struct profiles *profiles, struct pp_buf *out, struct pp_error *error) {
    pp_autojson cJSON *document = cJSON_CreateObject();
    if (!cJSON_AddNumberToObject(document, "format", 1))
        return pp_fail(error, PP_E_NOMEM, "profiles");
    cJSON *list = cJSON_AddArrayToObject(document, "profiles");
    if (!list)
        return pp_fail(error, PP_E_NOMEM, "profiles");
    if (!add_profiles(profiles, list, error))
        return false;
    pp_autojsontext char *text = cJSON_PrintUnformatted(document);
    return text ? pp_buf_add_text(out, text, error) : pp_fail(error, PP_E_NOMEM, "profiles");
}
