#include "headend/pages/page.h"

#include "base/encode.h"
#include "base/log.h"
#include "crypto/bulk.h"
#include "headend/pages/embedded.h"
#include "headend/pages/handlers.h"
#include "headend/server/csrf.h"
#include "page/strings.h"
#include "page/template.h"

#define PAGE_KEY_MAX 96 /* bytes of a text's key with the NUL */
#define CONTENT_SECURITY_POLICY                                                                              \
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "          \
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

void page_start(struct page *page, const struct request *request) {
    *page =
        (struct page){.strings = request->app->strings,
                      .language = language_choose(request_header(request, MHD_HTTP_HEADER_ACCEPT_LANGUAGE))};
    char token[CSRF_SIZE];
    page_set(page, "lang", page->language);
    page_set(page, "version", PP_VERSION);
    if (!request->admin.id)
        return;
    page_set(page, "admin", request->admin.name);
    if (csrf_token(request->admin.session, token, NULL))
        page_set(page, "csrf", token);
}

void page_finish(struct page *page) {
    for (size_t i = 0; i < page->count; i++)
        free(page->values[i].value);
    page->count = 0;
}

void page_set(struct page *page, const char *name, const char *value) {
    char *copy = strdup(value);
    size_t place = 0;
    while (place < page->count && strcmp(page->values[place].name, name) != 0)
        place++;
    if (!copy || place == PAGE_VALUES_MAX) {
        free(copy);
        page->failed = true;
        return;
    }
    if (place < page->count)
        free(page->values[place].value);
    else
        page->count++;
    page->values[place].name = name;
    page->values[place].value = copy;
}

const char *page_text(const struct page *page, const char *key) {
    return strings_get(page->strings, page->language, key);
}

const char *page_text_of(const struct page *page, const char *prefix, const char *key) {
    char name[PAGE_KEY_MAX];
    int size = snprintf(name, sizeof name, "%s%s", prefix, key);
    return size > 0 && size < PAGE_KEY_MAX ? strings_find(page->strings, page->language, name) : NULL;
}

void page_set_number(struct page *page, const char *name, int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)number);
    page_set(page, name, text);
}

const char *page_get(const struct page *page, const char *name) {
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(page->values[i].name, name) == 0)
            return page->values[i].value;
    }
    return "";
}

static const char *page_lookup(void *arg, const char *name) {
    const struct page *page = arg;
    return strncmp(name, "t.", 2) == 0 ? page_text(page, name + 2) : page_get(page, name);
}

bool page_render(struct page *page, const char *file, struct pp_buf *out, struct pp_error *error) {
    const struct embedded_file *template = embedded_find(embedded_files, file);
    if (!template || page->failed)
        return pp_fail(error, template ? PP_E_NOMEM : PP_E_NOTFOUND, "page %s: cannot be made", file);
    return template_render((const char *)template->data, page_lookup, page, out, error) ||
           pp_wrap(error, "%s", file);
}

void page_reply(struct page *page, const struct request *request, struct reply *reply, unsigned status,
                const char *file) {
    struct pp_error error;
    pp_autobuf struct pp_buf content = PP_BUF_INIT(PAGE_MAX);
    pp_autobuf struct pp_buf whole = PP_BUF_INIT(PAGE_MAX);
    (void)request;
    if (!page_render(page, file, &content, &error)) {
        reply_failure(reply, &error);
        return;
    }
    page_set(page, "content", pp_buf_text(&content));
    if (!page_render(page, "layout.html", &whole, &error)) {
        reply_failure(reply, &error);
        return;
    }
    reply_data(reply, status, "text/html; charset=utf-8", whole.data, whole.size);
    reply->is_page = true;
    reply_header(reply, "Content-Security-Policy", CONTENT_SECURITY_POLICY);
    reply_header(reply, "X-Frame-Options", "DENY");
    reply_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
    reply_header(reply, MHD_HTTP_HEADER_CONTENT_LANGUAGE, page->language);
    reply_header(reply, MHD_HTTP_HEADER_VARY, "Accept-Language, Cookie");
}

void page_message(const struct request *request, struct reply *reply, unsigned status, const char *key) {
    page_auto struct page page;
    char name[64];
    page_start(&page, request);
    snprintf(name, sizeof name, "message.%s.title", key);
    page_set(&page, "title", page_text(&page, name));
    snprintf(name, sizeof name, "message.%s.text", key);
    page_set(&page, "text", page_text(&page, name));
    page_reply(&page, request, reply, status, "message.html");
}

/* Puts the number in the place of "{n}". */
static void count_text(const char *pattern, long long count, char *text, size_t size) {
    const char *mark = strstr(pattern, "{n}");
    if (!mark)
        snprintf(text, size, "%s", pattern);
    else
        snprintf(text, size, "%.*s%lld%s", (int)(mark - pattern), pattern, count, mark + 3);
}

void page_ago(const struct page *page, int64_t seen, int64_t now, char *text, size_t size) {
    int64_t ago = now > seen ? now - seen : 0;
    if (!seen)
        snprintf(text, size, "%s", page_text(page, "ago.never"));
    else if (ago < 60)
        snprintf(text, size, "%s", page_text(page, "ago.now"));
    else if (ago < 3600)
        count_text(page_text(page, "ago.minutes"), (long long)(ago / 60), text, size);
    else if (ago < 2 * 86400)
        count_text(page_text(page, "ago.hours"), (long long)(ago / 3600), text, size);
    else
        count_text(page_text(page, "ago.days"), (long long)(ago / 86400), text, size);
}

void page_home(struct request *request, struct reply *reply) {
    (void)request;
    reply_redirect(reply, "/admin/screens");
}

static const char *asset_type(const char *name) {
    static const char *const types[][2] = {{".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".svg", "image/svg+xml"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < PP_COUNT(types); i++) {
        if (strcmp(types[i][0], dot) == 0)
            return types[i][1];
    }
    return NULL; /* templates and texts are not for the browser */
}

void page_asset(struct request *request, struct reply *reply) {
    const char *name = request_parameter(request, "name");
    const struct embedded_file *file = embedded_find(embedded_files, name);
    const char *type = asset_type(name);
    uint8_t digest[BULK_SHA256_SIZE];
    char etag[PP_HEX_SIZE(8) + 2] = "\"";
    if (!file || !type || !crypto_sha256(file->data, file->size, digest, NULL)) {
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "there is nothing at this address");
        return;
    }
    pp_hex_encode(digest, 8, etag + 1);
    strcat(etag, "\"");
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag))
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    else
        reply_data(reply, MHD_HTTP_OK, type, file->data, file->size);
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
    reply_header(reply, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
}
