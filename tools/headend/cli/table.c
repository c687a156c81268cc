#include "headend/cli/table.h"

#include <assert.h>
#include <stdio.h>

#include "base/visible.h"

#define GAP 2 /* blanks between columns */

/* Of UTF-8, whose continuation bytes are 10xxxxxx. */
static size_t characters(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void table_init(struct table *table, const char *const *headers, size_t columns) {
    assert(columns <= TABLE_COLUMNS_MAX);
    *table = (struct table){.headers = headers, .columns = columns, .cells = PP_BUF_INIT(TABLE_SIZE_MAX)};
    for (size_t i = 0; i < columns; i++)
        table->widths[i] = characters(headers[i]);
}

bool table_add(struct table *table, const char *const *cells, struct pp_error *error) {
    for (size_t i = 0; i < table->columns; i++) {
        size_t begin = table->cells.size;
        if (!pp_visible_add(&table->cells, *cells[i] ? cells[i] : "-", "", error) ||
            !pp_buf_add(&table->cells, "", 1, error))
            return false;
        size_t width = characters((const char *)table->cells.data + begin);
        if (width > table->widths[i])
            table->widths[i] = width;
    }
    table->rows++;
    return true;
}

/* The last column is not filled up. */
static void cell_print(const struct table *table, size_t column, const char *text) {
    size_t fill = column + 1 < table->columns ? table->widths[column] - characters(text) + GAP : 0;
    printf("%s%*s", text, (int)fill, "");
    if (column + 1 == table->columns)
        printf("\n");
}

void table_print(const struct table *table, const char *nothing) {
    if (!table->rows) {
        printf("%s\n", nothing);
        return;
    }
    for (size_t i = 0; i < table->columns; i++)
        cell_print(table, i, table->headers[i]);
    const char *cell = (const char *)table->cells.data;
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        cell_print(table, i % table->columns, cell);
        cell += strlen(cell) + 1;
    }
}

void table_finish(struct table *table) {
    pp_buf_finish(&table->cells);
}
