/* What the functions of operations have, in ops/ alone. */
#ifndef HEADEND_OPS_OPERATION_H
#define HEADEND_OPS_OPERATION_H

#include "headend/ops/operations.h"

struct op {
    const struct op_place *at;
    struct db *db; /* of `at` */
    const struct actor *actor;
    const struct operation *operation;
    const cJSON *request; /* of the shape that the table says */
    struct device device; /* of OP_SCREEN, as it was */
    struct op_result *result;
    /* For the audit. Of OP_SCREEN they are made, unless the function says something else. */
    char target[TEXT_NAME_MAX + 1];
    cJSON *before, *after;
    bool kept;  /* it fails, and what was written all the same is to stay: a wrong answer that counts */
    bool wakes; /* running servers have something new to tell screens */
};

/* "" and 0 where the request has none of that name. Borrowed. */
const char *op_text(const struct op *op, const char *name);
/* NULL where it has none. */
const char *op_text_or_null(const struct op *op, const char *name);
int64_t op_integer(const struct op *op, const char *name);
bool op_has(const struct op *op, const char *name);
/* It has one that is not null. */
bool op_given(const struct op *op, const char *name);
/* Fails, about a field of the request. */
bool op_fail(struct op *op, const char *field, enum pp_code code, struct pp_error *error, const char *format,
             ...) __attribute__((format(printf, 5, 6)));
/* What the audit is told, in place of what it would be: takes both. */
void op_note(struct op *op, cJSON *before, cJSON *after);
/* An object for the result, which owns it; NULL without memory. */
cJSON *op_answer(struct op *op);

/* operations.c */
bool op_nothing(struct op *op, struct pp_error *error);
bool op_session_end(struct op *op, struct pp_error *error);
/* op_database.c */
bool op_database_moved(struct op *op, struct pp_error *error);
/* op_screens.c */
bool op_screen_change(struct op *op, struct pp_error *error);
bool op_screen_access(struct op *op, struct pp_error *error);
bool op_screen_sign_out(struct op *op, struct pp_error *error);
bool op_screen_retire(struct op *op, struct pp_error *error);
bool op_screen_revoke(struct op *op, struct pp_error *error);
bool op_screen_restore(struct op *op, struct pp_error *error);
bool op_screen_remove(struct op *op, struct pp_error *error);
bool op_screen_log(struct op *op, struct pp_error *error);
bool op_screen_command(struct op *op, struct pp_error *error);
bool op_screens_act(struct op *op, struct pp_error *error);
/* op_enrolments.c */
bool op_enrolment_approve(struct op *op, struct pp_error *error);
bool op_enrolment_refuse(struct op *op, struct pp_error *error);
bool op_enrolment_show(struct op *op, struct pp_error *error);
bool op_enrolment_list(struct op *op, struct pp_error *error);
/* op_users.c */
bool op_user_list(struct op *op, struct pp_error *error);
bool op_user_add(struct op *op, struct pp_error *error);
bool op_user_roles(struct op *op, struct pp_error *error);
bool op_user_password(struct op *op, struct pp_error *error);
bool op_user_remove(struct op *op, struct pp_error *error);
bool op_user_lock(struct op *op, struct pp_error *error);
bool op_user_unlock(struct op *op, struct pp_error *error);
bool op_user_setup_link(struct op *op, struct pp_error *error);
/* op_alerts.c */
bool op_alert_rule_add(struct op *op, struct pp_error *error);
bool op_alert_rule_change(struct op *op, struct pp_error *error);
bool op_alert_rule_remove(struct op *op, struct pp_error *error);
bool op_alert_rule_test(struct op *op, struct pp_error *error);
bool op_alert_rule_list(struct op *op, struct pp_error *error);
bool op_mail_server_set(struct op *op, struct pp_error *error);
bool op_mail_server_remove(struct op *op, struct pp_error *error);
bool op_mail_server_show(struct op *op, struct pp_error *error);
/* op_accounts.c */
bool op_session_list(struct op *op, struct pp_error *error);
bool op_session_rename(struct op *op, struct pp_error *error);
bool op_session_remove(struct op *op, struct pp_error *error);
bool op_session_remove_others(struct op *op, struct pp_error *error);
bool op_account_password(struct op *op, struct pp_error *error);
bool op_account_join(struct op *op, struct pp_error *error);
bool op_setup_link(struct op *op, struct pp_error *error);
bool op_account_first(struct op *op, struct pp_error *error);
bool op_passkey_add(struct op *op, struct pp_error *error);
bool op_passkey_rename(struct op *op, struct pp_error *error);
bool op_passkey_remove(struct op *op, struct pp_error *error);
/* op_content.c */
bool op_content_change(struct op *op, struct pp_error *error);
bool op_content_delete(struct op *op, struct pp_error *error);
bool op_content_restore(struct op *op, struct pp_error *error);
bool op_content_empty(struct op *op, struct pp_error *error);
bool op_content_revert(struct op *op, struct pp_error *error);
bool op_content_publish(struct op *op, struct pp_error *error);
/* op_channels.c */
bool op_channel_add(struct op *op, struct pp_error *error);
bool op_channel_show(struct op *op, struct pp_error *error);
bool op_channel_change(struct op *op, struct pp_error *error);
/* op_publish.c */
bool op_draft_change(struct op *op, struct pp_error *error);
bool op_channel_publish(struct op *op, struct pp_error *error);
bool op_channel_unpublish(struct op *op, struct pp_error *error);
bool op_channel_remove(struct op *op, struct pp_error *error);
bool op_channel_restore(struct op *op, struct pp_error *error);
bool op_job_show(struct op *op, struct pp_error *error);
bool op_job_approve(struct op *op, struct pp_error *error);
bool op_job_decline(struct op *op, struct pp_error *error);
bool op_version_show(struct op *op, struct pp_error *error);
bool op_version_name(struct op *op, struct pp_error *error);
bool op_publishing_show(struct op *op, struct pp_error *error);
bool op_publishing_change(struct op *op, struct pp_error *error);
/* op_schedule.c */
bool op_schedule_show(struct op *op, struct pp_error *error);
bool op_screen_now(struct op *op, struct pp_error *error);
bool op_schedule_calendar(struct op *op, struct pp_error *error);
/* op_network.c */
bool op_network_screens(struct op *op, struct pp_error *error);
bool op_network_proxies(struct op *op, struct pp_error *error);
bool op_screen_proxy(struct op *op, struct pp_error *error);
/* op_keys.c */
bool op_keys_rotate(struct op *op, struct pp_error *error);
bool op_channel_rotate_key(struct op *op, struct pp_error *error);
bool op_authority_rotate(struct op *op, struct pp_error *error);
bool op_authority_retire(struct op *op, struct pp_error *error);
bool op_repository_restored(struct op *op, struct pp_error *error);
bool op_repository_restate_time(struct op *op, struct pp_error *error);
/* op_rollout.c */
bool op_rollout_show(struct op *op, struct pp_error *error);
bool op_rollout_advance(struct op *op, struct pp_error *error);
bool op_rollout_halt(struct op *op, struct pp_error *error);
bool op_rollout_resume(struct op *op, struct pp_error *error);
bool op_rollout_finish(struct op *op, struct pp_error *error);
bool op_rollout_cancel(struct op *op, struct pp_error *error);
/* op_groups.c */
bool op_group_show(struct op *op, struct pp_error *error);
bool op_group_create(struct op *op, struct pp_error *error);
bool op_group_change(struct op *op, struct pp_error *error);
bool op_group_remove(struct op *op, struct pp_error *error);
/* op_messages.c */
bool op_message_send(struct op *op, struct pp_error *error);
bool op_message_count(struct op *op, struct pp_error *error);
bool op_message_list(struct op *op, struct pp_error *error);
bool op_message_show(struct op *op, struct pp_error *error);
bool op_message_picture(struct op *op, struct pp_error *error);
bool op_message_cancel(struct op *op, struct pp_error *error);
/* op_settings.c */
bool op_settings_show(struct op *op, struct pp_error *error);
bool op_settings_change(struct op *op, struct pp_error *error);
bool op_screen_settings_show(struct op *op, struct pp_error *error);
/* op_feeds.c */
bool op_feed_add(struct op *op, struct pp_error *error);
bool op_feed_change(struct op *op, struct pp_error *error);
bool op_feed_remove(struct op *op, struct pp_error *error);
bool op_feed_list(struct op *op, struct pp_error *error);
bool op_feed_show(struct op *op, struct pp_error *error);
bool op_feed_value(struct op *op, struct pp_error *error);
bool op_feed_key_add(struct op *op, struct pp_error *error);
bool op_feed_key_revoke(struct op *op, struct pp_error *error);
bool op_feed_key_list(struct op *op, struct pp_error *error);

#endif
