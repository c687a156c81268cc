/* pingplay-network(8): sets Wi-Fi and addresses by NetworkManager, for whoever may not. */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/listener.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "ipc/conn.h"
#include "network/credentials.h"
#include "network/first_start.h"
#include "network/nmcli.h"
#include "network/phone_service.h"
#include "network/service.h"

static const char usage[] =
    "usage: pingplay-network [--socket PATH] [--folder PATH] [--nmcli PROGRAM] [--agent USER]\n"
    "                        [--stick USER] [--agent-socket PATH] [--keys PATH] [--phone-open SECONDS]\n"
    "                        [--phone-rest SECONDS] [--phone-folder PATH] [--names-folder PATH]\n"
    "                        [--forwarding PATH] [--setup-socket PATH] [--page-address IPV4] [--page-port "
    "PORT] [--version]\n"
    "  --socket PATH    listen there, where systemd hands no socket over\n"
    "  --folder PATH    of NetworkManager's profiles; default /etc/NetworkManager/system-connections\n"
    "  --nmcli PROGRAM  default /usr/bin/nmcli\n"
    "  --agent USER     may erase the Wi-Fi, and nothing else; default pingplay\n"
    "  --stick USER     may set a network at a first start; default pingplay-stick\n"
    "  --agent-socket PATH  where the agent is asked for its state and its key, and told what to show\n"
    "  --keys PATH      in memory: where certificate and key are for 802.1X; default /run/pingplay-network\n"
    "  --phone-open SECONDS  that the screen's access point is open at most; default 1800\n"
    "  --phone-rest SECONDS  that it is closed then; default 300\n"
    "  --phone-folder PATH   of its profile; default /run/NetworkManager/system-connections\n"
    "  --names-folder PATH   of NetworkManager's dnsmasq; default /etc/NetworkManager/dnsmasq-shared.d\n"
    "  --forwarding PATH     where it is noted whether the machine forwarded before\n"
    "  --setup-socket PATH   of pingplay-setup; default /run/pingplay/setup.sock\n"
    "  --page-address IPV4   of the page; default 10.42.0.1\n"
    "  --page-port PORT      likewise; default 80\n";

static volatile sig_atomic_t stopped;

struct words {
    const char *socket;
    const char *agent, *stick;
    struct network_service service;
    struct phone_service phone;
    uint64_t port;
    bool help, version;
};

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

/* What is done is ended first; then the access point is closed, and its passphrase wiped. */
static bool catch_signals(struct pp_error *error) {
    const struct sigaction action = {.sa_handler = on_signal};
    return (sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0) ||
           pp_fail_errno(error, "sigaction");
}

static uid_t uid_of(const char *name) {
    const struct passwd *user = getpwnam(name);
    return user ? user->pw_uid : (uid_t)-1;
}

static bool run(struct words *words, struct pp_error *error) {
    words->service.agent = uid_of(words->agent);
    words->service.stick = uid_of(words->stick);
    pp_autoclose int listener = pp_systemd_listener();
    umask(0077);
    /* A passphrase goes through here. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return pp_fail_errno(error, "prctl");
    if (listener < 0 && !words->socket)
        return pp_fail(error, PP_E_INVALID, "no socket from systemd, and no --socket");
    if (listener < 0)
        listener = ipc_listen(words->socket, error);
    if (listener < 0 || !ipc_set_nonblocking(listener, error) || !catch_signals(error))
        return false;
    words->phone.service = &words->service;
    words->phone.places.nmcli = words->service.profiles.nmcli;
    words->phone.places.port = (uint16_t)words->port;
    words->service.phone = &words->phone;
    words->service.stop = &stopped;
    phone_service_start(&words->phone);
    bool served = network_serve(&words->service, listener, error);
    phone_service_stop(&words->phone);
    return served;
}

int main(int argc, char **argv) {
    struct words words = {
        .agent = "pingplay",
        .stick = "pingplay-stick",
        .service.agent_socket = NETWORK_AGENT_SOCKET,
        .service.profiles = {.folder = PROFILE_FOLDER, .nmcli = NMCLI_PROGRAM, .keys = CREDENTIALS_FOLDER},
        .phone = {.open_s = PHONE_OPEN_S,
                  .rest_s = PHONE_REST_S,
                  .places = {.folder = ACCESS_POINT_FOLDER,
                             .names_folder = ACCESS_POINT_NAMES_FOLDER,
                             .forwarding = ACCESS_POINT_FORWARDING,
                             .setup_socket = SETUP_SOCKET,
                             .address = ACCESS_POINT_ADDRESS}},
        .port = ACCESS_POINT_PORT};
    const struct pp_option table[] = {
        {"socket", PP_OPTION_STRING, &words.socket},
        {"folder", PP_OPTION_STRING, &words.service.profiles.folder},
        {"nmcli", PP_OPTION_STRING, &words.service.profiles.nmcli},
        {"agent", PP_OPTION_STRING, &words.agent},
        {"stick", PP_OPTION_STRING, &words.stick},
        {"keys", PP_OPTION_STRING, &words.service.profiles.keys},
        {"agent-socket", PP_OPTION_STRING, &words.service.agent_socket},
        {"phone-open", PP_OPTION_UNSIGNED, &words.phone.open_s},
        {"phone-rest", PP_OPTION_UNSIGNED, &words.phone.rest_s},
        {"phone-folder", PP_OPTION_STRING, &words.phone.places.folder},
        {"names-folder", PP_OPTION_STRING, &words.phone.places.names_folder},
        {"forwarding", PP_OPTION_STRING, &words.phone.places.forwarding},
        {"setup-socket", PP_OPTION_STRING, &words.phone.places.setup_socket},
        {"page-address", PP_OPTION_STRING, &words.phone.places.address},
        {"page-port", PP_OPTION_UNSIGNED, &words.port},
        {"help", PP_OPTION_FLAG, &words.help},
        {"version", PP_OPTION_FLAG, &words.version},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    if (!pp_options_parse(table, argc, argv, &first, &error) || first < argc) {
        fprintf(stderr, "pingplay-network: %s\n%s", error.code ? error.message : "wrong words", usage);
        return 2;
    }
    if (words.help || words.version) {
        printf("%s", words.help ? usage : "pingplay-network " PP_VERSION "\n");
        return 0;
    }
    if (run(&words, &error))
        return 0;
    pp_log_error("%s", error.message);
    return 1;
}
