#include "net/client.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "net/client_internal.h"
#include "net/tls_key.h"

#define CONNECT_TIMEOUT_DEFAULT_MS 20000
#define HOST_CONNECTIONS_DEFAULT   4

struct url_parts {
    CURLU *handle;
    char *host; /* lower case */
    char *port; /* the scheme's where the address names none */
};

static void url_parts_finish(struct url_parts *parts) {
    curl_free(parts->host);
    curl_free(parts->port);
    curl_url_cleanup(parts->handle);
}

static bool has_part(CURLU *handle, CURLUPart part) {
    char *text = NULL;
    bool has = curl_url_get(handle, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

/* https with a host, without a user or a fragment. */
static bool url_parts_of(const char *url, struct url_parts *parts, struct pp_error *error) {
    if (strncmp(url, "https://", 8) != 0)
        return pp_fail(error, PP_E_INVALID, "address does not begin with https://");
    for (const char *c = url; *c; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127)
            return pp_fail(error, PP_E_INVALID, "address with an invalid character at offset %d",
                           (int)(c - url));
    }
    parts->handle = curl_url();
    if (!parts->handle || curl_url_set(parts->handle, CURLUPART_URL, url, CURLU_PATH_AS_IS) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_HOST, &parts->host, 0) != CURLUE_OK ||
        curl_url_get(parts->handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return pp_fail(error, PP_E_INVALID, "not an address");
    if (has_part(parts->handle, CURLUPART_USER) || has_part(parts->handle, CURLUPART_PASSWORD) ||
        has_part(parts->handle, CURLUPART_FRAGMENT))
        return pp_fail(error, PP_E_INVALID, "address with a user, password or fragment");
    return true;
}

static bool same_origin(const char *base, const struct url_parts *parts) {
    PP_CLEANUP(url_parts_finish) struct url_parts own = {0};
    return base && url_parts_of(base, &own, NULL) && !strcasecmp(own.host, parts->host) &&
           !strcmp(own.port, parts->port);
}

bool net_client_url(const struct net_client *client, const char *path, char url[NET_URL_MAX],
                    char host[NET_HOST_MAX], bool *own_origin, struct pp_error *error) {
    PP_CLEANUP(url_parts_finish) struct url_parts parts = {0};
    bool relative = path && path[0] == '/';
    if (!path || (relative && !client->base_url))
        return pp_fail(error, PP_E_INVALID, "request without an address");
    int length = snprintf(url, NET_URL_MAX, "%s%s", relative ? client->base_url : "", path);
    if (length < 0 || length >= NET_URL_MAX)
        return pp_fail(error, PP_E_LIMIT, "address longer than %d bytes", NET_URL_MAX - 1);
    if (!url_parts_of(url, &parts, error))
        return false;
    if (strlen(parts.host) >= NET_HOST_MAX)
        return pp_fail(error, PP_E_LIMIT, "host longer than %d bytes", NET_HOST_MAX - 1);
    strcpy(host, parts.host);
    *own_origin = same_origin(client->base_url, &parts);
    return true;
}

static bool check_base(const char *url, struct pp_error *error) {
    PP_CLEANUP(url_parts_finish) struct url_parts parts = {0};
    char *path = NULL;
    if (!url_parts_of(url, &parts, error))
        return pp_wrap(error, "%s", url);
    CURLUcode code = curl_url_get(parts.handle, CURLUPART_PATH, &path, 0);
    bool bare = (code != CURLUE_OK || !strcmp(path, "/")) && !has_part(parts.handle, CURLUPART_QUERY);
    curl_free(path);
    return bare || pp_fail(error, PP_E_INVALID, "%s: must end after the host and port", url);
}

static bool check_config(const struct net_client_config *config, struct pp_error *error) {
    if (!config->authorities && (!config->ca_file || access(config->ca_file, R_OK) != 0))
        return pp_fail_errno(error, "trusted authorities: %s", config->ca_file ? config->ca_file : "no file");
    return !config->base_url || check_base(config->base_url, error);
}

static bool copy_config(struct net_client *client, const struct net_client_config *config,
                        struct pp_error *error) {
    if (config->base_url) {
        if (!pp_text_copy(&client->base_url, config->base_url, error))
            return false;
        size_t length = strlen(client->base_url);
        if (client->base_url[length - 1] == '/')
            client->base_url[length - 1] = 0;
    }
    client->connect_timeout_ms =
        config->connect_timeout_ms > 0 ? config->connect_timeout_ms : CONNECT_TIMEOUT_DEFAULT_MS;
    client->authorities = net_authorities_ref(config->authorities);
    return pp_text_copy(&client->ca_file, config->authorities ? NULL : config->ca_file, error) &&
           pp_text_copy(&client->user_agent, config->user_agent ? config->user_agent : "pingplay/" PP_VERSION,
                        error);
}

bool net_client_limit_connections(struct net_client *client, struct pp_error *error) {
    struct net_loop *loop = client->transfers;
    if (client->connections <= loop->host_connections)
        return true;
    if (curl_multi_setopt(loop->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)client->connections) != CURLM_OK)
        return pp_fail(error, PP_E_UNSUPPORTED, "libcurl cannot limit the connections to a host");
    loop->host_connections = client->connections;
    return true;
}

/* Whether this libcurl takes every option, found out at start and not at the first request. */
static bool try_setup(struct net_client *client, struct pp_error *error) {
    PP_AUTO(net_trust)
    struct net_trust *trust = client->authorities ? net_authorities_get(client->authorities) : NULL;
    struct net_tls_check check = {.clocks = &client->clocks, .trust = trust};
    struct net_setup setup = {.easy = curl_easy_init()};
    if (!setup.easy)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    net_tls_setup(&setup, client->ca_file, NULL, &check);
    curl_easy_cleanup(setup.easy);
    return setup.code == CURLE_OK || pp_fail(error, PP_E_UNSUPPORTED, "libcurl refuses option %d: %s",
                                             setup.option, curl_easy_strerror(setup.code));
}

struct net_client *net_client_create(struct net_loop *loop, const struct net_client_config *config,
                                     struct pp_error *error) {
    if (!net_tls_check_library(curl_version_info(CURLVERSION_NOW)->ssl_version, error) ||
        !check_config(config, error))
        return NULL;
    PP_AUTO(net_client) struct net_client *client = calloc(1, sizeof *client);
    if (!client) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    client->loop = client->transfers = loop;
    client->clocks = config->clocks;
    client->proxy = net_proxy_ref(config->proxy);
    client->connections =
        config->max_connections_per_host > 0 ? config->max_connections_per_host : HOST_CONNECTIONS_DEFAULT;
    client->on_outcome = config->on_outcome;
    client->arg = config->arg;
    if (!copy_config(client, config, error) || !try_setup(client, error) ||
        !(config->own_thread ? (client->thread = net_thread_create(client, error)) != NULL
                             : net_client_limit_connections(client, error)))
        return NULL;
    return pp_steal(&client);
}

void net_identity_release(struct net_identity *identity) {
    if (!identity || atomic_fetch_sub(&identity->references, 1) != 1)
        return;
    free(identity->certificate);
    free(identity->document);
    EVP_PKEY_free(identity->key);
    free(identity);
}

void net_client_destroy(struct net_client *client) {
    if (!client)
        return;
    struct net_call *next;
    net_thread_destroy(client->thread);
    for (struct net_call *call = TAILQ_FIRST(&client->loop->calls); call; call = next) {
        next = TAILQ_NEXT(call, link);
        if (call->client == client)
            net_call_destroy(call);
    }
    net_identity_release(client->identity);
    pp_secret_text_destroy(client->cookie);
    net_proxy_destroy(client->proxy);
    free(client->base_url);
    free(client->ca_file);
    net_authorities_destroy(client->authorities);
    free(client->user_agent);
    free(client);
}

static struct net_identity *identity_create(const char *certificate_chain_pem, struct crypto_key *key,
                                            struct pp_error *error) {
    struct net_identity *identity = calloc(1, sizeof *identity);
    if (!identity) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    identity->references = 1;
    if (pp_text_copy(&identity->certificate, certificate_chain_pem, error) &&
        (identity->document = net_tls_key_document(key, error)) &&
        (identity->key = net_tls_key_create(key, error)))
        return identity;
    net_identity_release(identity);
    return NULL;
}

bool net_client_set_identity(struct net_client *client, const char *certificate_chain_pem,
                             struct crypto_key *key, struct pp_error *error) {
    struct net_identity *identity = NULL;
    if (!certificate_chain_pem != !key)
        return pp_fail(error, PP_E_INVALID, "a certificate and its key go together");
    PP_AUTO(crypto_key) struct crypto_key *asked = key ? net_thread_key(client->thread, key, error) : NULL;
    if (key && (!asked || !(identity = identity_create(certificate_chain_pem, asked, error))))
        return false;
    net_identity_release(client->identity);
    client->identity = identity;
    return true;
}

static bool cookie_valid(const char *cookie) {
    const char *value = strchr(cookie, '=');
    if (!value || value == cookie || strlen(cookie) >= NET_URL_MAX)
        return false;
    for (const char *c = cookie; *c; c++) {
        if (*c <= ' ' || *c >= 127 || strchr("\",;\\", *c))
            return false;
    }
    return true;
}

bool net_client_set_cookie(struct net_client *client, const char *cookie, struct pp_error *error) {
    struct pp_secret_text *secret = NULL;
    if (cookie && !cookie_valid(cookie))
        return pp_fail(error, PP_E_INVALID, "not a cookie of the form name=value");
    if (cookie && !(secret = pp_secret_text_create(cookie, error)))
        return false;
    pp_secret_text_destroy(client->cookie);
    client->cookie = secret;
    return true;
}

void net_client_share_cookie(struct net_client *client, struct pp_secret_text *cookie) {
    struct pp_secret_text *held = pp_secret_text_ref(cookie);
    pp_secret_text_destroy(client->cookie);
    client->cookie = held;
}

struct pp_secret_text *net_client_cookie(const struct net_client *client) {
    return client->cookie;
}
