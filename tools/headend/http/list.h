/*
 * Lists that are answered page by page, by key and never by offset: a page begins behind the last row of the one
 * before, wherever rows came or went meanwhile.
 *
 *   GET /api/v1/screens?limit=2&sort=-name&state=offline
 *   {"items": [{…}, {…}], "next": "WyItbmFtZSIsIkxvYmJ5IiwiN2Y…"}     "next" is null on the last page
 *   Link: </api/v1/screens?cursor=WyIt…&limit=2&sort=-name&state=offline>; rel="next"          (RFC 8288)
 *
 * The cursor is the sort order and the keys of the last row, a JSON array in base64url: opaque to who asks, and checked
 * like anything else that comes from outside, as it can name only where to go on.
 */
#ifndef HEADEND_HTTP_LIST_H
#define HEADEND_HTTP_LIST_H

#include <stdint.h>

#include "base/json.h"
#include "headend/http/query.h"
#include "headend/http/reply.h"

#define LIST_LIMIT       100  /* rows, where none is asked for */
#define LIST_LIMIT_MAX   1000 /* rows */
#define LIST_TEXT_MAX    200  /* bytes of `q`, or of a filter that takes any text */
#define LIST_KEYS_MAX    3
#define LIST_KEY_MAX     256 /* bytes */
#define LIST_FILTERS_MAX 8
#define LIST_CURSOR_MAX  1400              /* characters: the keys above, escaped as JSON may */
#define LIST_ANSWER_MAX  (4 * 1024 * 1024) /* bytes */

struct list_filter {
    const char *name;
    const char *const *values; /* that it may have, NULL at the end; NULL: any text */
};

/* What a list takes. Of a route's row, static. */
struct list_form {
    /* Names, NULL at the end, of which the first is the default; "-name" is descending. NULL: this is no list, and
     * takes its filters alone. */
    const char *const *sorts;
    size_t keys;                                  /* of a cursor, that say where a row stands */
    bool searched;                                /* it takes `q` */
    struct list_filter filters[LIST_FILTERS_MAX]; /* up to the first without a name */
};

/* What is asked for. */
struct list {
    uint64_t limit;
    const char *q;    /* "" without */
    const char *sort; /* one of the form's, without '-' */
    bool descending;
    const char *filters[LIST_FILTERS_MAX]; /* in the order of the form; NULL where all are meant */
    bool begun;                            /* behind ... */
    const char *keys[LIST_KEYS_MAX];       /* ... the row with these */
    cJSON *cursor;                         /* that they stand in */
};

/* Texts are borrowed from the query and the form. Refused are parameters that the form has not, or that stand twice,
 * and values that are none: *parameter is then the name of the one, borrowed. A form that is NULL has no parameter. */
PP_MUST_USE bool list_read(struct list *list, const struct list_form *form, const struct query *query,
                           const char **parameter, struct pp_error *error);
void list_finish(struct list *list);

/* The cursor behind a row with such keys, form->keys of them. `out` is appended to. */
PP_MUST_USE bool list_cursor(const struct list *list, const struct list_form *form, const char *const keys[],
                             struct pp_buf *out, struct pp_error *error);

/* The answer: 200 with `items`, which it takes, and the way to the next page behind a row with `keys`; NULL where that
 * was the last. `path` is the list's. */
void list_reply(struct reply *reply, const char *path, const struct list *list, const struct list_form *form,
                cJSON *items, const char *const keys[]);

#endif
