/*
 * The launcher: a process of another user that starts programs for us, and kills them. What it starts is our
 * own child (CLONE_PARENT), which we watch and reap; the launcher holds nothing of ours, and reads nothing
 * but our requests (wire.h: LAUNCH, KILL; it answers LAUNCHED).
 *
 *   we, before there is a secret            launcher                             program
 *     fork ────────────────────────────────>  becomes the user, for good
 *     LAUNCH + control, words ─────────────>  clone ───────────────────────────>  exec
 *                             LAUNCHED <────
 *     KILL + pidfd ────────────────────────>  pidfd_send_signal ───────────────>  (dies; we reap it)
 *
 * It takes CAP_SETUID, CAP_SETGID and CAP_SETPCAP, which the launcher gives up at once and whoever made it
 * soon: one that has ended cannot be had again, and who needs it ends as well.
 */
#ifndef PP_IPC_LAUNCHER_H
#define PP_IPC_LAUNCHER_H

#include <sys/types.h>

#include "base/error.h"
#include "base/mem.h"

#define IPC_LAUNCHER_ANSWER_MS 5000 /* it answers by then: it never waits for the flash */
#define IPC_LAUNCHER_END_MS    500  /* it is waited for so long when it is destroyed */

struct ipc_launcher;

/* Forks it, while there is one thread and nothing in memory that it must not see. It has no group but the
 * user's own, no capability, and cannot get one. NULL where `user` does not exist (PP_E_NOTFOUND), is root
 * or is us (PP_E_INVALID), or where it could not be become: without the capabilities, say. Ours are still
 * there after it. */
struct ipc_launcher *ipc_launcher_create(const char *user, struct pp_error *error);
/* What it started lives on. NULL is allowed. */
void ipc_launcher_destroy(struct ipc_launcher *launcher);
PP_DEFINE_AUTO(ipc_launcher, struct ipc_launcher, ipc_launcher_destroy)

/* Readable when it is of no use any more; borrowed. */
int ipc_launcher_fd(const struct ipc_launcher *launcher);
/* Why it is not. Always false. */
PP_MUST_USE bool ipc_launcher_explain(struct ipc_launcher *launcher, struct pp_error *error);

/* Starts the program at `path` with both descriptors (borrowed); see program.h, which is for everybody. */
PP_MUST_USE bool ipc_launcher_start(struct ipc_launcher *launcher, const char *path, int control, int words,
                                    pid_t *pid, struct pp_error *error);
/* Kills the process of that pidfd (borrowed), if it is one of the launcher's user. */
void ipc_launcher_kill(struct ipc_launcher *launcher, int pidfd);

#endif
