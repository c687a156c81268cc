#include "fleet/answer.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct line {
    const char *text;
    size_t size; /* without CR LF */
};

/* The next line, which ends with CR LF before `end`. */
static bool line_next(const char **at, const char *end, struct line *line) {
    const char *feed = memchr(*at, '\n', (size_t)(end - *at));
    if (!feed || feed == *at || feed[-1] != '\r')
        return false;
    *line = (struct line){*at, (size_t)(feed - *at) - 1};
    *at = feed + 1;
    return true;
}

static bool number_read(const char *text, size_t size, int64_t most, int64_t *number) {
    int64_t value = 0;
    if (!size)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
        if (value > most)
            return false;
    }
    *number = value;
    return true;
}

static bool copy(const struct line *value, char *out, size_t room) {
    if (value->size >= room || memchr(value->text, 0, value->size))
        return false;
    memcpy(out, value->text, value->size);
    out[value->size] = 0;
    return true;
}

/* ---- Headers: what is read of each; false where it is nothing to rely on ---- */

static bool take_length(struct answer *answer, const struct line *value) {
    int64_t length;
    if (!number_read(value->text, value->size, ANSWER_BODY_MAX, &length))
        return false;
    answer->body_size = (size_t)length;
    return true;
}

static bool take_etag(struct answer *answer, const struct line *value) {
    return copy(value, answer->etag, sizeof answer->etag);
}

static bool take_type(struct answer *answer, const struct line *value) {
    return copy(value, answer->type, sizeof answer->type);
}

static bool take_cookie(struct answer *answer, const struct line *value) {
    const char *end = memchr(value->text, ';', value->size);
    const struct line pair = {value->text, end ? (size_t)(end - value->text) : value->size};
    return copy(&pair, answer->cookie, sizeof answer->cookie);
}

static bool take_retry_after(struct answer *answer, const struct line *value) {
    return number_read(value->text, value->size, 86400, &answer->retry_after_s);
}

static bool take_connection(struct answer *answer, const struct line *value) {
    answer->closes = value->size == 5 && strncasecmp(value->text, "close", 5) == 0;
    return true;
}

static bool refuse(struct answer *answer, const struct line *value) {
    (void)answer;
    (void)value;
    return false;
}

static const struct {
    const char *name;
    bool (*take)(struct answer *answer, const struct line *value);
} headers[] = {
    {"content-length", take_length},   {"etag", take_etag},
    {"content-type", take_type},       {"set-cookie", take_cookie},
    {"retry-after", take_retry_after}, {"connection", take_connection},
    {"transfer-encoding", refuse},
};

static bool header_take(struct answer *answer, const struct line *line) {
    const char *colon = memchr(line->text, ':', line->size);
    if (!colon)
        return false;
    size_t name_size = (size_t)(colon - line->text);
    struct line value = {colon + 1, line->size - name_size - 1};
    while (value.size && (*value.text == ' ' || *value.text == '\t')) {
        value.text++;
        value.size--;
    }
    for (size_t i = 0; i < PP_COUNT(headers); i++) {
        if (strlen(headers[i].name) == name_size && strncasecmp(line->text, headers[i].name, name_size) == 0)
            return headers[i].take(answer, &value);
    }
    return true;
}

static bool status_take(struct answer *answer, const struct line *line) {
    int64_t status;
    if (line->size < 12 || strncmp(line->text, "HTTP/1.1 ", 9) != 0 ||
        !number_read(line->text + 9, 3, 599, &status) || status < 100)
        return false;
    answer->status = (int)status;
    return true;
}

/* 204 and 304 have no body, whatever they say of its length (RFC 9110 §8.6). */
static bool has_body(const struct answer *answer) {
    return answer->status >= 200 && answer->status != 204 && answer->status != 304;
}

enum answer_found answer_parse(const char *data, size_t size, struct answer *answer) {
    *answer = (struct answer){.retry_after_s = -1};
    const char *head_end = memmem(data, size, "\r\n\r\n", 4);
    if (!head_end)
        return size > ANSWER_HEAD_MAX ? ANSWER_BROKEN : ANSWER_PART;
    const char *end = head_end + 2;
    const char *at = data;
    struct line line;
    if (!line_next(&at, end, &line) || !status_take(answer, &line))
        return ANSWER_BROKEN;
    while (at < end) {
        if (!line_next(&at, end, &line) || !header_take(answer, &line))
            return ANSWER_BROKEN;
    }
    if (!has_body(answer))
        answer->body_size = 0;
    answer->body = end + 2;
    answer->size = (size_t)(answer->body - data) + answer->body_size;
    return size < answer->size ? ANSWER_PART : ANSWER_WHOLE;
}
