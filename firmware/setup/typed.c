#include "setup/typed.h"

#include <string.h>

#include "base/encode.h"
#include "page/form.h"

const struct scan_network *typed_find(const struct setup_opening *opening, const char *digits) {
    uint8_t ssid[NETWORK_SSID_MAX];
    size_t size = strlen(digits) / 2;
    if (size < 1 || size > sizeof ssid || strlen(digits) % 2 || !pp_hex_decode(digits, ssid, size, NULL))
        return NULL;
    for (size_t i = 0; i < opening->scan.count; i++) {
        const struct scan_network *network = &opening->scan.networks[i];
        if (network->ssid_size == size && memcmp(network->ssid, ssid, size) == 0)
            return network;
    }
    return NULL;
}

/* In a time that does not tell how much of it is right. */
static bool is_token(const char *given, const char *token) {
    unsigned differs = strlen(given) != strlen(token);
    for (size_t i = 0; token[i] && !differs; i++)
        differs |= (unsigned char)(given[i] ^ token[i]);
    return !differs;
}

/* One of the list. */
static bool read_listed(const struct form *form, const struct setup_opening *opening,
                        struct network_wifi *wifi) {
    const struct scan_network *network = typed_find(opening, form_get(form, "id"));
    if (!network || network->kind == SCAN_OTHER)
        return false;
    memcpy(wifi->ssid, network->ssid, network->ssid_size);
    wifi->ssid_size = network->ssid_size;
    wifi->security = network->kind == SCAN_OPEN   ? NETWORK_OPEN
                     : network->kind == SCAN_WPA3 ? NETWORK_WPA3
                                                  : NETWORK_WPA2_WPA3;
    return true;
}

/* One that does not say its name. */
static bool read_named(const struct form *form, struct network_wifi *wifi) {
    const char *name = form_get(form, "name");
    size_t size = strlen(name);
    if (size < 1 || size > NETWORK_SSID_MAX)
        return false;
    memcpy(wifi->ssid, name, size);
    wifi->ssid_size = size;
    wifi->hidden = true;
    return true;
}

static const char *read_passphrase(const struct form *form, struct network_wifi *wifi) {
    const char *passphrase = form_get(form, "passphrase");
    size_t size = strlen(passphrase);
    if (wifi->security == NETWORK_OPEN)
        return NULL;
    if (size < NETWORK_PASSPHRASE_MIN || size > NETWORK_KEY_DIGITS)
        return "length";
    strcpy(wifi->passphrase, passphrase);
    return NULL;
}

static const char *read_form(const struct form *form, const struct setup_opening *opening, const char *token,
                             struct network_request *request) {
    struct network_wifi *wifi = &request->wifi;
    struct pp_error error = {0};
    request->verb = NETWORK_WIFI;
    if (!is_token(form_get(form, "token"), token))
        return "stale";
    if (*form_get(form, "id")) {
        if (!read_listed(form, opening, wifi))
            return "network";
    } else if (!network_security_parse(form_get(form, "security"), &wifi->security)) {
        return "form";
    } else if (!read_named(form, wifi)) {
        return "name";
    }
    const char *wrong = read_passphrase(form, wifi);
    if (wrong)
        return wrong;
    if (network_request_check(request, &error))
        return NULL;
    return strlen(wifi->passphrase) > NETWORK_PASSPHRASE_MAX ? "length" : "character";
}

const char *typed_read(const void *body, size_t size, const struct setup_opening *opening, const char *token,
                       struct network_request *request) {
    form_auto struct form form = {0};
    struct pp_error error = {0};
    *request = (struct network_request){0};
    const char *wrong = size <= TYPED_BODY_MAX && form_parse(&form, body, size, &error)
                            ? read_form(&form, opening, token, request)
                            : "form";
    if (wrong)
        network_request_finish(request);
    return wrong;
}
