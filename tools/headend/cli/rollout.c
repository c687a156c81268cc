#include <string.h>

#include "headend/cli/commands.h"
#include "headend/ops/channel.h"
#include "headend/ops/publish_run.h"
#include "headend/ops/rollout_watch.h"

/* The folder and the channel behind the command's name. */
static struct home *folder_open(int argc, char **argv, const struct pp_option *options, const char *needed,
                                const char **id, struct pp_error *error) {
    struct channel channel;
    int first = 0;
    if (!command_words(options, argc, argv, 2, &first, needed, error))
        return NULL;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    *id = argv[first + 1];
    return home && channel_known(home->db, *id, &channel, error) ? pp_steal(&home) : NULL;
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static double number_of(const cJSON *object, const char *name) {
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(number) ? number->valuedouble : 0;
}

static void step_print(const cJSON *step, int place, int begun) {
    const char *name = text_of(step, "name");
    const char *after = text_of(step, "after");
    printf("  %s ", place < begun ? "x" : "-");
    if (pp_json_has(step, "percent"))
        printf("%.0f%% of the screens", number_of(step, "percent"));
    else
        printf("group %s", *name ? name : text_of(step, "group"));
    if (*after)
        printf(", after %s\n", after);
    else
        printf(", when somebody says so\n");
}

static void rollout_print(const cJSON *rollout) {
    const cJSON *item;
    const cJSON *reason = cJSON_GetObjectItemCaseSensitive(rollout, "reason");
    int place = 0;
    printf("version %.0f: %s; %.0f of %.0f screens have it, %.0f say that they show it\n",
           number_of(rollout, "version"), text_of(rollout, "state"), number_of(rollout, "taken"),
           number_of(rollout, "screens"), number_of(rollout, "shown"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(rollout, "steps")) {
        step_print(item, place++, (int)number_of(rollout, "step"));
    }
    printf("errors beyond those of the day before: %.0f; it halts at %.0f\n", number_of(rollout, "bad"),
           number_of(rollout, "tolerated"));
    if (reason && !cJSON_IsNull(reason))
        printf("halted: %s\n", text_of(reason, "words"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(rollout, "failing")) {
        printf("  %s  %s: %.0f errors%s\n", text_of(item, "id"), text_of(item, "name"),
               number_of(item, "errors"),
               cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "gone")) ? ", not heard of any more" : "");
    }
}

bool command_rollout_show(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    const char *id;
    const struct pp_option options[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    rollout_auto struct rollout rollout = {0};
    struct pp_error missing = {0};
    PP_AUTO(home)
    struct home *home = folder_open(argc, argv, options, "rollout show: DIR and ID are needed", &id, error);
    if (!home)
        return false;
    if (!rollout_newest(home->db, id, &rollout, &missing))
        return missing.code == PP_E_NOTFOUND
                   ? pp_fail(error, PP_E_NOTFOUND, "there has been no rollout on channel \"%s\"", id)
                   : pp_fail(error, missing.code, "%s", missing.message);
    pp_autojson cJSON *described = rollout_describe(home->db, &rollout, 0, error);
    if (!described)
        return false;
    if (json)
        command_print_json(described);
    else
        rollout_print(described);
    return true;
}

/* What changes the repository is done at once; `job` may be there or not. */
static bool job_complete(struct home *home, const cJSON *answer, struct pp_error *error) {
    static const struct publish_runner runner = {.renderers = {.folder = ""}}; /* nothing is tried out */
    const char *job = text_of(answer, "job");
    return !*job || publish_job_complete(home, &runner, job, error);
}

static bool change(int argc, char **argv, const char *operation, const char *needed, struct pp_error *error) {
    const struct pp_option options[] = {{0}};
    const char *id;
    op_result_auto struct op_result result = {0};
    PP_AUTO(home) struct home *home = folder_open(argc, argv, options, needed, &id, error);
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!home)
        return false;
    cJSON_AddStringToObject(request, "channel", id);
    return command_operate(home, operation, request, &result, error) &&
           job_complete(home, result.value, error);
}

bool command_rollout_advance(int argc, char **argv, struct pp_error *error) {
    return change(argc, argv, "rollout.advance", "rollout advance: DIR and ID are needed", error);
}

bool command_rollout_halt(int argc, char **argv, struct pp_error *error) {
    return change(argc, argv, "rollout.halt", "rollout halt: DIR and ID are needed", error);
}

bool command_rollout_resume(int argc, char **argv, struct pp_error *error) {
    return change(argc, argv, "rollout.resume", "rollout resume: DIR and ID are needed", error);
}

bool command_rollout_finish(int argc, char **argv, struct pp_error *error) {
    return change(argc, argv, "rollout.finish", "rollout finish: DIR and ID are needed", error);
}

bool command_rollout_cancel(int argc, char **argv, struct pp_error *error) {
    return change(argc, argv, "rollout.cancel", "rollout cancel: DIR and ID are needed", error);
}
