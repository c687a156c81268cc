/* pingplay-stick(8): takes a network from a USB stick to pingplay-network(8). What it may do is given up before it
 * reads a word of what stands on the stick. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/privileges.h"
#include "network/client.h"
#include "network/stick.h"

#define TRIES_MAX   60 /* while it cannot be told whether the stick is taken: after a start of the machine */
#define TRY_AGAIN_S 2

static const char usage[] =
    "usage: pingplay-stick [--socket PATH] [--mount-point DIR] [--types LIST] DEVICE\n"
    "  has pingplay-network set what a file on the stick says\n"
    "  --socket PATH      of pingplay-network; default " NETWORK_SOCKET "\n"
    "  --mount-point DIR  a folder for it alone; default /run/pingplay-stick\n"
    "  --types LIST       of file systems; default " STICK_TYPES "\n";

struct words {
    const char *device, *socket, *point, *types;
    bool help, version;
};

static bool drop_rights(struct pp_error *error) {
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return pp_fail_errno(error, "prctl");
    return pp_capabilities_drop(error);
}

static bool ask(const char *socket, const struct network_request *request, struct pp_error *error) {
    pp_autoclose int fd = network_ask(socket, request, error);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (fd < 0)
        return false;
    if (poll(&ready, 1, NETWORK_PATIENCE_S * 1000) <= 0)
        return pp_fail(error, PP_E_NET, "no answer in %d s", NETWORK_PATIENCE_S);
    return network_hear(fd, NULL, error);
}

static bool ask_until_known(const char *socket, const struct network_request *request,
                            struct pp_error *error) {
    for (int i = 0; i < TRIES_MAX; i++) {
        *error = (struct pp_error){0};
        if (ask(socket, request, error))
            return true;
        if (error->code != PP_E_CANCELLED)
            return false;
        sleep(TRY_AGAIN_S);
    }
    return false;
}

/* Why the file is not taken, for the screen; the failure is the file's. */
static bool tell(const char *socket, struct pp_error *error) {
    network_autorequest struct network_request request = {.verb = NETWORK_REFUSED};
    struct pp_error own = {0};
    snprintf(request.reason, sizeof request.reason, "%.*s", NETWORK_REASON_MAX, error->message);
    if (!ask(socket, &request, &own) && own.code != PP_E_STATE)
        pp_log_warning("not told: %s", own.message);
    return pp_wrap(error, STICK_FILE);
}

static bool run(const struct words *words, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(STICK_FILE_MAX);
    network_autorequest struct network_request request = {0};
    struct pp_error trouble = {0};
    bool read = stick_read(words->device, words->types, words->point, &text, &trouble);
    if (!drop_rights(error))
        return false;
    if (!read && trouble.code == PP_E_NOTFOUND) {
        pp_log_info("%s: %s", words->device, trouble.message);
        return true;
    }
    *error = trouble;
    if (!read && (trouble.code == PP_E_INVALID || trouble.code == PP_E_LIMIT))
        return tell(words->socket, error);
    if (!read)
        return false;
    if (!stick_parse(text.data, text.size, &request, error))
        return tell(words->socket, error);
    return ask_until_known(words->socket, &request, error);
}

int main(int argc, char **argv) {
    struct words words = {.socket = NETWORK_SOCKET, .point = "/run/pingplay-stick", .types = STICK_TYPES};
    const struct pp_option table[] = {
        {"socket", PP_OPTION_STRING, &words.socket}, {"mount-point", PP_OPTION_STRING, &words.point},
        {"types", PP_OPTION_STRING, &words.types},   {"help", PP_OPTION_FLAG, &words.help},
        {"version", PP_OPTION_FLAG, &words.version}, {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    bool parsed = pp_options_parse(table, argc, argv, &first, &error);
    if (!parsed || (!words.help && !words.version && first != argc - 1)) {
        fprintf(stderr, "pingplay-stick: %s\n%s", error.code ? error.message : "wrong words", usage);
        return 2;
    }
    if (words.help || words.version) {
        printf("%s", words.help ? usage : "pingplay-stick " PP_VERSION "\n");
        return 0;
    }
    words.device = argv[first];
    if (run(&words, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
