/* pingplay-setup(8): the page on which a phone hands over a Wi-Fi, on the screen's own access point. It has no right
 * and no network: what it serves on, and whom it tells, pingplay-network(8) hands it. */
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/listener.h"
#include "base/log.h"
#include "base/options.h"
#include "ipc/conn.h"
#include "network/service.h"
#include "setup/embedded.h"
#include "setup/server.h"

static const char usage[] = "usage: pingplay-setup [--socket PATH] [--version]\n"
                            "  serves the page on which a phone hands over a Wi-Fi, for pingplay-network\n"
                            "  --socket PATH  listen there, where systemd hands no socket over\n";

/* One opening of the access point after the other. */
static bool serve(int listener, const struct strings *strings, struct pp_error *error) {
    for (;;) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        struct setup_opening opening;
        struct pp_error own = {0};
        int page = -1;
        if (poll(&ready, 1, -1) < 0)
            return pp_fail_errno(error, "poll");
        pp_autoclose int link = ipc_accept(listener, &own);
        if (link < 0)
            continue;
        ready = (struct pollfd){.fd = link, .events = POLLIN};
        if (poll(&ready, 1, NETWORK_PEER_MS) != 1 || !setup_opening_receive(link, &opening, &page, &own) ||
            !server_run(link, page, &opening, strings, &own))
            pp_log_warning("%s", *own.message ? own.message : "nothing was handed over");
    }
}

static bool run(const char *socket, struct pp_error *error) {
    pp_autoclose int listener = pp_systemd_listener();
    /* A passphrase goes through here. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return pp_fail_errno(error, "prctl");
    if (listener < 0 && !socket)
        return pp_fail(error, PP_E_INVALID, "no socket from systemd, and no --socket");
    if (listener < 0)
        listener = ipc_listen(socket, error);
    PP_AUTO(strings) struct strings *strings = strings_create(embedded_files, error);
    return strings && listener >= 0 && ipc_set_nonblocking(listener, error) &&
           serve(listener, strings, error);
}

int main(int argc, char **argv) {
    const char *socket = NULL;
    bool help = false, version = false;
    const struct pp_option table[] = {
        {"socket", PP_OPTION_STRING, &socket},
        {"help", PP_OPTION_FLAG, &help},
        {"version", PP_OPTION_FLAG, &version},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    if (!pp_options_parse(table, argc, argv, &first, &error) || first < argc) {
        fprintf(stderr, "pingplay-setup: %s\n%s", error.code ? error.message : "wrong words", usage);
        return 2;
    }
    if (help || version) {
        printf("%s", help ? usage : "pingplay-setup " PP_VERSION "\n");
        return 0;
    }
    if (run(socket, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
