/* The headend's folder (base/home.h) with its database: made, opened and closed; and what names it is reached by. */
#ifndef HEADEND_DB_HOME_OPEN_H
#define HEADEND_DB_HOME_OPEN_H

#include "headend/base/home.h"

/* Makes the folder, which must not exist or be empty, and its database: in it, or, where `database` is no NULL, in that
 * PostgreSQL (db/postgres_address.h), which must be empty. */
struct home *home_create(const char *path, const char *database, struct pp_error *error);
/* Only for the folder's owner. What needs a private key is done within this process. */
struct home *home_open(const char *path, struct pp_error *error);
/* The same, but what needs one is asked of `signing`, which is borrowed. */
struct home *home_open_with(const char *path, struct signing *signing, struct pp_error *error);
void home_close(struct home *home);
PP_DEFINE_AUTO(home, struct home, home_close)

/* struct host_list, as the database has it. */
PP_MUST_USE bool home_hosts_save(const struct home *home, const struct host_list *list,
                                 struct pp_error *error);
PP_MUST_USE bool home_hosts_load(const struct home *home, struct host_list *list, struct pp_error *error);

#endif
