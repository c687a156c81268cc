#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

struct config_reader {
    const struct pp_config_field *table;
    bool seen[PP_CONFIG_FIELDS_MAX]; /* which rows the file has named */
    const char *next;                /* text not yet read */
    int line;                        /* the one that inih has been given last, from 1 */
    int stop;                        /* the line not to go beyond, 0 for none */
    struct pp_error *error;          /* of `line`; nothing is read after it */
};

/* fgets over a text, counting lines: Debian's inih is built without INI_HANDLER_LINENO. */
static char *config_next_line(char *line, int size, void *stream) {
    struct config_reader *reader = stream;
    if (!*reader->next || reader->error->code != PP_OK || (reader->stop && reader->line + 1 == reader->stop))
        return NULL;
    size_t length = strcspn(reader->next, "\n");
    length += reader->next[length] == '\n';
    reader->line++;
    if (length >= (size_t)size) { /* inih would take the beginning for the whole */
        pp_fail(reader->error, PP_E_LIMIT, "line longer than %d bytes", size - 2);
        return NULL;
    }
    memcpy(line, reader->next, length);
    line[length] = 0;
    reader->next += length;
    return line;
}

static bool store_text(const struct pp_config_field *field, const char *value, struct pp_error *error) {
    if (strlen(value) >= PP_CONFIG_VALUE_MAX)
        return pp_fail(error, PP_E_LIMIT, "longer than %d bytes", PP_CONFIG_VALUE_MAX - 1);
    if (field->kind == PP_CONFIG_URL &&
        (strncmp(value, "https://", 8) != 0 || !value[8] || value[8] == '/' || strpbrk(value, " \t\"<>\\")))
        return pp_fail(error, PP_E_INVALID, "must be an address that begins with https://");
    if (field->kind == PP_CONFIG_PATH && value[0] != '/')
        return pp_fail(error, PP_E_INVALID, "must be an absolute path");
    strcpy(field->target, value);
    return true;
}

static bool store_unsigned(const struct pp_config_field *field, const char *value, struct pp_error *error) {
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno || number < field->min || number > field->max)
        return pp_fail(error, PP_E_INVALID, "must be a whole number between %llu and %llu", field->min,
                       field->max);
    *(uint64_t *)field->target = number;
    return true;
}

static bool store_bool(const struct pp_config_field *field, const char *value, struct pp_error *error) {
    bool yes = !strcmp(value, "yes") || !strcmp(value, "true");
    if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
        return pp_fail(error, PP_E_INVALID, "must be yes or no");
    *(bool *)field->target = yes;
    return true;
}

static bool config_store(const struct pp_config_field *field, const char *value, struct pp_error *error) {
    switch (field->kind) {
    case PP_CONFIG_TEXT:
    case PP_CONFIG_URL:
    case PP_CONFIG_PATH:
        return store_text(field, value, error);
    case PP_CONFIG_UNSIGNED:
        return store_unsigned(field, value, error);
    case PP_CONFIG_BOOL:
        return store_bool(field, value, error);
    }
    return pp_fail(error, PP_E_STATE, "unknown kind of field");
}

/* inih's handler: 1 is success. */
static int config_handle(void *user, const char *section, const char *name, const char *value) {
    struct config_reader *reader = user;
    for (size_t i = 0; i < PP_CONFIG_FIELDS_MAX && reader->table[i].section; i++) {
        const struct pp_config_field *field = &reader->table[i];
        if (strcmp(field->section, section) != 0 || strcmp(field->name, name) != 0)
            continue;
        if (reader->seen[i])
            return pp_fail(reader->error, PP_E_INVALID, "%s: stands twice in section [%s]", name, section);
        reader->seen[i] = true;
        if (config_store(field, value ? value : "", reader->error))
            return 1;
        return pp_wrap(reader->error, "%s", name);
    }
    return pp_fail(reader->error, PP_E_INVALID, "unknown setting \"%s\" in section [%s]", name, section);
}

static int config_ignore(void *user, const char *section, const char *name, const char *value) {
    (void)user, (void)section, (void)name, (void)value;
    return 1;
}

/* inih goes on after a line that it does not understand, and answers only the first one's number. So it reads
 * twice: for the form alone, and then for the values, up to the first line that is wrong in either way. */
bool pp_config_parse(const char *text, const char *name, const struct pp_config_field *table,
                     struct pp_error *error) {
    struct pp_error inner = {0};
    struct config_reader form = {.next = text, .error = &inner};
    int bad_line = ini_parse_stream(config_next_line, &form, config_ignore, &form);
    if (bad_line < 0)
        return pp_fail(error, PP_E_NOMEM, "%s: out of memory", name);
    if (inner.code != PP_OK && !bad_line)
        bad_line = form.line;
    struct pp_error form_error = inner;
    if (form_error.code == PP_OK || bad_line != form.line)
        pp_fail(&form_error, PP_E_INVALID, "neither a section nor a setting");

    inner = (struct pp_error){0};
    struct config_reader reader = {.table = table, .next = text, .stop = bad_line, .error = &inner};
    ini_parse_stream(config_next_line, &reader, config_handle, &reader);
    if (inner.code != PP_OK)
        return pp_fail(error, inner.code, "%s:%d: %s", name, reader.line, inner.message);
    if (bad_line)
        return pp_fail(error, form_error.code, "%s:%d: %s", name, bad_line, form_error.message);
    return true;
}

bool pp_config_load(const char *path, const struct pp_config_field *table, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_CONFIG_FILE_MAX);
    if (!pp_file_read(AT_FDCWD, path, &text, error))
        return false;
    if (memchr(pp_buf_text(&text), 0, text.size))
        return pp_fail(error, PP_E_INVALID, "%s: NUL byte", path);
    return pp_config_parse(pp_buf_text(&text), path, table, error);
}
