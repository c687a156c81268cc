/*
 * PostgreSQL: a server that several headends may share.
 *
 * One writes at a time, as with SQLite: whoever changes something takes one lock of the whole database first
 * (LOCK_WRITER, until its transaction ends), so that what a transaction has read stays so while it writes, no two wait
 * for each other, and none has to be done again. Whoever only reads waits for nobody.
 *
 * Each change tells those who listen (CHANNEL). A connection that broke is made anew before the next statement, but not
 * within a transaction, nor while the publish lock is held: those fail, and what they did is undone.
 */
#include <libpq-fe.h>
#include <string.h>

#include "base/encode.h"
#include "headend/db/backend.h"
#include "headend/db/dialect.h"
#include "headend/db/postgres_address.h"

#define CHANNEL          "pingplay_change"
#define LOCK_SPACE       "20584" /* ours among advisory locks */
#define LOCK_WRITER      LOCK_SPACE ", 1"
#define LOCK_PUBLISH     LOCK_SPACE ", 2"
#define VERSION_LEAST    150000 /* of the server: Debian 12's */
#define VALUES_MAX       32     /* of a statement */
#define NUMBER_TEXT_SIZE 24     /* bytes of an int64_t, with the NUL */
#define COLUMNS_MAX      64

/* pg_type.dat */
enum { TYPE_BOOL = 16, TYPE_BYTES = 17, TYPE_INT8 = 20, TYPE_TEXT = 25 };

/* A statement waits DB_BUSY_MS for a lock and a minute in all. One that holds the writer's lock and does nothing is
 * ended: its headend hangs, or its machine is gone. */
#define SETTINGS                                                                                             \
    "SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = "    \
    "'60s'; SET default_transaction_isolation = 'read committed'; SET bytea_output = 'hex'; SET "            \
    "standard_conforming_strings = on; SET client_min_messages = warning; SET plan_cache_mode = "            \
    "force_custom_plan;"

struct postgres_db {
    struct db db;
    struct postgres_settings settings;
    char *address;
    PGconn *connection;
    bool prepared[DB_STATEMENTS];
    bool in_change;  /* between begin and commit or rollback */
    bool holds;      /* the publish lock */
    bool listens;    /* somebody has asked for data_version */
    int64_t version; /* what others have told */
    int changes;
};

struct postgres_row {
    struct db_row row;
    PGresult *result;
    int at;                      /* row that is read; -1 before the first */
    uint8_t *blobs[COLUMNS_MAX]; /* of that row, as they were asked for */
    size_t sizes[COLUMNS_MAX];
};

PP_DEFINE_AUTO(result, PGresult, PQclear)
#define autoresult PP_AUTO(result) PGresult *

static struct postgres_db *postgres_of(struct db *db) {
    return (struct postgres_db *)db;
}

static struct postgres_row *row_of(struct db_row *row) {
    return (struct postgres_row *)row;
}

/* ---- What went wrong ---- */

static bool connection_failed(PGconn *connection, const char *what, struct pp_error *error) {
    char line[PP_ERROR_MESSAGE_MAX];
    snprintf(line, sizeof line, "%s", PQerrorMessage(connection));
    line[strcspn(line, "\n")] = 0;
    return pp_fail(error, PP_E_NET, "database: %s: %s", what, line);
}

/* The classes of PostgreSQL's "Error Codes" that are told apart. */
static enum pp_code code_of(const char *state) {
    if (strcmp(state, "53100") == 0)
        return PP_E_NOSPACE;
    return strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 ? PP_E_NET : PP_E_IO;
}

static bool result_failed(PGconn *connection, const PGresult *result, const char *what,
                          struct pp_error *error) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state || !message)
        return connection_failed(connection, what, error);
    return pp_fail(error, code_of(state), "database: %s: %s", what, message);
}

static bool result_is_good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* ---- The connection ---- */

/* One or several statements without values, whose answer nobody needs. */
static bool command_run(struct postgres_db *postgres, const char *sql, const char *what,
                        struct pp_error *error) {
    autoresult result = PQexec(postgres->connection, sql);
    return result_is_good(result) || result_failed(postgres->connection, result, what, error);
}

static bool answer_is(struct postgres_db *postgres, const char *sql, bool *yes, struct pp_error *error) {
    autoresult result = PQexec(postgres->connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return result_failed(postgres->connection, result, "question", error);
    *yes = PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't';
    return true;
}

/* Names are compared and listed by their bytes, as SQLite does: another order would make pages of lists skip rows. */
static bool server_check(struct postgres_db *postgres, struct pp_error *error) {
    bool fits = false;
    int version = PQserverVersion(postgres->connection);
    if (version < VERSION_LEAST)
        return pp_fail(error, PP_E_UNSUPPORTED, "database: PostgreSQL %d is too old: 15 or later is needed",
                       version / 10000);
    if (!answer_is(postgres,
                   "SELECT datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') AND "
                   "pg_encoding_to_char(encoding) = 'UTF8'"
                   " FROM pg_database WHERE datname = current_database()",
                   &fits, error))
        return false;
    return fits || pp_fail(error, PP_E_UNSUPPORTED,
                           "database: it has to be made with createdb --template=template0 --encoding=UTF8 "
                           "--locale=C");
}

static void notice_drop(void *arg, const char *message) {
    (void)arg;
    (void)message;
}

static bool connection_open(struct postgres_db *postgres, struct pp_error *error) {
    PQfinish(postgres->connection);
    memset(postgres->prepared, 0, sizeof postgres->prepared);
    postgres->connection = PQconnectdbParams(postgres->settings.names, postgres->settings.values, 0);
    if (PQstatus(postgres->connection) != CONNECTION_OK)
        return connection_failed(postgres->connection, "connection", error);
    PQsetNoticeProcessor(postgres->connection, notice_drop, NULL);
    postgres->version++; /* whatever was told meanwhile was not heard */
    return server_check(postgres, error) && command_run(postgres, SETTINGS, "settings", error) &&
           (!postgres->db.deferred ||
            command_run(postgres, "SET synchronous_commit = off", "settings", error)) &&
           (!postgres->listens || command_run(postgres, "LISTEN " CHANNEL, "listen", error));
}

static bool connection_is_lost(const struct postgres_db *postgres) {
    return PQstatus(postgres->connection) != CONNECTION_OK;
}

/* Before each statement. */
static bool connection_ready(struct postgres_db *postgres, struct pp_error *error) {
    if (!connection_is_lost(postgres))
        return true;
    if (postgres->in_change || postgres->holds)
        return pp_fail(error, PP_E_NET, "database: the connection broke: what was begun with it is undone");
    return connection_open(postgres, error);
}

static void postgres_close(struct db *db) {
    struct postgres_db *postgres = postgres_of(db);
    PQfinish(postgres->connection);
    postgres_settings_finish(&postgres->settings);
    free(postgres->address);
    free(postgres);
}

static struct db *postgres_open(const char *folder, const char *address, bool create,
                                struct pp_error *error) {
    (void)folder;
    (void)create; /* what it has is in its database */
    struct postgres_db *postgres = calloc(1, sizeof *postgres);
    if (!postgres || !(postgres->address = strdup(address))) {
        free(postgres);
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    if (postgres_address_read(postgres->address, &postgres->settings, error) &&
        connection_open(postgres, error))
        return &postgres->db;
    postgres_close(&postgres->db);
    return NULL;
}

/* ---- Statements ---- */

/* A statement in PostgreSQL's own words. */
struct prepared {
    char name[16]; /* of the statement on the server; "" is used once */
    struct pp_buf sql;
    size_t count; /* of values */
};

static void prepared_finish(struct prepared *prepared) {
    pp_buf_finish(&prepared->sql);
}
#define autoprepared PP_CLEANUP(prepared_finish)

/* Types are the server's to find, so that whatever a statement was tried out with holds for all its values. */
static bool statement_prepare(struct postgres_db *postgres, const struct db_text *text,
                              struct prepared *prepared, struct pp_error *error) {
    prepared->sql = PP_BUF_INIT(DIALECT_SQL_MAX);
    if (!dialect_values(text->sql, &prepared->sql, &prepared->count, error))
        return pp_wrap(error, "database: %s", text->name);
    if (prepared->count > VALUES_MAX)
        return pp_fail(error, PP_E_LIMIT, "database: %s: more than %d values", text->name, VALUES_MAX);
    bool named = text->place >= 0 && text->place < DB_STATEMENTS;
    if (named)
        snprintf(prepared->name, sizeof prepared->name, "s%d", text->place);
    if (named && postgres->prepared[text->place])
        return true;
    autoresult result = PQprepare(postgres->connection, prepared->name, pp_buf_text(&prepared->sql), 0, NULL);
    if (!result_is_good(result))
        return result_failed(postgres->connection, result, text->name, error);
    if (named)
        postgres->prepared[text->place] = true;
    return true;
}

/* Values as libpq takes them: numbers in text, bytes as they are. */
struct sent {
    const char *values[VALUES_MAX];
    int sizes[VALUES_MAX], formats[VALUES_MAX];
    char numbers[VALUES_MAX][NUMBER_TEXT_SIZE];
};

static void values_send(struct sent *sent, const struct db_value *values, size_t count) {
    *sent = (struct sent){0};
    for (size_t i = 0; i < count; i++) {
        const struct db_value *value = &values[i];
        switch (value->kind) {
        case DB_VALUE_TEXT:
            sent->values[i] = value->text;
            break;
        case DB_VALUE_INT:
            snprintf(sent->numbers[i], NUMBER_TEXT_SIZE, "%lld", (long long)value->number);
            sent->values[i] = sent->numbers[i];
            break;
        case DB_VALUE_BLOB:
            sent->values[i] = value->blob;
            sent->sizes[i] = (int)value->size;
            sent->formats[i] = 1;
            break;
        }
    }
}

/* The answer; NULL on failure. */
static PGresult *statement_execute(struct postgres_db *postgres, const struct db_text *text,
                                   const struct db_value *values, size_t count, struct pp_error *error) {
    autoprepared struct prepared prepared = {0};
    struct sent sent;
    if (!statement_prepare(postgres, text, &prepared, error))
        return NULL;
    if (prepared.count != count) {
        pp_fail(error, PP_E_INVALID, "database: %s: not its %zu values", text->name, count);
        return NULL;
    }
    values_send(&sent, values, count);
    autoresult result = PQexecPrepared(postgres->connection, prepared.name, (int)count, sent.values,
                                       sent.sizes, sent.formats, 0);
    if (!result_is_good(result)) {
        result_failed(postgres->connection, result, text->name, error);
        return NULL;
    }
    postgres->changes = (int)strtol(PQcmdTuples(result), NULL, 10);
    return pp_steal(&result);
}

/* A read is done again where the connection has turned out to be broken; the second time it is a new one. */
static struct db_row *postgres_query(struct db *db, const struct db_text *text, const struct db_value *values,
                                     size_t count, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    PGresult *result = NULL;
    for (int attempt = 0; !result && attempt < 2; attempt++) {
        if (!connection_ready(postgres, error))
            return NULL;
        result = statement_execute(postgres, text, values, count, error);
        if (!result && !connection_is_lost(postgres))
            return NULL;
    }
    struct postgres_row *row = result ? calloc(1, sizeof *row) : NULL;
    if (row) {
        row->result = result;
        row->at = -1;
        return &row->row;
    }
    if (result)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    PQclear(result);
    return NULL;
}

/* ---- Transactions ---- */

static bool change_open(struct postgres_db *postgres, struct pp_error *error) {
    return command_run(postgres, "BEGIN; SELECT pg_advisory_xact_lock(" LOCK_WRITER ")", "begin", error);
}

static void change_undo(struct postgres_db *postgres) {
    PQclear(PQexec(postgres->connection, "ROLLBACK"));
}

/* What a lost connection leaves open is told: whether it was kept, only a look can say. */
static bool change_close(struct postgres_db *postgres, struct pp_error *error) {
    struct db *db = &postgres->db;
    autoresult result = PQexec(postgres->connection, "NOTIFY " CHANNEL "; COMMIT");
    if (!result_is_good(result)) {
        bool lost = connection_is_lost(postgres);
        result_failed(postgres->connection, result, "commit", error);
        return lost ? pp_wrap(error, "the connection broke while this was kept, and it may be kept or not")
                    : false;
    }
    /* A COMMIT of what has failed answers so, and is no error. */
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return pp_fail(error, PP_E_IO, "database: commit: it was undone");
    if (db->deferred && !db->unsynced)
        db->commits++;
    return true;
}

static bool postgres_begin(struct db *db, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!connection_ready(postgres, error))
            return false;
        postgres->in_change = change_open(postgres, error);
        if (postgres->in_change)
            return true;
        if (!connection_is_lost(postgres)) {
            change_undo(postgres);
            return false;
        }
    }
    return false;
}

static bool postgres_commit(struct db *db, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    if (!change_close(postgres, error))
        return false;
    postgres->in_change = false;
    return true;
}

static void postgres_rollback(struct db *db) {
    struct postgres_db *postgres = postgres_of(db);
    change_undo(postgres);
    postgres->in_change = false;
}

/* Within a transaction that has begun. */
static bool step_within(struct postgres_db *postgres, const struct db_text *text,
                        const struct db_value *values, size_t count, struct pp_error *error) {
    autoresult result = statement_execute(postgres, text, values, count, error);
    return result != NULL;
}

/* One that is alone is a transaction of its own. The server waits for no disk where db_run_unsynced says so. */
static bool postgres_run(struct db *db, const struct db_text *text, const struct db_value *values,
                         size_t count, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    if (postgres->in_change)
        return connection_ready(postgres, error) && step_within(postgres, text, values, count, error);
    if (!postgres_begin(db, error))
        return false;
    bool loosened = db->unsynced && !db->deferred;
    bool ok = (!loosened || command_run(postgres, "SET LOCAL synchronous_commit = off", "settings", error)) &&
              step_within(postgres, text, values, count, error);
    int changes = postgres->changes;
    if (ok && postgres_commit(db, error)) {
        postgres->changes = changes;
        return true;
    }
    postgres_rollback(db);
    return false;
}

/* Migrations, within a transaction; from tests also alone. */
static bool postgres_script(struct db *db, const char *sql, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    return connection_ready(postgres, error) && command_run(postgres, sql, "script", error);
}

static bool types_check(const PGresult *described, const struct db_text *text, struct pp_error *error) {
    for (int i = 0; i < PQnparams(described); i++) {
        Oid type = PQparamtype(described, i);
        if (type != TYPE_INT8 && type != TYPE_TEXT && type != TYPE_BYTES)
            return pp_fail(error, PP_E_INVALID,
                           "database: %s: value %d is of type %u here: write CAST(?%d AS BIGINT)", text->name,
                           i + 1, (unsigned)type, i + 1);
    }
    return true;
}

static bool postgres_check(struct db *db, const struct db_text *text, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    autoprepared struct prepared prepared = {0};
    if (!connection_ready(postgres, error) || !statement_prepare(postgres, text, &prepared, error))
        return false;
    autoresult described = PQdescribePrepared(postgres->connection, prepared.name);
    return result_is_good(described) ? types_check(described, text, error)
                                     : result_failed(postgres->connection, described, text->name, error);
}

static int postgres_changes(struct db *db) {
    return postgres_of(db)->changes;
}

/* ---- Rows ---- */

static void blobs_free(struct postgres_row *row) {
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        PQfreemem(row->blobs[i]);
        row->blobs[i] = NULL;
    }
}

static bool postgres_next(struct db_row *base, const char *what, struct pp_error *error) {
    struct postgres_row *row = row_of(base);
    blobs_free(row);
    if (row->result && ++row->at < PQntuples(row->result))
        return true;
    row->at = -1;
    PQclear(row->result);
    row->result = NULL;
    return pp_fail(error, PP_E_NOTFOUND, "no such %s", what);
}

static bool postgres_is_null(struct db_row *base, int column) {
    struct postgres_row *row = row_of(base);
    return !row->result || row->at < 0 || PQgetisnull(row->result, row->at, column);
}

static const char *postgres_text(struct db_row *base, int column) {
    struct postgres_row *row = row_of(base);
    return postgres_is_null(base, column) ? "" : PQgetvalue(row->result, row->at, column);
}

static int64_t postgres_integer(struct db_row *base, int column) {
    const char *text = postgres_text(base, column);
    if (row_of(base)->result && PQftype(row_of(base)->result, column) == TYPE_BOOL)
        return *text == 't';
    return strtoll(text, NULL, 10);
}

static const void *postgres_blob(struct db_row *base, int column, size_t *size) {
    struct postgres_row *row = row_of(base);
    const char *text = postgres_text(base, column);
    *size = strlen(text);
    if (postgres_is_null(base, column))
        return NULL;
    if (PQftype(row->result, column) != TYPE_BYTES || column >= COLUMNS_MAX)
        return text;
    if (!row->blobs[column])
        row->blobs[column] = PQunescapeBytea((const unsigned char *)text, &row->sizes[column]);
    *size = row->blobs[column] ? row->sizes[column] : 0;
    return row->blobs[column];
}

static const char *postgres_column_name(struct db_row *row, int column) {
    const char *name = row_of(row)->result ? PQfname(row_of(row)->result, column) : NULL;
    return name ? name : "?";
}

static void postgres_finish(struct db_row *base) {
    struct postgres_row *row = row_of(base);
    blobs_free(row);
    PQclear(row->result);
    row->result = NULL;
    row->at = -1;
}

static void postgres_row_close(struct db_row *row) {
    postgres_finish(row);
    free(row);
}

/* What other roles' sessions are is told to none but pg_read_all_stats: those of a role count. */
static bool postgres_keep_alone(struct db *db, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    bool alone = false;
    return connection_ready(postgres, error) &&
           answer_is(
               postgres,
               "SELECT NOT EXISTS(SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
               " AND (backend_type = 'client backend' OR (backend_type IS NULL AND usesysid IS NOT NULL))"
               " AND pid <> pg_backend_pid())",
               &alone, error) &&
           (alone || pp_fail(error, PP_E_STATE,
                             "the database is in use: stop all headends, and whatever else uses it"));
}

/* ---- News ---- */

static void notices_count(struct postgres_db *postgres) {
    PGnotify *notice;
    while ((notice = PQnotifies(postgres->connection))) {
        if (notice->be_pid != PQbackendPID(postgres->connection))
            postgres->version++;
        PQfreemem(notice);
    }
}

static int64_t postgres_data_version(struct db *db) {
    struct postgres_db *postgres = postgres_of(db);
    if (!connection_ready(postgres, NULL))
        return postgres->version;
    if (!postgres->listens)
        postgres->listens = command_run(postgres, "LISTEN " CHANNEL, "listen", NULL);
    if (PQconsumeInput(postgres->connection))
        notices_count(postgres);
    else
        (void)!connection_ready(postgres, NULL);
    return postgres->version;
}

static int postgres_news(struct db *db) {
    struct postgres_db *postgres = postgres_of(db);
    return connection_is_lost(postgres) ? -1 : PQsocket(postgres->connection);
}

/* ---- The publish lock ---- */

static bool postgres_hold(struct db *db, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    return connection_ready(postgres, error) &&
           answer_is(postgres, "SELECT pg_try_advisory_lock(" LOCK_PUBLISH ")", &postgres->holds, error) &&
           (postgres->holds || pp_fail(error, PP_E_STATE, "another headend publishes"));
}

static void postgres_release(struct db *db) {
    struct postgres_db *postgres = postgres_of(db);
    postgres->holds = false;
    PQclear(PQexec(postgres->connection, "SELECT pg_advisory_unlock(" LOCK_PUBLISH ")"));
}

/* ---- The disk ---- */

static bool postgres_defer_sync(struct db *db, struct pp_error *error) {
    return command_run(postgres_of(db), "SET synchronous_commit = off", "settings", error);
}

/* A commit that waits for the log to be on the disk waits for all of it that was written before. */
static bool postgres_sync(struct db *db, struct pp_error *error) {
    struct postgres_db *postgres = postgres_of(db);
    return connection_ready(postgres, error) &&
           command_run(postgres, "SELECT pg_logical_emit_message(true, 'pingplay', '')", "sync", error);
}

static bool postgres_checkpoint(struct db *db, int64_t least, struct pp_error *error) {
    (void)db;
    (void)least;
    (void)error;
    return true; /* the server makes its own */
}

static void postgres_forget(struct db *db) {
    (void)db; /* its log is the administrator's; nothing stood there in clear (migration 28) */
}

const struct db_backend db_postgres = {
    .postgresql = true,
    .open = postgres_open,
    .close = postgres_close,
    .query = postgres_query,
    .run = postgres_run,
    .script = postgres_script,
    .check = postgres_check,
    .changes = postgres_changes,
    .next = postgres_next,
    .text = postgres_text,
    .integer = postgres_integer,
    .is_null = postgres_is_null,
    .blob = postgres_blob,
    .column_name = postgres_column_name,
    .finish = postgres_finish,
    .row_close = postgres_row_close,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .keep_alone = postgres_keep_alone,
    .data_version = postgres_data_version,
    .news = postgres_news,
    .hold = postgres_hold,
    .release = postgres_release,
    .defer_sync = postgres_defer_sync,
    .sync = postgres_sync,
    .checkpoint = postgres_checkpoint,
    .forget = postgres_forget,
};
