/*
 * Screens that were removed. One that shows its certificate is known by that: this authority has made it. Of one behind
 * a proxy that ends TLS, which shows its key alone, nothing would be left to tell it who it was: a refusal is obeyed
 * only where it names the screen. So the keys stay that it had, beside its id, and nothing else. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_DEVICE_FORMER_H
#define HEADEND_OPS_DEVICE_FORMER_H

#include "headend/base/secret.h"
#include "headend/db/db.h"

#define DEVICE_FORMER_MAX 10000 /* keys; the oldest are forgotten */

/* A screen that is about to be removed, by its id. */
PP_MUST_USE bool device_former_keep(struct db *db, const char *id, struct pp_error *error);

/* PP_E_NOTFOUND where no screen that was removed had that key. */
PP_MUST_USE bool device_former_find(struct db *db, const uint8_t thumbprint[32], char id[UUID_TEXT_SIZE],
                                    struct pp_error *error);

#endif
