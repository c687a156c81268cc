/*
 * By which an EST server that asks for them (HTTP Basic, RFC 7030 §3.2.3) knows this screen at its first certificate.
 * They come from the configuration once and are kept in the vault (record "est-credentials") until there is a
 * certificate, which speaks for the screen from then on; then they are forgotten.
 */
#ifndef PP_AGENT_EST_CREDENTIALS_H
#define PP_AGENT_EST_CREDENTIALS_H

#include "agent/config.h"
#include "base/error.h"
#include "base/secret.h"
#include "vault/vault.h"

#define EST_CREDENTIALS_RECORD "est-credentials"
#define EST_CREDENTIALS_MAX    (2 * PP_CONFIG_VALUE_MAX) /* bytes of NAME:PASSWORD, with the NUL */

/* For est_config.credentials, for the caller to destroy; NULL: there are none. Those of the configuration are on their
 * way to the vault when this returns, and wiped in it; that they cannot be kept is a warning in the log. Fails where
 * the vault has some that cannot be read as things are. */
PP_MUST_USE bool est_credentials_take(struct agent_config *config, struct vault *vault,
                                      struct pp_secret_text **credentials, struct pp_error *error);
/* There is a certificate: whatever the vault, the configuration and `credentials` have is gone, and NULL. */
void est_credentials_forget(struct agent_config *config, struct vault *vault,
                            struct pp_secret_text **credentials);

#endif
