#include "agent/wifi_erasure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "network/client.h"

static bool note_path(const char *state_dir, char path[PP_PATH_MAX], struct pp_error *error) {
    return pp_path_format(path, error, "%s/" WIFI_ERASURE_FILE, state_dir);
}

void wifi_erasure_note(const char *state_dir) {
    char path[PP_PATH_MAX], text[PP_BOOT_TIME_TEXT];
    const struct pp_boot_time now = pp_boot_time_now();
    struct pp_error error = {0};
    pp_boot_time_format(&now, text);
    if (!note_path(state_dir, path, &error) ||
        !pp_file_replace(AT_FDCWD, path, text, strlen(text), 0600, &error))
        pp_log_warning("that the Wi-Fi is to be erased is not noted: %s", error.message);
}

static void remove_note(const char *state_dir) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    if (!note_path(state_dir, path, &error) || !pp_file_remove(AT_FDCWD, path, &error))
        pp_log_warning("the note of the Wi-Fi's erasure: %s", error.message);
}

/* False: there is none. A note that does not say when it was decided has zeroes. */
static bool read_note(const char *state_dir, struct pp_boot_time *decided) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_BOOT_TIME_TEXT);
    char path[PP_PATH_MAX];
    memset(decided, 0, sizeof *decided);
    if (!note_path(state_dir, path, NULL) || access(path, F_OK) != 0)
        return false;
    if (pp_file_read(AT_FDCWD, path, &text, NULL))
        (void)!pp_boot_time_parse(pp_buf_text(&text), decided, NULL);
    return true;
}

bool wifi_erasure_is_noted(const char *state_dir) {
    struct pp_boot_time decided;
    return read_note(state_dir, &decided);
}

void wifi_erasure_load(struct wifi_erasure *erasure, const char *state_dir, bool enrolled) {
    bool noted = read_note(state_dir, &erasure->decided);
    erasure->fd = -1;
    erasure->state_dir = state_dir;
    erasure->wanted = noted && !enrolled;
    if (noted && enrolled)
        remove_note(state_dir);
}

/* Nobody sets the network there. Where it only cannot be reached, it is asked again. */
static bool is_missing(const char *socket) {
    return access(socket, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

static void run_removal(struct pp_job *job) {
    const struct wifi_erasure *erasure =
        (const struct wifi_erasure *)((char *)job - offsetof(struct wifi_erasure, removal));
    remove_note(erasure->state_dir);
}

static void on_removed(struct pp_job *job) {
    (void)job;
}

static int ask(const char *socket, const struct pp_boot_time *decided, struct pp_error *error) {
    return network_ask(socket, &(struct network_request){.verb = NETWORK_ERASE, .decided = *decided}, error);
}

static void on_due(void *arg);

static void ask_later(struct wifi_erasure *erasure, const struct pp_error *why) {
    if (!erasure->retry.last_ms)
        pp_log_warning("the Wi-Fi is not erased yet: %s", why->message);
    net_timer_start_in(&erasure->timer, erasure->loop, net_retry_next_ms(&erasure->retry, -1), on_due,
                       erasure);
}

static void end_asking(struct wifi_erasure *erasure) {
    if (erasure->watch)
        net_loop_unwatch(erasure->loop, pp_steal(&erasure->watch));
    pp_close(&erasure->fd);
}

static void settle(struct wifi_erasure *erasure, const char *how) {
    pp_log_info("%s", how);
    erasure->wanted = false;
    erasure->removal = (struct pp_job){.run = run_removal, .done = on_removed};
    pp_jobs_add(erasure->jobs, &erasure->removal);
}

static void on_answer(void *arg, short revents) {
    struct wifi_erasure *erasure = arg;
    struct pp_error error = {0};
    (void)revents;
    bool done = network_hear(erasure->fd, NULL, &error);
    end_asking(erasure);
    if (done)
        settle(erasure, "the Wi-Fi is erased");
    else
        ask_later(erasure, &error);
}

static void on_due(void *arg) {
    struct wifi_erasure *erasure = arg;
    struct pp_error error = {0};
    net_timer_stop(&erasure->timer);
    if (!erasure->wanted || erasure->watch)
        return;
    if (is_missing(erasure->socket)) {
        settle(erasure, "nothing sets the network of this machine: there is no Wi-Fi to erase");
        return;
    }
    erasure->fd = ask(erasure->socket, &erasure->decided, &error);
    if (erasure->fd >= 0)
        erasure->watch = net_loop_watch(erasure->loop, erasure->fd, POLLIN, on_answer, erasure, &error);
    if (!erasure->watch) {
        end_asking(erasure);
        ask_later(erasure, &error);
    }
}

void wifi_erasure_begin(struct wifi_erasure *erasure, const char *socket, struct last_receipt *receipt,
                        struct net_loop *loop, struct pp_jobs *jobs) {
    erasure->socket = socket;
    erasure->loop = loop;
    erasure->jobs = jobs;
    receipt->on_told = on_due;
    receipt->arg = erasure;
    net_retry_init_random(&erasure->retry);
    if (erasure->wanted)
        net_timer_start_in(&erasure->timer, loop, *receipt->id ? WIFI_ERASURE_WAIT_MS : 0, on_due, erasure);
}

void wifi_erasure_stop(struct wifi_erasure *erasure) {
    if (!erasure->loop)
        return;
    net_timer_stop(&erasure->timer);
    end_asking(erasure);
}

static bool ask_and_wait(const char *socket, const struct pp_boot_time *decided, struct pp_error *error) {
    pp_autoclose int fd = ask(socket, decided, error);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (fd < 0)
        return false;
    if (poll(&ready, 1, WIFI_ERASURE_NOW_MS) <= 0)
        return pp_fail(error, PP_E_NET, "no answer");
    return network_hear(fd, NULL, error);
}

bool wifi_erasure_now(const char *state_dir, const char *socket, struct pp_error *error) {
    struct pp_boot_time decided;
    (void)!read_note(state_dir, &decided);
    if (!is_missing(socket) && !ask_and_wait(socket, &decided, error))
        return pp_wrap(error, "the Wi-Fi is not erased yet");
    remove_note(state_dir);
    return true;
}
