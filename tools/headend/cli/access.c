/* How a screen shows who it is, and who may sign in there: `screen access`, `screen sign-out`. */
#include "base/log.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ops/person_session.h"
#include "headend/signing/signing.h"

struct access_words {
    struct person_settings settings;
    bool password_stdin, new_password;
    const char *secret_file;
    const char *screen, *mode, *folder;
};

static bool words_read(struct access_words *words, int argc, char **argv, struct pp_error *error) {
    struct person_settings *settings = &words->settings;
    const struct pp_option table[] = {
        {"session", PP_OPTION_UNSIGNED, &settings->session_s},
        {"at-most", PP_OPTION_UNSIGNED, &settings->most_s},
        {"password-stdin", PP_OPTION_FLAG, &words->password_stdin},
        {"new-password", PP_OPTION_FLAG, &words->new_password},
        {"issuer", PP_OPTION_STRING, &settings->issuer},
        {"client-id", PP_OPTION_STRING, &settings->client_id},
        {"scope", PP_OPTION_STRING, &settings->scope},
        {"groups-claim", PP_OPTION_STRING, &settings->groups_claim},
        {"allow", PP_OPTION_LIST, &settings->allowed},
        {"client-secret-file", PP_OPTION_STRING, &words->secret_file},
        {"client-auth", PP_OPTION_STRING, &settings->client_auth},
        {0},
    };
    int first = 0;
    if (!command_words(table, argc, argv, 3, &first, "screen access: DIR, SCREEN and MODE are needed", error))
        return false;
    words->folder = argv[first];
    words->screen = argv[first + 1];
    words->mode = argv[first + 2];
    if (settings->most_s < settings->session_s && settings->most_s == PERSON_MOST_S)
        settings->most_s = settings->session_s;
    return device_access_read(words->mode, &settings->mode) ||
           pp_fail(error, PP_E_INVALID, "access: must be certificate, cookie, sso or password");
}

/* The secret of a provider's client, as it is kept. */
static bool seal_secret(const struct home *home, const char *device, const char *path, struct pp_buf *kept,
                        struct pp_error *error) {
    char secret[CLIENT_SECRET_MAX + 1];
    bool ok = client_secret_read(path, secret, error) &&
              signing_keep_secret(home->signing, device, secret, kept, error);
    pp_wipe(secret, sizeof secret);
    return ok;
}

bool command_screen_access(int argc, char **argv, struct pp_error *error) {
    struct access_words words = {.settings = {.session_s = PERSON_SESSION_S,
                                              .most_s = PERSON_MOST_S,
                                              .scope = "openid email profile",
                                              .groups_claim = "groups"}};
    struct device device;
    struct person_policy before = {0};
    char encoded[PASSWORD_ENCODED_MAX] = "";
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CLIENT_SECRET_TOKEN_MAX);
    account_auto struct account account = {0};
    if (!words_read(&words, argc, argv, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(words.folder, error);
    if (!home || !device_resolve(home->db, words.screen, &device, error))
        return false;
    bool has = person_policy_find(home->db, device.id, &before, NULL) && *before.password;
    pp_wipe(&before, sizeof before);
    if (words.settings.mode == DEVICE_PASSWORD && (!has || words.password_stdin || words.new_password)) {
        if (!account_read(&account, "screen", words.password_stdin, error) ||
            !password_encode(account.password, encoded, error))
            return false;
        words.settings.password = encoded;
    }
    if (words.secret_file) {
        if (!seal_secret(home, device.id, words.secret_file, &secret, error))
            return false;
        words.settings.client_secret = pp_buf_text(&secret);
    }
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = screen_request_access(device.id, &words.settings);
    if (!command_operate(home, "screen.access", request, &result, error))
        return false;
    if (account.made)
        printf("%s\n", account.password);
    return true;
}

bool command_screen_sign_out(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    struct device device;
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, "screen sign-out: DIR and SCREEN are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    return home && device_resolve(home->db, argv[first + 1], &device, error) &&
           command_operate_on(home, "screen.sign-out", device.id, error);
}
