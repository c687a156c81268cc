/* How long a screen may be without word of this headend before it locks, or erases itself: as people write it. */
#ifndef HEADEND_BASE_SILENCE_H
#define HEADEND_BASE_SILENCE_H

#include <stdint.h>

#include "base/error.h"

#define SILENCE_LEAST_S 60                      /* a screen asks every 50 s */
#define SILENCE_MAX_S   (3660 * 24 * 60 * 60LL) /* ten years */

enum { SILENCE_TEXT_SIZE = 24 };

/* "never", "90 min", "12h", "7d": *seconds 0 for never. */
PP_MUST_USE bool silence_read(const char *text, int64_t *seconds, struct pp_error *error);
/* In the largest unit that leaves nothing over. */
void silence_text(int64_t seconds, char text[SILENCE_TEXT_SIZE]);

#endif
