#include "headend/commands.h"

#include "base/options.h"
#include "headend/server.h"

struct command {
    const char *name, *second; /* second word, or NULL */
    bool (*run)(int argc, char **argv, struct pp_error *error);
    const char *usage; /* after the name */
    const char *what;
};

static bool command_serve(int argc, char **argv, struct pp_error *error);

static const struct command commands[] = {
    {"init", NULL, command_init, "DIR [--host NAME]... [--admin NAME] [--password-stdin] [--time-zone ZONE]",
     "make a headend in a new folder: authority, keys, first administrator"},
    {"hosts", NULL, command_hosts, "DIR [NAME]...",
     "list the server's names, or give it others and a certificate for them (a running one takes it at "
     "SIGHUP)"},
    {"serve", NULL, command_serve,
     "DIR [--port N] [--listen ADDRESS] [--connections N] [--connections-per-address N] [--request-timeout "
     "S]\n"
     "      [--code-lifetime S] [--poll-interval S] [--certificate-lifetime S] [--cookie-lifetime S]",
     "serve screens and administrators until SIGTERM"},
    {"publish", NULL, command_publish,
     "DIR --channel ID [--title TEXT] [--duration S] [--renderers FOLDER] [--] CONTENT...",
     "seal, sign and publish images and videos, or a playlist FILE.json, on a channel"},
    {"channel", "add", command_channel_add, "DIR ID [--title TEXT]",
     "make a channel, empty as yet, for screens to be approved for"},
    {"approve", NULL, command_approve,
     "DIR CODE --fingerprint GROUP --name TEXT [--channel ID] [--site TEXT] [--time-zone ZONE]\n"
     "      [--locale en|fr]",
     "approve the screen that shows CODE; GROUP is one group of the fingerprint that stands there"},
    {"screen", "list", command_screen_list, "DIR [--json]", "list the screens"},
    {"screen", "show", command_screen_show, "DIR ID", "tell all about one screen, as JSON"},
    {"screen", "set", command_screen_set,
     "DIR ID [--name TEXT] [--site TEXT] [--channel ID] [--time-zone ZONE] [--locale en|fr]",
     "change a screen"},
    {"screen", "retire", command_screen_retire, "DIR ID", "refuse a screen from now on"},
    {"user", "list", command_user_list, "DIR", "list the administrators"},
    {"user", "add", command_user_add, "DIR NAME [--password-stdin]", "add an administrator"},
    {"user", "password", command_user_password, "DIR NAME [--password-stdin]",
     "give an administrator a new password, and end the sessions"},
    {"user", "remove", command_user_remove, "DIR NAME", "remove an administrator, and end the sessions"},
};

static void command_usage(void) {
    printf("usage: pingplay-headend COMMAND ...\n\n");
    for (size_t i = 0; i < PP_COUNT(commands); i++)
        printf("  %s%s%s %s\n      %s\n", commands[i].name, commands[i].second ? " " : "",
               commands[i].second ? commands[i].second : "", commands[i].usage, commands[i].what);
}

bool command_run(int argc, char **argv, struct pp_error *error) {
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        command_usage();
        return argc >= 2 ? true : pp_fail(error, PP_E_INVALID, "no command given");
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pingplay-headend " PP_VERSION "\n");
        return true;
    }
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        const struct command *command = &commands[i];
        int words = command->second ? 2 : 1;
        if (strcmp(argv[1], command->name) != 0 ||
            (command->second && (argc < 3 || strcmp(argv[2], command->second) != 0)))
            continue;
        return command->run(argc - words, argv + words, error);
    }
    return pp_fail(error, PP_E_INVALID, "unknown command: %s%s%s (try --help)", argv[1], argc > 2 ? " " : "",
                   argc > 2 ? argv[2] : "");
}

static bool within(const char *name, uint64_t value, uint64_t min, uint64_t max, struct pp_error *error) {
    if (value < min || value > max)
        return pp_fail(error, PP_E_LIMIT, "--%s: must be %llu to %llu", name, (unsigned long long)min,
                       (unsigned long long)max);
    return true;
}

static bool serve_options_check(const struct serve_options *options, struct pp_error *error) {
    return within("port", options->port, 0, 65535, error) &&
           within("code-lifetime", options->code_lifetime_s, 1, 3600, error) &&
           within("poll-interval", options->poll_interval_s, 1, 60, error) &&
           within("certificate-lifetime", options->certificate_s, 1, 3650ULL * 86400, error) &&
           within("cookie-lifetime", options->cookie_s, 1, 400ULL * 86400, error) &&
           within("connections", options->connections, 16, 65536, error) &&
           within("connections-per-address", options->per_address, 1, 65536, error) &&
           within("request-timeout", options->request_s, 1, 60, error);
}

static bool command_serve(int argc, char **argv, struct pp_error *error) {
    struct serve_options options = SERVE_OPTIONS_DEFAULT;
    const struct pp_option table[] = {
        {"port", PP_OPTION_UNSIGNED, &options.port},
        {"listen", PP_OPTION_STRING, &options.listen},
        {"code-lifetime", PP_OPTION_UNSIGNED, &options.code_lifetime_s},
        {"poll-interval", PP_OPTION_UNSIGNED, &options.poll_interval_s},
        {"certificate-lifetime", PP_OPTION_UNSIGNED, &options.certificate_s},
        {"cookie-lifetime", PP_OPTION_UNSIGNED, &options.cookie_s},
        {"connections", PP_OPTION_UNSIGNED, &options.connections},
        {"connections-per-address", PP_OPTION_UNSIGNED, &options.per_address},
        {"request-timeout", PP_OPTION_UNSIGNED, &options.request_s},
        {0},
    };
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error) || !serve_options_check(&options, error))
        return false;
    if (argc - first != 1)
        return pp_fail(error, PP_E_INVALID, "serve: one DIR is needed");
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && serve(home, &options, error);
}
