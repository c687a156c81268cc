/* The static repository: made by init, changed by publish, kept fresh by serve. */
#ifndef HEADEND_PUBLISH_H
#define HEADEND_PUBLISH_H

#include "headend/home.h"

/* An empty repository: keys, root, targets, snapshot, timestamp. */
bool publish_init(struct home *home, struct pp_error *error);
/* Signs anew what would expire soon, and ends what a killed publish left. Does nothing while another process
 * publishes. */
bool publish_refresh(struct home *home, struct pp_error *error);

#endif
