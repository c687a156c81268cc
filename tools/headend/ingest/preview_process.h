/*
 * pingplay-preview (tools/preview), which shows a channel's draft on a display that nobody sees: started with a job,
 * which is handed over in a file without a name beside two descriptors (preview/job.h), as it has keys in it; killed
 * when nobody looks. What it shows is decoded by renderers in their cages, and nothing of that in this process: its
 * pictures come as bytes, each with its size before it.
 */
#ifndef HEADEND_INGEST_PREVIEW_PROCESS_H
#define HEADEND_INGEST_PREVIEW_PROCESS_H

#include "base/buf.h"
#include "ipc/program.h"

#define PREVIEW_HEAD_SIZE   4                 /* bytes before a picture */
#define PREVIEW_PICTURE_MAX (4 * 1024 * 1024) /* bytes of a picture */

struct preview_process {
    struct ipc_program program;
    int pictures; /* non-blocking; -1 none */
};
#define PREVIEW_PROCESS_NONE ((struct preview_process){.program = IPC_PROGRAM_NONE, .pictures = -1})

/* `folder` has the program in it, `files` is a descriptor, borrowed, of the folder of the sealed files. What `process`
 * holds is stopped after a failure as well. */
PP_MUST_USE bool preview_process_start(const char *folder, const char *job, int files,
                                       struct preview_process *process, struct pp_error *error);
/* The first picture, within `wait_s`: a JPEG, appended. PP_E_STATE where none comes. */
PP_MUST_USE bool preview_process_picture(const struct preview_process *process, int wait_s,
                                         struct pp_buf *picture, struct pp_error *error);
/* Kills it, with all that it has started. */
void preview_process_kill(const struct preview_process *process);
/* The same, and it is reaped and what is held of it closed. */
void preview_process_stop(struct preview_process *process);

#endif
