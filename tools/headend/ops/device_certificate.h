/*
 * Which certificates a screen may show. A new one, after a renewal or a new approval, takes effect when it is first
 * used: the answer that carried it may have been lost, so until then those before it are good as well. With that use
 * they die, and never come to life again. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_DEVICE_CERTIFICATE_H
#define HEADEND_OPS_DEVICE_CERTIFICATE_H

#include "headend/ops/device.h"
#include "headend/public/certificate.h"

/* One that was just issued to the screen, with any key. */
PP_MUST_USE bool device_certificate_add(struct db *db, const char *id, const struct certificate_facts *facts,
                                        struct pp_error *error);
/* Whether the screen may show this one, of which the TLS library has verified signature and validity; notes its first
 * use. PP_E_AUTH where it may not (any more). */
PP_MUST_USE bool device_certificate_use(struct db *db, const struct device *device,
                                        const struct certificate_facts *facts, struct pp_error *error);
/* The same of its key, which was proven in another way: whether a certificate that the screen may show is for it, and
 * valid at `now` (s since 1970). */
PP_MUST_USE bool device_key_use(struct db *db, const struct device *device, const uint8_t thumbprint[32],
                                int64_t now, struct pp_error *error);
/* None that was issued before is good any more. */
PP_MUST_USE bool device_certificates_revoke(struct db *db, const char *id, struct pp_error *error);
/* Whether the key is, or is about to be, one of a screen other than this. */
PP_MUST_USE bool device_key_taken(struct db *db, const char *id, const uint8_t thumbprint[32], bool *taken,
                                  struct pp_error *error);
/* Forgets what has expired. */
PP_MUST_USE bool device_certificates_purge(struct db *db, int64_t now, struct pp_error *error);

#endif
