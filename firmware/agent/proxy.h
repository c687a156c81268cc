/*
 * The proxy that both of the agent's clients go through, with what it wants to know them by. Name and password come
 * from the configuration once and are kept in the vault (record "proxy-credentials"): the file need not hold them
 * from then on.
 */
#ifndef PP_AGENT_PROXY_H
#define PP_AGENT_PROXY_H

#include "agent/config.h"
#include "base/error.h"
#include "vault/vault.h"

#define PROXY_CREDENTIALS_RECORD "proxy-credentials"
#define PROXY_CREDENTIALS_MAX    (2 * PP_CONFIG_VALUE_MAX) /* bytes of NAME:PASSWORD, with the NUL */
/* Bytes of http://NAME:PASSWORD@HOST:PORT with the NUL, of which each of the former may take three. */
#define PROXY_ADDRESS_MAX (3 * PROXY_CREDENTIALS_MAX + PP_CONFIG_VALUE_MAX)

/* For net_client_config.proxy: "" where none is configured. The caller wipes it. Credentials of the configuration that
 * the vault does not have yet are on their way there when this returns; that they cannot be kept is a warning in the
 * log. Without a proxy what the vault has is removed. Fails where it has some that cannot be read as things are. */
bool proxy_address(const struct agent_config *config, struct vault *vault, char address[PROXY_ADDRESS_MAX],
                   struct pp_error *error);

#endif
