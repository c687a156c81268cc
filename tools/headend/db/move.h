/*
 * All that a headend keeps in its database, brought into another one: from the folder's SQLite into a PostgreSQL, or
 * back. Tables, columns and what refers to what are read from the databases themselves, so that no migration has to
 * be known here; a table with a column that the other one lacks is refused by name.
 */
#ifndef HEADEND_DB_MOVE_H
#define HEADEND_DB_MOVE_H

#include "headend/db/db.h"

struct db_moved {
    size_t tables;
    int64_t rows;
};

/* Makes the schema in `to`, which is empty, and copies every row, and how far each table has counted, so that no number
 * is given twice. Then what arrived is read again and held against what was sent (SHA-256 of each row, whatever their
 * order): a difference fails. All of it is one change of `to`: it is there whole, or nothing is. `from` is as it was.
 *
 * One of the two is a PostgreSQL, the other is not. PP_E_STATE where `from` is in use, by a server or another command:
 * from here on, until it is closed, it cannot be. PP_E_UNSUPPORTED where the two have other schemas. */
PP_MUST_USE bool db_move(struct db *from, struct db *to, struct db_moved *moved, struct pp_error *error);

#endif
