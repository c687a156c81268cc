#include "jose/discovery.h"

#include <string.h>

#include "base/json.h"

/* https, a host, no user; visible ASCII and nothing that an address does not have. */
static bool is_address(const char *text, const char *refused) {
    if (strncmp(text, "https://", 8) != 0 || !text[8] || text[8] == '/' || text[8] == ':')
        return false;
    size_t host = strcspn(text + 8, "/?#");
    if (memchr(text + 8, '@', host))
        return false;
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c >= 127 || strchr("\"<>\\^`{|}", *c) || strchr(refused, *c))
            return false;
    }
    return true;
}

bool discovery_issuer_check(const char *issuer, struct pp_error *error) {
    if (strlen(issuer) > DISCOVERY_ISSUER_MAX)
        return pp_fail(error, PP_E_LIMIT, "issuer: longer than %d bytes", DISCOVERY_ISSUER_MAX);
    return is_address(issuer, "?#") ||
           pp_fail(error, PP_E_INVALID, "issuer: must be an https address, without a query");
}

void discovery_address(const char *issuer, char address[DISCOVERY_ADDRESS_SIZE]) {
    size_t size = strlen(issuer);
    bool slash = size && issuer[size - 1] == '/'; /* §4.1: it is not doubled */
    snprintf(address, DISCOVERY_ADDRESS_SIZE, "%.*s/.well-known/openid-configuration", (int)(size - slash),
             issuer);
}

static bool read_endpoint(const cJSON *document, const char *name, char out[DISCOVERY_URL_MAX + 1],
                          struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(document, name, DISCOVERY_URL_MAX, &text, error))
        return false;
    if (!is_address(text, "#"))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not an https address", name);
    strcpy(out, text);
    return true;
}

static bool read_document(const cJSON *document, const char *issuer, struct discovery *out,
                          struct pp_error *error) {
    const char *said = NULL;
    if (!pp_json_string(document, "issuer", DISCOVERY_ISSUER_MAX, &said, error))
        return false;
    if (strcmp(said, issuer) != 0)
        return pp_fail(error, PP_E_AUTH, "it is of another issuer");
    if (!pp_json_has(document, "device_authorization_endpoint"))
        return pp_fail(error, PP_E_UNSUPPORTED, "the provider has no device authorization (RFC 8628)");
    return read_endpoint(document, "jwks_uri", out->keys, error) &&
           read_endpoint(document, "token_endpoint", out->token, error) &&
           read_endpoint(document, "device_authorization_endpoint", out->device, error) &&
           (!pp_json_has(document, "revocation_endpoint") ||
            read_endpoint(document, "revocation_endpoint", out->revoke, error));
}

bool discovery_parse(const void *json, size_t size, const char *issuer, struct discovery *out,
                     struct pp_error *error) {
    struct discovery read = {0};
    pp_autojson cJSON *document = pp_json_parse(json, size, DISCOVERY_DOCUMENT_MAX, error);
    bool ok = document && (cJSON_IsObject(document) ? read_document(document, issuer, &read, error)
                                                    : pp_fail(error, PP_E_INVALID, "not a JSON object"));
    if (ok)
        *out = read;
    return ok || pp_wrap(error, "provider's configuration");
}
