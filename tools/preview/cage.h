/*
 * What a preview, and the player and renderers that it starts, may do: read programs, libraries and the sealed files of
 * the library, start those two, use so much of the machine; no network, no other file, no other process. Renderers lock
 * themselves up further (firmware/sandbox).
 */
#ifndef PREVIEW_CAGE_H
#define PREVIEW_CAGE_H

#include "preview/job.h"

#define CAGE_CPU_S       600                  /* of CPU time, of each process */
#define CAGE_MEMORY_MAX  (UINT64_C(2) << 30)  /* bytes of private memory, of each process */
#define CAGE_FILE_MAX    (UINT64_C(64) << 20) /* bytes: a picture on its way */
#define CAGE_DESCRIPTORS 512
#define CAGE_NICE        10

/* For good; while there is one thread. */
PP_MUST_USE bool cage_enter(const struct preview_job *job, struct pp_error *error);

#endif
