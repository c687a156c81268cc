#include "headend/http/path_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headend/base/secret.h"

/* In the order in which they are tried. */
enum node_kind { NODE_LITERAL, NODE_UUID, NODE_NUMBER, NODE_NAME, NODE_REST };

struct row {
    const char *method;
    const void *row;
};

struct node {
    enum node_kind kind;
    const char *text; /* of a literal, borrowed from a pattern ... */
    size_t length;    /* ... and so without a NUL */
    struct node *children;
    size_t child_count;
    size_t literals; /* that they begin with, sorted */
    struct row *rows;
    size_t row_count;
};

struct path_map {
    struct node root;
    size_t nodes;
};

struct path_map *path_map_create(struct pp_error *error) {
    struct path_map *map = calloc(1, sizeof *map);
    if (!map)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return map;
}

static void node_finish(struct node *node) {
    for (size_t i = 0; i < node->child_count; i++)
        node_finish(&node->children[i]);
    free(node->children);
    free(node->rows);
}

void path_map_destroy(struct path_map *map) {
    if (map)
        node_finish(&map->root);
    free(map);
}

/* ---- Patterns ---- */

/* One segment of a pattern: what kind it is and, of a parameter, its name. */
struct part {
    enum node_kind kind;
    const char *text; /* the literal, or the name */
    size_t length;
};

static bool kind_read(const char *type, size_t length, enum node_kind *kind) {
    static const struct {
        const char *name;
        enum node_kind kind;
    } kinds[] = {{"uuid", NODE_UUID}, {"number", NODE_NUMBER}, {"name", NODE_NAME}};
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, type, length) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

/* The segment that `*at`, a slash, stands before; *at is then at the next slash or the end. */
static bool part_read(const char **at, struct part *part) {
    const char *start = *at + 1;
    size_t length = strcspn(start, "/");
    *at = start + length;
    *part = (struct part){.kind = NODE_LITERAL, .text = start, .length = length};
    if (!length || start[0] != '{')
        return !memchr(start, '{', length) && !memchr(start, '}', length) && (length || !**at);
    if (start[length - 1] != '}')
        return false;
    part->text = ++start;
    length -= 2;
    part->length = strspn(start, "abcdefghijklmnopqrstuvwxyz_");
    const char *type = start + part->length;
    size_t left = length - part->length;
    part->kind = NODE_NAME;
    if (left == 3 && memcmp(type, "...", 3) == 0)
        part->kind = NODE_REST;
    else if (left && (*type != ':' || !kind_read(type + 1, left - 1, &part->kind)))
        return false;
    return part->length && (part->kind != NODE_REST || !**at);
}

/* ---- Adding ---- */

static int text_compare(const char *a, size_t a_length, const char *b, size_t b_length) {
    size_t length = a_length < b_length ? a_length : b_length;
    int order = memcmp(a, b, length);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static int node_compare(const struct node *node, const struct part *part) {
    if (node->kind != part->kind)
        return node->kind < part->kind ? -1 : 1;
    return part->kind == NODE_LITERAL ? text_compare(node->text, node->length, part->text, part->length) : 0;
}

/* The child for the part, made where it is not there yet. */
static struct node *node_child(struct path_map *map, struct node *node, const struct part *part,
                               struct pp_error *error) {
    size_t place = 0;
    while (place < node->child_count && node_compare(&node->children[place], part) < 0)
        place++;
    if (place < node->child_count && node_compare(&node->children[place], part) == 0)
        return &node->children[place];
    struct node *children = map->nodes < PATH_NODES_MAX
                                ? realloc(node->children, (node->child_count + 1) * sizeof *children)
                                : NULL;
    if (!children) {
        pp_fail(error, PP_E_NOMEM, "no memory for the table of routes");
        return NULL;
    }
    node->children = children;
    memmove(children + place + 1, children + place, (node->child_count - place) * sizeof *children);
    children[place] = (struct node){.kind = part->kind, .text = part->text, .length = part->length};
    node->child_count++;
    node->literals += part->kind == NODE_LITERAL;
    map->nodes++;
    return &children[place];
}

static bool node_add_row(struct node *node, const char *method, const char *pattern, const void *row,
                         struct pp_error *error) {
    for (size_t i = 0; i < node->row_count; i++) {
        if (strcmp(node->rows[i].method, method) == 0)
            return pp_fail(error, PP_E_INVALID, "two routes for the same requests: %s %s", method, pattern);
    }
    struct row *rows = realloc(node->rows, (node->row_count + 1) * sizeof *rows);
    if (!rows)
        return pp_fail(error, PP_E_NOMEM, "no memory for the table of routes");
    node->rows = rows;
    rows[node->row_count++] = (struct row){.method = method, .row = row};
    return true;
}

bool path_map_add(struct path_map *map, const char *method, const char *pattern, const void *row,
                  struct pp_error *error) {
    struct node *node = &map->root;
    size_t parts = 0;
    size_t parameters = 0;
    if (*pattern != '/')
        return pp_fail(error, PP_E_INVALID, "not a pattern: %s", pattern);
    for (const char *at = pattern; *at; parts++) {
        struct part part;
        bool good = part_read(&at, &part);
        parameters += good && part.kind != NODE_LITERAL;
        if (!good || parts == PATH_SEGMENTS_MAX || parameters > PATH_PARAMETERS_MAX)
            return pp_fail(error, PP_E_INVALID, "not a pattern: %s", pattern);
        if (!(node = node_child(map, node, &part, error)))
            return false;
    }
    return node_add_row(node, method, pattern, row, error);
}

/* ---- Finding ---- */

struct search {
    const struct path *path;
    const char *method;
    struct path_match *match;
    size_t depth; /* parameters on the way down */
    uint8_t segments[PATH_PARAMETERS_MAX];
};

static bool number_valid(const char *text) {
    size_t length = strlen(text);
    return length && length <= 16 && strspn(text, "0123456789") == length && (*text != '0' || length == 1) &&
           strtoull(text, NULL, 10) <= PATH_NUMBER_MAX;
}

static bool parameter_fits(enum node_kind kind, const char *text) {
    switch (kind) {
    case NODE_UUID:
        return uuid_valid(text);
    case NODE_NUMBER:
        return number_valid(text);
    case NODE_NAME:
    case NODE_REST:
        return *text != 0;
    case NODE_LITERAL:
        break;
    }
    return false;
}

static bool allow_has(const char *allow, const char *method) {
    size_t length = strlen(method);
    for (const char *at = allow; (at = strstr(at, method)); at += length) {
        if ((at == allow || at[-1] == ' ') && (!at[length] || at[length] == ','))
            return true;
    }
    return false;
}

static void allow_add(char allow[PATH_ALLOW_SIZE], const char *method) {
    size_t used = strlen(allow);
    if (!allow_has(allow, method))
        snprintf(allow + used, PATH_ALLOW_SIZE - used, "%s%s", used ? ", " : "", method);
}

static const void *node_row(const struct node *node, struct search *search) {
    for (size_t i = 0; i < node->row_count; i++) {
        search->match->exists = true;
        if (strcmp(node->rows[i].method, search->method) == 0) {
            search->match->count = search->depth;
            memcpy(search->match->segments, search->segments, sizeof search->segments);
            return node->rows[i].row;
        }
        allow_add(search->match->allow, node->rows[i].method);
    }
    return NULL;
}

static const struct node *literal_find(const struct node *node, const char *text) {
    size_t length = strlen(text);
    size_t low = 0;
    for (size_t high = node->literals; low < high;) {
        size_t middle = low + (high - low) / 2;
        const struct node *child = &node->children[middle];
        int order = text_compare(child->text, child->length, text, length);
        if (order == 0)
            return child;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const void *node_find(const struct node *node, size_t segment, struct search *search) {
    if (segment == search->path->count)
        return node_row(node, search);
    const char *text = path_segment(search->path, segment);
    const struct node *literal = literal_find(node, text);
    const void *row = literal ? node_find(literal, segment + 1, search) : NULL;
    for (size_t i = node->literals; !row && i < node->child_count; i++) {
        const struct node *child = &node->children[i];
        if (!parameter_fits(child->kind, text))
            continue;
        search->segments[search->depth++] = (uint8_t)segment;
        row = child->kind == NODE_REST ? node_row(child, search) : node_find(child, segment + 1, search);
        search->depth--;
    }
    return row;
}

const void *path_map_find(const struct path_map *map, const char *method, const struct path *path,
                          struct path_match *match) {
    *match = (struct path_match){0};
    struct search search = {
        .path = path, .method = strcmp(method, "HEAD") == 0 ? "GET" : method, .match = match};
    return node_find(&map->root, 0, &search);
}

const char *path_parameter(const struct path_match *match, const char *pattern, const struct path *path,
                           const char *name) {
    size_t index = 0;
    for (const char *at = pattern; *at && index < match->count;) {
        struct part part;
        if (!part_read(&at, &part))
            return NULL;
        if (part.kind == NODE_LITERAL)
            continue;
        if (strlen(name) == part.length && memcmp(name, part.text, part.length) == 0) {
            size_t segment = match->segments[index];
            return part.kind == NODE_REST ? path_rest(path, segment) : path_segment(path, segment);
        }
        index++;
    }
    return NULL;
}
