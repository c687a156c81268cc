/*
 * What a database has to be able to do for db.h: one struct of functions, which sqlite.c has and postgres.c. Only db.c
 * calls them; it has checked that the caller holds the lock where threads share the connection.
 *
 * A backend's connection and its row begin with struct db and struct db_row. A statement's text counts its values as
 * SQLite does: "?" is the one after the highest so far, "?3" the third.
 */
#ifndef HEADEND_DB_BACKEND_H
#define HEADEND_DB_BACKEND_H

#include <pthread.h>

#include "headend/db/db.h"

struct db_text {
    const char *name; /* for messages */
    const char *sql;
    int place; /* among the named ones, from 0; -1: of SQL in text, which is not met again */
};

struct db {
    const struct db_backend *backend;
    char *folder, *address;
    struct signing *signing; /* of whoever opened it: opens and seals keys as they stand there; borrowed */
    pthread_mutex_t mutex;
    unsigned depth; /* how often its holder has locked it */
    unsigned open;  /* changes that were begun, each within the one before */
    bool shared;    /* whoever uses it holds the mutex */
    bool deferred;  /* commits do not wait for the disk */
    bool unsynced;  /* nor does anybody else, for the one that is being made */
    uint64_t commits;
};

struct db_row {
    struct db *db;
};

struct db_backend {
    bool postgresql; /* which of two texts a statement has is its own */
    /* Opens what folder and address name; db.c fills the rest of struct db in. */
    struct db *(*open)(const char *folder, const char *address, bool create, struct pp_error *error);
    void (*close)(struct db *db);

    struct db_row *(*query)(struct db *db, const struct db_text *text, const struct db_value *values,
                            size_t count, struct pp_error *error);
    bool (*run)(struct db *db, const struct db_text *text, const struct db_value *values, size_t count,
                struct pp_error *error);
    /* Several statements without values. */
    bool (*script)(struct db *db, const char *sql, struct pp_error *error);
    /* Whether the text can be prepared; more than that it asks for no type that a value does not have. */
    bool (*check)(struct db *db, const struct db_text *text, struct pp_error *error);
    int (*changes)(struct db *db);

    bool (*next)(struct db_row *row, const char *what, struct pp_error *error);
    const char *(*text)(struct db_row *row, int column);
    int64_t (*integer)(struct db_row *row, int column);
    bool (*is_null)(struct db_row *row, int column);
    const void *(*blob)(struct db_row *row, int column, size_t *size);
    const char *(*column_name)(struct db_row *row, int column);
    void (*finish)(struct db_row *row);
    void (*row_close)(struct db_row *row);

    bool (*begin)(struct db *db, struct pp_error *error);
    bool (*commit)(struct db *db, struct pp_error *error);
    void (*rollback)(struct db *db);

    /* Nobody else uses it, and nobody can from here on (SQLite), or it is PP_E_STATE. */
    bool (*keep_alone)(struct db *db, struct pp_error *error);

    int64_t (*data_version)(struct db *db);
    /* These three may be NULL: there is no such thing. */
    int (*news)(struct db *db);
    bool (*hold)(struct db *db, struct pp_error *error);
    void (*release)(struct db *db);
    bool (*defer_sync)(struct db *db, struct pp_error *error);
    bool (*sync)(struct db *db, struct pp_error *error);
    bool (*checkpoint)(struct db *db, int64_t least, struct pp_error *error);
    /* What was overwritten is not left in a log of the database's own either, as far as nobody reads it. */
    void (*forget)(struct db *db);
};

extern const struct db_backend db_sqlite, db_postgres;

/* db.c: as db_open, but the schema is as it is, or not there. */
struct db *db_connect(const char *folder, const char *address, bool create, struct signing *signing,
                      struct pp_error *error);
/* postgres_schema.c */
extern const char db_postgres_schema[];
/* migrations.c */
/* Up to that one; `newest` is at most db_migration_newest(). */
PP_MUST_USE bool db_migrate(struct db *db, size_t newest, struct pp_error *error);
/* stored_key.c. A migration: makes the file where there is none, and seals what stood there in clear, within the
 * transaction. */
PP_MUST_USE bool stored_key_migrate(struct db *db, struct pp_error *error);

#endif
