#include "headend/api/routes.h"
#include "headend/ingest/calendar.h"

#include "headend/api/handlers.h"
#include "headend/ops/content_upload.h"
#include "headend/ops/publish_job.h"
#include "headend/webauthn/answer.h"

#define JSON        "application/json"
#define SETUP_MAX   4096        /* bytes, of what has no passkey in it */
#define SIGN_IN_MAX 2048        /* bytes */
#define SCREEN_MAX  (16 * 1024) /* bytes */
#define ACTIONS_MAX (64 * 1024) /* bytes */
#define FEED_MAX    (24 * 1024) /* bytes, with its schema */

static const struct route_api events = {.produces = "text/event-stream"};
static const struct route_api screens = {.list = &api_screens_form, .operation = "screen.list"};
static const struct route_api screens_count = {.list = &api_screens_count_form, .operation = "screen.list"};
static const struct route_api counts = {.list = &api_counts_form, .operation = "screen.list"};
static const struct route_api users = {.operation = "user.list"};
static const struct route_api users_add = {.operation = "user.add"};
static const struct route_api users_roles = {.operation = "user.roles"};
static const struct route_api users_remove = {.operation = "user.remove"};
static const struct route_api users_lock = {.operation = "user.lock"};
static const struct route_api users_unlock = {.operation = "user.unlock"};
static const struct route_api users_setup_link = {.operation = "user.setup-link"};
static const struct route_api session_list = {.operation = "session.list"};
static const struct route_api session_rename = {.operation = "session.rename", .id = "session"};
static const struct route_api session_remove = {.operation = "session.remove", .id = "session"};
static const struct route_api sessions_remove = {.operation = "session.remove-others"};
static const struct route_api account_password = {.operation = "account.password"};
static const struct route_api passkey_added = {.operation = "passkey.add"};
static const struct route_api passkey_renamed = {.operation = "passkey.rename"};
static const struct route_api passkey_removed = {.operation = "passkey.remove"};
static const struct route_api session_end = {.operation = "session.end"};
static const struct route_api screen_show = {.operation = "screen.show"};
static const struct route_api screen_change = {.operation = "screen.change"};
static const struct route_api screen_remove = {.operation = "screen.remove"};
static const struct route_api screen_retire = {.operation = "screen.retire"};
static const struct route_api screen_revoke = {.operation = "screen.revoke"};
static const struct route_api screen_restore = {.operation = "screen.restore"};
static const struct route_api screen_sign_out = {.operation = "screen.sign-out"};
static const struct route_api screen_reports = {.operation = "screen.reports"};
static const struct route_api screen_log = {.operation = "screen.log", .produces = "text/plain"};
static const struct route_api screen_commands = {.operation = "screen.commands"};
static const struct route_api screen_command = {.operation = "screen.command"};
static const struct route_api screen_picture = {
    .list = &api_picture_form, .operation = "screen.picture", .produces = "image/png"};
static const struct route_api screens_act = {.operation = "screens.act"};
static const struct route_api screen_settings = {.operation = "screen.settings"};
static const struct route_api screen_set = {.operation = "screen.set"};
static const struct route_api organisation_settings = {.operation = "organisation.settings"};
static const struct route_api organisation_set = {.operation = "organisation.set"};
static const struct route_api site_settings = {.list = &api_site_form, .operation = "site.settings"};
static const struct route_api site_set = {.list = &api_site_form, .operation = "site.set"};
static const struct route_api groups = {.list = &api_groups_form, .operation = "group.list"};
static const struct route_api group_create = {.operation = "group.create"};
static const struct route_api group_show = {.operation = "group.show", .id = "group"};
static const struct route_api group_change = {.operation = "group.change", .id = "group"};
static const struct route_api group_remove = {.operation = "group.remove", .id = "group"};
static const struct route_api group_settings = {.operation = "group.settings", .id = "group"};
static const struct route_api group_set = {.operation = "group.set", .id = "group"};
static const struct route_api enrolment_list = {.operation = "enrolment.list"};
static const struct route_api enrolment_show = {.operation = "enrolment.show"};
static const struct route_api enrolment_approve = {.operation = "enrolment.approve"};
static const struct route_api enrolment_refuse = {.operation = "enrolment.refuse"};
static const struct route_api plays = {.list = &api_plays_form, .operation = "play.list"};
static const struct route_api uptime = {.list = &api_uptime_form, .operation = "uptime.list"};
static const struct route_api message_list = {.operation = "message.list"};
static const struct route_api message_send = {.operation = "message.send"};
static const struct route_api message_count = {.operation = "message.count"};
static const struct route_api message_picture = {.produces = "image/jpeg", .operation = "message.picture"};
static const struct route_api message_show = {.operation = "message.show", .id = "message"};
static const struct route_api message_cancel = {.operation = "message.cancel", .id = "message"};
static const struct route_api alert_rule_list = {.operation = "alert_rule.list"};
static const struct route_api alert_rule_add = {.operation = "alert_rule.add"};
static const struct route_api alert_rule_change = {.operation = "alert_rule.change", .id = "rule"};
static const struct route_api alert_rule_remove = {.operation = "alert_rule.remove", .id = "rule"};
static const struct route_api alert_rule_test = {.operation = "alert_rule.test", .id = "rule"};
static const struct route_api alert_message_list = {.list = &api_alert_messages_form,
                                                    .operation = "alert_message.list"};
static const struct route_api mail_server_show = {.operation = "mail_server.show"};
static const struct route_api mail_server_set = {.operation = "mail_server.set"};
static const struct route_api mail_server_remove = {.operation = "mail_server.remove"};
static const struct route_api uploads = {.mark = api_uploads_mark};
static const struct route_api upload_create = {
    .mark = api_uploads_mark, .sink = &upload_create_sink, .operation = "content.upload"};
static const struct route_api upload_append = {.mark = api_uploads_mark, .sink = &upload_append_sink};
static const struct route_api content_list = {.list = &api_content_form, .operation = "content.list"};
static const struct route_api content_folders = {.operation = "content.list"};
static const struct route_api content_empty = {.operation = "content.empty-bin"};
static const struct route_api content_show = {.operation = "content.show", .id = "content"};
static const struct route_api content_change = {.operation = "content.change", .id = "content"};
static const struct route_api content_delete = {.operation = "content.delete", .id = "content"};
static const struct route_api content_restore = {.operation = "content.restore", .id = "content"};
static const struct route_api content_thumbnail = {
    .operation = "content.show", .id = "content", .produces = "image/png"};
static const struct route_api content_file = {
    .operation = "content.show", .id = "content", .produces = "application/octet-stream"};
static const struct route_api content_publish = {.operation = "content.publish", .id = "content"};
static const struct route_api content_revert = {.operation = "content.revert", .id = "content"};
static const struct route_api channels = {.list = &api_channels_form, .operation = "channel.list"};
static const struct route_api channel_add = {.operation = "channel.add"};
static const struct route_api channel_show = {.operation = "channel.show", .id = "channel"};
static const struct route_api channel_schedule = {
    .list = &api_schedule_form, .operation = "schedule.show", .id = "channel"};
static const struct route_api channel_calendar = {.list = &api_calendar_form,
                                                  .operation = "schedule.calendar",
                                                  .id = "channel",
                                                  .produces = "text/calendar"};
static const struct route_api calendar_read_in = {.operation = "schedule.read", .id = "channel"};
static const struct route_api screen_now = {.list = &api_now_form, .operation = "screen.now"};
static const struct route_api preview = {.list = &api_preview_form,
                                         .produces = "multipart/mixed",
                                         .operation = "channel.preview",
                                         .id = "channel"};
static const struct route_api preview_still = {
    .list = &api_preview_form, .produces = "image/jpeg", .operation = "channel.preview", .id = "channel"};
static const struct route_api channel_change = {.operation = "channel.change", .id = "channel"};
static const struct route_api channel_remove = {.operation = "channel.remove", .id = "channel"};
static const struct route_api channel_publish = {.operation = "channel.publish", .id = "channel"};
static const struct route_api channel_unpublish = {.operation = "channel.unpublish", .id = "channel"};
static const struct route_api draft_change = {.operation = "draft.change", .id = "channel"};
static const struct route_api channel_restore = {.operation = "channel.restore", .id = "channel"};
static const struct route_api job_approve = {.operation = "job.approve", .id = "channel"};
static const struct route_api job_decline = {.operation = "job.decline", .id = "channel"};
static const struct route_api version_show = {.operation = "version.show", .id = "channel"};
static const struct route_api version_name = {.operation = "version.name", .id = "channel"};
static const struct route_api publishing_show = {.operation = "publishing.show"};
static const struct route_api publishing_change = {.operation = "publishing.change"};
static const struct route_api rollout_show = {.operation = "rollout.show", .id = "channel"};
static const struct route_api rollout_advance = {.operation = "rollout.advance", .id = "channel"};
static const struct route_api rollout_halt = {.operation = "rollout.halt", .id = "channel"};
static const struct route_api rollout_resume = {.operation = "rollout.resume", .id = "channel"};
static const struct route_api rollout_finish = {.operation = "rollout.finish", .id = "channel"};
static const struct route_api rollout_cancel = {.operation = "rollout.cancel", .id = "channel"};
static const struct route_api job_show = {.operation = "job.show", .id = "channel"};
static const struct route_api feed_list = {.operation = "feed.list"};
static const struct route_api feed_add = {.operation = "feed.add"};
static const struct route_api feed_show = {.operation = "feed.show", .id = "feed"};
static const struct route_api feed_change = {.operation = "feed.change", .id = "feed"};
static const struct route_api feed_remove = {.operation = "feed.remove", .id = "feed"};
static const struct route_api feed_value = {.operation = "feed.value", .id = "feed"};
static const struct route_api feed_key_list = {.operation = "feed_key.list"};
static const struct route_api feed_key_add = {.operation = "feed_key.add"};
static const struct route_api feed_key_revoke = {.operation = "feed_key.revoke", .id = "key"};

static const struct route routes[] = {
    {"GET", "/api/v1/session", ROUTE_API, NULL, 0, api_session, WORK_WRITES, NULL},
    {"POST", "/api/v1/session", ROUTE_OPEN, "application/json", SIGN_IN_MAX, api_session_begin, WORK_WRITES,
     NULL},
    {"DELETE", "/api/v1/session", ROUTE_API, NULL, 0, api_session_end, WORK_WRITES, &session_end},
    {"POST", "/api/v1/setup", ROUTE_OPEN, JSON, ANSWER_TEXT_MAX, api_setup, WORK_WRITES, NULL},
    {"POST", "/api/v1/setup/check", ROUTE_OPEN, JSON, SETUP_MAX, api_setup_check, WORK_WRITES, NULL},
    {"POST", "/api/v1/setup/passkey-options", ROUTE_OPEN, JSON, SETUP_MAX, api_setup_passkey_options,
     WORK_WRITES, NULL},
    {"POST", "/api/v1/session/passkey-options", ROUTE_OPEN, JSON, SETUP_MAX, api_passkey_options, WORK_WRITES,
     NULL},
    {"POST", "/api/v1/session/passkey", ROUTE_OPEN, JSON, ANSWER_TEXT_MAX, api_passkey_sign_in, WORK_WRITES,
     NULL},
    {"GET", "/api/v1/passkeys", ROUTE_API, NULL, 0, api_passkeys, WORK_WRITES, NULL},
    {"POST", "/api/v1/passkeys", ROUTE_API, JSON, ANSWER_TEXT_MAX, api_passkeys_add, WORK_WRITES,
     &passkey_added},
    {"POST", "/api/v1/passkeys/options", ROUTE_API, JSON, SETUP_MAX, api_passkeys_options, WORK_WRITES, NULL},
    {"PATCH", "/api/v1/passkeys/{id:uuid}", ROUTE_API, JSON, SETUP_MAX, api_passkey_rename, WORK_WRITES,
     &passkey_renamed},
    {"DELETE", "/api/v1/passkeys/{id:uuid}", ROUTE_API, NULL, 0, api_passkey_remove, WORK_WRITES,
     &passkey_removed},
    {"GET", "/api/v1/events", ROUTE_API, NULL, 0, api_events, WORK_WRITES, &events},
    {"GET", "/api/v1/screens", ROUTE_API, NULL, 0, api_screens, WORK_WRITES, &screens},
    {"GET", "/api/v1/screens/{id:uuid}", ROUTE_API, NULL, 0, api_screen, WORK_WRITES, &screen_show},
    {"PATCH", "/api/v1/screens/{id:uuid}", ROUTE_API, JSON, SCREEN_MAX, api_screen_change, WORK_WRITES,
     &screen_change},
    {"DELETE", "/api/v1/screens/{id:uuid}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &screen_remove},
    {"POST", "/api/v1/screens/{id:uuid}/retire", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &screen_retire},
    {"POST", "/api/v1/screens/{id:uuid}/revoke", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &screen_revoke},
    {"POST", "/api/v1/screens/{id:uuid}/restore", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &screen_restore},
    {"POST", "/api/v1/screens/{id:uuid}/sign-out", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &screen_sign_out},
    {"GET", "/api/v1/screens/{id:uuid}/events", ROUTE_API, NULL, 0, api_screen_events, WORK_WRITES,
     &screen_reports},
    {"GET", "/api/v1/screens/{id:uuid}/reports", ROUTE_API, NULL, 0, api_screen_reports, WORK_WRITES,
     &screen_reports},
    {"GET", "/api/v1/screens/{id:uuid}/commands", ROUTE_API, NULL, 0, api_commands, WORK_WRITES,
     &screen_commands},
    {"POST", "/api/v1/screens/{id:uuid}/commands", ROUTE_API, JSON, SCREEN_MAX, api_command_add, WORK_WRITES,
     &screen_command},
    {"GET", "/api/v1/screens/{id:uuid}/commands/{command:uuid}", ROUTE_API, NULL, 0, api_command, WORK_WRITES,
     &screen_commands},
    {"POST", "/api/v1/screens/{id:uuid}/commands/{command:uuid}/log", ROUTE_API, NULL, 0, api_command_log,
     WORK_WRITES, &screen_log},
    {"GET", "/api/v1/screens/{id:uuid}/picture", ROUTE_API, NULL, 0, api_screen_picture, WORK_WRITES,
     &screen_picture},
    {"GET", "/api/v1/screens/{id:uuid}/now", ROUTE_API, NULL, 0, api_schedule, WORK_WRITES, &screen_now},
    {"POST", "/api/v1/screens/actions", ROUTE_API, JSON, ACTIONS_MAX, api_operate, WORK_WRITES, &screens_act},
    {"GET", "/api/v1/screens/{id:uuid}/settings", ROUTE_API, NULL, 0, api_tagged, WORK_WRITES,
     &screen_settings},
    {"PATCH", "/api/v1/screens/{id:uuid}/settings", ROUTE_API, JSON, SCREEN_MAX, api_tagged_change,
     WORK_WRITES, &screen_set},
    {"GET", "/api/v1/settings", ROUTE_API, NULL, 0, api_tagged, WORK_WRITES, &organisation_settings},
    {"PATCH", "/api/v1/settings", ROUTE_API, JSON, SCREEN_MAX, api_tagged_change, WORK_WRITES,
     &organisation_set},
    {"GET", "/api/v1/sites/settings", ROUTE_API, NULL, 0, api_tagged, WORK_WRITES, &site_settings},
    {"PATCH", "/api/v1/sites/settings", ROUTE_API, JSON, SCREEN_MAX, api_tagged_change, WORK_WRITES,
     &site_set},
    {"GET", "/api/v1/users", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &users},
    {"POST", "/api/v1/users", ROUTE_API, JSON, SCREEN_MAX, api_user_add, WORK_WRITES, &users_add},
    {"PATCH", "/api/v1/users/{id}", ROUTE_API, JSON, SCREEN_MAX, api_user_change, WORK_WRITES, &users_roles},
    {"DELETE", "/api/v1/users/{id}", ROUTE_API, NULL, 0, api_user_change, WORK_WRITES, &users_remove},
    {"POST", "/api/v1/users/{id}/lock", ROUTE_API, NULL, 0, api_user_change, WORK_WRITES, &users_lock},
    {"POST", "/api/v1/users/{id}/unlock", ROUTE_API, NULL, 0, api_user_change, WORK_WRITES, &users_unlock},
    {"POST", "/api/v1/users/{id}/setup-link", ROUTE_API, NULL, 0, api_user_setup_link, WORK_WRITES,
     &users_setup_link},
    {"GET", "/api/v1/sessions", ROUTE_API, NULL, 0, api_sessions, WORK_WRITES, &session_list},
    {"DELETE", "/api/v1/sessions", ROUTE_API, NULL, 0, api_sessions_remove, WORK_WRITES, &sessions_remove},
    {"PATCH", "/api/v1/sessions/{id:uuid}", ROUTE_API, JSON, SETUP_MAX, api_operate, WORK_WRITES,
     &session_rename},
    {"DELETE", "/api/v1/sessions/{id:uuid}", ROUTE_API, NULL, 0, api_session_remove, WORK_WRITES,
     &session_remove},
    {"PUT", "/api/v1/account/password", ROUTE_API, JSON, SIGN_IN_MAX, api_account_password, WORK_WRITES,
     &account_password},
    {"GET", "/api/v1/screens/count", ROUTE_API, NULL, 0, api_screens_count, WORK_WRITES, &screens_count},
    {"GET", "/api/v1/sites", ROUTE_API, NULL, 0, api_sites, WORK_WRITES, &counts},
    {"GET", "/api/v1/tags", ROUTE_API, NULL, 0, api_tags, WORK_WRITES, &counts},
    {"GET", "/api/v1/groups", ROUTE_API, NULL, 0, api_groups, WORK_WRITES, &groups},
    {"POST", "/api/v1/groups", ROUTE_API, JSON, ACTIONS_MAX, api_group_create, WORK_WRITES, &group_create},
    {"GET", "/api/v1/groups/{id:uuid}", ROUTE_API, NULL, 0, api_tagged, WORK_WRITES, &group_show},
    {"PATCH", "/api/v1/groups/{id:uuid}", ROUTE_API, JSON, ACTIONS_MAX, api_tagged_change, WORK_WRITES,
     &group_change},
    {"DELETE", "/api/v1/groups/{id:uuid}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &group_remove},
    {"GET", "/api/v1/groups/{id:uuid}/settings", ROUTE_API, NULL, 0, api_tagged, WORK_WRITES,
     &group_settings},
    {"PATCH", "/api/v1/groups/{id:uuid}/settings", ROUTE_API, JSON, SCREEN_MAX, api_tagged_change,
     WORK_WRITES, &group_set},
    {"GET", "/api/v1/enrolments", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &enrolment_list},
    {"GET", "/api/v1/enrolments/{code}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &enrolment_show},
    {"POST", "/api/v1/enrolments/{code}/approve", ROUTE_API, JSON, SCREEN_MAX, api_operate, WORK_WRITES,
     &enrolment_approve},
    {"POST", "/api/v1/enrolments/{code}/refuse", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &enrolment_refuse},
    {"GET", "/api/v1/plays", ROUTE_API, NULL, 0, api_plays, WORK_READS, &plays},
    {"GET", "/api/v1/uptime", ROUTE_API, NULL, 0, api_uptime, WORK_READS, &uptime},
    {"GET", "/api/v1/messages", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &message_list},
    {"POST", "/api/v1/messages", ROUTE_API, JSON, ACTIONS_MAX, api_message_send, WORK_WRITES, &message_send},
    {"POST", "/api/v1/messages/count", ROUTE_API, JSON, ACTIONS_MAX, api_operate, WORK_WRITES,
     &message_count},
    {"POST", "/api/v1/messages/picture", ROUTE_API, JSON, ACTIONS_MAX, api_message_picture, WORK_WRITES,
     &message_picture},
    {"GET", "/api/v1/messages/{id:uuid}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &message_show},
    {"POST", "/api/v1/messages/{id:uuid}/cancel", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &message_cancel},
    {"GET", "/api/v1/alert-rules", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &alert_rule_list},
    {"POST", "/api/v1/alert-rules", ROUTE_API, JSON, SCREEN_MAX, api_operate, WORK_WRITES, &alert_rule_add},
    {"PATCH", "/api/v1/alert-rules/{id:uuid}", ROUTE_API, JSON, SCREEN_MAX, api_operate, WORK_WRITES,
     &alert_rule_change},
    {"DELETE", "/api/v1/alert-rules/{id:uuid}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &alert_rule_remove},
    {"POST", "/api/v1/alert-rules/{id:uuid}/test", ROUTE_API, NULL, 0, api_operate, WORK_WRITES,
     &alert_rule_test},
    {"GET", "/api/v1/alert-messages", ROUTE_API, NULL, 0, api_alert_messages, WORK_WRITES,
     &alert_message_list},
    {"GET", "/api/v1/mail-server", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &mail_server_show},
    {"PUT", "/api/v1/mail-server", ROUTE_API, JSON, SETUP_MAX, api_operate, WORK_WRITES, &mail_server_set},
    {"DELETE", "/api/v1/mail-server", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &mail_server_remove},
    {"OPTIONS", "/api/v1/uploads", ROUTE_OPEN, NULL, 0, api_uploads_options, WORK_NONE, &uploads},
    {"GET", "/api/v1/uploads", ROUTE_API, NULL, 0, api_uploads, WORK_WRITES, &uploads},
    {"POST", "/api/v1/uploads", ROUTE_API, NULL, CONTENT_UPLOAD_MAX, api_upload_create, WORK_WRITES,
     &upload_create},
    {"OPTIONS", "/api/v1/uploads/{id:uuid}", ROUTE_OPEN, NULL, 0, api_uploads_options, WORK_NONE, &uploads},
    {"GET", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, 0, api_upload, WORK_WRITES, &uploads},
    {"PATCH", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, CONTENT_UPLOAD_MAX, api_upload_append,
     WORK_WRITES, &upload_append},
    {"DELETE", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, 0, api_upload_end, WORK_WRITES, &uploads},
    {"GET", "/api/v1/content", ROUTE_API, NULL, 0, api_content, WORK_WRITES, &content_list},
    {"GET", "/api/v1/content/folders", ROUTE_API, NULL, 0, api_content_folders, WORK_WRITES,
     &content_folders},
    {"DELETE", "/api/v1/content/bin", ROUTE_API, NULL, 0, api_content_empty, WORK_WRITES, &content_empty},
    {"GET", "/api/v1/content/{id:uuid}", ROUTE_API, NULL, 0, api_content_one, WORK_WRITES, &content_show},
    {"PATCH", "/api/v1/content/{id:uuid}", ROUTE_API, JSON, SCREEN_MAX, api_content_change, WORK_WRITES,
     &content_change},
    {"DELETE", "/api/v1/content/{id:uuid}", ROUTE_API, NULL, 0, api_content_delete, WORK_WRITES,
     &content_delete},
    {"POST", "/api/v1/content/{id:uuid}/restore", ROUTE_API, NULL, 0, api_content_restore, WORK_WRITES,
     &content_restore},
    {"GET", "/api/v1/content/{id:uuid}/thumbnail", ROUTE_API, NULL, 0, api_content_thumbnail, WORK_WRITES,
     &content_thumbnail},
    {"GET", "/api/v1/content/{id:uuid}/file", ROUTE_API, NULL, 0, api_content_file, WORK_WRITES,
     &content_file},
    {"GET", "/api/v1/content/{id:uuid}/uses", ROUTE_API, NULL, 0, api_content_uses, WORK_WRITES,
     &content_show},
    {"POST", "/api/v1/content/{id:uuid}/publish", ROUTE_API, NULL, 0, api_content_publish, WORK_WRITES,
     &content_publish},
    {"GET", "/api/v1/content/{id:uuid}/versions", ROUTE_API, NULL, 0, api_content_versions, WORK_WRITES,
     &content_show},
    {"GET", "/api/v1/content/{id:uuid}/versions/{number:number}/thumbnail", ROUTE_API, NULL, 0,
     api_content_thumbnail, WORK_WRITES, &content_thumbnail},
    {"GET", "/api/v1/content/{id:uuid}/versions/{number:number}/file", ROUTE_API, NULL, 0, api_content_file,
     WORK_WRITES, &content_file},
    {"POST", "/api/v1/content/{id:uuid}/versions/{number:number}/restore", ROUTE_API, NULL, 0,
     api_content_restore, WORK_WRITES, &content_revert},
    {"GET", "/api/v1/channels", ROUTE_API, NULL, 0, api_channels, WORK_WRITES, &channels},
    {"POST", "/api/v1/channels", ROUTE_API, JSON, SCREEN_MAX, api_channel_add, WORK_WRITES, &channel_add},
    {"GET", "/api/v1/channels/{id}", ROUTE_API, NULL, 0, api_channel, WORK_WRITES, &channel_show},
    {"PATCH", "/api/v1/channels/{id}", ROUTE_API, JSON, SCREEN_MAX, api_channel_change, WORK_WRITES,
     &channel_change},
    {"DELETE", "/api/v1/channels/{id}", ROUTE_API, NULL, 0, api_job_ask, WORK_WRITES, &channel_remove},
    {"GET", "/api/v1/channels/{id}/draft", ROUTE_API, NULL, 0, api_draft, WORK_WRITES, &channel_show},
    {"PUT", "/api/v1/channels/{id}/draft", ROUTE_API, JSON, PUBLISH_DOCUMENT_MAX, api_draft_change,
     WORK_WRITES, &draft_change},
    {"GET", "/api/v1/channels/{id}/preview", ROUTE_API, NULL, 0, api_preview, WORK_WRITES, &preview},
    {"GET", "/api/v1/channels/{id}/preview.jpg", ROUTE_API, NULL, 0, api_preview_still, WORK_WRITES,
     &preview_still},
    {"GET", "/api/v1/channels/{id}/draft/changes", ROUTE_API, NULL, 0, api_draft_changes, WORK_WRITES,
     &channel_show},
    {"GET", "/api/v1/channels/{id}/schedule", ROUTE_API, NULL, 0, api_schedule, WORK_WRITES,
     &channel_schedule},
    {"GET", "/api/v1/channels/{id}/schedule/calendar", ROUTE_API, NULL, 0, api_calendar, WORK_WRITES,
     &channel_calendar},
    {"POST", "/api/v1/channels/{id}/schedule/calendar", ROUTE_API, "text/calendar", CALENDAR_SIZE_MAX,
     api_calendar_read, WORK_WRITES, &calendar_read_in},
    {"POST", "/api/v1/channels/{id}/publish", ROUTE_API, JSON, SETUP_MAX, api_job_ask, WORK_WRITES,
     &channel_publish},
    {"POST", "/api/v1/channels/{id}/unpublish", ROUTE_API, NULL, 0, api_job_ask, WORK_WRITES,
     &channel_unpublish},
    {"GET", "/api/v1/channels/{id}/rollout", ROUTE_API, NULL, 0, api_rollout, WORK_WRITES, &rollout_show},
    {"POST", "/api/v1/channels/{id}/rollout/advance", ROUTE_API, NULL, 0, api_rollout_change, WORK_WRITES,
     &rollout_advance},
    {"POST", "/api/v1/channels/{id}/rollout/halt", ROUTE_API, NULL, 0, api_rollout_change, WORK_WRITES,
     &rollout_halt},
    {"POST", "/api/v1/channels/{id}/rollout/resume", ROUTE_API, NULL, 0, api_rollout_change, WORK_WRITES,
     &rollout_resume},
    {"POST", "/api/v1/channels/{id}/rollout/finish", ROUTE_API, NULL, 0, api_rollout_change, WORK_WRITES,
     &rollout_finish},
    {"POST", "/api/v1/channels/{id}/rollout/cancel", ROUTE_API, NULL, 0, api_rollout_change, WORK_WRITES,
     &rollout_cancel},
    {"GET", "/api/v1/channels/{id}/jobs", ROUTE_API, NULL, 0, api_jobs, WORK_WRITES, &channel_show},
    {"GET", "/api/v1/channels/{id}/jobs/{job:uuid}", ROUTE_API, NULL, 0, api_job, WORK_WRITES, &job_show},
    {"POST", "/api/v1/channels/{id}/jobs/{job:uuid}/approve", ROUTE_API, NULL, 0, api_job_decide, WORK_WRITES,
     &job_approve},
    {"POST", "/api/v1/channels/{id}/jobs/{job:uuid}/decline", ROUTE_API, JSON, SETUP_MAX, api_job_decide,
     WORK_WRITES, &job_decline},
    {"GET", "/api/v1/channels/{id}/versions", ROUTE_API, NULL, 0, api_versions, WORK_WRITES, &channel_show},
    {"GET", "/api/v1/channels/{id}/versions/{number:number}", ROUTE_API, NULL, 0, api_version, WORK_WRITES,
     &version_show},
    {"PATCH", "/api/v1/channels/{id}/versions/{number:number}", ROUTE_API, JSON, SETUP_MAX, api_version_name,
     WORK_WRITES, &version_name},
    {"POST", "/api/v1/channels/{id}/versions/{number:number}/restore", ROUTE_API, JSON, SETUP_MAX,
     api_job_ask, WORK_WRITES, &channel_restore},
    {"GET", "/api/v1/settings/publishing", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &publishing_show},
    {"PUT", "/api/v1/settings/publishing", ROUTE_API, JSON, SETUP_MAX, api_operate, WORK_WRITES,
     &publishing_change},
    {"GET", "/api/v1/feeds", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &feed_list},
    {"POST", "/api/v1/feeds", ROUTE_API, JSON, FEED_MAX, api_operate, WORK_WRITES, &feed_add},
    {"GET", "/api/v1/feeds/{id}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &feed_show},
    {"PATCH", "/api/v1/feeds/{id}", ROUTE_API, JSON, FEED_MAX, api_operate, WORK_WRITES, &feed_change},
    {"DELETE", "/api/v1/feeds/{id}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &feed_remove},
    {"PUT", "/api/v1/feeds/{id}/value", ROUTE_API, JSON, HTTP_BODY_MAX, api_operate, WORK_WRITES,
     &feed_value},
    {"GET", "/api/v1/feed-keys", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &feed_key_list},
    {"POST", "/api/v1/feed-keys", ROUTE_API, JSON, SCREEN_MAX, api_operate, WORK_WRITES, &feed_key_add},
    {"DELETE", "/api/v1/feed-keys/{id:uuid}", ROUTE_API, NULL, 0, api_operate, WORK_WRITES, &feed_key_revoke},
};

const struct route_table api_routes = {routes, PP_COUNT(routes)};
