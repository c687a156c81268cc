#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "headend/db/home_open.h"
#include "headend/ingest/ask.h"
#include "headend/serve/children.h"
#include "headend/serve/config.h"
#include "headend/serve/scrape.h"
#include "headend/serve/serve.h"
#include "headend/serve/server_cage.h"

/* What was handed to this process is not for the renderers that it starts. */
static bool keep_from_programs(bool looks, struct pp_error *error) {
    for (int fd = CHILD_FIRST_FD; fd < SERVER_LANES_FD + SIGNING_LANES; fd++) {
        if ((fd != SERVER_INGEST_FD || looks) && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            return pp_fail_errno(error, CHILD_SERVER " is started by \"serve\" alone");
    }
    return true;
}

bool server_process(enum app_part part, int argc, char **argv, struct pp_error *error) {
    struct serve_config config;
    int lanes[SIGNING_LANES];
    for (int i = 0; i < SIGNING_LANES; i++)
        lanes[i] = SERVER_LANES_FD + i;
    bool files = part != APP_SCREENS;
    if (!keep_from_programs(files, error) || !serve_config_read(&config, argc, argv, error))
        return false;
    if (strcmp(config.options.log_format, "json") == 0)
        pp_log_use_json(true);
    if (config.options.metrics_token && !scrape_check_token(config.options.metrics_token, error))
        return false;
    if (!server_cage_enter(config.dir, &config.options, part, error))
        return false;
    PP_AUTO(ingest_lane)
    struct ingest_lane *looks = files ? ingest_lane_create(SERVER_INGEST_FD, error) : NULL;
    PP_AUTO(signing) struct signing *signing = looks || !files ? signing_remote(lanes, error) : NULL;
    PP_AUTO(home) struct home *home = signing ? home_open_with(config.dir, signing, error) : NULL;
    const struct serve_hand hand = {
        .part = part, .listener = SERVER_LISTEN_FD, .ready = SERVER_READY_FD, .looks = looks};
    return home && serve(home, &config.options, &hand, error);
}

bool command_serve(int argc, char **argv, struct pp_error *error) {
    bool told;
    if (supervise(argc, argv, &told, error))
        return true;
    if (told)
        exit(EXIT_FAILURE);
    return false;
}

/* Without what is done at an exit, for which its cage has no place. */
static _Noreturn void end_at_once(bool ok, const struct pp_error *error) {
    if (!ok)
        pp_log_error("%s", error->message);
    fflush(NULL);
    _exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
}

static const struct {
    const char *command, *name;
    enum app_part part;
} servers[] = {
    {CHILD_SERVER, "headend-server", APP_ALL},
    {CHILD_DEVICE, "headend-device", APP_SCREENS},
    {CHILD_CONSOLE, "headend-console", APP_PEOPLE},
};

bool child_run(int argc, char **argv, bool *is, struct pp_error *error) {
    *is = true;
    if (argc == 4 && strcmp(argv[1], CHILD_SIGNER) == 0) {
        prctl(PR_SET_NAME, "headend-signer", 0, 0, 0); /* and not "exe", in lists of processes */
        end_at_once(signer_process(argv[2], (unsigned)strtoul(argv[3], NULL, 10), error), error);
    }
    if (argc == 2 && strcmp(argv[1], CHILD_INGEST) == 0) {
        prctl(PR_SET_NAME, "headend-ingest", 0, 0, 0);
        end_at_once(ingest_process(error), error);
    }
    for (size_t i = 0; argc > 2 && i < PP_COUNT(servers); i++) {
        if (strcmp(argv[1], servers[i].command) != 0)
            continue;
        prctl(PR_SET_NAME, servers[i].name, 0, 0, 0);
        return server_process(servers[i].part, argc - 1, argv + 1, error);
    }
    return *is = false;
}
