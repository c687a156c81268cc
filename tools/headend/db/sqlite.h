/* Inside of this room: what db.c, migrations.c and stored_key.c know of SQLite. */
#ifndef HEADEND_DB_SQLITE_H
#define HEADEND_DB_SQLITE_H

#include <sqlite3.h>

#include "headend/db/db.h"

/* SQL in text, for this room and for tests. Bound values by `types`, one letter each: s const char * (NULL is NULL), i
 * int64_t, b const void * and size_t; DB_SQL_VALUES_MAX at most. Otherwise as db_query and db_run. */
#define DB_SQL_VALUES_MAX 16
struct db_row *db_query_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...);
PP_MUST_USE bool db_run_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...);

/* The connection. Borrowed. */
sqlite3 *db_handle(struct db *db);

/* migrations.c */
PP_MUST_USE bool db_migrate(struct db *db, struct pp_error *error);
/* stored_key.c. A migration: makes the file where there is none, and seals what stood there in clear, within the
 * transaction. */
PP_MUST_USE bool stored_key_migrate(struct db *db, struct pp_error *error);

#endif
