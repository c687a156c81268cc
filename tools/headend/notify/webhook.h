/*
 * What a webhook is and how it is signed: the Standard Webhooks specification
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 *   POST https://hooks.example.org/pingplay
 *   webhook-id: msg_2b8f…           the same with each attempt, so that who gets it twice can tell
 *   webhook-timestamp: 1796040000   of this attempt, s since 1970
 *   webhook-signature: v1,BASE64    HMAC-SHA-256 of "ID.TIMESTAMP.BODY" under the secret
 *
 * A secret is shown to people as "whsec_" and its bytes in base64.
 */
#ifndef HEADEND_NOTIFY_WEBHOOK_H
#define HEADEND_NOTIFY_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/encode.h"

#define WEBHOOK_SECRET_SIZE      32 /* bytes, of those that are made here */
#define WEBHOOK_SECRET_TEXT_SIZE (sizeof "whsec_" - 1 + PP_BASE64_SIZE(WEBHOOK_SECRET_SIZE))
#define WEBHOOK_SIGNATURE_SIZE   (sizeof "v1," - 1 + PP_BASE64_SIZE(32))
#define WEBHOOK_URL_MAX          512         /* bytes */
#define WEBHOOK_BODY_MAX         (64 * 1024) /* bytes */

/* https, a host, no name or password in it, visible ASCII. */
PP_MUST_USE bool webhook_url_check(const char *url, struct pp_error *error);
void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET_SIZE], char text[WEBHOOK_SECRET_TEXT_SIZE]);

struct webhook_message {
    const char *id;
    int64_t time; /* s since 1970 */
    const char *body;
};
PP_MUST_USE bool webhook_sign(const struct webhook_message *message, const void *secret, size_t secret_size,
                              char signature[WEBHOOK_SIGNATURE_SIZE], struct pp_error *error);

#endif
