#include "headend/home.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#define HOME_DATABASE "headend.db"

static bool folder_is_empty(const char *path, struct pp_error *error) {
    pp_autodir DIR *dir = opendir(path);
    if (!dir)
        return pp_fail_errno(error, "%s", path);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return pp_fail(error, PP_E_STATE, "%s: not empty, a headend needs a folder of its own", path);
    }
    return true;
}

/* What another user writes, the server cannot renew: it would fail months later, when that is due. */
static bool home_owned(const struct home *home, struct pp_error *error) {
    struct stat status;
    if (fstat(home->fd, &status) < 0)
        return pp_fail_errno(error, "%s", home->path);
    if (status.st_uid == geteuid())
        return true;
    const struct passwd *owner = getpwuid(status.st_uid);
    return pp_fail(error, PP_E_STATE,
                   "%s belongs to %s: run this as that user, with \"runuser -u %s -- ...\"", home->path,
                   owner ? owner->pw_name : "another user", owner ? owner->pw_name : "NAME");
}

static struct home *home_attach(const char *path, bool create, struct pp_error *error) {
    PP_AUTO(home) struct home *home = calloc(1, sizeof *home);
    if (!home) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    home->fd = -1;
    char database[PP_PATH_MAX];
    if (!pp_path_format(home->path, error, "%s", path) ||
        !pp_path_format(database, error, "%s/" HOME_DATABASE, path))
        return NULL;
    home->fd = pp_dir_open(AT_FDCWD, path, error);
    if (home->fd < 0)
        return NULL;
    if (!home_owned(home, error))
        return NULL;
    if (!create && faccessat(home->fd, HOME_DATABASE, F_OK, 0) < 0) {
        pp_fail(error, PP_E_NOTFOUND, "%s: no headend here, run \"pingplay-headend init %s\" first", path,
                path);
        return NULL;
    }
    home->db = db_open(database, create, error);
    return home->db ? pp_steal(&home) : NULL;
}

struct home *home_create(const char *path, struct pp_error *error) {
    if (!pp_dir_make(AT_FDCWD, path, 0700, error) || !folder_is_empty(path, error))
        return NULL;
    if (chmod(path, 0700) < 0) {
        pp_fail_errno(error, "%s", path);
        return NULL;
    }
    return home_attach(path, true, error);
}

struct home *home_open(const char *path, struct pp_error *error) {
    return home_attach(path, false, error);
}

void home_close(struct home *home) {
    if (!home)
        return;
    db_close(home->db);
    pp_close(&home->fd);
    free(home);
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

bool home_hosts_save(const struct home *home, const struct host_list *list, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(HOME_HOSTS_MAX * HOME_HOST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        if (!pp_buf_addf(&text, error, "%s%s", i ? " " : "", list->names[i]))
            return false;
    }
    return db_meta_set(home->db, "hosts", pp_buf_text(&text), error);
}

bool home_hosts_load(const struct home *home, struct host_list *list, struct pp_error *error) {
    db_lock(home->db);
    pp_autofree char *text = db_meta_get(home->db, "hosts", error);
    db_unlock(home->db);
    if (!text)
        return false;
    *list = (struct host_list){0};
    char *rest = NULL;
    for (const char *name = strtok_r(text, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        if (!host_list_add(list, name, error))
            return false;
    }
    return list->count ? true : pp_fail(error, PP_E_INVALID, "the database names no host");
}
