#include "headend/db/home_open.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "headend/db/backend.h"
#include "headend/db/db.h"
#include "headend/signer/service.h"
#include "headend/signing/signing.h"

#define HOME_ADDRESS_MAX 4096 /* bytes of the file */

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

/* NULL in `address` where the folder has the database itself. The caller frees. */
static bool address_read(const struct home *home, char **address, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(HOME_ADDRESS_MAX);
    struct pp_error missing = {0};
    *address = NULL;
    if (!pp_file_read(home->fd, HOME_DATABASE, &text, &missing)) {
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    }
    *address = strdup(pp_buf_text(&text));
    if (!*address)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    (*address)[strcspn(*address, "\n")] = 0;
    return true;
}

static bool address_write(const struct home *home, const char *address, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(HOME_ADDRESS_MAX);
    return pp_buf_addf(&text, error, "%s\n", address) &&
           pp_file_replace(home->fd, HOME_DATABASE, text.data, text.size, 0600, error);
}

static bool is_there(const struct home *home, const char *name) {
    return faccessat(home->fd, name, F_OK, 0) == 0;
}

static bool read_by_another(const struct home *home, const char *name, struct pp_buf *out,
                            struct pp_error *error) {
    return signing_read_file(home->signing, name, out, error);
}

static struct home *home_attach(const char *path, const char *made_at, bool create, struct signing *signing,
                                struct pp_error *error) {
    PP_AUTO(home) struct home *home = calloc(1, sizeof *home);
    if (!home) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    home->fd = -1;
    home->signing = signing;
    home->asks_another = signing != NULL;
    home->read = signing ? read_by_another : NULL;
    if (!pp_path_format(home->path, error, "%s", path))
        return NULL;
    home->fd = pp_dir_open(AT_FDCWD, path, error);
    if (home->fd < 0)
        return NULL;
    if (!home_owned(home, error))
        return NULL;
    if (create && made_at && !address_write(home, made_at, error))
        return NULL;
    if (!create && !is_there(home, DB_FILE) && !is_there(home, HOME_DATABASE)) {
        pp_fail(error, PP_E_NOTFOUND, "%s: no headend here, run \"pingplay-headend init %s\" first", path,
                path);
        return NULL;
    }
    pp_autofree char *address = NULL;
    if (!address_read(home, &address, error))
        return NULL;
    if (!home->signing && !(home->signing = signer_local(path, error)))
        return NULL;
    home->db = db_open(path, address, create, home->signing, error);
    return home->db ? pp_steal(&home) : NULL;
}

struct home *home_create(const char *path, const char *address, struct pp_error *error) {
    if (address && (!db_address_check(address, error) || !db_address_is_empty(address, error)))
        return NULL;
    if (!pp_dir_make(AT_FDCWD, path, 0700, error) || !folder_is_empty(path, error))
        return NULL;
    if (chmod(path, 0700) < 0) {
        pp_fail_errno(error, "%s", path);
        return NULL;
    }
    return home_attach(path, address, true, NULL, error);
}

struct home *home_open(const char *path, struct pp_error *error) {
    return home_attach(path, NULL, false, NULL, error);
}

struct home *home_open_with(const char *path, struct signing *signing, struct pp_error *error) {
    return home_attach(path, NULL, false, signing, error);
}

void home_close(struct home *home) {
    if (!home)
        return;
    db_close(home->db);
    if (!home->asks_another)
        signing_close(home->signing);
    pp_close(&home->fd);
    free(home);
}

/* ---- Into another database ---- */

#define MOVING "moving" /* where the folder's database to be is made */

static bool folder_settled(int fd, const char *what, struct pp_error *error) {
    return fsync(fd) == 0 || pp_fail_errno(error, "%s", what);
}

static bool rename_settled(const struct home *home, const char *from, const char *to,
                           struct pp_error *error) {
    if (renameat(home->fd, from, home->fd, to) != 0 && errno != ENOENT)
        return pp_fail_errno(error, "%s", from);
    return folder_settled(home->fd, home->path, error);
}

static bool move_out(struct home *home, const char *address, struct db_moved *moved, struct pp_error *error) {
    if (is_there(home, HOME_DATABASE))
        return pp_fail(error, PP_E_STATE, "%s is kept in a PostgreSQL already", home->path);
    if (!db_address_check(address, error) || !db_address_is_empty(address, error))
        return false;
    PP_AUTO(db) struct db *to = db_connect(home->path, address, false, home->signing, error);
    if (!to || !db_move(home->db, to, moved, error) || !address_write(home, address, error))
        return false;
    db_close(pp_steal(&home->db));
    return rename_settled(home, DB_FILE, HOME_DATABASE_BEFORE, error);
}

/* What a move has left that was killed. */
static bool moving_make(const struct home *home, struct pp_error *error) {
    static const char *const files[] = {DB_FILE, DB_FILE "-wal", DB_FILE "-shm", DB_FILE "-journal"};
    if (!pp_dir_make(home->fd, MOVING, 0700, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        char name[PP_PATH_MAX];
        if (!pp_path_format(name, error, MOVING "/%s", files[i]))
            return false;
        if (unlinkat(home->fd, name, 0) != 0 && errno != ENOENT)
            return pp_fail_errno(error, "%s/%s", home->path, name);
    }
    return true;
}

static bool move_in(struct home *home, struct db_moved *moved, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!is_there(home, HOME_DATABASE))
        return pp_fail(error, PP_E_STATE, "%s has its database already", home->path);
    if (!moving_make(home, error) || !pp_path_format(path, error, "%s/" MOVING, home->path))
        return false;
    struct db *to = db_connect(path, NULL, true, home->signing, error);
    bool ok = to && db_move(home->db, to, moved, error);
    db_close(to); /* which leaves one file */
    if (!ok)
        return false;
    /* The address counts as long as it stands there. */
    if (!rename_settled(home, MOVING "/" DB_FILE, DB_FILE, error))
        return false;
    if (unlinkat(home->fd, HOME_DATABASE, 0) != 0)
        return pp_fail_errno(error, "%s/" HOME_DATABASE, home->path);
    db_close(pp_steal(&home->db));
    (void)!unlinkat(home->fd, MOVING, AT_REMOVEDIR);
    return folder_settled(home->fd, home->path, error);
}

bool home_move(struct home *home, const char *address, struct db_moved *moved, struct pp_error *error) {
    return address ? move_out(home, address, moved, error) : move_in(home, moved, error);
}

/* ---- Its names ---- */

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
