/* The agent's configuration file, agent.conf(5). */
#ifndef PP_AGENT_CONFIG_H
#define PP_AGENT_CONFIG_H

#include <stdint.h>

#include "base/config.h"
#include "base/error.h"
#include "vault/kek.h"

#define AGENT_CONFIG_FILE    "/etc/pingplay/agent.conf"
#define AGENT_CONTROL_SOCKET "/run/pingplay-agent/control.sock"
#define AGENT_CONTROL_GROUP  "pingplay-admin"

struct agent_config {
    char file[PP_CONFIG_VALUE_MAX]; /* that it was read from */
    char url[PP_CONFIG_VALUE_MAX];  /* [headend] url: https://HOST[:PORT], no path */
    char ca[PP_CONFIG_VALUE_MAX];   /* [headend] ca: PEM file of the only authorities trusted */
    char root[PP_CONFIG_VALUE_MAX]; /* [headend] root: the first TUF root.json */
    /* [headend] proxy…, see agent/proxy_record.h; what of it is secret is wiped once the vault has it */
    char proxy[PP_CONFIG_VALUE_MAX];           /* http://HOST:PORT, https://HOST:PORT, or empty */
    char proxy_ca[PP_CONFIG_VALUE_MAX];        /* proxy-ca: PEM file of the authorities of one by https */
    char proxy_user[PP_CONFIG_VALUE_MAX];      /* proxy-user */
    char proxy_password[PP_CONFIG_VALUE_MAX];  /* proxy-password: of the user, or of the principal */
    char proxy_principal[PP_CONFIG_VALUE_MAX]; /* proxy-principal: NAME@REALM, for Kerberos */
    char proxy_keytab[PP_CONFIG_VALUE_MAX];    /* proxy-keytab: its file */
    char proxy_kdc[PP_CONFIG_VALUE_MAX];       /* proxy-kdc: HOST[:PORT] */
    char no_proxy[PP_CONFIG_VALUE_MAX];        /* no-proxy: what is reached without it */
    char est_user[PP_CONFIG_VALUE_MAX]; /* [headend] est-user, est-password: see agent/est_credentials.h */
    char est_password[PP_CONFIG_VALUE_MAX];
    char state[PP_CONFIG_VALUE_MAX];          /* [paths] state: folder */
    char provider_ca[PP_CONFIG_VALUE_MAX];    /* [access] provider-ca: PEM, of OpenID Connect providers */
    char player_socket[PP_CONFIG_VALUE_MAX];  /* [paths] player-socket */
    char control_socket[PP_CONFIG_VALUE_MAX]; /* [local] socket: where pingplayctl(8) asks */
    char control_group[PP_CONFIG_VALUE_MAX];  /* [local] group: whose members may */
    char board_socket[PP_CONFIG_VALUE_MAX];   /* [paths] board-socket: of pingplay-board(8) */
    char network_socket[PP_CONFIG_VALUE_MAX]; /* [paths] network-socket: of pingplay-network(8) */
    char renderers[PP_CONFIG_VALUE_MAX];      /* [paths] renderers: folder of the renderer programs */
    char language
        [PP_CONFIG_VALUE_MAX]; /* [display] language: en, fr or "" (both), until the headend names one */
    uint64_t
        renewal_spread; /* [headend] renewal-spread: s, over which renewals for another authority spread */
    uint64_t rotation;  /* [display] rotation: 0, 90, 180 or 270, until the headend names one */
    char vault_provider[PP_CONFIG_VALUE_MAX];   /* [vault] provider: auto, file, tpm2 */
    char vault_tcti[PP_CONFIG_VALUE_MAX];       /* [vault] tcti: how the TPM is reached */
    char vault_policy_key[PP_CONFIG_VALUE_MAX]; /* [vault] policy-key: PEM file of who signs PCR policies */
    char vault_policy_signatures[PP_CONFIG_VALUE_MAX]; /* [vault] policy-signatures: .pcrsig file */
    char vault_pcrs[PP_CONFIG_VALUE_MAX];       /* [vault] pcrs: that must be in a signed policy, "11" */
    char vault_pcr_policy[PP_CONFIG_VALUE_MAX]; /* [vault] pcr-policy: signed, none */
    uint64_t
        phone_after; /* [network] phone-after: s without a network, not enrolled, until pingplay-network(8)
                             opens its access point; 0: never */
    char reset_key[PP_CONFIG_VALUE_MAX]; /* [reset] key: held at the machine's start it erases all; "" none */
    uint64_t reset_seconds;              /* [reset] seconds: for so long */
    uint64_t store_max_mib;     /* [store] max-mib: cap of the object store; 0: the flash's own size */
    uint64_t store_reserve_mib; /* [store] reserve-mib: left free on the flash */
};

/* Fills in the defaults, then reads the file; every required setting must be there. Errors name FILE:LINE. */
PP_MUST_USE bool agent_config_load(const char *path, struct agent_config *config, struct pp_error *error);

/* What of it is secret is read again, where it was wiped: an agent that becomes nobody's asks its way anew. With the
 * same file's other settings, which count at the next start alone. */
PP_MUST_USE bool agent_config_read_secrets(struct agent_config *config, struct pp_error *error);

/* Section [vault], borrowing from `config`, which is one that was loaded. */
struct vault_kek_config agent_config_vault(const struct agent_config *config);

#endif
