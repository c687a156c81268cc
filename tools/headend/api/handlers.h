/* The handlers of the table in routes.c, each in the file named above it. */
#ifndef HEADEND_API_HANDLERS_H
#define HEADEND_API_HANDLERS_H

#include "headend/server/route.h"

/* session.c */
void api_session(struct request *request, struct reply *reply);
void api_session_begin(struct request *request, struct reply *reply);
void api_session_end(struct request *request, struct reply *reply);
/* sessions.c */
void api_sessions(struct request *request, struct reply *reply);
void api_session_remove(struct request *request, struct reply *reply);
void api_sessions_remove(struct request *request, struct reply *reply);
void api_account_password(struct request *request, struct reply *reply);
/* session.c: Answers with a session that has begun, and has the browser keep it. Its token is a secret. */
void api_session_reply(struct request *request, struct reply *reply, unsigned status, const char *name,
                       const char *token);
/* body.c */
/* Whether the request's body is an object, which is request->document then. False: it is answered. */
bool api_body(struct request *request, struct reply *reply);
/* The same of a route that nobody is signed in for: and no other site's page has made the request. */
bool api_open_body(struct request *request, struct reply *reply);
/* setup.c */
void api_setup_check(struct request *request, struct reply *reply);
void api_setup(struct request *request, struct reply *reply);
void api_setup_passkey_options(struct request *request, struct reply *reply);
/* passkey_sign_in.c */
void api_passkey_options(struct request *request, struct reply *reply);
void api_passkey_sign_in(struct request *request, struct reply *reply);
/* passkeys.c */
void api_passkeys(struct request *request, struct reply *reply);
void api_passkeys_options(struct request *request, struct reply *reply);
void api_passkeys_add(struct request *request, struct reply *reply);
void api_passkey_rename(struct request *request, struct reply *reply);
void api_passkey_remove(struct request *request, struct reply *reply);
/* events.c */
void api_events(struct request *request, struct reply *reply);
/* screens.c */
extern const struct list_form api_screens_form, api_screens_count_form;
void api_screens_count(struct request *request, struct reply *reply);
void api_screens(struct request *request, struct reply *reply);
void api_screen(struct request *request, struct reply *reply);
void api_screen_change(struct request *request, struct reply *reply);
void api_screen_events(struct request *request, struct reply *reply);
void api_screen_reports(struct request *request, struct reply *reply);
/* commands.c */
void api_commands(struct request *request, struct reply *reply);
void api_command(struct request *request, struct reply *reply);
void api_command_add(struct request *request, struct reply *reply);
void api_command_log(struct request *request, struct reply *reply);
extern const struct list_form api_picture_form;
void api_screen_picture(struct request *request, struct reply *reply);
/* groups.c */
extern const struct list_form api_groups_form;
void api_groups(struct request *request, struct reply *reply);
void api_group_create(struct request *request, struct reply *reply);
/* places.c */
extern const struct list_form api_counts_form;
void api_sites(struct request *request, struct reply *reply);
void api_tags(struct request *request, struct reply *reply);
/* users.c */
void api_user_add(struct request *request, struct reply *reply);
void api_user_setup_link(struct request *request, struct reply *reply);
void api_user_change(struct request *request, struct reply *reply);
/* tagged.c */
void api_tagged(struct request *request, struct reply *reply);
void api_tagged_change(struct request *request, struct reply *reply);
/* operate.c */
extern const struct list_form api_site_form;
void api_operate(struct request *request, struct reply *reply);
/* uploads.c */
extern const struct body_sink upload_create_sink, upload_append_sink;
void api_uploads_mark(struct reply *reply);
void api_uploads_options(struct request *request, struct reply *reply);
void api_uploads(struct request *request, struct reply *reply);
void api_upload_create(struct request *request, struct reply *reply);
void api_upload(struct request *request, struct reply *reply);
void api_upload_append(struct request *request, struct reply *reply);
void api_upload_end(struct request *request, struct reply *reply);
/* content.c */
extern const struct list_form api_content_form;
extern const struct list_form api_plays_form;
extern const struct list_form api_uptime_form;
void api_plays(struct request *request, struct reply *reply);
void api_uptime(struct request *request, struct reply *reply);
extern const struct list_form api_alert_messages_form;
#define API_KEY_MAX 64 /* bytes of an Idempotency-Key */
/* Whether it is one: printable, and not too long (commands.c). */
bool api_key_good(const char *key);
/* messages.c */
void api_message_send(struct request *request, struct reply *reply);
void api_message_picture(struct request *request, struct reply *reply);
void api_alert_messages(struct request *request, struct reply *reply);
void api_content(struct request *request, struct reply *reply);
void api_content_folders(struct request *request, struct reply *reply);
void api_content_empty(struct request *request, struct reply *reply);
void api_content_one(struct request *request, struct reply *reply);
void api_content_change(struct request *request, struct reply *reply);
void api_content_delete(struct request *request, struct reply *reply);
void api_content_restore(struct request *request, struct reply *reply);
void api_content_thumbnail(struct request *request, struct reply *reply);
void api_content_file(struct request *request, struct reply *reply);
void api_content_uses(struct request *request, struct reply *reply);
void api_content_publish(struct request *request, struct reply *reply);
void api_content_versions(struct request *request, struct reply *reply);
/* channels.c */
extern const struct list_form api_channels_form;
void api_channels(struct request *request, struct reply *reply);
void api_channel(struct request *request, struct reply *reply);
void api_channel_add(struct request *request, struct reply *reply);
void api_channel_change(struct request *request, struct reply *reply);
/* rollout.c */
void api_rollout(struct request *request, struct reply *reply);
void api_rollout_change(struct request *request, struct reply *reply);
/* publishing.c */
void api_draft(struct request *request, struct reply *reply);
void api_draft_change(struct request *request, struct reply *reply);
void api_draft_changes(struct request *request, struct reply *reply);
extern const struct list_form api_preview_form;
void api_preview(struct request *request, struct reply *reply);
void api_preview_still(struct request *request, struct reply *reply);
void api_job_ask(struct request *request, struct reply *reply);
void api_jobs(struct request *request, struct reply *reply);
void api_job(struct request *request, struct reply *reply);
void api_job_decide(struct request *request, struct reply *reply);
void api_versions(struct request *request, struct reply *reply);
void api_version(struct request *request, struct reply *reply);
void api_version_name(struct request *request, struct reply *reply);

/* schedule.c */
extern const struct list_form api_schedule_form, api_calendar_form, api_now_form;
void api_schedule(struct request *request, struct reply *reply);
void api_calendar(struct request *request, struct reply *reply);
void api_calendar_read(struct request *request, struct reply *reply);

#endif
