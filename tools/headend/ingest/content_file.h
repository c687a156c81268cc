/* The files that publish is given. */
#ifndef HEADEND_INGEST_CONTENT_FILE_H
#define HEADEND_INGEST_CONTENT_FILE_H

#include "base/error.h"

/* Opens a file that is to be published, close-on-exec; -1 on failure, which names the file. Folders, pipes,
 * devices, sockets and empty files are refused, each in its words; nothing of it can make this wait. */
int content_open(const char *path, struct pp_error *error);

#endif
