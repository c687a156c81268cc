/*
 * pingplay-fleet: simulated screens, against a headend that it starts itself, on this machine alone. See README.md.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/options.h"
#include "fleet/scenarios.h"

#define DESCRIPTORS_SPARE 128
#define LIMIT_MOST_S      7200

static const char usage[] =
    "usage: pingplay-fleet [OPTIONS] COUNT DIR STATE [-- SERVE-OPTION...]\n"
    "  simulates COUNT screens on this machine against a headend that it starts on DIR (pingplay-headend "
    "init).\n"
    "  STATE: a folder for the screens' keys; screens that are in it are not enrolled again.\n\n"
    "  --headend FILE      the program (pingplay-headend)\n"
    "  --host NAME         that the headend's certificate is for (localhost)\n"
    "  --address ADDRESS   where it listens (127.0.0.1); nothing but this machine is taken\n"
    "  --only NAME,...     scenarios (all)\n"
    "  --content FILE      what is published (needed for \"publish\")\n"
    "  --channel ID        the screens' channel (fleet)\n"
    "  --per-address N     screens that share one address, as behind one router (1)\n"
    "  --rate N            screens that connect a second at the begin (200)\n"
    "  --hold S            how long they are held (60)\n"
    "  --rounds N          publishes (5)\n"
    "  --report S          between two reports of a screen (60)\n"
    "  --shots N           screens that are asked for a screenshot (100)\n"
    "  --shot-bytes N      bytes of each (262144)\n"
    "  --limit S           it ends by itself after that (3600)\n"
    "  --json FILE         the figures\n\n"
    "Scenarios:\n";

/* SIGTERM, SIGINT: what was started is ended. */
static volatile sig_atomic_t ended;

static void on_signal(int number) {
    (void)number;
    ended = 1;
}

struct arguments {
    const char *headend, *host, *address, *dir, *state;
    struct fleet_options fleet;
    bool help;
};

/* ---- Options ---- */

static void usage_print(void) {
    size_t count;
    const struct scenario *table = scenarios(&count);
    fputs(usage, stdout);
    for (size_t i = 0; i < count; i++)
        printf("  %-12s %s\n", table[i].name, table[i].what);
}

static bool within(const char *name, uint64_t value, uint64_t min, uint64_t max, struct pp_error *error) {
    return (value >= min && value <= max) || pp_fail(error, PP_E_LIMIT, "%s: must be %llu to %llu", name,
                                                     (unsigned long long)min, (unsigned long long)max);
}

static bool arguments_check(const struct arguments *arguments, struct pp_error *error) {
    const struct fleet_options *options = &arguments->fleet;
    return within("COUNT", options->screens, 1, FLEET_SCREENS_MAX, error) &&
           within("--per-address", options->per_address, 1, FLEET_SCREENS_MAX, error) &&
           within("--rate", options->rate, 1, 10000, error) &&
           within("--hold", options->hold_s, 1, 3600, error) &&
           within("--rounds", options->rounds, 1, 1000, error) &&
           within("--report", options->report_s, 1, 3600, error) &&
           within("--shots", options->shots, 1, FLEET_SCREENS_MAX, error) &&
           within("--shot-bytes", options->shot_bytes, 1, COMMAND_UPLOAD_MAX, error) &&
           within("--limit", options->limit_s, 1, LIMIT_MOST_S, error);
}

static bool is_wanted(const struct fleet_options *options, const char *name) {
    size_t size = strlen(name);
    if (!options->only)
        return true;
    for (const char *at = options->only; (at = strstr(at, name)); at++) {
        if ((at == options->only || at[-1] == ',') && (!at[size] || at[size] == ','))
            return true;
    }
    return false;
}

static bool scenarios_check(const struct fleet_options *options, struct pp_error *error) {
    size_t count;
    size_t names = 0;
    size_t found = 0;
    const struct scenario *table = scenarios(&count);
    for (const char *at = options->only; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        names++;
    for (size_t i = 0; i < count; i++)
        found += is_wanted(options, table[i].name);
    if (options->only && names != found)
        return pp_fail(error, PP_E_INVALID, "--only: a scenario that there is none of: %s", options->only);
    return options->content || !is_wanted(options, "publish") ||
           pp_fail(error, PP_E_INVALID, "publish needs --content");
}

static bool arguments_read(int argc, char **argv, struct arguments *arguments, struct fleet *fleet,
                           struct pp_error *error) {
    struct fleet_options *options = &arguments->fleet;
    const struct pp_option table[] = {
        {"headend", PP_OPTION_STRING, &arguments->headend},
        {"host", PP_OPTION_STRING, &arguments->host},
        {"address", PP_OPTION_STRING, &arguments->address},
        {"only", PP_OPTION_STRING, &options->only},
        {"content", PP_OPTION_STRING, &options->content},
        {"channel", PP_OPTION_STRING, &options->channel},
        {"per-address", PP_OPTION_UNSIGNED, &options->per_address},
        {"rate", PP_OPTION_UNSIGNED, &options->rate},
        {"hold", PP_OPTION_UNSIGNED, &options->hold_s},
        {"rounds", PP_OPTION_UNSIGNED, &options->rounds},
        {"report", PP_OPTION_UNSIGNED, &options->report_s},
        {"shots", PP_OPTION_UNSIGNED, &options->shots},
        {"shot-bytes", PP_OPTION_UNSIGNED, &options->shot_bytes},
        {"limit", PP_OPTION_UNSIGNED, &options->limit_s},
        {"json", PP_OPTION_STRING, &options->json},
        {"help", PP_OPTION_FLAG, &arguments->help},
        {0},
    };
    int first = 0;
    if (!pp_options_parse(table, argc, argv, &first, error) || arguments->help)
        return arguments->help;
    if (argc - first < 3)
        return pp_fail(error, PP_E_INVALID, "COUNT, DIR and STATE are needed (try --help)");
    char *end;
    options->screens = strtoull(argv[first], &end, 10);
    if (*end || end == argv[first])
        return pp_fail(error, PP_E_INVALID, "COUNT: not a number: %s", argv[first]);
    arguments->dir = argv[first + 1];
    arguments->state = argv[first + 2];
    fleet->headend.words = argv + first + 3;
    fleet->headend.word_count = (size_t)(argc - first - 3);
    return within("SERVE-OPTION", fleet->headend.word_count, 0, HEADEND_WORDS_MAX, error) &&
           arguments_check(arguments, error) && scenarios_check(options, error);
}

/* ---- The fleet ---- */

static void fleet_finish(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->count; i++)
        screen_finish(&fleet->screens[i]);
    free(fleet->screens);
    samples_finish(&fleet->tally.post_times);
    headend_finish(&fleet->headend);
    SSL_CTX_free(fleet->world.tls);
    loop_destroy(fleet->loop);
    pp_close(&fleet->roll);
}

/* Two for each screen where they can be had, else one and a connection for each report. */
static bool descriptors_raise(struct fleet *fleet, struct pp_error *error) {
    struct rlimit limit;
    rlim_t needed = fleet->options.screens + fleet->options.screens / 10 + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return pp_fail_errno(error, "RLIMIT_NOFILE");
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < needed || setrlimit(RLIMIT_NOFILE, &limit) < 0)
        return pp_fail(error, PP_E_LIMIT, "%llu screens need %llu open files, and there may be %llu",
                       (unsigned long long)fleet->options.screens, (unsigned long long)needed,
                       (unsigned long long)limit.rlim_max);
    fleet->options.keeps_posts = limit.rlim_max >= 2 * fleet->options.screens + DESCRIPTORS_SPARE;
    return true;
}

/* Thousands of connections at somebody else's are an attack. */
static bool target_set(struct fleet *fleet, const char *address, struct pp_error *error) {
    struct sockaddr_in *target = &fleet->world.target;
    target->sin_family = AF_INET;
    if (inet_pton(AF_INET, address, &target->sin_addr) == 1 && ntohl(target->sin_addr.s_addr) >> 24 == 127)
        return true;
    return pp_fail(error, PP_E_DENIED, "%s is not an address of this machine alone (127.0.0.0/8)", address);
}

static bool tls_set(struct fleet *fleet, const char *dir, struct pp_error *error) {
    char path[PP_PATH_MAX];
    SSL_CTX *tls = fleet->world.tls = SSL_CTX_new(TLS_client_method());
    if (!pp_path_format(path, error, "%s/ca.pem", dir))
        return false;
    if (!tls || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
        SSL_CTX_load_verify_locations(tls, path, NULL) != 1)
        return pp_fail(error, PP_E_TLS, "%s: %s", path, ERR_reason_error_string(ERR_get_error()));
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return true;
}

static bool entry_take(void *arg, const struct roll_entry *entry, struct pp_error *error) {
    struct fleet *fleet = arg;
    bool known = entry->number >= 1 && entry->number <= fleet->count;
    return !known || screen_take(&fleet->screens[entry->number - 1], entry, error);
}

static bool screens_load(struct fleet *fleet, const char *state, struct pp_error *error) {
    if (!pp_dir_make(AT_FDCWD, state, 0700, error))
        return false;
    pp_autoclose int dir = pp_dir_open(AT_FDCWD, state, error);
    fleet->screens = calloc(fleet->options.screens, sizeof *fleet->screens);
    if (dir < 0 || !fleet->screens)
        return dir < 0 ? false : pp_fail(error, PP_E_NOMEM, "out of memory");
    for (; fleet->count < fleet->options.screens; fleet->count++) {
        if (!screen_init(&fleet->screens[fleet->count], fleet, fleet->count + 1, error))
            return false;
    }
    return roll_read(dir, entry_take, fleet, error) && (fleet->roll = roll_open(dir, error)) >= 0;
}

static bool fleet_open(struct fleet *fleet, const struct arguments *arguments, struct pp_error *error) {
    fleet->options = arguments->fleet;
    fleet->end_ms = pp_clock_monotonic_ms() + (int64_t)fleet->options.limit_s * 1000;
    fleet->headend.program = arguments->headend;
    fleet->headend.dir = arguments->dir;
    fleet->world.host = arguments->host;
    fleet->loop = fleet->world.loop = loop_create(error);
    if (!fleet->loop)
        return false;
    loop_end_with(fleet->loop, &ended);
    if (!target_set(fleet, arguments->address, error) || !descriptors_raise(fleet, error) ||
        !tls_set(fleet, arguments->dir, error) || !screens_load(fleet, arguments->state, error) ||
        !fleet_start_headend(fleet, error))
        return false;
    if (ended)
        return pp_fail(error, PP_E_CANCELLED, "ended by a signal");
    fleet->world.target.sin_port = htons(fleet->headend.port);
    return true;
}

/* ---- The figures ---- */

static void figures_print(const char *name, const cJSON *figures) {
    const cJSON *value;
    printf("%s\n", name);
    cJSON_ArrayForEach(value, figures) {
        if (cJSON_IsNumber(value) && value->valuedouble == (double)(long long)value->valuedouble)
            printf("  %-30s %lld\n", value->string, (long long)value->valuedouble);
        else if (cJSON_IsNumber(value))
            printf("  %-30s %.2f\n", value->string, value->valuedouble);
    }
    fflush(stdout);
}

static bool scenario_run(struct fleet *fleet, const struct scenario *scenario, cJSON *all,
                         struct pp_error *error) {
    cJSON *figures = cJSON_AddObjectToObject(all, scenario->name);
    fleet_tally_reset(fleet);
    bool ok = scenario->run(fleet, figures, error);
    if (ended)
        return pp_fail(error, PP_E_CANCELLED, "ended by a signal");
    figures_print(scenario->name, figures);
    if (!ok)
        return pp_wrap(error, "%s", scenario->name);
    return !fleet->tally.wrong ||
           pp_fail(error, PP_E_STATE, "%s: %llu wrong answers; the first: %s", scenario->name,
                   (unsigned long long)fleet->tally.wrong, fleet->tally.first_wrong);
}

static bool scenarios_run(struct fleet *fleet, cJSON *all, struct pp_error *error) {
    size_t count;
    const struct scenario *table = scenarios(&count);
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(&fleet->options, table[i].name) && !scenario_run(fleet, &table[i], all, error))
            return false;
    }
    return true;
}

static bool figures_save(const cJSON *all, const char *path, struct pp_error *error) {
    pp_autojsontext char *text = cJSON_Print(all);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return !path || pp_file_replace(AT_FDCWD, path, text, strlen(text), 0644, error);
}

static bool enrol_all(struct fleet *fleet, cJSON *all, struct pp_error *error) {
    size_t missing = 0;
    for (size_t i = 0; i < fleet->count; i++)
        missing += !screen_is_enrolled(&fleet->screens[i]);
    if (!missing)
        return true;
    int64_t began_ms = pp_clock_monotonic_ms();
    bool ok = fleet_enrol(fleet, error);
    cJSON *figures = cJSON_AddObjectToObject(all, "enrol");
    cJSON_AddNumberToObject(figures, "screens", (double)missing);
    cJSON_AddNumberToObject(figures, "all_s", (double)(pp_clock_monotonic_ms() - began_ms) / 1000);
    figures_print("enrol", figures);
    return ok;
}

static bool measure(const struct arguments *arguments, struct fleet *fleet, struct pp_error *error) {
    char log[PP_PATH_MAX];
    pp_autojson cJSON *all = cJSON_CreateObject();
    if (!pp_path_format(log, error, "%s/headend.log", arguments->state))
        return false;
    fleet->headend.log = log; /* until this is over */
    cJSON_AddNumberToObject(all, "screens", (double)arguments->fleet.screens);
    cJSON_AddNumberToObject(all, "per_address", (double)arguments->fleet.per_address);
    bool ok = pp_dir_make(AT_FDCWD, arguments->state, 0700, error) && fleet_open(fleet, arguments, error) &&
              enrol_all(fleet, all, error) && scenarios_run(fleet, all, error);
    struct pp_error unsaved = {0};
    ok = figures_save(all, arguments->fleet.json, ok ? error : &unsaved) && ok;
    fleet->headend.log = NULL;
    return ok;
}

int main(int argc, char **argv) {
    struct arguments arguments = {.headend = "pingplay-headend",
                                  .host = "localhost",
                                  .address = "127.0.0.1",
                                  .fleet = {.per_address = 1,
                                            .rate = 200,
                                            .hold_s = 60,
                                            .rounds = 5,
                                            .report_s = 60,
                                            .shots = 100,
                                            .shot_bytes = 262144,
                                            .limit_s = 3600,
                                            .channel = "fleet"}};
    struct fleet fleet = {.roll = -1, .headend.out = -1};
    struct pp_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    bool ok = arguments_read(argc, argv, &arguments, &fleet, &error);
    if (ok && arguments.help)
        usage_print();
    else if (ok)
        ok = measure(&arguments, &fleet, &error);
    fleet_finish(&fleet);
    if (ok)
        return EXIT_SUCCESS;
    fprintf(stderr, "pingplay-fleet: %s\n", error.message);
    return EXIT_FAILURE;
}
