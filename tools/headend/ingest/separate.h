/*
 * Three users while content is tried out: root, who started the command, is left for good; the folder's
 * owner has the keys; the renderers, which read what strangers made, are a third, who can read none of them
 * (ipc/launcher.h).
 */
#ifndef HEADEND_INGEST_SEPARATE_H
#define HEADEND_INGEST_SEPARATE_H

#include "base/error.h"
#include "ipc/launcher.h"

#define SEPARATE_USER "pingplay-headend-render" /* as the package makes it */

/* Before anything of the folder `dir` is opened: makes the launcher of the renderers as `user`, becomes the
 * folder's owner and gives up all capabilities. `user` NULL: SEPARATE_USER where root was started for
 * somebody else's folder; else there is no launcher (*launcher NULL), nothing is changed, and renderers are
 * our own user's. Fails, and nothing may go on, where users or capabilities are missing. */
PP_MUST_USE bool separate_renderers(const char *dir, const char *user, struct ipc_launcher **launcher,
                                    struct pp_error *error);

#endif
