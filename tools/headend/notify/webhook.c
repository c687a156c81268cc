#include "headend/notify/webhook.h"

#include <string.h>

#include "crypto/hmac.h"

#define SCHEME "https://"

bool webhook_url_check(const char *url, struct pp_error *error) {
    const char *host = url + sizeof SCHEME - 1;
    size_t size = strlen(url);
    if (size > WEBHOOK_URL_MAX)
        return pp_fail(error, PP_E_LIMIT, "webhook: at most %d bytes", WEBHOOK_URL_MAX);
    if (strncmp(url, SCHEME, sizeof SCHEME - 1) != 0 || !*host || strchr("/?#:@", *host))
        return pp_fail(error, PP_E_INVALID,
                       "webhook: must be an address like https://hooks.example.org/pingplay");
    for (const char *at = url; *at; at++) {
        if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}#", *at))
            return pp_fail(error, PP_E_INVALID, "webhook: has what stands in no address");
    }
    if (memchr(host, '@', strcspn(host, "/?")))
        return pp_fail(error, PP_E_INVALID, "webhook: no name or password in its address");
    return true;
}

void webhook_secret_text(const uint8_t secret[WEBHOOK_SECRET_SIZE], char text[WEBHOOK_SECRET_TEXT_SIZE]) {
    size_t before = (size_t)snprintf(text, WEBHOOK_SECRET_TEXT_SIZE, "whsec_");
    pp_base64_encode(secret, WEBHOOK_SECRET_SIZE, text + before);
}

bool webhook_sign(const struct webhook_message *message, const void *secret, size_t secret_size,
                  char signature[WEBHOOK_SIGNATURE_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(WEBHOOK_BODY_MAX + 256);
    uint8_t mac[BULK_SHA256_SIZE];
    if (!pp_buf_addf(&text, error, "%s.%lld.", message->id, (long long)message->time) ||
        !pp_buf_add_text(&text, message->body, error) ||
        !crypto_hmac_sha256(secret, secret_size, text.data, text.size, mac, error))
        return false;
    size_t before = (size_t)snprintf(signature, WEBHOOK_SIGNATURE_SIZE, "v1,");
    pp_base64_encode(mac, sizeof mac, signature + before);
    return true;
}
