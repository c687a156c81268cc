/*
 * CSV (RFC 4180) as JSON: the first line has the names, and each further one becomes an object.
 *
 *   shop,total                    [{"shop":"Rennes, 2","total":1240.5},
 *   "Rennes, 2",1240.5             {"shop":"Brest","total":"n/a"}]
 *   Brest,n/a
 *
 * Lines end in CR LF or LF. A field that is a number as JSON writes it and stands in no quotation marks is one; all
 * else is text. Each line has as many fields as the first; an empty last line is none.
 */
#ifndef HEADEND_VALUES_CSV_H
#define HEADEND_VALUES_CSV_H

#include "base/buf.h"

#define CSV_COLUMNS_MAX 64
#define CSV_NAME_MAX    64 /* bytes of a column's name */

/* Appends to `json`, whose cap bounds it (PP_E_LIMIT). PP_E_INVALID with the line. */
PP_MUST_USE bool csv_to_json(const void *text, size_t size, struct pp_buf *json, struct pp_error *error);

#endif
