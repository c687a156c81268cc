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
    const char *next; /* text not yet read */
    int line;         /* of what inih has been given, from 1 */
    struct pp_error *error;
};

/* fgets over a text, counting lines: Debian's inih is built without INI_HANDLER_LINENO. */
static char *config_next_line(char *line, int size, void *stream) {
    struct config_reader *reader = stream;
    if (!*reader->next)
        return NULL;
    size_t length = strcspn(reader->next, "\n");
    length += reader->next[length] == '\n';
    reader->line++;
    size_t kept = length < (size_t)size ? length : (size_t)size - 1;
    memcpy(line, reader->next, kept);
    line[kept] = 0;
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
    for (const struct pp_config_field *field = reader->table; field->section; field++) {
        if (strcmp(field->section, section) != 0 || strcmp(field->name, name) != 0)
            continue;
        if (config_store(field, value ? value : "", reader->error))
            return 1;
        pp_wrap(reader->error, "%s", name);
        return 0;
    }
    pp_fail(reader->error, PP_E_INVALID, "unknown setting \"%s\" in section [%s]", name, section);
    return 0;
}

bool pp_config_parse(const char *text, const char *name, const struct pp_config_field *table,
                     struct pp_error *error) {
    struct pp_error inner = {0};
    struct config_reader reader = {.table = table, .next = text, .error = &inner};
    /* inih goes on after a bad line and answers the number of the first; our handler stops storing at the
     * first. */
    while (*reader.next) {
        int line = ini_parse_stream(config_next_line, &reader, config_handle, &reader);
        if (line == 0)
            continue;
        if (line < 0)
            return pp_fail(error, PP_E_NOMEM, "%s: out of memory", name);
        if (inner.code == PP_OK)
            pp_fail(&inner, PP_E_INVALID, "neither a section nor a setting");
        return pp_fail(error, inner.code, "%s:%d: %s", name, line, inner.message);
    }
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
