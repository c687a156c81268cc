#include "ctl/ctl.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/config.h"
#include "base/mem.h"
#include "base/options.h"

static const char usage[] =
    "usage: pingplayctl [--json] [--lang en|fr] [--config FILE | --socket PATH] COMMAND [OPTION…]\n"
    "  status                       where this display point stands\n"
    "  enrol [--again]              the code, the fingerprint and the QR code to enrol it by; again: a new "
    "code\n"
    "  logs [--lines N] [--follow]  what the agent has said last, and goes on to say\n"
    "  diagnose                     what is wrong, from the cable to the screen, and what to do\n"
    "  schedule [--at TIME]         what is shown at an instant (YYYY-MM-DDTHH:MM, in the display point's "
    "zone), and\n"
    "                               what comes next\n"
    "  stats                        what has happened since the agent's start\n"
    "  sign-out                     end the session of whoever is signed in here: the screen is locked at "
    "once\n"
    "  vault migrate file|tpm2      move the key of all keys; [vault] of the configuration has to allow it\n"
    "  proxy show                   the proxy that it goes through, without its password\n"
    "        set ADDRESS [--user NAME] [--ca FILE] [--except LIST]\n"
    "                    [--principal NAME@REALM [--keytab FILE] [--kdc HOST]]\n"
    "                               another one, kept once it reaches the headend; a password is typed, or "
    "comes on\n"
    "                               standard input\n"
    "        clear                  none\n"
    "  network show                 the Wi-Fi and the addresses that were set here\n"
    "          wifi SSID [--hidden] [--security wpa2-wpa3|wpa3|open] [--keep]\n"
    "                               join a Wi-Fi; the passphrase is typed, or comes on standard input\n"
    "          wifi --qr [--keep]   the same, by the text of its QR code on standard input\n"
    "          8021x INTERFACE|--ssid SSID [--hidden] --ca FILE --server NAME [--identity NAME] [--anonymous "
    "NAME]\n"
    "                               IEEE 802.1X by EAP-TLS, with this screen's own certificate and key\n"
    "          static INTERFACE ADDRESS/PREFIX… [--gateway ADDRESS] [--dns ADDRESS]… [--keep]\n"
    "                               --keep: also where neither its gateway nor the headend is reached\n"
    "          dhcp INTERFACE       addresses from the network\n"
    "          forget wifi|INTERFACE\n"
    "  reset [--yes]                erase the keys and everything else: it is nobody's then, and shows a new "
    "code\n"
    "  --json         the document itself, as assets/schema/ctl.schema.json has it\n"
    "  --lang LANG    en or fr; by default the environment's\n"
    "  --config FILE  the agent's configuration, agent.conf(5), which names its socket\n"
    "  --socket PATH  the socket itself\n";

struct command {
    const char *name;
    int arguments_min, arguments_max;
    enum ctl_exit (*run)(const struct ctl *ctl);
    bool without_agent; /* asks somebody else */
};

/* clang-format off */
static const struct command commands[] = {
    {"status",   0, 0, status_run, false},
    {"enrol",    0, 0, enrol_run, false},
    {"diagnose", 0, 0, diagnose_command_run, false},
    {"logs",     0, 0, logs_run, false},
    {"schedule", 0, 0, schedule_run, false},
    {"stats",    0, 0, stats_run, false},
    {"sign-out", 0, 0, sign_out_run, false},
    {"vault",    2, 2, vault_run, false},
    {"network",  1, 4, network_run, true},
    {"proxy",    1, 2, proxy_run, false},
    {"reset",    0, 0, reset_run, false},
};
/* clang-format on */

static const struct command *command_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int fail_usage(const char *what, const char *about) {
    fprintf(stderr, "pingplayctl: %s%s\n%s", what, about, usage);
    return CTL_USAGE;
}

/* Where the agent listens: its configuration says so; one that cannot be read leaves the usual place. */
static const char *socket_of(const char *config_file, struct agent_config *config) {
    struct pp_error error = {0};
    if (!agent_config_load(config_file, config, &error) && error.code != PP_E_NOTFOUND)
        fprintf(stderr, "pingplayctl: %s\n", error.message);
    return config->control_socket;
}

static int command_run(const char *name, struct ctl *ctl) {
    struct agent_config config;
    const struct command *command = command_find(name);
    if (!command)
        return fail_usage("unknown command ", name);
    if (ctl->argument_count < command->arguments_min || ctl->argument_count > command->arguments_max)
        return fail_usage(name, ": wrong number of arguments");
    if (ctl->lines > LOCAL_LINES_MAX)
        return fail_usage("--lines", ": too many");
    if (!ctl->socket && !command->without_agent)
        ctl->socket = socket_of(ctl->config, &config);
    enum ctl_exit status = command->run(ctl);
    return fflush(stdout) == 0 || status ? status : CTL_FAILED;
}

int ctl_main(int argc, char **argv) {
    struct ctl ctl = {.config = AGENT_CONFIG_FILE, .lines = 50};
    const char *language = NULL;
    bool help = false, version = false;
    const struct pp_option options[] = {
        {"at", PP_OPTION_STRING, &ctl.at},
        {"again", PP_OPTION_FLAG, &ctl.again},
        {"yes", PP_OPTION_FLAG, &ctl.yes},
        {"json", PP_OPTION_FLAG, &ctl.json},
        {"lang", PP_OPTION_STRING, &language},
        {"config", PP_OPTION_STRING, &ctl.config},
        {"socket", PP_OPTION_STRING, &ctl.socket},
        {"lines", PP_OPTION_UNSIGNED, &ctl.lines},
        {"follow", PP_OPTION_FLAG, &ctl.follow},
        {"help", PP_OPTION_FLAG, &help},
        {"hidden", PP_OPTION_FLAG, &ctl.hidden},
        {"qr", PP_OPTION_FLAG, &ctl.qr},
        {"keep", PP_OPTION_FLAG, &ctl.keep},
        {"security", PP_OPTION_STRING, &ctl.security},
        {"ssid", PP_OPTION_STRING, &ctl.ssid},
        {"server", PP_OPTION_STRING, &ctl.server},
        {"identity", PP_OPTION_STRING, &ctl.identity},
        {"anonymous", PP_OPTION_STRING, &ctl.anonymous},
        {"gateway", PP_OPTION_LIST, &ctl.gateways},
        {"dns", PP_OPTION_LIST, &ctl.dns},
        {"user", PP_OPTION_STRING, &ctl.proxy.user},
        {"ca", PP_OPTION_STRING, &ctl.proxy.ca},
        {"except", PP_OPTION_STRING, &ctl.proxy.except},
        {"principal", PP_OPTION_STRING, &ctl.proxy.principal},
        {"keytab", PP_OPTION_STRING, &ctl.proxy.keytab},
        {"kdc", PP_OPTION_STRING, &ctl.proxy.kdc},
        {"version", PP_OPTION_FLAG, &version},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    struct pp_error error = {0};
    int first = argc;
    signal(SIGPIPE, SIG_DFL);
    if (!pp_options_parse(options, argc, argv, &first, &error))
        return fail_usage(error.message, "");
    if (help || version) {
        printf("%s", help ? usage : "pingplayctl " PP_VERSION "\n");
        return CTL_OK;
    }
    ctl.language = language_of_environment();
    if (language && !language_parse(language, &ctl.language))
        return fail_usage("--lang: must be en or fr: ", language);
    if (first >= argc)
        return fail_usage("a command is missing", "");
    ctl.arguments = (const char *const *)(argv + first + 1);
    ctl.argument_count = argc - first - 1;
    return command_run(argv[first], &ctl);
}
