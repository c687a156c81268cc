#include "headend/http/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "headend/http/path.h"

static bool text_good(const char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = pp_utf8_read(text + i, size - i, &character);
        if (!length || character < ' ' || (character >= 0x7f && character < 0xa0))
            return false;
        i += length;
    }
    return true;
}

/* A copy in the query's memory, decoded where that is good; else *bad. There is room for it. */
static const char *query_keep(struct query *query, const char *raw, bool *bad) {
    size_t size = strlen(raw);
    char *text = query->text + query->used;
    memcpy(text, raw, size + 1);
    if (!percent_decode(text, &size) || !text_good(text, size)) {
        *bad = true;
        size = strlen(raw);
        memcpy(text, raw, size);
    }
    text[size] = 0;
    query->used += size + 1;
    return text;
}

void query_add(struct query *query, const char *name, const char *value) {
    size_t size = strlen(name) + 1 + (value ? strlen(value) + 1 : 0);
    if (query->state == QUERY_TOO_LONG)
        return;
    if (!query->text)
        query->text = malloc(QUERY_MAX);
    if (!query->text || query->count == QUERY_FIELDS_MAX || size > QUERY_MAX - query->used) {
        query->state = QUERY_TOO_LONG;
        return;
    }
    bool bad = false;
    query->fields[query->count].name = query_keep(query, name, &bad);
    query->fields[query->count].value = value ? query_keep(query, value, &bad) : NULL;
    query->fields[query->count++].bad = bad;
    if (bad)
        query->state = QUERY_BAD;
}

void query_finish(struct query *query) {
    free(query->text);
    *query = (struct query){0};
}

const char *query_get(const struct query *query, const char *name) {
    for (size_t i = 0; i < query->count; i++) {
        if (strcmp(query->fields[i].name, name) == 0)
            return query->fields[i].bad ? NULL : query->fields[i].value;
    }
    return NULL;
}

const char *query_doubled(const struct query *query) {
    for (size_t i = 1; i < query->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(query->fields[i].name, query->fields[j].name) == 0)
                return query->fields[i].name;
        }
    }
    return NULL;
}
