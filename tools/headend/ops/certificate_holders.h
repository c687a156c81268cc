/* Which screens hold certificates of which authority: what a change of the authorities asks the database
 * (signer/ca_change.h). */
#ifndef HEADEND_OPS_CERTIFICATE_HOLDERS_H
#define HEADEND_OPS_CERTIFICATE_HOLDERS_H

#include "headend/base/home.h"
#include "headend/db/db.h"
#include "headend/signer/ca_change.h"

/* Those of home's database, which is locked for each call. `home` is borrowed. */
struct ca_holders ca_holders_of(struct home *home);

/* No certificate is good any more that is by an authority which is retired. */
PP_MUST_USE bool ca_holders_refuse(struct home *home, struct pp_error *error);

/* struct ca_holders' count. Callers hold db_lock. */
PP_MUST_USE bool ca_screens(struct db *db, const struct ca *ca, const struct authority *authority,
                            int64_t *count, struct pp_error *error);

#endif
