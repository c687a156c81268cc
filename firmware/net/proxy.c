#include "net/proxy.h"

#include <ctype.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"
#include "net/bundle.h"

struct net_proxy {
    atomic_uint references;
    pthread_mutex_t lock;
    struct net_proxy_settings *settings; /* in memory for secrets */
    struct pp_error ticket_trouble;      /* PP_OK none */
    uint32_t number;
};

/* ---- What may be written ---- */

struct unusable {
    const char *start; /* of an address */
    const char *words;
};

static const char *why_unusable(const char *address) {
    static const struct unusable kinds[] = {
        {"socks", "a SOCKS proxy cannot be used: name one for HTTP (CONNECT)"},
        {"pac+", "a PAC file cannot be used: it is a program from the network. Name the proxy itself"},
        {"wpad", "proxies are not looked for (WPAD): name the proxy itself"},
        {"auto", "proxies are not looked for (WPAD): name the proxy itself"},
        {"file:", "a PAC file cannot be used: it is a program. Name the proxy itself"},
    };
    size_t length = strlen(address);
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strncasecmp(address, kinds[i].start, strlen(kinds[i].start)) == 0)
            return kinds[i].words;
    }
    if ((length > 4 && strcasecmp(address + length - 4, ".pac") == 0) || strcasestr(address, "wpad.dat"))
        return "a PAC file cannot be used: it is a program from the network. Name the proxy itself";
    return "must be http://HOST:PORT or https://HOST:PORT";
}

static void free_url(CURLU **url) {
    curl_url_cleanup(*url);
}

static bool has_part(CURLU *url, CURLUPart part) {
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK && strcmp(text, "/") != 0;
    curl_free(text);
    return has;
}

bool net_proxy_is_secure(const struct net_proxy_settings *settings) {
    return strncmp(settings->address, "https://", 8) == 0;
}

/* http or https, a host, a port or none, and nothing else. */
static bool read_address(const char *address, char host[NET_PROXY_TEXT_MAX]) {
    PP_CLEANUP(free_url) CURLU *url = curl_url();
    char *name = NULL;
    bool scheme = strncmp(address, "http://", 7) == 0 || strncmp(address, "https://", 8) == 0;
    for (const unsigned char *c = (const unsigned char *)address; *c; c++)
        scheme = scheme && *c > ' ' && *c < 127;
    if (!scheme || !url || curl_url_set(url, CURLUPART_URL, address, 0) != CURLUE_OK ||
        has_part(url, CURLUPART_PATH) || has_part(url, CURLUPART_QUERY) ||
        has_part(url, CURLUPART_FRAGMENT) || has_part(url, CURLUPART_USER) ||
        curl_url_get(url, CURLUPART_HOST, &name, 0) != CURLUE_OK)
        return false;
    size_t length = strlen(name);
    bool literal = length > 2 && *name == '[';
    snprintf(host, NET_PROXY_TEXT_MAX, "%.*s", (int)(length - (literal ? 2 : 0)), name + literal);
    curl_free(name);
    return true;
}

static bool is_number(const char *host) {
    return strchr(host, ':') || host[strspn(host, "0123456789.")] == 0;
}

static bool except_valid(const char *list) {
    for (const unsigned char *c = (const unsigned char *)list; *c; c++) {
        if (!isalnum(*c) && !strchr(".-_:/, []", *c))
            return false;
    }
    return true;
}

bool net_proxy_check(const struct net_proxy_settings *settings, struct pp_error *error) {
    char host[NET_PROXY_TEXT_MAX];
    const char *address = settings->address;
    if (!*address)
        return true;
    if (strchr(address, '@'))
        return pp_fail(error, PP_E_INVALID, "proxy: name and password do not belong into its address");
    if (!read_address(address, host))
        return pp_fail(error, PP_E_INVALID, "proxy: %s", why_unusable(address));
    size_t length = strlen(address);
    if (length > 4 && strcasecmp(address + length - 4, ".pac") == 0)
        return pp_fail(error, PP_E_INVALID, "proxy: %s", why_unusable(address));
    if (*settings->ca && !net_proxy_is_secure(settings))
        return pp_fail(error, PP_E_INVALID, "proxy: authorities are for one by https://");
    if (*settings->ca && !net_bundle_check(settings->ca, strlen(settings->ca), 0, error))
        return pp_wrap(error, "proxy: authorities");
    if (strchr(settings->user, ':'))
        return pp_fail(error, PP_E_INVALID, "proxy: a name has no colon");
    if (settings->auth == NET_PROXY_PASSWORD && *settings->password && !*settings->user)
        return pp_fail(error, PP_E_INVALID, "proxy: a password without a name");
    if (settings->auth == NET_PROXY_NEGOTIATE && is_number(host))
        return pp_fail(error, PP_E_INVALID, "proxy: Kerberos knows it by its name, and not by a number");
    return except_valid(settings->except) ||
           pp_fail(error, PP_E_INVALID, "proxy: the exceptions are names, addresses and ranges, by commas");
}

bool net_proxy_host(const struct net_proxy_settings *settings, char host[NET_PROXY_TEXT_MAX]) {
    return *settings->address && read_address(settings->address, host);
}

/* ---- Life ---- */

struct net_proxy *net_proxy_create(const struct net_proxy_settings *settings, struct pp_error *error) {
    struct net_proxy *proxy = calloc(1, sizeof *proxy);
    if (!proxy) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    proxy->settings = pp_secret_create(sizeof *proxy->settings, NULL, error);
    if (!proxy->settings) {
        free(proxy);
        return NULL;
    }
    atomic_store(&proxy->references, 1);
    pthread_mutex_init(&proxy->lock, NULL);
    if (settings)
        *proxy->settings = *settings;
    return proxy;
}

struct net_proxy *net_proxy_ref(struct net_proxy *proxy) {
    if (proxy)
        atomic_fetch_add(&proxy->references, 1);
    return proxy;
}

void net_proxy_destroy(struct net_proxy *proxy) {
    if (!proxy || atomic_fetch_sub(&proxy->references, 1) != 1)
        return;
    pp_secret_destroy(proxy->settings, sizeof *proxy->settings);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

void net_proxy_set(struct net_proxy *proxy, const struct net_proxy_settings *settings) {
    pthread_mutex_lock(&proxy->lock);
    *proxy->settings = *settings;
    proxy->number++;
    pthread_mutex_unlock(&proxy->lock);
}

uint32_t net_proxy_get(struct net_proxy *proxy, struct net_proxy_settings *settings) {
    pthread_mutex_lock(&proxy->lock);
    *settings = *proxy->settings;
    uint32_t number = proxy->number;
    pthread_mutex_unlock(&proxy->lock);
    return number;
}

void net_proxy_set_ticket_trouble(struct net_proxy *proxy, const struct pp_error *why) {
    pthread_mutex_lock(&proxy->lock);
    proxy->ticket_trouble = why ? *why : (struct pp_error){0};
    pthread_mutex_unlock(&proxy->lock);
}

bool net_proxy_ticket_trouble(struct net_proxy *proxy, struct pp_error *why) {
    pthread_mutex_lock(&proxy->lock);
    *why = proxy->ticket_trouble;
    pthread_mutex_unlock(&proxy->lock);
    return why->code != PP_OK;
}
