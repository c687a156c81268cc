#include "net/ticket.h"

#include <ctype.h>
#include <krb5/krb5.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"

#define CACHE        "MEMORY:pingplay-proxy"
#define SERVICE      "HTTP"
#define SETTINGS_MAX 4096 /* bytes */
#define PATH_MAX_FD  40   /* bytes of /proc/self/fd/N */

struct net_tickets {
    atomic_uint references;
    int settings;         /* memfd: what libkrb5 takes for its configuration */
    pthread_mutex_t lock; /* of the settings, the cache and: */
    uint32_t wanted;      /* the number of the exchange whose ticket may be kept */
};

/* ---- What may be asked ---- */

static bool is_made_of(const char *text, size_t size, const char *also) {
    for (size_t i = 0; i < size; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr(also, text[i]))
            return false;
    }
    return size > 0;
}

bool net_ticket_check(const char *principal, const char *kdc, struct pp_error *error) {
    const char *at = strchr(principal, '@');
    if (!at || !is_made_of(principal, (size_t)(at - principal), "._/$-") ||
        !is_made_of(at + 1, strlen(at + 1), ".-"))
        return pp_fail(error, PP_E_INVALID, "proxy: the principal must be NAME@REALM");
    return !*kdc || is_made_of(kdc, strlen(kdc), ".:[]-") ||
           pp_fail(error, PP_E_INVALID, "proxy: the KDC must be HOST or HOST:PORT");
}

/* ---- Its settings ---- */

static bool write_settings(struct net_tickets *tickets, const struct net_ticket_request *request,
                           struct pp_error *error) {
    char text[SETTINGS_MAX];
    const char *realm = strchr(request->principal, '@') + 1;
    int size =
        snprintf(text, sizeof text,
                 "[libdefaults]\n default_realm = %s\n dns_canonicalize_hostname = false\n rdns = false\n"
                 " dns_lookup_realm = false\n dns_lookup_kdc = %s\n udp_preference_limit = 1\n"
                 " kdc_timesync = 0\n default_keytab_name = MEMORY:none\n"
                 " default_client_keytab_name = MEMORY:none\n forwardable = false\n"
                 "[domain_realm]\n %s = %s\n[realms]\n %s = {\n%s%s%s }\n",
                 realm, *request->kdc ? "false" : "true", request->host, realm, realm,
                 *request->kdc ? "  kdc = " : "", request->kdc, *request->kdc ? "\n" : "");
    if (size < 0 || (size_t)size >= sizeof text)
        return pp_fail(error, PP_E_LIMIT, "proxy: names too long for Kerberos");
    return (ftruncate(tickets->settings, 0) == 0 &&
            pwrite(tickets->settings, text, (size_t)size, 0) == size) ||
           pp_fail_errno(error, "Kerberos settings");
}

struct net_tickets *net_tickets_create(struct pp_error *error) {
    PP_AUTO(net_tickets) struct net_tickets *tickets = calloc(1, sizeof *tickets);
    char path[PATH_MAX_FD];
    if (!tickets) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    atomic_store(&tickets->references, 1);
    pthread_mutex_init(&tickets->lock, NULL);
    tickets->settings = memfd_create("kerberos-settings", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", tickets->settings);
    if (tickets->settings < 0 || setenv("KRB5_CONFIG", path, 1) != 0 || setenv("KRB5CCNAME", CACHE, 1) != 0) {
        pp_fail_errno(error, "Kerberos settings");
        return NULL;
    }
    return pp_steal(&tickets);
}

struct net_tickets *net_tickets_ref(struct net_tickets *tickets) {
    atomic_fetch_add(&tickets->references, 1);
    return tickets;
}

void net_tickets_destroy(struct net_tickets *tickets) {
    if (!tickets || atomic_fetch_sub(&tickets->references, 1) != 1)
        return;
    net_ticket_forget(tickets);
    pp_close(&tickets->settings);
    pthread_mutex_destroy(&tickets->lock);
    free(tickets);
}

/* ---- One exchange ---- */

struct exchange {
    krb5_context context;
    krb5_principal client, server;
    krb5_ccache own;   /* the ticket to get others with, for as long as this takes */
    krb5_ccache shown; /* what GSS-API looks at */
    krb5_keytab keytab;
    krb5_creds first, *ticket;
};

static void finish_exchange(struct exchange *exchange) {
    krb5_context context = exchange->context;
    if (!context)
        return;
    krb5_free_cred_contents(context, &exchange->first);
    if (exchange->ticket)
        krb5_free_creds(context, exchange->ticket);
    if (exchange->keytab)
        krb5_kt_close(context, exchange->keytab);
    if (exchange->own)
        krb5_cc_destroy(context, exchange->own);
    if (exchange->shown)
        krb5_cc_close(context, exchange->shown);
    krb5_free_principal(context, exchange->client);
    krb5_free_principal(context, exchange->server);
    krb5_free_context(context);
}

struct reason {
    krb5_error_code number;
    enum pp_code code;
    const char *words;
};

static const struct reason reasons[] = {
    {KRB5KDC_ERR_PREAUTH_FAILED, PP_E_AUTH,
     "the KDC does not take this screen's key: keytab or password is wrong"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, PP_E_AUTH,
     "the KDC does not take this screen's key: keytab or password is wrong"},
    {KRB5_KT_NOTFOUND, PP_E_AUTH, "the keytab has no key for this screen's principal"},
    {KRB5_KT_KVNONOTFOUND, PP_E_AUTH, "the keytab has no key for this screen's principal"},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, PP_E_AUTH, "the KDC does not know this screen's principal"},
    {KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, PP_E_AUTH, "the KDC does not know the proxy by that name"},
    {KRB5KDC_ERR_CLIENT_REVOKED, PP_E_AUTH, "this screen's principal is locked at the KDC"},
    {KRB5KDC_ERR_NAME_EXP, PP_E_AUTH, "this screen's principal has expired at the KDC"},
    {KRB5KDC_ERR_KEY_EXP, PP_E_AUTH, "the password of this screen's principal has expired"},
    {KRB5KDC_ERR_ETYPE_NOSUPP, PP_E_AUTH, "the KDC wants no kind of key that this screen has"},
    {KRB5KRB_AP_ERR_SKEW, PP_E_EXPIRED, "the clock here and the KDC's differ by more than Kerberos allows"},
    {KRB5_KDCREP_SKEW, PP_E_EXPIRED, "the clock here and the KDC's differ by more than Kerberos allows"},
    {KRB5KRB_AP_ERR_TKT_NYV, PP_E_EXPIRED,
     "the clock here and the KDC's differ by more than Kerberos allows"},
    {KRB5KRB_AP_ERR_TKT_EXPIRED, PP_E_EXPIRED,
     "the clock here and the KDC's differ by more than Kerberos allows"},
    {KRB5_KDC_UNREACH, PP_E_NET, "no KDC can be reached"},
    {KRB5_REALM_UNKNOWN, PP_E_NET, "no KDC is known for the realm: name one"},
    {KRB5_REALM_CANT_RESOLVE, PP_E_NET, "the KDC's name cannot be resolved"},
    {KRB5_KEYTAB_BADVNO, PP_E_INVALID, "the keytab cannot be read"},
    {KRB5_KT_END, PP_E_INVALID, "the keytab has no key in it"},
    {KRB5_KT_FORMAT, PP_E_INVALID, "the keytab cannot be read"},
};

static bool explain(krb5_context context, krb5_error_code number, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        if (reasons[i].number == number)
            return pp_fail(error, reasons[i].code, "%s", reasons[i].words);
    }
    const char *text = krb5_get_error_message(context, number);
    pp_fail(error, PP_E_NET, "Kerberos: %s", text);
    krb5_free_error_message(context, text);
    return false;
}

/* libkrb5 reads keytabs of files alone: in memory, for as long as this takes. It is looked into first: libkrb5 would
 * ask a KDC before it says what is wrong with it. */
static krb5_error_code get_by_keytab(struct exchange *exchange, const struct net_ticket_request *request) {
    char name[PATH_MAX_FD + 8];
    krb5_context context = exchange->context;
    krb5_keytab_entry entry;
    pp_autoclose int fd = memfd_create("keytab", MFD_CLOEXEC);
    if (fd < 0 || write(fd, request->keytab, request->keytab_size) != (ssize_t)request->keytab_size)
        return KRB5_KT_IOERR;
    snprintf(name, sizeof name, "FILE:/proc/self/fd/%d", fd);
    krb5_error_code code = krb5_kt_resolve(context, name, &exchange->keytab);
    if (!code)
        code = krb5_kt_get_entry(context, exchange->keytab, exchange->client, 0, 0, &entry);
    if (code)
        return code;
    krb5_free_keytab_entry_contents(context, &entry);
    return krb5_get_init_creds_keytab(context, &exchange->first, exchange->client, exchange->keytab, 0, NULL,
                                      NULL);
}

static krb5_error_code get_first(struct exchange *exchange, const struct net_ticket_request *request) {
    krb5_error_code code = krb5_parse_name(exchange->context, request->principal, &exchange->client);
    if (code)
        return code;
    code = request->keytab_size
               ? get_by_keytab(exchange, request)
               : krb5_get_init_creds_password(exchange->context, &exchange->first, exchange->client,
                                              request->password, NULL, NULL, 0, NULL, NULL);
    if (!code)
        code = krb5_cc_new_unique(exchange->context, "MEMORY", NULL, &exchange->own);
    if (!code)
        code = krb5_cc_initialize(exchange->context, exchange->own, exchange->client);
    return code ? code : krb5_cc_store_cred(exchange->context, exchange->own, &exchange->first);
}

static krb5_error_code get_ticket(struct exchange *exchange, const char *host) {
    krb5_error_code code =
        krb5_sname_to_principal(exchange->context, host, SERVICE, KRB5_NT_SRV_HST, &exchange->server);
    krb5_creds wanted = {.client = exchange->client, .server = exchange->server};
    return code ? code
                : krb5_get_credentials(exchange->context, 0, exchange->own, &wanted, &exchange->ticket);
}

static krb5_error_code show_ticket(struct exchange *exchange) {
    krb5_error_code code = krb5_cc_resolve(exchange->context, CACHE, &exchange->shown);
    if (!code)
        code = krb5_cc_initialize(exchange->context, exchange->shown, exchange->client);
    return code ? code : krb5_cc_store_cred(exchange->context, exchange->shown, exchange->ticket);
}

static bool is_given_up(const struct net_tickets *tickets, const struct net_ticket_request *request,
                        struct pp_error *error) {
    return request->number != tickets->wanted && !pp_fail(error, PP_E_CANCELLED, "Kerberos: given up");
}

/* libkrb5 reads its settings here, and they are those of this exchange. */
static bool begin_exchange(struct net_tickets *tickets, const struct net_ticket_request *request,
                           struct exchange *exchange, struct pp_error *error) {
    pthread_mutex_lock(&tickets->lock);
    bool ok = !is_given_up(tickets, request, error) && write_settings(tickets, request, error);
    krb5_error_code code = ok ? krb5_init_context(&exchange->context) : 0;
    pthread_mutex_unlock(&tickets->lock);
    return code ? pp_fail(error, PP_E_IO, "Kerberos cannot be begun (%ld)", (long)code) : ok;
}

/* What came of it, unless it was given up meanwhile: nobody would take that ticket out of the memory again. */
static bool end_exchange(struct net_tickets *tickets, const struct net_ticket_request *request,
                         struct exchange *exchange, struct pp_error *error) {
    pthread_mutex_lock(&tickets->lock);
    bool wanted = !is_given_up(tickets, request, error);
    krb5_error_code code = wanted ? show_ticket(exchange) : 0;
    pthread_mutex_unlock(&tickets->lock);
    return code ? explain(exchange->context, code, error) : wanted;
}

uint32_t net_ticket_begin(struct net_tickets *tickets) {
    pthread_mutex_lock(&tickets->lock);
    uint32_t number = ++tickets->wanted;
    pthread_mutex_unlock(&tickets->lock);
    return number;
}

bool net_ticket_fetch(struct net_tickets *tickets, const struct net_ticket_request *request,
                      int64_t *expires_s, struct pp_error *error) {
    PP_CLEANUP(finish_exchange) struct exchange exchange = {0};
    if (!begin_exchange(tickets, request, &exchange, error))
        return false;
    krb5_error_code code = get_first(&exchange, request);
    if (!code)
        code = get_ticket(&exchange, request->host);
    if (code)
        return explain(exchange.context, code, error);
    if (!end_exchange(tickets, request, &exchange, error))
        return false;
    *expires_s = exchange.ticket->times.endtime;
    return true;
}

void net_ticket_forget(struct net_tickets *tickets) {
    PP_CLEANUP(finish_exchange) struct exchange exchange = {0};
    pthread_mutex_lock(&tickets->lock);
    tickets->wanted++;
    if (krb5_init_context(&exchange.context) == 0 &&
        krb5_cc_resolve(exchange.context, CACHE, &exchange.shown) == 0)
        krb5_cc_destroy(exchange.context, pp_steal(&exchange.shown));
    pthread_mutex_unlock(&tickets->lock);
}
