#include "headend/db/db.h"

#include <stdarg.h>

#include "headend/db/backend.h"
#include "headend/db/postgres_address.h"
#include "headend/db/sql.h"

static void db_mutex_init(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

struct db *db_connect(const char *folder, const char *address, bool create, struct signing *signing,
                      struct pp_error *error) {
    const struct db_backend *backend = address ? &db_postgres : &db_sqlite;
    struct db *db = backend->open(folder, address, create, error);
    if (!db)
        return NULL;
    db->backend = backend;
    db->signing = signing;
    db_mutex_init(&db->mutex);
    db->folder = strdup(folder);
    db->address = address ? strdup(address) : NULL;
    if (db->folder && (db->address || !address))
        return db;
    pp_fail(error, PP_E_NOMEM, "out of memory");
    db_close(db);
    return NULL;
}

bool db_address_check(const char *address, struct pp_error *error) {
    struct postgres_settings settings;
    bool ok = postgres_address_read(address, &settings, error);
    postgres_settings_finish(&settings);
    return ok;
}

bool db_address_is_empty(const char *address, struct pp_error *error) {
    PP_AUTO(db) struct db *db = db_connect(".", address, false, NULL, error);
    db_autorow struct db_row *row =
        db ? db_query_sql(
                 db, error,
                 "SELECT count(*), coalesce(min(relname), '') FROM pg_class JOIN pg_namespace"
                 " ON pg_namespace.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
                 " AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'",
                 "")
           : NULL;
    if (!row || !db_next(row, "relation", error))
        return false;
    return db_int(row, 0) == 0 ||
           pp_fail(error, PP_E_STATE, "the database is not empty: it has \"%.64s\"", db_text(row, 1));
}

struct db *db_open(const char *folder, const char *address, bool create, struct signing *signing,
                   struct pp_error *error) {
    PP_AUTO(db) struct db *db = db_connect(folder, address, create, signing, error);
    return db && db_migrate(db, db_migration_newest(), error) ? pp_steal(&db) : NULL;
}

struct db *db_open_at(const char *folder, size_t number, struct signing *signing, struct pp_error *error) {
    PP_AUTO(db) struct db *db = db_connect(folder, NULL, true, signing, error);
    return db && db_migrate(db, number, error) ? pp_steal(&db) : NULL;
}

struct db *db_open_again(const struct db *db, struct pp_error *error) {
    return db_connect(db->folder, db->address, false, db->signing, error);
}

void db_close(struct db *db) {
    if (!db)
        return;
    free(db->folder);
    free(db->address);
    pthread_mutex_destroy(&db->mutex);
    db->backend->close(db);
}

const char *db_folder(const struct db *db) {
    return db->folder;
}

bool db_is_postgresql(const struct db *db) {
    return db->backend->postgresql;
}

void db_lock(struct db *db) {
    pthread_mutex_lock(&db->mutex);
    db->depth++;
}

void db_unlock(struct db *db) {
    db->depth--;
    pthread_mutex_unlock(&db->mutex);
}

void db_share(struct db *db) {
    db->shared = true;
}

/* Whether this thread has locked it: nobody else may have, and it was locked before. */
static bool db_is_held(struct db *db) {
    if (pthread_mutex_trylock(&db->mutex) != 0)
        return false;
    bool held = db->depth > 0;
    pthread_mutex_unlock(&db->mutex);
    return held;
}

static bool check_held(struct db *db, const char *name, struct pp_error *error) {
    return !db->shared || db_is_held(db) ||
           pp_fail(error, PP_E_STATE, "database: used without its lock: %s", name);
}

/* ---- Statements ---- */

static const struct {
    const char *name, *sqlite, *postgresql;
} statements[DB_STATEMENTS] = {
#define DB_STATEMENT(name, sql)                         [DB_##name] = {#name, sql, sql},
#define DB_STATEMENT_BOTH(name, for_sqlite, for_others) [DB_##name] = {#name, for_sqlite, for_others},
#include "headend/db/statements/all.def"
#undef DB_STATEMENT
#undef DB_STATEMENT_BOTH
};

static struct db_text text_of(const struct db *db, enum db_statement statement) {
    return (struct db_text){.name = statements[statement].name,
                            .sql = db->backend->postgresql ? statements[statement].postgresql
                                                           : statements[statement].sqlite,
                            .place = (int)statement};
}

static struct db_row *text_query(struct db *db, const struct db_text *text, const struct db_value *values,
                                 size_t count, struct pp_error *error) {
    if (!check_held(db, text->name, error))
        return NULL;
    struct db_row *row = db->backend->query(db, text, values, count, error);
    if (row)
        row->db = db;
    return row;
}

static bool text_run(struct db *db, const struct db_text *text, const struct db_value *values, size_t count,
                     struct pp_error *error) {
    return check_held(db, text->name, error) && db->backend->run(db, text, values, count, error);
}

struct db_row *db_query_values(struct db *db, struct pp_error *error, enum db_statement statement,
                               const struct db_value *values, size_t count) {
    const struct db_text text = text_of(db, statement);
    return text_query(db, &text, values, count, error);
}

bool db_run_values(struct db *db, struct pp_error *error, enum db_statement statement,
                   const struct db_value *values, size_t count) {
    const struct db_text text = text_of(db, statement);
    return text_run(db, &text, values, count, error);
}

bool db_run_unsynced_values(struct db *db, struct pp_error *error, enum db_statement statement,
                            const struct db_value *values, size_t count) {
    const struct db_text text = text_of(db, statement);
    if (!check_held(db, text.name, error))
        return false;
    db->unsynced = true;
    bool ok = text_run(db, &text, values, count, error);
    db->unsynced = false;
    return ok;
}

bool db_statement_check(struct db *db, enum db_statement statement, struct pp_error *error) {
    const struct db_text text = text_of(db, statement);
    return check_held(db, text.name, error) && db->backend->check(db, &text, error);
}

int db_changes(struct db *db) {
    return db->backend->changes(db);
}

/* ---- SQL in text ---- */

static size_t values_take(struct db_value values[DB_SQL_VALUES_MAX], const char *types, va_list args) {
    size_t count = 0;
    for (; count < DB_SQL_VALUES_MAX && types[count]; count++) {
        if (types[count] == 's') {
            values[count] = DB_TEXT(va_arg(args, const char *));
        } else if (types[count] == 'i') {
            values[count] = DB_INT(va_arg(args, int64_t));
        } else {
            const void *bytes = va_arg(args, const void *);
            values[count] = DB_BLOB(bytes, va_arg(args, size_t));
        }
    }
    return count;
}

struct db_row *db_query_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...) {
    const struct db_text text = {.name = sql, .sql = sql, .place = -1};
    struct db_value values[DB_SQL_VALUES_MAX];
    va_list args;
    va_start(args, types);
    size_t count = values_take(values, types, args);
    va_end(args);
    return text_query(db, &text, values, count, error);
}

bool db_run_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...) {
    const struct db_text text = {.name = sql, .sql = sql, .place = -1};
    struct db_value values[DB_SQL_VALUES_MAX];
    va_list args;
    va_start(args, types);
    size_t count = values_take(values, types, args);
    va_end(args);
    return text_run(db, &text, values, count, error);
}

bool db_run_sql_values(struct db *db, struct pp_error *error, const char *sql, const struct db_value *values,
                       size_t count) {
    const struct db_text text = {.name = sql, .sql = sql, .place = -1};
    return text_run(db, &text, values, count, error);
}

bool db_script(struct db *db, const char *sql, struct pp_error *error) {
    return check_held(db, "script", error) && db->backend->script(db, sql, error);
}

/* ---- Rows ---- */

bool db_next(struct db_row *row, const char *what, struct pp_error *error) {
    return row->db->backend->next(row, what, error);
}

const char *db_text(struct db_row *row, int column) {
    return row->db->backend->text(row, column);
}

int64_t db_int(struct db_row *row, int column) {
    return row->db->backend->integer(row, column);
}

bool db_is_null(struct db_row *row, int column) {
    return row->db->backend->is_null(row, column);
}

const void *db_blob(struct db_row *row, int column, size_t *size) {
    return row->db->backend->blob(row, column, size);
}

bool db_bytes(struct db_row *row, int column, void *out, size_t size, struct pp_error *error) {
    size_t have = 0;
    const void *data = db_blob(row, column, &have);
    if (have != size || (size && !data))
        return pp_fail(error, PP_E_INVALID, "database: column %s holds %zu bytes, not %zu",
                       row->db->backend->column_name(row, column), have, size);
    memcpy(out, data, size);
    return true;
}

void db_row_finish(struct db_row *row) {
    if (row)
        row->db->backend->finish(row);
}

void db_row_close(struct db_row *row) {
    if (row)
        row->db->backend->row_close(row);
}

/* ---- Transactions ---- */

bool db_change_begin(struct db_change *change, struct db *db, struct pp_error *error) {
    db_lock(db);
    if (db->open ? !db->backend->script(db, "SAVEPOINT inner_change", error)
                 : !db->backend->begin(db, error)) {
        db_unlock(db);
        return false;
    }
    db->open++;
    change->db = db;
    return true;
}

static void change_close(struct db_change *change) {
    change->db->open--;
    db_unlock(change->db);
    change->db = NULL;
}

bool db_change_commit(struct db_change *change, struct pp_error *error) {
    struct db *db = change->db;
    if (db->open > 1 ? !db->backend->script(db, "RELEASE SAVEPOINT inner_change", error)
                     : !db->backend->commit(db, error))
        return false;
    change_close(change);
    return true;
}

void db_change_rollback(struct db_change *change) {
    struct db *db = change->db;
    if (!db)
        return;
    if (db->open > 1)
        (void)!db->backend->script(db, "ROLLBACK TO SAVEPOINT inner_change; RELEASE SAVEPOINT inner_change",
                                   NULL);
    else
        db->backend->rollback(db);
    change_close(change);
}

int64_t db_data_version(struct db *db) {
    return check_held(db, "data version", NULL) ? db->backend->data_version(db) : -1;
}

int db_news(struct db *db) {
    return db->backend->news ? db->backend->news(db) : -1;
}

bool db_hold(struct db *db, struct pp_error *error) {
    return !db->backend->hold || (check_held(db, "hold", error) && db->backend->hold(db, error));
}

void db_release(struct db *db) {
    if (db->backend->release)
        db->backend->release(db);
}

/* ---- The disk ---- */

bool db_defer_sync(struct db *db, struct pp_error *error) {
    db->deferred = db->backend->defer_sync(db, error);
    return db->deferred;
}

bool db_sync(struct db *db, struct pp_error *error) {
    return db->backend->sync(db, error);
}

uint64_t db_commits(const struct db *db) {
    return db->commits;
}

bool db_checkpoint(struct db *db, int64_t least, struct pp_error *error) {
    return db->backend->checkpoint(db, least, error);
}

/* ---- Named values ---- */

char *db_meta_get(struct db *db, const char *name, struct pp_error *error) {
    db_autorow struct db_row *statement = db_query(db, error, DB_META_GET, DB_TEXT(name));
    if (!statement)
        return NULL;
    struct pp_error none = {0};
    bool found = db_next(statement, name, &none);
    if (!found && none.code != PP_E_NOTFOUND) {
        if (error)
            *error = none;
        return NULL;
    }
    char *value = strdup(found ? db_text(statement, 0) : "");
    if (!value)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return value;
}

bool db_meta_set(struct db *db, const char *name, const char *value, struct pp_error *error) {
    return db_run(db, error, DB_META_SET, DB_TEXT(name), DB_TEXT(value));
}
