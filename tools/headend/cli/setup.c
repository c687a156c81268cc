/* The link that the first administrator is made with, for whoever is at this terminal. */
#include <unistd.h>

#include "headend/cli/commands.h"
#include "headend/ops/setup_link.h"
#include "qr/qr.h"

#define ADDRESS_SIZE (HOME_HOST_MAX + SECRET_TEXT_SIZE + 32) /* bytes with the NUL */

static bool address_make(const struct home *home, uint64_t port, const char *token,
                         char address[ADDRESS_SIZE], struct pp_error *error) {
    struct host_list hosts = {0};
    char suffix[16] = "";
    if (!home_hosts_load(home, &hosts, error))
        return false;
    bool bracket = strchr(hosts.names[0], ':') != NULL;
    if (port != 443)
        snprintf(suffix, sizeof suffix, ":%u", (unsigned)port);
    snprintf(address, ADDRESS_SIZE, "https://%s%s%s%s/setup#%s", bracket ? "[" : "", hosts.names[0],
             bracket ? "]" : "", suffix, token);
    return true;
}

bool command_setup_print(struct home *home, uint64_t port, struct pp_error *error) {
    char address[ADDRESS_SIZE] = "";
    pp_autobuf struct pp_buf code = PP_BUF_INIT(QR_TEXT_MAX);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    db_lock(home->db);
    bool made = command_operate(home, "setup.link", request, &result, error);
    db_unlock(home->db);
    const char *token =
        made ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "token")) : NULL;
    bool ok = made && address_make(home, port, token ? token : "", address, error) &&
              qr_write(address, isatty(STDOUT_FILENO), &code, error);
    if (ok)
        printf("%s\nMake the first account there, once, within %d hours:\n\n    %s\n\n", pp_buf_text(&code),
               SETUP_LINK_S / 3600, address);
    pp_wipe(address, sizeof address);
    return ok;
}

bool command_setup_port(uint64_t port, struct pp_error *error) {
    return port >= 1 && port <= 65535 ? true : pp_fail(error, PP_E_LIMIT, "--port: must be 1 to 65535");
}

bool command_setup_link(int argc, char **argv, struct pp_error *error) {
    uint64_t port = SETUP_PORT;
    const struct pp_option table[] = {{"port", PP_OPTION_UNSIGNED, &port}, {0}};
    int first = 0;
    if (!command_words(table, argc, argv, 1, &first, "setup-link: one DIR is needed", error) ||
        !command_setup_port(port, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && command_setup_print(home, port, error);
}
