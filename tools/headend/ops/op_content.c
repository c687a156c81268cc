/* What can be done with content of the library (operations.c). */
#include "base/clock.h"
#include "headend/ops/channel.h"
#include "headend/ops/content.h"
#include "headend/ops/op_channels.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_version.h"

#define FOLLOWED_NOTED_MAX 200 /* channels */

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
    cJSON_AddNumberToObject(object, "version", (double)content->version);
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

bool op_content_revert(struct op *op, struct pp_error *error) {
    struct content content;
    struct pp_error missing = {0};
    if (!find(op, &content, error))
        return false;
    if (!content_revert(op->db, content.id, op_integer(op, "number"), &missing))
        return missing.code == PP_E_NOTFOUND
                   ? op_fail(op, "number", PP_E_NOTFOUND, error, "no such version of it is kept")
                   : pp_fail(error, missing.code, "%s", missing.message);
    return settle(op, &content, error);
}

/* ---- Where it is shown ---- */

/* Channels that show an older version of it. */
struct outdated {
    const struct actor *actor;
    int64_t version; /* the one that counts */
    cJSON *channels; /* ids */
};

static bool outdated_add(void *arg, const struct content_use *use) {
    const struct outdated *outdated = arg;
    const struct place place = {"", use->channel};
    if (use->published && use->published != outdated->version &&
        actor_may_at(outdated->actor, RIGHT_PUBLISH, &place))
        cJSON_AddItemToArray(outdated->channels, cJSON_CreateString(use->channel));
    return true;
}

/* What a version has of other content stays as it is there. */
static bool pin_others(void *arg, const struct version_object *object, struct pp_error *error) {
    cJSON *pins = arg;
    (void)error;
    if (*object->content && !cJSON_HasObjectItem(pins, object->content))
        cJSON_AddNumberToObject(pins, object->content, (double)object->content_version);
    return true;
}

/* What is published there once more, with this content as it is now; what somebody is at work on is not. */
static bool channel_follow(struct op *op, const struct content *content, const char *id,
                           struct publish_job *job, struct pp_error *error) {
    struct channel channel;
    version_auto struct version version = {0};
    publication_auto struct publication publication = {0};
    if (!channel_known(op->db, id, &channel, error) ||
        !version_find(op->db, id, channel.publish, &version, error))
        return false;
    if (!version.document)
        return pp_fail(error, PP_E_STATE, "what is published there came from files");
    job->pins = cJSON_CreateObject();
    if (!version_objects(op->db, id, version.number, pin_others, job->pins, error))
        return false;
    cJSON_DeleteItemFromObjectCaseSensitive(job->pins, content->id);
    cJSON_AddNumberToObject(job->pins, content->id, (double)content->version);
    if (!publication_make(op->db, version.document, job->pins, pp_clock_realtime_s(), &publication, error))
        return false;
    job->document = version.document;
    version.document = NULL;
    cJSON_Delete(job->pins);
    job->pins = pp_steal(&publication.pins);
    job->total = publication.bytes;
    return op_publish_ask(op, job, id, error);
}

static void followed_add(cJSON *items, const char *id, const char *job, const char *refusal) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "channel", id);
    cJSON_AddItemToObject(item, "job", job ? cJSON_CreateString(job) : cJSON_CreateNull());
    cJSON_AddItemToObject(item, "refusal", refusal ? cJSON_CreateString(refusal) : cJSON_CreateNull());
    cJSON_AddItemToArray(items, item);
}

/* For the audit, whose rows have their size: which channels, and the job of each; of very many, how many. */
static cJSON *followed_note(const cJSON *items) {
    cJSON *note = cJSON_CreateObject();
    int jobs = 0;
    const cJSON *item;
    if (cJSON_GetArraySize(items) <= FOLLOWED_NOTED_MAX) {
        cJSON *noted = cJSON_AddArrayToObject(note, "items");
        cJSON_ArrayForEach(item, items) {
            cJSON *one = cJSON_Duplicate(item, true);
            cJSON_DeleteItemFromObjectCaseSensitive(one, "refusal");
            cJSON_AddItemToArray(noted, one);
        }
        return note;
    }
    cJSON_ArrayForEach(item, items) {
        jobs += cJSON_IsString(cJSON_GetObjectItemCaseSensitive(item, "job"));
    }
    cJSON_AddNumberToObject(note, "channels", cJSON_GetArraySize(items));
    cJSON_AddNumberToObject(note, "jobs", jobs);
    return note;
}

/* Of several channels each is told by itself. */
bool op_content_publish(struct op *op, struct pp_error *error) {
    struct content content;
    pp_autojson cJSON *channels = cJSON_CreateArray();
    struct outdated outdated = {.actor = op->actor, .channels = channels};
    const cJSON *id;
    if (!find(op, &content, error))
        return false;
    outdated.version = content.version;
    if (!content_uses(op->db, content.id, outdated_add, &outdated, error))
        return false;
    cJSON *items = cJSON_AddArrayToObject(op_answer(op), "items");
    cJSON_ArrayForEach(id, channels) {
        publish_job_auto struct publish_job job = {0};
        struct pp_error why = {0};
        snprintf(job.note, sizeof job.note, "%s", content.labels.name);
        bool asked = channel_follow(op, &content, id->valuestring, &job, &why);
        if (!asked && why.code != PP_E_STATE && why.code != PP_E_INVALID && why.code != PP_E_UNSUPPORTED &&
            why.code != PP_E_LIMIT && why.code != PP_E_NOTFOUND)
            return pp_fail(error, why.code, "%s", why.message);
        followed_add(items, id->valuestring, asked ? job.id : NULL, asked ? NULL : why.message);
    }
    op->after = followed_note(items);
    return true;
}
