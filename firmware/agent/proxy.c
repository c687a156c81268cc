#include "agent/proxy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define SCHEME "http://"

/* RFC 3986 §2.1: all but unreserved characters. */
static size_t encode(const char *text, char *out) {
    size_t size = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool plain = isalnum(*c) || strchr("-._~", *c);
        size += (size_t)sprintf(out + size, plain ? "%c" : "%%%02X", *c);
    }
    return size;
}

/* Of the configuration; they go into the vault where it has none, or others. */
static void keep(const char *credentials, struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(PROXY_CREDENTIALS_MAX);
    struct pp_error error = {0};
    if (vault_get(vault, PROXY_CREDENTIALS_RECORD, &kept, NULL) &&
        strcmp(pp_buf_text(&kept), credentials) == 0)
        return;
    if (!vault_put_later(vault, PROXY_CREDENTIALS_RECORD, credentials, strlen(credentials), NULL, NULL,
                         &error))
        pp_log_warning("the proxy's credentials are not kept: %s", error.message);
}

static void forget(struct vault *vault) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(PROXY_CREDENTIALS_MAX);
    struct pp_error error = {0};
    if (vault_get(vault, PROXY_CREDENTIALS_RECORD, &kept, NULL) &&
        !vault_remove_later(vault, PROXY_CREDENTIALS_RECORD, NULL, NULL, &error))
        pp_log_warning("the proxy's credentials are still kept: %s", error.message);
}

/* "NAME:PASSWORD", "" for none. */
static bool find_credentials(const struct agent_config *config, struct vault *vault,
                             char credentials[PROXY_CREDENTIALS_MAX], struct pp_error *error) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(PROXY_CREDENTIALS_MAX);
    struct pp_error reason = {0};
    *credentials = 0;
    if (*config->proxy_user) {
        snprintf(credentials, PROXY_CREDENTIALS_MAX, "%s:%s", config->proxy_user, config->proxy_password);
        keep(credentials, vault);
        return true;
    }
    if (!vault_get(vault, PROXY_CREDENTIALS_RECORD, &kept, &reason))
        return reason.code == PP_E_NOTFOUND || pp_fail(error, reason.code, "%s", reason.message);
    snprintf(credentials, PROXY_CREDENTIALS_MAX, "%s", pp_buf_text(&kept));
    return true;
}

bool proxy_address(const struct agent_config *config, struct vault *vault, char address[PROXY_ADDRESS_MAX],
                   struct pp_error *error) {
    char credentials[PROXY_CREDENTIALS_MAX];
    *address = 0;
    if (!*config->proxy) {
        forget(vault);
        return true;
    }
    bool found = find_credentials(config, vault, credentials, error);
    char *colon = found ? strchr(credentials, ':') : NULL;
    if (!found) {
        pp_wrap(error, "proxy");
    } else if (!colon) {
        snprintf(address, PROXY_ADDRESS_MAX, "%s", config->proxy);
    } else {
        *colon = 0;
        size_t size = (size_t)sprintf(address, SCHEME);
        size += encode(credentials, address + size);
        address[size++] = ':';
        size += encode(colon + 1, address + size);
        snprintf(address + size, PROXY_ADDRESS_MAX - size, "@%s", config->proxy + strlen(SCHEME));
    }
    pp_wipe(credentials, sizeof credentials);
    return found;
}
