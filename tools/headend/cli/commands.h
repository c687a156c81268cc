/* The program's commands, one row each in the table of commands.c. */
#ifndef HEADEND_CLI_COMMANDS_H
#define HEADEND_CLI_COMMANDS_H

#include "base/json.h"
#include "base/options.h"
#include "headend/db/home_open.h"
#include "headend/ops/operations.h"
#include "headend/ops/screen_request.h"
#include "headend/ops/users.h"

/* One command, with the words from its name's last on. */
typedef bool command_function(int argc, char **argv, struct pp_error *error);

/* Runs what the words after the program's name ask for. `serve` is the command of that name: what serves stands above
 * this room. */
PP_MUST_USE bool command_run(int argc, char **argv, command_function *serve, struct pp_error *error);

/* The options of `table`, and exactly `count` other words behind them, the first at argv[*first]; `needed` says
 * which. */
PP_MUST_USE bool command_words(const struct pp_option *table, int argc, char **argv, int count, int *first,
                               const char *needed, struct pp_error *error);
void command_print_json(const cJSON *value);

/* cli/operate.c */
/* An operation, of the folder's owner (ops/operations.h). */
PP_MUST_USE bool command_operate(struct home *home, const char *operation, const cJSON *request,
                                 struct op_result *result, struct pp_error *error);
/* One that needs nothing but a screen's id, and answers nothing. */
PP_MUST_USE bool command_operate_on(struct home *home, const char *operation, const char *screen,
                                    struct pp_error *error);

/* cli/init.c */
PP_MUST_USE bool command_init(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_hosts(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_security_contact(int argc, char **argv, struct pp_error *error);
/* cli/database.c */
PP_MUST_USE bool command_db_move(int argc, char **argv, struct pp_error *error);
/* cli/setup.c */
#define SETUP_PORT 8443 /* that `serve` takes unless told otherwise */
PP_MUST_USE bool command_setup_link(int argc, char **argv, struct pp_error *error);
/* Makes a link to set the headend up by (setup_link.h), and prints it, which only a person should read. */
PP_MUST_USE bool command_setup_print(struct home *home, uint64_t port, struct pp_error *error);
/* Whether an option may say that `serve` is reached by this port. */
PP_MUST_USE bool command_setup_port(uint64_t port, struct pp_error *error);
/* cli/user.c */
PP_MUST_USE bool command_user_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_password(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_roles(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_lock(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_unlock(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_user_list(int argc, char **argv, struct pp_error *error);

/* An administrator to be, by the words of a command. */
struct account {
    const char *name;
    bool made; /* the password is made up, and told once */
    char password[PASSWORD_MAX + 2];
};
/* Reads one line of standard input, or makes a password up, and checks both. account_finish wipes it. */
PP_MUST_USE bool account_read(struct account *account, const char *name, bool password_stdin,
                              struct pp_error *error);
void account_print(const struct account *account);
void account_finish(struct account *account);
#define account_auto PP_CLEANUP(account_finish)

/* cli/screen.c */
/* New keys for the channel that a screen has left. Where it cannot be now, the server or the next publish does it. */
void command_change_keys(struct home *home);
PP_MUST_USE bool command_approve(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_refuse(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_set(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_retire(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_revoke(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_restore(int argc, char **argv, struct pp_error *error);
/* cli/access.c */
PP_MUST_USE bool command_screen_access(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_sign_out(int argc, char **argv, struct pp_error *error);
/* cli/screen_proxy.c */
PP_MUST_USE bool command_screen_proxy(int argc, char **argv, struct pp_error *error);
/* cli/schedule.c */
PP_MUST_USE bool command_channel_schedule(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_now(int argc, char **argv, struct pp_error *error);
/* cli/screen_show.c */
PP_MUST_USE bool command_group_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_group_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_group_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_settings(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_show(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_events(int argc, char **argv, struct pp_error *error);
/* cli/screen_command.c */
PP_MUST_USE bool command_screen_command(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_received(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_screen_commands(int argc, char **argv, struct pp_error *error);
/* cli/rollout.c */
PP_MUST_USE bool command_rollout_show(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rollout_advance(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rollout_halt(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rollout_resume(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rollout_finish(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rollout_cancel(int argc, char **argv, struct pp_error *error);
/* cli/message.c */
PP_MUST_USE bool command_message_send(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_message_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_message_show(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_message_cancel(int argc, char **argv, struct pp_error *error);
/* cli/channel.c */
PP_MUST_USE bool command_channel_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_unpublish(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_versions(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_preview(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_restore(int argc, char **argv, struct pp_error *error);
/* cli/feed.c */
PP_MUST_USE bool command_feed_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_set(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_show(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_value(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_key_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_key_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_feed_key_revoke(int argc, char **argv, struct pp_error *error);
/* cli/audit.c */
PP_MUST_USE bool command_report_plays(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_report_uptime(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_add(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_set(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_test(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_alert_messages(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_mail_set(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_mail_show(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_mail_remove(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_audit_export(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_audit_verify(int argc, char **argv, struct pp_error *error);
/* cli/events.c */
PP_MUST_USE bool command_events_verify(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_events_export(int argc, char **argv, struct pp_error *error);
/* cli/network.c */
PP_MUST_USE bool command_network_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_network_screens(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_network_proxies(int argc, char **argv, struct pp_error *error);
/* cli/ca.c */
PP_MUST_USE bool command_ca_list(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_ca_rotate(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_ca_retire(int argc, char **argv, struct pp_error *error);
/* cli/publish.c */
PP_MUST_USE bool command_publish(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_restored(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_rotate_keys(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_channel_rotate_key(int argc, char **argv, struct pp_error *error);
PP_MUST_USE bool command_restate_time(int argc, char **argv, struct pp_error *error);

#endif
