#include "network/stick.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256 /* mount(2), Linux 5.10 */
#endif
#define MOUNT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_NOATIME)
#define TYPE_MAX    16 /* bytes with the NUL */

/* ---- The file's words ---- */

static bool check_members(const cJSON *object, const char *const *known, size_t count,
                          struct pp_error *error) {
    const cJSON *member;
    cJSON_ArrayForEach(member, object) {
        size_t i = 0;
        while (i < count && strcmp(known[i], member->string) != 0)
            i++;
        if (i == count)
            return pp_fail(error, PP_E_INVALID, "a member that is not known");
    }
    return true;
}

static bool parse_security(const cJSON *wifi, enum network_security *security, struct pp_error *error) {
    const char *word = NULL;
    *security = NETWORK_WPA2_WPA3;
    if (!pp_json_has(wifi, "security"))
        return true;
    return pp_json_string(wifi, "security", 16, &word, error) &&
           (network_security_parse(word, security) ||
            pp_fail(error, PP_E_INVALID, "security: wpa2-wpa3, wpa3 or open"));
}

static bool parse_wifi(const cJSON *json, struct network_request *request, struct pp_error *error) {
    static const char *const known[] = {"ssid", "passphrase", "security", "hidden"};
    struct network_wifi *wifi = &request->wifi;
    const char *ssid = NULL, *passphrase = "";
    request->verb = NETWORK_WIFI;
    if (!check_members(json, known, PP_COUNT(known), error) ||
        !pp_json_string(json, "ssid", NETWORK_SSID_MAX, &ssid, error) ||
        !parse_security(json, &wifi->security, error) ||
        (pp_json_has(json, "passphrase") &&
         !pp_json_string(json, "passphrase", NETWORK_KEY_DIGITS, &passphrase, error)) ||
        (pp_json_has(json, "hidden") && !pp_json_boolean(json, "hidden", &wifi->hidden, error)))
        return false;
    wifi->ssid_size = strlen(ssid);
    memcpy(wifi->ssid, ssid, wifi->ssid_size);
    strcpy(wifi->passphrase, passphrase);
    return true;
}

/* Each text of an array that may be left out. */
static bool parse_texts(const cJSON *json, const char *name, size_t max, struct network_fixed *fixed,
                        bool (*add)(struct network_fixed *fixed, const char *text, struct pp_error *error),
                        struct pp_error *error) {
    const cJSON *array = NULL, *item;
    if (!pp_json_has(json, name))
        return true;
    if (!pp_json_array(json, name, max, &array, error))
        return false;
    cJSON_ArrayForEach(item, array) {
        if (!cJSON_IsString(item))
            return pp_fail(error, PP_E_INVALID, "%s: not texts", name);
        if (!add(fixed, item->valuestring, error))
            return pp_wrap(error, "%s", name);
    }
    return true;
}

static bool parse_wired(const cJSON *json, struct network_request *request, struct pp_error *error) {
    static const char *const known[] = {"interface", "addresses", "gateways", "dns"};
    const char *interface = NULL;
    request->verb = pp_json_has(json, "addresses") ? NETWORK_STATIC : NETWORK_DHCP;
    if (!check_members(json, known, PP_COUNT(known), error) ||
        !pp_json_string(json, "interface", NETWORK_INTERFACE_MAX, &interface, error))
        return false;
    strcpy(request->interface, interface);
    if (request->verb == NETWORK_DHCP)
        return (!pp_json_has(json, "gateways") && !pp_json_has(json, "dns")) ||
               pp_fail(error, PP_E_INVALID, "addresses: missing");
    return parse_texts(json, "addresses", 2, &request->fixed, network_fixed_add_address, error) &&
           parse_texts(json, "gateways", 2, &request->fixed, network_fixed_add_gateway, error) &&
           parse_texts(json, "dns", NETWORK_DNS_MAX, &request->fixed, network_fixed_add_dns, error);
}

static bool parse_document(const cJSON *document, struct network_request *request, struct pp_error *error) {
    static const char *const known[] = {"format", "wifi", "wired"};
    const cJSON *part = NULL;
    int64_t format = 0;
    if (!cJSON_IsObject(document))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!check_members(document, known, PP_COUNT(known), error) ||
        !pp_json_integer(document, "format", 0, INT32_MAX, &format, error))
        return false;
    if (format != 1)
        return pp_fail(error, PP_E_UNSUPPORTED, "format: not 1");
    bool wifi = pp_json_has(document, "wifi");
    if (wifi == pp_json_has(document, "wired"))
        return pp_fail(error, PP_E_INVALID, "wifi or wired, one of them");
    return pp_json_object(document, wifi ? "wifi" : "wired", &part, error) &&
           (wifi ? parse_wifi : parse_wired)(part, request, error) && network_request_check(request, error);
}

bool stick_parse(const void *text, size_t size, struct network_request *request, struct pp_error *error) {
    memset(request, 0, sizeof *request);
    pp_autojson cJSON *document = pp_json_parse(text, size, STICK_FILE_MAX, error);
    if (document && parse_document(document, request, error))
        return true;
    network_request_finish(request);
    return false;
}

/* ---- The stick ---- */

static bool mount_as(const char *device, const char *types, const char *point, struct pp_error *error) {
    char type[TYPE_MAX];
    int reason = ENODEV;
    for (const char *at = types; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(type, sizeof type, "%.*s", (int)strcspn(at, ","), at);
        if (mount(device, point, type, MOUNT_FLAGS, NULL) == 0)
            return true;
        /* Of another type, or this kernel has none of that type. */
        if (errno != EINVAL && errno != ENODEV)
            reason = errno;
    }
    errno = reason;
    return reason == ENODEV ? pp_fail(error, PP_E_UNSUPPORTED, "%s: not of type %s", device, types)
                            : pp_fail_errno(error, "mount %s", device);
}

static bool read_file(const char *point, struct pp_buf *text, struct pp_error *error) {
    char path[PP_PATH_MAX];
    struct stat about;
    if (!pp_path_format(path, error, "%s/" STICK_FILE, point))
        return false;
    /* Whatever it is, opening it waits for nobody. */
    pp_autoclose int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return pp_fail(error, PP_E_NOTFOUND, "no file " STICK_FILE);
    if (fd < 0)
        return errno == ELOOP ? pp_fail(error, PP_E_INVALID, "not a file") : pp_fail_errno(error, "open");
    if (fstat(fd, &about) != 0)
        return pp_fail_errno(error, "stat");
    if (!S_ISREG(about.st_mode))
        return pp_fail(error, PP_E_INVALID, "not a file");
    if (about.st_size > STICK_FILE_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes", STICK_FILE_MAX);
    return pp_file_read_fd(fd, STICK_FILE, text, error);
}

bool stick_read(const char *device, const char *types, const char *point, struct pp_buf *text,
                struct pp_error *error) {
    if (!mount_as(device, types, point, error))
        return false;
    bool read = read_file(point, text, error);
    if (umount2(point, MNT_DETACH) != 0 && read)
        return pp_fail_errno(error, "umount");
    return read;
}
