#include "fetch.h"

#include <curl/curl.h>

struct fetch {
    CURL *curl;
};

struct download {
    struct pp_buf *out; /* its cap is the limit */
    struct pp_error *error;
    bool failed; /* the buffer took no more, and said why */
};

static inline void url_auto(CURLU **url) {
    curl_url_cleanup(*url);
}

static inline void text_auto(char **text) {
    curl_free(*text);
}

struct fetch *fetch_create(struct pp_error *error) {
    PP_AUTO(fetch) struct fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        pp_fail(error, PP_E_NOMEM, "libcurl does not start");
        return NULL;
    }
    fetch->curl = curl_easy_init();
    if (!fetch->curl) {
        pp_fail(error, PP_E_NOMEM, "libcurl does not start");
        return NULL;
    }
    return pp_steal(&fetch);
}

void fetch_destroy(struct fetch *fetch) {
    if (!fetch)
        return;
    curl_easy_cleanup(fetch->curl);
    curl_global_cleanup();
    free(fetch);
}

static bool is_loopback(const char *host) {
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strcmp(host, "127.0.0.1") == 0;
}

static bool check_address(const char *text, struct pp_error *error) {
    PP_CLEANUP(url_auto) CURLU *url = curl_url();
    PP_CLEANUP(text_auto) char *scheme = NULL;
    PP_CLEANUP(text_auto) char *host = NULL;
    if (!url || curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        return pp_fail(error, PP_E_INVALID, "not an address: %s", text);
    if (strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && is_loopback(host)))
        return true;
    return pp_fail(error, PP_E_INVALID, "only https is allowed beyond this machine: %s", text);
}

static size_t take_data(char *data, size_t size, size_t count, void *arg) {
    struct download *download = arg;
    if (pp_buf_add(download->out, data, size * count, download->error))
        return size * count;
    download->failed = true;
    return 0;
}

static bool prepare(CURL *curl, const char *url, struct download *download) {
    curl_easy_reset(curl);
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_data) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, download) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, FETCH_CONNECT_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT, FETCH_TIMEOUT_S) == CURLE_OK;
}

static enum trust_fetch_result judge_status(CURL *curl, const char *url, struct pp_error *error) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return TRUST_FETCH_OK;
    if (status == 403 || status == 404 || status == 410)
        return TRUST_FETCH_NOT_FOUND;
    pp_fail(error, PP_E_HTTP, "%s: HTTP status %ld", url, status);
    return TRUST_FETCH_FAILED;
}

enum trust_fetch_result fetch_url(void *arg, const char *url, size_t max_bytes, struct pp_buf *out,
                                  struct pp_error *error) {
    struct fetch *fetch = arg;
    /* An error page is nobody's metadata, so its length is no failure. */
    pp_autobuf struct pp_buf body = PP_BUF_INIT(max_bytes);
    struct download download = {.out = &body, .error = error};
    if (!check_address(url, error))
        return TRUST_FETCH_FAILED;
    if (!prepare(fetch->curl, url, &download)) {
        pp_fail(error, PP_E_NET, "%s: libcurl refuses an option", url);
        return TRUST_FETCH_FAILED;
    }
    CURLcode code = curl_easy_perform(fetch->curl);
    enum trust_fetch_result result = TRUST_FETCH_FAILED;
    if (code == CURLE_OK || download.failed)
        result = judge_status(fetch->curl, url, error);
    else
        pp_fail(error, PP_E_NET, "%s: %s", url, curl_easy_strerror(code));
    if (result != TRUST_FETCH_OK)
        return result;
    if (download.failed) {
        pp_fail(error, PP_E_LIMIT, "%s: larger than %zu bytes", url, max_bytes);
        return TRUST_FETCH_FAILED;
    }
    return pp_buf_add(out, body.data, body.size, error) ? TRUST_FETCH_OK : TRUST_FETCH_FAILED;
}
