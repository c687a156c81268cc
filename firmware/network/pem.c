#include "network/pem.h"

#include <string.h>

#define BEGIN  "-----BEGIN "
#define END    "-----END "
#define DASHES "-----"

const char *const pem_certificate[] = {"CERTIFICATE", NULL};
const char *const pem_private_key[] = {"EC PRIVATE KEY", "PRIVATE KEY", "PINGPLAY TPM KEY", NULL};

/* The line at `*text`, which goes behind it; false at the end. */
static bool next_line(const char **text, const char *end, const char **line, size_t *size) {
    const char *feed = *text < end ? memchr(*text, '\n', (size_t)(end - *text)) : NULL;
    *line = *text;
    if (*text >= end)
        return false;
    *size = (size_t)((feed ? feed : end) - *line);
    *text = feed ? feed + 1 : end;
    return true;
}

static bool is_label(const char *line, size_t size, const char *before, const char *name) {
    size_t first = strlen(before), middle = strlen(name), last = sizeof DASHES - 1;
    return size == first + middle + last && memcmp(line, before, first) == 0 &&
           memcmp(line + first, name, middle) == 0 && memcmp(line + first + middle, DASHES, last) == 0;
}

static const char *find_name(const char *line, size_t size, const char *const *names) {
    for (; *names; names++) {
        if (is_label(line, size, BEGIN, *names))
            return *names;
    }
    return NULL;
}

static bool is_base64(const char *line, size_t size) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    for (size_t i = 0; i < size; i++) {
        if (!memchr(letters, line[i], sizeof letters - 1))
            return false;
    }
    return size > 0 && size <= PEM_LINE_MAX;
}

bool pem_check(const char *text, size_t size, const char *const *names, struct pp_error *error) {
    const char *end = text + size, *line, *name = NULL;
    size_t length, lines = 0, blocks = 0;
    while (next_line(&text, end, &line, &length)) {
        if (!name) {
            name = find_name(line, length, names);
            lines = 0;
            if (!name)
                return pp_fail(error, PP_E_INVALID, "no document in PEM, or a line between two of them");
        } else if (lines && is_label(line, length, END, name)) {
            blocks++;
            name = NULL;
        } else if (is_base64(line, length)) {
            lines++;
        } else {
            return pp_fail(error, PP_E_INVALID, "a line in PEM that is no base64");
        }
    }
    return (blocks && !name) || pp_fail(error, PP_E_INVALID, "no document in PEM, or one without its end");
}

bool pem_collect_certificates(const char *text, struct pp_buf *out, struct pp_error *error) {
    const char *end = text + strlen(text), *line;
    size_t length, before = out->size;
    bool inside = false;
    while (next_line(&text, end, &line, &length)) {
        while (length && (line[length - 1] == '\r' || line[length - 1] == ' '))
            length--;
        inside = inside || is_label(line, length, BEGIN, pem_certificate[0]);
        if (inside && (!pp_buf_add(out, line, length, error) || !pp_buf_add_text(out, "\n", error)))
            return false;
        inside = inside && !is_label(line, length, END, pem_certificate[0]);
    }
    return out->size > before || pp_fail(error, PP_E_NOTFOUND, "there is no certificate in PEM in it");
}
