#include "feeds/pointer.h"

#include <stdlib.h>
#include <string.h>

/* Whether the token, which ends at a slash or the end, is that name. */
static bool token_is(const char *token, const char *name) {
    for (; *token && *token != '/'; token++, name++) {
        char character = *token;
        if (character == '~') {
            token++;
            character = *token == '1' ? '/' : '~';
        }
        if (*name != character)
            return false;
    }
    return !*name;
}

/* A place in a list: digits without a zero before them (§4). */
static const cJSON *item_find(const cJSON *list, const char *token, size_t size) {
    size_t index = 0;
    if (!size || size > 5 || (token[0] == '0' && size > 1))
        return NULL;
    for (size_t i = 0; i < size; i++) {
        if (token[i] < '0' || token[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(token[i] - '0');
    }
    const cJSON *item = list->child;
    while (item && index--)
        item = item->next;
    return item;
}

static const cJSON *member_find(const cJSON *object, const char *token) {
    const cJSON *member = object->child;
    while (member && !token_is(token, member->string))
        member = member->next;
    return member;
}

const cJSON *pointer_find(const cJSON *value, const char *pointer) {
    while (value && *pointer == '/') {
        const char *token = pointer + 1;
        size_t size = strcspn(token, "/");
        if (cJSON_IsObject(value))
            value = member_find(value, token);
        else
            value = cJSON_IsArray(value) ? item_find(value, token, size) : NULL;
        pointer = token + size;
    }
    return *pointer ? NULL : value;
}
