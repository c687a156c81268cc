/* A request that is taken can be written as it came, and its profile has no line that the writer does not know. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "network/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known[] = {"#set=",
                                    "[connection]",
                                    "id=",
                                    "uuid=",
                                    "type=",
                                    "interface-name=",
                                    "autoconnect=",
                                    "autoconnect-priority=",
                                    "autoconnect-retries=",
                                    "[wifi]",
                                    "mode=infrastructure",
                                    "ssid=",
                                    "hidden=true",
                                    "[wifi-security]",
                                    "key-mgmt=",
                                    "proto=rsn;",
                                    "pairwise=ccmp;",
                                    "group=ccmp;",
                                    "pmf=",
                                    "psk=",
                                    "[802-1x]",
                                    "eap=tls;",
                                    "identity=",
                                    "anonymous-identity=",
                                    "ca-cert=/ca.pem",
                                    "domain-match=",
                                    "domain-suffix-match=",
                                    "client-cert=/keys/client.pem",
                                    "private-key=/keys/client.key",
                                    "private-key-password-flags=4",
                                    "[user]",
                                    "pingplay.identity=certificate",
                                    "[ipv4]",
                                    "[ipv6]",
                                    "method=",
                                    "address1=",
                                    "may-fail=false",
                                    "dad-timeout=",
                                    "dns=",
                                    "addr-gen-mode=stable-privacy"};

/* Each of the known ones at most twice: [ipv4] and [ipv6] have the same. */
static void check_lines(const char *text) {
    unsigned seen[PP_COUNT(known)] = {0};
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t i = 0;
        while (*line != '\n' && i < PP_COUNT(known) && strncmp(line, known[i], strlen(known[i])) != 0)
            i++;
        if (i == PP_COUNT(known) || (*line != '\n' && ++seen[i] > 2))
            abort();
        if (strncmp(line, "psk=", 4) == 0 || strncmp(line, "ssid=", 5) == 0 ||
            strncmp(line, "identity=", 9) == 0 || strncmp(line, "anonymous-identity=", 19) == 0 ||
            strncmp(line, "domain-", 7) == 0) {
            for (const char *at = line; *at != '\n'; at++) {
                if (*at <= ' ' || *at > '~')
                    abort();
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct network_request request;
    struct pp_error error = {0};
    struct keyfile_names names = {.id = "x",
                                  .uuid = "01234567-89ab-4def-8123-456789abcdef",
                                  .ca = "/ca.pem",
                                  .keys = "/keys",
                                  .identity = "x"};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX);
    pp_autobuf struct pp_buf profile = PP_BUF_INIT(KEYFILE_MAX);
    if (!network_request_decode(data, size, &request, &error)) {
        if (error.code == PP_OK)
            abort();
        return 0;
    }
    if (!network_request_encode(&request, &packet, NULL) || packet.size != size ||
        memcmp(packet.data, data, size) != 0)
        abort();
    if (!network_request_has_profile(&request))
        return 0;
    /* Whom it trusts is always said. */
    if (request.verb == NETWORK_8021X && (!*request.dot1x.server || !*request.dot1x.ca))
        abort();
    if (request.verb == NETWORK_8021X && *request.dot1x.identity)
        names.identity = request.dot1x.identity;
    if (!keyfile_write(&request, &names, &profile, NULL) || strlen(pp_buf_text(&profile)) != profile.size)
        abort();
    check_lines(pp_buf_text(&profile));
    return 0;
}
