/*
 * pingplay-tuf: the client interface of the public conformance suite
 * (https://github.com/theupdateframework/tuf-conformance, CLIENT-CLI.md).
 *
 *     pingplay-tuf --metadata-dir D init ROOT
 *     pingplay-tuf --metadata-dir D --metadata-url U refresh
 *     pingplay-tuf --metadata-dir D --metadata-url U --target-name T [--target-name T2 …]
 *                  --target-base-url B --target-dir DIR download
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/options.h"
#include "fetch.h"
#include "trust/trust.h"

#define TARGET_MAX (64UL * 1024 * 1024) /* bytes */

struct options {
    const char *metadata_dir, *metadata_url, *target_base_url, *target_dir;
    struct pp_option_list target_names;
    const char *root; /* init's argument */
};

static struct trust *open_trust(const struct options *options, struct fetch *fetch, struct pp_error *error) {
    struct trust_config config = {
        .metadata_dir = options->metadata_dir,
        .metadata_url = options->metadata_url,
        .target_base_url = options->target_base_url,
        .fetch = fetch_url,
        .fetch_arg = fetch,
        .now = pp_clock_realtime_s(),
    };
    return trust_open(&config, error);
}

static bool run_init(const struct options *options, struct pp_error *error) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(TRUST_ROOT_MAX);
    return pp_file_read(AT_FDCWD, options->root, &root, error) &&
           trust_init_root(options->metadata_dir, root.data, root.size, error);
}

static bool run_refresh(const struct options *options, struct pp_error *error) {
    PP_AUTO(fetch) struct fetch *fetch = fetch_create(error);
    if (!fetch)
        return false;
    PP_AUTO(trust) struct trust *trust = open_trust(options, fetch, error);
    return trust && trust_refresh(trust, error);
}

/* A target is kept under its whole path, percent-encoded: one flat folder, no name leads out of it. */
static bool target_file(const struct options *options, const char *name, char path[PP_PATH_MAX],
                        struct pp_error *error) {
    pp_autofree char *encoded = pp_percent_encode(name);
    if (!encoded)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return pp_path_format(path, error, "%s/%s", options->target_dir, encoded);
}

static bool is_there(const char *path, const struct trust_target *target) {
    pp_autobuf struct pp_buf kept = PP_BUF_INIT(TARGET_MAX);
    return pp_file_read(AT_FDCWD, path, &kept, NULL) &&
           trust_target_verify(target, kept.data, kept.size, NULL);
}

static bool download_one(struct trust *trust, const struct options *options, const char *name,
                         struct pp_error *error) {
    trust_autotarget struct trust_target target;
    char path[PP_PATH_MAX];
    if (!trust_target_find(trust, name, &target, error) || !target_file(options, name, path, error))
        return false;
    if (is_there(path, &target))
        return true;
    pp_autobuf struct pp_buf data = PP_BUF_INIT(TARGET_MAX);
    return trust_target_download(trust, &target, &data, error) &&
           pp_file_replace(AT_FDCWD, path, data.data, data.size, 0644, error);
}

static bool run_download(const struct options *options, struct pp_error *error) {
    PP_AUTO(fetch) struct fetch *fetch = fetch_create(error);
    if (!fetch)
        return false;
    PP_AUTO(trust) struct trust *trust = open_trust(options, fetch, error);
    if (!trust || !trust_refresh(trust, error))
        return false;
    for (size_t i = 0; i < options->target_names.count; i++) {
        if (!download_one(trust, options, options->target_names.items[i], error))
            return false;
    }
    return true;
}

static const struct command {
    const char *name;
    bool needs_root, needs_url, needs_target;
    bool (*run)(const struct options *options, struct pp_error *error);
} commands[] = {
    {"init", true, false, false, run_init},
    {"refresh", false, true, false, run_refresh},
    {"download", false, true, true, run_download},
};

static const struct command *find_command(const char *name, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        if (name && strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    pp_fail(error, PP_E_INVALID, "command is init ROOT, refresh or download");
    return NULL;
}

static bool check_options(const struct command *command, const struct options *options,
                          struct pp_error *error) {
    if (!options->metadata_dir)
        return pp_fail(error, PP_E_INVALID, "--metadata-dir is missing");
    if (command->needs_root && !options->root)
        return pp_fail(error, PP_E_INVALID, "%s needs the file of the trusted root", command->name);
    if (command->needs_url && !options->metadata_url)
        return pp_fail(error, PP_E_INVALID, "%s needs --metadata-url", command->name);
    if (command->needs_target &&
        (!options->target_base_url || !options->target_dir || !options->target_names.count))
        return pp_fail(error, PP_E_INVALID, "%s needs --target-name, --target-base-url and --target-dir",
                       command->name);
    return true;
}

static bool run(int argc, char **argv, struct pp_error *error) {
    struct options options = {0};
    const struct pp_option table[] = {
        {"metadata-dir", PP_OPTION_STRING, &options.metadata_dir},
        {"metadata-url", PP_OPTION_STRING, &options.metadata_url},
        {"target-base-url", PP_OPTION_STRING, &options.target_base_url},
        {"target-dir", PP_OPTION_STRING, &options.target_dir},
        {"target-name", PP_OPTION_LIST, &options.target_names},
        {NULL, PP_OPTION_FLAG, NULL},
    };
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    const struct command *command = find_command(first < argc ? argv[first] : NULL, error);
    if (!command)
        return false;
    int last = first + 1;
    if (command->needs_root && last < argc)
        options.root = argv[last++];
    if (last < argc)
        return pp_fail(error, PP_E_INVALID, "%s is one argument too many", argv[last]);
    return check_options(command, &options, error) && command->run(&options, error);
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    if (run(argc, argv, &error))
        return 0;
    fprintf(stderr, "pingplay-tuf: %s\n", error.message);
    return 1;
}
