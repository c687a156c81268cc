#include <libgen.h>
#include <strings.h>

#include "base/options.h"
#include "headend/base/text.h"
#include "headend/cli/commands.h"
#include "headend/ingest/content_check.h"
#include "headend/ingest/content_file.h"
#include "headend/ingest/separate.h"
#include "headend/ops/device_reports.h"
#include "headend/ops/publish.h"
#include "headend/ops/rollout_plan.h"
#include "headend/public/tuf_files.h"

static bool description_load(const char *path, const struct playlist_options *options,
                             struct playlist *playlist, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PLAYLIST_DESCRIPTION_MAX);
    pp_autoclose int fd = content_open(path, error);
    if (fd < 0 || !pp_path_format(folder, error, "%s", path) || !pp_file_read_fd(fd, path, &text, error))
        return false;
    return playlist_of_description(text.data, text.size, dirname(folder), options, playlist, error) ||
           pp_wrap(error, "%s", path);
}

static bool is_description(const char *path) {
    size_t length = strlen(path);
    return length > 5 && strcasecmp(path + length - 5, ".json") == 0;
}

static bool content_load(char **words, size_t count, const struct playlist_options *options,
                         struct playlist *playlist, struct pp_error *error) {
    if (count == 1 && is_description(words[0]))
        return description_load(words[0], options, playlist, error);
    for (size_t i = 0; i < count; i++) {
        if (is_description(words[i]))
            return pp_fail(error, PP_E_INVALID, "%s: a playlist's description is published alone", words[i]);
    }
    return playlist_of_files((const char *const *)words, count, options, playlist, error);
}

/* A screen's word moves nothing that all screens share: who runs this decides. */
static bool tell_lost_roots(const struct home *home, int64_t given, struct pp_error *error) {
    int64_t reported = 0;
    if (!device_root_reported(home->db, &reported, error))
        return false;
    if (reported > given && !tuf_repo_has_root(home, reported))
        fprintf(stderr,
                "pingplay-headend: warning: a screen says that it has seen version %lld of the root, which "
                "is not here; if that "
                "is so, run this again with --root-version %lld\n",
                (long long)reported, (long long)reported);
    return true;
}

bool command_restored(int argc, char **argv, struct pp_error *error) {
    uint64_t root_version = 0;
    const struct pp_option table[] = {{"root-version", PP_OPTION_UNSIGNED, &root_version}, {0}};
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first != 1)
        return pp_fail(error, PP_E_INVALID, "restored: one DIR is needed");
    if (root_version > PP_JSON_INTEGER_MAX)
        return pp_fail(error, PP_E_LIMIT, "--root-version: too large");
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddNumberToObject(request, "root_version", (double)root_version);
    if (!home || !command_operate(home, "repository.restored", request, &result, error) ||
        !publish_restored(home, (int64_t)root_version, error))
        return false;
    home_wake(home);
    return tell_lost_roots(home, (int64_t)root_version, error);
}

bool command_restate_time(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!command_words(table, argc, argv, 1, &first, "restate-time: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    if (!home || !command_operate(home, "repository.restate-time", request, &result, error) ||
        !publish_restate_time(home, error))
        return false;
    home_wake(home);
    return true;
}

static void warning_print(void *arg, const char *file, const char *warning) {
    (void)arg;
    fprintf(stderr, "pingplay-headend: warning: %s: %s\n", file, warning);
}

bool command_publish(int argc, char **argv, struct pp_error *error) {
    const char *channel = NULL;
    const char *renderer_user = NULL;
    const char *steps = NULL;
    char renderers[PP_PATH_MAX];
    struct publish_options how = {.warn = warning_print};
    struct playlist_options options = {.duration_s = PLAYLIST_NOT_GIVEN};
    const struct pp_option table[] = {
        {"channel", PP_OPTION_STRING, &channel},
        {"title", PP_OPTION_STRING, &options.title},
        {"duration", PP_OPTION_UNSIGNED, &options.duration_s},
        {"rollout", PP_OPTION_STRING, &steps},
        {"renderers", PP_OPTION_STRING, &how.renderers.folder},
        {"renderer-user", PP_OPTION_STRING, &renderer_user},
        {0},
    };
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (argc - first < 2 || !channel)
        return pp_fail(error, PP_E_INVALID, "publish: DIR, --channel and CONTENT are needed");
    if (!channel_id_check(channel, error) ||
        (options.title && !text_check("title", options.title, 1, TEXT_NAME_MAX, error)))
        return false;
    if (options.duration_s != PLAYLIST_NOT_GIVEN && (options.duration_s < 1 || options.duration_s > 86400))
        return pp_fail(error, PP_E_LIMIT, "--duration: must be 1 to 86400");
    pp_autojson cJSON *plan = steps ? rollout_plan_of_words(steps, error) : NULL;
    if (steps && !plan)
        return pp_wrap(error, "--rollout");
    how.plan = plan;
    if (!how.renderers.folder && !content_renderers_find(renderers, error))
        return false;
    how.renderers.folder = how.renderers.folder ? how.renderers.folder : renderers;
    PP_AUTO(ipc_launcher) struct ipc_launcher *launcher = NULL;
    if (!separate_renderers(argv[first], renderer_user, &launcher, error))
        return false;
    how.renderers.launcher = launcher;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    playlist_auto struct playlist playlist = {0};
    struct publish_result result;
    if (!home || !content_load(argv + first + 1, (size_t)(argc - first - 1), &options, &playlist, error) ||
        !publish_playlist(home, channel, &playlist, &how, &result, error))
        return false;
    printf("channel %s, publish %lld: %zu objects, %zu of them new, %llu bytes sealed\n", channel,
           (long long)result.number, result.objects, result.objects - result.kept,
           (unsigned long long)result.bytes);
    return true;
}
