/* What each command does here. An effect begins in its row of the table and ends, then or later, by effect_end. */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/agent_internal.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "command/board.h"
#include "command/upload.h"
#include "crypto/bulk.h"
#include "net/problem.h"

#define SHOWN_CODE   8  /* characters of the device id, as lists at the headend begin with them */
#define LOG_LINE_MAX 32 /* bytes of time and level before a line's text */

/* `reason` NULL: done, with `result` (JSON, NULL none). */
static void effect_end(struct agent *agent, const char *reason, const char *result) {
    if (agent->commands.effect.entry.kind == COMMAND_UNKNOWN)
        return;
    commands_drop_effect(agent);
    command_runner_finish(agent->commands.runner, reason, result);
}

static void on_overdue(void *arg) {
    effect_end(arg, "it was not over in time", NULL);
}

static bool is_under_way(const struct commands *commands, enum command_kind kind) {
    return commands->effect.entry.kind == kind;
}

/* ---- identify ---- */

static void begin_identify(struct agent *agent, int64_t seconds) {
    struct pp_error error = {0};
    if (!director_identify(agent->director, seconds * 1000, &error))
        effect_end(agent, error.message, NULL);
}

void commands_on_identified(void *arg, bool shown) {
    struct agent *agent = arg;
    if (is_under_way(&agent->commands, COMMAND_IDENTIFY))
        effect_end(agent, shown ? NULL : "the display did not show it", NULL);
}

bool commands_write_identify(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                             struct pp_error *error) {
    return screens_write_identify(arg, width, height, SHOWN_CODE, json, error);
}

/* ---- Uploads: sealed to the headend's key ---- */

static void on_uploaded(void *arg, const struct net_response *response) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    struct command_effect *effect = &agent->commands.effect;
    effect->upload = NULL;
    bool taken = net_response_check(response, &error) && response->status == 204;
    if (!error.code && !taken)
        pp_fail(&error, PP_E_HTTP, "HTTP %d is no answer to an upload", response->status);
    effect_end(agent, taken ? NULL : error.message, taken ? effect->result : NULL);
}

static bool upload_send(struct agent *agent, const char *folder, const struct pp_buf *sealed,
                        struct pp_error *error) {
    char path[64 + COMMAND_ID_SIZE];
    struct command_effect *effect = &agent->commands.effect;
    snprintf(path, sizeof path, "/v1/%s/%s", folder, effect->entry.id);
    struct net_request request = {
        .method = "PUT",
        .path = path,
        .content_type = COMMAND_UPLOAD_TYPE,
        .body = sealed->data,
        .body_size = sealed->size,
        .timeout_ms = COMMANDS_UPLOAD_MS,
        .send_cookie = true,
        .use_identity = true,
        .on_done = on_uploaded,
        .arg = agent,
    };
    effect->upload = net_client_start(agent->client, &request, error);
    return effect->upload != NULL;
}

/* What the receipt says of it, so that what is opened at the headend can be held against the screen's signature. */
static bool upload_describe(struct command_effect *effect, const void *data, size_t size,
                            struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    if (!crypto_sha256(data, size, sha256, error))
        return false;
    pp_hex_encode(sha256, sizeof sha256, hex);
    snprintf(effect->result, sizeof effect->result, "{\"bytes\":%zu,\"sha256\":\"%s\"}", size, hex);
    return true;
}

static void upload(struct agent *agent, const char *folder, const void *data, size_t size) {
    struct pp_error error = {0};
    struct command_effect *effect = &agent->commands.effect;
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    const struct command_upload what = {.device = identity_device_id(agent->identity),
                                        .command = effect->entry.id};
    if (!upload_describe(effect, data, size, &error) ||
        !command_upload_seal(&agent->document.upload_key, &what, data, size, &sealed, &error) ||
        !upload_send(agent, folder, &sealed, &error))
        effect_end(agent, error.message, NULL);
}

/* ---- screenshot ---- */

static void begin_screenshot(struct agent *agent, int64_t value) {
    struct command_effect *effect = &agent->commands.effect;
    (void)value;
    effect->shot_fd = memfd_create("screenshot", MFD_CLOEXEC);
    if (effect->shot_fd < 0)
        effect_end(agent, "no memory for a screenshot", NULL);
    else if (!director_screenshot(agent->director, ++effect->shot_id, effect->shot_fd))
        effect_end(agent, "there is no player", NULL);
}

void commands_on_screenshot(void *arg, const struct ipc_screenshot_done *done) {
    struct agent *agent = arg;
    struct command_effect *effect = &agent->commands.effect;
    struct pp_error error = {0};
    struct stat status = {0};
    pp_autobuf struct pp_buf png = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    if (!is_under_way(&agent->commands, COMMAND_SCREENSHOT) || done->id != effect->shot_id || effect->upload)
        return;
    if (!done->ok || fstat(effect->shot_fd, &status) < 0 || lseek(effect->shot_fd, 0, SEEK_SET) < 0)
        effect_end(agent, "the player could not take it", NULL);
    else if (!pp_file_read_fd(effect->shot_fd, "screenshot", &png, &error))
        effect_end(agent, error.message, NULL);
    else
        upload(agent, "screenshots", png.data, png.size);
}

/* ---- logs: lines that were filtered of secrets before they were kept (base/log_ring.h) ---- */

static bool log_add(struct pp_buf *text, const struct pp_log_line *line, struct pp_error *error) {
    char time[PP_RFC3339_SIZE];
    pp_time_format(line->time_ms / 1000, time);
    return pp_buf_addf(text, error, "%s <%d> %s\n", time, line->level, line->text);
}

static void begin_logs(struct agent *agent, int64_t lines) {
    struct pp_error error = {0};
    struct pp_log_line line;
    struct pp_log_ring *ring = agent->answers.log;
    uint64_t lost = 0, position = pp_log_ring_position(ring, (uint64_t)lines);
    uint64_t end = pp_log_ring_position(ring, 0);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_LOG_RING_LINES * (PP_LOG_RING_TEXT_MAX + LOG_LINE_MAX));
    bool ok = true;
    while (ok && position < end && pp_log_ring_read(ring, &position, &line, &lost))
        ok = log_add(&text, &line, &error);
    if (ok)
        upload(agent, "logs", pp_buf_text(&text), text.size);
    else
        effect_end(agent, error.message, NULL);
}

/* ---- diagnose ---- */

static void on_diagnosed(void *arg, cJSON *document) {
    struct agent *agent = arg;
    pp_autojsontext char *text = document ? cJSON_PrintUnformatted(document) : NULL;
    cJSON_Delete(document);
    agent->commands.effect.diagnosis = NULL;
    if (!text)
        effect_end(agent, "out of memory", NULL);
    else if (strlen(text) > COMMAND_RESULT_MAX)
        effect_end(agent, "the diagnosis is too long for a receipt", NULL);
    else
        effect_end(agent, NULL, text);
}

static void begin_diagnose(struct agent *agent, int64_t value) {
    struct diagnose_config config;
    struct pp_error error = {0};
    struct command_effect *effect = &agent->commands.effect;
    (void)value;
    answers_diagnose_config(agent, &config);
    effect->diagnosis = diagnose_start(agent->loop, &config, on_diagnosed, agent, &error);
    if (!effect->diagnosis)
        effect_end(agent, error.message, NULL);
}

/* ---- What the board's service does ---- */

static void on_board(void *arg, short revents) {
    struct agent *agent = arg;
    struct command_effect *effect = &agent->commands.effect;
    struct pp_error error = {0};
    (void)revents;
    bool done = board_hear(effect->board_fd, &error);
    if (!done && error.code == PP_E_STATE)
        return;
    switch (effect->entry.kind) {
    case COMMAND_REBOOT: /* done when the machine has booted; not when it is on its way */
        net_loop_unwatch(agent->loop, pp_steal(&effect->board_watch));
        if (!done)
            effect_end(agent, error.message, NULL);
        break;
    case COMMAND_DISPLAY: /* black it is, in any case */
        effect_end(agent, NULL, done ? "{\"backlight\":true}" : "{\"backlight\":false}");
        break;
    default:
        effect_end(agent, done ? NULL : error.message, NULL);
    }
}

static bool board_begin(struct agent *agent, enum board_verb verb, uint8_t value, struct pp_error *error) {
    struct command_effect *effect = &agent->commands.effect;
    effect->board_fd = board_ask(agent->config.board_socket, verb, value, error);
    if (effect->board_fd < 0)
        return false;
    effect->board_watch = net_loop_watch(agent->loop, effect->board_fd, POLLIN, on_board, agent, error);
    return effect->board_watch != NULL;
}

static void begin_reboot(struct agent *agent, int64_t value) {
    struct pp_error error = {0};
    (void)value;
    if (!board_begin(agent, BOARD_REBOOT, 0, &error))
        effect_end(agent, error.message, NULL);
}

static void begin_brightness(struct agent *agent, int64_t percent) {
    struct pp_error error = {0};
    if (!board_begin(agent, BOARD_BRIGHTNESS, (uint8_t)percent, &error))
        effect_end(agent, error.message, NULL);
}

/* ---- What the player does ---- */

static void begin_display(struct agent *agent, int64_t on) {
    if (!director_control(agent->director, IPC_CONTROL_POWER, (uint8_t)on))
        effect_end(agent, "there is no player", NULL);
}

static void begin_volume(struct agent *agent, int64_t percent) {
    if (!director_control(agent->director, IPC_CONTROL_VOLUME, (uint8_t)percent))
        effect_end(agent, "there is no player", NULL);
}

void commands_on_controlled(void *arg, const struct ipc_controlled *controlled) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    const struct command_entry *entry = &agent->commands.effect.entry;
    bool wanted = controlled->value == entry->value;
    if (controlled->control == IPC_CONTROL_VOLUME && is_under_way(&agent->commands, COMMAND_VOLUME) &&
        wanted) {
        controls_keep(&agent->controls, controlled);
        effect_end(agent, NULL, NULL);
    } else if (controlled->control == IPC_CONTROL_POWER && is_under_way(&agent->commands, COMMAND_DISPLAY) &&
               wanted && agent->commands.effect.board_fd < 0) {
        controls_keep(&agent->controls, controlled);
        /* The panel's light as well, where there is one that can be switched. */
        if (!board_begin(agent, BOARD_BACKLIGHT, controlled->value, &error))
            effect_end(agent, NULL, "{\"backlight\":false}");
    }
}

static void begin_restart_player(struct agent *agent, int64_t value) {
    (void)value;
    if (!director_control(agent->director, IPC_CONTROL_RESTART, 0))
        effect_end(agent, "there is no player", NULL);
}

void commands_on_player(struct agent *agent) {
    controls_tell(&agent->controls, agent->director);
    if (is_under_way(&agent->commands, COMMAND_RESTART_PLAYER))
        effect_end(agent, NULL, NULL);
}

/* ---- What the agent does itself ---- */

static void begin_restart(struct agent *agent, int64_t value) {
    (void)value;
    pp_log_info("an administrator asks for a restart");
    net_loop_stop(agent->loop); /* in good order; done when the next start finds it in the journal */
}

static void run_clearing(struct pp_job *job) {
    struct clearing *clearing = (struct clearing *)job;
    clearing->ok = store_clear(clearing->agent->store, &clearing->cleared, &clearing->error);
}

static void on_cleared(struct pp_job *job) {
    struct clearing *clearing = (struct clearing *)job;
    char result[96];
    clearing->running = false;
    if (!is_under_way(&clearing->agent->commands, COMMAND_CLEAR_CACHE))
        return;
    snprintf(result, sizeof result, "{\"files\":%llu,\"bytes\":%llu}",
             (unsigned long long)clearing->cleared.files, (unsigned long long)clearing->cleared.bytes);
    effect_end(clearing->agent, clearing->ok ? NULL : clearing->error.message, clearing->ok ? result : NULL);
}

static void begin_clear_cache(struct agent *agent, int64_t value) {
    struct clearing *clearing = &agent->commands.effect.clearing;
    (void)value;
    if (clearing->running) {
        effect_end(agent, "the one before is still under way", NULL);
        return;
    }
    *clearing =
        (struct clearing){.job = {.run = run_clearing, .done = on_cleared}, .agent = agent, .running = true};
    pp_jobs_add(agent->jobs, &clearing->job);
}

/* ---- rotate-keys: the agreement key anew, announced, and used by the headend ---- */

static void run_rotating(struct pp_job *job) {
    struct rotating *rotating = (struct rotating *)job;
    rotating->fresh = agreement_rotate(rotating->agent->vault, &rotating->error);
}

static void on_rotated(struct pp_job *job) {
    struct rotating *rotating = (struct rotating *)job;
    struct agent *agent = rotating->agent;
    rotating->running = false;
    if (rotating->fresh) {
        agreement_destroy(agent->agreement);
        agent->agreement = pp_steal(&rotating->fresh);
        rotating->done = true;
        reporter_event(agent->reporter, "key-changed", "agreement key: %s", agreement_kid(agent->agreement));
    }
    if (!is_under_way(&agent->commands, COMMAND_ROTATE_KEYS))
        return;
    if (!rotating->done)
        effect_end(agent, rotating->error.message, NULL);
    else if (agent->connection.session)
        access_session_renew(
            agent->connection.session); /* announces it; a state that is encrypted to it follows */
}

static void begin_rotate_keys(struct agent *agent, int64_t value) {
    struct rotating *rotating = &agent->commands.effect.rotating;
    (void)value;
    if (rotating->running) {
        effect_end(agent, "the one before is still under way", NULL);
        return;
    }
    *rotating =
        (struct rotating){.job = {.run = run_rotating, .done = on_rotated}, .agent = agent, .running = true};
    pp_jobs_add(agent->keys, &rotating->job);
}

/* ---- set-access-mode: the signed state says it, and is obeyed before this ---- */

static void begin_set_access_mode(struct agent *agent, int64_t mode) {
    const struct access_mode *said = agent->document.access.mode;
    bool obeyed = said && strcmp(said->name, command_word(COMMAND_SET_ACCESS_MODE, mode)) == 0;
    effect_end(agent, obeyed ? NULL : "the state in effect says another mode", NULL);
}

void commands_on_document(struct agent *agent) {
    struct rotating *rotating = &agent->commands.effect.rotating;
    if (agent->control.old_key_used || rotating->running)
        return;
    if (agreement_key_before(agent->agreement))
        agreement_forget_before(agent->agreement, agent->vault);
    if (is_under_way(&agent->commands, COMMAND_ROTATE_KEYS) && rotating->done)
        effect_end(agent, NULL, NULL);
}

static void begin_renew_certificate(struct agent *agent, int64_t value) {
    struct pp_error error = {0};
    (void)value;
    if (!connection_renew(agent, &error))
        effect_end(agent, error.message, NULL);
}

void commands_on_renewed(struct agent *agent, const struct pp_error *failure) {
    if (is_under_way(&agent->commands, COMMAND_RENEW_CERTIFICATE))
        effect_end(agent, failure ? failure->message : NULL, NULL);
}

/* ---- retire: nothing is left but the proof (last_receipt.h) ---- */

static void on_retire_due(void *arg) {
    agent_erase_for(arg, "the headend has retired it");
}

/* From the loop: it takes everything away that this may be called from. */
static void begin_retire(struct agent *agent, int64_t value) {
    (void)value;
    net_timer_start_in(&agent->commands.effect.timer, agent->loop, 0, on_retire_due, agent);
}

/* ---- The table ---- */

void commands_begin_effect(void *arg, const struct command_entry *entry) {
    static void (*const effects[COMMAND_KINDS])(struct agent * agent, int64_t value) = {
        [COMMAND_IDENTIFY] = begin_identify,
        [COMMAND_SCREENSHOT] = begin_screenshot,
        [COMMAND_LOGS] = begin_logs,
        [COMMAND_DIAGNOSE] = begin_diagnose,
        [COMMAND_RESTART_PLAYER] = begin_restart_player,
        [COMMAND_RESTART] = begin_restart,
        [COMMAND_REBOOT] = begin_reboot,
        [COMMAND_DISPLAY] = begin_display,
        [COMMAND_VOLUME] = begin_volume,
        [COMMAND_BRIGHTNESS] = begin_brightness,
        [COMMAND_CLEAR_CACHE] = begin_clear_cache,
        [COMMAND_RETIRE] = begin_retire,
        [COMMAND_ROTATE_KEYS] = begin_rotate_keys,
        [COMMAND_SET_ACCESS_MODE] = begin_set_access_mode,
        [COMMAND_RENEW_CERTIFICATE] = begin_renew_certificate,
    };
    struct agent *agent = arg;
    struct command_effect *effect = &agent->commands.effect;
    int64_t value = entry->value;
    effect->entry = *entry;
    effect->entry.result = NULL;
    net_timer_start_in(&effect->timer, agent->loop, COMMANDS_EFFECT_MAX_MS, on_overdue, agent);
    if (effects[entry->kind])
        effects[entry->kind](agent, value);
    else
        effect_end(agent, "this version cannot do it", NULL);
}

void commands_drop_effect(struct agent *agent) {
    struct command_effect *effect = &agent->commands.effect;
    effect->entry.kind = COMMAND_UNKNOWN;
    net_timer_stop(&effect->timer);
    net_call_cancel(pp_steal(&effect->upload));
    diagnose_abandon(pp_steal(&effect->diagnosis));
    if (effect->board_watch)
        net_loop_unwatch(agent->loop, pp_steal(&effect->board_watch));
    pp_close(&effect->board_fd);
    pp_close(&effect->shot_fd);
}
