#include "agent/authority.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "crypto/random.h"

#define SHORT_BYTES 8 /* of a fingerprint, in words for people */
#define TARGET_PATH "keys/authorities.json"
#define TARGET_MAX  (16 * 1024) /* bytes */

/* ---- What changes, told ---- */

static void tell(struct reporter *reporter, const char *kind, const struct authority *one) {
    char hex[PP_HEX_SIZE(SHORT_BYTES)];
    char end[PP_RFC3339_SIZE];
    pp_hex_encode(one->sha256, SHORT_BYTES, hex);
    pp_time_format(one->not_after, end);
    reporter_event(reporter, kind, "%s \"%s\", valid until %s", hex, one->name, end);
}

/* Those of `record` that `other` does not trust; how many. */
static size_t tell_difference(struct agent *agent, const struct authority_record *record,
                              const struct authority_record *other, const char *kind) {
    const struct authorities *set = &agent->authority.set;
    const struct authority *one = NULL;
    size_t told = 0;
    for (size_t i = 0; (one = authorities_at(set, record, i)); i++) {
        if (authorities_find(set, other, one->sha256))
            continue;
        tell(agent->reporter, kind, one);
        told++;
    }
    return told;
}

static void refuse(struct reporter *reporter, const struct pp_error *error) {
    reporter_event(reporter, "authority-refused", "%s", error->message);
}

/* ---- The certificate of another than the one that issues now ---- */

/* Up to the spread from now on. */
static int64_t chance_ms(const struct agent *agent) {
    uint32_t chance = 0;
    int64_t spread_ms = (int64_t)agent->config.renewal_spread * 1000;
    if (!crypto_random(&chance, sizeof chance, NULL))
        return spread_ms;
    return spread_ms * chance / UINT32_MAX;
}

static void on_renewal_due(void *arg) {
    struct agent *agent = arg;
    agent->authority.renewal_due = true;
    connection_resume_renewal(agent);
}

static bool is_of_former(const struct agent *agent) {
    return identity_has_certificate(agent->identity) &&
           !authorities_issued(&agent->authority.set, identity_certificate_pem(agent->identity));
}

static void check_certificate(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    if (!is_of_former(agent)) {
        net_timer_stop(&authority->renew_timer);
        authority->renewal_due = false;
    } else if (!authority->renewal_due && !net_timer_is_running(&authority->renew_timer)) {
        net_timer_start_in(&authority->renew_timer, agent->loop, chance_ms(agent), on_renewal_due, agent);
    }
}

/* What the server has issued then is what it issues: it is not asked again and again. */
void authority_hear_renewed(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    net_timer_stop(&authority->renew_timer);
    authority->renewal_due = authority->asked = false;
    if (is_of_former(agent))
        pp_log_warning("the new certificate is not of the authority that is said to issue");
}

/* ---- Taking effect ---- */

/* Clients make new connections by themselves; what waits on a former one is asked again. */
static void leave_connections(struct agent *agent) {
    connection_route_changed(agent);
    sync_stop(agent->sync);
    content_follow(agent);
}

static void use_next(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    struct authority_record *next = &authority->next;
    PP_CLEANUP(authority_record_finish) struct authority_record before;
    struct pp_error error = {0};
    authority_record_copy(&authority->set.record, &before);
    if (!authorities_use(&authority->set, next, &error)) {
        refuse(agent->reporter, &error);
        authority_record_finish(next);
        return;
    }
    tell_difference(agent, &authority->set.record, &before, "authority-accepted");
    if (tell_difference(agent, &before, &authority->set.record, "authority-retired"))
        leave_connections(agent);
    check_certificate(agent);
}

static void on_kept(void *arg, const struct pp_error *failure);

static void keep_next(void *arg) {
    struct agent *agent = arg;
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    struct pp_error error = {0};
    struct agent_authority *authority = &agent->authority;
    authority->keep = AUTHORITY_WRITING;
    if (authority_record_write(&authority->next, &json, &error) &&
        vault_put_both_later(agent->vault, AUTHORITIES_VAULT_RECORD, json.data, json.size, on_kept, agent,
                             &error))
        return;
    authority->keep = AUTHORITY_UNKEPT;
    on_kept(agent, &error);
}

/* Tried again until it is. Where it could not be begun, an earlier one's end says nothing of it. */
static void on_kept(void *arg, const struct pp_error *failure) {
    struct agent *agent = arg;
    struct agent_authority *authority = &agent->authority;
    if (failure) {
        if (!authority->keep_failure_reported)
            reporter_event(agent->reporter, "state-not-kept", "%s", failure->message);
        authority->keep_failure_reported = true;
        net_timer_start_in(&authority->keep_timer, agent->loop, KEEPING_AGAIN_MS, keep_next, agent);
        return;
    }
    if (authority->keep != AUTHORITY_WRITING)
        return;
    authority->keep = AUTHORITY_KEPT;
    authority->keep_failure_reported = false;
    authority->set.recorded = true;
    keeping_note_authorities(agent);
    use_next(agent);
    if (authority->renewal_waits)
        connection_renew_asked(agent);
    authority->renewal_waits = false;
}

/* One that is too long never would be on flash. */
static bool can_be_kept(const struct authority_record *next, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    return authority_record_write(next, &json, error);
}

/* In the place of what may be on its way. */
static void keep(struct agent *agent, struct authority_record *next) {
    struct agent_authority *authority = &agent->authority;
    net_timer_stop(&authority->keep_timer);
    authority_record_finish(&authority->next);
    authority->next = *next;
    authority->keep = AUTHORITY_UNKEPT;
    keep_next(agent);
}

void authority_take(void *arg, const char *text) {
    struct agent *agent = arg;
    struct authority_record next = {0};
    struct pp_error error = {0};
    bool taken = authorities_take_target(&agent->authority.set, text, strlen(text), &next, &error);
    if (taken && can_be_kept(&next, &error)) {
        keep(agent, &next);
        return;
    }
    authority_record_finish(&next);
    if (error.code != PP_E_STATE)
        refuse(agent->reporter, &error);
}

/* Who needs none goes on as before. */
static void go_without(void *arg, const struct pp_error *error) {
    (void)arg;
    pp_log_info("%s", error->message);
}

bool authority_follow(struct agent *agent, struct pp_error *error) {
    const struct sync_document authorities = {.path = TARGET_PATH,
                                              .bytes_max = TARGET_MAX,
                                              .optional = true,
                                              .take = authority_take,
                                              .miss = go_without,
                                              .arg = agent};
    return sync_add_document(agent->sync, &authorities, error);
}

/* ---- The server's own word ---- */

bool authority_take_answer(void *arg, const uint8_t *pkcs7, size_t size, struct pp_error *error) {
    struct agent *agent = arg;
    struct authority_record next = {0};
    char told[PP_ERROR_MESSAGE_MAX];
    if (agent->authority.keep != AUTHORITY_KEPT && agent->authority.next.by_target)
        return true;
    if (!authorities_take_answer(&agent->authority.set, pkcs7, size, floors_now_s(&agent->floors), &next,
                                 told, error))
        return error->code == PP_E_STATE;
    if (!can_be_kept(&next, error)) {
        authority_record_finish(&next);
        return false;
    }
    if (*told)
        reporter_event(agent->reporter, "authority-refused",
                       "the server names what nobody who is trusted vouches for: %s", told);
    keep(agent, &next);
    return true;
}

/* A server that has no such answer is none that changes its authority by it. */
static void note_failure(struct agent *agent, const struct pp_error *failure) {
    struct pp_error *told = &agent->authority.refusal;
    bool refused = failure->code == PP_E_AUTH || failure->code == PP_E_INVALID || failure->code == PP_E_LIMIT;
    if (!refused)
        pp_log_info("authorities: %s", failure->message);
    else if (strcmp(told->message, failure->message) != 0)
        refuse(agent->reporter, failure);
    if (refused)
        *told = *failure;
}

static struct est *ask(struct agent *agent, void (*on_done)(void *, const struct pp_error *),
                       void (*on_wait)(void *, int64_t, const struct pp_error *)) {
    struct pp_error error = {0};
    const struct est_config config = {.loop = agent->loop,
                                      .client = agent->client,
                                      .identity = agent->identity,
                                      .on_done = on_done,
                                      .on_wait = on_wait,
                                      .take_authorities = authority_take_answer,
                                      .arg = agent};
    struct est *est = est_cacerts_start(&config, &error);
    if (!est)
        pp_log_warning("authorities: %s", error.message);
    return est;
}

static void on_asked(void *arg, const struct pp_error *failure) {
    struct agent *agent = arg;
    agent->authority.asking = NULL;
    if (failure)
        note_failure(agent, failure);
}

/* Without a channel nothing else looks at the repository. */
static void on_look_due(void *arg) {
    struct agent *agent = arg;
    struct agent_authority *authority = &agent->authority;
    sync_request_document(agent->sync, TARGET_PATH);
    if (!authority->set.record.by_target && !authority->asking)
        authority->asking = ask(agent, on_asked, NULL);
    net_timer_start_in(&authority->look_timer, agent->loop, AUTHORITY_LOOK_MS + chance_ms(agent), on_look_due,
                       agent);
}

static void on_asked_first(void *arg, const struct pp_error *failure) {
    struct agent *agent = arg;
    agent->connection.renewal.est = NULL;
    if (failure)
        note_failure(agent, failure);
    agent->authority.renewal_waits = agent->authority.keep != AUTHORITY_KEPT;
    if (!agent->authority.renewal_waits)
        connection_renew_asked(agent);
}

/* The renewal does not wait for a server that cannot say. */
static void on_wait_first(void *arg, int64_t wait_ms, const struct pp_error *why) {
    struct agent *agent = arg;
    (void)wait_ms;
    (void)why;
    est_cancel(pp_steal(&agent->connection.renewal.est));
    connection_renew_asked(agent);
}

struct est *authority_ask_first(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    if (authority->asked || authority->set.record.by_target)
        return NULL;
    authority->asked = true;
    return ask(agent, on_asked_first, on_wait_first);
}

/* ---- Life ---- */

void authority_start(struct agent *agent) {
    net_timer_start_in(&agent->authority.look_timer, agent->loop, chance_ms(agent), on_look_due, agent);
    if (agent->authority.keep != AUTHORITY_KEPT)
        keep_next(agent);
    if (agent->authority.set.recorded)
        keeping_note_authorities(agent);
    check_certificate(agent);
}

void authority_stop(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    net_timer_stop(&authority->look_timer);
    net_timer_stop(&authority->renew_timer);
    net_timer_stop(&authority->keep_timer);
    if (agent->vault)
        vault_forget_kept(agent->vault, AUTHORITIES_VAULT_RECORD);
    est_cancel(pp_steal(&authority->asking));
    authority->renewal_due = authority->renewal_waits = authority->asked = false;
}

bool authority_open(struct agent *agent, struct pp_error *error) {
    return authorities_open(&agent->authority.set, agent->config.ca, agent->vault, error);
}

void authority_close(struct agent *agent) {
    struct agent_authority *authority = &agent->authority;
    authority_stop(agent);
    authority_record_finish(&authority->next);
    authorities_finish(&authority->set);
    *authority = (struct agent_authority){0};
}

void authority_describe(const struct agent_authority *authority, char *text, size_t size) {
    const struct authorities *set = &authority->set;
    const struct authority *one = NULL;
    size_t length = 0;
    *text = 0;
    for (size_t i = 0; length < size && (one = authorities_at(set, &set->record, i)); i++) {
        char hex[PP_HEX_SIZE(SHORT_BYTES)];
        char end[PP_RFC3339_SIZE];
        pp_hex_encode(one->sha256, SHORT_BYTES, hex);
        pp_time_format(one->not_after, end);
        length +=
            (size_t)snprintf(text + length, size - length, "%s%s until %.10s", length ? ", " : "", hex, end);
    }
}

void authority_add_status(const struct agent_authority *authority, cJSON *document) {
    const struct authorities *set = &authority->set;
    const struct authority *one = NULL;
    cJSON *list = cJSON_AddArrayToObject(document, "authorities");
    for (size_t i = 0; i < AUTHORITY_STATUS_MAX && (one = authorities_at(set, &set->record, i)); i++) {
        char hex[PP_HEX_SIZE(SHORT_BYTES)];
        char end[PP_RFC3339_SIZE];
        cJSON *item = cJSON_CreateObject();
        pp_hex_encode(one->sha256, SHORT_BYTES, hex);
        pp_time_format(one->not_after, end);
        cJSON_AddStringToObject(item, "fingerprint", hex);
        cJSON_AddStringToObject(item, "name", one->name);
        cJSON_AddStringToObject(item, "end", end);
        cJSON_AddItemToArray(list, item);
    }
}
