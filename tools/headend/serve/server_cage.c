#include "headend/serve/server_cage.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "headend/ingest/content_check.h"
#include "headend/pages/console.h"
#include "sandbox/confine.h"

#define PATHS_MAX 64

struct own_path {
    struct sandbox_path path;
    unsigned for_screens; /* rights, where it is for them alone */
};

#define BOTH(path, rights)                                                                                   \
    { {path, rights}, rights }
#define PEOPLE(path, rights)                                                                                 \
    { {path, rights}, 0 }
#define CHANGED (SANDBOX_READ | SANDBOX_WRITE)

/* Of the folder. A file is the one that is there: those that are replaced the signer is asked for (home_read). */
static const struct own_path own[] = {
    BOTH(".", SANDBOX_LIST),
    BOTH("headend.db", CHANGED),
    BOTH("headend.db-wal", CHANGED),
    BOTH("headend.db-shm", CHANGED),
    BOTH(HOME_DATABASE, SANDBOX_READ),
    PEOPLE(HOME_LOCK, CHANGED),
    BOTH(HOME_WAKE, CHANGED),
    BOTH("uploads", CHANGED),
    PEOPLE("incoming", CHANGED),
    PEOPLE("content", CHANGED),
    BOTH(HOME_REPO, SANDBOX_READ),
    PEOPLE(HOME_REPO "/metadata", SANDBOX_READ | SANDBOX_REMOVE),
    PEOPLE(HOME_REPO "/objects", CHANGED),
    PEOPLE(HOME_REPO "/targets/channels", CHANGED),
    PEOPLE(HOME_REPO "/targets/keys", SANDBOX_READ | SANDBOX_REMOVE),
};

/* What libraries read, and the renderers are made of. */
static const struct sandbox_path others[] = {
    {"/usr", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/lib", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/lib64", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/bin", SANDBOX_READ | SANDBOX_EXECUTE},
    {"/etc", SANDBOX_READ},
    {"/proc", SANDBOX_READ},
    {"/sys", SANDBOX_READ},
    {"/run", SANDBOX_READ},
    {"/dev/null", SANDBOX_READ | SANDBOX_WRITE},
    {"/dev/urandom", SANDBOX_READ},
    {"/dev/random", SANDBOX_READ},
};

/* ---- Before ---- */

static bool file_make(const struct home *home, const char *name, struct pp_error *error) {
    pp_autoclose int fd = openat(home->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 || pp_fail_errno(error, "%s", name);
}

bool server_cage_prepare(const struct home *home, struct pp_error *error) {
    static const char *const folders[] = {"uploads", "incoming", "content"};
    static const char *const public[] = {HOME_REPO "/objects", HOME_REPO "/targets",
                                         HOME_REPO "/targets/channels", HOME_REPO "/targets/keys"};
    for (size_t i = 0; i < PP_COUNT(folders); i++) {
        if (!pp_dir_make(home->fd, folders[i], 0700, error))
            return false;
    }
    for (size_t i = 0; i < PP_COUNT(public); i++) {
        if (!pp_dir_make(home->fd, public[i], 0755, error))
            return false;
    }
    return file_make(home, HOME_LOCK, error) && file_make(home, HOME_WAKE, error);
}

/* ---- Entering ---- */

struct cage {
    const char *folder;
    enum app_part part;
    char *texts[PATHS_MAX]; /* freed */
    struct sandbox_path paths[PATHS_MAX];
    size_t count;
};

static void cage_finish(struct cage *cage) {
    for (size_t i = 0; i < cage->count; i++)
        free(cage->texts[i]);
}

static bool cage_add(struct cage *cage, const char *path, unsigned rights, struct pp_error *error) {
    if (cage->count == PATHS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d paths", PATHS_MAX);
    cage->texts[cage->count] = strdup(path);
    if (!cage->texts[cage->count])
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    cage->paths[cage->count] = (struct sandbox_path){cage->texts[cage->count], rights};
    cage->count++;
    return true;
}

static bool own_add(struct cage *cage, struct pp_error *error) {
    char path[PP_PATH_MAX];
    for (size_t i = 0; i < PP_COUNT(own); i++) {
        unsigned rights = cage->part == APP_SCREENS ? own[i].for_screens : own[i].path.rights;
        if (rights && (!pp_path_format(path, error, "%s/%s", cage->folder, own[i].path.path) ||
                       !cage_add(cage, path, rights, error)))
            return false;
    }
    return true;
}

/* Where it is in truth, a build's are links; one that is not there is nobody's loss. */
static bool real_add(struct cage *cage, const char *path, unsigned rights, struct pp_error *error) {
    char *real = realpath(path, NULL);
    bool ok = !real || cage_add(cage, real, rights, error);
    free(real);
    return ok;
}

/* Whether the headend's folder is that one, or in it. */
static bool has_folder(const char *outer, const char *folder) {
    char *a = realpath(outer, NULL);
    char *b = realpath(folder, NULL);
    size_t length = a ? strlen(a) : 0;
    bool has = !a || !b || (strncmp(a, b, length) == 0 && (!b[length] || b[length] == '/' || length == 1));
    free(a);
    free(b);
    return has;
}

/* A file that options name. It may be replaced, so its folder is taken where that is none of ours. */
static bool named_add(struct cage *cage, const char *file, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!file)
        return true;
    if (!pp_path_format(path, error, "%s", file))
        return false;
    const char *outer = dirname(path);
    return real_add(cage, has_folder(outer, cage->folder) ? file : outer, SANDBOX_READ, error);
}

/* The renderers, and what shows drafts with them. */
static bool programs_add(struct cage *cage, struct pp_error *error) {
    static const char *const programs[] = {"pingplay-render-media", "pingplay-render-status",
                                           "pingplay-player", "pingplay-preview"};
    char folder[PP_PATH_MAX];
    char path[PP_PATH_MAX];
    if (!content_renderers_find(folder, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(programs); i++) {
        if (!pp_path_format(path, error, "%s/%s", folder, programs[i]) ||
            !real_add(cage, path, SANDBOX_READ | SANDBOX_EXECUTE, error))
            return false;
    }
    return true;
}

static bool installed_add(struct cage *cage, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    return programs_add(cage, error) && console_folder(folder, error) &&
           real_add(cage, folder, SANDBOX_READ, error);
}

static bool cage_fill(struct cage *cage, const struct serve_options *options, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(others); i++) {
        unsigned rights = others[i].rights;
        if (cage->part == APP_SCREENS)
            rights &= ~(unsigned)SANDBOX_EXECUTE;
        if (!cage_add(cage, others[i].path, rights, error))
            return false;
    }
    return own_add(cage, error) && (cage->part == APP_SCREENS || installed_add(cage, error)) &&
           named_add(cage, options->provider_ca, error) && named_add(cage, options->alert_ca, error) &&
           named_add(cage, options->metrics_token, error);
}

/* Where the folder lies in one that everything reads, say. */
static void keys_look(const char *folder) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, NULL, "%s/" HOME_KEYS "/control.pem", folder))
        return;
    pp_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        pp_log_warning(
            "the server's process could read the keys: this system has no Landlock, or %s lies where "
            "programs read",
            folder);
}

bool server_cage_enter(const char *folder, const struct serve_options *options, enum app_part part,
                       struct pp_error *error) {
    PP_CLEANUP(cage_finish)
    struct cage cage = {.folder = folder, .part = part};
    bool held = false;
    tzset();
    if (!cage_fill(&cage, options, error) ||
        !sandbox_confine_paths(cage.paths, cage.count, true, &held, error))
        return pp_wrap(error, "server");
    keys_look(folder);
    return sandbox_refuse_calls(error);
}
