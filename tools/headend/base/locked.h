/* What main.c has locked into memory, where there is a limit to that which does not hold for us yet. */
#ifndef HEADEND_BASE_LOCKED_H
#define HEADEND_BASE_LOCKED_H

/* Before capabilities are given up: memory stays locked, though it was a capability that let it be. Where it cannot, it
 * is locked no longer: under a limit an allocation would fail. */
void locked_memory_keep(void);

#endif
