#include "render/status/screen.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define SCREEN_JSON_MAX 4096 /* bytes */

enum field {
    NEEDS_ADDRESS = 1 << 0,
    NEEDS_QR = 1 << 1,
    NEEDS_USER_CODE = 1 << 2,
    NEEDS_FINGERPRINT = 1 << 3,
    NEEDS_CODE = 1 << 4,
    NEEDS_CHANNEL = 1 << 5,
    NEEDS_DETAIL = 1 << 6,
    NEEDS_NAME = 1 << 7,
    NEEDS_PASSPHRASE = 1 << 8,
    NEEDS_TITLE = 1 << 9,
};

static const struct {
    const char *name;
    unsigned needs;
} kinds[SCREEN_KINDS] = {
    [SCREEN_STARTING] = {"starting", 0},
    [SCREEN_ENROL] = {"enrol", NEEDS_ADDRESS | NEEDS_QR | NEEDS_USER_CODE | NEEDS_FINGERPRINT},
    [SCREEN_APPROVAL] = {"approval", NEEDS_FINGERPRINT},
    [SCREEN_ENROLLING] = {"enrolling", 0},
    [SCREEN_CONNECTING] = {"connecting", 0},
    [SCREEN_WELCOME] = {"welcome", 0},
    [SCREEN_EMPTY] = {"empty", NEEDS_CHANNEL},
    [SCREEN_LOADING] = {"loading", 0},
    [SCREEN_OFFLINE] = {"offline", 0},
    [SCREEN_UNTRUSTED] = {"untrusted", NEEDS_CODE},
    [SCREEN_PORTAL] = {"portal", NEEDS_CODE},
    [SCREEN_KEYS_ABSENT] = {"keys-absent", NEEDS_CODE},
    [SCREEN_KEYS_LOST] = {"keys-lost", NEEDS_CODE},
    [SCREEN_KEYS_REFUSED] = {"keys-refused", NEEDS_CODE},
    [SCREEN_SIGN_IN] = {"sign-in", NEEDS_ADDRESS | NEEDS_QR | NEEDS_USER_CODE},
    [SCREEN_SIGNED_OUT] = {"signed-out", 0},
    [SCREEN_LOCKED] = {"locked", 0},
    [SCREEN_ELSEWHERE] = {"elsewhere", NEEDS_CODE},
    [SCREEN_IDENTIFY] = {"identify", NEEDS_CODE},
    [SCREEN_STICK_TRYING] = {"stick-trying", 0},
    [SCREEN_STICK_DONE] = {"stick-done", 0},
    [SCREEN_STICK_FAILED] = {"stick-failed", NEEDS_DETAIL},
    [SCREEN_STICK_REFUSED] = {"stick-refused", NEEDS_DETAIL},
    [SCREEN_PHONE] = {"phone", NEEDS_ADDRESS | NEEDS_QR | NEEDS_NAME | NEEDS_PASSPHRASE},
    [SCREEN_PHONE_TRYING] = {"phone-trying", 0},
    [SCREEN_PHONE_DONE] = {"phone-done", 0},
    [SCREEN_MESSAGE] = {"message", NEEDS_TITLE},
    [SCREEN_RETIRED] = {"retired", 0},
    [SCREEN_ERROR] = {"error", NEEDS_CODE},
};

const char *screen_name(enum screen_kind kind) {
    return kinds[kind].name;
}

static bool parse_kind(const cJSON *json, enum screen_kind *kind, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(json, "screen", 32, &name, error))
        return false;
    for (size_t i = 0; i < SCREEN_KINDS; i++) {
        *kind = (enum screen_kind)i;
        if (strcmp(name, kinds[i].name) == 0)
            return true;
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "screen: there is none that is called \"%s\"", name);
}

static bool parse_language(const cJSON *json, enum screen_language *language, struct pp_error *error) {
    static const char *const names[] = {
        [SCREEN_BOTH] = "both", [SCREEN_ENGLISH] = "en", [SCREEN_FRENCH] = "fr"};
    const char *name = "both";
    if (pp_json_has(json, "language") && !pp_json_string(json, "language", 8, &name, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        *language = (enum screen_language)i;
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "language: \"%s\" is not en, fr or both", name);
}

static bool parse_side(const cJSON *json, const char *name, unsigned *side, struct pp_error *error) {
    int64_t value = 0;
    if (!pp_json_integer(json, name, SCREEN_SIDE_MIN, SCREEN_SIDE_MAX, &value, error))
        return false;
    *side = (unsigned)value;
    return true;
}

/* One line: control characters become spaces. */
static bool parse_text(const cJSON *json, const char *name, bool needed, char *text, size_t max,
                       struct pp_error *error) {
    const char *value = "";
    if ((needed || pp_json_has(json, name)) && !pp_json_string(json, name, max, &value, error))
        return false;
    if (needed && !*value)
        return pp_fail(error, PP_E_INVALID, "%s: is empty", name);
    snprintf(text, max + 1, "%s", value);
    for (char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = ' ';
    }
    return true;
}

static bool parse_fields(const cJSON *json, struct screen *screen, struct pp_error *error) {
    unsigned needs = kinds[screen->kind].needs;
    const struct {
        const char *name;
        unsigned field;
        char *text;
        size_t max;
    } fields[] = {
        {"address", NEEDS_ADDRESS, screen->address, SCREEN_ADDRESS_MAX},
        {"qr", NEEDS_QR, screen->qr, SCREEN_QR_MAX},
        {"user_code", NEEDS_USER_CODE, screen->user_code, SCREEN_USER_CODE_MAX},
        {"fingerprint", NEEDS_FINGERPRINT, screen->fingerprint, SCREEN_FINGERPRINT_MAX},
        {"code", NEEDS_CODE, screen->code, SCREEN_CODE_MAX},
        {"detail", NEEDS_DETAIL, screen->detail, SCREEN_DETAIL_MAX},
        {"name", NEEDS_NAME, screen->name, SCREEN_NAME_MAX},
        {"channel", NEEDS_CHANNEL, screen->channel, SCREEN_NAME_MAX},
        {"access", 0, screen->access, SCREEN_ACCESS_MAX},
        {"passphrase", NEEDS_PASSPHRASE, screen->passphrase, SCREEN_PASSPHRASE_MAX},
        {"reason", 0, screen->reason, SCREEN_REASON_MAX},
        {"title", NEEDS_TITLE, screen->title, SCREEN_TITLE_MAX},
    };
    for (size_t i = 0; i < PP_COUNT(fields); i++) {
        if (!parse_text(json, fields[i].name, needs & fields[i].field, fields[i].text, fields[i].max, error))
            return false;
    }
    return true;
}

static bool parse_count(const cJSON *json, const char *name, unsigned max, unsigned *count,
                        struct pp_error *error) {
    int64_t value = 0;
    if (pp_json_has(json, name) && !pp_json_integer(json, name, 0, max, &value, error))
        return false;
    *count = (unsigned)value;
    return true;
}

/* Of a password that is typed here. */
static bool parse_entry(const cJSON *json, struct screen *screen, struct pp_error *error) {
    return (!pp_json_has(json, "keyboard") || pp_json_boolean(json, "keyboard", &screen->keyboard, error)) &&
           parse_count(json, "typed", SCREEN_TYPED_MAX, &screen->typed, error) &&
           parse_count(json, "wait_s", SCREEN_WAIT_MAX, &screen->wait_s, error);
}

static bool parse_severity(const cJSON *json, enum screen_severity *severity, struct pp_error *error) {
    static const char *const names[SCREEN_SEVERITIES] = {[SCREEN_INFO] = "info",
                                                         [SCREEN_WARNING] = "warning",
                                                         [SCREEN_SEVERE] = "severe",
                                                         [SCREEN_EXTREME] = "extreme"};
    const char *name = NULL;
    if (!pp_json_string(json, "severity", 16, &name, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        *severity = (enum screen_severity)i;
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return pp_fail(error, PP_E_INVALID, "severity: there is no \"%s\"", name);
}

/* Lines: other control characters become spaces. */
static bool parse_message(const cJSON *json, struct screen *screen, struct pp_error *error) {
    if (screen->kind != SCREEN_MESSAGE)
        return true;
    if (!parse_severity(json, &screen->severity, error) ||
        !pp_json_copy_optional(json, "text", screen->text, sizeof screen->text, error) ||
        (pp_json_has(json, "band") && !pp_json_boolean(json, "band", &screen->band, error)))
        return false;
    for (char *at = screen->text; *at; at++) {
        if (((unsigned char)*at < ' ' && *at != '\n') || *at == 127)
            *at = ' ';
    }
    return true;
}

bool screen_parse(const char *text, struct screen *screen, struct pp_error *error) {
    *screen = (struct screen){0};
    pp_autojson cJSON *json = pp_json_parse(text, strlen(text), SCREEN_JSON_MAX, error);
    if (!json)
        return false;
    return parse_kind(json, &screen->kind, error) && parse_language(json, &screen->language, error) &&
           parse_side(json, "width", &screen->width, error) &&
           parse_side(json, "height", &screen->height, error) && parse_fields(json, screen, error) &&
           parse_entry(json, screen, error) && parse_message(json, screen, error);
}
