/*
 * What whoever looks at files from outside may reach: programs and libraries, to start the screens' renderer with, and
 * what was handed to it. No file of the headend's folder, no network, nothing in other processes, no capability. What
 * it starts is in this cage as well; a renderer closes its own in it (firmware/sandbox).
 */
#ifndef HEADEND_INGEST_CAGE_H
#define HEADEND_INGEST_CAGE_H

#include "base/error.h"

/* For good; while there is one thread. `programs` are files or folders that may be started beside those of the system,
 * NULL after the last. */
PP_MUST_USE bool ingest_cage_enter(const char *const *programs, struct pp_error *error);

#endif
