#include "headend/serve/scrape.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "crypto/random.h"
#include "headend/http/connections.h"
#include "headend/ops/figures.h"
#include "headend/server/metrics.h"
#include "headend/server/waiters.h"
#include "headend/server/writer.h"

/* ---- Who may ask ---- */

static bool read_token(const char *file, char token[SCRAPE_TOKEN_MOST + 1], struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SCRAPE_TOKEN_MOST + 2);
    if (!pp_file_read(AT_FDCWD, file, &text, error))
        return pp_wrap(error, "--metrics-token");
    size_t size = strcspn(pp_buf_text(&text), "\r\n");
    for (size_t i = 0; i < size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            size = 0;
    }
    if (size < SCRAPE_TOKEN_LEAST || size > SCRAPE_TOKEN_MOST)
        return pp_fail(error, PP_E_INVALID,
                       "--metrics-token %s: one line of %d to %d characters without spaces", file,
                       SCRAPE_TOKEN_LEAST, SCRAPE_TOKEN_MOST);
    memcpy(token, text.data, size);
    token[size] = 0;
    pp_wipe(text.data, text.size);
    return true;
}

bool scrape_check_token(const char *file, struct pp_error *error) {
    char token[SCRAPE_TOKEN_MOST + 1];
    bool ok = read_token(file, token, error);
    pp_wipe(token, sizeof token);
    return ok;
}

static bool shows_token(const struct request *request, const char *file) {
    static const char scheme[] = "Bearer ";
    char token[SCRAPE_TOKEN_MOST + 1];
    struct pp_error error = {0};
    const char *shown = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!shown || strncmp(shown, scheme, sizeof scheme - 1) != 0 || !read_token(file, token, &error))
        return false;
    shown += sizeof scheme - 1;
    size_t size = strlen(token);
    bool same = strlen(shown) == size && crypto_equal(shown, token, size);
    pp_wipe(token, sizeof token);
    return same;
}

static bool is_of_this_machine(const struct request *request) {
    static const char *const passed_on[] = {"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP",
                                            "Via"};
    char address[ADDRESS_TEXT_SIZE];
    for (size_t i = 0; i < PP_COUNT(passed_on); i++) {
        if (request_header(request, passed_on[i]))
            return false;
    }
    request_address(request, address);
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool may_ask(const struct request *request, struct reply *reply) {
    const char *file = request->app->options.metrics_token;
    if (file ? shows_token(request, file) : is_of_this_machine(request))
        return true;
    reply_problem(reply, file ? MHD_HTTP_UNAUTHORIZED : MHD_HTTP_FORBIDDEN, "metrics-refused",
                  file ? "the token for this is not shown" : "this machine may ask, and nobody else");
    if (file)
        reply_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    return false;
}

/* ---- What is there now ---- */

static bool write_head(struct pp_buf *out, const char *name, const char *type, const char *help,
                       struct pp_error *error) {
    return pp_buf_addf(out, error, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static bool write_one(struct pp_buf *out, const char *name, const char *type, const char *help, double value,
                      struct pp_error *error) {
    return write_head(out, name, type, help, error) && pp_buf_addf(out, error, "%s %.17g\n", name, value);
}

static bool write_screens(const struct figures *figures, struct pp_buf *out, struct pp_error *error) {
    bool ok = write_head(out, "pingplay_screens", "gauge", "Screens, by state.", error);
    for (int i = 0; ok && i < DEVICE_STATES; i++)
        ok = pp_buf_addf(out, error, "pingplay_screens{state=\"%s\"} %" PRId64 "\n",
                         device_state_key((enum device_state)i), figures->screens[i]);
    return ok && write_one(out, "pingplay_publishes_total", "counter", "Publishes, ever made here.",
                           (double)figures->publishes, error);
}

static bool write_connections(struct app *app, struct pp_buf *out, struct pp_error *error) {
    static const char *const who[STANDINGS] = {
        [STANDING_STRANGER] = "stranger", [STANDING_SCREEN] = "screen", [STANDING_ADMIN] = "administrator"};
    uint64_t counts[STANDINGS];
    connections_count(app->connections, counts);
    bool ok = write_head(out, "pingplay_connections", "gauge", "Connections, by who stands at the other end.",
                         error);
    for (int i = 0; ok && i < STANDINGS; i++)
        ok = pp_buf_addf(out, error, "pingplay_connections{who=\"%s\"} %" PRIu64 "\n", who[i], counts[i]);
    return ok &&
           write_one(out, "pingplay_connections_limit", "gauge", "Connections that there may be.",
                     (double)app->options.connections, error) &&
           write_one(out, "pingplay_long_polls_waiting", "gauge", "Requests that wait for news.",
                     (double)waiters_count(app->waiters), error);
}

static bool write_writer(struct writer *writer, struct pp_buf *out, struct pp_error *error) {
    struct writer_figures figures;
    writer_look(writer, &figures);
    return write_one(out, "pingplay_writer_queue", "gauge", "Requests that wait for the writer.",
                     (double)figures.waiting, error) &&
           write_head(out, "pingplay_database_sync_seconds", "summary",
                      "How long the disk took to have what was written.", error) &&
           pp_buf_addf(
               out, error,
               "pingplay_database_sync_seconds_sum %.6f\npingplay_database_sync_seconds_count %" PRIu64 "\n",
               (double)figures.sync_us / 1e6, figures.syncs);
}

/* ---- The process, by the names that Prometheus's own libraries have for it ---- */

static uint64_t count_descriptors(void) {
    uint64_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the one that looks */
}

static double resident_bytes(void) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(256);
    const char *resident = pp_file_read(AT_FDCWD, "/proc/self/statm", &text, NULL)
                               ? strchr(pp_buf_text(&text), ' ') /* behind the whole size (proc(5)) */
                               : NULL;
    return (resident ? strtod(resident, NULL) : 0) * (double)sysconf(_SC_PAGE_SIZE);
}

static double seconds(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static bool write_process(struct pp_buf *out, struct pp_error *error) {
    struct rusage used = {0};
    struct rlimit files = {0};
    getrusage(RUSAGE_SELF, &used);
    getrlimit(RLIMIT_NOFILE, &files);
    return write_one(out, "process_cpu_seconds_total", "counter",
                     "Seconds of the processor, user and system.",
                     seconds(&used.ru_utime) + seconds(&used.ru_stime), error) &&
           write_one(out, "process_resident_memory_bytes", "gauge", "Memory that is resident.",
                     resident_bytes(), error) &&
           write_one(out, "process_open_fds", "gauge", "Descriptors that are open.",
                     (double)count_descriptors(), error) &&
           write_one(out, "process_max_fds", "gauge", "Descriptors that may be.", (double)files.rlim_cur,
                     error);
}

static bool write_all(struct app *app, struct pp_buf *out, struct pp_error *error) {
    struct figures figures;
    db_lock(app->watcher); /* that looks at much, and nobody waits for */
    bool counted = figures_count(app->watcher, pp_clock_realtime_s(), &figures, error);
    db_unlock(app->watcher);
    return counted && write_screens(&figures, out, error) && write_connections(app, out, error) &&
           write_writer(app->writer, out, error) && metrics_write(app->metrics, out, error) &&
           write_process(out, error);
}

void scrape_handle(struct request *request, struct reply *reply) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SCRAPE_TEXT_MAX);
    struct pp_error error = {0};
    if (!may_ask(request, reply))
        return;
    if (write_all(request->app, &text, &error))
        reply_data(reply, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text.data, text.size);
    else
        reply_failure(reply, &error);
}
