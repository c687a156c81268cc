/* Alerts, on a thread and a database connection of their own: what rules are about is looked at, and what waits is
 * delivered, one after the other (ops/alert_watch.h, ops/alert_queue.h, notify/deliver.h). */
#ifndef HEADEND_SERVE_ALERTS_H
#define HEADEND_SERVE_ALERTS_H

#include "headend/server/app.h"

#define ALERTS_LOOK_S 15 /* s, between two looks */

struct alerts;
/* Begins. `app` has to have its options, strings and port by then, and stays. */
struct alerts *alerts_create(const struct app *app, struct pp_error *error);
/* Breaks off what is being delivered: that is due again. NULL is allowed. */
void alerts_destroy(struct alerts *alerts);
/* There may be something to do. */
void alerts_wake(struct alerts *alerts);

#endif
