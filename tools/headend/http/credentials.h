/* What the server shows to whoever connects: its names, its certificate and the key of it, as they were on disk at one
 * moment. Never changed: what is new is loaded beside it, and a connection keeps what it began with. */
#ifndef HEADEND_HTTP_CREDENTIALS_H
#define HEADEND_HTTP_CREDENTIALS_H

#include <gnutls/abstract.h>

#include "headend/base/home.h"

#define CREDENTIALS_CHAIN_MAX 8 /* certificates: the server's own and those between it and a root */

struct credentials;

/* NULL where a file is missing or unreadable, or the key is not the certificate's. Held once. `hosts` is copied. */
struct credentials *credentials_load(const struct home *home, const struct host_list *hosts,
                                     struct pp_error *error);

/* One more holder, and one less; from any thread. The last one frees it. */
struct credentials *credentials_hold(struct credentials *credentials);
void credentials_release(struct credentials *credentials);
PP_DEFINE_AUTO(credentials, struct credentials, credentials_release)

/* Borrowed. */
const struct host_list *credentials_hosts(const struct credentials *credentials);

/* For gnutls_certificate_retrieve_function2; borrowed until the session ends. */
void credentials_show(struct credentials *credentials, gnutls_pcert_st **chain, unsigned *count,
                      gnutls_privkey_t *key);

#endif
