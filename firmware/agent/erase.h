/* Makes a display point nobody's: what a retired one is to be before it may be enrolled again. */
#ifndef PP_AGENT_ERASE_H
#define PP_AGENT_ERASE_H

#include "base/error.h"

#define ERASE_DEPTH_MAX 8 /* folders inside each other, in the state folder */

/* First the key-encryption key and all records, overwritten and fsynced, so that nothing else can be read ever again;
 * then everything else in the folder, but for a note that the Wi-Fi is to be erased as well (wifi_erasure.h).
 * PP_E_STATE while an agent runs in it. Safe to repeat after a failure or a power cut: what is left is removed
 * then. `again`: it was begun before, and that Wi-Fi goes which there was then. */
PP_MUST_USE bool agent_erase(const char *state_dir, bool again, struct pp_error *error);

/* What an erase that was cut off has left beside a vault that has nothing in it: without the former key it is of no
 * use. *any (NULL: nobody wants to know): there was something. A proof still to be told (last_receipt.h) stays. */
PP_MUST_USE bool agent_erase_remains(const char *state_dir, bool *any, struct pp_error *error);

#endif
