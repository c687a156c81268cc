/* Giving up capabilities (capabilities(7)), for good. */
#ifndef PP_BASE_PRIVILEGES_H
#define PP_BASE_PRIVILEGES_H

#include "base/error.h"

/* Empties the bounding set of the calling thread, as far as it may: that takes CAP_SETPCAP. */
void pp_capability_bounds_drop(void);

/* Empties the bounding set, as above, and the calling thread's other sets; fails unless these are empty.
 * Call it while there is one thread: those started later have none either. */
PP_MUST_USE bool pp_capabilities_drop(struct pp_error *error);

#endif
