/*
 * From libcurl's result to an error a person can act on. The reason of a refused certificate comes from
 * CURLINFO_SSL_VERIFYRESULT where the backend's numbers are OpenSSL's (X509_V_ERR_…), else from libcurl's
 * text.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/client_internal.h"

struct verify_reason {
    long number; /* openssl/x509_vfy.h */
    const char *words;
};

static const struct verify_reason verify_reasons[] = {
    {9, "its certificate is not yet valid"},
    {10, "its certificate has expired"},
    {18, "its certificate is self-signed"},
    {19, "its certificate comes from an unknown authority"},
    {2, "its certificate comes from an unknown authority"},
    {20, "its certificate comes from an unknown authority"},
    {21, "its certificate comes from an unknown authority"},
    {7, "a signature in its certificate chain is wrong"},
    {22, "its certificate chain is too long"},
    {23, "its certificate was revoked"},
    {24, "a certificate of its chain may not issue others"},
    {79, "a certificate of its chain may not issue others"},
    {26, "its certificate is not for a server"},
    {62, "its certificate is for another name"},
    {64, "its certificate is for another name"},
    {66, "the key of its certificate is too weak"},
    {67, "the key of its authority is too weak"},
    {68, "a certificate of its chain has too weak a signature"},
};

enum subject { SERVER, OURSELVES, NETWORK };

struct text_reason {
    const char *text; /* part of libcurl's message */
    enum subject whose;
    const char *words;
};

/* In this order: a certificate the server refuses ("alert certificate expired") must not be taken for its
 * own. */
static const struct text_reason text_reasons[] = {
    {"alert certificate required", OURSELVES, "the server wants a client certificate"},
    {"alert certificate expired", OURSELVES, "the server says our certificate has expired"},
    {"alert certificate revoked", OURSELVES, "the server says our certificate was revoked"},
    {"alert unknown ca", OURSELVES, "the server does not know the authority of our certificate"},
    {"alert bad certificate", OURSELVES, "the server refuses our certificate"},
    {"alert unsupported certificate", OURSELVES, "the server refuses our certificate"},
    {"alert certificate unknown", OURSELVES, "the server refuses our certificate"},
    {"alert access denied", OURSELVES, "the server refuses our certificate"},
    {"unsupported protocol", SERVER, "it only speaks too old a protocol version of TLS"},
    {"alert protocol version", SERVER, "it only speaks too old a protocol version of TLS"},
    {"wrong version number", SERVER, "it does not speak TLS"},
    {"http request", SERVER, "it does not speak TLS"},
    {"alert handshake failure", SERVER, "no cipher suite is acceptable to both sides"},
    {"alert insufficient security", SERVER, "no cipher suite is acceptable to both sides"},
    {"no shared cipher", SERVER, "no cipher suite is acceptable to both sides"},
    {"wrong cipher returned", SERVER, "it chose a cipher suite that was not offered"},
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
};

static const struct text_reason *find_text(const char *problem) {
    for (size_t i = 0; i < PP_COUNT(text_reasons); i++) {
        if (strcasestr(problem, text_reasons[i].text))
            return &text_reasons[i];
    }
    return NULL;
}

static const char *find_number(CURL *easy) {
    long number = 0;
    const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    if (!version || !strstr(version, "SSL") || curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &number))
        return NULL;
    for (size_t i = 0; number && i < PP_COUNT(verify_reasons); i++) {
        if (verify_reasons[i].number == number)
            return verify_reasons[i].words;
    }
    return NULL;
}

static void explain_text(const char *problem, enum pp_code fallback, const char *prefix,
                         struct pp_error *error) {
    static const enum pp_code codes[] = {
        [SERVER] = PP_E_TLS, [OURSELVES] = PP_E_DENIED, [NETWORK] = PP_E_NET};
    const struct text_reason *reason = find_text(problem);
    if (!reason)
        pp_fail(error, fallback, "%s%s", prefix, problem);
    else
        pp_fail(error, codes[reason->whose], "%s%s (%s)",
                reason->whose == SERVER ? "the server cannot be trusted: " : "", reason->words, problem);
}

static void explain_verification(CURL *easy, const char *problem, struct pp_error *error) {
    const char *words = find_number(easy);
    if (words)
        pp_fail(error, PP_E_TLS, "the server cannot be trusted: %s (%s)", words, problem);
    else
        explain_text(problem, PP_E_TLS, "the server cannot be trusted: ", error);
}

struct result_kind {
    CURLcode result;
    enum pp_code code;
};

/* Everything that is not listed is PP_E_NET. */
static const struct result_kind result_kinds[] = {
    {CURLE_OUT_OF_MEMORY, PP_E_NOMEM},           {CURLE_URL_MALFORMAT, PP_E_INVALID},
    {CURLE_UNSUPPORTED_PROTOCOL, PP_E_INVALID},  {CURLE_WEIRD_SERVER_REPLY, PP_E_INVALID},
    {CURLE_ABORTED_BY_CALLBACK, PP_E_CANCELLED}, {CURLE_SSL_CACERT_BADFILE, PP_E_TLS},
    {CURLE_SSL_CERTPROBLEM, PP_E_TLS},           {CURLE_SSL_CIPHER, PP_E_TLS},
    {CURLE_SSL_ISSUER_ERROR, PP_E_TLS},          {CURLE_SSL_ENGINE_NOTFOUND, PP_E_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, PP_E_TLS},
};

static enum pp_code code_of_result(CURLcode result) {
    for (size_t i = 0; i < PP_COUNT(result_kinds); i++) {
        if (result_kinds[i].result == result)
            return result_kinds[i].code;
    }
    return PP_E_NET;
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

void net_failure_explain(CURL *easy, CURLcode result, const char *problem, struct pp_error *error) {
    char words[CURL_ERROR_SIZE];
    leave_out_duration(*problem ? problem : curl_easy_strerror(result), words);
    problem = words;
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
        explain_verification(easy, problem, error);
        break;
    case CURLE_SSL_CONNECT_ERROR:
        explain_text(problem, PP_E_TLS, "TLS handshake: ", error);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        pp_fail(error, PP_E_TLS, "the file of trusted authorities cannot be used: %s", problem);
        break;
    case CURLE_SSL_CERTPROBLEM:
        pp_fail(error, PP_E_TLS, "our own certificate or key cannot be used: %s", problem);
        break;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
        /* With TLS 1.3 the server judges our certificate after its own handshake is over. */
        if (strcasestr(problem, " alert "))
            explain_text(problem, PP_E_NET, "", error);
        else
            pp_fail(error, PP_E_NET, "the connection broke: %s", problem);
        break;
    default:
        pp_fail(error, code_of_result(result), "%s", problem);
    }
}
