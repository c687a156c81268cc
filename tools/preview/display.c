#include "preview/display.h"

#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "ipc/program.h"

#define PLAYER    "pingplay-player"
#define PLAYER_FD 3 /* in the player */

bool display_start(const struct preview_job *job, int *agent, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char size[32];
    int pair[2];
    snprintf(size, sizeof size, "%lldx%lld", (long long)job->width, (long long)job->height);
    if (!pp_path_format(path, error, "%s/" PLAYER, job->programs) || !ipc_pair(pair, error))
        return false;
    pp_autoclose int ours = pair[0];
    pp_autoclose int theirs = pair[1];
    char name[] = PLAYER, fd_option[] = "--agent-fd", fd[] = "3", size_option[] = "--windowed";
    /* Its picture is drawn in software, whatever graphics there are, and its sound heard by nobody. */
    char language[] = IPC_PROGRAM_LANGUAGE, video[] = "SDL_VIDEODRIVER=dummy",
         audio[] = "SDL_AUDIODRIVER=dummy", drawing[] = "SDL_RENDER_DRIVER=software";
    char *const environment[] = {language, video, audio, drawing, NULL};
    char *const argv[] = {name, fd_option, fd, size_option, size, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs, PLAYER_FD);
    int failed = posix_spawn(&pid, path, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return pp_fail(error, PP_E_IO, "start %s: %s", path, strerror(failed));
    *agent = pp_steal_fd(&ours);
    return true;
}
