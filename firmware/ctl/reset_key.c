/* pingplay-reset-key(8): after the start of the machine, a key that is held for long enough makes the display point
 * nobody's. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "ctl/held_key.h"
#include "ctl/key_names.h"
#include "ipc/conn.h"
#include "ipc/local.h"

#define WINDOW_S 120 /* after this program's start, in which the key may be pressed */
#define TRIES_MAX                                                                                            \
    120 /* to have it done: an agent that starts just then has the folder, and does not answer yet */
#define TRY_AGAIN_S 1

static const char usage[] =
    "usage: pingplay-reset-key [--config FILE] [--devices DIR] [--window SECONDS] [--agent PROGRAM]\n"
    "  waits for the key that [reset] of the configuration names, and erases this display point when it was "
    "held\n";

struct reset_key {
    const char *config_file;
    const char *devices;
    const char *program; /* the agent's */
    uint64_t window_s;
    struct agent_config config;
};

/* An agent that runs has the folder: it is asked. False where none answers. */
static bool ask_agent(const char *socket, bool *done) {
    struct pp_error error = {0};
    struct local_message answer = {0};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    pp_autoclose int fd = ipc_connect(socket, &error);
    if (fd < 0 || !local_send(fd, &(struct local_message){.type = LOCAL_RESET}, &error) ||
        !local_receive(fd, LOCAL_PACKET_MAX, &packet, &answer, &error))
        return false;
    *done = answer.type == LOCAL_DOCUMENT;
    if (answer.type == LOCAL_REFUSED)
        pp_log_warning("the agent does not: %.*s", (int)answer.refused.reason.size,
                       answer.refused.reason.data);
    return true;
}

/* Where none runs: pingplay-agent --erase. */
static bool erase(const struct reset_key *reset) {
    char program[PP_CONFIG_VALUE_MAX], file[PP_CONFIG_VALUE_MAX];
    char config[] = "--config", task[] = "--erase";
    snprintf(program, sizeof program, "%s", reset->program);
    snprintf(file, sizeof file, "%s", reset->config_file);
    char *const words[] = {program, config, file, task, NULL};
    pid_t pid = 0;
    int status = 1;
    int failure = posix_spawn(&pid, program, NULL, NULL, words, environ);
    if (failure) {
        pp_log_error("%s: %s", program, strerror(failure));
        return false;
    }
    while (waitpid(pid, &status, 0) < 0) {
    }
    return status == 0;
}

static bool reset_now(const struct reset_key *reset) {
    for (int i = 0; i < TRIES_MAX; i++) {
        bool done = false;
        if (!ask_agent(reset->config.control_socket, &done))
            done = erase(reset);
        if (done)
            return true;
        sleep(TRY_AGAIN_S);
    }
    return false;
}

static bool run(struct reset_key *reset, struct pp_error *error) {
    struct held_key key;
    uint16_t code = 0;
    if (!agent_config_load(reset->config_file, &reset->config, error))
        return false;
    if (!*reset->config.reset_key)
        return true;
    if (!key_name_parse(reset->config.reset_key, &code))
        return pp_fail(error, PP_E_INVALID, "%s: [reset] key: no such key: %s", reset->config_file,
                       reset->config.reset_key);
    int64_t now_ms = pp_clock_monotonic_ms();
    int64_t until_ms = now_ms + (int64_t)reset->window_s * 1000;
    if (!held_key_open(&key, reset->devices, code, (int64_t)reset->config.reset_seconds * 1000, now_ms,
                       error))
        return error->code == PP_E_NOTFOUND; /* a machine without input devices */
    while (held_key_wait(&key, until_ms) && !held_key_is_held(&key, pp_clock_monotonic_ms())) {
    }
    bool held = held_key_is_held(&key, pp_clock_monotonic_ms());
    held_key_close(&key);
    if (!held)
        return true;
    pp_log_warning("the key \"%s\" was held for %llu s: this display point is erased",
                   reset->config.reset_key, (unsigned long long)reset->config.reset_seconds);
    return reset_now(reset) || pp_fail(error, PP_E_STATE, "it could not be erased");
}

int main(int argc, char **argv) {
    struct reset_key reset = {.config_file = AGENT_CONFIG_FILE,
                              .devices = "/dev/input",
                              .program = PP_AGENT_PROGRAM,
                              .window_s = WINDOW_S};
    bool help = false, version = false;
    const struct pp_option options[] = {
        {"config", PP_OPTION_STRING, &reset.config_file},
        {"devices", PP_OPTION_STRING, &reset.devices},
        {"window", PP_OPTION_UNSIGNED, &reset.window_s},
        {"agent", PP_OPTION_STRING, &reset.program},
        {"help", PP_OPTION_FLAG, &help},
        {"version", PP_OPTION_FLAG, &version},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    if (!pp_options_parse(options, argc, argv, &first, &error) || first < argc || reset.window_s > 86400) {
        fprintf(stderr, "pingplay-reset-key: %s\n%s", error.code ? error.message : "wrong usage", usage);
        return 2;
    }
    if (help || version) {
        printf("%s", help ? usage : "pingplay-reset-key " PP_VERSION "\n");
        return 0;
    }
    if (run(&reset, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
