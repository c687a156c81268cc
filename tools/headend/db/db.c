#include "headend/db/db.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>

#include "base/file.h"
#include "headend/base/text.h"
#include "headend/db/sqlite.h"

struct db {
    sqlite3 *handle;
    pthread_mutex_t mutex;
    unsigned depth; /* how often its holder has locked it */
    bool shared;    /* whoever uses it holds the mutex */
    bool deferred;  /* commits do not wait for the disk */
    bool unsynced;  /* nor does anybody else, for the one that is being made */
    uint64_t commits;
};

struct db_row {
    sqlite3_stmt *statement;
};

sqlite3 *db_handle(struct db *db) {
    return db->handle;
}

static bool db_failed(sqlite3 *handle, const char *what, struct pp_error *error) {
    enum pp_code code = sqlite3_errcode(handle) == SQLITE_FULL ? PP_E_NOSPACE : PP_E_IO;
    return pp_fail(error, code, "database: %s: %s", what, sqlite3_errmsg(handle));
}

static bool db_pragmas(struct db *db, struct pp_error *error) {
    static const char sql[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                              "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON;";
    sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return db_failed(db->handle, "settings", error);
    return true;
}

/* fold(TEXT): text_fold; SQLite's own lower() knows ASCII's letters only. */
static void sql_fold(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count;
    const unsigned char *text = sqlite3_value_text(values[0]);
    size_t size = (size_t)sqlite3_value_bytes(values[0]) + 1;
    char *folded = text ? sqlite3_malloc64(size) : NULL;
    if (!folded) {
        sqlite3_result_null(context);
        return;
    }
    text_fold((const char *)text, folded, size);
    sqlite3_result_text(context, folded, -1, sqlite3_free);
}

static bool db_functions(struct db *db, struct pp_error *error) {
    if (sqlite3_create_function(db->handle, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                NULL, sql_fold, NULL, NULL) != SQLITE_OK)
        return db_failed(db->handle, "functions", error);
    return true;
}

/* SQLite would make the file with the umask's mode; its WAL takes over the mode of the file. */
static bool db_file_make(const char *path, struct pp_error *error) {
    pp_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return pp_fail_errno(error, "%s", path);
    return true;
}

static void db_mutex_init(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

struct db *db_open(const char *path, bool create, struct pp_error *error) {
    if (create && !db_file_make(path, error))
        return NULL;
    PP_AUTO(db) struct db *db = calloc(1, sizeof *db);
    if (!db) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    db_mutex_init(&db->mutex);
    if (sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL) !=
        SQLITE_OK) {
        db_failed(db->handle, path, error);
        return NULL;
    }
    if (!db_pragmas(db, error) || !db_functions(db, error) || !db_migrate(db, error))
        return NULL;
    return pp_steal(&db);
}

void db_close(struct db *db) {
    if (!db)
        return;
    sqlite3_close(db->handle);
    pthread_mutex_destroy(&db->mutex);
    free(db);
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

struct statement {
    const char *name, *sql;
};

static const struct statement statements[DB_STATEMENTS] = {
#define DB_STATEMENT(name, sql) [DB_##name] = {#name, sql},
#include "headend/db/statements/all.def"
#undef DB_STATEMENT
};

static int value_bind(sqlite3_stmt *statement, int place, const struct db_value *value) {
    switch (value->kind) {
    case DB_VALUE_TEXT:
        return sqlite3_bind_text(statement, place, value->text, -1, SQLITE_TRANSIENT);
    case DB_VALUE_INT:
        return sqlite3_bind_int64(statement, place, value->number);
    case DB_VALUE_BLOB:
        return sqlite3_bind_blob64(statement, place, value->blob, value->size, SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

/* As many as it asks for, neither more nor less. */
static bool values_bind(sqlite3_stmt *statement, const struct db_value *values, size_t count) {
    if ((size_t)sqlite3_bind_parameter_count(statement) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (value_bind(statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return false;
    }
    return true;
}

static struct db_row *row_open(struct db *db, struct pp_error *error, const struct statement *statement,
                               const struct db_value *values, size_t count) {
    if (db->shared && !db_is_held(db)) {
        pp_fail(error, PP_E_STATE, "database: used without its lock: %s", statement->name);
        return NULL;
    }
    db_autorow struct db_row *row = calloc(1, sizeof *row);
    if (!row) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    if (sqlite3_prepare_v2(db->handle, statement->sql, -1, &row->statement, NULL) != SQLITE_OK) {
        db_failed(db->handle, statement->name, error);
        return NULL;
    }
    if (!values_bind(row->statement, values, count)) {
        pp_fail(error, PP_E_INVALID, "database: %s: not its %zu values", statement->name, count);
        return NULL;
    }
    return pp_steal(&row);
}

static bool row_run(struct db *db, struct pp_error *error, const struct statement *statement,
                    const struct db_value *values, size_t count) {
    db_autorow struct db_row *row = row_open(db, error, statement, values, count);
    if (!row)
        return false;
    return sqlite3_step(row->statement) == SQLITE_DONE || db_failed(db->handle, statement->name, error);
}

struct db_row *db_query_values(struct db *db, struct pp_error *error, enum db_statement statement,
                               const struct db_value *values, size_t count) {
    return row_open(db, error, &statements[statement], values, count);
}

bool db_run_values(struct db *db, struct pp_error *error, enum db_statement statement,
                   const struct db_value *values, size_t count) {
    return row_run(db, error, &statements[statement], values, count);
}

bool db_run_unsynced_values(struct db *db, struct pp_error *error, enum db_statement statement,
                            const struct db_value *values, size_t count) {
    /* In WAL mode NORMAL syncs at checkpoints only. Refused inside a transaction, which is then synced. */
    if (!db->deferred)
        sqlite3_exec(db->handle, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
    db->unsynced = true;
    bool ok = row_run(db, error, &statements[statement], values, count);
    db->unsynced = false;
    if (!db->deferred)
        sqlite3_exec(db->handle, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    return ok;
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
    const struct statement statement = {sql, sql};
    struct db_value values[DB_SQL_VALUES_MAX];
    va_list args;
    va_start(args, types);
    size_t count = values_take(values, types, args);
    va_end(args);
    return row_open(db, error, &statement, values, count);
}

bool db_run_sql(struct db *db, struct pp_error *error, const char *sql, const char *types, ...) {
    const struct statement statement = {sql, sql};
    struct db_value values[DB_SQL_VALUES_MAX];
    va_list args;
    va_start(args, types);
    size_t count = values_take(values, types, args);
    va_end(args);
    return row_run(db, error, &statement, values, count);
}

/* SQLite's hook: something is about to be committed. */
static int on_commit(void *arg) {
    struct db *db = arg;
    if (!db->unsynced)
        db->commits++;
    return 0;
}

int db_defer_sync(struct db *db, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s-wal", db_path(db)))
        return -1;
    if (sqlite3_exec(db->handle, "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0", NULL, NULL,
                     NULL) != SQLITE_OK) {
        db_failed(db->handle, "settings", error);
        return -1;
    }
    /* It is there, and stays, while the database is open. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        pp_fail_errno(error, "%s", path);
        return -1;
    }
    db->deferred = true;
    sqlite3_commit_hook(db->handle, on_commit, db);
    return fd;
}

uint64_t db_commits(const struct db *db) {
    return db->commits;
}

bool db_checkpoint(struct db *db, struct pp_error *error) {
    int status = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return status == SQLITE_OK || status == SQLITE_BUSY ? true : db_failed(db->handle, "checkpoint", error);
}

const char *db_path(const struct db *db) {
    return sqlite3_db_filename(db->handle, "main");
}

int db_changes(struct db *db) {
    return sqlite3_changes(db->handle);
}

bool db_next(struct db_row *row, const char *what, struct pp_error *error) {
    int status = sqlite3_step(row->statement);
    if (status == SQLITE_ROW)
        return true;
    if (status == SQLITE_DONE)
        return pp_fail(error, PP_E_NOTFOUND, "no such %s", what);
    return db_failed(sqlite3_db_handle(row->statement), what, error);
}

const char *db_text(struct db_row *row, int column) {
    const unsigned char *text = sqlite3_column_text(row->statement, column);
    return text ? (const char *)text : "";
}

int64_t db_int(struct db_row *row, int column) {
    return sqlite3_column_int64(row->statement, column);
}

bool db_is_null(struct db_row *row, int column) {
    return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

const void *db_blob(struct db_row *row, int column, size_t *size) {
    const void *data = sqlite3_column_blob(row->statement, column);
    *size = (size_t)sqlite3_column_bytes(row->statement, column);
    return data;
}

bool db_bytes(struct db_row *row, int column, void *out, size_t size, struct pp_error *error) {
    size_t have = 0;
    const void *data = db_blob(row, column, &have);
    if (have != size || (size && !data))
        return pp_fail(error, PP_E_INVALID, "database: column %s holds %zu bytes, not %zu",
                       sqlite3_column_name(row->statement, column), have, size);
    memcpy(out, data, size);
    return true;
}

void db_row_finish(struct db_row *row) {
    if (row)
        sqlite3_reset(row->statement);
}

void db_row_close(struct db_row *row) {
    if (!row)
        return;
    sqlite3_finalize(row->statement);
    free(row);
}

bool db_change_begin(struct db_change *change, struct db *db, struct pp_error *error) {
    db_lock(db);
    if (!db_run(db, error, DB_CHANGE_BEGIN)) {
        db_unlock(db);
        return false;
    }
    change->db = db;
    return true;
}

bool db_change_commit(struct db_change *change, struct pp_error *error) {
    if (!db_run(change->db, error, DB_CHANGE_COMMIT))
        return false;
    db_unlock(change->db);
    change->db = NULL;
    return true;
}

void db_change_rollback(struct db_change *change) {
    if (!change->db)
        return;
    (void)!db_run(change->db, NULL, DB_CHANGE_ROLLBACK);
    db_unlock(change->db);
    change->db = NULL;
}

int64_t db_data_version(struct db *db) {
    db_autorow struct db_row *statement = db_query(db, NULL, DB_DATA_VERSION);
    return statement && db_next(statement, "data version", NULL) ? db_int(statement, 0) : -1;
}

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
