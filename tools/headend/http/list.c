#include "headend/http/list.h"

#include <string.h>

#include "base/encode.h"

#define LIST_LINK_MAX 8192 /* bytes */

/* ---- What is asked for ---- */

static bool limit_read(const char *text, uint64_t *limit, struct pp_error *error) {
    size_t length = strlen(text);
    bool number = length && length <= 6 && strspn(text, "0123456789") == length;
    uint64_t value = number ? strtoull(text, NULL, 10) : 0;
    if (value < 1 || value > LIST_LIMIT_MAX)
        return pp_fail(error, PP_E_INVALID, "limit: 1 to %d", LIST_LIMIT_MAX);
    *limit = value;
    return true;
}

static bool sort_read(struct list *list, const struct list_form *form, const char *text,
                      struct pp_error *error) {
    bool descending = *text == '-';
    for (const char *const *sort = form->sorts; *sort; sort++) {
        if (strcmp(*sort, text + descending) != 0)
            continue;
        list->sort = *sort;
        list->descending = descending;
        return true;
    }
    return pp_fail(error, PP_E_INVALID, "sort: not by %s", text);
}

static bool text_read(const char *name, const char *text, const char **out, struct pp_error *error) {
    if (strlen(text) > LIST_TEXT_MAX)
        return pp_fail(error, PP_E_INVALID, "%s: at most %d bytes", name, LIST_TEXT_MAX);
    *out = text;
    return true;
}

static bool filter_read(const struct list_filter *filter, const char *text, const char **out,
                        struct pp_error *error) {
    if (!filter->values)
        return text_read(filter->name, text, out, error);
    for (const char *const *value = filter->values; *value; value++) {
        if (strcmp(*value, text) == 0) {
            *out = *value;
            return true;
        }
    }
    return pp_fail(error, PP_E_INVALID, "%s: none of its values", filter->name);
}

/* The keys of the cursor; once the sort order is known. */
static bool cursor_read(struct list *list, const struct list_form *form, const char *text,
                        struct pp_error *error) {
    char bytes[LIST_CURSOR_MAX];
    size_t size = 0;
    if (strlen(text) > LIST_CURSOR_MAX ||
        !pp_base64url_decode(text, strlen(text), bytes, sizeof bytes, &size, NULL) ||
        !(list->cursor = pp_json_parse(bytes, size, sizeof bytes, NULL)))
        return pp_fail(error, PP_E_INVALID, "cursor: not one of this list");
    size_t count = 0;
    for (const cJSON *item = cJSON_IsArray(list->cursor) ? list->cursor->child : NULL; item;
         item = item->next, count++) {
        const char *value = cJSON_GetStringValue(item);
        if (!value || strlen(value) > LIST_KEY_MAX || count > form->keys)
            return pp_fail(error, PP_E_INVALID, "cursor: not one of this list");
        if (!count &&
            (strcmp(value + (*value == '-'), list->sort) != 0 || (*value == '-') != list->descending))
            return pp_fail(error, PP_E_INVALID, "cursor: of another order");
        if (count)
            list->keys[count - 1] = value;
    }
    list->begun = count == form->keys + 1;
    return list->begun || pp_fail(error, PP_E_INVALID, "cursor: not one of this list");
}

/* One parameter but the cursor. */
static bool parameter_read(struct list *list, const struct list_form *form, const char *name,
                           const char *value, struct pp_error *error) {
    if (strcmp(name, "limit") == 0 && form->sorts)
        return limit_read(value, &list->limit, error);
    if (strcmp(name, "sort") == 0 && form->sorts)
        return sort_read(list, form, value, error);
    if (strcmp(name, "q") == 0 && form->searched)
        return text_read("q", value, &list->q, error);
    for (size_t i = 0; i < LIST_FILTERS_MAX && form->filters[i].name; i++) {
        if (strcmp(name, form->filters[i].name) == 0)
            return filter_read(&form->filters[i], value, &list->filters[i], error);
    }
    return pp_fail(error, PP_E_INVALID, "%.64s: not a parameter of this address", name);
}

bool list_read(struct list *list, const struct list_form *form, const struct query *query,
               const char **parameter, struct pp_error *error) {
    *list = (struct list){.limit = LIST_LIMIT, .q = "", .sort = form && form->sorts ? form->sorts[0] : NULL};
    *parameter = query_doubled(query);
    if (*parameter)
        return pp_fail(error, PP_E_INVALID, "%.64s: stands twice", *parameter);
    const char *cursor = NULL;
    for (size_t i = 0; i < query->count; i++) {
        const char *value = query->fields[i].value;
        *parameter = query->fields[i].name;
        if (query->fields[i].bad)
            return pp_fail(error, PP_E_INVALID, "%.64s: not UTF-8, percent-encoded", *parameter);
        if (!form)
            return pp_fail(error, PP_E_INVALID, "%.64s: not a parameter of this address", *parameter);
        if (!value)
            return pp_fail(error, PP_E_INVALID, "%.64s: has no value", *parameter);
        if (strcmp(*parameter, "cursor") == 0 && form->sorts)
            cursor = value;
        else if (!parameter_read(list, form, *parameter, value, error))
            return false;
    }
    *parameter = cursor ? "cursor" : NULL;
    return !cursor || cursor_read(list, form, cursor, error);
}

void list_finish(struct list *list) {
    pp_json_destroy(list->cursor);
    *list = (struct list){0};
}

/* ---- The answer ---- */

bool list_cursor(const struct list *list, const struct list_form *form, const char *const keys[],
                 struct pp_buf *out, struct pp_error *error) {
    char order[LIST_KEY_MAX];
    pp_autojson cJSON *cursor = cJSON_CreateArray();
    snprintf(order, sizeof order, "%s%s", list->descending ? "-" : "", list->sort);
    cJSON_AddItemToArray(cursor, cJSON_CreateString(order));
    for (size_t i = 0; i < form->keys; i++)
        cJSON_AddItemToArray(cursor, cJSON_CreateString(keys[i]));
    pp_autojsontext char *text = cJSON_PrintUnformatted(cursor);
    if (!text || (size_t)cJSON_GetArraySize(cursor) != form->keys + 1)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    char *room = (char *)pp_buf_reserve(out, PP_BASE64_SIZE(strlen(text)), error);
    if (!room)
        return false;
    pp_base64url_encode(text, strlen(text), room);
    out->size += strlen(room);
    return true;
}

static bool link_add(struct pp_buf *link, const char *name, const char *value, struct pp_error *error) {
    pp_autofree char *encoded = pp_percent_encode(value);
    if (!encoded)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return pp_buf_addf(link, error, "&%s=%s", name, encoded);
}

static bool link_write(struct pp_buf *link, const char *path, const struct list *list,
                       const struct list_form *form, const char *cursor, struct pp_error *error) {
    bool ok =
        pp_buf_addf(link, error, "<%s?cursor=%s&limit=%llu", path, cursor, (unsigned long long)list->limit) &&
        pp_buf_addf(link, error, "&sort=%s%s", list->descending ? "-" : "", list->sort) &&
        (!*list->q || link_add(link, "q", list->q, error));
    for (size_t i = 0; ok && i < LIST_FILTERS_MAX && form->filters[i].name; i++)
        ok = !list->filters[i] || link_add(link, form->filters[i].name, list->filters[i], error);
    return ok && pp_buf_add_text(link, ">; rel=\"next\"", error);
}

void list_reply(struct reply *reply, const char *path, const struct list *list, const struct list_form *form,
                cJSON *items, const char *const keys[]) {
    pp_autojson cJSON *answer = cJSON_CreateObject();
    pp_autobuf struct pp_buf cursor = PP_BUF_INIT(LIST_CURSOR_MAX);
    pp_autobuf struct pp_buf link = PP_BUF_INIT(LIST_LINK_MAX);
    struct pp_error error = {0};
    cJSON_AddItemToObject(answer, "items", items);
    if (keys && (!list_cursor(list, form, keys, &cursor, &error) ||
                 !link_write(&link, path, list, form, pp_buf_text(&cursor), &error))) {
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddItemToObject(answer, "next",
                          keys ? cJSON_CreateString(pp_buf_text(&cursor)) : cJSON_CreateNull());
    reply_json(reply, MHD_HTTP_OK, answer);
    if (keys)
        reply_header(reply, "Link", pp_buf_text(&link));
}
