/* What can be done with a version that some screens of a channel have first (operations.c). */
#include <string.h>

#include "base/clock.h"
#include "headend/ops/op_channels.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/rollout_watch.h"
#include "headend/ops/screen_group.h"

/* ---- Asked for, with a publish ---- */

/* Groups that who asks sees, as everywhere. */
static bool groups_check(struct op *op, const struct rollout_plan *plan, struct pp_error *error) {
    for (size_t i = 0; i < plan->count; i++) {
        struct screen_group group;
        struct pp_error missing = {0};
        if (!*plan->steps[i].group ||
            screen_group_find(op->db, plan->steps[i].group, op->actor->user, &group, &missing))
            continue;
        return missing.code == PP_E_NOTFOUND ? op_fail(op, "rollout", PP_E_INVALID, error,
                                                       "rollout.steps[%zu].group: there is no such group", i)
                                             : pp_fail(error, missing.code, "%s", missing.message);
    }
    return true;
}

bool op_rollout_take(struct op *op, cJSON **plan, struct pp_error *error) {
    struct rollout_plan parsed;
    struct channel channel;
    struct pp_error wrong = {0};
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(op->request, "rollout");
    if (!op_given(op, "rollout"))
        return true;
    if (!rollout_plan_parse(given, &parsed, &wrong))
        return op_fail(op, "rollout", wrong.code, error, "%s", wrong.message);
    if (!op_channel_find(op, &channel, error) || !groups_check(op, &parsed, error))
        return false;
    if (!channel.publish)
        return pp_fail(error, PP_E_STATE,
                       "nothing is published on channel \"%s\" yet: a rollout needs something to go back to",
                       channel.id);
    *plan = rollout_plan_json(&parsed);
    return *plan || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* ---- While it is under way ---- */

/* The one that is under way. */
static bool rollout_take_open(struct op *op, struct rollout *rollout, struct pp_error *error) {
    struct channel channel;
    struct pp_error missing = {0};
    if (!op_channel_find(op, &channel, error))
        return false;
    if (rollout_of_channel(op->db, channel.id, rollout, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND
               ? pp_fail(error, PP_E_STATE, "no rollout is under way on channel \"%s\"", channel.id)
               : pp_fail(error, missing.code, "%s", missing.message);
}

static cJSON *facts(const struct rollout *rollout, const char *state) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "rollout", rollout->id);
    cJSON_AddNumberToObject(object, "version", (double)rollout->version);
    cJSON_AddStringToObject(object, "state", state);
    cJSON_AddNumberToObject(object, "step", (double)rollout->step);
    return object;
}

bool op_rollout_show(struct op *op, struct pp_error *error) {
    struct channel channel;
    return op_channel_find(op, &channel, error);
}

static bool is_halted(const struct rollout *rollout) {
    return strcmp(rollout->state, "halted") == 0;
}

bool op_rollout_advance(struct op *op, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    publish_job_auto struct publish_job by = {.admin = op->actor->user};
    if (!rollout_take_open(op, &rollout, error))
        return false;
    if (is_halted(&rollout))
        return pp_fail(error, PP_E_STATE, "the rollout is halted: let it go on first");
    op->before = facts(&rollout, rollout.state);
    snprintf(by.author, sizeof by.author, "%s", op->actor->name);
    op->wakes = true;
    if (!rollout_advance(op->db, &rollout, &by, pp_clock_realtime_s(), error))
        return false;
    op->after = facts(&rollout, rollout.state);
    return true;
}

bool op_rollout_halt(struct op *op, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    if (!rollout_take_open(op, &rollout, error))
        return false;
    if (is_halted(&rollout))
        return pp_fail(error, PP_E_STATE, "the rollout is halted already");
    op->before = facts(&rollout, rollout.state);
    op->after = facts(&rollout, "halted");
    return rollout_halt(op->db, rollout.id, rollout_reason_of_person(op->actor->name), error);
}

bool op_rollout_resume(struct op *op, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    if (!rollout_take_open(op, &rollout, error))
        return false;
    if (!is_halted(&rollout))
        return pp_fail(error, PP_E_STATE, "the rollout is not halted");
    op->before = facts(&rollout, rollout.state);
    op->after = facts(&rollout, "running");
    return rollout_resume(op->db, rollout.id, error);
}

/* Of the repository's change a job is made, whichever of the two it is. */
static bool end_ask(struct op *op, const char *kind, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    publish_job_auto struct publish_job job = {.admin = op->actor->user, .state = "waiting"};
    if (!rollout_take_open(op, &rollout, error))
        return false;
    snprintf(job.kind, sizeof job.kind, "%s", kind);
    snprintf(job.channel, sizeof job.channel, "%s", rollout.channel);
    snprintf(job.author, sizeof job.author, "%s", op->actor->name);
    snprintf(job.argument, sizeof job.argument, "%s", rollout.id);
    if (!publish_job_add(op->db, &job, error))
        return false;
    op->before = facts(&rollout, rollout.state);
    op->after = facts(&rollout, kind);
    cJSON_AddStringToObject(op->after, "job", job.id);
    return cJSON_AddStringToObject(op_answer(op), "job", job.id) != NULL;
}

bool op_rollout_finish(struct op *op, struct pp_error *error) {
    return end_ask(op, "finish", error);
}

bool op_rollout_cancel(struct op *op, struct pp_error *error) {
    return end_ask(op, "cancel", error);
}
