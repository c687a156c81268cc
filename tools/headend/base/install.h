/* Where what was installed with the program is: found from the program's own place, so that a build folder has it at
 * the same one. */
#ifndef HEADEND_BASE_INSTALL_H
#define HEADEND_BASE_INSTALL_H

#include "base/file.h"

/* `from_program` is relative to the program's folder. Whether something is there is not looked at. */
PP_MUST_USE bool install_path(const char *from_program, char path[PP_PATH_MAX], struct pp_error *error);

#endif
