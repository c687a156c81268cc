/* pingplay-player: composes the layers of the agent on the display. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "ipc/conn.h"
#include "player/link.h"
#include "player/player.h"

#define AGENT_FD_MAX 1024

static const char usage[] =
    "usage: pingplay-player --socket PATH | --agent-fd N [--windowed WxH] [--agent-user NAME]\n"
    "                       [--screenshot FILE] [--trace FILE] [--wait-for-display] | --help | --version\n"
    "  --socket PATH      listen for the agent there (not needed with systemd's socket activation)\n"
    "  --agent-fd N       the agent is at the other end of that descriptor; the player ends with it\n"
    "  --windowed WxH     a window of that size instead of the full screen\n"
    "  --agent-user NAME  the user that may connect, beside root and this one\n"
    "  --screenshot FILE  at SIGUSR1, write what is shown there, as PNG\n"
    "  --trace FILE       write a line for every present there, as JSON\n"
    "  --wait-for-display without one, look for it again and again instead of ending\n";

struct words {
    const char *socket, *agent_fd, *windowed, *agent_user, *screenshot, *trace;
    bool wait_for_display, help, version;
};

static bool words_read(struct words *words, int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {
        {"socket", PP_OPTION_STRING, &words->socket},
        {"agent-fd", PP_OPTION_STRING, &words->agent_fd},
        {"windowed", PP_OPTION_STRING, &words->windowed},
        {"agent-user", PP_OPTION_STRING, &words->agent_user},
        {"screenshot", PP_OPTION_STRING, &words->screenshot},
        {"trace", PP_OPTION_STRING, &words->trace},
        {"wait-for-display", PP_OPTION_FLAG, &words->wait_for_display},
        {"help", PP_OPTION_FLAG, &words->help},
        {"version", PP_OPTION_FLAG, &words->version},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    int first = argc;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    return first == argc ? true : pp_fail(error, PP_E_INVALID, "unexpected word: %s", argv[first]);
}

static bool size_parse(const char *text, struct geometry_size *size, struct pp_error *error) {
    char *end = NULL;
    long width = strtol(text, &end, 10);
    long height = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (!*end && width > 0 && height > 0 && width <= IPC_SIDE_MAX && height <= IPC_SIDE_MAX) {
        *size = (struct geometry_size){(int)width, (int)height};
        return true;
    }
    return pp_fail(error, PP_E_INVALID, "--windowed: not WIDTHxHEIGHT: %s", text);
}

static bool listener_open(const char *path, int *listener, struct pp_error *error) {
    *listener = link_systemd_listener();
    if (*listener >= 0)
        return true;
    if (!path)
        return pp_fail(error, PP_E_INVALID, "no socket from systemd, and no --socket");
    *listener = ipc_listen(path, error);
    return *listener >= 0;
}

/* One that we were started with. */
static bool agent_take(const char *text, int *agent, struct pp_error *error) {
    char *end = NULL;
    long number = strtol(text, &end, 10);
    bool ours = end != text && !*end && number > STDERR_FILENO && number < AGENT_FD_MAX;
    if (!ours || fcntl((int)number, F_SETFD, FD_CLOEXEC) < 0)
        return pp_fail(error, PP_E_INVALID, "--agent-fd: not a descriptor: %s", text);
    *agent = (int)number;
    return ipc_set_nonblocking(*agent, error);
}

static bool run(const struct words *words, struct pp_error *error) {
    struct player_options options = {.listener = -1,
                                     .agent = -1,
                                     .agent_uid = getuid(),
                                     .screenshot = words->screenshot,
                                     .trace = words->trace,
                                     .wait_for_display = words->wait_for_display};
    if (words->windowed && !size_parse(words->windowed, &options.display.windowed, error))
        return false;
    if (words->agent_user && !link_user_find(words->agent_user, &options.agent_uid, error))
        return false;
    return (words->agent_fd ? agent_take(words->agent_fd, &options.agent, error)
                            : listener_open(words->socket, &options.listener, error)) &&
           player_run(&options, error);
}

int main(int argc, char **argv) {
    struct words words = {0};
    struct pp_error error = {0};
    bool ok = words_read(&words, argc, argv, &error);
    if (ok && words.help)
        fputs(usage, stdout);
    else if (ok && words.version)
        puts("pingplay-player " PP_VERSION);
    else if (ok)
        ok = run(&words, &error);
    if (!ok)
        pp_log_error("%s", error.message);
    return ok ? 0 : 1;
}
