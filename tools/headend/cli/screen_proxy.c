/* `screen proxy`: which proxy a screen is to go through. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "headend/cli/commands.h"
#include "headend/ops/op_network.h"
#include "headend/ops/operations.h"
#include "net/proxy.h"

struct proxy_words {
    struct screen_proxy proxy;
    const char *ca_file;
    bool password_stdin, none, unset;
    char password[NET_PROXY_TEXT_MAX];
    struct pp_buf ca;
};

static void words_finish(struct proxy_words *words) {
    pp_wipe(words->password, sizeof words->password);
    pp_buf_finish(&words->ca);
}

/* Either an address, or one of the two words in its place. */
static bool words_check(const struct proxy_words *words, struct pp_error *error) {
    const struct screen_proxy *proxy = &words->proxy;
    bool more = proxy->except || proxy->user || words->ca_file || words->password_stdin;
    if ((proxy->address != NULL) + words->none + words->unset != 1)
        return pp_fail(error, PP_E_INVALID, "screen proxy: one of --address, --none and --unset is needed");
    if (!proxy->address && more)
        return pp_fail(error, PP_E_INVALID, "screen proxy: that goes with --address");
    if (!proxy->user != !words->password_stdin)
        return pp_fail(error, PP_E_INVALID, "screen proxy: --user and --password-stdin go together");
    return true;
}

static bool words_read_files(struct proxy_words *words, struct pp_error *error) {
    if (words->ca_file) {
        if (!pp_file_read(AT_FDCWD, words->ca_file, &words->ca, error))
            return pp_wrap(error, "--ca");
        words->proxy.ca = pp_buf_text(&words->ca);
    }
    if (!words->password_stdin)
        return true;
    if (!fgets(words->password, sizeof words->password, stdin))
        return pp_fail(error, PP_E_INVALID, "no password on standard input");
    size_t size = strcspn(words->password, "\r\n");
    if (size == sizeof words->password - 1)
        return pp_fail(error, PP_E_LIMIT, "a password of more than %zu bytes", size - 1);
    words->password[size] = 0;
    words->proxy.password = words->password;
    return *words->password || pp_fail(error, PP_E_INVALID, "the password is empty");
}

bool command_screen_proxy(int argc, char **argv, struct pp_error *error) {
    PP_CLEANUP(words_finish) struct proxy_words words = {.ca = PP_BUF_INIT(NET_PROXY_CA_MAX - 1)};
    struct device device;
    const struct pp_option table[] = {
        {"address", PP_OPTION_STRING, &words.proxy.address},
        {"except", PP_OPTION_STRING, &words.proxy.except},
        {"user", PP_OPTION_STRING, &words.proxy.user},
        {"ca", PP_OPTION_STRING, &words.ca_file},
        {"password-stdin", PP_OPTION_FLAG, &words.password_stdin},
        {"none", PP_OPTION_FLAG, &words.none},
        {"unset", PP_OPTION_FLAG, &words.unset},
        {0},
    };
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, "screen proxy: DIR and SCREEN are needed", error) ||
        !words_check(&words, error) || !words_read_files(&words, error))
        return false;
    if (words.none)
        words.proxy.address = "";
    if (!words.unset && !screen_proxy_check(&words.proxy, pp_clock_realtime_s(), error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    const struct given_proxy given = {.proxy = words.unset ? NULL : &words.proxy};
    op_result_auto struct op_result result = {0};
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error))
        return false;
    const struct op_place at = {.home = home, .db = home->db, .given = &given};
    const struct actor actor = actor_command_line();
    pp_autojson cJSON *request = screen_request(device.id);
    return ops_run(&at, &actor, "screen.proxy", request, &result, error);
}
