#include "agent/answers.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "net/bundle.h"

#define PROC_STATUS_MAX 8192 /* bytes of /proc/self/status */

/* Everything that the documents below look at is there, and the loop's; before, a job may have it in its hands. */
static bool is_open(const struct agent *agent) {
    return agent->client && agent->sync && agent->director;
}

static void add_time(cJSON *object, const char *name, int64_t seconds) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(seconds, text);
    cJSON_AddStringToObject(object, name, text);
}

static void add_time_or_null(cJSON *object, const char *name, int64_t seconds) {
    if (seconds)
        add_time(object, name, seconds);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *document_create(void) {
    cJSON *document = cJSON_CreateObject();
    cJSON_AddNumberToObject(document, "format", ANSWERS_FORMAT);
    return document;
}

/* ---- status ---- */

/* Which clock decides (base/wall_clock.h), and what the others say. */
static void add_clock(struct agent *agent, cJSON *status) {
    struct pp_wall_clock *wall = &agent->floors.clock;
    int64_t system_s = pp_clock_realtime_s();
    int64_t line_s = pp_wall_clock_line_ms(wall) / 1000;
    cJSON *clock = cJSON_AddObjectToObject(status, "clock");
    cJSON_AddStringToObject(clock, "source", keeping_time_source(&agent->keeping, wall));
    add_time(clock, "effective", pp_wall_clock_now_ms(wall) / 1000);
    add_time(clock, "system", system_s);
    add_time(clock, "signed", line_s);
}

static void add_enrolment(const struct agent_enrolment *enrolment, cJSON *document) {
    if (!*enrolment->user_code) {
        cJSON_AddNullToObject(document, "enrolment");
        return;
    }
    cJSON *offered = cJSON_AddObjectToObject(document, "enrolment");
    cJSON_AddStringToObject(offered, "user_code", enrolment->user_code);
    cJSON_AddStringToObject(offered, "address", enrolment->address);
    cJSON_AddStringToObject(offered, "qr", enrolment->qr);
}

static void add_identity(const struct identity *identity, cJSON *document) {
    bool certified = identity_has_certificate(identity);
    cJSON_AddStringToObject(document, "fingerprint", identity_fingerprint_words(identity));
    cJSON_AddStringToObject(document, "device", certified ? identity_device_id(identity) : "");
    add_time_or_null(document, "certificate_end", certified ? identity_not_after(identity) : 0);
}

static void add_display_point(const struct state_document *state, cJSON *document) {
    cJSON_AddStringToObject(document, "name", state->name);
    cJSON_AddStringToObject(document, "site", state->site);
    cJSON_AddStringToObject(document, "time_zone", *state->time_zone ? state->time_zone : "UTC");
    cJSON_AddStringToObject(document, "locale", state->locale);
}

/* What the headend is told, and what only whoever stands here may be interested in. */
static void answer_status(struct agent *agent, struct local_client *client,
                          const struct local_message *request) {
    (void)request;
    pp_autojson cJSON *status = agent_make_status(agent);
    cJSON_AddNumberToObject(status, "format", ANSWERS_FORMAT);
    cJSON_AddStringToObject(status, "headend", agent->config.url);
    add_time_or_null(status, "last_contact", agent->answers.contact_s);
    cJSON_AddNumberToObject(status, "phone_after_s", (double)agent->config.phone_after);
    add_identity(agent->identity, status);
    add_display_point(&agent->document, status);
    authority_add_status(&agent->authority, status);
    add_clock(agent, status);
    add_enrolment(&agent->enrolment, status);
    local_answer(client, status);
}

/* ---- What changes something, and by whom ---- */

/* The agent may not have opened its state folder yet. */
static void note_control(struct agent *agent, const struct local_client *client, const char *what) {
    if (agent->reporter)
        reporter_event(agent->reporter, "local-control", "%s, by %s", what, local_client_name(client));
    else
        pp_log_warning("%s, by %s", what, local_client_name(client));
}

/* ---- enrol ---- */

/* A new code in the place of the one that is shown, or asked for, or of an approval whose certificate does not come.
 * One that is in use by right keeps its certificate. */
static bool enrol_again(struct agent *agent, struct local_client *client, bool *given_up) {
    struct agent_enrolment *enrolment = &agent->enrolment;
    bool on_the_way = enrolment->approval == APPROVAL_ON_ITS_WAY;
    *given_up = enrolment_waits(enrolment);
    if (!enrolment->enrol || on_the_way) {
        local_refuse(client, LOCAL_NOT_NOW, "%s",
                     on_the_way ? "it is approved, and its certificate is on the way"
                                : "it is enrolled: \"pingplayctl reset\" makes it nobody's");
        return false;
    }
    if (*given_up)
        enrolment_give_up(agent);
    else
        enrolment_restart(enrolment);
    note_control(agent, client,
                 *given_up ? "a new code; the approval that waited for its certificate is given up"
                           : "a new code");
    return true;
}

static void answer_enrol(struct agent *agent, struct local_client *client,
                         const struct local_message *request) {
    bool given_up = false;
    if (request->enrol.again && !enrol_again(agent, client, &given_up))
        return;
    pp_autojson cJSON *document = document_create();
    cJSON_AddBoolToObject(document, "enrolled", identity_has_certificate(agent->identity));
    cJSON_AddStringToObject(document, "fingerprint", identity_fingerprint_words(agent->identity));
    cJSON_AddBoolToObject(document, "given_up", given_up);
    add_enrolment(&agent->enrolment, document);
    local_answer(client, document);
}

/* ---- reset ---- */

static void answer_reset(struct agent *agent, struct local_client *client,
                         const struct local_message *request) {
    pp_autojson cJSON *document = document_create();
    (void)request;
    char why[64];
    snprintf(why, sizeof why, "reset by %s", local_client_name(client));
    cJSON_AddBoolToObject(document, "erasing", true);
    local_answer(client, document);
    agent_erase_for(agent, why);
}

void answers_refuse_rest(struct agent *agent) {
    struct answers *answers = &agent->answers;
    struct local_client *diagnosed = pp_steal(&answers->diagnosed);
    struct local_client *const waiting[] = {diagnosed, answers->walk.client};
    diagnose_abandon(pp_steal(&answers->diagnosis));
    answers_schedule_forget(&answers->walk, NULL);
    for (size_t i = 0; i < PP_COUNT(waiting); i++) {
        if (waiting[i])
            local_refuse(waiting[i], LOCAL_FAILED, "everything is erased");
    }
}

/* ---- sign-out ---- */

static void answer_sign_out(struct agent *agent, struct local_client *client,
                            const struct local_message *request) {
    char session[ACCESS_SESSION_MAX + 1];
    struct pp_error error = {0};
    (void)request;
    snprintf(session, sizeof session, "%s", agent->access.session);
    if (!access_state_sign_out(agent, &error)) {
        local_refuse(client, LOCAL_NOT_NOW, "%s", error.message);
        return;
    }
    char what[ACCESS_SESSION_MAX + 32];
    snprintf(what, sizeof what, "the end of session %s", session);
    note_control(agent, client, what);
    pp_autojson cJSON *document = document_create();
    cJSON_AddBoolToObject(document, "signed_out", true);
    cJSON_AddStringToObject(document, "session", session);
    local_answer(client, document);
}

/* ---- vault ---- */

/* Nobody may have the vault open then: the agent ends, main moves it, and whoever starts agents starts the next one. */
static void answer_migrate(struct agent *agent, struct local_client *client,
                           const struct local_message *request) {
    const struct vault_kek_provider *provider = NULL;
    const struct local_text *name = &request->migrate.provider;
    struct pp_error error = {0};
    char text[LOCAL_WORD_MAX + 1], what[LOCAL_WORD_MAX + 48];
    snprintf(text, sizeof text, "%.*s", (int)name->size, name->data);
    if (!vault_kek_by_name(text, &provider, &error) || !provider) {
        local_refuse(client, LOCAL_FAILED, "%s", error.code ? error.message : "name one: file, tpm2");
        return;
    }
    pp_autojson cJSON *document = document_create();
    snprintf(what, sizeof what, "a move of the vault to provider %s", text);
    note_control(agent, client, what);
    cJSON_AddStringToObject(document, "moving", text);
    local_answer(client, document);
    memcpy(agent->answers.vault_move, text, sizeof text);
    net_loop_stop(agent->loop);
}

/* ---- proxy ---- */

static void answer_proxy(struct agent *agent, struct local_client *client,
                         const struct local_message *request) {
    (void)request;
    pp_autojson cJSON *document = proxy_document(agent->proxy.record);
    local_answer(client, document);
}

static void copy_text(char *out, size_t size, const struct local_text *text) {
    snprintf(out, size, "%.*s", (int)text->size, text->data ? text->data : "");
}

static void read_proxy(const struct local_proxy *asked, struct proxy_choice *choice) {
    copy_text(choice->net.address, sizeof choice->net.address, &asked->address);
    copy_text(choice->net.ca, sizeof choice->net.ca, &asked->ca);
    copy_text(choice->net.except, sizeof choice->net.except, &asked->except);
    copy_text(choice->net.user, sizeof choice->net.user, &asked->user);
    copy_text(choice->net.password, sizeof choice->net.password, &asked->password);
    copy_text(choice->principal, sizeof choice->principal, &asked->principal);
    copy_text(choice->kdc, sizeof choice->kdc, &asked->kdc);
    copy_text(choice->keytab, sizeof choice->keytab, &asked->keytab);
}

/* Out of date is for a person to hear at once; later, it is for the proxy's verification to say. */
static bool check_authorities(struct agent *agent, const char *ca, struct pp_error *error) {
    return !*ca || net_bundle_check(ca, strlen(ca), floors_now_s(&agent->floors), error) ||
           pp_wrap(error, "proxy: authorities");
}

static void answer_set_proxy(struct agent *agent, struct local_client *client,
                             const struct local_message *request) {
    struct pp_error error = {0};
    struct proxy_choice *choice = pp_secret_create(sizeof *choice, NULL, &error);
    if (choice)
        read_proxy(&request->proxy, choice);
    if (!choice || !check_authorities(agent, choice->net.ca, &error) ||
        !proxy_choose(agent, choice, PROXY_LOCAL, &error)) {
        local_refuse(client, LOCAL_FAILED, "%s", error.message);
    } else {
        note_control(agent, client, *choice->net.address ? "another proxy" : "no proxy");
        answer_proxy(agent, client, request);
    }
    pp_secret_destroy(choice, sizeof *choice);
}

/* ---- stats ---- */

/* "VmRSS:     12345 kB" of a process's own status (proc_pid_status(5)), in bytes. */
static double memory_line(const char *status, const char *name) {
    const char *line = strstr(status, name);
    return line ? (double)strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

static void add_memory(cJSON *document) {
    pp_autobuf struct pp_buf status = PP_BUF_INIT(PROC_STATUS_MAX);
    struct pp_error error;
    struct rusage children = {0};
    cJSON *memory = cJSON_AddObjectToObject(document, "memory");
    (void)!pp_file_read(AT_FDCWD, "/proc/self/status", &status, &error);
    getrusage(RUSAGE_CHILDREN, &children);
    cJSON_AddNumberToObject(memory, "resident_bytes", memory_line(pp_buf_text(&status), "\nVmRSS:"));
    cJSON_AddNumberToObject(memory, "resident_peak_bytes", memory_line(pp_buf_text(&status), "\nVmHWM:"));
    cJSON_AddNumberToObject(memory, "renderer_peak_bytes", (double)children.ru_maxrss * 1024);
}

static void answer_stats(struct agent *agent, struct local_client *client,
                         const struct local_message *request) {
    const struct counters *counters = &agent->answers.counters;
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {
        {"plays", counters->plays},
        {"frames_late", counters->frames_late},
        {"item_faults", counters->item_faults},
        {"items_set_aside", counters->items_set_aside},
        {"players_lost", counters->players_lost},
        {"sync_passes", counters->sync_passes},
        {"sync_switches", counters->sync_switches},
        {"sync_failures", counters->sync_failures},
        {"objects_fetched", counters->objects_fetched},
        {"bytes_fetched", counters->bytes_fetched},
        {"objects_damaged", counters->objects_damaged},
        {"reports_lost", reporter_lost(agent->reporter)},
    };
    pp_autojson cJSON *document = document_create();
    (void)request;
    int64_t uptime_s = (pp_clock_boottime_ms() - agent->answers.started_ms) / 1000;
    cJSON_AddNumberToObject(document, "uptime_s", (double)uptime_s);
    cJSON *list = cJSON_AddObjectToObject(document, "counters");
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        cJSON_AddNumberToObject(list, rows[i].name, (double)rows[i].count);
    add_memory(document);
    local_answer(client, document);
}

/* ---- logs ---- */

static void answer_logs(struct agent *agent, struct local_client *client,
                        const struct local_message *request) {
    (void)agent;
    local_answer_log(client, &request->logs);
}

/* ---- A notice: shown, and forgotten ---- */

static void answer_notice(struct agent *agent, struct local_client *client,
                          const struct local_message *request) {
    pp_autojson cJSON *document = document_create();
    notices_show(agent, &request->notice);
    local_answer(client, document);
}

/* ---- Which there are ---- */

struct question {
    enum local_type type;
    enum local_who who;
    bool open; /* only once the state folder is */
    void (*answer)(struct agent *agent, struct local_client *client, const struct local_message *request);
};

/* clang-format off */
static const struct question questions[] = {
    {LOCAL_STATUS,   LOCAL_MEMBERS, true,  answer_status},
    {LOCAL_ENROL,    LOCAL_MEMBERS, true,  answer_enrol},
    {LOCAL_DIAGNOSE, LOCAL_MEMBERS, false, answers_diagnose},
    {LOCAL_LOGS,     LOCAL_MEMBERS, false, answer_logs},
    {LOCAL_SCHEDULE, LOCAL_MEMBERS, true,  answers_schedule},
    {LOCAL_STATS,    LOCAL_MEMBERS, true,  answer_stats},
    {LOCAL_PROXY,    LOCAL_MEMBERS, true,  answer_proxy},
    {LOCAL_SET_PROXY, LOCAL_MEMBERS, true, answer_set_proxy},
    {LOCAL_SIGN_OUT, LOCAL_MEMBERS, true,  answer_sign_out},
    {LOCAL_RESET,    LOCAL_OWNERS,  true,  answer_reset},
    {LOCAL_MIGRATE,  LOCAL_OWNERS,  false, answer_migrate},
    {LOCAL_NOTICE,   LOCAL_OWNERS,  false, answer_notice},
    {LOCAL_KEY,      LOCAL_ROOT,    true,  network_key_answer},
};
/* clang-format on */

static void on_request(void *arg, struct local_client *client, const struct local_message *request) {
    struct agent *agent = arg;
    const struct question *question = NULL;
    for (size_t i = 0; i < PP_COUNT(questions); i++) {
        if (questions[i].type == request->type)
            question = &questions[i];
    }
    if (!question)
        local_refuse(client, LOCAL_FAILED, "this agent cannot do that");
    else if (!local_client_is(client, question->who))
        local_refuse(client, LOCAL_DENIED, "only root may do that");
    else if (question->open && !is_open(agent))
        local_refuse(client, LOCAL_NOT_NOW, "the agent has not opened its state folder yet%s%s",
                     agent->troubles.headend.code ? ": " : "", agent->troubles.headend.message);
    else
        question->answer(agent, client, request);
}

static void on_gone(void *arg, struct local_client *client) {
    struct agent *agent = arg;
    if (agent->answers.diagnosed == client)
        agent->answers.diagnosed = NULL;
    answers_schedule_forget(&agent->answers.walk, client);
}

/* ---- Life ---- */

static void listen_again(void *arg) {
    struct agent *agent = arg;
    struct answers *answers = &agent->answers;
    struct pp_error error = {0};
    struct local_config config = {.loop = agent->loop,
                                  .log = answers->log,
                                  .path = agent->config.control_socket,
                                  .group = agent->config.control_group,
                                  .on_request = on_request,
                                  .on_gone = on_gone,
                                  .arg = agent};
    answers->local = local_start(&config, &error);
    if (answers->local)
        return;
    if (!answers->listen_reported)
        pp_log_info("pingplayctl cannot ask this agent: %s", error.message);
    answers->listen_reported = true;
    net_timer_start_in(&answers->listen_timer, agent->loop, ANSWERS_LISTEN_MS, listen_again, agent);
}

bool answers_start(struct agent *agent, struct pp_error *error) {
    struct answers *answers = &agent->answers;
    answers->started_ms = pp_clock_boottime_ms();
    answers->log = pp_log_ring_create(error);
    if (!answers->log)
        return false;
    pp_log_set_tap(pp_log_ring_add, answers->log);
    listen_again(agent);
    return true;
}

void answers_stop(struct agent *agent) {
    struct answers *answers = &agent->answers;
    net_timer_stop(&answers->listen_timer);
    diagnose_abandon(pp_steal(&answers->diagnosis));
    answers->diagnosed = NULL;
    answers_schedule_forget(&agent->answers.walk, NULL);
    local_stop(pp_steal(&answers->local));
    if (answers->log)
        pp_log_set_tap(NULL, NULL);
    pp_log_ring_destroy(pp_steal(&answers->log));
}

void answers_note_contact(struct agent *agent) {
    agent->answers.contact_s = floors_now_s(&agent->floors);
}
