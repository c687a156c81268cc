/* Files of assets/admin, compiled in. */
#ifndef HEADEND_PAGES_EMBEDDED_H
#define HEADEND_PAGES_EMBEDDED_H

#include "page/embedded.h"

extern const struct embedded_file embedded_files[];

#endif
