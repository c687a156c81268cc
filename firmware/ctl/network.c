/* pingplayctl network: asks pingplay-network(8), and not the agent. A passphrase is typed, or comes on standard input;
 * it is never an argument, which everybody on the machine may read. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/ctl.h"
#include "ctl/typed.h"
#include "identity/identity.h"
#include "network/client.h"
#include "network/pem.h"
#include "network/wifi_uri.h"

#define CA_FILE_MAX (64 * 1024) /* bytes */

static enum ctl_exit fail(const struct ctl *ctl, const char *name, const char *detail, enum ctl_exit status) {
    fprintf(stderr, "pingplayctl: %s%s", words(ctl->language, name), *detail ? ": " : "");
    for (const char *at = detail; *at; at++)
        fputc((unsigned char)*at < ' ' ? '?' : *at, stderr);
    fputc('\n', stderr);
    return status;
}

/* ---- Requests, of the command's words ---- */

static bool on_qr(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    char text[WIFI_URI_MAX + 1];
    size_t size = 0;
    if (ctl->argument_count > 1 || ctl->hidden || ctl->security)
        return pp_fail(error, PP_E_INVALID, "--qr: the code says all of it");
    bool done = typed_read_secret(ctl, "network.code", text, WIFI_URI_MAX, &size, error) &&
                wifi_uri_parse(text, size, request, error);
    pp_wipe(text, sizeof text);
    return done;
}

static bool on_wifi(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    size_t size = 0;
    if (ctl->qr)
        return on_qr(ctl, request, error);
    if (ctl->argument_count != 2)
        return pp_fail(error, PP_E_INVALID, "network wifi SSID, or network wifi --qr");
    struct network_wifi *wifi = &request->wifi;
    wifi->ssid_size = strlen(ctl->arguments[1]);
    if (wifi->ssid_size > NETWORK_SSID_MAX)
        return pp_fail(error, PP_E_LIMIT, "ssid: not 1 to 32 bytes");
    memcpy(wifi->ssid, ctl->arguments[1], wifi->ssid_size);
    wifi->hidden = ctl->hidden;
    wifi->security = NETWORK_WPA2_WPA3;
    if (ctl->security && !network_security_parse(ctl->security, &wifi->security))
        return pp_fail(error, PP_E_INVALID, "--security: wpa2-wpa3, wpa3 or open");
    if (wifi->security == NETWORK_OPEN)
        return true;
    if (!typed_read_secret(ctl, "network.passphrase", wifi->passphrase, NETWORK_KEY_DIGITS, &size, error))
        return false;
    return strlen(wifi->passphrase) == size ||
           pp_fail(error, PP_E_INVALID, "passphrase: a character that is not printable ASCII");
}

static bool put_interface(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    if (ctl->argument_count < 2)
        return pp_fail(error, PP_E_INVALID, "an interface is missing");
    if (strlen(ctl->arguments[1]) > NETWORK_INTERFACE_MAX)
        return pp_fail(error, PP_E_LIMIT, "interface: not a name");
    strcpy(request->interface, ctl->arguments[1]);
    return true;
}

static bool on_static(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    if (!put_interface(ctl, request, error))
        return false;
    for (int i = 2; i < ctl->argument_count; i++) {
        if (!network_fixed_add_address(&request->fixed, ctl->arguments[i], error))
            return pp_wrap(error, "%.60s", ctl->arguments[i]);
    }
    for (size_t i = 0; i < ctl->gateways.count; i++) {
        if (!network_fixed_add_gateway(&request->fixed, ctl->gateways.items[i], error))
            return pp_wrap(error, "--gateway %.60s", ctl->gateways.items[i]);
    }
    for (size_t i = 0; i < ctl->dns.count; i++) {
        if (!network_fixed_add_dns(&request->fixed, ctl->dns.items[i], error))
            return pp_wrap(error, "--dns %.60s", ctl->dns.items[i]);
    }
    return true;
}

static bool on_forget(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    if (!put_interface(ctl, request, error))
        return false;
    if (strcmp(request->interface, "wifi") == 0)
        request->interface[0] = 0;
    return true;
}

/* Who reads a stranger's certificates is this user, and not the service, which is root. */
static bool read_authorities(const char *path, char ca[NETWORK_CA_MAX + 1], struct pp_error *error) {
    pp_autobuf struct pp_buf file = PP_BUF_INIT(CA_FILE_MAX);
    pp_autobuf struct pp_buf certificates = PP_BUF_INIT(NETWORK_CA_MAX);
    if (!identity_check_ca_file(path, error) || !pp_file_read(AT_FDCWD, path, &file, error) ||
        !pem_collect_certificates(pp_buf_text(&file), &certificates, error))
        return pp_wrap(error, "--ca %.60s", path);
    memcpy(ca, certificates.data, certificates.size + 1);
    return true;
}

static bool put_text(const char *name, const char *text, char out[NETWORK_NAME_MAX + 1],
                     struct pp_error *error) {
    if (text && strlen(text) > NETWORK_NAME_MAX)
        return pp_fail(error, PP_E_LIMIT, "%s: longer than %d bytes", name, NETWORK_NAME_MAX);
    strcpy(out, text ? text : "");
    return true;
}

static bool on_8021x(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    struct network_8021x *dot1x = &request->dot1x;
    if ((ctl->argument_count == 2) == (ctl->ssid != NULL))
        return pp_fail(error, PP_E_INVALID, "network 8021x INTERFACE, or network 8021x --ssid SSID");
    if (!ctl->proxy.ca || !ctl->server)
        return pp_fail(error, PP_E_INVALID, "network 8021x: --ca and --server say whom to trust");
    if (!ctl->ssid && !put_interface(ctl, request, error))
        return false;
    if (ctl->ssid && strlen(ctl->ssid) > NETWORK_SSID_MAX)
        return pp_fail(error, PP_E_LIMIT, "ssid: not 1 to 32 bytes");
    dot1x->ssid_size = ctl->ssid ? strlen(ctl->ssid) : 0;
    if (dot1x->ssid_size)
        memcpy(dot1x->ssid, ctl->ssid, dot1x->ssid_size);
    dot1x->hidden = ctl->hidden;
    return put_text("--server", ctl->server, dot1x->server, error) &&
           put_text("--identity", ctl->identity, dot1x->identity, error) &&
           put_text("--anonymous", ctl->anonymous, dot1x->anonymous, error) &&
           read_authorities(ctl->proxy.ca, dot1x->ca, error);
}

static bool on_phone(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    request->open = ctl->argument_count < 2;
    return request->open || strcmp(ctl->arguments[1], "off") == 0 ||
           pp_fail(error, PP_E_INVALID, "network phone, or network phone off");
}

static bool on_show(const struct ctl *ctl, struct network_request *request, struct pp_error *error) {
    (void)ctl, (void)request, (void)error;
    return true;
}

/* ---- The answer ---- */

static enum ctl_exit fail_asking(const struct ctl *ctl, const struct pp_error *error) {
    if (error->code == PP_E_NET || error->code == PP_E_NOTFOUND)
        return fail(ctl, "network.absent", error->message, CTL_NO_AGENT);
    return fail(ctl, "error.denied", error->message, CTL_DENIED);
}

static void show_member(const struct ctl *ctl, const cJSON *profile, const char *name) {
    char label[64];
    if (!*show_text(profile, name))
        return;
    snprintf(label, sizeof label, "network.%s", name);
    show_line(ctl, label, "%s", show_text(profile, name));
}

/* Of 802.1X: whether this screen has what it is to show. */
static void show_certificate(const struct ctl *ctl, const cJSON *profile) {
    char name[64];
    if (!*show_text(profile, "certificate"))
        return;
    snprintf(name, sizeof name, "network.certificate.%s", show_text(profile, "certificate"));
    show_line(ctl, "network.certificate", "%s %s", words(ctl->language, name),
              show_text(profile, "certificate_end"));
}

static void show_profile(const struct ctl *ctl, const cJSON *profile) {
    static const char *const names[] = {
        "interface",          "ssid",     "hidden",        "security",       "identity",
        "anonymous_identity", "server",   "server_domain", "ipv4_method",    "ipv4_addresses",
        "ipv4_gateway",       "ipv4_dns", "ipv6_method",   "ipv6_addresses", "ipv6_gateway",
        "ipv6_dns",           "trouble"};
    const cJSON *address;
    bool active = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(profile, "active"));
    show_line(ctl, "network.profile", "%s", show_text(profile, "name"));
    show_line(ctl, "network.active", "%s", words(ctl->language, active ? "yes" : "no"));
    for (size_t i = 0; i < PP_COUNT(names); i++)
        show_member(ctl, profile, names[i]);
    show_certificate(ctl, profile);
    cJSON_ArrayForEach(address, cJSON_GetObjectItemCaseSensitive(profile, "addresses")) {
        if (cJSON_IsString(address))
            show_line(ctl, "network.address", "%s", address->valuestring);
    }
}

static enum ctl_exit show_document(const struct ctl *ctl, const char *text, size_t size) {
    struct pp_error error = {0};
    const cJSON *profile;
    pp_autojson cJSON *document = pp_json_parse(text, size, NETWORK_ANSWER_MAX, &error);
    const cJSON *profiles = cJSON_GetObjectItemCaseSensitive(document, "profiles");
    if (!cJSON_IsArray(profiles))
        return fail(ctl, "error.answer", error.message, CTL_FAILED);
    if (ctl->json) {
        printf("%.*s\n", (int)size, text);
        return CTL_OK;
    }
    if (!profiles->child)
        printf("%s\n", words(ctl->language, "network.none"));
    cJSON_ArrayForEach(profile, profiles) {
        if (profile != profiles->child)
            putchar('\n');
        show_profile(ctl, profile);
    }
    return CTL_OK;
}

/* A note says what is not as it should be of a change that was kept. */
static enum ctl_exit show_done(const struct ctl *ctl, const char *note) {
    if (ctl->json && *note) {
        pp_autojson cJSON *document = cJSON_CreateObject();
        cJSON_AddNumberToObject(document, "format", 1);
        cJSON_AddTrueToObject(document, "done");
        cJSON_AddStringToObject(document, "note", note);
        pp_autojsontext char *text = cJSON_PrintUnformatted(document);
        printf("%s\n", text ? text : "{}");
        return CTL_OK;
    }
    printf("%s\n", ctl->json ? "{\"format\":1,\"done\":true}" : words(ctl->language, "network.done"));
    return *note ? fail(ctl, "network.kept", note, CTL_OK) : CTL_OK;
}

static enum ctl_exit run(const struct ctl *ctl, const struct network_request *request) {
    pp_autobuf struct pp_buf answer = PP_BUF_INIT(NETWORK_ANSWER_MAX + 1);
    const struct timeval patience = {.tv_sec = NETWORK_PATIENCE_S};
    struct pp_error error = {0};
    pp_autoclose int fd = network_ask(ctl->socket ? ctl->socket : NETWORK_SOCKET, request, &error);
    if (fd < 0)
        return fail_asking(ctl, &error);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        !network_hear(fd, &answer, &error))
        return error.code == PP_E_STATE ? fail(ctl, "network.not_done", error.message, CTL_FAILED)
                                        : fail(ctl, "network.silent", "", CTL_NO_AGENT);
    if (request->verb == NETWORK_SHOW)
        return show_document(ctl, pp_buf_text(&answer), answer.size);
    return show_done(ctl, pp_buf_text(&answer));
}

enum ctl_exit network_run(const struct ctl *ctl) {
    static const struct {
        const char *name;
        int arguments_max;
        enum network_verb verb;
        bool (*read)(const struct ctl *ctl, struct network_request *request, struct pp_error *error);
    } verbs[] = {
        {"show", 1, NETWORK_SHOW, on_show},       {"wifi", 2, NETWORK_WIFI, on_wifi},
        {"static", 4, NETWORK_STATIC, on_static}, {"dhcp", 2, NETWORK_DHCP, put_interface},
        {"forget", 2, NETWORK_FORGET, on_forget}, {"8021x", 2, NETWORK_8021X, on_8021x},
        {"phone", 2, NETWORK_PHONE, on_phone},
    };
    for (size_t i = 0; i < PP_COUNT(verbs); i++) {
        network_autorequest struct network_request request = {.verb = verbs[i].verb};
        struct pp_error error = {0};
        if (strcmp(verbs[i].name, ctl->arguments[0]) != 0)
            continue;
        if (ctl->argument_count > verbs[i].arguments_max)
            return fail(ctl, "error.refused", "too many arguments", CTL_USAGE);
        if (ctl->keep && verbs[i].verb != NETWORK_WIFI && verbs[i].verb != NETWORK_STATIC)
            return fail(ctl, "error.refused", "--keep: of network wifi and network static", CTL_USAGE);
        request.keep = ctl->keep;
        if (verbs[i].read(ctl, &request, &error) && network_request_check(&request, &error))
            return run(ctl, &request);
        return fail(ctl, "error.refused", error.message,
                    error.code == PP_E_CANCELLED ? CTL_FAILED : CTL_USAGE);
    }
    return fail(ctl, "error.refused", "network show|wifi|8021x|static|dhcp|forget|phone", CTL_USAGE);
}
