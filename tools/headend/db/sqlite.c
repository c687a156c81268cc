/* SQLite: a file, with a write-ahead log beside it. One writes at a time, who reads waits for nobody. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/file.h"
#include "headend/base/text.h"
#include "headend/db/backend.h"

struct sqlite_db {
    struct db db;
    sqlite3 *handle;
    int log_fd; /* of the write-ahead log, for syncs; -1 until there is one */
};

struct sqlite_row {
    struct db_row row;
    sqlite3_stmt *statement;
};

static struct sqlite_db *sqlite_of(struct db *db) {
    return (struct sqlite_db *)db;
}

static sqlite3_stmt *statement_of(struct db_row *row) {
    return ((struct sqlite_row *)row)->statement;
}

static bool sqlite_failed(sqlite3 *handle, const char *what, struct pp_error *error) {
    enum pp_code code = sqlite3_errcode(handle) == SQLITE_FULL ? PP_E_NOSPACE : PP_E_IO;
    return pp_fail(error, code, "database: %s: %s", what, sqlite3_errmsg(handle));
}

static bool sqlite_settings(sqlite3 *handle, const char *sql, struct pp_error *error) {
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           sqlite_failed(handle, "settings", error);
}

/* fold(TEXT): text_fold, for the migration that fills folded columns. */
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

static bool sqlite_prepare(sqlite3 *handle, struct pp_error *error) {
    sqlite3_busy_timeout(handle, DB_BUSY_MS);
    if (!sqlite_settings(handle,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                         "PRAGMA trusted_schema=OFF; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;",
                         error))
        return false;
    return sqlite3_create_function(handle, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                                   NULL, sql_fold, NULL, NULL) == SQLITE_OK ||
           sqlite_failed(handle, "functions", error);
}

/* SQLite would make the file with the umask's mode; its WAL takes over the mode of the file. */
static bool sqlite_file_make(const char *path, struct pp_error *error) {
    pp_autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 || pp_fail_errno(error, "%s", path);
}

static void sqlite_close(struct db *db) {
    struct sqlite_db *sqlite = sqlite_of(db);
    sqlite3_close(sqlite->handle);
    pp_close(&sqlite->log_fd);
    free(sqlite);
}

static struct db *sqlite_open(const char *folder, const char *address, bool create, struct pp_error *error) {
    (void)address;
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/" DB_FILE, folder) || (create && !sqlite_file_make(path, error)))
        return NULL;
    struct sqlite_db *sqlite = calloc(1, sizeof *sqlite);
    if (!sqlite) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    sqlite->log_fd = -1;
    bool opened = sqlite3_open_v2(path, &sqlite->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX,
                                  NULL) == SQLITE_OK ||
                  sqlite_failed(sqlite->handle, path, error);
    if (opened && sqlite_prepare(sqlite->handle, error))
        return &sqlite->db;
    sqlite_close(&sqlite->db);
    return NULL;
}

/* ---- Statements ---- */

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

static void sqlite_row_close(struct db_row *row) {
    sqlite3_finalize(statement_of(row));
    free(row);
}

static struct db_row *sqlite_query(struct db *db, const struct db_text *text, const struct db_value *values,
                                   size_t count, struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    struct sqlite_row *row = calloc(1, sizeof *row);
    if (!row) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    bool ok = sqlite3_prepare_v2(handle, text->sql, -1, &row->statement, NULL) == SQLITE_OK
                  ? values_bind(row->statement, values, count) ||
                        pp_fail(error, PP_E_INVALID, "database: %s: not its %zu values", text->name, count)
                  : sqlite_failed(handle, text->name, error);
    if (ok)
        return &row->row;
    sqlite_row_close(&row->row);
    return NULL;
}

static bool sqlite_step(struct db *db, const struct db_text *text, const struct db_value *values,
                        size_t count, struct pp_error *error) {
    struct db_row *row = sqlite_query(db, text, values, count, error);
    bool ok = row && (sqlite3_step(statement_of(row)) == SQLITE_DONE ||
                      sqlite_failed(sqlite_of(db)->handle, text->name, error));
    if (row)
        sqlite_row_close(row);
    return ok;
}

/* In WAL mode NORMAL syncs at checkpoints only. Refused inside a transaction, which is then synced. */
static bool sqlite_run(struct db *db, const struct db_text *text, const struct db_value *values, size_t count,
                       struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    bool loosened = db->unsynced && !db->deferred;
    if (loosened)
        sqlite3_exec(handle, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
    bool ok = sqlite_step(db, text, values, count, error);
    if (loosened)
        sqlite3_exec(handle, "PRAGMA synchronous=FULL", NULL, NULL, NULL);
    return ok;
}

static bool sqlite_script(struct db *db, const char *sql, struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_failed(handle, "script", error);
}

static bool sqlite_check(struct db *db, const struct db_text *text, struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(handle, text->sql, -1, &statement, NULL) == SQLITE_OK ||
              sqlite_failed(handle, text->name, error);
    sqlite3_finalize(statement);
    return ok;
}

static int sqlite_changes(struct db *db) {
    return sqlite3_changes(sqlite_of(db)->handle);
}

/* ---- Rows ---- */

static bool sqlite_next(struct db_row *row, const char *what, struct pp_error *error) {
    int status = sqlite3_step(statement_of(row));
    if (status == SQLITE_ROW)
        return true;
    if (status == SQLITE_DONE)
        return pp_fail(error, PP_E_NOTFOUND, "no such %s", what);
    return sqlite_failed(sqlite_of(row->db)->handle, what, error);
}

static const char *sqlite_text(struct db_row *row, int column) {
    const unsigned char *text = sqlite3_column_text(statement_of(row), column);
    return text ? (const char *)text : "";
}

static int64_t sqlite_integer(struct db_row *row, int column) {
    return sqlite3_column_int64(statement_of(row), column);
}

static bool sqlite_is_null(struct db_row *row, int column) {
    return sqlite3_column_type(statement_of(row), column) == SQLITE_NULL;
}

static const void *sqlite_blob(struct db_row *row, int column, size_t *size) {
    const void *data = sqlite3_column_blob(statement_of(row), column);
    *size = (size_t)sqlite3_column_bytes(statement_of(row), column);
    return data;
}

static const char *sqlite_column_name(struct db_row *row, int column) {
    return sqlite3_column_name(statement_of(row), column);
}

static void sqlite_finish(struct db_row *row) {
    sqlite3_reset(statement_of(row));
}

/* ---- Transactions ---- */

static bool sqlite_begin(struct db *db, struct pp_error *error) {
    return sqlite_step(db, &(const struct db_text){.name = "begin", .sql = "BEGIN IMMEDIATE"}, NULL, 0,
                       error);
}

static bool sqlite_commit(struct db *db, struct pp_error *error) {
    return sqlite_step(db, &(const struct db_text){.name = "commit", .sql = "COMMIT"}, NULL, 0, error);
}

static void sqlite_rollback(struct db *db) {
    (void)!sqlite_step(db, &(const struct db_text){.name = "rollback", .sql = "ROLLBACK"}, NULL, 0, NULL);
}

/* Only who is alone can leave the write-ahead log; then the file itself is locked. */
static bool sqlite_keep_alone(struct db *db, struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    sqlite3_busy_timeout(handle, 0);
    int result = sqlite3_exec(
        handle, "PRAGMA journal_mode=DELETE; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", NULL,
        NULL, NULL);
    sqlite3_busy_timeout(handle, DB_BUSY_MS);
    if (result == SQLITE_BUSY)
        return pp_fail(error, PP_E_STATE,
                       "the database is in use: stop the server, and whatever else uses it");
    return result == SQLITE_OK || sqlite_failed(handle, "lock", error);
}

static int64_t sqlite_data_version(struct db *db) {
    const struct db_text text = {.name = "data version", .sql = "PRAGMA data_version"};
    struct db_row *row = sqlite_query(db, &text, NULL, 0, NULL);
    int64_t version = row && sqlite3_step(statement_of(row)) == SQLITE_ROW
                          ? sqlite3_column_int64(statement_of(row), 0)
                          : -1;
    if (row)
        sqlite_row_close(row);
    return version;
}

/* ---- The disk ---- */

/* SQLite's hook: something is about to be committed. */
static int on_commit(void *arg) {
    struct db *db = arg;
    if (!db->unsynced)
        db->commits++;
    return 0;
}

static bool sqlite_defer_sync(struct db *db, struct pp_error *error) {
    sqlite3 *handle = sqlite_of(db)->handle;
    if (!sqlite_settings(handle, "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0", error))
        return false;
    sqlite3_commit_hook(handle, on_commit, db);
    return true;
}

/* It is there, and stays, while the database is open. */
static bool log_open(struct sqlite_db *sqlite, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (sqlite->log_fd >= 0)
        return true;
    if (!pp_path_format(path, error, "%s-wal", sqlite3_db_filename(sqlite->handle, "main")))
        return false;
    sqlite->log_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return sqlite->log_fd >= 0 || pp_fail_errno(error, "%s", path);
}

static bool sqlite_sync(struct db *db, struct pp_error *error) {
    struct sqlite_db *sqlite = sqlite_of(db);
    if (!log_open(sqlite, error))
        return false;
    return fdatasync(sqlite->log_fd) == 0 ||
           pp_fail_errno(error, "the database's log cannot be written to the disk");
}

static bool sqlite_checkpoint(struct db *db, int64_t least, struct pp_error *error) {
    struct sqlite_db *sqlite = sqlite_of(db);
    struct stat status;
    if (!log_open(sqlite, error))
        return false;
    if (fstat(sqlite->log_fd, &status) == 0 && status.st_size < least)
        return true;
    int result = sqlite3_wal_checkpoint_v2(sqlite->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return result == SQLITE_OK || result == SQLITE_BUSY || sqlite_failed(sqlite->handle, "checkpoint", error);
}

/* Where somebody reads, he goes on, and a later checkpoint does it. */
static void sqlite_forget(struct db *db) {
    sqlite3_wal_checkpoint_v2(sqlite_of(db)->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

const struct db_backend db_sqlite = {
    .open = sqlite_open,
    .close = sqlite_close,
    .query = sqlite_query,
    .run = sqlite_run,
    .script = sqlite_script,
    .check = sqlite_check,
    .changes = sqlite_changes,
    .next = sqlite_next,
    .text = sqlite_text,
    .integer = sqlite_integer,
    .is_null = sqlite_is_null,
    .blob = sqlite_blob,
    .column_name = sqlite_column_name,
    .finish = sqlite_finish,
    .row_close = sqlite_row_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .keep_alone = sqlite_keep_alone,
    .data_version = sqlite_data_version,
    .defer_sync = sqlite_defer_sync,
    .sync = sqlite_sync,
    .checkpoint = sqlite_checkpoint,
    .forget = sqlite_forget,
};
