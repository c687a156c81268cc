/*
 * From libcurl's result to an error a person can act on. The reason of a refused certificate comes from
 * OpenSSL's verification (net_tls_check), else from libcurl's text.
 */
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/client_internal.h"

struct verify_reason {
    int number;
    const char *words;
    const char *words_above; /* where it is a certificate above the server's own; NULL: the same */
};

#define UNKNOWN_AUTHORITY "its certificate comes from an unknown authority"
#define BAD_EXTENSION     "its certificate has an extension that cannot be read"

static const struct verify_reason verify_reasons[] = {
    {NET_TLS_NAMELESS, "its certificate names no server (subjectAltName)", NULL},
    {NET_TLS_RETIRED, "its certificate comes from an authority that was retired", NULL},
    {X509_V_ERR_HOSTNAME_MISMATCH, "its certificate is for another name", NULL},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "its certificate is for another name", NULL},
    {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not yet valid",
     "a certificate above its own is not yet valid"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired", "a certificate above its own has expired"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "its certificate is self-signed", NULL},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, UNKNOWN_AUTHORITY, NULL},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, UNKNOWN_AUTHORITY, NULL},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, UNKNOWN_AUTHORITY, NULL},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, UNKNOWN_AUTHORITY, NULL},
    {X509_V_ERR_CERT_UNTRUSTED, UNKNOWN_AUTHORITY, NULL},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "the signature of its certificate is wrong",
     "the signature of a certificate above its own is wrong"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "the signature of its certificate is wrong",
     "the signature of a certificate above its own is wrong"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, "the signature of its certificate is wrong", NULL},
    {X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM, "the signature of its certificate is of an unknown kind",
     NULL},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "the key of its authority cannot be read", NULL},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, "the key of its authority cannot be read", NULL},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "its certificate chain is too long", NULL},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "its certificate chain is longer than an authority allows", NULL},
    {X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA, "a certificate above its own may not issue others", NULL},
    {X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN, "a certificate above its own may not issue others", NULL},
    {X509_V_ERR_CERT_REVOKED, "its certificate was revoked", "a certificate above its own was revoked"},
    {X509_V_ERR_INVALID_CA, "a certificate above its own may not issue others", NULL},
    {X509_V_ERR_INVALID_NON_CA, "its certificate is an authority's", NULL},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "a certificate above its own may not issue others", NULL},
    {X509_V_ERR_INVALID_PURPOSE, "its certificate is not for a server",
     "a certificate above its own is not for servers"},
    {X509_V_ERR_CERT_REJECTED, "its certificate is not for a server",
     "a certificate above its own is not for servers"},
    {X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, "the key of its certificate may not sign", NULL},
    {X509_V_ERR_PERMITTED_VIOLATION, "an authority may not issue certificates for its name", NULL},
    {X509_V_ERR_EXCLUDED_VIOLATION, "an authority may not issue certificates for its name", NULL},
    {X509_V_ERR_SUBTREE_MINMAX, "the name constraints of an authority cannot be read", NULL},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "the name constraints of an authority are of an unknown kind",
     NULL},
    {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "the name constraints of an authority cannot be read", NULL},
    {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "a name of its certificate cannot be read", NULL},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
     "its certificate has a critical extension that is not known here",
     "a certificate above its own has a critical extension that is not known here"},
    {X509_V_ERR_INVALID_EXTENSION, BAD_EXTENSION,
     "a certificate above its own has an extension that cannot be read"},
    {X509_V_ERR_INVALID_POLICY_EXTENSION, BAD_EXTENSION, NULL},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "the times of its certificate cannot be read", NULL},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "the times of its certificate cannot be read", NULL},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "the key of its certificate is too weak", NULL},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "the key of its authority is too weak", NULL},
    {X509_V_ERR_CA_MD_TOO_WEAK, "its certificate is signed with too weak a hash",
     "a certificate above its own is signed with too weak a hash"},
    {X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "its certificate has a key on a curve without a name", NULL},
};

enum subject { SERVER, OURSELVES, NETWORK };

struct text_reason {
    const char *text; /* part of libcurl's message */
    enum subject whose;
    const char *words; /* of ourselves: behind "the server", or "the proxy" */
};

/* In this order: a certificate the server refuses ("alert certificate expired") must not be taken for its
 * own. */
static const struct text_reason text_reasons[] = {
    {"alert certificate required", OURSELVES, "wants a client certificate"},
    {"alert certificate expired", OURSELVES, "says our certificate has expired"},
    {"alert certificate revoked", OURSELVES, "says our certificate was revoked"},
    {"alert unknown ca", OURSELVES, "does not know the authority of our certificate"},
    {"alert bad certificate", OURSELVES, "refuses our certificate"},
    {"alert unsupported certificate", OURSELVES, "refuses our certificate"},
    {"alert certificate unknown", OURSELVES, "refuses our certificate"},
    {"alert access denied", OURSELVES, "refuses our certificate"},
    {"unsupported protocol", SERVER, "it only speaks too old a protocol version of TLS"},
    {"alert protocol version", SERVER, "it only speaks too old a protocol version of TLS"},
    {"wrong version number", SERVER, "it does not speak TLS"},
    {"http request", SERVER, "it does not speak TLS"},
    {"inappropriate fallback", SERVER, "somebody on the way keeps it from a newer version of TLS"},
    {"alert handshake failure", SERVER, "no cipher suite is acceptable to both sides"},
    {"alert insufficient security", SERVER, "no cipher suite is acceptable to both sides"},
    {"no shared cipher", SERVER, "no cipher suite is acceptable to both sides"},
    {"unknown cipher returned", SERVER, "it chose a cipher suite that was not offered"},
    {"wrong cipher returned", SERVER, "it chose a cipher suite that was not offered"},
    {"bad signature", SERVER, "it does not hold the key of its certificate"},
    {"wrong signature type", SERVER, "it signs in a way that is not acceptable"},
    {"legacy sigalg disallowed", SERVER, "it signs in a way that is not acceptable"},
    {"unsafe legacy renegotiation", SERVER, "its TLS lacks secure renegotiation"},
    {"asn1 encoding routines", SERVER, "its certificate cannot be read"},
    {"wrong curve", SERVER, "its key agreement is none that was offered"},
    {"unrecognized name", SERVER, "it does not know the name that it was asked for"},
    {"no application protocol", SERVER, "it speaks no application protocol that was offered"},
    {"dh key too small", SERVER, "its key agreement is too weak"},
    {"does not match", SERVER, "its certificate is for another name"},
    {"no alternative certificate subject name", SERVER, "its certificate is for another name"},
    {"self-signed certificate in", SERVER, "its certificate comes from an unknown authority"},
    {"self-signed", SERVER, "its certificate is self-signed"},
    {"self signed", SERVER, "its certificate is self-signed"},
    {"not yet valid", SERVER, "its certificate is not yet valid"},
    {"not activated", SERVER, "its certificate is not yet valid"},
    {"expired", SERVER, "its certificate has expired"},
    {"unable to get", SERVER, "its certificate comes from an unknown authority"},
    {"issuer", SERVER, "its certificate comes from an unknown authority"},
    {"Connection reset", NETWORK, "the connection broke during the TLS handshake"},
    {"Broken pipe", NETWORK, "the connection broke during the TLS handshake"},
    {"SSL_ERROR_SYSCALL", NETWORK, "the connection broke during the TLS handshake"},
    {"unexpected eof", NETWORK, "the connection broke during the TLS handshake"},
    {"too many warn alerts", SERVER, "what it sends in the TLS handshake is malformed"},
    {"invalid alert", SERVER, "what it sends in the TLS handshake is malformed"},
    {" alert ", NETWORK, "the server broke the TLS handshake off"},
    {" routines::", SERVER, "what it sends in the TLS handshake is malformed"},
};

static const struct text_reason *find_text(const char *problem) {
    for (size_t i = 0; i < PP_COUNT(text_reasons); i++) {
        if (strcasestr(problem, text_reasons[i].text))
            return &text_reasons[i];
    }
    return NULL;
}

/* NULL where the certificate was not refused. */
static const char *find_reason(const struct net_tls_check *check) {
    for (size_t i = 0; check->reason != X509_V_OK && i < PP_COUNT(verify_reasons); i++) {
        const struct verify_reason *row = &verify_reasons[i];
        if (row->number == check->reason)
            return check->depth > 0 && row->words_above ? row->words_above : row->words;
    }
    return check->reason == X509_V_OK ? NULL : X509_verify_cert_error_string(check->reason);
}

/* With whom a handshake has failed. */
struct peer {
    const char *name;
    const struct net_tls_check *check;
    bool proxy;
};

static struct peer peer_of(const struct net_call *call) {
    return call->proxy_tls.begun ? (struct peer){"proxy", &call->proxy_tls, true}
                                 : (struct peer){"server", &call->tls, false};
}

/* A proxy is shown no certificate of ours: whatever it wants is no word of the headend's about that. */
static void explain_ours(const struct peer *peer, const struct text_reason *reason, const char *problem,
                         struct pp_error *error) {
    pp_fail(error, peer->proxy ? PP_E_NET : PP_E_DENIED, "the %s %s (%s)", peer->name, reason->words,
            problem);
}

static void explain_text(const struct peer *peer, const char *problem, const char *prefix,
                         struct pp_error *error) {
    const struct text_reason *reason = find_text(problem);
    if (!reason)
        pp_fail(error, PP_E_TLS, "%s%s", prefix, problem);
    else if (reason->whose == SERVER)
        pp_fail(error, PP_E_TLS, "the %s cannot be trusted: %s (%s)", peer->name, reason->words, problem);
    else if (reason->whose == OURSELVES)
        explain_ours(peer, reason, problem, error);
    else
        pp_fail(error, PP_E_NET, "%s (%s)", reason->words, problem);
}

/* Of a certificate that is too old or too new: it may be our clock that is wrong. By the day, so that the same trouble
 * has the same words. */
static void tell_clock(const struct net_tls_check *check, char words[static PP_RFC3339_SIZE + 32]) {
    char now[PP_RFC3339_SIZE];
    bool times =
        check->reason == X509_V_ERR_CERT_NOT_YET_VALID || check->reason == X509_V_ERR_CERT_HAS_EXPIRED;
    pp_time_format(check->time_s, now);
    *words = 0;
    if (times)
        snprintf(words, PP_RFC3339_SIZE + 32, "; this clock says %.10s", now);
}

static void explain_verification(const struct net_call *call, const char *problem, bool certificate,
                                 struct pp_error *error) {
    const struct peer peer = peer_of(call);
    const char *words = find_reason(peer.check);
    char clock[PP_RFC3339_SIZE + 32];
    char prefix[40] = "TLS handshake: ";
    tell_clock(peer.check, clock);
    if (certificate)
        snprintf(prefix, sizeof prefix, "the %s cannot be trusted: ", peer.name);
    if (words)
        pp_fail(error, PP_E_TLS, "the %s cannot be trusted: %s (%s%s)", peer.name, words, problem, clock);
    else
        explain_text(&peer, problem, prefix, error);
}

struct result_kind {
    CURLcode result;
    enum pp_code code;
    const char
        *words; /* in place of libcurl's, which count bytes and differ from release to release; NULL: its */
};

#define CUT "no whole answer came"

/* Everything that is not listed is PP_E_NET, in libcurl's words. */
static const struct result_kind result_kinds[] = {
    {CURLE_OUT_OF_MEMORY, PP_E_NOMEM, NULL},
    {CURLE_URL_MALFORMAT, PP_E_INVALID, NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, PP_E_INVALID, NET_NOT_HTTP}, /* its version, or status */
    {CURLE_WEIRD_SERVER_REPLY, PP_E_INVALID, NET_NOT_HTTP},
    {CURLE_BAD_CONTENT_ENCODING, PP_E_INVALID, "answer in a transfer encoding nobody asked for"},
    {CURLE_ABORTED_BY_CALLBACK, PP_E_CANCELLED, NULL},
    {CURLE_SSL_CACERT_BADFILE, PP_E_TLS, NULL},
    {CURLE_SSL_CERTPROBLEM, PP_E_TLS, NULL},
    {CURLE_SSL_CIPHER, PP_E_TLS, NULL},
    {CURLE_SSL_ISSUER_ERROR, PP_E_TLS, NULL},
    {CURLE_SSL_ENGINE_NOTFOUND, PP_E_TLS, NULL},
    {CURLE_SSL_INVALIDCERTSTATUS, PP_E_TLS, NULL},
    {CURLE_GOT_NOTHING, PP_E_NET, CUT},
    {CURLE_PARTIAL_FILE, PP_E_NET, CUT},
    {CURLE_HTTP2, PP_E_NET, CUT},
    {CURLE_HTTP2_STREAM, PP_E_NET, CUT},
};

static const struct result_kind *find_result(CURLcode result) {
    static const struct result_kind other = {CURLE_OK, PP_E_NET, NULL};
    for (size_t i = 0; i < PP_COUNT(result_kinds); i++) {
        if (result_kinds[i].result == result)
            return &result_kinds[i];
    }
    return &other;
}

/* libcurl says after how long it gave up, which is another number each time. The same trouble has to have the
 * same words, because it is reported when it changes. */
static void leave_out_duration(const char *problem, char words[static CURL_ERROR_SIZE]) {
    static const char after[] = " after ";
    static const char *const units[] = {" milliseconds", " ms"};
    const char *from = strstr(problem, after);
    const char *unit = from ? from + strlen(after) : "";
    unit += strspn(unit, "0123456789");
    snprintf(words, CURL_ERROR_SIZE, "%s", problem);
    for (size_t i = 0; i < PP_COUNT(units); i++) {
        if (strncmp(unit, units[i], strlen(units[i])) == 0)
            snprintf(words + (from - problem), CURL_ERROR_SIZE - (size_t)(from - problem), "%s",
                     unit + strlen(units[i]));
    }
}

/* With TLS 1.3 the server judges our certificate after its own handshake is over. */
static void explain_receiving(const struct peer *peer, const char *problem, struct pp_error *error) {
    const struct text_reason *reason = find_text(problem);
    if (reason && reason->whose == OURSELVES)
        explain_ours(peer, reason, problem, error);
    else if (strcasestr(problem, "chunk"))
        pp_fail(error, PP_E_NET, "the chunks of the answer cannot be read");
    else if (strcasestr(problem, "unexpected eof"))
        pp_fail(error, PP_E_NET, CUT);
    else
        pp_fail(error, PP_E_NET, "the connection broke: %s", problem);
}

static void explain_other(CURLcode result, const char *problem, struct pp_error *error) {
    const struct result_kind *kind = find_result(result);
    pp_fail(error, kind->code, "%s", kind->words ? kind->words : problem);
}

struct proxy_reason {
    long from, to; /* HTTP status */
    enum pp_code code;
    const char *words;
};

/* A proxy that knows us by Kerberos alone has refused us. */
static bool explain_negotiate(const struct net_call *call, struct pp_error *error) {
    struct pp_error why = {0};
    if (call->proxy_auth != NET_PROXY_NEGOTIATE || !call->client->proxy)
        return false;
    if (net_proxy_ticket_trouble(call->client->proxy, &why))
        pp_fail(error, PP_E_NET, "the proxy wants a Kerberos ticket, and there is none: %s", why.message);
    else
        pp_fail(error, PP_E_NET, "the proxy does not take our Kerberos ticket (HTTP 407)");
    return true;
}

/* What a proxy has answered to CONNECT: libcurl's own words for it differ from release to release. */
static bool explain_proxy(const struct net_call *call, struct pp_error *error) {
    static const struct proxy_reason reasons[] = {
        {300, 399, PP_E_PORTAL, "somebody has to sign in to this network: its proxy sends to a page"},
        {407, 407, PP_E_NET, "the proxy wants a name and a password, and takes none that it was given"},
        {403, 403, PP_E_NET, "the proxy does not connect to this server"},
        {405, 405, PP_E_NET, "the proxy does not connect to this server"},
        {502, 504, PP_E_NET, "the proxy cannot reach the server"},
        {511, 511, PP_E_PORTAL, "somebody has to sign in to this network"},
        {100, 999, PP_E_NET, "the proxy does not connect"},
    };
    long status = 0;
    if (curl_easy_getinfo(call->easy, CURLINFO_HTTP_CONNECTCODE, &status) != CURLE_OK || status / 100 == 2)
        return false;
    if (status == 407 && explain_negotiate(call, error))
        return true;
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        if (status >= reasons[i].from && status <= reasons[i].to) {
            pp_fail(error, reasons[i].code, "%s (HTTP %ld)", reasons[i].words, status);
            return true;
        }
    }
    return false;
}

static void explain_authorities(const char *problem, struct pp_error *error) {
    if (strstr(problem, NET_PROXY_SYSTEM_CA))
        pp_fail(error, PP_E_TLS,
                "the proxy cannot be verified: this machine has no authorities (%s); name the "
                "proxy's own in \"proxy-ca\"",
                NET_PROXY_SYSTEM_CA);
    else
        pp_fail(error, PP_E_TLS, "the file of trusted authorities cannot be used: %s", problem);
}

void net_failure_explain(const struct net_call *call, CURLcode result, struct pp_error *error) {
    const struct peer peer = peer_of(call);
    char problem[CURL_ERROR_SIZE];
    if (explain_proxy(call, error))
        return;
    leave_out_duration(*call->problem ? call->problem : curl_easy_strerror(result), problem);
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        explain_verification(call, problem, true, error);
        break;
    case CURLE_SSL_CONNECT_ERROR:
        if (call->identity && net_thread_explain(call->client->thread, error))
            break;
        explain_verification(call, problem, false, error);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        explain_authorities(problem, error);
        break;
    case CURLE_SSL_CERTPROBLEM:
        pp_fail(error, PP_E_TLS, "our own certificate or key cannot be used: %s", problem);
        break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        explain_receiving(&peer, problem, error);
        break;
    default:
        explain_other(result, problem, error);
    }
}
