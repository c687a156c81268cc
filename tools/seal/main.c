/*
 * pingplay-seal: sealed streams from the command line.
 *
 *   pingplay-seal encrypt|decrypt|info --key-file FILE [--associated-data TEXT] [--segment-size N]
 *                 [--hash sha1|sha256|sha512] [--key-size 16|32] [--first-offset N] [IN [OUT]]
 *
 * FILE holds the input key in hex (white space around it is allowed), at least as long as the key size. The
 * associated data is empty unless given: say "pingplay/object" for an object of the cache,
 * "pingplay/manifest/ID" for a channel's manifest. The other defaults are the project's: segments of 65536
 * bytes, SHA-256, AES-256, no first offset. The stream begins with its header whatever the first offset is.
 *
 * Without IN and OUT, or with "-", it is a filter. From a pipe, decrypt lets each segment out as soon as it
 * authenticates: only exit status 0 tells that the stream was whole. A file OUT appears when its content is
 * whole. Exit status 0, or 1 with one line on standard error.
 */
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/options.h"
#include "commands.h"

#define KEY_FILE_MAX (2 * SEAL_IKM_MAX + 64) /* bytes: hex digits and white space */

#define USAGE                                                                                                \
    "usage: pingplay-seal encrypt|decrypt|info --key-file FILE [--associated-data TEXT] [--segment-size N] " \
    "[--hash sha1|sha256|sha512] [--key-size 16|32] [--first-offset N] [IN [OUT]]"

struct command {
    const char *name;
    bool (*run)(const struct job *job, struct pp_error *error);
};

static const struct command commands[] = {
    {"encrypt", command_encrypt},
    {"decrypt", command_decrypt},
    {"info", command_info},
};

struct hash_name {
    const char *name;
    enum crypto_hash hash;
};

static const struct hash_name hashes[] = {
    {"sha1", CRYPTO_SHA1},
    {"sha256", CRYPTO_SHA256},
    {"sha512", CRYPTO_SHA512},
};

struct arguments {
    const char *key_file;
    const char *associated_data;
    const char *hash;
    uint64_t segment_size;
    uint64_t key_size;
    uint64_t first_offset;
    bool help;
};

static const struct command *find_command(const char *name, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    pp_fail(error, PP_E_INVALID, "no such command: %s; encrypt, decrypt and info are there", name);
    return NULL;
}

static bool find_hash(const char *name, enum crypto_hash *hash, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(hashes); i++) {
        if (strcmp(hashes[i].name, name) == 0) {
            *hash = hashes[i].hash;
            return true;
        }
    }
    return pp_fail(error, PP_E_INVALID, "--hash: not sha1, sha256 or sha512: %s", name);
}

/* The hex digits between white space, decoded in place of the job's key. */
static bool decode_key(char *text, struct job *job, struct pp_error *error) {
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        text[--length] = 0;
    if (length / 2 > sizeof job->key)
        return pp_fail(error, PP_E_LIMIT, "key longer than %zu bytes", sizeof job->key);
    job->params.ikm_size = length / 2;
    if (!length)
        return pp_fail(error, PP_E_INVALID, "no key in it");
    if (length % 2)
        return pp_fail(error, PP_E_INVALID, "an odd number of hex digits");
    return pp_hex_decode(text, job->key, job->params.ikm_size, error);
}

static bool load_key(const char *path, struct job *job, struct pp_error *error) {
    struct pp_buf text pp_autobuf = PP_BUF_INIT(KEY_FILE_MAX);
    if (!pp_file_read(AT_FDCWD, path, &text, error) || !pp_buf_reserve(&text, 0, error))
        return pp_wrap(error, "--key-file");
    if (strlen((char *)text.data) != text.size)
        return pp_fail(error, PP_E_INVALID, "--key-file %s: not hex", path);
    return decode_key((char *)text.data, job, error) || pp_wrap(error, "--key-file %s", path);
}

static bool fill_params(const struct arguments *arguments, struct seal_params *params,
                        struct pp_error *error) {
    if (arguments->segment_size > SEAL_SEGMENT_MAX)
        return pp_fail(error, PP_E_LIMIT, "--segment-size: over %d", SEAL_SEGMENT_MAX);
    if (arguments->first_offset > SEAL_SEGMENT_MAX)
        return pp_fail(error, PP_E_LIMIT, "--first-offset: over %d", SEAL_SEGMENT_MAX);
    if (arguments->key_size != 16 && arguments->key_size != 32)
        return pp_fail(error, PP_E_INVALID, "--key-size: not 16 or 32");
    params->segment_size = (uint32_t)arguments->segment_size;
    params->first_offset = (uint32_t)arguments->first_offset;
    params->key_size = (size_t)arguments->key_size;
    return find_hash(arguments->hash, &params->hash, error);
}

static bool fill_job(const struct arguments *arguments, int count, char **words, struct job *job,
                     struct pp_error *error) {
    if (count > 3)
        return pp_fail(error, PP_E_INVALID, "too many arguments: %s", words[3]);
    if (!arguments->key_file)
        return pp_fail(error, PP_E_INVALID, "--key-file is missing");
    job->associated_data = arguments->associated_data;
    job->in = count > 1 ? words[1] : NULL;
    job->out = count > 2 ? words[2] : NULL;
    return fill_params(arguments, &job->params, error) && load_key(arguments->key_file, job, error) &&
           seal_params_check(&job->params, error);
}

static bool run(int argc, char **argv, struct pp_error *error) {
    struct arguments arguments = {.hash = "sha256", .segment_size = SEAL_SEGMENT_DEFAULT, .key_size = 32};
    const struct pp_option table[] = {{"key-file", PP_OPTION_STRING, &arguments.key_file},
                                      {"associated-data", PP_OPTION_STRING, &arguments.associated_data},
                                      {"segment-size", PP_OPTION_UNSIGNED, &arguments.segment_size},
                                      {"hash", PP_OPTION_STRING, &arguments.hash},
                                      {"key-size", PP_OPTION_UNSIGNED, &arguments.key_size},
                                      {"first-offset", PP_OPTION_UNSIGNED, &arguments.first_offset},
                                      {"help", PP_OPTION_FLAG, &arguments.help},
                                      {NULL, PP_OPTION_FLAG, NULL}};
    int first = 0;
    struct job job = {0};
    if (!pp_options_parse(table, argc, argv, &first, error))
        return false;
    if (arguments.help)
        return puts(USAGE) >= 0;
    if (first == argc)
        return pp_fail(error, PP_E_INVALID, "%s", USAGE);
    const struct command *command = find_command(argv[first], error);
    bool ok =
        command && fill_job(&arguments, argc - first, argv + first, &job, error) && command->run(&job, error);
    pp_wipe(&job, sizeof job);
    return ok;
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like any other */
    if (run(argc, argv, &error))
        return EXIT_SUCCESS;
    fprintf(stderr, "pingplay-seal: %s\n", error.message);
    return EXIT_FAILURE;
}
