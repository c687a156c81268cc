#include "base/log.h"
#include "headend/db/home_open.h"
#include "headend/serve/config.h"
#include "headend/serve/scrape.h"
#include "headend/serve/serve.h"

bool command_serve(int argc, char **argv, struct pp_error *error) {
    struct serve_config config;
    if (!serve_config_read(&config, argc, argv, error))
        return false;
    if (strcmp(config.options.log_format, "json") == 0)
        pp_log_use_json(true);
    if (config.options.metrics_token && !scrape_check_token(config.options.metrics_token, error))
        return false;
    PP_AUTO(home) struct home *home = home_open(config.dir, error);
    return home && serve(home, &config.options, error);
}
