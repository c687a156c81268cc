/*
 * The headend's database, SQLite in a file or a PostgreSQL: one connection, every statement prepared with bound values.
 * The connection is shared by the server's threads: who uses it holds db_lock. Which database it is, a struct of
 * functions decides (backend.h).
 */
#ifndef HEADEND_DB_DB_H
#define HEADEND_DB_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

#define DB_BUSY_MS    10000 /* wait for another process's transaction */

#define DB_LAST_ADMIN "last administrator" /* in the message where the only one would be removed */

struct db;
struct signing;

/* Opens the database of a headend's folder and brings its schema up to date: the PostgreSQL at `address`
 * (postgres_address.h), or, without one, DB_FILE there, which is made (mode 0600) where `create` says so.
 * Keys as they stand there are opened and sealed by `signing` (stored_key.h), which is borrowed. */
#define DB_FILE "headend.db"
struct db *db_open(const char *folder, const char *address, bool create, struct signing *signing,
                   struct pp_error *error);
/* Whether it is an address of one that may be used, before anything is made. */
PP_MUST_USE bool db_address_check(const char *address, struct pp_error *error);
/* Whether the PostgreSQL there has nothing in it yet, of ours or of anybody else. PP_E_STATE where it has. */
PP_MUST_USE bool db_address_is_empty(const char *address, struct pp_error *error);
/* Another connection to the same. */
struct db *db_open_again(const struct db *db, struct pp_error *error);
void db_close(struct db *db);
PP_DEFINE_AUTO(db, struct db, db_close)

/* Recursive. */
void db_lock(struct db *db);
void db_unlock(struct db *db);
/* From here on threads share it: who uses it without db_lock is refused (PP_E_STATE), and so is found at once
 * and not by a broken transaction of somebody else's. */
void db_share(struct db *db);

/* The statements by their names: DB_CHANNEL_FIND. Their texts stand in statements/, a file for each subject. */
enum db_statement {
#define DB_STATEMENT(name, sql)                     DB_##name,
#define DB_STATEMENT_BOTH(name, sqlite, postgresql) DB_##name,
#include "headend/db/statements/all.def"
#undef DB_STATEMENT
#undef DB_STATEMENT_BOTH
    DB_STATEMENTS
};

/* What stands for one "?" of a statement. NULL, as a text or as a blob, is NULL. */
struct db_value {
    enum { DB_VALUE_TEXT, DB_VALUE_INT, DB_VALUE_BLOB } kind;
    const char *text;
    int64_t number;
    const void *blob;
    size_t size; /* bytes of blob */
};
static inline struct db_value db_value_text(const char *text) {
    return (struct db_value){.kind = DB_VALUE_TEXT, .text = text};
}
static inline struct db_value db_value_int(int64_t number) {
    return (struct db_value){.kind = DB_VALUE_INT, .number = number};
}
static inline struct db_value db_value_blob(const void *blob, size_t size) {
    return (struct db_value){.kind = DB_VALUE_BLOB, .blob = blob, .size = size};
}
#define DB_TEXT(text)       db_value_text(text)
#define DB_INT(number)      db_value_int(number)
#define DB_BLOB(blob, size) db_value_blob(blob, size)
/* All of a statement's, as two arguments. */
#define DB_VALUES(...)                                                                                       \
    (const struct db_value[]){{0}, __VA_ARGS__} + 1,                                                         \
        sizeof((const struct db_value[]){{0}, __VA_ARGS__}) / sizeof(struct db_value) - 1

/* An answer, and the row of it that is read. */
struct db_row;

/* db_query(db, error, DB_CHANNEL_FIND, DB_TEXT(id)): the answer, NULL on failure; the caller gives it to
 * db_row_close. */
#define db_query(db, error, ...) DB_CALL(db_query_values, db, error, __VA_ARGS__, )
struct db_row *db_query_values(struct db *db, struct pp_error *error, enum db_statement statement,
                               const struct db_value *values, size_t count);
/* The same for a statement without rows. */
#define db_run(db, error, ...) DB_CALL(db_run_values, db, error, __VA_ARGS__, )
PP_MUST_USE bool db_run_values(struct db *db, struct pp_error *error, enum db_statement statement,
                               const struct db_value *values, size_t count);
/* The same, but the disk is not waited for: a power cut may undo it. For notes that are soon made again; a
 * publish that all screens answer to would else cost a sync for each. Not counted by db_commits. */
#define db_run_unsynced(db, error, ...) DB_CALL(db_run_unsynced_values, db, error, __VA_ARGS__, )
PP_MUST_USE bool db_run_unsynced_values(struct db *db, struct pp_error *error, enum db_statement statement,
                                        const struct db_value *values, size_t count);
/* Not all compilers take a macro without the arguments behind its last: there is always one more, which is empty. */
#define DB_CALL(function, db, error, statement, ...) function(db, error, statement, DB_VALUES(__VA_ARGS__))

/* Rows that the last statement changed. */
int db_changes(struct db *db);

/* Steps: true where there is a row. False at the end (error->code PP_E_NOTFOUND, `what` in the message) and
 * on failure. */
PP_MUST_USE bool db_next(struct db_row *row, const char *what, struct pp_error *error);
/* The row's columns. Text is "" for NULL; it and blobs are borrowed until the next step. */
const char *db_text(struct db_row *row, int column);
int64_t db_int(struct db_row *row, int column);
bool db_is_null(struct db_row *row, int column);
const void *db_blob(struct db_row *row, int column, size_t *size);
/* A blob of exactly `size` bytes. */
PP_MUST_USE bool db_bytes(struct db_row *row, int column, void *out, size_t size, struct pp_error *error);
/* Nothing more is read of it: what is written from now on does not wait for it. NULL is allowed, here and below. */
void db_row_finish(struct db_row *row);
void db_row_close(struct db_row *row);

static inline void db_row_cleanup(struct db_row **row) {
    db_row_close(*row);
}
#define db_autorow PP_CLEANUP(db_row_cleanup)

/* A transaction that rolls back unless committed:
 * `db_autochange struct db_change change = {0};`
 * One that is begun within another is a part of it: rolled back alone, and kept only with the whole. */
struct db_change {
    struct db *db; /* NULL when none is open */
};
PP_MUST_USE bool db_change_begin(struct db_change *change, struct db *db, struct pp_error *error);
PP_MUST_USE bool db_change_commit(struct db_change *change, struct pp_error *error);
void db_change_rollback(struct db_change *change);
#define db_autochange PP_CLEANUP(db_change_rollback)

/* Changes whenever another connection has committed. */
int64_t db_data_version(struct db *db);
/* A descriptor that can be read once another connection has committed, where there is such a thing; else -1. It may be
 * another one after each call here: it is asked for before each poll. Callers hold db_lock. */
int db_news(struct db *db);

/* What only one headend may do at a time, among all that share the database: publish. PP_E_STATE where another one
 * does. From then on until db_release a connection that breaks is not made anew. A database in the folder needs no
 * more than the folder's own lock. Callers hold db_lock. */
PP_MUST_USE bool db_hold(struct db *db, struct pp_error *error);
void db_release(struct db *db);

/* ---- Who waits for the disk (writer.h) ---- */

/* From now on no commit waits for the disk: db_sync of another connection does, for all that was committed before it.
 * The log is only copied into the database by db_checkpoint. */
PP_MUST_USE bool db_defer_sync(struct db *db, struct pp_error *error);
/* What any connection has committed so far survives a power cut. */
PP_MUST_USE bool db_sync(struct db *db, struct pp_error *error);
/* Grows with each commit that is worth waiting for. Callers hold db_lock. */
uint64_t db_commits(const struct db *db);
/* Copies the log into the database, as far as nobody reads what is older, once it has `least` bytes. */
PP_MUST_USE bool db_checkpoint(struct db *db, int64_t least, struct pp_error *error);
/* The headend's folder. Borrowed. */
const char *db_folder(const struct db *db);

/* Named values of the whole installation. A missing one is "". The caller frees. */
char *db_meta_get(struct db *db, const char *name, struct pp_error *error);
PP_MUST_USE bool db_meta_set(struct db *db, const char *name, const char *value, struct pp_error *error);

#endif
