/* What the launcher's process does (launcher.h). Private to the module. */
#ifndef PP_IPC_LAUNCHER_PROCESS_H
#define PP_IPC_LAUNCHER_PROCESS_H

#include <sys/types.h>

struct launcher_user {
    uid_t uid;
    gid_t gid;
};

/* Becomes the user, says so or why not, and obeys until the other end of `socket` is closed. */
_Noreturn void launcher_process_run(int socket, struct launcher_user user);

#endif
