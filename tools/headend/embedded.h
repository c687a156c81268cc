/* Files of assets/admin, compiled in. */
#ifndef HEADEND_EMBEDDED_H
#define HEADEND_EMBEDDED_H

#include "page/embedded.h"

extern const struct embedded_file embedded_files[];

#endif
