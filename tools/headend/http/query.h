/*
 * The parameters behind the '?' of a request, as forms write them (application/x-www-form-urlencoded), decoded once.
 * libmicrohttpd splits them and makes spaces of '+'; the rest is done here, where nothing is lost that a careful route
 * wants to refuse: names that stand twice, bad encodings, text that is none.
 */
#ifndef HEADEND_HTTP_QUERY_H
#define HEADEND_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#define QUERY_FIELDS_MAX 32
#define QUERY_MAX        4096 /* bytes of all names and values, with a NUL for each */

enum query_state {
    QUERY_GOOD,
    QUERY_BAD, /* a bad percent-encoding, or decoded no UTF-8 or with control characters: such a one stays as it came */
    QUERY_TOO_LONG, /* over one of the caps: what is beyond is left out */
};

struct query {
    char *text;
    size_t used;
    struct {
        const char *name, *value; /* in `text`; the value is NULL where there is no '=' */
        bool bad;                 /* one of them stays as it came: QUERY_BAD */
    } fields[QUERY_FIELDS_MAX];
    size_t count;
    enum query_state state; /* the worst that was met */
};

/* One more, as libmicrohttpd has split it. Once it is QUERY_TOO_LONG, or where memory is short, nothing is added. */
void query_add(struct query *query, const char *name, const char *value);
void query_finish(struct query *query);

/* The first of that name; NULL where there is none, or it is bad or has no value. Borrowed. */
const char *query_get(const struct query *query, const char *name);
/* A name that stands twice; NULL where none does. Borrowed. */
const char *query_doubled(const struct query *query);

#endif
