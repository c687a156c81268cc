/*
 * Which row of a table a request is for: rows of method and pattern, found by walking down a tree of segments, so that
 * hundreds of them cost no more than a few comparisons. A pattern is literal segments and parameters:
 *
 *   /api/v1/screens/{id:uuid}/commands/{command}     one segment each, of a type; without one, any text
 *   /repo/{path...}                                  at the end: all that is left, one segment at least
 *
 * Types: "uuid" (lower case), "number" (0 to 2^53 - 1, no zeros before it), "name" (any text, which is what a parameter
 * without a type is). Where several patterns fit, the most particular counts, segment by segment: a literal, a uuid,
 * a number, a name, the rest. Where that one has not the request's method, the next one that fits does.
 */
#ifndef HEADEND_HTTP_PATH_MAP_H
#define HEADEND_HTTP_PATH_MAP_H

#include "base/error.h"
#include "base/mem.h"
#include "headend/http/path.h"

#define PATH_PARAMETERS_MAX 8
#define PATH_NODES_MAX      4096 /* of a map: a table is ours, but a loop in it should not eat the memory */
#define PATH_NUMBER_MAX     9007199254740991ULL /* 2^53 - 1, as in JSON (RFC 8259 §6) */
#define PATH_ALLOW_SIZE     64                  /* bytes of an Allow header, with the NUL */

struct path_map;
struct path_map *path_map_create(struct pp_error *error);
void path_map_destroy(struct path_map *map);

/* Method, pattern and row are borrowed. PP_E_INVALID for what is no pattern, or a second row for the same requests. */
PP_MUST_USE bool path_map_add(struct path_map *map, const char *method, const char *pattern, const void *row,
                              struct pp_error *error);

struct path_match {
    bool exists;                           /* the path fits some row: without one, it is another method's */
    char allow[PATH_ALLOW_SIZE];           /* "GET, POST": the methods that the path has */
    size_t count;                          /* of the row's parameters */
    uint8_t segments[PATH_PARAMETERS_MAX]; /* where in the path each stands */
};
/* NULL where there is none. HEAD is GET. */
const void *path_map_find(const struct path_map *map, const char *method, const struct path *path,
                          struct path_match *match);

/* The value of a pattern's parameter in a path that fits it; NULL where the pattern has none of that name. Borrowed. */
const char *path_parameter(const struct path_match *match, const char *pattern, const struct path *path,
                           const char *name);

#endif
