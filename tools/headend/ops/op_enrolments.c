/* What can be done with a screen that waits for approval (operations.c). */
#include "base/clock.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/op_screens.h"
#include "headend/ops/operation.h"
#include "headend/ops/screen_settings.h"
#include "headend/ops/throttle.h"

static bool code_read(struct op *op, char code[USER_CODE_SIZE], struct pp_error *error) {
    const char *typed = op_text(op, "code");
    return user_code_read(typed, code) ||
           op_fail(op, "code", PP_E_INVALID, error, "not a code of a screen (like BCDF-GHJK): %.20s", typed);
}

/* With codes without end, all answers could be tried. Who owns the folder need not guess. */
static bool answer_allowed(struct op *op, const char *throttle, struct pp_error *error) {
    if (op->actor->kind != ACTOR_PERSON)
        return true;
    if (!throttle_attempt_at(op->db, throttle, pp_clock_realtime_s(), &op->result->wait_s, error))
        return false;
    return op->result->wait_s <= 0 ||
           op_fail(op, "fingerprint", PP_E_LIMIT, error, "too many wrong answers: wait for %lld s",
                   (long long)op->result->wait_s);
}

static void approval_note(struct op *op, const char *id, const struct device_settings *settings) {
    snprintf(op->target, sizeof op->target, "%s", id);
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "name", settings->name);
    cJSON_AddStringToObject(op->after, "site", settings->site ? settings->site : "");
    cJSON_AddStringToObject(op->after, "channel", settings->channel ? settings->channel : "");
    cJSON_AddStringToObject(op_answer(op), "id", id);
}

static bool settings_good(struct op *op, struct device_settings *settings, struct pp_error *error) {
    if (!settings->name)
        return op_fail(op, "name", PP_E_INVALID, error, "name: is missing");
    /* The others need more than a name: `screen.access`, once it is approved. */
    if (settings->access && strcmp(settings->access, "certificate") != 0 &&
        strcmp(settings->access, "cookie") != 0)
        return op_fail(op, "access", PP_E_INVALID, error, "access: must be certificate or cookie");
    if (!settings->locale)
        settings->locale = "en";
    return op_screen_settings_good(op, settings, error) && op_screen_channel_allowed(op, settings, error);
}

/* What was not said comes from above, as of any screen. */
static bool settings_inherit(struct op *op, const char *id, struct pp_error *error) {
    static const unsigned asked = SETTING_BIT(SETTING_TIME_ZONE) | SETTING_BIT(SETTING_LOCALE);
    unsigned set = (op_given(op, "time_zone") ? SETTING_BIT(SETTING_TIME_ZONE) : 0) |
                   (op_given(op, "locale") ? SETTING_BIT(SETTING_LOCALE) : 0);
    return screen_settings_own(op->db, id, set, asked & ~set, error) &&
           screen_settings_apply(op->db, id, error);
}

static bool approve(struct op *op, const char *code, const struct device_settings *settings,
                    struct pp_error *error) {
    const cJSON *any = cJSON_GetObjectItemCaseSensitive(op->request, "any_group");
    const struct enrolment_answer answer = {.text = op_text(op, "fingerprint"),
                                            .any_group =
                                                cJSON_IsTrue(any) && op->actor->kind != ACTOR_PERSON};
    char id[UUID_TEXT_SIZE];
    struct pp_error why = {0};
    if (enrolment_approve(op->db, code, &answer, settings, op->actor->name, id, &why)) {
        approval_note(op, id, settings);
        return settings_inherit(op, id, error);
    }
    op->kept = why.code == PP_E_AUTH;
    return op_fail(op, op->kept ? "fingerprint" : "code", why.code, error, "%s", why.message);
}

/* A screen that is known already, and would be moved by this: they have to be allowed where it is, too. */
static bool former_allowed(struct op *op, const char *code, struct pp_error *error) {
    struct enrolment enrolment;
    struct device device;
    if (!enrolment_find(op->db, code, &enrolment, NULL) ||
        !device_find_by_key(op->db, enrolment.thumbprint, &device, NULL))
        return true; /* whatever is wrong with the code is said where it is used */
    const struct place place = {device.site, device.channel};
    return actor_may_at(op->actor, op->operation->right, &place) ||
           pp_fail(error, PP_E_DENIED, "%s may not do this with a screen that is somebody else's",
                   op->actor->name);
}

bool op_enrolment_approve(struct op *op, struct pp_error *error) {
    struct op_screen_texts texts;
    struct device_settings settings = op_screen_settings(op, &texts);
    char code[USER_CODE_SIZE];
    char throttle[TEXT_NAME_MAX + sizeof "fingerprint:"];
    pp_autofree char *zone = enrolment_time_zone(op->db, error);
    if (!zone)
        return false;
    if (!settings.time_zone)
        settings.time_zone = *zone ? zone : "UTC";
    snprintf(throttle, sizeof throttle, "fingerprint:%s", op->actor->name);
    op->wakes = true;
    return code_read(op, code, error) && settings_good(op, &settings, error) &&
           former_allowed(op, code, error) && answer_allowed(op, throttle, error) &&
           approve(op, code, &settings, error) &&
           (op->actor->kind != ACTOR_PERSON || throttle_clear_at(op->db, throttle, error));
}

bool op_enrolment_refuse(struct op *op, struct pp_error *error) {
    char code[USER_CODE_SIZE];
    struct pp_error why = {0};
    return code_read(op, code, error) &&
           (enrolment_refuse(op->db, code, &why) || op_fail(op, "code", why.code, error, "%s", why.message));
}

/* ---- Reading ---- */

static void time_add(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddStringToObject(object, name, text);
}

/* Its groups, but for those that somebody has to read off the screen: they must not be here to be copied. */
static void fingerprint_add(cJSON *object, const uint8_t thumbprint[32], unsigned hidden) {
    char text[FINGERPRINT_SIZE];
    cJSON *groups = cJSON_AddArrayToObject(object, "fingerprint");
    fingerprint_text(thumbprint, text);
    for (unsigned i = 0; i < FINGERPRINT_GROUPS; i++) {
        char *group = text + (size_t)i * (FINGERPRINT_GROUP + 1);
        group[FINGERPRINT_GROUP] = 0;
        cJSON_AddItemToArray(groups, hidden & 1U << i ? cJSON_CreateNull() : cJSON_CreateString(group));
    }
}

/* The screen that has this key already, where they may see it. */
static void screen_add(const struct op *op, cJSON *object, const uint8_t thumbprint[32]) {
    struct device device;
    cJSON *screen = NULL;
    if (device_find_by_key(op->db, thumbprint, &device, NULL)) {
        const struct place place = {device.site, device.channel};
        if (actor_may_at(op->actor, RIGHT_VIEW, &place))
            screen = cJSON_AddObjectToObject(object, "screen");
    }
    if (!screen) {
        cJSON_AddNullToObject(object, "screen");
        return;
    }
    cJSON_AddStringToObject(screen, "id", device.id);
    cJSON_AddStringToObject(screen, "name", device.name);
}

bool op_enrolment_show(struct op *op, struct pp_error *error) {
    char code[USER_CODE_SIZE];
    struct enrolment enrolment;
    struct pp_error why = {0};
    if (!code_read(op, code, error))
        return false;
    if (!enrolment_find(op->db, code, &enrolment, &why))
        return op_fail(op, "code", why.code, error, "%s", why.message);
    if (strcmp(enrolment.status, "pending") != 0)
        return op_fail(op, "code", PP_E_STATE, error, "the code has been used already");
    pp_autofree char *zone = enrolment_time_zone(op->db, error);
    if (!zone)
        return false;
    cJSON *answer = op_answer(op);
    cJSON_AddStringToObject(answer, "code", code);
    fingerprint_add(answer, enrolment.thumbprint, 1U << enrolment.asked);
    cJSON_AddNumberToObject(answer, "asked", enrolment.asked + 1);
    cJSON_AddNumberToObject(answer, "wrong", (double)enrolment.wrong);
    time_add(answer, "expires", enrolment.expires);
    cJSON_AddStringToObject(answer, "time_zone", *zone ? zone : "UTC");
    screen_add(op, answer, enrolment.thumbprint);
    return true;
}

struct listing {
    const struct op *op;
    cJSON *items;
};

static bool waiting_add(void *arg, const struct enrolment_waiting *waiting, struct pp_error *error) {
    const struct listing *listing = arg;
    cJSON *item = cJSON_CreateObject();
    fingerprint_add(item, waiting->thumbprint, waiting->asked);
    cJSON_AddStringToObject(item, "address", waiting->address);
    time_add(item, "created", waiting->created);
    time_add(item, "expires", waiting->expires);
    screen_add(listing->op, item, waiting->thumbprint);
    return cJSON_AddItemToArray(listing->items, item) || pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool op_enrolment_list(struct op *op, struct pp_error *error) {
    struct listing listing = {.op = op, .items = cJSON_AddArrayToObject(op_answer(op), "items")};
    return enrolment_each_waiting(op->db, waiting_add, &listing, error);
}
