#include "net/portal.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/client_internal.h"

#define SIGN_IN     "somebody has to sign in to this network"
#define HOST_SHOWN  100  /* bytes of a host that is named, with the NUL */
#define REFRESH_MAX 2048 /* bytes in which a page says that it is left at once */

#define CHECK_NAME  "pingplay-portal-check" /* below the headend's name: nobody has it */
#define CHECK_IPV4  "192.0.2.1"             /* RFC 5737: nobody has it */
#define CHECK_IPV6  "[2001:db8::1]"         /* RFC 3849 */

/* At the headend's own port, where TLS should be; at its port 80, where a server of its own may be; and, where that
 * looks like a portal, whether the same happens at a name and an address that are nobody's: who answers for all of
 * them stands between. */
enum probe { PROBE_OWN, PROBE_80, PROBE_NAME, PROBE_ADDRESS, PROBES };

struct net_portal {
    struct net_transfer transfer; /* first */
    struct net_loop *loop;
    char host[NET_HOST_MAX];
    char port[8];
    enum probe probe;          /* under way */
    char asked[NET_HOST_MAX];  /* its host */
    bool ipv6;                 /* the headend's address is one, as port 80 was asked */
    struct pp_error suspected; /* at port 80 */
    CURL *easy;                /* NULL: between two */
    struct net_timer timer;
    struct pp_buf page;
    void (*on_done)(void *arg, const struct pp_error *found);
    void *arg;
};

static void free_url(CURLU **url) {
    curl_url_cleanup(*url);
}

/* ---- What an answer says ---- */

/* The host that an absolute address of http or https names. */
static bool host_of(const char *address, char host[NET_HOST_MAX]) {
    PP_CLEANUP(free_url) CURLU *url = curl_url();
    char *name = NULL;
    bool read = url &&
                (strncasecmp(address, "http://", 7) == 0 || strncasecmp(address, "https://", 8) == 0) &&
                curl_url_set(url, CURLUPART_URL, address, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_HOST, &name, 0) == CURLUE_OK && strlen(name) < NET_HOST_MAX;
    if (read)
        strcpy(host, name);
    curl_free(name);
    return read;
}

/* It goes onto a screen: what no name has is left out. */
static void show_host(const char *host, char shown[HOST_SHOWN]) {
    size_t size = 0;
    for (; *host && size < HOST_SHOWN - 1; host++) {
        if (isalnum((unsigned char)*host) || strchr(".-:[]", *host))
            shown[size++] = *host;
    }
    shown[size] = 0;
}

static bool is_page(CURL *easy) {
    const char *type = NULL;
    return curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type &&
           strncasecmp(type, "text/html", 9) == 0;
}

/* As portals do that are asked without TLS: at once to their own page, or WISPr's marks for programs. */
static bool page_is_left(const struct pp_buf *page) {
    const char *text = page->size ? pp_buf_text(page) : "";
    const char *refresh = strcasestr(text, "http-equiv");
    return strstr(text, "WISPAccessGatewayParam") ||
           (refresh && refresh - text < REFRESH_MAX && strcasestr(refresh, "refresh"));
}

/* False: it is nobody else's. */
static bool judge_answer(const struct net_portal *portal, struct pp_error *found) {
    char *location = NULL;
    long status = 0;
    char host[NET_HOST_MAX], shown[HOST_SHOWN];
    if (curl_easy_getinfo(portal->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
        return false;
    if (status == 511)
        return !pp_fail(found, PP_E_PORTAL, SIGN_IN " (HTTP 511)");
    if (status >= 300 && status <= 399 &&
        curl_easy_getinfo(portal->easy, CURLINFO_REDIRECT_URL, &location) == CURLE_OK && location &&
        host_of(location, host) && strcasecmp(host, portal->host) != 0 &&
        strcasecmp(host, portal->asked) != 0) {
        show_host(host, shown);
        return !pp_fail(found, PP_E_PORTAL, SIGN_IN ": it sends to %s", shown);
    }
    if (status == 200 && is_page(portal->easy) && (portal->probe == PROBE_OWN || page_is_left(&portal->page)))
        return !pp_fail(found, PP_E_PORTAL, SIGN_IN ": it shows a page of its own");
    return false;
}

/* ---- Asking ---- */

static size_t on_page(char *data, size_t size, size_t count, void *arg) {
    struct net_portal *portal = arg;
    size_t room = portal->page.max - portal->page.size, length = size * count;
    struct pp_error error;
    if (!pp_buf_add(&portal->page, data, length < room ? length : room, &error))
        return 0;
    return length <= room ? length : 0;
}

static void end_probe(struct net_portal *portal) {
    if (!portal->easy)
        return;
    curl_multi_remove_handle(portal->loop->multi, portal->easy);
    curl_easy_cleanup(pp_steal(&portal->easy));
    pp_buf_finish(&portal->page);
}

void net_portal_cancel(struct net_portal *portal) {
    if (!portal)
        return;
    net_timer_stop(&portal->timer);
    end_probe(portal);
    free(portal);
}

/* A name of DNS, which may be spoofed: no address, and not this machine's own. */
static bool is_name(const char *host) {
    static const char own[] = "localhost";
    size_t size = strlen(host), tail = sizeof own - 1;
    bool is_own = size >= tail && strcasecmp(host + size - tail, own) == 0;
    return !is_own && !strchr(host, ':') && strspn(host, "0123456789.") < size;
}

/* False: there is nothing to be asked there. */
static bool name_probe(struct net_portal *portal, char url[NET_URL_MAX]) {
    const char *port = portal->probe == PROBE_OWN ? portal->port : "80";
    bool is_check = portal->probe == PROBE_NAME;
    if (is_check && !is_name(portal->host))
        return false;
    const char *host = portal->probe == PROBE_ADDRESS ? portal->ipv6 ? CHECK_IPV6 : CHECK_IPV4 : portal->host;
    int size = snprintf(portal->asked, sizeof portal->asked, "%s%s", is_check ? CHECK_NAME "." : "", host);
    snprintf(url, NET_URL_MAX, "http://%s:%s/", portal->asked, port);
    return size > 0 && (size_t)size < sizeof portal->asked;
}

static bool setup(struct net_portal *portal, const char *url, struct pp_error *error) {
    long patience_ms = portal->probe > PROBE_80 ? NET_PORTAL_CHECK_MS : NET_PORTAL_TIMEOUT_MS;
    struct net_setup setup = {.easy = portal->easy};
    NET_SET(&setup, CURLOPT_URL, url);
    NET_SET(&setup, CURLOPT_PRIVATE, (char *)&portal->transfer);
    NET_SET(&setup, CURLOPT_PROTOCOLS_STR, "http");
    NET_SET(&setup, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    NET_SET(&setup, CURLOPT_FOLLOWLOCATION, 0L);
    NET_SET(&setup, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    NET_SET(&setup, CURLOPT_PROXY, "");
    NET_SET(&setup, CURLOPT_NOSIGNAL, 1L);
    NET_SET(&setup, CURLOPT_QUICK_EXIT, 1L);
    NET_SET(&setup, CURLOPT_FRESH_CONNECT, 1L);
    NET_SET(&setup, CURLOPT_FORBID_REUSE, 1L);
    NET_SET(&setup, CURLOPT_TIMEOUT_MS, patience_ms);
    NET_SET(&setup, CURLOPT_WRITEFUNCTION, on_page);
    NET_SET(&setup, CURLOPT_WRITEDATA, portal);
    return setup.code == CURLE_OK || pp_fail(error, PP_E_UNSUPPORTED, "libcurl refuses option %d: %s",
                                             setup.option, curl_easy_strerror(setup.code));
}

static bool begin_probe(struct net_portal *portal, const char *url, struct pp_error *error) {
    portal->page = PP_BUF_INIT(NET_PORTAL_PAGE_MAX);
    portal->easy = curl_easy_init();
    if (!portal->easy)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (setup(portal, url, error) && curl_multi_add_handle(portal->loop->multi, portal->easy) == CURLM_OK)
        return true;
    curl_easy_cleanup(pp_steal(&portal->easy));
    return pp_fail(error, PP_E_IO, "libcurl takes no transfer");
}

static void finish(struct net_portal *portal, const struct pp_error *result) {
    void (*on_done)(void *, const struct pp_error *) = portal->on_done;
    void *arg = portal->arg;
    const struct pp_error found = *result;
    net_portal_cancel(portal);
    on_done(arg, &found);
}

/* From `portal->probe` on, what can be asked; false: nothing is left. */
static bool begin_next(struct net_portal *portal) {
    char url[NET_URL_MAX];
    for (; portal->probe < PROBES; portal->probe++) {
        if (portal->probe == PROBE_NAME && !portal->suspected.code)
            return false;
        if (name_probe(portal, url))
            return begin_probe(portal, url, NULL);
    }
    return false;
}

static bool says_so_itself(const struct net_portal *portal) {
    long status = 0;
    return curl_easy_getinfo(portal->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 511;
}

static bool is_ipv6(const struct net_portal *portal) {
    const char *address = NULL;
    return curl_easy_getinfo(portal->easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address &&
           strchr(address, ':');
}

/* Whether more is to be asked: a server of the headend's own machine may send everybody elsewhere as well. */
static bool is_doubtful(struct net_portal *portal, struct pp_error *found) {
    if (portal->probe != PROBE_80 || !found->code || says_so_itself(portal))
        return false;
    portal->suspected = *found;
    portal->ipv6 = is_ipv6(portal);
    return true;
}

/* A page that is longer than what is looked at ends the transfer early: what was seen of it counts. */
static void on_finished(struct net_transfer *transfer, CURL *easy, CURLcode result) {
    struct net_portal *portal = (struct net_portal *)transfer;
    const struct pp_error none = {0};
    struct pp_error found = {0};
    (void)easy;
    (void)result;
    bool portal_found = judge_answer(portal, &found) && !is_doubtful(portal, &found);
    bool is_check = portal->probe > PROBE_80;
    end_probe(portal);
    portal->probe++;
    if (portal_found)
        finish(portal, is_check ? &portal->suspected : &found);
    else if (!begin_next(portal))
        finish(portal, &none);
}

static void on_start(void *arg) {
    struct net_portal *portal = arg;
    const struct pp_error none = {0};
    if (!begin_next(portal))
        finish(portal, &none);
}

/* Of "https://HOST[:PORT]". */
static bool read_url(struct net_portal *portal, const char *url, struct pp_error *error) {
    PP_CLEANUP(free_url) CURLU *parts = curl_url();
    char *port = NULL;
    bool read = host_of(url, portal->host) && parts &&
                curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (read)
        snprintf(portal->port, sizeof portal->port, "%s", port);
    curl_free(port);
    return read || pp_fail(error, PP_E_INVALID, "not an address: %s", url);
}

struct net_portal *net_portal_start(struct net_loop *loop, const char *url,
                                    void (*on_done)(void *arg, const struct pp_error *found), void *arg,
                                    struct pp_error *error) {
    struct net_portal *portal = calloc(1, sizeof *portal);
    if (!portal) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    portal->transfer.finished = on_finished;
    portal->loop = loop;
    portal->on_done = on_done;
    portal->arg = arg;
    if (!read_url(portal, url, error)) {
        free(portal);
        return NULL;
    }
    /* From the loop: a caller may be within one of libcurl's own callbacks. */
    net_timer_start_in(&portal->timer, loop, 0, on_start, portal);
    return portal;
}
