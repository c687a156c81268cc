/* The headend's folder (base/home.h) with its database: made, opened and closed; and what names it is reached by. */
#ifndef HEADEND_DB_HOME_OPEN_H
#define HEADEND_DB_HOME_OPEN_H

#include "headend/base/home.h"
#include "headend/db/move.h"

/* Makes the folder, which must not exist or be empty, and its database: in it, or, where `database` is no NULL, in that
 * PostgreSQL (db/postgres_address.h), which must be empty. */
struct home *home_create(const char *path, const char *database, struct pp_error *error);
/* Only for the folder's owner. What needs a private key is done within this process. */
struct home *home_open(const char *path, struct pp_error *error);
/* The same, but what needs one is asked of `signing`, which is borrowed. */
struct home *home_open_with(const char *path, struct signing *signing, struct pp_error *error);
void home_close(struct home *home);
/* Brings the database into the empty PostgreSQL at `address`, or, where that is NULL, from the one that it is in into
 * the folder; everything of it, or nothing (db/move.h). The folder's former database stays there as
 * HOME_DATABASE_BEFORE; a PostgreSQL is left as it is. Killed at any instant, the folder has the one or the other. The
 * database of `home` is closed then. PP_E_STATE where it is there already or in use, or the PostgreSQL is not empty. */
#define HOME_DATABASE_BEFORE "headend.db.before"
PP_MUST_USE bool home_move(struct home *home, const char *address, struct db_moved *moved,
                           struct pp_error *error);
PP_DEFINE_AUTO(home, struct home, home_close)

/* struct host_list, as the database has it. */
PP_MUST_USE bool home_hosts_save(const struct home *home, const struct host_list *list,
                                 struct pp_error *error);
PP_MUST_USE bool home_hosts_load(const struct home *home, struct host_list *list, struct pp_error *error);

#endif
