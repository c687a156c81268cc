#include "fleet/headend.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define END_MS        60000
#define PROCESSES_MAX 64
#define ANNOUNCED     "https://"

/* ---- Starting and ending ---- */

/* "Pingplay headend: https://localhost:8443/admin/": the port, where it says so already. */
static bool port_read(const char *line, uint16_t *port) {
    const char *at = strstr(line, ANNOUNCED);
    at = at ? strstr(at, "/admin/") : NULL;
    while (at && at > line && isdigit((unsigned char)at[-1]))
        at--;
    unsigned long number = at ? strtoul(at, NULL, 10) : 0;
    if (!number || number > 65535)
        return false;
    *port = (uint16_t)number;
    return true;
}

bool headend_listens(struct headend *headend) {
    size_t size = strlen(headend->said);
    ssize_t count;
    while (headend->out >= 0 && size < sizeof headend->said - 1 &&
           (count = read(headend->out, headend->said + size, sizeof headend->said - 1 - size)) > 0) {
        size += (size_t)count;
        headend->said[size] = 0;
    }
    if (!port_read(headend->said, &headend->port))
        return false;
    pp_close(&headend->out);
    return true;
}

/* Words for a program, which wants them writable. */
struct words {
    char *argv[HEADEND_WORDS_MAX + 8];
    size_t count;
};

static bool word_add(struct words *words, const char *word, struct pp_error *error) {
    if (words->count + 1 >= PP_COUNT(words->argv))
        return pp_fail(error, PP_E_LIMIT, "too many words for a command");
    return pp_text_copy(&words->argv[words->count], word, error) && ++words->count;
}

static void words_finish(struct words *words) {
    for (size_t i = 0; i < words->count; i++)
        free(words->argv[i]);
}
#define words_auto PP_CLEANUP(words_finish)

bool headend_command(const struct headend *headend, struct job *job, struct pp_error *error, const char *name,
                     const char *second, ...) {
    words_auto struct words words = {0};
    va_list list;
    bool ok = word_add(&words, headend->program, error) && word_add(&words, name, error) &&
              (!second || word_add(&words, second, error)) && word_add(&words, headend->dir, error);
    va_start(list, second);
    for (const char *word; ok && (word = va_arg(list, const char *));)
        ok = word_add(&words, word, error);
    va_end(list);
    return ok && job_start(job, words.argv, error);
}

static bool serve_words(const struct headend *headend, struct words *words, struct pp_error *error) {
    char port[8];
    snprintf(port, sizeof port, "%u", headend->port);
    bool ok = word_add(words, headend->program, error) && word_add(words, "serve", error) &&
              word_add(words, headend->dir, error) && word_add(words, "--port", error) &&
              word_add(words, port, error);
    for (size_t i = 0; ok && i < headend->word_count; i++)
        ok = word_add(words, headend->words[i], error);
    return ok;
}

static bool spawn(struct headend *headend, int out, struct pp_error *error) {
    words_auto struct words words = {0};
    if (!serve_words(headend, &words, error))
        return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, headend->log, O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    int status = posix_spawnp(&headend->pid, words.argv[0], &actions, NULL, words.argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (!status)
        return true;
    headend->pid = 0;
    errno = status;
    return pp_fail_errno(error, "%s", headend->program);
}

bool headend_start(struct headend *headend, struct pp_error *error) {
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return pp_fail_errno(error, "pipe");
    pp_close(&headend->out);
    headend->out = pipes[0];
    *headend->said = 0;
    bool ok = spawn(headend, pipes[1], error);
    close(pipes[1]);
    /* Its end of the pipe shall wait for what is read; ours not. */
    return ok && (fcntl(headend->out, F_SETFL, O_NONBLOCK) == 0 || pp_fail_errno(error, "pipe"));
}

bool headend_is_over(struct headend *headend) {
    if (headend->pid > 0 && waitpid(headend->pid, NULL, WNOHANG) != 0)
        headend->pid = 0;
    return headend->pid <= 0;
}

void headend_finish(struct headend *headend) {
    int64_t end_ms = pp_clock_monotonic_ms() + END_MS;
    if (!headend_is_over(headend))
        kill(headend->pid, SIGTERM);
    while (!headend_is_over(headend)) {
        if (pp_clock_monotonic_ms() > end_ms)
            kill(headend->pid, SIGKILL);
        poll(NULL, 0, 5);
    }
    pp_close(&headend->out);
}

/* ---- What it takes ---- */

/* The number behind `name` in a file of /proc/PID; -1 none. */
static int64_t proc_number(pid_t pid, const char *file, const char *name) {
    char path[64];
    char line[256];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    pp_autofile FILE *stream = fopen(path, "re");
    while (stream && fgets(line, sizeof line, stream)) {
        if (strncmp(line, name, strlen(name)) == 0)
            return strtoll(line + strlen(name), NULL, 10);
    }
    return -1;
}

struct process {
    pid_t pid, parent;
    int64_t ticks; /* of processor time, its own and of children that have ended */
};

/* Fields of /proc/PID/stat, as proc(5) counts them: the parent, and from utime on four times. */
#define STAT_BEHIND_NAME 2
#define STAT_PARENT      4
#define STAT_TIMES       14

/* One that stands behind the name, which `at` is the end of; 0 where there is none. */
static long long stat_field(const char *at, int field) {
    for (int i = STAT_BEHIND_NAME; at && i < field; i++)
        at = strchr(at + 1, ' ');
    return at ? strtoll(at, NULL, 10) : 0;
}

/* /proc/PID/stat: the name in brackets may hold anything. */
static bool process_read(pid_t pid, struct process *process) {
    char path[64];
    char text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    pp_autofile FILE *stream = fopen(path, "re");
    size_t size = stream ? fread(text, 1, sizeof text - 1, stream) : 0;
    text[size] = 0;
    const char *at = strrchr(text, ')');
    if (!at)
        return false;
    long long ticks = 0;
    for (int field = STAT_TIMES; field < STAT_TIMES + 4; field++)
        ticks += stat_field(at, field);
    *process = (struct process){pid, (int)stat_field(at, STAT_PARENT), ticks};
    return true;
}

static size_t processes_read(struct process *all, size_t most) {
    size_t count = 0;
    pp_autodir DIR *dir = opendir("/proc");
    for (const struct dirent *entry; dir && count < most && (entry = readdir(dir));) {
        if (isdigit((unsigned char)*entry->d_name) &&
            process_read((pid_t)strtol(entry->d_name, NULL, 10), &all[count]))
            count++;
    }
    return count;
}

/* The headend and all below it. */
static size_t family(pid_t root, struct process *found) {
    static const size_t most = 4096;
    pp_autofree struct process *all = calloc(most, sizeof *all);
    size_t total = all ? processes_read(all, most) : 0;
    size_t count = 0;
    for (size_t i = 0; i < total; i++) {
        if (all[i].pid == root)
            found[count++] = all[i];
    }
    for (size_t next = 0; next < count; next++) {
        for (size_t i = 0; i < total && count < PROCESSES_MAX; i++) {
            if (all[i].parent == found[next].pid)
                found[count++] = all[i];
        }
    }
    return count;
}

struct headend_use headend_use(const struct headend *headend) {
    struct process processes[PROCESSES_MAX];
    struct headend_use use = {0};
    size_t count = headend->pid > 0 ? family(headend->pid, processes) : 0;
    for (size_t i = 0; i < count; i++) {
        int64_t kib = proc_number(processes[i].pid, "smaps_rollup", "Pss:");
        if (kib < 0)
            kib = proc_number(processes[i].pid, "status", "VmRSS:");
        use.memory_kib += kib > 0 ? kib : 0;
        use.cpu_ms += processes[i].ticks * 1000 / sysconf(_SC_CLK_TCK);
    }
    return use;
}
