/* Files of assets/setup, and the style of the headend's pages, compiled in. */
#ifndef PP_SETUP_EMBEDDED_H
#define PP_SETUP_EMBEDDED_H

#include "page/embedded.h"

extern const struct embedded_file embedded_files[];

#endif
