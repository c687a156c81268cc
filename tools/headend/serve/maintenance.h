/* What needs the signer for long, on a thread and a database connection of its own, so that nobody who waits for news
 * waits for that: the repository is kept up to date, the authorities' changes are finished, and the server's
 * certificate is renewed and shown to whoever connects from then on. */
#ifndef HEADEND_SERVE_MAINTENANCE_H
#define HEADEND_SERVE_MAINTENANCE_H

#include "headend/http/credentials.h"
#include "headend/server/app.h"

struct maintenance;
/* Shows the server's certificate before it returns. `app` has to have its authorities and connections, and stays. */
struct maintenance *maintenance_create(const struct app *app, struct pp_error *error);
/* Begins with the rest. */
PP_MUST_USE bool maintenance_start(struct maintenance *maintenance, struct pp_error *error);
/* Waits for what it is at. NULL is allowed. */
void maintenance_destroy(struct maintenance *maintenance);

/* Before it is started: what is shown. Borrowed. */
const struct credentials *maintenance_credentials(const struct maintenance *maintenance);
/* The repository is looked at now, and not only within the minute. */
void maintenance_refresh(struct maintenance *maintenance);
/* All of it is due. */
void maintenance_hurry(struct maintenance *maintenance);

#endif
