#include "headend/db/move.h"

#include <string.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "headend/db/backend.h"
#include "headend/db/sql.h"

#define NAME_SIZE   64 /* bytes of a table's or a column's name, with the NUL: PostgreSQL's limit */
#define COLUMNS_MAX 64
#define TABLES_MAX  128
#define SQL_MAX     (16 * 1024)
#define BATCH_ROWS  500 /* that go into a PostgreSQL, or come out of it (FETCH), at a time */
#define FETCH       "FETCH 500 FROM moved"
#define BATCH_BYTES (4 * 1024 * 1024) /* from when on no row is added */
#define ROWS_MAX    (256 * 1024 * 1024)

struct column {
    char name[NAME_SIZE];
    enum { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_BYTES } type;
    bool counts; /* gives out numbers */
};

/* The sum of its rows, whatever their order: their SHA-256s, each added to the others bit by bit. */
struct sum {
    uint8_t bits[BULK_SHA256_SIZE];
    int64_t rows;
};

struct table {
    char name[NAME_SIZE];
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    bool done;
    struct sum sent, arrived;
};

struct move {
    struct db *from, *to, *postgresql, *sqlite;
    struct table tables[TABLES_MAX];
    size_t table_count;
};

/* ---- The schema ---- */

static bool name_take(const char *name, char out[NAME_SIZE], struct pp_error *error) {
    int size = snprintf(out, NAME_SIZE, "%s", name);
    /* Names stand in quotation marks where they are used. */
    return (size > 0 && size < NAME_SIZE && !strchr(name, '"')) ||
           pp_fail(error, PP_E_UNSUPPORTED, "database: a name that is not used here: \"%.80s\"", name);
}

static bool ended(const struct pp_error *end, struct pp_error *error) {
    return end->code == PP_E_NOTFOUND || pp_fail(error, end->code, "%s", end->message);
}

static bool type_read(const char *name, struct column *column, struct pp_error *error) {
    static const struct {
        const char *name;
        int type;
    } types[] = {{"text", COLUMN_TEXT}, {"bigint", COLUMN_INTEGER}, {"bytea", COLUMN_BYTES}};
    for (size_t i = 0; i < PP_COUNT(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            column->type = types[i].type;
            return true;
        }
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "database: column %s is of type %.40s", column->name, name);
}

static bool columns_read(struct db *postgresql, struct table *table, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query_sql(
        postgresql, error,
        "SELECT attname, CAST(CAST(atttypid AS regtype) AS text), CASE WHEN attidentity <> '' THEN 1 ELSE 0 "
        "END"
        " FROM pg_attribute WHERE attrelid = (SELECT oid FROM pg_class WHERE relname = CAST(? AS text)"
        " AND relkind = 'r' AND relnamespace = CAST(current_schema() AS regnamespace))"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        "s", table->name);
    if (!row)
        return false;
    while (db_next(row, "column", &end)) {
        struct column *column = &table->columns[table->column_count];
        if (table->column_count == COLUMNS_MAX)
            return pp_fail(error, PP_E_LIMIT, "database: %s has too many columns", table->name);
        if (!name_take(db_text(row, 0), column->name, error) || !type_read(db_text(row, 1), column, error))
            return false;
        column->counts = db_int(row, 2);
        table->column_count++;
    }
    return ended(&end, error);
}

/* "migration" is the one that each has by itself. */
static bool tables_read(struct move *move, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query_sql(
        move->postgresql, error,
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname <> 'migration'"
        " AND relnamespace = CAST(current_schema() AS regnamespace)"
        " ORDER BY CASE WHEN relname = 'meta' THEN 0 ELSE 1 END, CAST(relname AS text) COLLATE \"C\"",
        "");
    if (!row)
        return false;
    while (db_next(row, "table", &end)) {
        if (move->table_count == TABLES_MAX)
            return pp_fail(error, PP_E_LIMIT, "database: too many tables");
        if (!name_take(db_text(row, 0), move->tables[move->table_count].name, error))
            return false;
        move->table_count++;
    }
    if (!ended(&end, error))
        return false;
    db_row_finish(row);
    for (size_t i = 0; i < move->table_count; i++) {
        if (!columns_read(move->postgresql, &move->tables[i], error))
            return false;
    }
    return true;
}

static const struct table *table_find(const struct move *move, const char *name) {
    for (size_t i = 0; i < move->table_count; i++) {
        if (strcmp(move->tables[i].name, name) == 0)
            return &move->tables[i];
    }
    return NULL;
}

static bool column_has(const struct table *table, const char *name) {
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A table of SQLite's has a rowid where it has no other key that counts; in PostgreSQL it is a column. */
static bool columns_compare(struct move *move, const struct table *table, struct pp_error *error) {
    struct pp_error end = {0};
    size_t count = column_has(table, "rowid") ? 1 : 0;
    db_autorow struct db_row *row =
        db_query_sql(move->sqlite, error, "SELECT name FROM pragma_table_info(?)", "s", table->name);
    if (!row)
        return false;
    for (; db_next(row, "column", &end); count++) {
        if (!column_has(table, db_text(row, 0)))
            return pp_fail(error, PP_E_UNSUPPORTED, "database: the PostgreSQL has no %s.%s", table->name,
                           db_text(row, 0));
    }
    return ended(&end, error) &&
           (count == table->column_count ||
            pp_fail(error, PP_E_UNSUPPORTED, "database: %s has other columns in the SQLite", table->name));
}

static bool schema_compare(struct move *move, struct pp_error *error) {
    struct pp_error end = {0};
    size_t count = 0;
    db_autorow struct db_row *row =
        db_query_sql(move->sqlite, error,
                     "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'migration'"
                     " AND substr(name, 1, 7) <> 'sqlite_'",
                     "");
    if (!row)
        return false;
    for (; db_next(row, "table", &end); count++) {
        const struct table *table = table_find(move, db_text(row, 0));
        if (!table)
            return pp_fail(error, PP_E_UNSUPPORTED, "database: the PostgreSQL has no table %s",
                           db_text(row, 0));
        if (!columns_compare(move, table, error))
            return false;
    }
    return ended(&end, error) &&
           (count == move->table_count ||
            pp_fail(error, PP_E_UNSUPPORTED, "database: the SQLite has fewer tables than the PostgreSQL"));
}

/* Whether all that it refers to is there. */
static bool table_can_go(struct move *move, const struct table *table, bool *can, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query_sql(
        move->postgresql, error,
        "SELECT DISTINCT other.relname FROM pg_constraint JOIN pg_class AS here ON here.oid = conrelid"
        " JOIN pg_class AS other ON other.oid = confrelid WHERE contype = 'f' AND here.relname = CAST(? AS "
        "text)"
        " AND here.relnamespace = CAST(current_schema() AS regnamespace)",
        "s", table->name);
    if (!row)
        return false;
    *can = true;
    while (db_next(row, "reference", &end)) {
        const struct table *other = table_find(move, db_text(row, 0));
        *can = *can && other && (other->done || other == table);
    }
    return ended(&end, error);
}

/* ---- Rows as they are read ---- */

/* A list of the columns' names in quotation marks, each behind a comma but the first. */
static bool names_add(const struct table *table, struct pp_buf *sql, struct pp_error *error) {
    for (size_t i = 0; i < table->column_count; i++) {
        if (!pp_buf_addf(sql, error, "%s\"%s\"", i ? ", " : "", table->columns[i].name))
            return false;
    }
    return true;
}

/* All rows of a table. A PostgreSQL gives them in batches, since it keeps an answer whole. */
struct reader {
    struct db *db;
    struct db_row *row;
    bool in_batches;
    size_t in_batch;
};

static void reader_close(struct reader *reader) {
    db_row_close(reader->row);
    if (reader->in_batches)
        (void)!db_script(reader->db, "CLOSE moved", NULL);
}
#define reader_auto PP_CLEANUP(reader_close)

static bool batch_fetch(struct reader *reader, struct pp_error *error) {
    db_row_close(reader->row);
    reader->in_batch = 0;
    reader->row = db_query_sql(reader->db, error, FETCH, "");
    return reader->row != NULL;
}

static bool reader_open(struct reader *reader, struct db *db, const struct table *table,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf sql = PP_BUF_INIT(SQL_MAX);
    reader->db = db;
    if (!pp_buf_addf(&sql, error, "%sSELECT ", db_is_postgresql(db) ? "DECLARE moved CURSOR FOR " : "") ||
        !names_add(table, &sql, error) || !pp_buf_addf(&sql, error, " FROM \"%s\"", table->name))
        return false;
    if (!db_is_postgresql(db))
        return (reader->row = db_query_sql(db, error, pp_buf_text(&sql), "")) != NULL;
    reader->in_batches = db_script(db, pp_buf_text(&sql), error);
    return reader->in_batches && batch_fetch(reader, error);
}

/* False at the end (PP_E_NOTFOUND) and on failure. */
static bool reader_next(struct reader *reader, struct pp_error *error) {
    if (db_next(reader->row, "row", error)) {
        reader->in_batch++;
        return true;
    }
    if (!reader->in_batches || error->code != PP_E_NOTFOUND || reader->in_batch < BATCH_ROWS)
        return false;
    *error = (struct pp_error){0};
    if (!batch_fetch(reader, error) || !db_next(reader->row, "row", error))
        return false;
    reader->in_batch++;
    return true;
}

static struct db_value value_of(struct db_row *row, const struct column *column, int place) {
    size_t size = 0;
    if (db_is_null(row, place))
        return DB_TEXT(NULL);
    if (column->type == COLUMN_INTEGER)
        return DB_INT(db_int(row, place));
    if (column->type == COLUMN_TEXT)
        return DB_TEXT(db_text(row, place));
    const void *bytes = db_blob(row, place, &size);
    return DB_BLOB(bytes ? bytes : "", size);
}

/* ---- Sums ---- */

static bool value_hash(struct crypto_sha256 *hash, const struct db_value *value, struct pp_error *error) {
    char number[24];
    const void *bytes = value->blob;
    uint64_t size = value->size;
    char kind = 'b';
    if (value->kind == DB_VALUE_INT) {
        size = (uint64_t)snprintf(number, sizeof number, "%lld", (long long)value->number);
        bytes = number;
        kind = 'i';
    } else if (value->kind == DB_VALUE_TEXT) {
        bytes = value->text ? value->text : "";
        size = strlen(bytes);
        kind = value->text ? 's' : 'n';
    }
    return crypto_sha256_update(hash, &kind, 1, error) &&
           crypto_sha256_update(hash, &size, sizeof size, error) &&
           crypto_sha256_update(hash, bytes, size, error);
}

static bool sum_add(struct sum *sum, const struct db_value *values, size_t count, struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(error);
    if (!hash)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!value_hash(hash, &values[i], error))
            return false;
    }
    if (!crypto_sha256_finish(hash, digest, error))
        return false;
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof digest; i++) {
        carry += sum->bits[i] + digest[i];
        sum->bits[i] = (uint8_t)carry;
        carry >>= 8;
    }
    sum->rows++;
    return true;
}

static bool table_arrived(struct move *move, struct table *table, struct pp_error *error) {
    struct pp_error end = {0};
    reader_auto struct reader reader = {0};
    if (!reader_open(&reader, move->to, table, error))
        return false;
    while (reader_next(&reader, &end)) {
        struct db_value values[COLUMNS_MAX];
        for (size_t i = 0; i < table->column_count; i++)
            values[i] = value_of(reader.row, &table->columns[i], (int)i);
        if (!sum_add(&table->arrived, values, table->column_count, error))
            return false;
    }
    return ended(&end, error) &&
           (memcmp(&table->sent, &table->arrived, sizeof table->sent) == 0 ||
            pp_fail(error, PP_E_IO, "database: of %s other rows arrived than were sent", table->name));
}

/* ---- Into an SQLite: a row at a time ---- */

static bool insert_compose(const struct table *table, struct pp_buf *sql, struct pp_error *error) {
    if (!pp_buf_addf(sql, error, "INSERT INTO \"%s\"(", table->name) || !names_add(table, sql, error) ||
        !pp_buf_addf(sql, error, ") VALUES("))
        return false;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!pp_buf_addf(sql, error, "%s?", i ? ", " : ""))
            return false;
    }
    return pp_buf_addf(sql, error, ")");
}

/* ---- Into a PostgreSQL: many rows as one document, so that none costs an answer of its own ---- */

struct batch {
    struct db *db;
    const struct table *table;
    struct pp_buf sql, rows;
    size_t count;
};

static void batch_finish(struct batch *batch) {
    pp_buf_finish(&batch->sql);
    pp_buf_finish(&batch->rows);
}
#define batch_auto PP_CLEANUP(batch_finish)

static bool batch_begin(struct batch *batch, struct db *db, const struct table *table,
                        struct pp_error *error) {
    batch->db = db;
    batch->table = table;
    batch->sql = PP_BUF_INIT(SQL_MAX);
    batch->rows = PP_BUF_INIT(ROWS_MAX);
    return pp_buf_addf(&batch->sql, error, "INSERT INTO \"%s\"(", table->name) &&
           names_add(table, &batch->sql, error) && pp_buf_addf(&batch->sql, error, ") SELECT ") &&
           names_add(table, &batch->sql, error) &&
           pp_buf_addf(&batch->sql, error,
                       " FROM json_populate_recordset(CAST(NULL AS \"%s\"), CAST(CAST(? AS text) AS json))",
                       table->name);
}

static bool batch_write(struct batch *batch, struct pp_error *error) {
    if (!batch->count)
        return true;
    if (!pp_buf_addf(&batch->rows, error, "]") ||
        !db_run_sql(batch->db, error, pp_buf_text(&batch->sql), "s", pp_buf_text(&batch->rows)))
        return pp_wrap(error, "database: rows of %s", batch->table->name);
    batch->rows.size = 0;
    batch->count = 0;
    return true;
}

static cJSON *value_json(const struct db_value *value) {
    char number[24];
    if (value->kind == DB_VALUE_INT) {
        snprintf(number, sizeof number, "%lld", (long long)value->number);
        return cJSON_CreateString(number);
    }
    if (value->kind == DB_VALUE_TEXT)
        return value->text ? cJSON_CreateString(value->text) : cJSON_CreateNull();
    pp_autofree char *hex = malloc(2 * value->size + 3);
    if (!hex)
        return NULL;
    hex[0] = '\\';
    hex[1] = 'x';
    pp_hex_encode(value->blob, value->size, hex + 2);
    return cJSON_CreateString(hex);
}

static bool batch_add(struct batch *batch, const struct db_value *values, struct pp_error *error) {
    pp_autojson cJSON *row = cJSON_CreateObject();
    bool ok = row != NULL;
    for (size_t i = 0; ok && i < batch->table->column_count; i++)
        ok = cJSON_AddItemToObject(row, batch->table->columns[i].name, value_json(&values[i]));
    pp_autofree char *text = ok ? cJSON_PrintUnformatted(row) : NULL;
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!pp_buf_addf(&batch->rows, error, "%s", batch->count ? ",\n" : "[") ||
        !pp_buf_add_text(&batch->rows, text, error))
        return pp_wrap(error, "database: a row of %s", batch->table->name);
    batch->count++;
    return (batch->count < BATCH_ROWS && batch->rows.size < BATCH_BYTES) || batch_write(batch, error);
}

/* ---- A table ---- */

static bool rows_copy(struct move *move, struct table *table, struct pp_error *error) {
    struct pp_error end = {0};
    reader_auto struct reader reader = {0};
    batch_auto struct batch batch = {0};
    pp_autobuf struct pp_buf insert = PP_BUF_INIT(SQL_MAX);
    bool in_batches = db_is_postgresql(move->to);
    if (!insert_compose(table, &insert, error) || !batch_begin(&batch, move->to, table, error) ||
        !reader_open(&reader, move->from, table, error))
        return false;
    while (reader_next(&reader, &end)) {
        struct db_value values[COLUMNS_MAX];
        for (size_t i = 0; i < table->column_count; i++)
            values[i] = value_of(reader.row, &table->columns[i], (int)i);
        if (!sum_add(&table->sent, values, table->column_count, error) ||
            !(in_batches
                  ? batch_add(&batch, values, error)
                  : db_run_sql_values(move->to, error, pp_buf_text(&insert), values, table->column_count)))
            return false;
    }
    return ended(&end, error) && batch_write(&batch, error);
}

/* What a table has counted to: "publish" gives no number twice, also of rows that are gone. */
static bool counted_read(struct move *move, const struct table *table, const char *column, int64_t *counted,
                         struct pp_error *error) {
    struct pp_error end = {0};
    bool from_postgresql = db_is_postgresql(move->from);
    *counted = 0;
    db_autorow struct db_row *row =
        from_postgresql
            ? db_query_sql(
                  move->from, error,
                  "SELECT coalesce(pg_sequence_last_value(CAST(pg_get_serial_sequence(CAST(? AS text),"
                  " CAST(? AS text)) AS regclass)), 0)",
                  "ss", table->name, column)
            : db_query_sql(move->from, error, "SELECT seq FROM sqlite_sequence WHERE name = ?", "s",
                           table->name);
    if (!row)
        return false;
    if (db_next(row, "count", &end))
        *counted = db_int(row, 0);
    else if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    return true;
}

static bool highest_read(struct move *move, const struct table *table, const char *column, int64_t *highest,
                         struct pp_error *error) {
    pp_autobuf struct pp_buf sql = PP_BUF_INIT(SQL_MAX);
    if (!pp_buf_addf(&sql, error, "SELECT coalesce(max(\"%s\"), 0) FROM \"%s\"", column, table->name))
        return false;
    db_autorow struct db_row *row = db_query_sql(move->to, error, pp_buf_text(&sql), "");
    if (!row || !db_next(row, "number", error))
        return false;
    *highest = db_int(row, 0);
    return true;
}

static bool counted_write(struct move *move, const struct table *table, const char *column, int64_t counted,
                          struct pp_error *error) {
    if (!db_is_postgresql(move->to))
        /* Who gives no number twice has a row there as soon as there is one of its own, or has none to tell of. */
        return db_run_sql(move->to, error,
                          "INSERT INTO sqlite_sequence(name, seq) SELECT ?1, ?2 WHERE ?2 > 0 AND "
                          "EXISTS(SELECT 1 FROM"
                          " sqlite_schema WHERE type = 'table' AND name = ?1 AND sql LIKE '%AUTOINCREMENT%')"
                          " AND NOT EXISTS(SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                          "si", table->name, counted) &&
               db_run_sql(move->to, error, "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
                          "si", table->name, counted);
    if (!counted)
        return true;
    db_autorow struct db_row *row = db_query_sql(
        move->to, error,
        "SELECT setval(CAST(pg_get_serial_sequence(CAST(? AS text), CAST(? AS text)) AS regclass),"
        " CAST(? AS BIGINT))",
        "ssi", table->name, column, counted);
    return row && db_next(row, "count", error);
}

static bool counts_copy(struct move *move, const struct table *table, struct pp_error *error) {
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        int64_t counted = 0, highest = 0;
        if (table->columns[i].counts &&
            (!counted_read(move, table, name, &counted, error) ||
             !highest_read(move, table, name, &highest, error) ||
             !counted_write(move, table, name, counted > highest ? counted : highest, error)))
            return false;
    }
    return true;
}

static bool table_move(struct move *move, struct table *table, struct pp_error *error) {
    pp_autobuf struct pp_buf sql = PP_BUF_INIT(SQL_MAX);
    /* What the migrations have put there. */
    if (!pp_buf_addf(&sql, error, "DELETE FROM \"%s\"", table->name))
        return false;
    if (strcmp(table->name, "meta") == 0 && !db_run_sql(move->to, error, pp_buf_text(&sql), ""))
        return false;
    table->done = true;
    return rows_copy(move, table, error) && counts_copy(move, table, error);
}

/* Each after those that it refers to. */
static bool tables_move(struct move *move, struct pp_error *error) {
    size_t done = 0, before = 0;
    do {
        before = done;
        for (size_t i = 0; i < move->table_count; i++) {
            struct table *table = &move->tables[i];
            bool can = false;
            if (table->done)
                continue;
            if (!table_can_go(move, table, &can, error) || (can && !table_move(move, table, error)))
                return false;
            done += can;
        }
    } while (done > before && done < move->table_count);
    return done == move->table_count ||
           pp_fail(error, PP_E_UNSUPPORTED, "database: tables refer to each other in a circle");
}

bool db_move(struct db *from, struct db *to, struct db_moved *moved, struct pp_error *error) {
    *moved = (struct db_moved){0};
    pp_autofree struct move *move = calloc(1, sizeof *move);
    if (!move)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    move->from = from;
    move->to = to;
    move->postgresql = db_is_postgresql(from) ? from : to;
    move->sqlite = db_is_postgresql(from) ? to : from;
    if (db_is_postgresql(move->sqlite) || !db_is_postgresql(move->postgresql))
        return pp_fail(error, PP_E_UNSUPPORTED, "database: from the folder into a PostgreSQL, or back");
    if (!from->backend->keep_alone(from, error))
        return false;
    /* One state of it all, and nobody begins to use it meanwhile. */
    db_autochange struct db_change held = {0}, made = {0};
    if (!db_change_begin(&held, from, error) ||
        (db_is_postgresql(from) &&
         !db_run_sql(from, error, "LOCK TABLE meta IN ACCESS EXCLUSIVE MODE", "")) ||
        !db_change_begin(&made, to, error) || !db_migrate(to, db_migration_newest(), error) ||
        !tables_read(move, error) || !schema_compare(move, error) || !tables_move(move, error))
        return false;
    for (size_t i = 0; i < move->table_count; i++) {
        if (!table_arrived(move, &move->tables[i], error))
            return false;
        moved->rows += move->tables[i].sent.rows;
    }
    moved->tables = move->table_count;
    return db_change_commit(&made, error);
}
