/* SQL in text, for this room and for tests. */
#ifndef HEADEND_DB_SQL_H
#define HEADEND_DB_SQL_H

#include "headend/db/db.h"

/* Bound values by `types`, one letter each: s const char * (NULL is NULL), i int64_t, b const void * and size_t;
 * DB_SQL_VALUES_MAX at most. Otherwise as db_query and db_run. */
#define DB_SQL_VALUES_MAX 16
struct db_row *db_query_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...);
PP_MUST_USE bool db_run_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...);
/* The same with as many values as it has. */
PP_MUST_USE bool db_run_sql_values(struct db *db, struct pp_error *error, const char *sql,
                                   const struct db_value *values, size_t count);
/* Several statements without values. */
PP_MUST_USE bool db_script(struct db *db, const char *sql, struct pp_error *error);
/* Whether the database takes a statement as it stands in statements/. */
PP_MUST_USE bool db_statement_check(struct db *db, enum db_statement statement, struct pp_error *error);
/* The folder's SQLite with the schema of that migration, made where there is none: as a program of before has left
 * it. */
struct db *db_open_at(const char *folder, size_t number, struct signing *signing, struct pp_error *error);
/* The newest migration. */
size_t db_migration_newest(void);
/* Which of the two it is. */
bool db_is_postgresql(const struct db *db);

#endif
