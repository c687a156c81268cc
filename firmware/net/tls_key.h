/*
 * Internal: the client's certificate and key in a handshake. The key stays with who keeps it (crypto/key.h): OpenSSL
 * gets one whose method asks for each signature there. libcurl wants a private key beside a certificate and takes it
 * by PEM: it gets the certificate, by which it tells connections apart, and a document with the right point and the
 * number one, in whose place the real key comes before anything is signed.
 */
#ifndef PP_NET_TLS_KEY_H
#define PP_NET_TLS_KEY_H

#include <openssl/ssl.h>

#include "crypto/key.h"

/* An EC key of OpenSSL's that signs by `key`, which it holds; NULL on failure. */
EVP_PKEY *net_tls_key_create(struct crypto_key *key, struct pp_error *error);
/* The document for libcurl, PEM, for the caller to free; NULL on failure. */
char *net_tls_key_document(const struct crypto_key *key, struct pp_error *error);
/* Has the handshakes of that context sign by it: with SHA-256 and nothing else, which is all that a TPM's key does. */
bool net_tls_key_use(SSL_CTX *context, EVP_PKEY *key);

#endif
