#include "agent/access_state.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/json.h"
#include "base/log.h"

/* ---- A session that was ended on the spot ---- */

static void load_left(struct access_state *access, struct vault *vault) {
    pp_autobuf struct pp_buf id = PP_BUF_INIT(ACCESS_SESSION_MAX);
    struct pp_error error = {0};
    if (vault_get(vault, ACCESS_STATE_LEFT_RECORD, &id, &error))
        snprintf(access->left, sizeof access->left, "%s", pp_buf_text(&id));
    else if (error.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", ACCESS_STATE_LEFT_RECORD, error.message);
}

static void keep_left(struct access_state *access, struct vault *vault, const char *session) {
    struct pp_error error = {0};
    snprintf(access->left, sizeof access->left, "%s", session);
    if (!vault_put_later(vault, ACCESS_STATE_LEFT_RECORD, access->left, strlen(access->left), NULL, NULL,
                         &error))
        pp_log_warning("record \"%s\": %s", ACCESS_STATE_LEFT_RECORD, error.message);
}

/* The headend knows, by a state that does not name it any more. */
static void forget_left(struct access_state *access, struct vault *vault) {
    struct pp_error error = {0};
    if (!*access->left)
        return;
    *access->left = 0;
    if (!vault_remove_later(vault, ACCESS_STATE_LEFT_RECORD, NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", ACCESS_STATE_LEFT_RECORD, error.message);
}

bool access_state_open(struct agent *agent, struct pp_error *error) {
    struct access_state *access = &agent->access;
    access->agent = agent;
    access->prover = access_prover_create(agent->identity, pp_wall_clock_source(&agent->floors.clock), error);
    load_left(access, agent->vault);
    return access->prover != NULL;
}

void access_state_stop(struct agent *agent) {
    net_timer_stop(&agent->access.end_timer);
    keyboard_stop(&agent->keyboard);
    access_person_destroy(pp_steal(&agent->access.person));
}

void access_state_close(struct access_state *access) {
    access_prover_destroy(pp_steal(&access->prover));
    access->in_memory = false;
}

/* ---- How requests prove themselves ---- */

bool access_state_show(struct agent *agent, struct pp_error *error) {
    if (!agent->access.mode) /* of before the last stop */
        agent->access.mode = agent->document.access.mode;
    const struct access_mode *mode = agent->access.mode ? agent->access.mode : &access_mode_unknown;
    struct access_credentials shown = {0};
    if (!mode->credentials(agent->identity, agent->access.prover, &shown, error))
        return pp_wrap(error, "access mode %s", mode->name);
    if (!net_client_set_identity(agent->client, shown.certificate, shown.key, error) ||
        !sync_set_identity(agent->sync, shown.certificate, shown.key, error))
        return false;
    net_client_set_prover(agent->client, &shown.prover);
    sync_set_prover(agent->sync, &shown.prover);
    return true;
}

static void change_mode(struct agent *agent, const struct access_mode *mode) {
    const struct access_mode *former = agent->access.mode;
    struct pp_error error = {0};
    if (!mode || mode == former)
        return;
    agent->access.mode = mode;
    pp_log_info("access mode %s", mode->name);
    if (former)
        reporter_event(agent->reporter, "access-mode", "%s, before %s", mode->name, former->name);
    if (identity_has_certificate(agent->identity) && !access_state_show(agent, &error))
        trouble_handle(agent, TROUBLE_ACCESS_MODE, &error);
    reporter_status_changed(agent->reporter);
}

/* A new session says how its requests will be taken. Nobody has signed that, and it need not be true: it decides only
 * what goes with them, and none of that is of use to whoever sees it. */
void access_state_hear_session(struct agent *agent) {
    change_mode(agent, access_mode_find(access_session_mode(agent->connection.session)));
}

/* ---- Nothing of a temporary session on flash ---- */

static bool is_temporary(const struct state_document *document) {
    return document->access.mode && document->access.mode->temporary;
}

/* A payload without the channel, and with it its key. */
static bool add_stripped(const void *json, size_t size, struct pp_buf *out, struct pp_error *error) {
    pp_autojson cJSON *document = pp_json_parse(json, size, STATE_DOCUMENT_MAX, error);
    if (!document)
        return false;
    pp_json_destroy(cJSON_DetachItemFromObjectCaseSensitive(document, "channel"));
    pp_autojsontext char *text = cJSON_PrintUnformatted(document);
    return text ? pp_buf_add_text(out, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool access_state_add_kept(struct access_state *access, const struct access_policy *policy, const void *json,
                           size_t size, struct pp_buf *out, struct pp_error *error) {
    access->keep_both = policy->mode && policy->mode->temporary;
    return access->keep_both ? add_stripped(json, size, out, error) : pp_buf_add(out, json, size, error);
}

static void run_shred(struct pp_job *job) {
    struct access_state *access =
        (struct access_state *)(void *)((char *)job - offsetof(struct access_state, shred));
    access->shred_error = (struct pp_error){0};
    (void)!vault_shred_record(access->agent->vault, SYNC_VAULT_RECORD, &access->shred_error);
}

static void on_shredded(struct pp_job *job) {
    struct access_state *access =
        (struct access_state *)(void *)((char *)job - offsetof(struct access_state, shred));
    access->shredding = false;
    if (access->shred_error.code)
        reporter_event(access->agent->reporter, "state-not-kept", "%s", access->shred_error.message);
}

/* What is current, and its key, are in memory alone from now on; what a permanent mode has left goes from the flash. */
static void keep_in_memory(struct agent *agent) {
    struct access_state *access = &agent->access;
    struct pp_error error = {0};
    if (!vault_keep_in_memory(agent->vault, SYNC_VAULT_RECORD, &error))
        pp_log_error("%s", error.message);
    if (access->in_memory || access->shredding)
        return;
    access->in_memory = access->shredding = true;
    access->shred = (struct pp_job){.run = run_shred, .done = on_shredded};
    pp_jobs_add(agent->jobs, &access->shred);
}

void access_state_restore(struct agent *agent) {
    if (!is_temporary(&agent->document))
        return;
    agent->document.has_channel = false;
    agent->document.access.open = false;
    pp_wipe(agent->document.channel_key, sizeof agent->document.channel_key);
    strcpy(agent->document.access.reason, "restarted");
    keep_in_memory(agent);
    vault_end_in_memory(agent->vault, SYNC_VAULT_RECORD);
}

/* ---- Somebody signs in ---- */

static void on_ask(void *arg, const struct access_ask *ask) {
    struct agent *agent = arg;
    struct access_state *access = &agent->access;
    bool fits = ask && strlen(ask->address) < sizeof access->address && strlen(ask->qr) < sizeof access->qr &&
                strlen(ask->user_code) < sizeof access->user_code;
    snprintf(access->address, sizeof access->address, "%s", fits ? ask->address : "");
    snprintf(access->qr, sizeof access->qr, "%s", fits ? ask->qr : "");
    snprintf(access->user_code, sizeof access->user_code, "%s", fits ? ask->user_code : "");
    if (fits)
        pp_log_info("sign in at %s with the code %s", access->address, access->user_code);
    agent_update_screen(agent);
}

static void on_trouble(void *arg, const char *code, bool denied, const struct pp_error *error) {
    struct agent *agent = arg;
    struct access_state *access = &agent->access;
    bool same = strcmp(access->code, code ? code : "") == 0;
    snprintf(access->code, sizeof access->code, "%s", code ? code : "");
    access->denied = access->denied ? denied || code : denied;
    if (error && (!same || denied))
        reporter_event(agent->reporter, denied ? "sign-in-denied" : "sign-in-trouble", "%s", error->message);
    agent_update_screen(agent);
}

static void on_entry(void *arg, enum access_entry entry, int64_t wait_s) {
    struct agent *agent = arg;
    struct access_state *access = &agent->access;
    if (access->entry == entry && access->entry_wait_s == wait_s)
        return;
    access->entry = entry;
    access->entry_wait_s = wait_s;
    if (entry == ACCESS_ENTRY_WRONG)
        reporter_event(agent->reporter, "sign-in-denied",
                       "sign-in: a wrong password was typed at the display");
    agent_update_screen(agent);
}

static bool decrypt(void *arg, const char *typ, const char *token, struct pp_buf *clear,
                    struct pp_error *error) {
    return control_decrypt(arg, typ, token, clear, error);
}

static void open_person(struct agent *agent) {
    struct access_state *access = &agent->access;
    struct pp_error error = {0};
    const struct access_person_config config = {
        .loop = agent->loop,
        .client = agent->client,
        .vault = agent->vault,
        .provider_ca = agent->config.provider_ca,
        .proxy = agent->proxy.shared,
        .clocks = {.time = pp_wall_clock_source(&agent->floors.clock),
                   .other = pp_wall_clock_system_source(&agent->floors.clock)},
        .device_id = identity_device_id(agent->identity),
        .decrypt = decrypt,
        .on_ask = on_ask,
        .on_trouble = on_trouble,
        .on_entry = on_entry,
        .arg = agent,
    };
    access->signs = agent->document.access.mode;
    access->person = access_person_create(agent->document.access.mode, &config, &error);
    if (!access->person)
        trouble_handle(agent, TROUBLE_SIGN_IN, &error);
}

/* ---- Sessions ---- */

static void on_look(void *arg);

static void look_later(struct agent *agent, int64_t left_ms) {
    net_timer_start_in(&agent->access.end_timer, agent->loop,
                       left_ms < ACCESS_STATE_LOOK_MS ? left_ms : ACCESS_STATE_LOOK_MS, on_look, agent);
}

/* ms until it ends by either clock; 0 or less: it has. */
static int64_t session_left_ms(struct agent *agent) {
    int64_t by_clock = agent->document.access.expires_s * 1000 - pp_wall_clock_now_ms(&agent->floors.clock);
    int64_t by_passing = agent->access.ends_ms - pp_clock_monotonic_ms();
    return by_clock < by_passing ? by_clock : by_passing;
}

static void begin_session(struct agent *agent) {
    struct access_state *access = &agent->access;
    const struct state_document *document = &agent->document;
    access->ends_ms = pp_clock_monotonic_ms() + (document->access.expires_s - document->issued_s) * 1000;
    if (strcmp(access->session, document->access.session) != 0)
        reporter_event(agent->reporter, "session-begun", "session %s", document->access.session);
    snprintf(access->session, sizeof access->session, "%s", document->access.session);
    keep_in_memory(agent);
    look_later(agent, session_left_ms(agent) > 0 ? session_left_ms(agent) : 0);
}

/* The document in effect shows nothing. */
static void close_document(struct state_document *document) {
    pp_wipe(document->channel_key, sizeof document->channel_key);
    document->has_channel = false;
    document->access.open = false;
}

/* What was current, and its key, first. */
static void end_session(struct agent *agent, const char *reason) {
    struct access_state *access = &agent->access;
    net_timer_stop(&access->end_timer);
    vault_end_in_memory(agent->vault, SYNC_VAULT_RECORD);
    if (*access->session)
        reporter_event(agent->reporter, "session-ended", "session %s: %s", access->session, reason);
    *access->session = 0;
    if (access->person)
        access_person_end(access->person);
}

/* By us, before the headend says so. */
static void end_here(struct agent *agent, const char *reason) {
    close_document(&agent->document);
    end_session(agent, reason);
    snprintf(agent->document.access.reason, sizeof agent->document.access.reason, "%s", reason);
    content_follow(agent);
    connection_want_state(&agent->connection); /* it says how one signs in by now */
    reporter_status_changed(agent->reporter);
    agent_update_screen(agent);
}

static void on_look(void *arg) {
    struct agent *agent = arg;
    int64_t left_ms = session_left_ms(agent);
    if (left_ms > 0)
        look_later(agent, left_ms);
    else
        end_here(agent, "expired");
}

/* A state that says a session is open that has ended here already, in a state of before that, or by a clock of ours
 * that is ahead: it is not. */
static bool session_is_over(struct agent *agent) {
    return agent->document.access.expires_s <= floors_now_s(&agent->floors);
}

static void leave_temporary(struct agent *agent) {
    struct access_state *access = &agent->access;
    if (access->person)
        end_session(agent, "changed");
    access_person_destroy(pp_steal(&access->person));
    if (access->in_memory)
        vault_keep_on_flash(agent->vault, SYNC_VAULT_RECORD);
    access->in_memory = false;
}

void access_state_follow(struct agent *agent) {
    struct access_state *access = &agent->access;
    struct state_document *document = &agent->document;
    bool other = access->person && access->signs != document->access.mode;
    change_mode(agent, document->access.mode);
    if (other || !is_temporary(&agent->document))
        leave_temporary(agent);
    if (!is_temporary(&agent->document))
        return;
    if (!access->person)
        open_person(agent);
    access->denied = access->denied && !document->access.open;
    bool left = document->access.open && strcmp(document->access.session, access->left) == 0;
    bool open = document->access.open && !left && !session_is_over(agent);
    if (left)
        strcpy(document->access.reason, "signed-out");
    else
        forget_left(access, agent->vault);
    if (open) {
        begin_session(agent);
    } else {
        close_document(document);
        keep_in_memory(agent);
        end_session(agent, *document->access.reason ? document->access.reason : "expired");
    }
    if (access->person && left) /* nobody else is asked until the headend knows */
        access_person_sign_out(access->person, access->left);
    else if (access->person)
        access_person_follow(access->person, &document->access, floors_now_s(&agent->floors));
}

bool access_state_sign_out(struct agent *agent, struct pp_error *error) {
    if (!is_temporary(&agent->document))
        return pp_fail(error, PP_E_STATE, "nobody signs in at this display point");
    if (!agent->document.access.open || !agent->access.person)
        return pp_fail(error, PP_E_STATE, "nobody is signed in");
    keep_left(&agent->access, agent->vault, agent->access.session);
    end_here(agent, "signed-out");
    access_person_sign_out(agent->access.person, agent->access.left);
    return true;
}

/* ---- What is shown and told ---- */

bool access_state_is_locked(const struct state_document *document) {
    return is_temporary(document) && !document->access.open;
}

bool access_state_offers_sign_in(const struct access_state *access) {
    return *access->user_code && *access->qr;
}

/* Which of the reasons there are words for stands on the screen, and their codes in the manual. */
static const char *reason_code(const char *reason) {
    static const char *const codes[][2] = {
        {"expired", "A-1"}, {"signed-out", "A-2"}, {"changed", "A-5"}, {"restarted", "A-6"}};
    for (size_t i = 0; i < PP_COUNT(codes); i++) {
        if (strcmp(codes[i][0], reason) == 0)
            return codes[i][1];
    }
    return "";
}

bool access_state_wants_password(const struct access_state *access) {
    enum access_entry entry = access->entry;
    return access->person &&
           (entry == ACCESS_ENTRY_OPEN || entry == ACCESS_ENTRY_WRONG || entry == ACCESS_ENTRY_UNANSWERED);
}

bool access_state_type_password(struct access_state *access, const char *text) {
    return access->person && access_person_type_text(access->person, text);
}

/* What the screen says of a password that is typed there: the name of its words, "" none, and a code. */
static const char *entry_words(enum access_entry entry, const char **code) {
    static const char *const table[][2] = {
        [ACCESS_ENTRY_CHECKING] = {"checking", ""},
        [ACCESS_ENTRY_WRONG] = {"wrong", "A-3"},
        [ACCESS_ENTRY_UNANSWERED] = {"unanswered", "A-4"},
        [ACCESS_ENTRY_WAIT] = {"wait", "A-3"},
    };
    if ((size_t)entry >= PP_COUNT(table) || !table[entry][0])
        return "";
    *code = table[entry][1];
    return table[entry][0];
}

static const char *entry_name(enum access_entry entry) {
    const char *code = "";
    return entry == ACCESS_ENTRY_OPEN ? "open" : entry_words(entry, &code);
}

static bool write_entry(const struct agent *agent, cJSON *screen) {
    const struct access_state *access = &agent->access;
    return access->entry == ACCESS_ENTRY_NONE ||
           (cJSON_AddBoolToObject(screen, "keyboard", access_state_wants_password(access)) &&
            cJSON_AddNumberToObject(screen, "typed", agent->keyboard.typed.count) &&
            cJSON_AddNumberToObject(screen, "wait_s", (double)access->entry_wait_s));
}

bool access_state_write(const struct agent *agent, cJSON *screen) {
    const struct access_state *access = &agent->access;
    const char *reason = access->denied ? "denied" : agent->document.access.reason;
    const char *code = *access->code ? access->code : reason_code(reason);
    bool known = access->denied || *reason_code(reason);
    const char *entry = entry_words(access->entry, &code);
    if (*entry) {
        reason = entry;
        known = true;
    }
    return write_entry(agent, screen) &&
           (!*access->address || cJSON_AddStringToObject(screen, "address", access->address)) &&
           (!*access->qr || cJSON_AddStringToObject(screen, "qr", access->qr)) &&
           (!*access->user_code || cJSON_AddStringToObject(screen, "user_code", access->user_code)) &&
           (!known || cJSON_AddStringToObject(screen, "reason", reason)) &&
           (!*code || cJSON_AddStringToObject(screen, "code", code));
}

void access_state_report(const struct agent *agent, cJSON *status) {
    cJSON *access = cJSON_AddObjectToObject(status, "access");
    cJSON_AddStringToObject(access, "mode", agent->access.mode ? agent->access.mode->name : "");
    if (!is_temporary(&agent->document))
        return;
    char ends[PP_RFC3339_SIZE];
    pp_time_format(agent->document.access.expires_s, ends);
    cJSON_AddBoolToObject(access, "signed_in", agent->document.access.open);
    cJSON_AddStringToObject(access, "ends", agent->document.access.open ? ends : "");
    cJSON_AddStringToObject(access, "reason",
                            agent->document.access.open ? "" : agent->document.access.reason);
    cJSON_AddStringToObject(access, "code", agent->access.code);
    cJSON_AddStringToObject(access, "entry", entry_name(agent->access.entry));
}
