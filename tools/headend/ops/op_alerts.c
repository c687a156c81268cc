/* What can be done with alerts (operations.c). */
#include "base/clock.h"
#include "headend/ops/alert_queue.h"
#include "headend/ops/mail_account.h"
#include "headend/ops/operation.h"

/* Who administers a site or a channel has its rules; all others are for who administers the whole. */
static bool rule_is_theirs(const struct op *op, const struct alert_rule *rule) {
    const struct place place = {.site = rule->scope == ALERT_OF_SITE ? rule->place : "",
                                .channel = rule->scope == ALERT_OF_CHANNEL ? rule->place : ""};
    return actor_may_at(op->actor, op->operation->right, &place);
}

static bool find(struct op *op, struct alert_rule *rule, struct pp_error *error) {
    struct pp_error missing = {0};
    const char *id = op_text(op, "rule");
    snprintf(op->target, sizeof op->target, "%.36s", id);
    bool found = alert_rule_find(op->db, id, rule, &missing);
    if (found && rule_is_theirs(op, rule))
        return true;
    return found || missing.code == PP_E_NOTFOUND
               ? op_fail(op, "rule", PP_E_NOTFOUND, error, "there is no such rule: %.40s", id)
               : pp_fail(error, missing.code, "%s", missing.message);
}

static bool take(struct op *op, struct alert_rule *rule, struct pp_error *error) {
    char field[33] = "";
    struct pp_error why = {0};
    if (!alert_rule_take(rule, op->request, field, &why))
        return op_fail(op, field, why.code, error, "%s", why.message);
    return rule_is_theirs(op, rule) ||
           pp_fail(error, PP_E_DENIED, "%s may make rules of the site or channel that they administer",
                   op->actor->name);
}

/* The rule as an answer. */
static void answer_rule(struct op *op, const struct alert_rule *rule) {
    cJSON_Delete(op->result->value);
    op->result->value = alert_rule_json(rule);
}

bool op_alert_rule_add(struct op *op, struct pp_error *error) {
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    char text[WEBHOOK_SECRET_TEXT_SIZE];
    struct alert_rule rule;
    alert_rule_begin(&rule);
    if (!take(op, &rule, error) || !alert_rule_add(op->db, &rule, secret, error))
        return false;
    snprintf(op->target, sizeof op->target, "%s", rule.id);
    op->after = alert_rule_json(&rule);
    answer_rule(op, &rule);
    webhook_secret_text(secret, text);
    cJSON_AddStringToObject(op->result->value, "secret", text);
    pp_wipe(secret, sizeof secret);
    pp_wipe(text, sizeof text);
    return true;
}

bool op_alert_rule_change(struct op *op, struct pp_error *error) {
    struct alert_rule rule;
    if (!find(op, &rule, error))
        return false;
    op->before = alert_rule_json(&rule);
    if (!take(op, &rule, error) || !alert_rule_change(op->db, &rule, error))
        return false;
    op->after = alert_rule_json(&rule);
    answer_rule(op, &rule);
    return true;
}

bool op_alert_rule_remove(struct op *op, struct pp_error *error) {
    struct alert_rule rule;
    if (!find(op, &rule, error))
        return false;
    op->before = alert_rule_json(&rule);
    return alert_rule_remove(op->db, rule.id, error);
}

/* A message that says that it is one, by the rule's ways. */
bool op_alert_rule_test(struct op *op, struct pp_error *error) {
    struct alert_rule rule;
    if (!find(op, &rule, error))
        return false;
    pp_autojson cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "what", "test");
    cJSON_AddStringToObject(facts, "about", alert_kind(rule.about)->name);
    cJSON_AddStringToObject(facts, "rule", rule.name);
    op->wakes = true;
    return alert_queue_add(op->db, &rule, facts, pp_clock_realtime_s(), error);
}

static bool rule_show(void *arg, const struct alert_rule *rule, struct pp_error *error) {
    struct op *op = arg;
    (void)error;
    if (rule_is_theirs(op, rule))
        cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(op_answer(op), "items"), alert_rule_json(rule));
    return true;
}

bool op_alert_rule_list(struct op *op, struct pp_error *error) {
    return cJSON_AddArrayToObject(op_answer(op), "items") && alert_rule_each(op->db, rule_show, op, error);
}

/* ---- The mail server ---- */

/* What of it may be seen. */
static cJSON *server_facts(const struct mail_server *server) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "host", server->host);
    cJSON_AddNumberToObject(object, "port", (double)server->port);
    cJSON_AddStringToObject(object, "tls", server->tls_first ? "first" : "starttls");
    cJSON_AddStringToObject(object, "user", server->user);
    cJSON_AddStringToObject(object, "from", server->from);
    return object;
}

static bool present_read(struct op *op, struct pp_error *error) {
    struct mail_server server = {0};
    struct pp_error missing = {0};
    if (mail_account_find(op->db, &server, &missing))
        op->before = server_facts(&server);
    return op->before || missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
}

static bool text_take(struct op *op, const char *name, char *out, size_t size, struct pp_error *error) {
    const char *text = op_text(op, name);
    if (strlen(text) >= size)
        return op_fail(op, name, PP_E_LIMIT, error, "%s: at most %zu bytes", name, size - 1);
    snprintf(out, size, "%s", text);
    return true;
}

static bool server_take(struct op *op, struct mail_server *server, struct pp_error *error) {
    const char *tls = op_text(op, "tls");
    struct pp_error why = {0};
    server->tls_first = strcmp(tls, "first") == 0;
    if (*tls && !server->tls_first && strcmp(tls, "starttls") != 0)
        return op_fail(op, "tls", PP_E_INVALID, error, "tls: must be starttls or first");
    server->port = op_has(op, "port") ? op_integer(op, "port") : server->tls_first ? 465 : 587;
    if (!text_take(op, "host", server->host, sizeof server->host, error) ||
        !text_take(op, "user", server->user, sizeof server->user, error) ||
        !text_take(op, "password", server->password, sizeof server->password, error) ||
        !text_take(op, "from", server->from, sizeof server->from, error))
        return false;
    if (mail_server_check(server, &why))
        return true;
    char field[OP_NAME_MAX + 1];
    snprintf(field, sizeof field, "%.*s", (int)strcspn(why.message, ":"), why.message);
    return op_fail(op, field, why.code, error, "%s", why.message);
}

bool op_mail_server_set(struct op *op, struct pp_error *error) {
    mail_server_auto struct mail_server server = {0};
    if (!present_read(op, error) || !server_take(op, &server, error) ||
        !mail_account_save(op->db, &server, error))
        return false;
    op->after = server_facts(&server);
    return true;
}

bool op_mail_server_remove(struct op *op, struct pp_error *error) {
    return present_read(op, error) && mail_account_remove(op->db, error);
}

bool op_mail_server_show(struct op *op, struct pp_error *error) {
    struct mail_server server = {0};
    if (!mail_account_find(op->db, &server, error))
        return false;
    op->result->value = server_facts(&server);
    return op->result->value || pp_fail(error, PP_E_NOMEM, "out of memory");
}
