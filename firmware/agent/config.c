#include "agent/config.h"

#include <string.h>

#include "command/board.h"
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
    if (strchr(config->proxy, '@'))
        return pp_fail(error, PP_E_INVALID,
                       "%s: proxy: name and password belong into proxy-user and proxy-password", path);
    if (strchr(config->proxy_user, ':'))
        return pp_fail(error, PP_E_INVALID, "%s: proxy-user: a name has no colon", path);
    if (*config->proxy_password && !*config->proxy_user)
        return pp_fail(error, PP_E_INVALID, "%s: proxy-password: without proxy-user", path);
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
        .renderers = PP_RENDERERS_DIR,
        .vault_provider = "auto",
        .vault_tcti = TPM_TCTI_DEFAULT,
        .vault_policy_key = VAULT_POLICY_KEY_DEFAULT,
        .vault_policy_signatures = VAULT_POLICY_SIGNATURES_DEFAULT,
        .vault_pcrs = "11",
        .vault_pcr_policy = "signed",
        .reset_seconds = 10,
        .store_reserve_mib = 64,
    };
    const struct pp_config_field fields[] = {
        {"headend", "url", PP_CONFIG_URL, config->url, 0, 0},
        {"headend", "ca", PP_CONFIG_PATH, config->ca, 0, 0},
        {"headend", "root", PP_CONFIG_PATH, config->root, 0, 0},
        {"headend", "proxy", PP_CONFIG_TEXT, config->proxy, 0, 0},
        {"headend", "proxy-user", PP_CONFIG_TEXT, config->proxy_user, 0, 0},
        {"headend", "proxy-password", PP_CONFIG_TEXT, config->proxy_password, 0, 0},
        {"access", "provider-ca", PP_CONFIG_PATH, config->provider_ca, 0, 0},
        {"paths", "state", PP_CONFIG_PATH, config->state, 0, 0},
        {"paths", "player-socket", PP_CONFIG_PATH, config->player_socket, 0, 0},
        {"paths", "board-socket", PP_CONFIG_PATH, config->board_socket, 0, 0},
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
        {"reset", "key", PP_CONFIG_TEXT, config->reset_key, 0, 0},
        {"reset", "seconds", PP_CONFIG_UNSIGNED, &config->reset_seconds, 1, 60},
        {"store", "max-mib", PP_CONFIG_UNSIGNED, &config->store_max_mib, 0, MIB_MAX},
        {"store", "reserve-mib", PP_CONFIG_UNSIGNED, &config->store_reserve_mib, 0, MIB_MAX},
        {NULL, NULL, 0, NULL, 0, 0},
    };
    return pp_config_load(path, fields, error) && config_complete(path, config, error);
}
