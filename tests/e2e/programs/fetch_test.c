/*
 * Drives firmware/net's client from the command line, for tests against servers good and bad: a request in JSON on
 * each line of the standard input, an answer on each line of the standard output.
 *
 *   pingplay-fetch-test --certificate FILE --private-key FILE
 *     {"url":"https://HOST:PORT", "ca":FILE, "proxy":"http://HOST:PORT",
 *      "proxyCa":FILE, "proxyUser":TEXT, "proxyPassword":TEXT, "proxyNegotiate":BOOLEAN, "proxyExcept":TEXT,
 *      "path":"/…"}
 *       -> {"ok":BOOLEAN, "status":N, "error":CODE, "message":TEXT, "body":TEXT}
 *
 * Every request carries everything that must not leak: certificate, cookie, token, body. Each has a loop of its own, so
 * that none uses what was verified for another.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "net/client.h"

#define LINE_MAX_SIZE (16 * 1024) /* bytes */
#define PEM_MAX       (64 * 1024) /* bytes */
#define TIMEOUT_MS    30000

struct program {
    const char *certificate_file, *key_file;
    struct pp_buf certificate, key;
};

static const char *text_or_null(const cJSON *json, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static void read_text(const cJSON *json, const char *name, char text[NET_PROXY_TEXT_MAX]) {
    const char *value = text_or_null(json, name);
    snprintf(text, NET_PROXY_TEXT_MAX, "%s", value ? value : "");
}

static bool read_ca(const cJSON *json, struct net_proxy_settings *settings, struct pp_error *error) {
    const char *path = text_or_null(json, "proxyCa");
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    if (path && !pp_file_read(AT_FDCWD, path, &pem, error))
        return false;
    snprintf(settings->ca, sizeof settings->ca, "%s", path ? pp_buf_text(&pem) : "");
    return true;
}

static struct net_proxy *read_proxy(const cJSON *json, struct pp_error *error) {
    struct net_proxy_settings settings = {0};
    if (!read_ca(json, &settings, error))
        return NULL;
    read_text(json, "proxy", settings.address);
    read_text(json, "proxyUser", settings.user);
    read_text(json, "proxyPassword", settings.password);
    read_text(json, "proxyExcept", settings.except);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "proxyNegotiate")))
        settings.auth = NET_PROXY_NEGOTIATE;
    return net_proxy_check(&settings, error) ? net_proxy_create(&settings, error) : NULL;
}

static bool fetch(struct program *program, const cJSON *json, struct net_response *response,
                  struct pp_error *error) {
    const char *path = text_or_null(json, "path");
    PP_AUTO(net_proxy) struct net_proxy *proxy = read_proxy(json, error);
    if (!proxy)
        return false;
    const struct net_client_config config = {
        .base_url = text_or_null(json, "url"), .ca_file = text_or_null(json, "ca"), .proxy = proxy};
    const struct net_request request = {.path = path ? path : "/v1/status",
                                        .content_type = "text/plain",
                                        .bearer = "secret",
                                        .body = "secret",
                                        .body_size = 6,
                                        .timeout_ms = TIMEOUT_MS,
                                        .send_cookie = true,
                                        .use_identity = true};
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(error);
    PP_AUTO(net_client) struct net_client *client = loop ? net_client_create(loop, &config, error) : NULL;
    PP_AUTO(crypto_key)
    struct crypto_key *key = crypto_key_load_pem(program->key.data, program->key.size, error);
    return client && key && net_client_set_identity(client, pp_buf_text(&program->certificate), key, error) &&
           net_client_set_cookie(client, "__Host-pingplay=secret", error) &&
           net_client_fetch(client, &request, response, error);
}

static void answer(struct program *program, const char *line) {
    struct pp_error error = {0};
    net_autoresponse struct net_response response = {0};
    pp_autojson cJSON *json = pp_json_parse(line, strlen(line), LINE_MAX_SIZE, &error);
    pp_autojson cJSON *result = cJSON_CreateObject();
    bool ok = json && fetch(program, json, &response, &error);
    cJSON_AddBoolToObject(result, "ok", ok);
    cJSON_AddNumberToObject(result, "status", response.status);
    cJSON_AddStringToObject(result, "error", pp_code_name(error.code));
    pp_json_tidy(error.message);
    cJSON_AddStringToObject(result, "message", error.message);
    cJSON_AddNumberToObject(result, "received", (double)response.received);
    cJSON_AddStringToObject(result, "body", ok && response.body.size ? pp_buf_text(&response.body) : "");
    pp_autojsontext char *text = cJSON_PrintUnformatted(result);
    puts(text);
    fflush(stdout);
}

int main(int argc, char **argv) {
    struct program program = {.certificate = PP_BUF_INIT(PEM_MAX), .key = PP_BUF_INIT(PEM_MAX)};
    const struct pp_option table[] = {{"certificate", PP_OPTION_STRING, &program.certificate_file},
                                      {"private-key", PP_OPTION_STRING, &program.key_file},
                                      {0}};
    char line[LINE_MAX_SIZE];
    struct pp_error error = {0};
    int first = argc;
    bool ready = pp_options_parse(table, argc, argv, &first, &error) && program.certificate_file &&
                 program.key_file &&
                 pp_file_read(AT_FDCWD, program.certificate_file, &program.certificate, &error) &&
                 pp_file_read(AT_FDCWD, program.key_file, &program.key, &error);
    if (!ready)
        fprintf(stderr, "usage: pingplay-fetch-test --certificate FILE --private-key FILE: %s\n",
                error.message);
    while (ready && fgets(line, sizeof line, stdin))
        answer(&program, line);
    pp_buf_finish(&program.certificate);
    pp_buf_finish(&program.key);
    return ready ? 0 : 2;
}
