#include "headend/serve/config.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/options.h"

/* 200 screens behind one router: a poll and up to 4 downloads each. */
#define PER_ADDRESS      1024
#define CONNECTIONS_MOST 1000000
#define CONNECTIONS_FEW  16 /* fewer are not worth while; 0: as many as the machine carries */

struct setting {
    const char *name; /* of the option and of the file's line */
    size_t offset;    /* in struct serve_options */
    bool is_text;
    uint64_t min, max; /* of a number */
};

#define TEXT(name, field)                                                                                    \
    { name, offsetof(struct serve_options, field), true, 0, 0 }
#define NUMBER(name, field, min, max)                                                                        \
    { name, offsetof(struct serve_options, field), false, min, max }

static const struct setting settings[] = {
    NUMBER("port", port, 0, 65535),
    NUMBER("console-port", console_port, 0, 65535),
    TEXT("listen", listen),
    NUMBER("connections", connections, 0, CONNECTIONS_MOST),
    NUMBER("connections-per-address", per_address, 1, CONNECTIONS_MOST),
    NUMBER("request-timeout", request_s, 1, 60),
    NUMBER("code-lifetime", code_lifetime_s, 1, 3600),
    NUMBER("poll-interval", poll_interval_s, 1, 60),
    NUMBER("certificate-lifetime", certificate_s, 1, 3650ULL * 86400),
    NUMBER("cookie-lifetime", cookie_s, 1, 400ULL * 86400),
    TEXT("provider-ca", provider_ca),
    TEXT("public-address", public_address),
    TEXT("alert-ca", alert_ca),
    TEXT("webhook-networks", webhook_networks),
    TEXT("log-format", log_format),
    TEXT("metrics-token", metrics_token),
};
#define SETTINGS PP_COUNT(settings)

static void *field_of(struct serve_options *options, const struct setting *setting) {
    return (char *)options + setting->offset;
}

/* ---- The file ---- */

static bool load_file(struct serve_config *config, const char *path, struct pp_error *error) {
    struct pp_config_field fields[SETTINGS + 1] = {{0}};
    size_t texts = 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = &settings[i];
        fields[i] = (struct pp_config_field){
            "serve",      setting->name, PP_CONFIG_UNSIGNED, field_of(&config->options, setting),
            setting->min, setting->max};
        if (setting->is_text) {
            fields[i].kind = PP_CONFIG_TEXT;
            fields[i].target = config->texts[texts++];
        }
    }
    if (!pp_config_load(path, fields, error))
        return false;
    for (size_t i = 0; i < SETTINGS; i++) {
        if (settings[i].is_text && *(char *)fields[i].target)
            *(const char **)field_of(&config->options, &settings[i]) = fields[i].target;
    }
    return true;
}

/* ---- The command line ---- */

static bool parse_words(struct serve_options *options, const char **dir, const char **file, int argc,
                        char **argv, struct pp_error *error) {
    struct pp_option table[SETTINGS + 2] = {{0}};
    int first = 0;
    for (size_t i = 0; i < SETTINGS; i++)
        table[i] =
            (struct pp_option){settings[i].name, settings[i].is_text ? PP_OPTION_STRING : PP_OPTION_UNSIGNED,
                               field_of(options, &settings[i])};
    table[SETTINGS] = (struct pp_option){"config", PP_OPTION_STRING, file};
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 1)
        return pp_fail(error, PP_E_INVALID, "serve: one DIR is needed");
    *dir = argv[first];
    return true;
}

/* Which file, and which folder it may be in. The words stay as they are. */
static bool look_for_file(struct serve_config *config, int argc, char **argv, char path[PP_PATH_MAX],
                          struct pp_error *error) {
    struct serve_options passed_over = {0};
    const char *named = NULL;
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (!words)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    memcpy(words, argv, (size_t)argc * sizeof *words);
    bool ok = parse_words(&passed_over, &config->dir, &named, argc, words, error);
    free(words);
    if (!ok)
        return false;
    if (named)
        return pp_path_format(path, error, "%s", named);
    if (!pp_path_format(path, error, "%s/" SERVE_CONFIG_FILE, config->dir))
        return false;
    if (access(path, F_OK) != 0)
        *path = 0;
    return true;
}

/* The file's numbers were looked at when it was read; these may be either's. */
static bool check(const struct serve_options *options, struct pp_error *error) {
    for (size_t i = 0; i < SETTINGS; i++) {
        const struct setting *setting = &settings[i];
        const uint64_t *value = (const uint64_t *)(const void *)((const char *)options + setting->offset);
        if (!setting->is_text && (*value < setting->min || *value > setting->max))
            return pp_fail(error, PP_E_LIMIT, "--%s: must be %llu to %llu", setting->name,
                           (unsigned long long)setting->min, (unsigned long long)setting->max);
    }
    if (options->connections && options->connections < CONNECTIONS_FEW)
        return pp_fail(error, PP_E_LIMIT, "--connections: must be %d to %d", CONNECTIONS_FEW,
                       CONNECTIONS_MOST);
    if (options->console_port && options->console_port == options->port)
        return pp_fail(error, PP_E_INVALID, "--console-port: that is the port of the screens");
    return strcmp(options->log_format, "text") == 0 || strcmp(options->log_format, "json") == 0 ||
           pp_fail(error, PP_E_INVALID, "--log-format: text or json");
}

bool serve_config_read(struct serve_config *config, int argc, char **argv, struct pp_error *error) {
    char path[PP_PATH_MAX];
    const char *named = NULL;
    *config = (struct serve_config){.options = {.port = 8443,
                                                .code_lifetime_s = 600,
                                                .poll_interval_s = 5,
                                                .certificate_s = 365 * 86400,
                                                .cookie_s = 30 * 86400,
                                                .per_address = PER_ADDRESS,
                                                .provider_ca = "/etc/ssl/certs/ca-certificates.crt",
                                                .alert_ca = "/etc/ssl/certs/ca-certificates.crt",
                                                .request_s = 10,
                                                .log_format = "text"}};
    return look_for_file(config, argc, argv, path, error) && (!*path || load_file(config, path, error)) &&
           parse_words(&config->options, &config->dir, &named, argc, argv, error) &&
           check(&config->options, error);
}
