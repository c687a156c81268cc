/* pingplay-board(8): reboots the machine and sets its backlights, for the agent, who may not. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/listener.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "command/board.h"

static const char usage[] =
    "usage: pingplay-board [--socket PATH] [--backlights FOLDER] [--init PID] [--version]\n"
    "  --socket PATH        listen there, where systemd hands no socket over\n"
    "  --backlights FOLDER  of the kernel's; default /sys/class/backlight\n"
    "  --init PID           who is told to reboot, by SIGRTMIN+5; default 1\n";

struct words {
    const char *socket, *backlights;
    uint64_t init;
    bool help, version;
};

static int listen_at(const char *path, struct pp_error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        pp_fail(error, PP_E_LIMIT, "%s: too long for a socket", path);
        return -1;
    }
    strcpy(address.sun_path, path);
    pp_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    unlink(path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0) {
        pp_fail_errno(error, "%s", path);
        return -1;
    }
    return pp_steal_fd(&fd);
}

static bool run(const struct words *words, struct pp_error *error) {
    const struct board_service service = {.backlights = words->backlights, .init = (pid_t)words->init};
    pp_autoclose int listener = pp_systemd_listener();
    if (listener < 0 && !words->socket)
        return pp_fail(error, PP_E_INVALID, "no socket from systemd, and no --socket");
    if (listener < 0)
        listener = listen_at(words->socket, error);
    return listener >= 0 && board_serve(&service, listener, error);
}

int main(int argc, char **argv) {
    struct words words = {.backlights = "/sys/class/backlight", .init = 1};
    const struct pp_option table[] = {
        {"socket", PP_OPTION_STRING, &words.socket}, {"backlights", PP_OPTION_STRING, &words.backlights},
        {"init", PP_OPTION_UNSIGNED, &words.init},   {"help", PP_OPTION_FLAG, &words.help},
        {"version", PP_OPTION_FLAG, &words.version}, {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    if (!pp_options_parse(table, argc, argv, &first, &error) || first < argc || !words.init ||
        words.init > INT32_MAX) {
        fprintf(stderr, "pingplay-board: %s\n%s", error.code ? error.message : "wrong words", usage);
        return 2;
    }
    if (words.help || words.version) {
        printf("%s", words.help ? usage : "pingplay-board " PP_VERSION "\n");
        return 0;
    }
    if (run(&words, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
