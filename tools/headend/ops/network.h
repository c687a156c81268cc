/*
 * From which networks screens may ask: ranges of addresses of the whole organisation, and of each channel. A screen has
 * to be within both; where a list is empty, that one says nothing. Of people's pages nothing is said: whoever may
 * sign in can always take back what was set here.
 *
 * Behind proxies a screen's address is the one that they forward (forwarded.h), in the one header that was named for
 * them: another one passes through them as the screen, or whoever is there, has sent it.
 */
#ifndef HEADEND_OPS_NETWORK_H
#define HEADEND_OPS_NETWORK_H

#include "headend/base/forwarded.h"
#include "headend/db/db.h"

#define NETWORK_RANGES_MAX 256 /* of one list */

struct network_list {
    struct ip_range ranges[NETWORK_RANGES_MAX];
    size_t count;
};

/* Adds one; what is in it already is passed over. PP_E_LIMIT where there are too many. */
PP_MUST_USE bool network_list_add(struct network_list *list, const char *text, struct pp_error *error);
bool network_list_has(const struct network_list *list, const struct ip_address *address);

/* Of screens: of a channel, or "" for the organisation. Callers hold db_lock. PP_E_NOTFOUND where there is no such
 * channel. */
PP_MUST_USE bool network_load(struct db *db, const char *channel, struct network_list *list,
                              struct pp_error *error);
PP_MUST_USE bool network_save(struct db *db, const char *channel, const struct network_list *list,
                              struct pp_error *error);

/* Of proxies, with the header that they forward addresses in. They stand beside the channels' lists, under a name
 * that no channel has: network_load finds them by it. */
#define NETWORK_PROXIES "*"
PP_MUST_USE bool network_header_load(struct db *db, enum forwarded_header *header, struct pp_error *error);
PP_MUST_USE bool network_save_proxies(struct db *db, enum forwarded_header header,
                                      const struct network_list *list, struct pp_error *error);

/* Whether there is any range of screens' addresses at all. */
PP_MUST_USE bool network_any(struct db *db, bool *any, struct pp_error *error);

/* All ranges of all lists, with the channel that each is of: "" for the organisation, NETWORK_PROXIES. Stops where the
 * callback fails. */
PP_MUST_USE bool network_each(struct db *db,
                              bool (*each)(void *arg, const char *channel, const char *range,
                                           struct pp_error *error),
                              void *arg, struct pp_error *error);

#endif
