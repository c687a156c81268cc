#include "headend/base/home.h"

#include <arpa/inet.h>
#include <fcntl.h>

bool home_read(const struct home *home, const char *name, struct pp_buf *out, struct pp_error *error) {
    return home->read ? home->read(home, name, out, error) : pp_file_read(home->fd, name, out, error);
}

void home_wake(const struct home *home) {
    /* Only a hint: a server that misses it looks by itself after a moment. */
    int fd = openat(home->fd, HOME_WAKE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd); /* IN_CLOSE_WRITE */
}

size_t host_address(const char *name, uint8_t bytes[16]) {
    if (inet_pton(AF_INET, name, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, name, bytes) == 1 ? 16 : 0;
}

static bool host_valid(const char *name) {
    uint8_t bytes[16];
    if (host_address(name, bytes))
        return true;
    size_t length = strlen(name);
    if (!length || length >= HOME_HOST_MAX || name[0] == '-' || name[0] == '.')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length && !strstr(name, "..");
}

bool host_list_has(const struct host_list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0)
            return true;
    }
    return false;
}

bool host_list_add(struct host_list *list, const char *name, struct pp_error *error) {
    char lower[HOME_HOST_MAX];
    size_t length = strlen(name);
    if (length >= sizeof lower)
        return pp_fail(error, PP_E_LIMIT, "host name longer than %zu bytes", sizeof lower - 1);
    for (size_t i = 0; i <= length; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    if (!host_valid(lower))
        return pp_fail(error, PP_E_INVALID, "not a host name or an address: %s", name);
    if (host_list_has(list, lower))
        return true;
    if (list->count == HOME_HOSTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d host names", HOME_HOSTS_MAX);
    memcpy(list->names[list->count++], lower, length + 1);
    return true;
}
