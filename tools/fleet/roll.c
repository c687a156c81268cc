#include "fleet/roll.h"

#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"

static bool line_take(const char *line, size_t size,
                      bool (*take)(void *arg, const struct roll_entry *entry, struct pp_error *error),
                      void *arg, struct pp_error *error) {
    struct roll_entry entry = {0};
    int64_t number = 0;
    pp_autojson cJSON *object = pp_json_parse(line, size, ROLL_LINE_MAX, error);
    if (!object || !pp_json_integer(object, "number", 0, PP_JSON_INTEGER_MAX, &number, error) ||
        !pp_json_string(object, "id", ROLL_LINE_MAX, &entry.id, error) ||
        !pp_json_string(object, "key", ROLL_LINE_MAX, &entry.key, error) ||
        !pp_json_string(object, "certificate", ROLL_LINE_MAX, &entry.certificate, error) ||
        !pp_json_string(object, "cookie", ROLL_LINE_MAX, &entry.cookie, error))
        return pp_wrap(error, ROLL_FILE);
    entry.number = (uint64_t)number;
    return take(arg, &entry, error);
}

bool roll_read(int dirfd, bool (*take)(void *arg, const struct roll_entry *entry, struct pp_error *error),
               void *arg, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(ROLL_MAX);
    if (!pp_file_read(dirfd, ROLL_FILE, &text, error))
        return error->code == PP_E_NOTFOUND;
    const char *at = pp_buf_text(&text);
    for (const char *end; (end = strchr(at, '\n')); at = end + 1) {
        if (!line_take(at, (size_t)(end - at), take, arg, error))
            return false;
    }
    return true;
}

int roll_open(int dirfd, struct pp_error *error) {
    int fd = openat(dirfd, ROLL_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        pp_fail_errno(error, ROLL_FILE);
    return fd;
}

bool roll_add(int fd, const struct roll_entry *entry, struct pp_error *error) {
    pp_autobuf struct pp_buf line = PP_BUF_INIT(ROLL_LINE_MAX);
    return pp_buf_addf(
               &line, error,
               "{\"number\":%llu,\"id\":\"%s\",\"key\":\"%s\",\"certificate\":\"%s\",\"cookie\":\"%s\"}\n",
               (unsigned long long)entry->number, entry->id, entry->key, entry->certificate, entry->cookie) &&
           pp_write_all(fd, line.data, line.size, error);
}
