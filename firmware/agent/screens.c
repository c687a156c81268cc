#include "agent/screens.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/json.h"

#define SCREENS_DETAIL_MAX 300 /* bytes, as the text renderer takes them */
#define SCREENS_NAME_MAX   100 /* bytes; a longer name is left out */

/* What a technician reads to us over the telephone; pingplay-agent(8) explains each. */
static const char *trouble_code(enum pp_code code) {
    static const char *const codes[] = {
        [PP_E_NET] = "N-1",        [PP_E_PORTAL] = "N-2",      [PP_E_TLS] = "T-1",
        [PP_E_HTTP] = "H-1",       [PP_E_DENIED] = "H-2",      [PP_E_NOTFOUND] = "H-3",
        [PP_E_AUTH] = "S-1",       [PP_E_EXPIRED] = "S-2",     [PP_E_ROLLBACK] = "S-3",
        [PP_E_INVALID] = "D-1",    [PP_E_LIMIT] = "D-2",       [PP_E_NOSPACE] = "F-1",
        [PP_E_IO] = "F-2",         [PP_E_NOMEM] = "M-1",       [PP_E_UNSUPPORTED] = "V-1",
        [PP_E_TPM_ABSENT] = "K-1", [PP_E_TPM_CHANGED] = "K-2", [PP_E_TPM_POLICY] = "K-3",
        [PP_E_TPM] = "K-4",
    };
    if ((size_t)code >= PP_COUNT(codes) || !codes[code])
        return "X-1";
    return codes[code];
}

static bool is_tpm(enum pp_code code) {
    return code == PP_E_TPM || code == PP_E_TPM_ABSENT || code == PP_E_TPM_CHANGED || code == PP_E_TPM_POLICY;
}

struct screen_trouble screens_trouble(const struct agent *agent) {
    const char *lock = states_is_locked(agent->state) ? lock_code(agent->floors.lock) : NULL;
    if (lock)
        return (struct screen_trouble){lock, lock_words(agent->floors.lock)};
    /* That the headend cannot be reached is no reason for content that cannot be shown. */
    const struct pp_error *trouble =
        agent->content.view == CONTENT_FAILED ? &agent->troubles.content : trouble_first(&agent->troubles);
    /* What is not where it should be on the flash is not the headend's to put right. */
    if (agent->state == AGENT_STARTING && trouble->code && trouble->code != PP_E_NOSPACE &&
        trouble->code != PP_E_NOMEM && !is_tpm(trouble->code))
        return (struct screen_trouble){trouble_code(PP_E_IO), trouble->message};
    if (trouble->code)
        return (struct screen_trouble){trouble_code(trouble->code), trouble->message};
    if (agent->content.view == CONTENT_FAILED)
        return (struct screen_trouble){"C-1", "no item of the channel can be shown"};
    return (struct screen_trouble){0};
}

/* ---- Which one ---- */

static bool channel_is_empty(const struct agent_content *content, const struct state_document *document) {
    return document->has_channel && strcmp(content->empty_channel, document->channel) == 0;
}

static struct states_facts facts_of(const struct agent *agent) {
    return (struct states_facts){
        .view = agent->content.view,
        .trouble = agent->troubles.headend.code,
        .content_trouble = agent->troubles.content.code,
        .lock = agent->floors.lock,
        .signed_out = access_state_is_locked(&agent->document),
        .sign_in_offered = access_state_offers_sign_in(&agent->access),
        .has_channel = agent->document.has_channel,
        .channel_empty = channel_is_empty(&agent->content, &agent->document),
    };
}

enum agent_screen screens_find(const struct agent *agent) {
    const struct states_facts facts = facts_of(agent);
    return states_screen(agent->state, &facts);
}

/* Also where content has come meanwhile: the one that stood there until then. */
static enum agent_screen find_status_screen(const struct agent *agent) {
    struct states_facts facts = facts_of(agent);
    if (facts.view == CONTENT_SHOWN)
        facts.view = CONTENT_NOT_YET;
    return states_screen(agent->state, &facts);
}

bool screens_is_for_a_person(const struct agent *agent) {
    enum agent_screen screen = screens_find(agent);
    return screen == AGENT_SHOWS_SIGN_IN || screen == AGENT_SHOWS_SIGNED_OUT;
}

/* ---- Its words ---- */

/* The headend's locale where it has named one we have words for; else the configured language. Where nobody has
 * chosen yet: both. */
static const char *screen_language(const struct agent *agent) {
    bool enrolled =
        agent->state != AGENT_UNENROLLED && agent->state != AGENT_CODE && agent->state != AGENT_ENROLLING;
    if (enrolled && agent->document.floor.version)
        return strncmp(agent->document.locale, "fr", 2) == 0 ? "fr" : "en";
    return *agent->config.language ? agent->config.language : "both";
}

static bool add_text(cJSON *json, const char *name, const char *text) {
    return !*text || cJSON_AddStringToObject(json, name, text);
}

static bool add_name(const struct state_document *document, cJSON *json) {
    return strlen(document->name) > SCREENS_NAME_MAX || add_text(json, "name", document->name);
}

/* As people call it; its id where it has no title, or one that is too long. */
static bool add_channel(const struct state_document *document, cJSON *json) {
    bool titled = *document->channel_title && strlen(document->channel_title) <= SCREENS_NAME_MAX;
    return !document->has_channel ||
           add_text(json, "channel", titled ? document->channel_title : document->channel);
}

static bool add_access(const struct access_state *access, const struct state_document *document,
                       cJSON *json) {
    const struct access_mode *mode = access->mode ? access->mode : document->access.mode;
    return !mode || add_text(json, "access", mode->name);
}

static bool add_trouble(const struct agent *agent, cJSON *json) {
    char detail[SCREENS_DETAIL_MAX + 1];
    struct screen_trouble trouble = screens_trouble(agent);
    if (!trouble.code)
        return true;
    snprintf(detail, sizeof detail, "%.*s", SCREENS_DETAIL_MAX, trouble.detail);
    pp_json_tidy(detail);
    return cJSON_AddStringToObject(json, "code", trouble.code) && add_text(json, "detail", detail);
}

static bool add_enrolment(const struct agent *agent, cJSON *json) {
    if (!states_shows_code(agent->state))
        return add_text(json, "address", agent->config.url);
    const struct agent_enrolment *enrolment = &agent->enrolment;
    return add_text(json, "address", enrolment->address) && add_text(json, "qr", enrolment->qr) &&
           add_text(json, "user_code", enrolment->user_code) &&
           add_text(json, "fingerprint", identity_fingerprint_words(agent->identity));
}

static bool print_screen(cJSON *screen, char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    return cJSON_PrintPreallocated(screen, json, IPC_TEXT_MAX, 0) ||
           pp_fail(error, PP_E_LIMIT, "a status screen of more than %d bytes", IPC_TEXT_MAX);
}

static cJSON *begin_screen(const struct agent *agent, uint16_t width, uint16_t height, const char *name) {
    cJSON *screen = cJSON_CreateObject();
    if (cJSON_AddStringToObject(screen, "screen", name) && cJSON_AddNumberToObject(screen, "width", width) &&
        cJSON_AddNumberToObject(screen, "height", height) &&
        cJSON_AddStringToObject(screen, "language", screen_language(agent)))
        return screen;
    cJSON_Delete(screen);
    return NULL;
}

bool screens_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                   struct pp_error *error) {
    const struct agent *agent = arg;
    pp_autojson cJSON *screen =
        begin_screen(agent, width, height, states_screen_name(find_status_screen(agent)));
    if (!screen ||
        !(screens_is_for_a_person(agent) ? access_state_write(agent, screen)
                                         : add_enrolment(agent, screen) && add_trouble(agent, screen)) ||
        ((agent->state == AGENT_LOCKED || screens_is_for_a_person(agent)) &&
         !add_access(&agent->access, &agent->document, screen)) ||
        !add_name(&agent->document, screen) || !add_channel(&agent->document, screen))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return print_screen(screen, json, error);
}

bool screens_write_identify(const struct agent *agent, uint16_t width, uint16_t height, int code,
                            char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    char start[STATE_DEVICE_ID_MAX + 1];
    pp_autojson cJSON *screen = begin_screen(agent, width, height, "identify");
    snprintf(start, sizeof start, "%.*s", code, identity_device_id(agent->identity));
    if (!screen || !cJSON_AddStringToObject(screen, "code", start) ||
        !add_access(&agent->access, &agent->document, screen) || !add_name(&agent->document, screen) ||
        !add_channel(&agent->document, screen))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return print_screen(screen, json, error);
}

/* How a phone comes to the screen's access point: the text of its QR code is that of network/wifi_uri.h, and neither
 * name nor passphrase has a character that it would have to hide. */
static bool add_access_point(cJSON *screen, const struct notice *notice) {
    char qr[sizeof notice->network + sizeof notice->passphrase + 32];
    snprintf(qr, sizeof qr, "WIFI:T:WPA;S:%s;P:%s;;", notice->network, notice->passphrase);
    bool added = add_text(screen, "qr", qr) && add_text(screen, "name", notice->network) &&
                 add_text(screen, "passphrase", notice->passphrase) &&
                 add_text(screen, "address", notice->address) && add_text(screen, "reason", notice->detail);
    pp_wipe(qr, sizeof qr);
    return added;
}

bool screens_write_notice(const struct agent *agent, uint16_t width, uint16_t height, const char *name,
                          const struct notice *notice, char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    pp_autojson cJSON *screen = begin_screen(agent, width, height, name);
    bool open = notice->kind == LOCAL_PHONE_OPEN;
    if (!screen || !(open ? add_access_point(screen, notice) : add_text(screen, "detail", notice->detail)))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return print_screen(screen, json, error);
}
