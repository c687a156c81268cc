#include "agent/trouble.h"

#include <string.h>

#include "agent/agent_internal.h"

enum {
    HEADEND = 1,
    CONTENT = 2,
    CODE = 4,
};

static const struct {
    unsigned of;
    const char *kind; /* NULL: whoever has it happen tells it, and updates the screen */
} rows[TROUBLE_EVENTS] = {
    [TROUBLE_START] = {HEADEND, NULL},
    [TROUBLE_CONNECTION] = {HEADEND, "connection"},
    [TROUBLE_SESSION] = {HEADEND, "session"},
    [TROUBLE_TLS] = {HEADEND, "security-tls"},
    [TROUBLE_PORTAL] = {HEADEND, "captive-portal"},
    [TROUBLE_STATE_REFUSED] = {HEADEND, "state-refused"},
    [TROUBLE_CONTROL_KEYS] = {HEADEND, "control-keys"},
    [TROUBLE_CONTROL_KEYS_REFUSED] = {HEADEND, "control-keys-refused"},
    [TROUBLE_ACCESS_MODE] = {HEADEND, "access-mode"},
    [TROUBLE_SIGN_IN] = {HEADEND, "sign-in-trouble"},
    [TROUBLE_CERTIFICATE_EXPIRED] = {HEADEND, "certificate-expired"},
    [TROUBLE_CERTIFICATE_REVOKED] = {HEADEND, "certificate-revoked"},
    [TROUBLE_RENEWAL] = {HEADEND, "renewal-failed"},
    [TROUBLE_ENROLMENT] = {HEADEND, "enrolment-failed"},
    [TROUBLE_ENROLMENT_NETWORK] = {HEADEND, "enrolment-network"},
    [TROUBLE_ENROLMENT_SERVER] = {HEADEND, "enrolment-server"},
    [TROUBLE_ENROLMENT_DENIED] = {HEADEND, "enrolment-denied"},
    [TROUBLE_CERTIFICATE_WAITS] = {HEADEND, "enrolment-waits"},
    [TROUBLE_CODE_GIVEN] = {HEADEND, NULL},
    [TROUBLE_SYNC] = {CONTENT, "sync-failed"},
    [TROUBLE_ENROLMENT_BEGUN] = {CODE, NULL},
    [TROUBLE_APPROVAL_FAILED] = {CODE, NULL},
    [TROUBLE_OVER_STARTED] = {HEADEND, NULL},
    [TROUBLE_OVER_CONTACT] = {HEADEND, NULL},
    [TROUBLE_OVER_APPROVED] = {HEADEND, NULL},
    [TROUBLE_OVER_CERTIFICATE_ON_ITS_WAY] = {HEADEND, NULL},
    [TROUBLE_OVER_CERTIFIED] = {HEADEND, NULL},
    [TROUBLE_OVER_APPROVAL_GIVEN_UP] = {HEADEND | CODE, NULL},
    [TROUBLE_OVER_ENROLMENT] = {CODE, NULL},
    [TROUBLE_OVER_SYNCED] = {CONTENT, NULL},
    [TROUBLE_OVER_NO_CHANNEL] = {CONTENT, NULL},
    [TROUBLE_OVER_ERASING] = {HEADEND, NULL},
};

static bool put(struct pp_error *trouble, const struct pp_error *error) {
    const struct pp_error now = error ? *error : (struct pp_error){0};
    bool same = trouble->code == now.code && strcmp(trouble->message, now.message) == 0;
    *trouble = now;
    return !same;
}

bool trouble_take(struct troubles *troubles, enum trouble_event event, const struct pp_error *error) {
    unsigned of = rows[event].of;
    bool other = false;
    if (of & HEADEND)
        other |= put(&troubles->headend, error);
    if (of & CONTENT)
        other |= put(&troubles->content, error);
    if (of & CODE)
        other |= put(&troubles->code, error);
    return other;
}

const char *trouble_kind(enum trouble_event event, enum pp_code code) {
    const char *kind = rows[event].kind;
    bool portal = kind && rows[event].of == HEADEND && code == PP_E_PORTAL;
    return portal ? rows[TROUBLE_PORTAL].kind : kind;
}

const struct pp_error *trouble_first(const struct troubles *troubles) {
    return troubles->headend.code ? &troubles->headend : &troubles->content;
}

/* What a portal explains is told all the same, once: whoever stands between may play one. */
static void report_hidden(struct agent *agent, const char *kind, const struct pp_error *error) {
    struct pp_error *hidden = &agent->portal.hidden;
    if (error->code != PP_E_TLS || strcmp(hidden->message, error->message) == 0)
        return;
    *hidden = *error;
    reporter_event(agent->reporter, kind, "%s", error->message);
}

static bool begin_and_tell(struct agent *agent, enum trouble_event event, const struct pp_error *error) {
    const char *kind = rows[event].kind;
    const struct pp_error *known = rows[event].of == HEADEND ? portal_explain(agent, error) : error;
    if (known != error)
        report_hidden(agent, kind, error);
    if (!trouble_take(&agent->troubles, event, known))
        return false;
    reporter_event(agent->reporter, trouble_kind(event, known->code), "%s", known->message);
    agent_update_screen(agent);
    return true;
}

bool trouble_handle(struct agent *agent, enum trouble_event event, const struct pp_error *error) {
    if (rows[event].kind)
        return begin_and_tell(agent, event, error);
    if (!error && rows[event].of & HEADEND)
        portal_forget(&agent->portal);
    return trouble_take(&agent->troubles, event, error);
}

void trouble_report_code(struct agent *agent) {
    const char *code = screens_trouble(agent).code;
    char *told = agent->troubles.told;
    if (!agent->reporter || strcmp(told, code ? code : "") == 0)
        return;
    snprintf(told, TROUBLE_CODE_SIZE, "%s", code ? code : "");
    reporter_status_changed(agent->reporter);
}
