#include "base/options.h"
#include "headend/db/home_open.h"
#include "headend/serve/serve.h"

/* 200 screens behind one router: a poll and up to 4 downloads each. */
#define PER_ADDRESS      1024
#define CONNECTIONS_MOST 1000000

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
           (!options->connections ||
            within("connections", options->connections, 16, CONNECTIONS_MOST, error)) &&
           within("connections-per-address", options->per_address, 1, CONNECTIONS_MOST, error) &&
           within("request-timeout", options->request_s, 1, 60, error);
}

bool command_serve(int argc, char **argv, struct pp_error *error) {
    struct serve_options options = {.port = 8443,
                                    .code_lifetime_s = 600,
                                    .poll_interval_s = 5,
                                    .certificate_s = 365 * 86400,
                                    .cookie_s = 30 * 86400,
                                    .per_address = PER_ADDRESS,
                                    .provider_ca = "/etc/ssl/certs/ca-certificates.crt",
                                    .request_s = 10};
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
        {"provider-ca", PP_OPTION_STRING, &options.provider_ca},
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
