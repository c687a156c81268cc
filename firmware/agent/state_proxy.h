/*
 * The proxy that the headend wants a display point to go through: settings.proxy of the signed state.
 *
 *   {"address": "https://proxy.example:3128", "ca": "-----BEGIN CERTIFICATE-----…", "except": "10.0.0.0/8",
 *    "user": "screen-7", "credentials": "<JWE of {\"password\": \"…\"} to the agreement key>"}
 *
 * {"address": ""} is: go without one. Without "proxy" the headend does not say, and what there is stays.
 */
#ifndef PP_AGENT_STATE_PROXY_H
#define PP_AGENT_STATE_PROXY_H

#include <cjson/cJSON.h>

#include "base/encode.h"
#include "base/error.h"
#include "net/proxy.h"

#define STATE_PROXY_TYPE      "pingplay-proxy-credentials" /* typ of the JWE; apv is the device's id */
#define STATE_PROXY_TOKEN_MAX 4096                         /* characters of it */

struct state_proxy {
    bool given;
    char address[NET_PROXY_TEXT_MAX];
    char ca[NET_PROXY_CA_MAX];
    char except[NET_PROXY_TEXT_MAX];
    char user[NET_PROXY_TEXT_MAX];
    char credentials[STATE_PROXY_TOKEN_MAX + 1]; /* "" none */
};

/* Of the object "settings". Whether such a proxy can be used is net_proxy_check's to say. */
PP_MUST_USE bool state_proxy_parse(const cJSON *settings, struct state_proxy *out, struct pp_error *error);
/* Of all of it; "" where none is given. The same settings have the same. */
PP_MUST_USE bool state_proxy_hash(const struct state_proxy *proxy, char hash[PP_HEX_SIZE(32)],
                                  struct pp_error *error);

#endif
