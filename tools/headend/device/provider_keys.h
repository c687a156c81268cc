/*
 * The keys of OpenID Connect providers, found by their issuer's address (OpenID Connect Discovery 1.0): fetched on a
 * thread of their own when a token needs them, kept, and fetched anew where a token names one that is not among
 * them, as providers change theirs. Nobody waits for it: a token that comes first is told to come again.
 */
#ifndef HEADEND_DEVICE_PROVIDER_KEYS_H
#define HEADEND_DEVICE_PROVIDER_KEYS_H

#include "jose/id_token.h"

#define PROVIDERS_MAX         8 /* issuers that are remembered; of more, the one that was fetched first goes */
#define PROVIDER_AGAIN_MS     5000   /* at least, between two fetches of one issuer's keys */
#define PROVIDER_KEEP_MS      600000 /* after which they are fetched anew when they are used */
#define PROVIDER_FETCH_MAX_MS 10000

struct provider_keys;

/* `ca_file`: PEM, the authorities of the providers' servers. Read when something is fetched. */
struct provider_keys *provider_keys_create(const char *ca_file, struct pp_error *error);
void provider_keys_destroy(struct provider_keys *providers);

/* As id_token_read, by the keys of demands->issuer. *pending: they are being fetched, it is to be asked again soon. */
PP_MUST_USE bool provider_keys_verify(struct provider_keys *providers, const char *token, size_t size,
                                      const struct id_token_demands *demands, struct id_token *out,
                                      bool *pending, struct pp_error *error);

#endif
