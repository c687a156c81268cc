#include "agent/commands.h"

#include <fcntl.h>
#include <string.h>

#include "agent/agent_internal.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "net/problem.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* ---- Receipts ---- */

static void on_poll_due(void *arg) {
    struct agent *agent = arg;
    command_runner_poll(agent->commands.runner);
}

static void poll_after(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->commands.poll_timer, agent->loop, wait_ms, on_poll_due, agent);
}

/* What the headend calls wrong will not get better by being said again: it is for a person to look at. */
static bool is_unwanted(const struct net_response *response) {
    switch (response->status) {
    case 400:
    case 404:
    case 409:
    case 413:
    case 422: {
        struct net_problem problem;
        return response->ok && net_response_problem(response, &problem);
    }
    default:
        return false;
    }
}

static void on_receipt_sent(void *arg, const struct net_response *response) {
    struct agent *agent = arg;
    struct commands *commands = &agent->commands;
    struct pp_error error = {0};
    commands->call = NULL;
    /* 204 alone: a captive portal answers 200 to everything. */
    bool taken = net_response_check(response, &error) && response->status == 204;
    bool unwanted = !taken && is_unwanted(response);
    if (unwanted)
        reporter_event(agent->reporter, "receipt-refused", "%s", error.message);
    if (taken || unwanted)
        net_retry_reset(&commands->retry);
    else
        poll_after(agent, net_retry_next_ms(&commands->retry, response->retry_after_s));
    command_runner_told(commands->runner, taken || unwanted);
}

static bool post_receipt(struct agent *agent, const char *id, struct net_draft *receipt,
                         struct pp_error *error) {
    char path[64 + COMMAND_ID_SIZE];
    snprintf(path, sizeof path, "/v1/commands/%s/receipt", id);
    struct net_request request = {
        .method = "POST",
        .path = path,
        .content_type = "application/jose",
        .draft = receipt,
        .timeout_ms = COMMANDS_TIMEOUT_MS,
        .send_cookie = true,
        .use_identity = true,
        .on_done = on_receipt_sent,
        .arg = agent,
    };
    agent->commands.call = net_client_start(agent->client, &request, error);
    return agent->commands.call != NULL;
}

static bool send_receipt(struct agent *agent, const struct command_entry *entry, struct pp_error *error) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX);
    if (!command_receipt_write(entry, &payload, error))
        return false;
    struct net_draft *receipt =
        identity_sign_later(agent->identity, COMMAND_RECEIPT_TYP, payload.data, payload.size, error);
    return receipt && post_receipt(agent, entry->id, receipt, error);
}

static bool tell(void *arg, const struct command_entry *entry) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    if (agent_is_ending(agent) || !agent->connection.session ||
        net_timer_is_running(&agent->commands.poll_timer))
        return false;
    if (send_receipt(agent, entry, &error))
        return true;
    pp_log_warning("receipt of %s: %s", entry->name, error.message);
    poll_after(agent, net_retry_next_ms(&agent->commands.retry, -1));
    return false;
}

/* ---- The runner ---- */

static void on_outcome(void *arg, const struct command_entry *entry) {
    struct agent *agent = arg;
    const char *outcome = command_outcome_name(entry->outcome);
    if (agent->reporter && entry->outcome != COMMAND_ACCEPTED)
        reporter_event(agent->reporter, "command", "%s: %s%s%s", entry->name, outcome,
                       *entry->reason ? ": " : "", entry->reason);
    else
        pp_log_info("command %s: %s%s%s", entry->name, outcome, *entry->reason ? ": " : "", entry->reason);
}

static void on_unwritten(void *arg, const struct pp_error *error) {
    struct agent *agent = arg;
    pp_log_warning("the journal of commands: %s", error->message);
    poll_after(agent, COMMANDS_UNWRITTEN_MS);
}

static void read_boot(struct commands *commands) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64);
    *commands->boot = 0;
    if (pp_file_read(AT_FDCWD, BOOT_ID_FILE, &text, NULL))
        snprintf(commands->boot, sizeof commands->boot, "%s", pp_buf_text(&text));
}

bool commands_load(struct agent *agent, struct pp_error *error) {
    struct commands *commands = &agent->commands;
    struct command_runner_config config = {.vault = agent->vault,
                                           .time = pp_wall_clock_source(&agent->floors.clock),
                                           .boot = commands->boot,
                                           .begin = commands_begin_effect,
                                           .tell = tell,
                                           .on_unwritten = on_unwritten,
                                           .on_outcome = on_outcome,
                                           .arg = agent};
    read_boot(commands);
    commands->effect.board_fd = commands->effect.shot_fd = -1;
    controls_load(&agent->controls, agent->vault);
    agent->last_receipt.state_dir = agent->config.state;
    last_receipt_load(&agent->last_receipt, agent->config.state);
    bool in_use = identity_has_certificate(agent->identity);
    wifi_erasure_load(&agent->wifi_erasure, agent->config.state, in_use);
    net_retry_init_random(&commands->retry);
    commands->runner = command_runner_create(&config, error);
    /* A journal that is gone from a screen in use may have been taken away: what was asked until now is not done again.
     * Numbers are milliseconds since 1970, or later. */
    return commands->runner &&
           command_runner_load(commands->runner, in_use ? pp_time_now_ms(&config.time) : 0, error);
}

void commands_begin(struct agent *agent) {
    last_receipt_begin(&agent->last_receipt, agent->loop, agent->client, agent->jobs);
    wifi_erasure_begin(&agent->wifi_erasure, agent->config.network_socket, &agent->last_receipt, agent->loop,
                       agent->jobs);
    network_key_begin(agent);
    command_runner_poll(agent->commands.runner);
    commands_take(agent);
}

void commands_close(struct agent *agent) {
    struct commands *commands = &agent->commands;
    last_receipt_stop(&agent->last_receipt);
    wifi_erasure_stop(&agent->wifi_erasure);
    network_key_stop(agent);
    if (!commands->runner)
        return;
    commands_drop_effect(agent);
    net_timer_stop(&commands->poll_timer);
    net_call_cancel(pp_steal(&commands->call));
    command_runner_destroy(pp_steal(&commands->runner));
}

void commands_take(struct agent *agent) {
    if (!agent->commands.runner || !agent->document.floor.version)
        return;
    commands_on_document(agent);
    command_runner_take(agent->commands.runner, &agent->document.commands);
}

void commands_take_refusal(struct agent *agent, const struct pp_buf *payload) {
    struct command_list list = {0};
    struct pp_error error = {0};
    pp_autojson cJSON *document = pp_json_parse(payload->data, payload->size, payload->max, &error);
    if (!document || !command_list_parse(document, &list, &error)) {
        reporter_event(agent->reporter, "refusal-ignored", "%s", error.message);
        return;
    }
    /* A screen that is refused is told one thing only. */
    size_t kept = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].kind == COMMAND_RETIRE)
            list.items[kept++] = list.items[i];
    }
    list.count = kept;
    if (agent->commands.runner)
        command_runner_take(agent->commands.runner, &list);
}

bool commands_prove_erased(struct agent *agent, struct command_entry *entry) {
    last_receipt_finish(&agent->last_receipt);
    return agent->commands.effect.entry.kind == COMMAND_RETIRE &&
           command_runner_finish_last(agent->commands.runner, entry);
}

void commands_on_contact(struct commands *commands) {
    if (commands->call || !command_runner_has_news(commands->runner))
        return;
    net_timer_stop(&commands->poll_timer);
    command_runner_poll(commands->runner);
}

void commands_forget(struct agent *agent) {
    commands_drop_effect(agent);
    net_call_cancel(pp_steal(&agent->commands.call));
    command_runner_forget(agent->commands.runner);
}
