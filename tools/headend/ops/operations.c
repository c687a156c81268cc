#include "headend/ops/operations.h"

#include <stdarg.h>
#include <string.h>

#include "base/log.h"
#include "headend/db/db.h"
#include "headend/ops/audit.h"
#include "headend/ops/channel.h"
#include "headend/ops/operation.h"
#include "headend/ops/screen_tags.h"

#define SCREEN                                                                                               \
    { "screen", OP_TEXT, true }
#define CONTENT                                                                                              \
    { "content", OP_TEXT, true }
#define CHANNEL                                                                                              \
    { "channel", OP_TEXT, true }
/* clang-format off */
#define ALERT_FIELDS                                                                                         \
    {"name", OP_TEXT, false}, {"about", OP_TEXT, false}, {"detail", OP_TEXT, false},                         \
    {"site", OP_TEXT, false}, {"channel", OP_TEXT, false}, {"hold_s", OP_INTEGER, false},                    \
    {"repeat_s", OP_INTEGER, false}, {"per_hour", OP_INTEGER, false}, {"quiet", OP_TEXT, false},             \
    {"time_zone", OP_TEXT, false}, {"locale", OP_TEXT, false}, {"mail", OP_TEXTS, false},                    \
    {"webhook", OP_TEXT, false}, {"enabled", OP_BOOLEAN, false}, {"tag", OP_TEXT, false}
#define SCREEN_PLACE \
    {"name", OP_TEXT, false}, {"site", OP_TEXT, false}, {"channel", OP_TEXT, false}, {"channel_title", OP_TEXT, false}
#define SETTINGS_OF_APPROVAL {"time_zone", OP_TEXT_OR_NULL, false}, {"locale", OP_TEXT_OR_NULL, false}
#define SETTINGS_ALL \
    SETTINGS_OF_APPROVAL, {"rotation", OP_INTEGER_OR_NULL, false}, {"offline_mark", OP_BOOLEAN_OR_NULL, false}, \
    {"lock_after_s", OP_INTEGER_OR_NULL, false}, {"erase_after_s", OP_INTEGER_OR_NULL, false}
#define GROUP {"group", OP_TEXT, true}
#define SITE {"site", OP_TEXT, true}
#define FEED {"feed", OP_TEXT, true}
#define FEED_FIELDS \
    {"title", OP_TEXT, false}, {"site", OP_TEXT, false}, {"schema", OP_OBJECT_OR_NULL, false}, \
    {"value_max", OP_INTEGER, false}, {"stale_after_s", OP_INTEGER, false}
#define MESSAGE {"message", OP_TEXT, true}
#define MESSAGE_FIELDS                                                                                       \
    {"severity", OP_TEXT, true}, {"style", OP_TEXT, false}, {"sound", OP_TEXT, false}, {"texts", OP_OBJECTS, true},   \
    {"targets", OP_OBJECT, true}, {"count", OP_INTEGER, false}, {"from", OP_TEXT, false}, {"until", OP_TEXT, false},   \
    {"duration_s", OP_INTEGER, false}, {"key", OP_TEXT, false}
#define GROUP_WHO {"tags", OP_TEXTS, false}, {"sites", OP_TEXTS, false}, {"screens", OP_IDS, false}
/* clang-format on */

static const struct operation operations[] = {
    {"screen.change",
     RIGHT_OPERATE,
     OP_SCREEN,
     true,
     op_screen_change,
     {SCREEN,
      SCREEN_PLACE,
      SETTINGS_ALL,
      {"tags", OP_TEXTS, false},
      {"add_tags", OP_TEXTS, false},
      {"remove_tags", OP_TEXTS, false}}},
    {"screen.access",
     RIGHT_ADMINISTER,
     OP_SCREEN,
     true,
     op_screen_access,
     {SCREEN,
      {"mode", OP_TEXT, true},
      {"session_s", OP_INTEGER, false},
      {"most_s", OP_INTEGER, false},
      {"password_hash", OP_TEXT, false},
      {"issuer", OP_TEXT, false},
      {"client_id", OP_TEXT, false},
      {"scope", OP_TEXT, false},
      {"groups_claim", OP_TEXT, false},
      {"client_secret", OP_TEXT, false},
      {"client_auth", OP_TEXT, false},
      {"allowed", OP_TEXTS, false}}},
    {"screen.sign-out", RIGHT_OPERATE, OP_SCREEN, true, op_screen_sign_out, {SCREEN}},
    {"screen.command",
     RIGHT_OPERATE,
     OP_SCREEN,
     true,
     op_screen_command,
     {SCREEN,
      {"name", OP_TEXT, true},
      {"argument", OP_TEXT, false},
      {"key", OP_TEXT, false},
      {"arguments", OP_OBJECT, false},
      {"lifetime_s", OP_INTEGER, false}}},
    {"screens.act",
     RIGHT_OPERATE,
     OP_ANYWHERE,
     true,
     op_screens_act,
     {{"action", OP_TEXT, true},
      {"screens", OP_IDS, false},
      {"filter", OP_OBJECT, false},
      {"count", OP_INTEGER, false},
      {"request", OP_OBJECT, false}}},
    /* Read where they are asked for, by who has been allowed to. */
    {"screen.show", RIGHT_VIEW, OP_SCREEN, false, op_nothing, {SCREEN}},
    {"screen.picture", RIGHT_VIEW, OP_SCREEN, false, op_nothing, {SCREEN}},
    {"screen.reports", RIGHT_VIEW, OP_SCREEN, false, op_nothing, {SCREEN}},
    {"screen.commands", RIGHT_VIEW, OP_SCREEN, false, op_nothing, {SCREEN}},
    /* Reading a log is written down. */
    {"screen.log", RIGHT_OPERATE, OP_SCREEN, true, op_screen_log, {SCREEN, {"command", OP_TEXT, true}}},
    {"screen.retire", RIGHT_OPERATE, OP_SCREEN, true, op_screen_retire, {SCREEN}},
    {"screen.revoke", RIGHT_OPERATE, OP_SCREEN, true, op_screen_revoke, {SCREEN}},
    {"screen.restore", RIGHT_OPERATE, OP_SCREEN, true, op_screen_restore, {SCREEN}},
    {"screen.remove", RIGHT_OPERATE, OP_SCREEN, true, op_screen_remove, {SCREEN}},
    {"enrolment.approve",
     RIGHT_OPERATE,
     OP_NEW_SCREEN,
     true,
     op_enrolment_approve,
     {{"code", OP_TEXT, true},
      {"fingerprint", OP_TEXT, true},
      {"any_group", OP_BOOLEAN, false},
      {"access", OP_TEXT, false},
      SCREEN_PLACE,
      SETTINGS_OF_APPROVAL}},
    {"screen.settings", RIGHT_VIEW, OP_SCREEN, false, op_screen_settings_show, {SCREEN}},
    {"screen.set", RIGHT_OPERATE, OP_SCREEN, true, op_screen_change, {SCREEN, SETTINGS_ALL}},
    {"organisation.settings", RIGHT_VIEW, OP_WHOLE, false, op_settings_show, {{NULL, OP_TEXT, false}}},
    {"organisation.set", RIGHT_OPERATE, OP_WHOLE, true, op_settings_change, {SETTINGS_ALL}},
    {"site.settings", RIGHT_VIEW, OP_SITE, false, op_settings_show, {SITE}},
    {"site.set", RIGHT_OPERATE, OP_SITE, true, op_settings_change, {SITE, SETTINGS_ALL}},
    {"group.settings", RIGHT_VIEW, OP_ANYWHERE, false, op_settings_show, {GROUP}},
    {"group.set", RIGHT_OPERATE, OP_WHOLE, true, op_settings_change, {GROUP, SETTINGS_ALL}},
    {"group.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{NULL, OP_TEXT, false}}},
    {"group.show", RIGHT_VIEW, OP_ANYWHERE, false, op_group_show, {GROUP}},
    {"group.create",
     RIGHT_OPERATE,
     OP_WHOLE,
     true,
     op_group_create,
     {{"name", OP_TEXT, true}, {"priority", OP_INTEGER, false}, GROUP_WHO}},
    {"group.change",
     RIGHT_OPERATE,
     OP_WHOLE,
     true,
     op_group_change,
     {GROUP,
      {"name", OP_TEXT, false},
      {"priority", OP_INTEGER, false},
      GROUP_WHO,
      {"add_screens", OP_IDS, false},
      {"remove_screens", OP_IDS, false}}},
    {"message.send", RIGHT_OPERATE, OP_ANYWHERE, true, op_message_send, {MESSAGE_FIELDS}},
    {"message.count", RIGHT_OPERATE, OP_ANYWHERE, false, op_message_count, {{"targets", OP_OBJECT, true}}},
    {"message.picture",
     RIGHT_OPERATE,
     OP_ANYWHERE,
     false,
     op_message_picture,
     {{"severity", OP_TEXT, true},
      {"style", OP_TEXT, false},
      {"texts", OP_OBJECTS, true},
      {"language", OP_TEXT, false},
      {"width", OP_INTEGER, false},
      {"height", OP_INTEGER, false}}},
    {"message.list", RIGHT_VIEW, OP_ANYWHERE, false, op_message_list, {{NULL, OP_TEXT, false}}},
    {"message.show", RIGHT_VIEW, OP_ANYWHERE, false, op_message_show, {MESSAGE}},
    {"message.cancel", RIGHT_OPERATE, OP_ANYWHERE, true, op_message_cancel, {MESSAGE}},
    {"group.remove", RIGHT_OPERATE, OP_WHOLE, true, op_group_remove, {GROUP}},
    {"enrolment.refuse", RIGHT_OPERATE, OP_ANYWHERE, true, op_enrolment_refuse, {{"code", OP_TEXT, true}}},
    {"enrolment.show", RIGHT_OPERATE, OP_ANYWHERE, false, op_enrolment_show, {{"code", OP_TEXT, true}}},
    {"enrolment.list", RIGHT_OPERATE, OP_ANYWHERE, false, op_enrolment_list, {{0}}},
    {"screen.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"user.add",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_user_add,
     {{"name", OP_TEXT, true},
      {"password", OP_TEXT, false},
      {"encoded", OP_TEXT, false},
      {"roles", OP_TEXTS, false}}},
    {"user.list", RIGHT_ADMINISTER, OP_WHOLE, false, op_user_list, {{NULL, OP_TEXT, false}}},
    {"user.roles",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_user_roles,
     {{"name", OP_TEXT, true}, {"roles", OP_TEXTS, true}}},
    {"user.password",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_user_password,
     {{"name", OP_TEXT, true}, {"password", OP_TEXT, true}}},
    {"user.remove", RIGHT_ADMINISTER, OP_WHOLE, true, op_user_remove, {{"name", OP_TEXT, true}}},
    {"database.moved",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_database_moved,
     {{"to", OP_TEXT, true}, {"rows", OP_INTEGER, true}}},
    {"user.lock", RIGHT_ADMINISTER, OP_WHOLE, true, op_user_lock, {{"name", OP_TEXT, true}}},
    {"user.unlock", RIGHT_ADMINISTER, OP_WHOLE, true, op_user_unlock, {{"name", OP_TEXT, true}}},
    {"user.setup-link", RIGHT_ADMINISTER, OP_WHOLE, true, op_user_setup_link, {{"name", OP_TEXT, true}}},
    {"setup.link", RIGHT_ADMINISTER, OP_WHOLE, true, op_setup_link, {{NULL, OP_TEXT, false}}},
    {"account.first", RIGHT_NONE, OP_SELF, true, op_account_first, {{"name", OP_TEXT, true}}},
    {"passkey.add", RIGHT_NONE, OP_SELF, true, op_passkey_add, {{"name", OP_TEXT, true}}},
    {"passkey.rename",
     RIGHT_NONE,
     OP_SELF,
     true,
     op_passkey_rename,
     {{"passkey", OP_TEXT, true}, {"name", OP_TEXT, true}}},
    {"passkey.remove", RIGHT_NONE, OP_SELF, true, op_passkey_remove, {{"passkey", OP_TEXT, true}}},
    {"session.end", RIGHT_NONE, OP_SELF, true, op_session_end, {{"token", OP_TEXT, true}}},
    {"session.list", RIGHT_NONE, OP_SELF, false, op_session_list, {{0}}},
    {"session.rename",
     RIGHT_NONE,
     OP_SELF,
     true,
     op_session_rename,
     {{"session", OP_TEXT, true}, {"name", OP_TEXT, true}}},
    {"session.remove", RIGHT_NONE, OP_SELF, true, op_session_remove, {{"session", OP_TEXT, true}}},
    {"session.remove-others", RIGHT_NONE, OP_SELF, true, op_session_remove_others, {{"keep", OP_TEXT, true}}},
    {"account.password",
     RIGHT_NONE,
     OP_SELF,
     true,
     op_account_password,
     {{"encoded", OP_TEXT, true}, {"keep", OP_TEXT, true}}},
    {"account.join", RIGHT_NONE, OP_SELF, true, op_account_join, {{0}}},
    {"play.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"uptime.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"alert_rule.list", RIGHT_ADMINISTER, OP_ANYWHERE, false, op_alert_rule_list, {{0}}},
    {"alert_rule.add", RIGHT_ADMINISTER, OP_ANYWHERE, true, op_alert_rule_add, {ALERT_FIELDS}},
    {"alert_rule.change",
     RIGHT_ADMINISTER,
     OP_ANYWHERE,
     true,
     op_alert_rule_change,
     {{"rule", OP_TEXT, true}, ALERT_FIELDS}},
    {"alert_rule.remove",
     RIGHT_ADMINISTER,
     OP_ANYWHERE,
     true,
     op_alert_rule_remove,
     {{"rule", OP_TEXT, true}}},
    {"alert_rule.test", RIGHT_ADMINISTER, OP_ANYWHERE, true, op_alert_rule_test, {{"rule", OP_TEXT, true}}},
    {"alert_message.list", RIGHT_ADMINISTER, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"mail_server.set",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_mail_server_set,
     {{"host", OP_TEXT, true},
      {"port", OP_INTEGER, false},
      {"tls", OP_TEXT, false},
      {"user", OP_TEXT, false},
      {"password", OP_TEXT, false},
      {"from", OP_TEXT, true}}},
    {"mail_server.remove", RIGHT_ADMINISTER, OP_WHOLE, true, op_mail_server_remove, {{0}}},
    {"mail_server.show", RIGHT_ADMINISTER, OP_WHOLE, false, op_mail_server_show, {{0}}},
    {"content.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"content.show", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {CONTENT, {"number", OP_INTEGER, false}}},
    {"content.upload", RIGHT_EDIT, OP_WHOLE, false, op_nothing, {{0}}},
    {"content.change",
     RIGHT_EDIT,
     OP_WHOLE,
     true,
     op_content_change,
     {CONTENT,
      {"name", OP_TEXT, false},
      {"folder", OP_TEXT, false},
      {"tags", OP_TEXTS, false},
      {"valid_from", OP_TEXT, false},
      {"valid_to", OP_TEXT, false}}},
    {"content.delete", RIGHT_EDIT, OP_WHOLE, true, op_content_delete, {CONTENT}},
    {"content.restore", RIGHT_EDIT, OP_WHOLE, true, op_content_restore, {CONTENT}},
    {"content.empty-bin", RIGHT_EDIT, OP_WHOLE, true, op_content_empty, {{NULL, OP_TEXT, false}}},
    {"content.revert",
     RIGHT_EDIT,
     OP_WHOLE,
     true,
     op_content_revert,
     {CONTENT, {"number", OP_INTEGER, true}}},
    {"content.publish", RIGHT_PUBLISH, OP_ANYWHERE, true, op_content_publish, {CONTENT}},
    {"channel.list", RIGHT_VIEW, OP_ANYWHERE, false, op_nothing, {{0}}},
    {"channel.show", RIGHT_VIEW, OP_CHANNEL, false, op_channel_show, {CHANNEL}},
    {"schedule.show",
     RIGHT_VIEW,
     OP_CHANNEL,
     false,
     op_schedule_show,
     {CHANNEL,
      {"from", OP_TEXT, false},
      {"to", OP_TEXT, false},
      {"time_zone", OP_TEXT, false},
      {"draft", OP_BOOLEAN, false}}},
    {"schedule.calendar",
     RIGHT_VIEW,
     OP_CHANNEL,
     false,
     op_schedule_calendar,
     {CHANNEL, {"draft", OP_BOOLEAN, false}}},
    {"schedule.read", RIGHT_EDIT, OP_CHANNEL, false, op_nothing, {CHANNEL}},
    {"screen.now", RIGHT_VIEW, OP_SCREEN, false, op_screen_now, {SCREEN, {"at", OP_TEXT, false}}},
    {"channel.preview", RIGHT_VIEW, OP_CHANNEL, false, op_channel_show, {CHANNEL}},
    {"channel.add",
     RIGHT_EDIT,
     OP_WHOLE,
     true,
     op_channel_add,
     {{"id", OP_TEXT, false}, {"title", OP_TEXT, true}}},
    {"channel.change",
     RIGHT_EDIT,
     OP_CHANNEL,
     true,
     op_channel_change,
     {CHANNEL, {"title", OP_TEXT, false}, {"networks", OP_TEXTS, false}}},
    {"channel.publish",
     RIGHT_PUBLISH,
     OP_CHANNEL,
     true,
     op_channel_publish,
     {CHANNEL, {"note", OP_TEXT, false}, {"files", OP_INTEGER, false}, {"rollout", OP_OBJECT, false}}},
    {"network.screens",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_network_screens,
     {{"channel", OP_TEXT, false}, {"ranges", OP_IDS, true}}},
    {"network.proxies",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_network_proxies,
     {{"header", OP_TEXT, false}, {"ranges", OP_IDS, true}}},
    {"screen.proxy", RIGHT_ADMINISTER, OP_SCREEN, true, op_screen_proxy, {SCREEN}},
    {"keys.rotate", RIGHT_ADMINISTER, OP_WHOLE, true, op_keys_rotate, {{"roles", OP_TEXTS, true}}},
    {"channel.rotate-key", RIGHT_ADMINISTER, OP_CHANNEL, true, op_channel_rotate_key, {CHANNEL}},
    {"authority.rotate", RIGHT_ADMINISTER, OP_WHOLE, true, op_authority_rotate, {{0}}},
    {"authority.retire",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_authority_retire,
     {{"fingerprint", OP_TEXT, true}, {"force", OP_BOOLEAN, true}}},
    {"repository.restored",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_repository_restored,
     {{"root_version", OP_INTEGER, true}}},
    {"repository.restate-time", RIGHT_ADMINISTER, OP_WHOLE, true, op_repository_restate_time, {{0}}},
    {"rollout.show", RIGHT_VIEW, OP_CHANNEL, false, op_rollout_show, {CHANNEL}},
    {"rollout.advance", RIGHT_PUBLISH, OP_CHANNEL, true, op_rollout_advance, {CHANNEL}},
    {"rollout.halt", RIGHT_PUBLISH, OP_CHANNEL, true, op_rollout_halt, {CHANNEL}},
    {"rollout.resume", RIGHT_PUBLISH, OP_CHANNEL, true, op_rollout_resume, {CHANNEL}},
    {"rollout.finish", RIGHT_PUBLISH, OP_CHANNEL, true, op_rollout_finish, {CHANNEL}},
    {"rollout.cancel", RIGHT_PUBLISH, OP_CHANNEL, true, op_rollout_cancel, {CHANNEL}},
    {"channel.unpublish", RIGHT_PUBLISH, OP_CHANNEL, true, op_channel_unpublish, {CHANNEL}},
    {"channel.remove",
     RIGHT_PUBLISH,
     OP_CHANNEL,
     true,
     op_channel_remove,
     {CHANNEL, {"move_to", OP_TEXT, false}}},
    {"draft.change", RIGHT_EDIT, OP_CHANNEL, true, op_draft_change, {CHANNEL, {"document", OP_OBJECT, true}}},
    {"job.show", RIGHT_VIEW, OP_CHANNEL, false, op_job_show, {CHANNEL, {"job", OP_TEXT, true}}},
    {"job.approve", RIGHT_PUBLISH, OP_CHANNEL, true, op_job_approve, {CHANNEL, {"job", OP_TEXT, true}}},
    {"job.decline",
     RIGHT_PUBLISH,
     OP_CHANNEL,
     true,
     op_job_decline,
     {CHANNEL, {"job", OP_TEXT, true}, {"reason", OP_TEXT, false}}},
    {"version.show", RIGHT_VIEW, OP_CHANNEL, false, op_version_show, {CHANNEL, {"number", OP_INTEGER, true}}},
    {"version.name",
     RIGHT_EDIT,
     OP_CHANNEL,
     true,
     op_version_name,
     {CHANNEL, {"number", OP_INTEGER, true}, {"name", OP_TEXT, true}}},
    {"channel.restore",
     RIGHT_PUBLISH,
     OP_CHANNEL,
     true,
     op_channel_restore,
     {CHANNEL, {"number", OP_INTEGER, true}, {"note", OP_TEXT, false}}},
    {"publishing.show", RIGHT_VIEW, OP_ANYWHERE, false, op_publishing_show, {{0}}},
    {"publishing.change",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_publishing_change,
     {{"approval", OP_BOOLEAN, true}}},
    {"feed.list", RIGHT_VIEW, OP_ANYWHERE, false, op_feed_list, {{0}}},
    {"feed.show", RIGHT_VIEW, OP_ANYWHERE, false, op_feed_show, {FEED}},
    {"feed.add", RIGHT_EDIT, OP_ANYWHERE, true, op_feed_add, {FEED, FEED_FIELDS}},
    {"feed.change", RIGHT_EDIT, OP_ANYWHERE, true, op_feed_change, {FEED, FEED_FIELDS}},
    {"feed.remove", RIGHT_EDIT, OP_ANYWHERE, true, op_feed_remove, {FEED}},
    {"feed.value", RIGHT_EDIT, OP_ANYWHERE, true, op_feed_value, {FEED, {"value", OP_ANY, true}}},
    {"feed_key.list", RIGHT_ADMINISTER, OP_WHOLE, false, op_feed_key_list, {{0}}},
    {"feed_key.add",
     RIGHT_ADMINISTER,
     OP_WHOLE,
     true,
     op_feed_key_add,
     {{"name", OP_TEXT, true}, {"feeds", OP_TEXTS, true}, {"expires", OP_TEXT_OR_NULL, false}}},
    {"feed_key.revoke", RIGHT_ADMINISTER, OP_WHOLE, true, op_feed_key_revoke, {{"key", OP_TEXT, true}}},
};

const struct operation *operations_all(size_t *count) {
    *count = PP_COUNT(operations);
    return operations;
}

const struct operation *operation_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(operations); i++) {
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    }
    return NULL;
}

/* ---- The request ---- */

const char *op_text_or_null(const struct op *op, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(op->request, name));
}

const char *op_text(const struct op *op, const char *name) {
    const char *text = op_text_or_null(op, name);
    return text ? text : "";
}

int64_t op_integer(const struct op *op, const char *name) {
    int64_t number = 0;
    (void)!pp_json_integer(op->request, name, -PP_JSON_INTEGER_MAX, PP_JSON_INTEGER_MAX, &number, NULL);
    return number;
}

bool op_has(const struct op *op, const char *name) {
    return cJSON_HasObjectItem(op->request, name);
}

bool op_given(const struct op *op, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->request, name);
    return value && !cJSON_IsNull(value);
}

bool op_fail(struct op *op, const char *field, enum pp_code code, struct pp_error *error, const char *format,
             ...) {
    char message[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_mend(message);
    snprintf(op->result->field, sizeof op->result->field, "%s", field);
    text_mend(op->result->field);
    return pp_fail(error, code, "%s", message);
}

void op_note(struct op *op, cJSON *before, cJSON *after) {
    pp_json_destroy(op->before);
    pp_json_destroy(op->after);
    op->before = before;
    op->after = after;
}

cJSON *op_answer(struct op *op) {
    if (!op->result->value)
        op->result->value = cJSON_CreateObject();
    return op->result->value;
}

void op_result_finish(struct op_result *result) {
    pp_json_destroy(result->value);
    *result = (struct op_result){0};
}

static bool texts_fit(const cJSON *value, int max) {
    const cJSON *item;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > max)
        return false;
    cJSON_ArrayForEach(item, value) {
        if (!cJSON_IsString(item) || strlen(item->valuestring) > OP_TEXT_MAX)
            return false;
    }
    return true;
}

static bool objects_fit(const cJSON *value, int max) {
    const cJSON *item;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) > max)
        return false;
    cJSON_ArrayForEach(item, value) {
        if (!cJSON_IsObject(item))
            return false;
    }
    return true;
}

static bool integer_fits(const cJSON *request, const char *name) {
    int64_t number;
    return pp_json_integer(request, name, -PP_JSON_INTEGER_MAX, PP_JSON_INTEGER_MAX, &number, NULL);
}

static bool value_fits(const cJSON *request, const cJSON *value, enum op_type type) {
    switch (type) {
    case OP_TEXT:
        return cJSON_IsString(value) && strlen(value->valuestring) <= OP_TEXT_MAX;
    case OP_INTEGER:
        return integer_fits(request, value->string);
    case OP_BOOLEAN:
        return cJSON_IsBool(value);
    case OP_TEXTS:
        return texts_fit(value, OP_LIST_MAX);
    case OP_IDS:
        return texts_fit(value, OP_IDS_MAX);
    case OP_OBJECT:
        return cJSON_IsObject(value);
    case OP_OBJECTS:
        return objects_fit(value, OP_LIST_MAX);
    case OP_TEXT_OR_NULL:
        return cJSON_IsNull(value) || value_fits(request, value, OP_TEXT);
    case OP_INTEGER_OR_NULL:
        return cJSON_IsNull(value) || value_fits(request, value, OP_INTEGER);
    case OP_BOOLEAN_OR_NULL:
        return cJSON_IsNull(value) || value_fits(request, value, OP_BOOLEAN);
    case OP_OBJECT_OR_NULL:
        return cJSON_IsNull(value) || cJSON_IsObject(value);
    case OP_ANY:
        return true;
    }
    return false;
}

static const struct op_field *field_find(const struct operation *operation, const char *name) {
    for (const struct op_field *field = operation->fields; field->name; field++) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

static bool request_check(struct op *op, struct pp_error *error) {
    static const char *const types[] = {[OP_TEXT] = "a text",
                                        [OP_INTEGER] = "a whole number",
                                        [OP_BOOLEAN] = "true or false",
                                        [OP_TEXTS] = "a list of texts",
                                        [OP_IDS] = "a list of at most 500 ids",
                                        [OP_OBJECT] = "an object",
                                        [OP_OBJECTS] = "a list of objects",
                                        [OP_TEXT_OR_NULL] = "a text or null",
                                        [OP_INTEGER_OR_NULL] = "a whole number or null",
                                        [OP_BOOLEAN_OR_NULL] = "true, false or null",
                                        [OP_OBJECT_OR_NULL] = "an object or null",
                                        [OP_ANY] = "JSON"};
    const cJSON *value;
    cJSON_ArrayForEach(value, op->request) {
        const struct op_field *field = field_find(op->operation, value->string);
        if (!field)
            return op_fail(op, value->string, PP_E_INVALID, error, "%.32s: not a member of this request",
                           value->string);
        if (!value_fits(op->request, value, field->type))
            return op_fail(op, field->name, PP_E_INVALID, error, "%s: must be %s", field->name,
                           types[field->type]);
    }
    for (const struct op_field *field = op->operation->fields; field->name; field++) {
        if (field->needed && !op_has(op, field->name))
            return op_fail(op, field->name, PP_E_INVALID, error, "%s: is missing", field->name);
    }
    return true;
}

/* ---- Whether they may ---- */

static bool deny(const struct op *op, struct pp_error *error) {
    return pp_fail(error, PP_E_DENIED, "%s may not do this (%s: needs the right to %s)", op->actor->name,
                   op->operation->name, right_name(op->operation->right));
}

static bool screen_allow(struct op *op, struct pp_error *error) {
    const struct place place = {op->device.site, op->device.channel};
    return actor_may_at(op->actor, op->operation->right, &place) || deny(op, error);
}

static bool screen_find(struct op *op, struct pp_error *error) {
    struct pp_error missing = {0};
    const char *id = op_text(op, "screen");
    snprintf(op->target, sizeof op->target, "%.36s", id);
    if (device_find(op->db, id, &op->device, &missing)) {
        const struct place place = {op->device.site, op->device.channel};
        if (actor_may_at(op->actor, RIGHT_VIEW, &place))
            return screen_allow(op, error);
        missing.code = PP_E_NOTFOUND;
    }
    return missing.code == PP_E_NOTFOUND
               ? op_fail(op, "screen", PP_E_NOTFOUND, error, "no such screen: %.40s", id)
               : pp_fail(error, missing.code, "%s", missing.message);
}

static bool channel_allow(struct op *op, struct pp_error *error) {
    const struct place place = {"", op_text(op, "channel")};
    snprintf(op->target, sizeof op->target, "%.*s", CHANNEL_ID_MAX, place.channel);
    if (!actor_may_at(op->actor, RIGHT_VIEW, &place))
        return op_fail(op, "channel", PP_E_NOTFOUND, error, "no such channel");
    return actor_may_at(op->actor, op->operation->right, &place) || deny(op, error);
}

static bool site_allow(struct op *op, struct pp_error *error) {
    const struct place place = {op_text(op, "site"), ""};
    snprintf(op->target, sizeof op->target, "%.*s", TEXT_NAME_MAX, place.site);
    if (!actor_may_at(op->actor, RIGHT_VIEW, &place))
        return op_fail(op, "site", PP_E_NOTFOUND, error, "no such site");
    struct pp_error why = {0};
    if (!actor_may_at(op->actor, op->operation->right, &place))
        return deny(op, error);
    return text_check("site", place.site, 1, TEXT_NAME_MAX, &why) ||
           op_fail(op, "site", why.code, error, "%s", why.message);
}

/* Before anything is done. */
static bool op_allow(struct op *op, struct pp_error *error) {
    const struct place place = {op_text(op, "site"), op_text(op, "channel")};
    switch (op->operation->concern) {
    case OP_SELF:
        return op->actor->kind == ACTOR_PERSON || deny(op, error);
    case OP_WHOLE:
        return actor_may(op->actor, op->operation->right) || deny(op, error);
    case OP_ANYWHERE:
        return actor_may_somewhere(op->actor, op->operation->right) || deny(op, error);
    case OP_SCREEN:
        return screen_find(op, error);
    case OP_CHANNEL:
        return channel_allow(op, error);
    case OP_SITE:
        return site_allow(op, error);
    case OP_NEW_SCREEN:
        return actor_may_at(op->actor, op->operation->right, &place) || deny(op, error);
    }
    return deny(op, error);
}

/* ---- Running ---- */

bool op_nothing(struct op *op, struct pp_error *error) {
    (void)op;
    (void)error;
    return true;
}

/* Somebody's own session, by its token. */
bool op_session_end(struct op *op, struct pp_error *error) {
    return admin_session_end(op->db, op_text(op, "token"), error);
}

/* For the audit; NULL on failure. */
static cJSON *screen_facts(struct db *db, const struct device *device, struct pp_error *error) {
    cJSON *tags = screen_tags_json(db, device->id, error);
    if (!tags)
        return NULL;
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "name", device->name);
    cJSON_AddStringToObject(facts, "site", device->site);
    cJSON_AddStringToObject(facts, "channel", device->channel);
    cJSON_AddStringToObject(facts, "time_zone", device->time_zone);
    cJSON_AddStringToObject(facts, "locale", device->locale);
    cJSON_AddNumberToObject(facts, "rotation", device->rotation);
    cJSON_AddBoolToObject(facts, "offline_mark", device->offline_mark);
    cJSON_AddNumberToObject(facts, "lock_after_s", (double)device->lock_after_s);
    cJSON_AddNumberToObject(facts, "erase_after_s", (double)device->erase_after_s);
    cJSON_AddStringToObject(facts, "access", device_access_name(device->access));
    cJSON_AddStringToObject(facts, "status", device->status);
    cJSON_AddItemToObject(facts, "tags", tags);
    return facts;
}

/* What the screen has become. Who moves one away has to be allowed there as well. */
static bool screen_settle(struct op *op, struct pp_error *error) {
    struct device device;
    struct pp_error missing = {0};
    if (!device_find(op->db, op->target, &device, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    if (!op->after && !(op->after = screen_facts(op->db, &device, error)))
        return false;
    const struct place place = {device.site, device.channel};
    return actor_may_at(op->actor, op->operation->right, &place) || deny(op, error);
}

/* Who may not is told so, whatever else is wrong with what they ask. */
static bool op_admit(struct op *op, struct pp_error *error) {
    struct pp_error wrong = {0};
    struct pp_error denied = {0};
    bool fits = request_check(op, &wrong);
    char field[sizeof op->result->field];
    memcpy(field, op->result->field, sizeof field);
    bool allowed = op_allow(op, &denied);
    if (!allowed && (fits || denied.code == PP_E_DENIED))
        return pp_fail(error, denied.code, "%s", denied.message);
    memcpy(op->result->field, field, sizeof field);
    return fits || pp_fail(error, wrong.code, "%s", wrong.message);
}

static bool op_carry_out(struct op *op, struct pp_error *error) {
    bool settles = op->operation->concern == OP_SCREEN && op->operation->changes;
    if (!op_admit(op, error) || (settles && !(op->before = screen_facts(op->db, &op->device, error))))
        return false;
    return op->operation->run(op, error) && (!settles || screen_settle(op, error));
}

static bool op_audit(struct op *op, const char *outcome, struct pp_error *error) {
    text_mend(op->target);
    const struct audit_entry entry = {.actor = op->actor,
                                      .operation = op->operation->name,
                                      .outcome = outcome,
                                      .target = op->target,
                                      .before = op->before,
                                      .after = op->after};
    return audit_add(op->db, &entry, error);
}

/* What was begun is undone, but for what is to stay. That somebody tried what they may not is kept. */
static void op_refuse(struct op *op, struct db_change *change, const struct pp_error *why) {
    struct pp_error error = {0};
    bool denied = why->code == PP_E_DENIED;
    if (!op->kept)
        db_change_rollback(change);
    if (!op->kept && !denied)
        return;
    if (!op_audit(op, denied ? "denied" : "refused", &error) ||
        (op->kept && !db_change_commit(change, &error)))
        pp_log_error("audit of %s: %s", op->operation->name, error.message);
}

static bool op_change(struct op *op, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    struct pp_error why = {0};
    if (!db_change_begin(&change, op->db, error))
        return false;
    if (!op_carry_out(op, &why)) {
        op_refuse(op, &change, &why);
        return pp_fail(error, why.code, "%s", why.message);
    }
    return op_audit(op, "done", error) && db_change_commit(&change, error);
}

bool ops_run(const struct op_place *at, const struct actor *actor, const char *name, const cJSON *request,
             struct op_result *result, struct pp_error *error) {
    struct op op = {.at = at,
                    .db = at->db,
                    .actor = actor,
                    .operation = operation_find(name),
                    .request = request,
                    .result = result};
    *result = (struct op_result){0};
    if (!op.operation)
        return pp_fail(error, PP_E_UNSUPPORTED, "there is no operation %s", name);
    bool done = op.operation->changes ? op_change(&op, error) : op_carry_out(&op, error);
    pp_json_destroy(op.before);
    pp_json_destroy(op.after);
    if (done && op.wakes)
        home_wake(at->home);
    return done;
}
