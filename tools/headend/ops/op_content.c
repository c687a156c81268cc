/* What can be done with content of the library (operations.c). */
#include "base/clock.h"
#include "headend/ops/content.h"
#include "headend/ops/operation.h"

static bool find(struct op *op, struct content *content, struct pp_error *error) {
    struct pp_error missing = {0};
    const char *id = op_text(op, "content");
    snprintf(op->target, sizeof op->target, "%.36s", id);
    if (content_find(op->db, id, content, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND
               ? op_fail(op, "content", PP_E_NOTFOUND, error, "no such content: %.40s", id)
               : pp_fail(error, missing.code, "%s", missing.message);
}

/* For the audit. */
static cJSON *facts(const struct content *content) {
    char from[PP_RFC3339_SIZE] = "";
    char to[PP_RFC3339_SIZE] = "";
    const struct content_labels *labels = &content->labels;
    cJSON *object = cJSON_CreateObject();
    cJSON *tags = cJSON_AddArrayToObject(object, "tags");
    if (labels->valid_from)
        pp_time_format(labels->valid_from, from);
    if (labels->valid_to)
        pp_time_format(labels->valid_to, to);
    cJSON_AddStringToObject(object, "name", labels->name);
    cJSON_AddStringToObject(object, "folder", labels->folder);
    for (size_t i = 0; i < labels->tag_count; i++)
        cJSON_AddItemToArray(tags, cJSON_CreateString(labels->tags[i]));
    cJSON_AddStringToObject(object, "valid_from", from);
    cJSON_AddStringToObject(object, "valid_to", to);
    cJSON_AddBoolToObject(object, "deleted", content->deleted != 0);
    return object;
}

static bool text_take(struct op *op, const char *name, char *text, size_t size, struct pp_error *error) {
    const char *given = op_text_or_null(op, name);
    if (given && strlen(given) >= size)
        return op_fail(op, name, PP_E_LIMIT, error, "%s: at most %zu bytes", name, size - 1);
    if (given)
        snprintf(text, size, "%s", given);
    return true;
}

/* "": always. */
static bool time_take(struct op *op, const char *name, int64_t *seconds, struct pp_error *error) {
    const char *given = op_text_or_null(op, name);
    if (given)
        *seconds = 0;
    return !given || !*given || pp_json_time(op->request, name, seconds, NULL) ||
           op_fail(op, name, PP_E_INVALID, error, "%s: not a time like 2026-01-05T08:00:00Z", name);
}

static bool tags_take(struct op *op, struct content_labels *labels, struct pp_error *error) {
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(op->request, "tags");
    const cJSON *tag;
    if (!tags)
        return true;
    labels->tag_count = 0;
    cJSON_ArrayForEach(tag, tags) {
        if (labels->tag_count == CONTENT_TAGS_MAX || strlen(tag->valuestring) > CONTENT_TAG_MAX)
            return op_fail(op, "tags", PP_E_LIMIT, error, "tags: at most %d of at most %d bytes",
                           CONTENT_TAGS_MAX, CONTENT_TAG_MAX);
        snprintf(labels->tags[labels->tag_count++], CONTENT_TAG_MAX + 1, "%s", tag->valuestring);
    }
    return true;
}

/* Which of them is wrong is the message's first word. */
static bool labels_check(struct op *op, const struct content_labels *labels, struct pp_error *error) {
    static const char *const fields[] = {"name", "folder", "tags", "valid_from", "valid_to"};
    struct pp_error wrong = {0};
    if (content_labels_check(labels, &wrong))
        return true;
    for (size_t i = 0; i < PP_COUNT(fields); i++) {
        size_t size = strlen(fields[i]);
        if (strncmp(wrong.message, fields[i], size) == 0 && wrong.message[size] == ':')
            return op_fail(op, fields[i], wrong.code, error, "%s", wrong.message);
    }
    return pp_fail(error, wrong.code, "%s", wrong.message);
}

static bool labels_take(struct op *op, struct content_labels *labels, struct pp_error *error) {
    return text_take(op, "name", labels->name, sizeof labels->name, error) &&
           text_take(op, "folder", labels->folder, sizeof labels->folder, error) &&
           tags_take(op, labels, error) && time_take(op, "valid_from", &labels->valid_from, error) &&
           time_take(op, "valid_to", &labels->valid_to, error) && labels_check(op, labels, error);
}

/* What it has become. */
static bool settle(struct op *op, const struct content *before, struct pp_error *error) {
    struct content after;
    if (!find(op, &after, error))
        return false;
    op->before = facts(before);
    op->after = facts(&after);
    return true;
}

bool op_content_change(struct op *op, struct pp_error *error) {
    struct content content;
    if (!find(op, &content, error))
        return false;
    struct content_labels labels = content.labels;
    return labels_take(op, &labels, error) && content_change(op->db, content.id, &labels, error) &&
           settle(op, &content, error);
}

/* Into the bin; from there, for good. */
bool op_content_delete(struct op *op, struct pp_error *error) {
    struct content content;
    if (!find(op, &content, error))
        return false;
    if (!content.deleted)
        return content_delete(op->db, content.id, error) && settle(op, &content, error);
    op->before = facts(&content);
    return content_remove(op->db, content.id, error);
}

bool op_content_restore(struct op *op, struct pp_error *error) {
    struct content content;
    return find(op, &content, error) && content_restore(op->db, content.id, error) &&
           settle(op, &content, error);
}

bool op_content_empty(struct op *op, struct pp_error *error) {
    bool more = false;
    if (!content_bin_empty(op->db, INT64_MAX, &more, error))
        return false;
    cJSON_AddBoolToObject(op_answer(op), "more", more);
    return true;
}
