/* The static repository, as /repo/. */
#ifndef HEADEND_DEVICE_REPO_FILES_H
#define HEADEND_DEVICE_REPO_FILES_H

#include <stdbool.h>

/* Whether a path below /repo/ can be a file of the repository: metadata/NAME.json, targets/…,
 * objects/ab/SHA256; no hidden names, no "..". */
bool repo_path_valid(const char *path);
/* Whether its content can never change: objects, and everything with a version or a hash in its name. */
bool repo_path_immutable(const char *path);

#endif
