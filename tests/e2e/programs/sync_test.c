/*
 * Drives firmware/sync from the command line, without an agent, for tests and the benchmark.
 *
 *   pingplay-sync-test run --state DIR --url URL --ca FILE --root FILE --channel ID --key-file FILE …
 *       One line of JSON for each result. Ends with the first that is not "failed" or "bad" (exit 0), or with
 *       the first "failed" (exit 1).
 *       --keep-going: goes on after "failed" · --results N: ends after N lines whatever they are ·
 *       --stay: never ends · --look-ms N: the pause between looks · --again-ms N: asks again whenever N ms
 *       pass without a line · --previous-at N: goes back to the previous manifest after N bytes of the first
 *       download, and says so in a line
 *   pingplay-sync-test show --state DIR …
 *       The manifest that would be shown, each object read and hashed again.
 *   pingplay-sync-test previous --state DIR …
 *       Goes back to the previous manifest, then as show.
 *
 * The key file holds 32 bytes in hex.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/options.h"
#include "crypto/bulk.h"
#include "sync/sync.h"

#define TEXT_FILE_MAX (64 * 1024) /* bytes */
#define BLOCK_SIZE    65536       /* bytes */
#define POLL_MS       5

struct options {
    const char *state, *url, *ca, *root, *channel, *key_file, *certificate, *private_key, *cookie_file, *take;
    uint64_t max_bytes, reserve, stall, now, results, scrub_ms, look_ms, cancel_at, previous_at, again_ms;
    bool keep_going, stay;
};

struct program {
    struct options options;
    struct vault *vault;
    struct store *store;
    struct sync *sync;
};

/* The last members of a line. */
static void print_error(const struct pp_error *error) {
    printf("\"error\":\"%s\",\"message\":\"", pp_code_name(error->code));
    for (const char *c = error->message; *c; c++) {
        if (*c == '"' || *c == '\\')
            putchar('\\');
        putchar(*c);
    }
    printf("\"}\n");
}

static int fail(const struct pp_error *error) {
    printf("{\"kind\":\"error\",");
    print_error(error);
    return 1;
}

static int64_t given_time(void *arg) {
    const struct options *options = arg;
    return options->now ? (int64_t)options->now * 1000 : pp_clock_realtime_ms();
}

static bool read_text(const char *path, struct pp_buf *out, struct pp_error *error) {
    if (!path)
        return true;
    if (!pp_file_read(AT_FDCWD, path, out, error))
        return false;
    while (out->size && out->data[out->size - 1] == '\n')
        out->data[--out->size] = 0;
    return true;
}

static bool open_state(struct program *program, struct pp_error *error) {
    const struct options *options = &program->options;
    struct store_config config = {.max_bytes = options->max_bytes, .reserve_bytes = options->reserve};
    if (!options->state)
        return pp_fail(error, PP_E_INVALID, "--state is missing");
    program->vault = vault_open(options->state, NULL, error);
    program->store = program->vault ? store_open(options->state, &config, error) : NULL;
    return program->store != NULL;
}

static bool use_identity(struct program *program, const struct pp_buf *certificate, const struct pp_buf *pem,
                         struct pp_error *error) {
    if (!certificate->size)
        return sync_set_identity(program->sync, NULL, NULL, error);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_load_pem(pem->data, pem->size, error);
    return key && sync_set_identity(program->sync, pp_buf_text(certificate), key, error);
}

static bool use_cookie(struct program *program, const struct pp_buf *cookie, struct pp_error *error) {
    if (!cookie->size)
        return true;
    struct pp_secret_text *text = pp_secret_text_create(pp_buf_text(cookie), error);
    sync_set_cookie(program->sync, text);
    pp_secret_text_destroy(text);
    return text != NULL;
}

static bool identify(struct program *program, struct pp_error *error) {
    const struct options *options = &program->options;
    pp_autobuf struct pp_buf certificate = PP_BUF_INIT(TEXT_FILE_MAX);
    pp_autobuf struct pp_buf key = PP_BUF_INIT(TEXT_FILE_MAX);
    pp_autobuf struct pp_buf cookie = PP_BUF_INIT(TEXT_FILE_MAX);
    return read_text(options->certificate, &certificate, error) &&
           read_text(options->private_key, &key, error) && read_text(options->cookie_file, &cookie, error) &&
           use_identity(program, &certificate, &key, error) && use_cookie(program, &cookie, error);
}

/* The given time is that of the metadata; certificates may be as they are. */
static int64_t real_time(void *arg) {
    (void)arg;
    return pp_clock_realtime_ms();
}

static bool start_sync(struct program *program, struct pp_error *error) {
    struct options *options = &program->options;
    struct sync_config config = {
        .state_dir = options->state,
        .vault = program->vault,
        .store = program->store,
        .base_url = options->url ? options->url : "https://localhost",
        .ca_file = options->ca,
        .root_file = options->root,
        .clocks = {.time = {.now_ms = given_time, .arg = options}, .other = {.now_ms = real_time}},
        .stall_s = (int)options->stall,
        .look_pause_ms = options->look_ms ? (int)options->look_ms : -1,
        .scrub_pause_ms = options->scrub_ms ? (int)options->scrub_ms : -1,
    };
    program->sync = sync_create(&config, error);
    return program->sync && identify(program, error);
}

static bool make_target(const struct options *options, struct sync_target *target, struct pp_error *error) {
    pp_autobuf struct pp_buf key = PP_BUF_INIT(TEXT_FILE_MAX);
    if (!options->channel || !options->key_file)
        return pp_fail(error, PP_E_INVALID, "--channel or --key-file is missing");
    snprintf(target->channel, sizeof target->channel, "%s", options->channel);
    target->has_take = options->take != NULL;
    return (!options->take || pp_hex_decode(options->take, target->take, sizeof target->take, error)) &&
           read_text(options->key_file, &key, error) &&
           pp_hex_decode(pp_buf_text(&key), target->key, sizeof target->key, error);
}

static void print_result(const struct sync_result *result) {
    static const char *const kinds[] = {
        [SYNC_SWITCHED] = "switched", [SYNC_UNCHANGED] = "unchanged", [SYNC_EMPTY] = "empty",
        [SYNC_FAILED] = "failed",     [SYNC_REPAIRED] = "repaired",   [SYNC_BAD_OBJECT] = "bad",
        [SYNC_TIME] = "time",         [SYNC_REFUSED] = "refused"};
    char hash[PP_HEX_SIZE(CHANNEL_HASH_SIZE)];
    pp_hex_encode(result->sha256, sizeof result->sha256, hash);
    printf("{\"kind\":\"%s\",\"channel\":\"%s\",\"version\":%" PRId64 ",\"sha256\":\"%s\",\"bytes\":%" PRIu64
           ",\"objects\":%" PRIu32 ",\"elapsed_ms\":%" PRId64 ",\"retry_ms\":%" PRId64 ",",
           kinds[result->kind], result->channel, result->version, hash, result->bytes_fetched,
           result->objects_fetched, result->elapsed_ms, result->retry_ms);
    print_error(&result->error);
    fflush(stdout);
}

/* -1 while more results are to be waited for, else the exit code. */
static int judge(const struct options *options, const struct sync_result *result, uint64_t count) {
    if (options->results)
        return count >= options->results ? 0 : -1;
    if (result->kind == SYNC_FAILED)
        return options->keep_going ? -1 : 1;
    return result->kind == SYNC_BAD_OBJECT || result->kind == SYNC_TIME || result->kind == SYNC_REFUSED ||
                   options->stay
               ? -1
               : 0;
}

static int take_results(const struct program *program, const struct sync_target *target) {
    struct pollfd wait = {.fd = sync_result_fd(program->sync), .events = POLLIN};
    struct sync_result result;
    for (uint64_t count = 1;;) {
        if (poll(&wait, 1, program->options.again_ms ? (int)program->options.again_ms : -1) == 0)
            sync_request(program->sync, target);
        if (!sync_take_result(program->sync, &result))
            continue;
        print_result(&result);
        sync_result_finish(&result);
        int code = judge(&program->options, &result, count++);
        if (code >= 0)
            return code;
    }
}

static void wait_download(const struct program *program, uint64_t bytes) {
    struct sync_progress progress = {0};
    while (progress.bytes_done < bytes) {
        poll(NULL, 0, POLL_MS);
        sync_progress(program->sync, &progress);
    }
}

/* Ends the sync in the middle of a download, and tells how long that took. */
static int cancel_midway(struct program *program) {
    wait_download(program, program->options.cancel_at);
    int64_t began = pp_clock_monotonic_ms();
    sync_destroy(program->sync);
    program->sync = NULL;
    printf("{\"kind\":\"cancelled\",\"elapsed_ms\":%" PRId64 "}\n", pp_clock_monotonic_ms() - began);
    return 0;
}

/* Rejects the current manifest while objects of it come. */
static bool reject_midway(const struct program *program, struct pp_error *error) {
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = NULL;
    if (!program->options.previous_at)
        return true;
    wait_download(program, program->options.previous_at);
    if (!sync_use_previous(program->sync, &manifest, error))
        return false;
    printf("{\"kind\":\"previous\",\"title\":\"%s\"}\n", manifest->title);
    fflush(stdout);
    return true;
}

static int run(struct program *program) {
    struct pp_error error = {0};
    struct sync_target target = {0};
    if (!open_state(program, &error) || !make_target(&program->options, &target, &error) ||
        !start_sync(program, &error))
        return fail(&error);
    sync_request(program->sync, &target);
    if (!reject_midway(program, &error))
        return fail(&error);
    int code = program->options.cancel_at ? cancel_midway(program) : take_results(program, &target);
    pp_wipe(&target, sizeof target);
    return code;
}

static bool hash_file(int fd, struct crypto_sha256 *hash, struct pp_error *error) {
    static uint8_t block[BLOCK_SIZE];
    ssize_t got;
    while ((got = read(fd, block, sizeof block)) > 0) {
        if (!crypto_sha256_update(hash, block, (size_t)got, error))
            return false;
    }
    return got == 0 || pp_fail_errno(error, "read");
}

static bool object_is_whole(struct store *store, const struct channel_object *object) {
    uint8_t digest[CHANNEL_HASH_SIZE];
    pp_autoclose int fd = store_object_open(store, object->sha256, NULL);
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(NULL);
    return fd >= 0 && hash && hash_file(fd, hash, NULL) && crypto_sha256_finish(hash, digest, NULL) &&
           memcmp(digest, object->sha256, sizeof digest) == 0 &&
           store_has(store, object->sha256, object->length);
}

static int show_manifest(const struct program *program, const struct channel_manifest *manifest) {
    printf("{\"kind\":\"manifest\",\"channel\":\"%s\",\"version\":%" PRId64 ",\"title\":\"%s\",\"objects\":{",
           manifest->channel, manifest->version, manifest->title);
    for (size_t i = 0; i < manifest->object_count; i++)
        printf("%s\"%s\":%s", i ? "," : "", manifest->objects[i].name,
               object_is_whole(program->store, &manifest->objects[i]) ? "true" : "false");
    printf("}}\n");
    return 0;
}

static int show(struct program *program) {
    struct pp_error error = {0};
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = NULL;
    if (!open_state(program, &error) || !sync_load_current(program->vault, program->store, &manifest, &error))
        return fail(&error);
    return show_manifest(program, manifest);
}

static int previous(struct program *program) {
    struct pp_error error = {0};
    PP_AUTO(channel_manifest) struct channel_manifest *manifest = NULL;
    if (!open_state(program, &error) || !start_sync(program, &error) ||
        !sync_use_previous(program->sync, &manifest, &error))
        return fail(&error);
    return show_manifest(program, manifest);
}

static const struct command {
    const char *name;
    int (*handler)(struct program *program);
} commands[] = {{"run", run}, {"show", show}, {"previous", previous}};

static int dispatch(struct program *program, const char *name) {
    for (size_t i = 0; name && i < PP_COUNT(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].handler(program);
    }
    fprintf(stderr, "usage: pingplay-sync-test run|show|previous --state DIR …\n");
    return 2;
}

int main(int argc, char **argv) {
    struct program program = {0};
    struct options *o = &program.options;
    const struct pp_option table[] = {
        {"state", PP_OPTION_STRING, &o->state},
        {"url", PP_OPTION_STRING, &o->url},
        {"ca", PP_OPTION_STRING, &o->ca},
        {"root", PP_OPTION_STRING, &o->root},
        {"channel", PP_OPTION_STRING, &o->channel},
        {"key-file", PP_OPTION_STRING, &o->key_file},
        {"certificate", PP_OPTION_STRING, &o->certificate},
        {"private-key", PP_OPTION_STRING, &o->private_key},
        {"cookie-file", PP_OPTION_STRING, &o->cookie_file},
        {"take", PP_OPTION_STRING, &o->take},
        {"max-bytes", PP_OPTION_UNSIGNED, &o->max_bytes},
        {"reserve", PP_OPTION_UNSIGNED, &o->reserve},
        {"stall", PP_OPTION_UNSIGNED, &o->stall},
        {"now", PP_OPTION_UNSIGNED, &o->now},
        {"results", PP_OPTION_UNSIGNED, &o->results},
        {"scrub-ms", PP_OPTION_UNSIGNED, &o->scrub_ms},
        {"look-ms", PP_OPTION_UNSIGNED, &o->look_ms},
        {"cancel-at", PP_OPTION_UNSIGNED, &o->cancel_at},
        {"previous-at", PP_OPTION_UNSIGNED, &o->previous_at},
        {"again-ms", PP_OPTION_UNSIGNED, &o->again_ms},
        {"keep-going", PP_OPTION_FLAG, &o->keep_going},
        {"stay", PP_OPTION_FLAG, &o->stay},
        {0},
    };
    struct pp_error error = {0};
    int first = argc;
    if (!pp_options_parse(table, argc, argv, &first, &error))
        return fail(&error);
    int code = dispatch(&program, first < argc ? argv[first] : NULL);
    sync_destroy(program.sync);
    store_close(program.store);
    vault_close(program.vault);
    return code;
}
