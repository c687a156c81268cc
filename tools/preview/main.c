/* pingplay-preview: a channel's draft as a screen shows it. Started by pingplay-headend only, with a job at its
 * descriptor 3 (job.h). */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/program.h"
#include "preview/cage.h"
#include "preview/preview.h"

/* Nobody else's descriptors; a group that whoever started this ends as a whole. */
static bool prepare(struct pp_error *error) {
    return (syscall(SYS_close_range, IPC_PROGRAM_CONTROL_FD + 1, ~0U, 0) == 0 && setpgid(0, 0) == 0) ||
           pp_fail_errno(error, "close_range and setpgid");
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    preview_job_auto struct preview_job job = {.folder = -1, .out = -1};
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("pingplay-preview " PP_VERSION);
        return 0;
    }
    bool ok = prepare(&error) && preview_job_receive(IPC_PROGRAM_CONTROL_FD, &job, &error) &&
              cage_enter(&job, &error) && preview_run(&job, &error);
    if (!ok)
        pp_log_error("%s", error.message);
    return ok ? 0 : 1;
}
