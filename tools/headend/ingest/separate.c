#include "headend/ingest/separate.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privileges.h"
#include "headend/base/locked.h"

/* It would be no wall: what the owner may read, this user may, too. */
static bool check_apart(const char *user, uid_t owner, struct pp_error *error) {
    const struct passwd *found = getpwnam(user);
    if (found && found->pw_uid == owner)
        return pp_fail(error, PP_E_INVALID, "--renderer-user: %s owns the folder; another user is needed",
                       user);
    return true;
}

static bool become_owner(const char *dir, uid_t uid, struct pp_error *error) {
    errno = 0;
    const struct passwd *owner = getpwuid(uid);
    if (!owner)
        return pp_fail(error, PP_E_NOTFOUND, "%s: its owner, %u, is no user", dir, (unsigned)uid);
    gid_t gid = owner->pw_gid;
    if (initgroups(owner->pw_name, gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return pp_fail_errno(error, "become the owner of %s", dir);
    return true;
}

static bool give_up_privileges(struct pp_error *error) {
    if (!pp_capabilities_drop(error))
        return false;
    /* Becoming another user may have made it dumpable. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return pp_fail_errno(error, "give up privileges");
    return true;
}

bool separate_renderers(const char *dir, const char *user, struct ipc_launcher **launcher,
                        struct pp_error *error) {
    struct stat about;
    *launcher = NULL;
    if (stat(dir, &about) < 0)
        return pp_fail_errno(error, "%s", dir);
    bool foreign = geteuid() == 0 && about.st_uid != 0;
    if (!user && !foreign)
        return true;
    if (!user)
        user = SEPARATE_USER;
    if (!check_apart(user, about.st_uid, error))
        return false;
    *launcher = ipc_launcher_create(user, error);
    if (!*launcher)
        return false;
    locked_memory_keep();
    pp_capability_bounds_drop(); /* while we may */
    return (!foreign || become_owner(dir, about.st_uid, error)) && give_up_privileges(error);
}
