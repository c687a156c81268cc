/*
 * A list for a person at a terminal: a line of headers and aligned columns, or one line where there is nothing.
 *
 *   ID        STATE   NAME        CHANNEL
 *   5f1c09ab  online  Lobby left  lobby
 */
#ifndef HEADEND_CLI_TABLE_H
#define HEADEND_CLI_TABLE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_SIZE_MAX    (64 * 1024 * 1024) /* bytes of all cells */

struct table {
    const char *const *headers; /* `columns` of them, borrowed */
    size_t columns;
    size_t rows;
    size_t widths[TABLE_COLUMNS_MAX]; /* characters */
    struct pp_buf cells;              /* each with its NUL, row by row */
};

void table_init(struct table *table, const char *const *headers, size_t columns);
/* One cell for each column; copied, with what could steer a terminal made visible (base/visible.h). An empty cell is
 * shown as "-". */
PP_MUST_USE bool table_add(struct table *table, const char *const *cells, struct pp_error *error);
/* `nothing` is what is printed where there are no rows. */
void table_print(const struct table *table, const char *nothing);
void table_finish(struct table *table);
#define table_auto PP_CLEANUP(table_finish)

#endif
