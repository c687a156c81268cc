/*
 * Who this screen is: the device key, made at first start and never leaving the vault's care, and the
 * certificate the headend issued for it.
 *
 * Vault records: "device-key" (DER), "certificate" (PEM chain, the device's own first), and for a moment
 * "next-device-key", the key of a renewal.
 */
#ifndef PP_IDENTITY_IDENTITY_H
#define PP_IDENTITY_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/authorities.h"
#include "net/client.h"
#include "vault/vault.h"

#define IDENTITY_CHAIN_MAX       8           /* certificates of an EST answer */
#define IDENTITY_CHAIN_DER_MAX   (32 * 1024) /* bytes of an EST answer */
#define IDENTITY_DEVICE_ID_MAX   65          /* bytes with the NUL, of the subject's CN */
#define IDENTITY_JITTER_PART     12          /* of a certificate's life: over so much renewals spread */
#define IDENTITY_WORDS_SIZE      20          /* "3f2a 91bc 0d4e 77a1" and the NUL */
#define IDENTITY_THUMBPRINT_SIZE 44          /* 43 characters and the NUL */

struct identity;
struct csrattrs; /* csrattrs.h: what the server wants in a request; NULL: nothing in particular */

/* The vault is borrowed. A stored certificate that cannot be read or is for another key is logged and counts
 * as none; a key of which no generation authenticates is logged and made anew. Errors: the vault's. */
struct identity *identity_load_or_create(struct vault *vault, struct pp_error *error);
void identity_destroy(struct identity *identity); /* wipes the key; NULL is allowed */
PP_DEFINE_AUTO(identity, struct identity, identity_destroy)

const char *identity_thumbprint(const struct identity *identity); /* RFC 7638, base64url, 43 characters */
const char *
identity_fingerprint_words(const struct identity *identity); /* its first 8 bytes, in hex groups */

/* PKCS#10 (RFC 2986), DER, ECDSA over SHA-256. The subject is the certificate's own CN where there is one (as
 * RFC 7030 §4.2.2 wants it for a renewal), else CN = the thumbprint. In three steps, since nobody should wait for the
 * key: it is written on any thread. */
struct identity_request;
/* `renewal`: for a new key, that of the certificate which is to follow the present one; the subject stays. The present
 * key and certificate are in use until identity_accept_renewal has brought those two to flash: a renewal that comes to
 * nothing, or a power cut at any instant, leaves a pair that fits. Only where identity_has_certificate. PP_E_IO: the
 * key of the renewal before could not be brought to its place yet. */
struct identity_request *identity_request_create(struct identity *identity, bool renewal,
                                                 struct pp_error *error);
/* From any thread; of the identity it needs the vault alone. */
PP_MUST_USE bool identity_request_write(struct identity_request *request, const struct csrattrs *attributes,
                                        struct pp_buf *der, struct pp_error *error);
/* It was written: the key that it has made, if any, is the renewal's. */
void identity_request_take(struct identity *identity, struct identity_request *request);
void identity_request_destroy(struct identity_request *request); /* NULL is allowed */
PP_DEFINE_AUTO(identity_request, struct identity_request, identity_request_destroy)

/* The renewal is not refused and not granted yet, perhaps for days: its key is kept, so that it is asked for with the
 * same one after a restart, too. That it cannot be kept is a warning in the log. */
void identity_keep_renewal(struct identity *identity);

/* Takes an EST answer: a DER PKCS#7 "certs-only" message. Checked before anything is changed: exactly one
 * certificate is for our key; it chains, through the others, to one of the `authorities`; every certificate
 * of the chain is valid at `now_s`; digitalSignature where there is keyUsage; clientAuth in
 * extended key usage; not a CA; one CN of at most 64 printable characters. Then it is stored, and in use once it
 * is: identity_when_kept. Errors: PP_E_INVALID (malformed), PP_E_AUTH, PP_E_EXPIRED, PP_E_LIMIT, the vault's. */
PP_MUST_USE bool identity_accept_certificate(struct identity *identity, const uint8_t *pkcs7, size_t size,
                                             struct net_authorities *authorities, int64_t now_s,
                                             struct pp_error *error);
/* The same of a renewal, which is for the key of its request: the certificate must name the device that the
 * present one names (RFC 7030 §4.2.2), else PP_E_AUTH. Only a person makes another device of a screen. */
PP_MUST_USE bool identity_accept_renewal(struct identity *identity, const uint8_t *pkcs7, size_t size,
                                         struct net_authorities *authorities, int64_t now_s,
                                         struct pp_error *error);
/* Calls back, once, when the certificate that was accepted is on flash and in use (`error` NULL), or could not be
 * kept and is forgotten: from within where it is so already. The newest call counts; NULL: nobody wants to know
 * any more. */
typedef void identity_kept(void *arg, const struct pp_error *error);
void identity_when_kept(struct identity *identity, identity_kept *kept, void *arg);

bool identity_has_certificate(const struct identity *identity);
/* The five below: only where identity_has_certificate. */
const char *
identity_certificate_pem(const struct identity *identity);       /* chain without the root; NULL if none */
const char *identity_device_id(const struct identity *identity); /* the CN; "" if none */
int64_t identity_not_before(const struct identity *identity);    /* s since 1970 */
int64_t identity_not_after(const struct identity *identity);     /* s since 1970 */
/* From when on a new one is to be asked for: 2/3 of its life and up to an IDENTITY_JITTER_PART more, so that screens
 * that were installed on one day do not all ask on one day. s since 1970. */
int64_t identity_renew_at(const struct identity *identity);

/* The device key, borrowed: for net_client_set_identity. */
struct crypto_key *identity_key(const struct identity *identity);

/* The device key for another program of this machine, in PEM, appended: SEC 1; of a TPM the object that only it can
 * load (tpm/key_pem.h). The owner of the buffer wipes it. */
bool identity_write_key(const struct identity *identity, struct pp_buf *pem, struct pp_error *error);

/* Appends a JWS by the device key (jose/jws.h): "kid" is the thumbprint, `typ` the kind of document. From any
 * thread. */
PP_MUST_USE bool identity_sign(const struct identity *identity, const char *typ, const void *payload,
                               size_t size, struct pp_buf *token, struct pp_error *error);

/* The same as the body of a request: signed where that is made. `typ` is static; the identity outlives the client. */
struct net_draft *identity_sign_later(const struct identity *identity, const char *typ, const void *payload,
                                      size_t size, struct pp_error *error);

/* The device key's point. From any thread. */
void identity_point(const struct identity *identity, uint8_t point[65]);
/* ECDSA over SHA-256 by the device key, r and s side by side. From any thread. A renewal changes
 * the key: a signature may be by a later one than a point that was asked for before. */
PP_MUST_USE bool identity_sign_raw(const struct identity *identity, const void *data, size_t size,
                                   uint8_t signature[64], struct pp_error *error);

/* Whether the PEM file has nothing but certificates of authorities, as est.h and net/client.h need it. */
PP_MUST_USE bool identity_check_ca_file(const char *ca_file, struct pp_error *error);

#endif
