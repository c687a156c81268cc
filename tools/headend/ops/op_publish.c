/* What can be done with what is to be published, and publishing it (operations.c). */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "headend/ops/draft.h"
#include "headend/ops/op_channels.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_version.h"
#include "headend/ops/rollout.h"

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

static bool note_take(struct op *op, const char *field, char note[PUBLISH_NOTE_MAX + 1],
                      struct pp_error *error) {
    struct pp_error wrong = {0};
    const char *given = op_text(op, field);
    if (!text_check(field, given, 0, PUBLISH_NOTE_MAX, &wrong))
        return op_fail(op, field, wrong.code, error, "%s", wrong.message);
    snprintf(note, PUBLISH_NOTE_MAX + 1, "%s", given);
    return true;
}

static bool job_add(struct op *op, struct publish_job *job, const char *channel, const char *kind,
                    const char *state, struct pp_error *error) {
    snprintf(job->channel, sizeof job->channel, "%s", channel);
    snprintf(job->author, sizeof job->author, "%s", op->actor->name);
    snprintf(job->kind, sizeof job->kind, "%s", kind);
    snprintf(job->state, sizeof job->state, "%s", state);
    job->admin = op->actor->user;
    return publish_job_add(op->db, job, error);
}

/* In the answer, and for the audit. */
static bool job_told(struct op *op, const struct publish_job *job) {
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "job", job->id);
    cJSON_AddStringToObject(op->after, "kind", job->kind);
    cJSON_AddStringToObject(op->after, "state", job->state);
    if (job->plan)
        cJSON_AddItemToObject(op->after, "rollout", cJSON_Duplicate(job->plan, true));
    cJSON_AddStringToObject(op_answer(op), "job", job->id);
    return true;
}

static bool job_ask(struct op *op, struct publish_job *job, const char *kind, const char *state,
                    struct pp_error *error) {
    return job_add(op, job, op_text(op, "channel"), kind, state, error) && job_told(op, job);
}

/* ---- Approval ---- */

#define APPROVAL_META "publish_approval"

static bool approval_wanted(struct db *db, bool *wanted, struct pp_error *error) {
    pp_autofree char *value = db_meta_get(db, APPROVAL_META, error);
    *wanted = value && strcmp(value, "yes") == 0;
    return value != NULL;
}

/* What a job begins with: the folder's owner, on the command line, asks nobody. */
static const char *job_begins(struct op *op, struct pp_error *error) {
    bool wanted = false;
    if (op->actor->kind == ACTOR_COMMAND_LINE)
        return "waiting";
    return approval_wanted(op->db, &wanted, error) ? wanted ? "approval" : "waiting" : NULL;
}

bool op_publish_ask(struct op *op, struct publish_job *job, const char *channel, struct pp_error *error) {
    const char *state = job_begins(op, error);
    return state && job_add(op, job, channel, "publish", state, error);
}

/* Of what changes what screens of the channel show, without a draft. */
static bool job_ask_of(struct op *op, struct publish_job *job, const char *kind, struct pp_error *error) {
    const char *state = job_begins(op, error);
    return state && job_ask(op, job, kind, state, error);
}

static cJSON *approval_facts(bool wanted) {
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddBoolToObject(facts, "approval", wanted);
    return facts;
}

bool op_publishing_show(struct op *op, struct pp_error *error) {
    bool wanted;
    if (!approval_wanted(op->db, &wanted, error))
        return false;
    cJSON_AddBoolToObject(op_answer(op), "approval", wanted);
    return true;
}

bool op_publishing_change(struct op *op, struct pp_error *error) {
    bool before;
    bool wanted = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(op->request, "approval"));
    snprintf(op->target, sizeof op->target, "publishing");
    if (!approval_wanted(op->db, &before, error) ||
        !db_meta_set(op->db, APPROVAL_META, wanted ? "yes" : "no", error))
        return false;
    op->before = approval_facts(before);
    op->after = approval_facts(wanted);
    return true;
}

static bool job_find(struct op *op, struct publish_job *job, struct pp_error *error) {
    struct pp_error missing = {0};
    if (publish_job_find(op->db, op_text(op, "job"), job, &missing) &&
        strcmp(job->channel, op_text(op, "channel")) == 0)
        return true;
    return missing.code == PP_OK || missing.code == PP_E_NOTFOUND
               ? op_fail(op, "job", PP_E_NOTFOUND, error, "no such job")
               : pp_fail(error, missing.code, "%s", missing.message);
}

static bool job_decided(struct op *op, const struct publish_job *job, const char *reason) {
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "job", job->id);
    cJSON_AddStringToObject(op->after, "author", job->author);
    if (*reason)
        cJSON_AddStringToObject(op->after, "reason", reason);
    return true;
}

/* ---- What somebody agrees to, as it can be done by now ---- */

static bool publish_can(struct op *op, const struct publish_job *job, const struct channel *channel,
                        struct pp_error *error) {
    publication_auto struct publication publication = {0};
    struct pp_error wrong = {0};
    (void)channel;
    return publication_make(op->db, job->document, job->pins, pp_clock_realtime_s(), &publication, &wrong) ||
           pp_fail(error, PP_E_STATE, "%s", wrong.message);
}

static bool restore_can(struct op *op, const struct publish_job *job, const struct channel *channel,
                        struct pp_error *error) {
    publication_auto struct publication publication = {0};
    struct pp_error wrong = {0};
    int64_t number = strtoll(job->argument, NULL, 10);
    if (number == channel->publish)
        return pp_fail(error, PP_E_STATE, "that version is what is published");
    return publication_of_version(op->db, channel->id, number, &publication, &wrong) ||
           pp_fail(error, PP_E_STATE, "%s", wrong.message);
}

static bool unpublish_can(struct op *op, const struct publish_job *job, const struct channel *channel,
                          struct pp_error *error) {
    (void)op;
    (void)job;
    return channel->publish ||
           pp_fail(error, PP_E_STATE, "nothing is published on channel \"%s\"", channel->id);
}

static bool job_can(struct op *op, const struct publish_job *job, const struct channel *channel,
                    struct pp_error *error) {
    static const struct {
        const char *kind;
        bool (*can)(struct op *op, const struct publish_job *job, const struct channel *channel,
                    struct pp_error *error);
    } rows[] = {{"publish", publish_can}, {"restore", restore_can}, {"unpublish", unpublish_can}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (strcmp(rows[i].kind, job->kind) == 0)
            return rollout_none(op->db, channel->id, error) && rows[i].can(op, job, channel, error);
    }
    return pp_fail(error, PP_E_STATE, "it waits for nobody's approval");
}

/* By somebody else than who asked; what has become impossible meanwhile is refused now. */
bool op_job_approve(struct op *op, struct pp_error *error) {
    struct channel channel;
    publish_job_auto struct publish_job job = {0};
    if (!op_channel_find(op, &channel, error) || !job_find(op, &job, error))
        return false;
    if (strcmp(job.state, "approval") != 0)
        return pp_fail(error, PP_E_STATE, "it waits for nobody's approval");
    if (job.admin == op->actor->user || strcmp(job.author, op->actor->name) == 0)
        return pp_fail(error, PP_E_STATE, "somebody else has to agree than who has asked for it");
    return job_can(op, &job, &channel, error) &&
           publish_job_approve(op->db, job.id, op->actor->name, error) && job_decided(op, &job, "");
}

/* Or taken back, by who asked. */
bool op_job_decline(struct op *op, struct pp_error *error) {
    char reason[PUBLISH_NOTE_MAX + 1] = "";
    publish_job_auto struct publish_job job = {0};
    return note_take(op, "reason", reason, error) && job_find(op, &job, error) &&
           publish_job_decline(op->db, job.id, op->actor->name, reason, error) &&
           job_decided(op, &job, reason);
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
    return op_publish_ask(op, job, channel.id, error) && job_told(op, job);
}

bool op_channel_publish(struct op *op, struct pp_error *error) {
    publish_job_auto struct publish_job job = {0};
    return note_take(op, "note", job.note, error) && op_rollout_take(op, &job.plan, error) &&
           (op_has(op, "files") ? publish_files(op, &job, error) : publish_draft(op, &job, error));
}

bool op_channel_unpublish(struct op *op, struct pp_error *error) {
    struct channel channel;
    publish_job_auto struct publish_job job = {0};
    if (!op_channel_find(op, &channel, error))
        return false;
    if (!channel.publish)
        return pp_fail(error, PP_E_STATE, "nothing is published on channel \"%s\"", channel.id);
    return job_ask_of(op, &job, "unpublish", error);
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
    return job_find(op, &job, error);
}

/* ---- Versions ---- */

static bool version_take(struct op *op, struct version *version, struct pp_error *error) {
    struct pp_error missing = {0};
    if (version_find(op->db, op_text(op, "channel"), op_integer(op, "number"), version, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND
               ? op_fail(op, "number", PP_E_NOTFOUND, error, "no such version of the channel is kept")
               : pp_fail(error, missing.code, "%s", missing.message);
}

static cJSON *version_facts(int64_t number, const char *name) {
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddNumberToObject(facts, "version", (double)number);
    cJSON_AddStringToObject(facts, "name", name);
    return facts;
}

bool op_version_show(struct op *op, struct pp_error *error) {
    version_auto struct version version = {0};
    return version_take(op, &version, error);
}

/* A name makes a restore point of it. */
bool op_version_name(struct op *op, struct pp_error *error) {
    version_auto struct version version = {0};
    struct pp_error wrong = {0};
    const char *name = op_text(op, "name");
    if (!version_take(op, &version, error))
        return false;
    if (!version_name_set(op->db, op_text(op, "channel"), version.number, name, &wrong))
        return op_fail(op, wrong.code == PP_E_INVALID || wrong.code == PP_E_LIMIT ? "name" : "", wrong.code,
                       error, "%s", wrong.message);
    op->before = version_facts(version.number, version.name);
    op->after = version_facts(version.number, name);
    return true;
}

/* Somebody has to agree, as to all that screens are given: what was right once need not be any more. */
bool op_channel_restore(struct op *op, struct pp_error *error) {
    struct channel channel;
    version_auto struct version version = {0};
    publication_auto struct publication publication = {0};
    publish_job_auto struct publish_job job = {0};
    if (!op_channel_find(op, &channel, error) || !version_take(op, &version, error) ||
        !note_take(op, "note", job.note, error))
        return false;
    if (version.number == channel.publish)
        return pp_fail(error, PP_E_STATE, "that version is what is published");
    if (!publication_of_version(op->db, channel.id, version.number, &publication, error))
        return false;
    job.total = publication.bytes;
    snprintf(job.argument, sizeof job.argument, "%lld", (long long)version.number);
    return job_ask_of(op, &job, "restore", error);
}
