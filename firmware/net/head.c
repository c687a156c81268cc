#include "net/head.h"

#include <ctype.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static bool token_char(unsigned char c) {
    return isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t trimmed_end(const char *line, size_t size) {
    while (size && (line[size - 1] == '\r' || line[size - 1] == '\n' || line[size - 1] == ' ' ||
                    line[size - 1] == '\t'))
        size--;
    return size;
}

static bool value_valid(const char *value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return false;
    }
    return true;
}

/* libcurl would undo any other it knows, asked or not, and do so before the body is seen here. */
static bool check_transfer(const char *name, const char *value, struct pp_error *error) {
    return strcmp(name, "transfer-encoding") != 0 || strcasecmp(value, "chunked") == 0 ||
           pp_fail(error, PP_E_INVALID, "answer in a transfer encoding nobody asked for: %.40s", value);
}

static bool add_header(struct net_head *head, const char *line, size_t size, struct pp_error *error) {
    size_t name = 0;
    while (name < size && token_char((unsigned char)line[name]))
        name++;
    if (name == 0 || name == size || line[name] != ':')
        return pp_fail(error, PP_E_INVALID, "header line %zu of the answer has no name", head->lines);
    size_t value = name + 1;
    while (value < size && (line[value] == ' ' || line[value] == '\t'))
        value++;
    if (!value_valid(line + value, size - value))
        return pp_fail(error, PP_E_INVALID, "header line %zu of the answer has a control character",
                       head->lines);
    uint8_t *place = pp_buf_reserve(&head->text, name + 1 + (size - value) + 1, error);
    if (!place)
        return false;
    const char *text = (const char *)place;
    for (size_t i = 0; i < name; i++)
        *place++ = (uint8_t)tolower((unsigned char)line[i]);
    *place++ = 0;
    memcpy(place, line + value, size - value);
    place[size - value] = 0;
    head->text.size += name + 1 + (size - value) + 1;
    head->text.data[head->text.size] = 0;
    head->count++;
    return check_transfer(text, text + name + 1, error);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200" (RFC 9112 §4): a version that was asked for, three digits, then a space or the end.
 * libcurl 8.14 reads the first three digits of more. */
static bool status_line_valid(const char *line, size_t size) {
    static const char *const versions[] = {"HTTP/1.0 ", "HTTP/1.1 ", "HTTP/2 "};
    size_t end = trimmed_end(line, size);
    for (size_t i = 0; i < PP_COUNT(versions); i++) {
        size_t at = strlen(versions[i]);
        if (end < at + 3 || memcmp(line, versions[i], at) != 0)
            continue;
        for (size_t digit = 0; digit < 3; digit++) {
            if (!isdigit((unsigned char)line[at + digit]))
                return false;
        }
        return end == at + 3 || line[at + 3] == ' ';
    }
    return false;
}

bool net_head_line(struct net_head *head, const char *line, size_t size, struct pp_error *error) {
    head->lines++;
    head->bytes += size;
    if (head->lines > NET_RESPONSE_HEADERS_MAX)
        return pp_fail(error, PP_E_LIMIT, "answer of more than %d header lines", NET_RESPONSE_HEADERS_MAX);
    if (head->bytes > NET_RESPONSE_HEADER_MAX)
        return pp_fail(error, PP_E_LIMIT, "answer of more than %d bytes of headers", NET_RESPONSE_HEADER_MAX);
    if (head->complete)
        return true;
    if (size >= 5 && !memcmp(line, "HTTP/", 5)) {
        pp_buf_finish(&head->text);
        head->count = 0;
        return status_line_valid(line, size) || pp_fail(error, PP_E_INVALID, NET_NOT_HTTP);
    }
    size_t end = trimmed_end(line, size);
    return end == 0 || add_header(head, line, end, error);
}

static bool index_headers(struct net_head *head, struct net_response *response, struct pp_error *error) {
    struct net_header *headers = calloc(head->count + 1, sizeof *headers);
    if (!headers)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    response->header_text = head->text;
    head->text = PP_BUF_INIT(head->text.max);
    const char *text = pp_buf_text(&response->header_text);
    for (size_t i = 0; i < head->count; i++) {
        headers[i].name = text;
        headers[i].value = text + strlen(text) + 1;
        text = headers[i].value + strlen(headers[i].value) + 1;
    }
    response->headers = headers;
    response->header_count = head->count;
    return true;
}

/* "" where absent. */
static bool single(const struct net_response *response, const char *name, const char **value,
                   struct pp_error *error) {
    *value = "";
    bool seen = false;
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) != 0)
            continue;
        if (seen)
            return pp_fail(error, PP_E_INVALID, "answer with two %s headers", name);
        seen = true;
        *value = response->headers[i].value;
    }
    return true;
}

/* A decimal number at *text, which then stands behind it. */
static bool take_number(const char **text, int64_t *number) {
    const char *c = *text;
    int64_t value = 0;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (c - *text == 18)
            return false;
        value = value * 10 + (*c - '0');
    }
    if (c == *text)
        return false;
    *text = c;
    *number = value;
    return true;
}

static bool parse_length(const char *value, int64_t *length, struct pp_error *error) {
    *length = -1;
    if (*value && (!take_number(&value, length) || *value))
        return pp_fail(error, PP_E_INVALID, "answer with an invalid content-length header");
    return true;
}

/* "bytes 100-199/300", "bytes 100-199/" and a star, or "bytes " star "/300" (RFC 9110 §14.4). */
static bool parse_range(const char *value, struct net_response *response, int64_t *length) {
    if (strncasecmp(value, "bytes ", 6) != 0)
        return false;
    value += 6;
    int64_t start = -1;
    int64_t last = -1;
    if (*value == '*')
        value++;
    else if (!take_number(&value, &start) || *value++ != '-' || !take_number(&value, &last) || last < start)
        return false;
    if (*value++ != '/')
        return false;
    int64_t total = -1;
    if (!strcmp(value, "*"))
        value++;
    else if (!take_number(&value, &total) || total <= last)
        return false;
    response->range_start = start;
    response->range_total = total;
    *length = start < 0 ? -1 : last - start + 1;
    return *value == 0;
}

static bool check_range(struct net_response *response, uint64_t asked, struct pp_error *error) {
    const char *value;
    int64_t length = -1;
    if (!single(response, "content-range", &value, error))
        return false;
    if (response->status != 206 && response->status != 416)
        return true;
    bool valid = parse_range(value, response, &length);
    if (response->status == 416)
        return valid || !*value ||
               pp_fail(error, PP_E_INVALID, "answer with an invalid content-range header");
    if (!valid || response->range_start < 0)
        return pp_fail(error, PP_E_INVALID, "partial answer without a valid content-range header");
    if (asked == 0 || (uint64_t)response->range_start != asked)
        return pp_fail(error, PP_E_INVALID, "partial answer from byte %lld, asked for byte %llu",
                       (long long)response->range_start, (unsigned long long)asked);
    if (response->content_length >= 0 && response->content_length != length)
        return pp_fail(error, PP_E_INVALID, "partial answer whose length is not that of its range");
    return true;
}

/* Seconds, or a date, which is reckoned from the server's own Date where it gives one. */
static int64_t parse_retry_after(const char *value, const char *date, int64_t now_s) {
    int64_t seconds = -1;
    if (!*value)
        return -1;
    const char *rest = value;
    if (*value >= '0' && *value <= '9' && take_number(&rest, &seconds) && !*rest)
        return seconds;
    time_t then = curl_getdate(value, NULL);
    if (then == -1)
        return -1;
    time_t server_now = *date ? curl_getdate(date, NULL) : -1;
    seconds = (int64_t)then - (server_now == -1 ? now_s : (int64_t)server_now);
    return seconds > 0 ? seconds : 0;
}

bool net_head_finish(struct net_head *head, uint64_t range_from, int64_t now_s, struct net_response *response,
                     struct pp_error *error) {
    const char *length;
    const char *encoding;
    const char *transfer;
    const char *retry;
    const char *date;
    head->complete = true;
    if (!index_headers(head, response, error) || !single(response, "etag", &response->etag, error) ||
        !single(response, "content-type", &response->content_type, error) ||
        !single(response, "location", &response->location, error) ||
        !single(response, "content-length", &length, error) ||
        !single(response, "content-encoding", &encoding, error) ||
        !single(response, "transfer-encoding", &transfer, error) ||
        !single(response, "retry-after", &retry, error) || !single(response, "date", &date, error))
        return false;
    if (*encoding && strcasecmp(encoding, "identity") != 0)
        return pp_fail(error, PP_E_INVALID, "answer in an encoding nobody asked for: %.40s", encoding);
    if (*transfer && *length)
        return pp_fail(error, PP_E_INVALID,
                       "answer with both a content-length and a transfer-encoding header");
    response->retry_after_s = parse_retry_after(retry, date, now_s);
    return parse_length(length, &response->content_length, error) && check_range(response, range_from, error);
}

void net_response_init(struct net_response *response, size_t body_max) {
    *response = (struct net_response){.body = PP_BUF_INIT(body_max),
                                      .etag = "",
                                      .content_type = "",
                                      .location = "",
                                      .content_length = -1,
                                      .range_start = -1,
                                      .range_total = -1,
                                      .retry_after_s = -1};
}

void net_response_finish(struct net_response *response) {
    pp_buf_finish(&response->body);
    pp_buf_finish(&response->header_text);
    free(response->headers);
    net_response_init(response, response->body.max);
}

const char *net_response_header(const struct net_response *response, const char *name) {
    const char *value = NULL;
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) != 0)
            continue;
        if (value)
            return NULL;
        value = response->headers[i].value;
    }
    return value;
}

bool net_response_has_type(const struct net_response *response, const char *media_type) {
    size_t length = strlen(media_type);
    if (strncasecmp(response->content_type, media_type, length) != 0)
        return false;
    char end = response->content_type[length];
    return end == 0 || end == ';' || end == ' ';
}
