/* Landlock without a rule: no path, port or peer may be reached any more (landlock(7)). Private to the
 * module. */
#ifndef PP_SANDBOX_LANDLOCK_H
#define PP_SANDBOX_LANDLOCK_H

#include <stdbool.h>

/* Whether it holds now; false where the kernel has none. `may_read` leaves the reading of files. Needs
 * PR_SET_NO_NEW_PRIVS; covers the calling thread and those it starts. */
bool sandbox_landlock(bool may_read);

#endif
