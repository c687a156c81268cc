#include "headend/ops/rollout_plan.h"

#include <stdlib.h>
#include <string.h>

#include "channel/duration.h"
#include "headend/base/text.h"

static bool members_check(const cJSON *object, const char *const *names, const char *place,
                          struct pp_error *error) {
    const cJSON *member;
    if (!cJSON_IsObject(object))
        return pp_fail(error, PP_E_INVALID, "%s: is an object", place);
    cJSON_ArrayForEach(member, object) {
        const char *const *name = names;
        while (*name && strcmp(*name, member->string) != 0)
            name++;
        if (!*name)
            return pp_fail(error, PP_E_INVALID, "%s: nothing is called \"%.32s\" there", place,
                           member->string);
    }
    return true;
}

static bool after_parse(const cJSON *given, bool first, struct rollout_step *step, const char *place,
                        struct pp_error *error) {
    struct channel_duration duration;
    const char *text;
    step->by_hand = !pp_json_has(given, "after");
    if (step->by_hand) {
        step->by_hand = !first;
        return true;
    }
    if (!pp_json_string(given, "after", ROLLOUT_AFTER_SIZE, &text, error) ||
        !channel_duration_parse(text, &duration, error))
        return pp_wrap(error, "%s.after", place);
    step->after_s = channel_duration_ms(&duration) / 1000;
    return step->after_s <= ROLLOUT_AFTER_MAX_S ||
           pp_fail(error, PP_E_LIMIT, "%s.after: at most 30 days", place);
}

/* `least`: more than the steps before. */
static bool who_parse(const cJSON *given, int64_t least, struct rollout_step *step, const char *place,
                      struct pp_error *error) {
    const char *group;
    if (!pp_json_has(given, "group"))
        return pp_json_integer(given, "percent", least, 100, &step->percent, error) ||
               pp_fail(error, PP_E_INVALID,
                       "%s.percent: a whole number that grows from step to step, up to 100", place);
    if (pp_json_has(given, "percent"))
        return pp_fail(error, PP_E_INVALID, "%s: is of a group or a percentage", place);
    if (!pp_json_string(given, "group", UUID_TEXT_SIZE - 1, &group, error) || !uuid_valid(group))
        return pp_fail(error, PP_E_INVALID, "%s.group: the id of a group", place);
    snprintf(step->group, sizeof step->group, "%s", group);
    return true;
}

static bool steps_parse(const cJSON *given, struct rollout_plan *plan, struct pp_error *error) {
    static const char *const names[] = {"percent", "group", "after", NULL};
    int64_t least = 1;
    const cJSON *steps;
    const cJSON *item;
    if (!pp_json_array(given, "steps", ROLLOUT_STEPS_MAX, &steps, error))
        return pp_fail(error, PP_E_INVALID, "rollout.steps: a list of at most %d steps", ROLLOUT_STEPS_MAX);
    cJSON_ArrayForEach(item, steps) {
        char place[32];
        struct rollout_step *step = &plan->steps[plan->count];
        snprintf(place, sizeof place, "rollout.steps[%zu]", plan->count);
        if (!members_check(item, names, place, error) || !who_parse(item, least, step, place, error) ||
            !after_parse(item, plan->count == 0, step, place, error))
            return false;
        least = step->percent ? step->percent + 1 : least;
        plan->count++;
    }
    return (plan->count && plan->steps[plan->count - 1].percent == 100) ||
           pp_fail(error, PP_E_INVALID, "rollout.steps: the last one is of 100 per cent");
}

static bool tolerance_parse(const cJSON *given, struct rollout_plan *plan, struct pp_error *error) {
    static const char *const names[] = {"errors", "percent", NULL};
    const cJSON *tolerance = cJSON_GetObjectItemCaseSensitive(given, "tolerance");
    if (!pp_json_has(given, "tolerance"))
        return true;
    return members_check(tolerance, names, "rollout.tolerance", error) &&
           (!pp_json_has(tolerance, "errors") ||
            pp_json_integer(tolerance, "errors", 1, ROLLOUT_ERRORS_MAX, &plan->errors, error) ||
            pp_fail(error, PP_E_INVALID, "rollout.tolerance.errors: 1 to %d", ROLLOUT_ERRORS_MAX)) &&
           (!pp_json_has(tolerance, "percent") ||
            pp_json_integer(tolerance, "percent", 0, 100, &plan->percent, error) ||
            pp_fail(error, PP_E_INVALID, "rollout.tolerance.percent: 0 to 100"));
}

bool rollout_plan_parse(const cJSON *given, struct rollout_plan *plan, struct pp_error *error) {
    static const char *const names[] = {"steps", "tolerance", NULL};
    *plan = (struct rollout_plan){.errors = ROLLOUT_ERRORS, .percent = ROLLOUT_PERCENT};
    return members_check(given, names, "rollout", error) && steps_parse(given, plan, error) &&
           tolerance_parse(given, plan, error);
}

void rollout_after_text(int64_t after_s, char text[ROLLOUT_AFTER_SIZE]) {
    static const struct {
        char letter;
        int64_t s;
    } parts[] = {{'D', 86400}, {'H', 3600}, {'M', 60}, {'S', 1}};
    size_t length = (size_t)snprintf(text, ROLLOUT_AFTER_SIZE, "P");
    for (size_t i = 0; i < PP_COUNT(parts); i++) {
        int64_t number = after_s / parts[i].s;
        after_s -= number * parts[i].s;
        if (i == 1 && (number || after_s))
            length += (size_t)snprintf(text + length, ROLLOUT_AFTER_SIZE - length, "T");
        if (number)
            length += (size_t)snprintf(text + length, ROLLOUT_AFTER_SIZE - length, "%lld%c",
                                       (long long)number, parts[i].letter);
    }
    if (length == 1)
        snprintf(text, ROLLOUT_AFTER_SIZE, "PT0S");
}

cJSON *rollout_plan_json(const struct rollout_plan *plan) {
    cJSON *object = cJSON_CreateObject();
    cJSON *steps = cJSON_AddArrayToObject(object, "steps");
    for (size_t i = 0; i < plan->count; i++) {
        const struct rollout_step *step = &plan->steps[i];
        char after[ROLLOUT_AFTER_SIZE];
        cJSON *item = cJSON_CreateObject();
        if (*step->group)
            cJSON_AddStringToObject(item, "group", step->group);
        else
            cJSON_AddNumberToObject(item, "percent", (double)step->percent);
        rollout_after_text(step->after_s, after);
        if (!step->by_hand)
            cJSON_AddStringToObject(item, "after", after);
        cJSON_AddItemToArray(steps, item);
    }
    cJSON *tolerance = cJSON_AddObjectToObject(object, "tolerance");
    cJSON_AddNumberToObject(tolerance, "errors", (double)plan->errors);
    cJSON_AddNumberToObject(tolerance, "percent", (double)plan->percent);
    return object;
}

/* ---- Of words ---- */

static bool step_of_word(char *word, cJSON *steps, struct pp_error *error) {
    static const char group[] = "group:";
    cJSON *step = cJSON_CreateObject();
    cJSON_AddItemToArray(steps, step);
    char *at = strchr(word, '@');
    if (at) {
        *at = 0;
        cJSON_AddStringToObject(step, "after", at + 1);
    }
    if (strncmp(word, group, sizeof group - 1) == 0)
        return cJSON_AddStringToObject(step, "group", word + sizeof group - 1) != NULL;
    size_t digits = strspn(word, "0123456789");
    if (!digits || digits > 3 || strcmp(word + digits, "%") != 0)
        return pp_fail(error, PP_E_INVALID, "%s: not a step like 10%% or 50%%@PT1H", word);
    return cJSON_AddNumberToObject(step, "percent", strtod(word, NULL)) != NULL;
}

cJSON *rollout_plan_of_words(const char *words, struct pp_error *error) {
    struct rollout_plan plan;
    char *rest = NULL;
    pp_autofree char *copy = strdup(words);
    pp_autojson cJSON *given = cJSON_CreateObject();
    cJSON *steps = cJSON_AddArrayToObject(given, "steps");
    for (char *word = copy ? strtok_r(copy, ",", &rest) : NULL; word; word = strtok_r(NULL, ",", &rest)) {
        if (!step_of_word(word, steps, error))
            return NULL;
    }
    return rollout_plan_parse(given, &plan, error) ? pp_steal(&given) : NULL;
}
