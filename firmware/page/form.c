#include "page/form.h"

#include <strings.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes '+' and %XX of [text, end) in place and puts a NUL behind. */
static bool form_decode(char *text, const char *end, struct pp_error *error) {
    char *out = text;
    for (const char *in = text; in < end; in++) {
        char c = *in;
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = end - in > 2 ? hex_digit(in[1]) : -1;
            int low = high >= 0 ? hex_digit(in[2]) : -1;
            if (low < 0)
                return pp_fail(error, PP_E_INVALID, "form: bad percent-encoding");
            c = (char)(high << 4 | low);
            in += 2;
        }
        if ((unsigned char)c < ' ' && c != '\r' && c != '\n')
            return pp_fail(error, PP_E_INVALID, "form: control character");
        *out++ = c;
    }
    *out = 0;
    return true;
}

static bool form_add(struct form *form, char *start, char *end, struct pp_error *error) {
    if (form->count == FORM_FIELDS_MAX)
        return pp_fail(error, PP_E_LIMIT, "form: more than %d fields", FORM_FIELDS_MAX);
    char *equals = memchr(start, '=', (size_t)(end - start));
    char *value = equals ? equals + 1 : end;
    if (!form_decode(value, end, error) || !form_decode(start, equals ? equals : end, error))
        return false;
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, start) == 0)
            return pp_fail(error, PP_E_INVALID, "form: a field stands twice");
    }
    form->fields[form->count].name = start;
    form->fields[form->count].value = equals ? value : "";
    form->count++;
    return true;
}

bool form_parse(struct form *form, const void *body, size_t size, struct pp_error *error) {
    *form = (struct form){.text = malloc(size + 1), .size = size};
    if (!form->text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (size)
        memcpy(form->text, body, size);
    form->text[size] = 0;
    char *end = form->text + size;
    for (char *start = form->text; start < end;) {
        char *stop = memchr(start, '&', (size_t)(end - start));
        if (!stop)
            stop = end;
        if (stop > start && !form_add(form, start, stop, error))
            return false;
        start = stop + 1;
    }
    return true;
}

void form_finish(struct form *form) {
    if (form->text)
        pp_wipe(form->text, form->size);
    free(form->text);
    *form = (struct form){0};
}

const char *form_get(const struct form *form, const char *name) {
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    }
    return "";
}

bool cookie_find(const char *header, const char *name, char value[COOKIE_VALUE_MAX]) {
    size_t length = strlen(name);
    bool found = false;
    for (const char *pair = header; pair && *pair; pair += strcspn(pair, ";"), pair += *pair == ';') {
        pair += strspn(pair, " \t");
        if (strncmp(pair, name, length) != 0 || pair[length] != '=')
            continue;
        const char *start = pair + length + 1;
        size_t size = strcspn(start, "; \t");
        if (found || size >= COOKIE_VALUE_MAX)
            return false;
        memcpy(value, start, size);
        value[size] = 0;
        found = true;
    }
    return found;
}

/* Digits at *text, which is moved behind them; false without any or over 2^63. */
static bool digits_take(const char **text, uint64_t *number) {
    size_t count = strspn(*text, "0123456789");
    if (!count || count > 18)
        return false;
    *number = 0;
    for (size_t i = 0; i < count; i++)
        *number = *number * 10 + (uint64_t)((*text)[i] - '0');
    *text += count;
    return true;
}

static enum range_kind range_suffix(const char *text, uint64_t size, uint64_t *first, uint64_t *last) {
    uint64_t count;
    if (!digits_take(&text, &count) || *text)
        return RANGE_WHOLE;
    if (!count || !size)
        return RANGE_UNSATISFIABLE;
    *first = count < size ? size - count : 0;
    *last = size - 1;
    return RANGE_PART;
}

enum range_kind range_parse(const char *header, uint64_t size, uint64_t *first, uint64_t *last) {
    if (!header || strncasecmp(header, "bytes=", 6) != 0)
        return RANGE_WHOLE;
    const char *text = header + 6;
    if (*text == '-')
        return range_suffix(text + 1, size, first, last);
    uint64_t from;
    if (!digits_take(&text, &from) || *text++ != '-')
        return RANGE_WHOLE;
    uint64_t to = UINT64_MAX;
    if (*text && (!digits_take(&text, &to) || *text || to < from))
        return RANGE_WHOLE;
    if (from >= size)
        return RANGE_UNSATISFIABLE;
    *first = from;
    *last = to < size ? to : size - 1;
    return RANGE_PART;
}

bool etag_matches(const char *header, const char *etag) {
    size_t length = strlen(etag);
    while (header && *header) {
        header += strspn(header, " \t,");
        if (*header == '*')
            return true;
        if (strncmp(header, "W/", 2) == 0)
            header += 2;
        if (strncmp(header, etag, length) == 0 && strchr(" \t,", header[length]))
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

unsigned prefer_wait(const char *header, unsigned max) {
    while (header && *header) {
        header += strspn(header, " \t,;");
        if (strncasecmp(header, "wait=", 5) == 0) {
            uint64_t seconds;
            header += 5;
            if (!digits_take(&header, &seconds))
                return 0;
            return seconds < max ? (unsigned)seconds : max;
        }
        header += strcspn(header, ",;");
    }
    return 0;
}

/* The quality of one language range, in thousandths; `parameters` is what follows its ';'. */
static int language_quality(const char *parameters, size_t size) {
    const char *q = memmem(parameters, size, "q=", 2);
    if (!q)
        return 1000;
    int quality = 0;
    int weight = 1000;
    for (q += 2; q < parameters + size && (*q == '.' || (*q >= '0' && *q <= '9')); q++) {
        if (*q == '.')
            continue;
        quality += weight * (*q - '0');
        weight /= 10;
    }
    return quality;
}

const char *language_choose(const char *header) {
    int french = 0;
    int english = 1; /* what is left without a preference */
    while (header && *header) {
        header += strspn(header, " \t,");
        size_t size = strcspn(header, ",");
        size_t name = strcspn(header, ",;- \t");
        int quality = language_quality(header + name, size - name);
        if (name == 2 && strncasecmp(header, "fr", 2) == 0 && quality > french)
            french = quality;
        if (name == 2 && strncasecmp(header, "en", 2) == 0 && quality > english)
            english = quality;
        header += size;
    }
    return french > english ? "fr" : "en";
}
