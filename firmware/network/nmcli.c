#include "network/nmcli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define REASON_MAX 160 /* bytes of its first line */
#define NOT_THERE  10  /* nmcli(1), EXIT STATUS */

/* Both of its outputs into the pipe; nothing else of ours but standard input, which is empty. */
static bool start(const char *program, const char *const *words, int pipe_end, pid_t *pid,
                  struct pp_error *error) {
    char locale[] = "LC_ALL=C", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const environment[] = {locale, path, NULL};
    const char *arguments[NMCLI_WORDS_MAX + 2] = {program};
    char *argv[NMCLI_WORDS_MAX + 2];
    posix_spawn_file_actions_t files;
    for (size_t i = 0; words[i]; i++) {
        if (i == NMCLI_WORDS_MAX)
            return pp_fail(error, PP_E_LIMIT, "nmcli: too many words");
        arguments[i + 1] = words[i];
    }
    memcpy(argv, arguments, sizeof argv);
    if (posix_spawn_file_actions_init(&files) != 0)
        return pp_fail(error, PP_E_NOMEM, "nmcli");
    int failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, pipe_end, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&files, pipe_end, STDERR_FILENO);
    if (!failed)
        failed = posix_spawn(pid, program, &files, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&files);
    errno = failed;
    return !failed || pp_fail_errno(error, "%s", program);
}

/* What it says until it has closed its outputs; false where it did not in time. More than the cap is passed over. */
static bool listen_to(int fd, int patience_ms, struct pp_buf *output) {
    int64_t end = pp_clock_monotonic_ms() + patience_ms;
    char block[1024];
    for (;;) {
        int64_t left = end - pp_clock_monotonic_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int said = left > 0 ? poll(&ready, 1, (int)left) : 0;
        if (said == 0)
            return false;
        if (said < 0) /* a signal */
            continue;
        ssize_t got = read(fd, block, sizeof block);
        if (got == 0)
            return true;
        if (got > 0)
            (void)!pp_buf_add(output, block, (size_t)got, NULL);
    }
}

static bool judge(int status, const struct pp_buf *output, struct pp_error *error) {
    const char *text = pp_buf_text(output), *reason = strstr(text, "\nError: ");
    bool begins = strncmp(text, "Error: ", 7) == 0;
    char line[REASON_MAX];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    /* It may have said before that it would have asked for a passphrase. */
    text = reason && !begins ? reason + 1 : text;
    snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
    pp_json_tidy(line);
    bool absent = WIFEXITED(status) && WEXITSTATUS(status) == NOT_THERE;
    return pp_fail(error, absent ? PP_E_NOTFOUND : PP_E_IO, "NetworkManager: %s",
                   *line ? line : "nmcli failed without a word");
}

bool nmcli_run(const char *program, const char *const *words, int patience_ms, struct pp_buf *output,
               struct pp_error *error) {
    pp_autobuf struct pp_buf own = PP_BUF_INIT(NMCLI_OUTPUT_MAX);
    int ends[2], status = 0;
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pp_fail_errno(error, "pipe");
    pp_autoclose int ours = ends[0];
    bool started = start(program, words, ends[1], &pid, error);
    close(ends[1]);
    if (!started)
        return false;
    output = output ? output : &own;
    bool ended = listen_to(ours, patience_ms, output);
    if (!ended)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return ended ? judge(status, output, error)
                 : pp_fail(error, PP_E_IO, "NetworkManager: no answer in %d s", patience_ms / 1000);
}
