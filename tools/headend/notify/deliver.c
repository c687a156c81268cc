#include "headend/notify/deliver.h"

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define CONNECT_MAX_S 15L /* s */

static void handle_close(CURL **handle) {
    if (*handle)
        curl_easy_cleanup(*handle);
}
static void list_close(struct curl_slist **list) {
    curl_slist_free_all(*list);
}
#define autohandle PP_CLEANUP(handle_close)
#define autolist   PP_CLEANUP(list_close)

/* One attempt. */
struct attempt {
    const struct delivery *delivery;
    const struct reach *reach; /* NULL: anywhere */
    CURL *handle;
    CURLcode set; /* of all options: the first that was not taken */
    char words[CURL_ERROR_SIZE];
    struct pp_buf data; /* to be sent */
    size_t sent, answered;
    bool closed_to_us; /* the address is one that we may not go to */
};

#define SET(attempt, option, value)                                                                          \
    do {                                                                                                     \
        CURLcode code_ = curl_easy_setopt((attempt)->handle, option, value);                                 \
        if ((attempt)->set == CURLE_OK)                                                                      \
            (attempt)->set = code_;                                                                          \
    } while (0)

static size_t on_read(char *out, size_t unit, size_t count, void *arg) {
    struct attempt *attempt = arg;
    size_t left = attempt->data.size - attempt->sent;
    size_t size = unit * count < left ? unit * count : left;
    if (size)
        memcpy(out, attempt->data.data + attempt->sent, size);
    attempt->sent += size;
    return size;
}

/* Nobody needs what is answered; who answers without end is hung up on. */
static size_t on_answer(char *data, size_t unit, size_t count, void *arg) {
    struct attempt *attempt = arg;
    (void)data;
    attempt->answered += unit * count;
    return attempt->answered > DELIVER_ANSWER_MAX ? 0 : unit * count;
}

static int on_progress(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all, curl_off_t up) {
    const struct attempt *attempt = arg;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return attempt->delivery->cancel && atomic_load(attempt->delivery->cancel);
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
    struct attempt *attempt = arg;
    (void)purpose;
    attempt->closed_to_us = attempt->reach && !reach_allows(attempt->reach, &address->addr);
    if (attempt->closed_to_us)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void setup_common(struct attempt *attempt) {
    SET(attempt, CURLOPT_ERRORBUFFER, attempt->words);
    SET(attempt, CURLOPT_NOSIGNAL, 1L);
    SET(attempt, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(attempt, CURLOPT_PROXY, "");
    SET(attempt, CURLOPT_TIMEOUT, (long)DELIVER_MAX_S);
    SET(attempt, CURLOPT_CONNECTTIMEOUT, CONNECT_MAX_S);
    SET(attempt, CURLOPT_CAINFO, attempt->delivery->ca_file);
    SET(attempt, CURLOPT_CAPATH, NULL);
    SET(attempt, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(attempt, CURLOPT_OPENSOCKETDATA, attempt);
    SET(attempt, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(attempt, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(attempt, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(attempt, CURLOPT_WRITEFUNCTION, on_answer);
    SET(attempt, CURLOPT_WRITEDATA, attempt);
    SET(attempt, CURLOPT_NOPROGRESS, 0L);
    SET(attempt, CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(attempt, CURLOPT_XFERINFODATA, attempt);
}

/* What libcurl says, in our terms. */
static bool fail_of(const struct attempt *attempt, CURLcode code, struct pp_error *error) {
    long status = 0;
    const char *words = *attempt->words ? attempt->words : curl_easy_strerror(code);
    curl_easy_getinfo(attempt->handle, CURLINFO_RESPONSE_CODE, &status);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return pp_fail(error, PP_E_CANCELLED, "the server stops");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
        return pp_fail(error, PP_E_TLS, "TLS: %.160s", words);
    case CURLE_LOGIN_DENIED:
        return pp_fail(error, PP_E_AUTH, "the mail server does not take name and password (%ld)", status);
    case CURLE_SEND_ERROR: /* of SMTP: a recipient, or the mail itself */
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
        if (status >= 400)
            return pp_fail(error, PP_E_DENIED, "the mail server does not take it (%ld)", status);
        return pp_fail(error, PP_E_NET, "%.160s", words);
    case CURLE_WRITE_ERROR:
        return pp_fail(error, PP_E_LIMIT, "the answer has more than %d bytes", DELIVER_ANSWER_MAX);
    default:
        return pp_fail(error, PP_E_NET, "%.160s", words);
    }
}

static bool perform(struct attempt *attempt, struct pp_error *error) {
    if (attempt->set != CURLE_OK)
        return pp_fail(error, PP_E_STATE, "libcurl: %s", curl_easy_strerror(attempt->set));
    CURLcode code = curl_easy_perform(attempt->handle);
    if (code == CURLE_OK)
        return true;
    if (attempt->closed_to_us)
        return pp_fail(error, PP_E_DENIED, "its address is not of the public network (webhook-networks)");
    return fail_of(attempt, code, error);
}

static bool attempt_begin(struct attempt *attempt, struct pp_error *error) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(attempt->handle = curl_easy_init()))
        return pp_fail(error, PP_E_NOMEM, "libcurl does not start");
    setup_common(attempt);
    return true;
}

/* ---- Mail ---- */

static bool is_host(const char *host) {
    size_t size = strlen(host);
    return size && size <= MAIL_HOST_MAX && *host != '-' && *host != '.' &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == size;
}

static bool is_line(const char *text) {
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            return false;
    }
    return true;
}

bool mail_server_check(const struct mail_server *server, struct pp_error *error) {
    if (!is_host(server->host))
        return pp_fail(error, PP_E_INVALID, "host: must be a mail server's name");
    if (server->port < 1 || server->port > 65535)
        return pp_fail(error, PP_E_INVALID, "port: must be 1 to 65535");
    if (!is_line(server->user))
        return pp_fail(error, PP_E_INVALID, "user: has what stands in no name");
    if (!is_line(server->password) || (*server->user != 0) != (*server->password != 0))
        return pp_fail(error, PP_E_INVALID, "password: one where there is a user, of one line");
    return mail_address_check("from", server->from, error);
}

void mail_server_wipe(struct mail_server *server) {
    pp_wipe(server, sizeof *server);
}

static void setup_mail(struct attempt *attempt, const struct mail_server *server, const struct mail *mail,
                       struct curl_slist *recipients) {
    char url[MAIL_HOST_MAX + 64];
    char from[MAIL_ADDRESS_MAX + 3];
    const char *domain = strchr(server->from, '@');
    snprintf(from, sizeof from, "<%s>", mail->from);
    /* Who we are (EHLO) is the domain that mails are from. */
    snprintf(url, sizeof url, "%s://%s:%d/%.40s", server->tls_first ? "smtps" : "smtp", server->host,
             (int)server->port, domain ? domain + 1 : "");
    SET(attempt, CURLOPT_URL, url);
    SET(attempt, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(attempt, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    if (*server->user) {
        SET(attempt, CURLOPT_USERNAME, server->user);
        SET(attempt, CURLOPT_PASSWORD, server->password);
    }
    SET(attempt, CURLOPT_MAIL_FROM, from);
    SET(attempt, CURLOPT_MAIL_RCPT, recipients);
    SET(attempt, CURLOPT_UPLOAD, 1L);
    SET(attempt, CURLOPT_READFUNCTION, on_read);
    SET(attempt, CURLOPT_READDATA, attempt);
}

bool deliver_mail(const struct delivery *delivery, const struct mail_server *server, const struct mail *mail,
                  struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(MAIL_MAX);
    char to[MAIL_ADDRESS_MAX + 3];
    struct attempt attempt = {.delivery = delivery};
    if (!mail_write(mail, &data, error) || !attempt_begin(&attempt, error))
        return false;
    autohandle CURL *handle = attempt.handle;
    snprintf(to, sizeof to, "<%s>", mail->to);
    autolist struct curl_slist *recipients = curl_slist_append(NULL, to);
    if (!recipients)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    attempt.data = data; /* borrowed */
    setup_mail(&attempt, server, mail, recipients);
    return handle && perform(&attempt, error);
}

/* ---- Webhooks ---- */

/* "name: value" behind the others; NULL, and the others freed, without memory. */
static struct curl_slist *header_add(struct curl_slist *list, const char *name, const char *value) {
    char line[256];
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        curl_slist_free_all(list);
    return longer;
}

static struct curl_slist *headers_make(const struct webhook_message *message, const char *signature) {
    char time[24];
    snprintf(time, sizeof time, "%lld", (long long)message->time);
    const char *const headers[][2] = {{"content-type", "application/json"},
                                      {"webhook-id", message->id},
                                      {"webhook-timestamp", time},
                                      {"webhook-signature", signature},
                                      {"user-agent", "pingplay-headend/" PP_VERSION}};
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < PP_COUNT(headers); i++) {
        list = header_add(list, headers[i][0], headers[i][1]);
        if (!list)
            return NULL;
    }
    return list;
}

static void setup_webhook(struct attempt *attempt, const char *url, struct curl_slist *headers) {
    SET(attempt, CURLOPT_URL, url);
    SET(attempt, CURLOPT_PROTOCOLS_STR, "https");
    SET(attempt, CURLOPT_FOLLOWLOCATION, 0L);
    SET(attempt, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(attempt, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(attempt, CURLOPT_HTTPHEADER, headers);
    SET(attempt, CURLOPT_POST, 1L);
    SET(attempt, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)attempt->data.size);
    SET(attempt, CURLOPT_POSTFIELDS, attempt->data.data);
}

bool deliver_webhook(const struct delivery *delivery, const char *url, const struct webhook_message *message,
                     const uint8_t secret[WEBHOOK_SECRET_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(WEBHOOK_BODY_MAX);
    char signature[WEBHOOK_SIGNATURE_SIZE];
    long status = 0;
    struct attempt attempt = {.delivery = delivery, .reach = delivery->reach};
    if (!webhook_url_check(url, error) || !pp_buf_add_text(&data, message->body, error) ||
        !webhook_sign(message, secret, WEBHOOK_SECRET_SIZE, signature, error) ||
        !attempt_begin(&attempt, error))
        return false;
    autohandle CURL *handle = attempt.handle;
    autolist struct curl_slist *headers = headers_make(message, signature);
    if (!headers)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    attempt.data = data; /* borrowed */
    setup_webhook(&attempt, url, headers);
    if (!perform(&attempt, error))
        return false;
    if (curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200 ||
        status > 299)
        return pp_fail(error, PP_E_DENIED, "it was answered %ld", status);
    return true;
}
