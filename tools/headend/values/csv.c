#include "headend/values/csv.h"

#include <string.h>

#include "base/utf8.h"

/* What is read of a line. */
struct csv {
    const char *at, *end;
    size_t line;
};

/* One field, as it lies in the text: between quotation marks where there are some, with the doubled ones in it. */
struct field {
    const char *text;
    size_t size;
    bool quoted;
    bool last; /* of its line */
};

static bool broken(const struct csv *csv, const char *what, struct pp_error *error) {
    return pp_fail(error, PP_E_INVALID, "line %zu: %s", csv->line, what);
}

/* Behind a field stands a comma, or its line ends. */
static bool field_end(struct csv *csv, struct field *field, struct pp_error *error) {
    field->last = true;
    if (csv->at == csv->end)
        return true;
    bool returned = *csv->at == '\r' && csv->end - csv->at > 1;
    csv->at += returned;
    char behind = *csv->at++;
    field->last = behind == '\n';
    return field->last || (behind == ',' && !returned) ||
           broken(csv, "a comma or the line's end has to follow", error);
}

static bool quoted_read(struct csv *csv, struct field *field, struct pp_error *error) {
    field->text = ++csv->at;
    for (; csv->at < csv->end; csv->at++) {
        if (*csv->at != '"')
            continue;
        if (csv->end - csv->at > 1 && csv->at[1] == '"') {
            csv->at++;
            continue;
        }
        field->size = (size_t)(csv->at++ - field->text);
        return field_end(csv, field, error);
    }
    return broken(csv, "a quotation mark is not closed", error);
}

static bool field_read(struct csv *csv, struct field *field, struct pp_error *error) {
    *field = (struct field){.text = csv->at};
    if (csv->at < csv->end && *csv->at == '"') {
        field->quoted = true;
        return quoted_read(csv, field, error);
    }
    while (csv->at < csv->end && *csv->at != ',' && *csv->at != '\n' && *csv->at != '\r')
        if (*csv->at++ == '"')
            return broken(csv, "a quotation mark within a field", error);
    field->size = (size_t)(csv->at - field->text);
    return field_end(csv, field, error);
}

/* ---- As JSON ---- */

static size_t digits(const char *text, size_t size) {
    size_t count = 0;
    while (count < size && text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

/* RFC 8259 §6. */
static bool is_number(const char *text, size_t size) {
    size_t at = size && *text == '-';
    size_t whole = digits(text + at, size - at);
    if (!whole || (whole > 1 && text[at] == '0') || size > 32)
        return false;
    at += whole;
    if (at < size && text[at] == '.') {
        size_t fraction = digits(text + at + 1, size - at - 1);
        if (!fraction)
            return false;
        at += 1 + fraction;
    }
    return at == size;
}

static bool character_add(struct pp_buf *json, const char *text, size_t size, struct pp_error *error) {
    if (*text == '"' || *text == '\\')
        return pp_buf_addf(json, error, "\\%c", *text);
    if ((unsigned char)*text < 0x20)
        return pp_buf_addf(json, error, "\\u%04x", (unsigned)*text);
    return pp_buf_add(json, text, size, error);
}

static bool text_add(const struct csv *csv, const struct field *field, struct pp_buf *json,
                     struct pp_error *error) {
    if (!pp_buf_add_text(json, "\"", error))
        return false;
    for (size_t i = 0, length; i < field->size; i += length) {
        length = pp_utf8_read(field->text + i, field->size - i, NULL);
        if (!length || !field->text[i])
            return broken(csv, "is not UTF-8", error);
        if (!character_add(json, field->text + i, length, error))
            return false;
        if (field->quoted && field->text[i] == '"')
            length++; /* doubled */
    }
    return pp_buf_add_text(json, "\"", error);
}

static bool value_add(const struct csv *csv, const struct field *field, struct pp_buf *json,
                      struct pp_error *error) {
    return !field->quoted && is_number(field->text, field->size)
               ? pp_buf_add(json, field->text, field->size, error)
               : text_add(csv, field, json, error);
}

struct columns {
    struct field fields[CSV_COLUMNS_MAX];
    size_t count;
};

static bool names_differ(const struct columns *columns) {
    for (size_t i = 0; i < columns->count; i++) {
        const struct field *a = &columns->fields[i];
        for (size_t j = 0; j < i; j++) {
            const struct field *b = &columns->fields[j];
            if (a->size == b->size && memcmp(a->text, b->text, a->size) == 0)
                return false;
        }
    }
    return true;
}

static bool header_read(struct csv *csv, struct columns *columns, struct pp_error *error) {
    struct field field = {0};
    columns->count = 0;
    while (!field.last) {
        if (columns->count == CSV_COLUMNS_MAX)
            return pp_fail(error, PP_E_LIMIT, "line 1: at most %d columns", CSV_COLUMNS_MAX);
        if (!field_read(csv, &field, error))
            return false;
        if (!field.size || field.size > CSV_NAME_MAX)
            return broken(csv, "a column has a name, of at most 64 bytes", error);
        columns->fields[columns->count++] = field;
    }
    return names_differ(columns) || broken(csv, "two columns have one name", error);
}

static bool row_add(struct csv *csv, const struct columns *columns, struct pp_buf *json,
                    struct pp_error *error) {
    struct field field = {0};
    for (size_t i = 0; i < columns->count; i++) {
        if (field.last)
            return broken(csv, "has fewer fields than the first", error);
        if (!field_read(csv, &field, error) || !pp_buf_add_text(json, i ? "," : "{", error) ||
            !text_add(csv, &columns->fields[i], json, error) || !pp_buf_add_text(json, ":", error) ||
            !value_add(csv, &field, json, error))
            return false;
    }
    return field.last ? pp_buf_add_text(json, "}", error)
                      : broken(csv, "has more fields than the first", error);
}

bool csv_to_json(const void *text, size_t size, struct pp_buf *json, struct pp_error *error) {
    struct csv csv = {.at = text, .end = (const char *)text + size, .line = 1};
    struct columns columns;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        csv.at += 3;
    if (!header_read(&csv, &columns, error) || !pp_buf_add_text(json, "[", error))
        return false;
    while (csv.at < csv.end) {
        if (csv.line > 1 && !pp_buf_add_text(json, ",", error))
            return false;
        csv.line++;
        if (!row_add(&csv, &columns, json, error))
            return false;
    }
    return pp_buf_add_text(json, "]", error);
}
