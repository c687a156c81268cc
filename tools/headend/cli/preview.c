/* What a channel's draft looks like on a screen, as a picture in a file. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "channel/schedule.h"
#include "headend/cli/commands.h"
#include "headend/db/home_open.h"
#include "headend/ingest/content_check.h"
#include "headend/ingest/preview_process.h"
#include "headend/ops/content_store.h"
#include "headend/ops/preview.h"

#define WIDTH_USUAL  960
#define HEIGHT_USUAL 540
#define PICTURE_S    90 /* that the first picture is waited for */

static bool wanted_check(const struct preview_wanted *wanted, struct pp_error *error) {
    bool small = wanted->width >= PREVIEW_SIDE_MIN && wanted->width <= PREVIEW_SIDE_MAX &&
                 wanted->height >= PREVIEW_SIDE_MIN && wanted->height <= PREVIEW_SIDE_MAX;
    if (!small)
        return pp_fail(error, PP_E_INVALID, "--width and --height: %d to %d pixels", PREVIEW_SIDE_MIN,
                       PREVIEW_SIDE_MAX);
    return channel_time_zone_valid(wanted->time_zone) ||
           pp_fail(error, PP_E_INVALID, "--time-zone: there is no %s", wanted->time_zone);
}

/* Who asks may see it, and there is such a channel. */
static bool allowed(struct home *home, const char *channel, struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", channel);
    return command_operate(home, "channel.preview", request, &result, error);
}

static char *job_make(struct home *home, const char *channel, const struct preview_wanted *wanted,
                      struct pp_error *error) {
    char programs[PP_PATH_MAX];
    if (!content_renderers_find(programs, error))
        return NULL;
    db_lock(home->db);
    char *job = preview_compose(home->db, channel, wanted, programs, error);
    db_unlock(home->db);
    return job;
}

static bool picture_make(struct home *home, const char *job, struct pp_buf *picture, struct pp_error *error) {
    char programs[PP_PATH_MAX];
    PP_CLEANUP(preview_process_stop) struct preview_process process = PREVIEW_PROCESS_NONE;
    pp_autoclose int files = pp_dir_open(home->fd, CONTENT_STORE, error);
    return files >= 0 && content_renderers_find(programs, error) &&
           preview_process_start(programs, job, files, &process, error) &&
           preview_process_picture(&process, PICTURE_S, picture, error);
}

bool command_channel_preview(int argc, char **argv, struct pp_error *error) {
    const char *at = NULL;
    uint64_t width = WIDTH_USUAL, height = HEIGHT_USUAL;
    struct preview_wanted wanted = {.still = true, .time_zone = "UTC"};
    const struct pp_option options[] = {{"at", PP_OPTION_STRING, &at},
                                        {"time-zone", PP_OPTION_STRING, &wanted.time_zone},
                                        {"width", PP_OPTION_UNSIGNED, &width},
                                        {"height", PP_OPTION_UNSIGNED, &height},
                                        {0}};
    int first = 0;
    pp_autobuf struct pp_buf picture = PP_BUF_INIT(PREVIEW_PICTURE_MAX);
    if (!command_words(options, argc, argv, 3, &first, "channel preview: DIR, ID and FILE are needed", error))
        return false;
    wanted.width = width > PREVIEW_SIDE_MAX ? 0 : (int64_t)width;
    wanted.height = height > PREVIEW_SIDE_MAX ? 0 : (int64_t)height;
    if (!wanted_check(&wanted, error) || (at && !pp_time_parse(at, &wanted.at, error)))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    char *job = home && allowed(home, argv[first + 1], error)
                    ? job_make(home, argv[first + 1], &wanted, error)
                    : NULL;
    bool ok = job && picture_make(home, job, &picture, error);
    if (job)
        pp_wipe(job, strlen(job));
    free(job);
    return ok && pp_file_replace(AT_FDCWD, argv[first + 2], picture.data, picture.size, 0644, error);
}
