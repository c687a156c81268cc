#include "agent/config.h"

#include <string.h>

#include "base/mem.h"
#include "command/board.h"
#include "net/proxy.h"
#include "net/ticket.h"
#include "network/service.h"
#include "tpm/pcrsig.h"

#define MIB_MAX (UINT64_C(1) << 24) /* 16 TiB */

static bool vault_complete(const char *path, const struct agent_config *config, struct pp_error *error) {
    const struct vault_kek_provider *provider;
    uint32_t pcrs;
    if (!vault_kek_by_name(config->vault_provider, &provider, error))
        return pp_wrap(error, "%s: provider", path);
    if (!pcrsig_parse_list(config->vault_pcrs, &pcrs, error))
        return pp_wrap(error, "%s: pcrs", path);
    if (strcmp(config->vault_pcr_policy, "signed") != 0 && strcmp(config->vault_pcr_policy, "none") != 0)
        return pp_fail(error, PP_E_INVALID, "%s: pcr-policy: must be signed or none", path);
    return true;
}

struct vault_kek_config agent_config_vault(const struct agent_config *config) {
    struct vault_kek_config vault = {
        .tcti = config->vault_tcti,
        .policy_key = config->vault_policy_key,
        .policy_signatures = config->vault_policy_signatures,
        .without_policy = strcmp(config->vault_pcr_policy, "none") == 0,
    };
    /* Both were checked when it was loaded; what is wrong all the same is no other than the default. */
    if (!vault_kek_by_name(config->vault_provider, &vault.provider, NULL) ||
        !pcrsig_parse_list(config->vault_pcrs, &vault.pcrs, NULL))
        vault.pcrs = 0;
    return vault;
}

/* Of what the file has; the vault may have the rest. */
static bool proxy_complete(const struct agent_config *config, struct pp_error *error) {
    struct net_proxy_settings settings = {.auth = *config->proxy_principal ? NET_PROXY_NEGOTIATE
                                                                           : NET_PROXY_PASSWORD};
    memcpy(settings.address, config->proxy, sizeof settings.address);
    memcpy(settings.user, config->proxy_user, sizeof settings.user);
    memcpy(settings.except, config->no_proxy, sizeof settings.except);
    if (*config->proxy_password && !*config->proxy_user && !*config->proxy_principal)
        return pp_fail(error, PP_E_INVALID, "proxy-password: without proxy-user or proxy-principal");
    if (*config->proxy_user && *config->proxy_principal)
        return pp_fail(error, PP_E_INVALID, "proxy-user and proxy-principal: one of them");
    if ((*config->proxy_keytab || *config->proxy_kdc) && !*config->proxy_principal)
        return pp_fail(error, PP_E_INVALID, "proxy-keytab and proxy-kdc: without proxy-principal");
    if (*config->proxy_ca && !net_proxy_is_secure(&settings))
        return pp_fail(error, PP_E_INVALID, "proxy-ca: without a proxy by https://");
    return net_proxy_check(&settings, error) &&
           (!*config->proxy_principal || net_ticket_check(config->proxy_principal, config->proxy_kdc, error));
}

static bool config_complete(const char *path, const struct agent_config *config, struct pp_error *error) {
    const struct {
        const char *name;
        const char *value;
    } required[] = {{"url", config->url}, {"ca", config->ca}, {"root", config->root}};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!*required[i].value)
            return pp_fail(error, PP_E_INVALID, "%s: section [headend] needs \"%s\"", path, required[i].name);
    }
    const char *host = config->url + strlen("https://");
    if (strpbrk(host, "/?#@"))
        return pp_fail(error, PP_E_INVALID,
                       "%s: url: must be https://HOST or https://HOST:PORT, without a path", path);
    if (!proxy_complete(config, error))
        return pp_wrap(error, "%s", path);
    if (strchr(config->est_user, ':'))
        return pp_fail(error, PP_E_INVALID, "%s: est-user: a name has no colon", path);
    if (*config->est_password && !*config->est_user)
        return pp_fail(error, PP_E_INVALID, "%s: est-password: without est-user", path);
    if (*config->language && strcmp(config->language, "en") != 0 && strcmp(config->language, "fr") != 0)
        return pp_fail(error, PP_E_INVALID, "%s: language: must be en or fr", path);
    if (config->rotation % 90)
        return pp_fail(error, PP_E_INVALID, "%s: rotation: must be 0, 90, 180 or 270", path);
    return vault_complete(path, config, error);
}

bool agent_config_load(const char *path, struct agent_config *config, struct pp_error *error) {
    *config = (struct agent_config){
        .provider_ca = "/etc/ssl/certs/ca-certificates.crt",
        .state = "/var/lib/pingplay",
        .player_socket = "/run/pingplay/player.sock",
        .control_socket = AGENT_CONTROL_SOCKET,
        .control_group = AGENT_CONTROL_GROUP,
        .board_socket = BOARD_SOCKET,
        .network_socket = NETWORK_SOCKET,
        .renderers = PP_RENDERERS_DIR,
        .vault_provider = "auto",
        .vault_tcti = TPM_TCTI_DEFAULT,
        .vault_policy_key = VAULT_POLICY_KEY_DEFAULT,
        .vault_policy_signatures = VAULT_POLICY_SIGNATURES_DEFAULT,
        .vault_pcrs = "11",
        .vault_pcr_policy = "signed",
        .reset_seconds = 10,
        .phone_after = 60,
        .store_reserve_mib = 64,
        .renewal_spread = 3600,
    };
    const struct pp_config_field fields[] = {
        {"headend", "url", PP_CONFIG_URL, config->url, 0, 0},
        {"headend", "ca", PP_CONFIG_PATH, config->ca, 0, 0},
        {"headend", "root", PP_CONFIG_PATH, config->root, 0, 0},
        {"headend", "proxy", PP_CONFIG_TEXT, config->proxy, 0, 0},
        {"headend", "proxy-ca", PP_CONFIG_PATH, config->proxy_ca, 0, 0},
        {"headend", "proxy-user", PP_CONFIG_TEXT, config->proxy_user, 0, 0},
        {"headend", "proxy-password", PP_CONFIG_TEXT, config->proxy_password, 0, 0},
        {"headend", "proxy-principal", PP_CONFIG_TEXT, config->proxy_principal, 0, 0},
        {"headend", "proxy-keytab", PP_CONFIG_PATH, config->proxy_keytab, 0, 0},
        {"headend", "proxy-kdc", PP_CONFIG_TEXT, config->proxy_kdc, 0, 0},
        {"headend", "no-proxy", PP_CONFIG_TEXT, config->no_proxy, 0, 0},
        {"headend", "est-user", PP_CONFIG_TEXT, config->est_user, 0, 0},
        {"headend", "est-password", PP_CONFIG_TEXT, config->est_password, 0, 0},
        {"headend", "renewal-spread", PP_CONFIG_UNSIGNED, &config->renewal_spread, 0, 86400},
        {"access", "provider-ca", PP_CONFIG_PATH, config->provider_ca, 0, 0},
        {"paths", "state", PP_CONFIG_PATH, config->state, 0, 0},
        {"paths", "player-socket", PP_CONFIG_PATH, config->player_socket, 0, 0},
        {"paths", "board-socket", PP_CONFIG_PATH, config->board_socket, 0, 0},
        {"paths", "network-socket", PP_CONFIG_PATH, config->network_socket, 0, 0},
        {"paths", "renderers", PP_CONFIG_PATH, config->renderers, 0, 0},
        {"local", "socket", PP_CONFIG_PATH, config->control_socket, 0, 0},
        {"local", "group", PP_CONFIG_TEXT, config->control_group, 0, 0},
        {"display", "language", PP_CONFIG_TEXT, config->language, 0, 0},
        {"display", "rotation", PP_CONFIG_UNSIGNED, &config->rotation, 0, 270},
        {"vault", "provider", PP_CONFIG_TEXT, config->vault_provider, 0, 0},
        {"vault", "tcti", PP_CONFIG_TEXT, config->vault_tcti, 0, 0},
        {"vault", "policy-key", PP_CONFIG_PATH, config->vault_policy_key, 0, 0},
        {"vault", "policy-signatures", PP_CONFIG_PATH, config->vault_policy_signatures, 0, 0},
        {"vault", "pcrs", PP_CONFIG_TEXT, config->vault_pcrs, 0, 0},
        {"vault", "pcr-policy", PP_CONFIG_TEXT, config->vault_pcr_policy, 0, 0},
        {"network", "phone-after", PP_CONFIG_UNSIGNED, &config->phone_after, 0, 86400},
        {"reset", "key", PP_CONFIG_TEXT, config->reset_key, 0, 0},
        {"reset", "seconds", PP_CONFIG_UNSIGNED, &config->reset_seconds, 1, 60},
        {"store", "max-mib", PP_CONFIG_UNSIGNED, &config->store_max_mib, 0, MIB_MAX},
        {"store", "reserve-mib", PP_CONFIG_UNSIGNED, &config->store_reserve_mib, 0, MIB_MAX},
        {NULL, NULL, 0, NULL, 0, 0},
    };
    if (snprintf(config->file, sizeof config->file, "%s", path) >= (int)sizeof config->file)
        return pp_fail(error, PP_E_LIMIT, "%s: too long a path", path);
    return pp_config_load(path, fields, error) && config_complete(path, config, error);
}

bool agent_config_read_secrets(struct agent_config *config, struct pp_error *error) {
    struct agent_config now;
    bool ok = agent_config_load(config->file, &now, error);
    if (ok) {
        memcpy(config->proxy_user, now.proxy_user, sizeof now.proxy_user);
        memcpy(config->proxy_password, now.proxy_password, sizeof now.proxy_password);
        memcpy(config->est_user, now.est_user, sizeof now.est_user);
        memcpy(config->est_password, now.est_password, sizeof now.est_password);
    }
    pp_wipe(&now, sizeof now);
    return ok;
}
