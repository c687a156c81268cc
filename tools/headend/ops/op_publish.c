/* What can be done with what is to be published, and publishing it (operations.c). */
#include "base/clock.h"
#include "headend/ops/draft.h"
#include "headend/ops/op_channels.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_job.h"

/* ---- Drafts ---- */

/* For the audit, which has no room for all of it. */
static cJSON *draft_facts(const struct draft *draft) {
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(draft->document, "title");
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddNumberToObject(facts, "version", (double)draft->version);
    cJSON_AddNumberToObject(facts, "items", (double)draft_count(draft->document));
    cJSON_AddStringToObject(facts, "title", cJSON_IsString(title) ? title->valuestring : "");
    return facts;
}

/* Content that has been thrown away since does not keep somebody from saving the rest. */
static bool draft_check(struct op *op, const cJSON *document, struct pp_error *error) {
    publication_auto struct publication publication = {0};
    struct pp_error wrong = {0};
    if (publication_make(op->db, document, NULL, pp_clock_realtime_s(), &publication, &wrong) ||
        wrong.code == PP_E_STATE)
        return true;
    bool given = wrong.code == PP_E_INVALID || wrong.code == PP_E_LIMIT || wrong.code == PP_E_UNSUPPORTED;
    return op_fail(op, given ? "document" : "", given ? PP_E_INVALID : wrong.code, error, "%s",
                   wrong.message);
}

bool op_draft_change(struct op *op, struct pp_error *error) {
    struct channel channel;
    draft_auto struct draft before = {0};
    draft_auto struct draft after = {0};
    struct pp_error wrong = {0};
    const cJSON *document = cJSON_GetObjectItemCaseSensitive(op->request, "document");
    if (!op_channel_find(op, &channel, error) ||
        !draft_load(op->db, channel.id, channel.publish, &before, error) || !draft_check(op, document, error))
        return false;
    if (!draft_save(op->db, channel.id, document, op->actor->name, &wrong))
        return op_fail(op, wrong.code == PP_E_LIMIT ? "document" : "", wrong.code, error, "%s",
                       wrong.message);
    if (!draft_load(op->db, channel.id, channel.publish, &after, error))
        return false;
    op->before = draft_facts(&before);
    op->after = draft_facts(&after);
    return true;
}

/* ---- Publishing ---- */

static bool note_take(struct op *op, char note[PUBLISH_NOTE_MAX + 1], struct pp_error *error) {
    struct pp_error wrong = {0};
    const char *given = op_text(op, "note");
    if (!text_check("note", given, 0, PUBLISH_NOTE_MAX, &wrong))
        return op_fail(op, "note", wrong.code, error, "%s", wrong.message);
    snprintf(note, PUBLISH_NOTE_MAX + 1, "%s", given);
    return true;
}

static bool job_ask(struct op *op, struct publish_job *job, const char *kind, const char *state,
                    struct pp_error *error) {
    snprintf(job->channel, sizeof job->channel, "%s", op_text(op, "channel"));
    snprintf(job->author, sizeof job->author, "%s", op->actor->name);
    snprintf(job->kind, sizeof job->kind, "%s", kind);
    snprintf(job->state, sizeof job->state, "%s", state);
    job->admin = op->actor->user;
    if (!publish_job_add(op->db, job, error))
        return false;
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "job", job->id);
    cJSON_AddStringToObject(op->after, "kind", job->kind);
    cJSON_AddStringToObject(op->after, "state", job->state);
    cJSON_AddStringToObject(op_answer(op), "job", job->id);
    return true;
}

/* Of the command line, which is at work on them itself. */
static bool publish_files(struct op *op, struct publish_job *job, struct pp_error *error) {
    if (op->actor->kind != ACTOR_COMMAND_LINE)
        return op_fail(op, "files", PP_E_INVALID, error, "files: content is published from the library");
    return job_ask(op, job, "files", "running", error);
}

/* Refused now, in the words in which it would be later. */
static bool publish_draft(struct op *op, struct publish_job *job, struct pp_error *error) {
    struct channel channel;
    draft_auto struct draft draft = {0};
    publication_auto struct publication publication = {0};
    struct pp_error wrong = {0};
    if (!op_channel_find(op, &channel, error) ||
        !draft_load(op->db, channel.id, channel.publish, &draft, error))
        return false;
    if (!draft_count(draft.document))
        return pp_fail(error, PP_E_STATE, "items: there are none");
    if (!publication_make(op->db, draft.document, NULL, pp_clock_realtime_s(), &publication, &wrong))
        return pp_fail(error, PP_E_STATE, "%s", wrong.message);
    job->document = draft.document;
    draft.document = NULL;
    job->pins = publication.pins;
    publication.pins = NULL;
    job->total = publication.bytes;
    return job_ask(op, job, "publish", "waiting", error);
}

bool op_channel_publish(struct op *op, struct pp_error *error) {
    publish_job_auto struct publish_job job = {0};
    return note_take(op, job.note, error) &&
           (op_has(op, "files") ? publish_files(op, &job, error) : publish_draft(op, &job, error));
}

bool op_channel_unpublish(struct op *op, struct pp_error *error) {
    struct channel channel;
    publish_job_auto struct publish_job job = {0};
    if (!op_channel_find(op, &channel, error))
        return false;
    if (!channel.publish)
        return pp_fail(error, PP_E_STATE, "nothing is published on channel \"%s\"", channel.id);
    return job_ask(op, &job, "unpublish", "waiting", error);
}

/* Whoever removes one on which screens are moves them, and has to be allowed there, too. */
static bool move_to_take(struct op *op, char id[CHANNEL_ID_MAX + 1], struct pp_error *error) {
    struct channel other;
    struct pp_error missing = {0};
    const char *given = op_text_or_null(op, "move_to");
    const struct place place = {"", given ? given : ""};
    if (!given)
        return true;
    if (strcmp(given, op_text(op, "channel")) == 0)
        return op_fail(op, "move_to", PP_E_INVALID, error,
                       "its screens cannot be moved to the channel itself");
    if (!actor_may_at(op->actor, op->operation->right, &place))
        return op_fail(op, "move_to", PP_E_NOTFOUND, error, "there is no channel \"%.63s\"", given);
    if (!channel_known(op->db, given, &other, &missing))
        return op_fail(op, "move_to", missing.code, error, "%s", missing.message);
    snprintf(id, CHANNEL_ID_MAX + 1, "%s", other.id);
    return true;
}

bool op_channel_remove(struct op *op, struct pp_error *error) {
    struct channel channel;
    publish_job_auto struct publish_job job = {0};
    return op_channel_find(op, &channel, error) && move_to_take(op, job.argument, error) &&
           (*job.argument || channel_leave(op->db, channel.id, NULL, error)) &&
           job_ask(op, &job, "remove", "waiting", error);
}

bool op_job_show(struct op *op, struct pp_error *error) {
    publish_job_auto struct publish_job job = {0};
    struct pp_error missing = {0};
    if (publish_job_find(op->db, op_text(op, "job"), &job, &missing) &&
        strcmp(job.channel, op_text(op, "channel")) == 0)
        return true;
    return missing.code == PP_OK || missing.code == PP_E_NOTFOUND
               ? op_fail(op, "job", PP_E_NOTFOUND, error, "no such job")
               : pp_fail(error, missing.code, "%s", missing.message);
}
