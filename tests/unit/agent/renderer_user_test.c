/* The agent with --renderer-user, as its unit starts it: an ordinary user with three ambient capabilities.
 * In place of its renderer a spy, this program, without any sandbox: what it cannot do it cannot because of
 * its user alone. As root, since it takes two real users; without, it is skipped, and says so. */
#include "support/screen.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "ipc/conn.h"
#include "ipc/program.h"

#define AGENT        PP_BUILD_DIR "/firmware/agent/pingplay-agent"
#define AGENT_USER   "games" /* both are of every Debian */
#define RENDERER     "nobody"
#define WAIT_MS      30000       /* until what must come is given up */
#define LOG_MAX      65536       /* bytes */
#define PROGRAM_MAX  (64u << 20) /* bytes of this program */
#define CAPABILITIES (1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_SETPCAP)

/* ---- The spy ---- */

static void tell(const char *what, bool done) {
    const char *why = strerrorname_np(errno);
    fprintf(stderr, "%s: %s\n", what, done ? "DONE" : why);
}

static void try_to_open(const char *what, int flags, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void try_to_open(const char *what, int flags, const char *format, ...) {
    char path[PP_PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    tell(what, open(path, flags | O_CLOEXEC) >= 0);
}

/* In the folder of the programs, beside which the state folder is. */
static void spy(void) {
    char folder[PP_PATH_MAX];
    char byte = 0;
    pid_t agent = getppid();
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    folder[length > 0 ? length : 0] = 0;
    *strrchr(folder, '/') = 0;
    *strrchr(folder, '/') = 0;
    try_to_open("key-encryption key", O_RDONLY, "%s/state/kek/kek", folder);
    try_to_open("state folder", O_RDONLY | O_DIRECTORY, "%s/state", folder);
    try_to_open("state folder as a path", O_PATH, "%s/state/kek", folder);
    try_to_open("memory", O_RDWR, "/proc/%d/mem", (int)agent);
    try_to_open("environment", O_RDONLY, "/proc/%d/environ", (int)agent);
    try_to_open("descriptors", O_RDONLY | O_DIRECTORY, "/proc/%d/fd", (int)agent);
    struct iovec ours = {.iov_base = &byte, .iov_len = 1};
    tell("reading across", process_vm_readv(agent, &ours, 1, &ours, 1, 0) == 1);
    int pidfd = (int)syscall(SYS_pidfd_open, agent, 0);
    tell("a descriptor across", syscall(SYS_pidfd_getfd, pidfd, 2, 0) >= 0);
    tell("signal", kill(agent, 0) == 0);
    tell("signal by descriptor", syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0);
    tell("ptrace", ptrace(PTRACE_ATTACH, agent, NULL, NULL) == 0);
    snprintf(folder + strlen(folder), sizeof folder - strlen(folder), "/player");
    int player = ipc_connect(folder, NULL);
    fprintf(stderr, "player: %s\n", player >= 0 ? "DONE" : "EACCES");
    fprintf(stderr, "user: %s\n", geteuid() == getpwnam(RENDERER)->pw_uid ? RENDERER : "another");
    fprintf(stderr, "that is all\n");
    /* As a renderer does: until nobody has the other end. */
    while (recv(IPC_PROGRAM_CONTROL_FD, folder, sizeof folder, 0) > 0) {
    }
    _exit(0);
}

/* ---- The agent ---- */

struct agent {
    const struct screen *screen;
    struct passwd user;
    pid_t pid;
    int log; /* its standard error */
    int listener, player;
    char text[LOG_MAX]; /* what it has said */
    size_t size;
};

static void give_file(const struct agent *agent, const char *name, const void *data, size_t size,
                      mode_t mode) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    assert_true(pp_path_format(path, &error, "%s/%s", agent->screen->folder, name));
    if (!pp_file_replace(AT_FDCWD, path, data, size, mode, &error))
        fail_msg("%s", error.message);
    assert_int_equal(chown(path, agent->user.pw_uid, agent->user.pw_gid), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void give_folder(const struct agent *agent, const char *name, mode_t mode) {
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/%s", agent->screen->folder, name));
    assert_true(mkdir(path, mode) == 0 || errno == EEXIST);
    assert_int_equal(chown(path, agent->user.pw_uid, agent->user.pw_gid), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void give_copy(const struct agent *agent, const char *name, const char *from, mode_t mode) {
    pp_autobuf struct pp_buf data = PP_BUF_INIT(PROGRAM_MAX);
    struct pp_error error = {0};
    if (!pp_file_read(AT_FDCWD, from, &data, &error))
        fail_msg("%s", error.message);
    give_file(agent, name, data.data, data.size, mode);
}

/* Everything in the folder of the test, which all may enter; the agent's own is what it makes in there. */
static void furnish(struct agent *agent) {
    const char *folder = agent->screen->folder;
    char config[4096], path[PP_PATH_MAX];
    char url[64];
    struct pp_error error = {0};
    agent->user = *getpwnam(AGENT_USER);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(chown(folder, agent->user.pw_uid, agent->user.pw_gid), 0);
    give_folder(agent, "bin", 0755);
    give_copy(agent, "bin/pingplay-render-status", "/proc/self/exe", 0755);
    give_copy(agent, "bin/pingplay-render-media", "/proc/self/exe", 0755);
    give_copy(agent, "ca.pem", screen_ca(agent->screen), 0644);
    test_server_url(&agent->screen->server, "good", url);
    int length = snprintf(config, sizeof config,
                          "[headend]\nurl = %s\nca = %s/ca.pem\nroot = %s/ca.pem\n[paths]\nstate = %s/state\n"
                          "player-socket = %s/player\nrenderers = %s/bin\n",
                          url, folder, folder, folder, folder, folder);
    give_file(agent, "agent.conf", config, (size_t)length, 0644);
    assert_true(pp_path_format(path, &error, "%s/player", folder));
    agent->listener = ipc_listen(path, &error);
    assert_true(agent->listener >= 0);
    assert_int_equal(chown(path, agent->user.pw_uid, agent->user.pw_gid), 0);
}

/* As systemd does: User=, AmbientCapabilities=, CapabilityBoundingSet=, NoNewPrivileges=yes. */
static bool become_the_service(const struct passwd *user, uint32_t capabilities) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = capabilities, .effective = capabilities, .inheritable = capabilities}};
    for (int cap = 0; cap < 64; cap++) {
        if (cap < 32 && capabilities & 1u << cap)
            continue;
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno == EINVAL)
            break;
    }
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || syscall(SYS_setgroups, 0, NULL) < 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0 || syscall(SYS_capset, &header, sets) < 0)
        return false;
    for (int cap = 0; cap < 32; cap++) {
        if (capabilities & 1u << cap && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
            return false;
    }
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The program is opened by us: the agent's user need not be able to enter the folder that it was built in. */
static void start_agent(struct agent *agent, uint32_t capabilities, const char *renderer_user) {
    char config[PP_PATH_MAX];
    int ends[2];
    pp_autoclose int program = open(AGENT, O_RDONLY | O_CLOEXEC);
    assert_true(program >= 0);
    assert_true(pp_path_format(config, NULL, "%s/agent.conf", agent->screen->folder));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    agent->size = 0;
    agent->pid = fork();
    if (agent->pid == 0) {
        const char *const plain[] = {AGENT, "--config", config, NULL};
        const char *const separate[] = {AGENT, "--config", config, "--renderer-user", renderer_user, NULL};
        char *const *words;
        const char *const *chosen = renderer_user ? separate : plain;
        memcpy(&words, &chosen, sizeof words);
        dup2(ends[1], STDERR_FILENO);
        if (become_the_service(&agent->user, capabilities))
            fexecve(program, words, environ);
        _exit(126);
    }
    close(ends[1]);
    agent->log = ends[0];
}

/* Reads on until `words` are in it; false at its end. */
static bool read_log(struct agent *agent, const char *words) {
    for (;;) {
        agent->text[agent->size] = 0;
        if (words && strstr(agent->text, words))
            return true;
        struct pollfd fd = {.fd = agent->log, .events = POLLIN};
        if (poll(&fd, 1, WAIT_MS) != 1)
            fail_msg("it did not say \"%s\" but\n%s", words ? words : "(its end)", agent->text);
        ssize_t got = read(agent->log, agent->text + agent->size, sizeof agent->text - 1 - agent->size);
        if (got <= 0)
            return false;
        agent->size += (size_t)got;
    }
}

static void expect_log(struct agent *agent, const char *words) {
    if (!read_log(agent, words))
        fail_msg("\"%s\" is not in\n%s", words, agent->text);
}

/* A display, so that a status screen is wanted. */
static void play(struct agent *agent) {
    struct ipc_message display = {.type = IPC_DISPLAY, .display = {1280, 720, 60000, "test"}};
    struct pp_error error = {0};
    assert_int_equal(poll(&(struct pollfd){.fd = agent->listener, .events = POLLIN}, 1, WAIT_MS), 1);
    agent->player = ipc_accept(agent->listener, &error);
    assert_true(agent->player >= 0 && ipc_send(agent->player, &display, &error));
}

static int end_agent(struct agent *agent, int number) {
    int status = -1;
    if (number)
        kill(agent->pid, number);
    while (read_log(agent, NULL)) {
    }
    assert_int_equal(waitpid(agent->pid, &status, 0), agent->pid);
    agent->pid = 0;
    pp_close(&agent->log);
    return status;
}

/* A process of the agent's of that name; 0 none. */
static pid_t find_process(const struct agent *agent, const char *name) {
    char path[64], children[4096], comm[32];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)agent->pid, (int)agent->pid);
    pp_autofile FILE *file = fopen(path, "re");
    children[file ? fread(children, 1, sizeof children - 1, file) : 0] = 0;
    for (char *rest = children, *word; (word = strsep(&rest, " "));) {
        snprintf(path, sizeof path, "/proc/%d/comm", atoi(word));
        pp_autofile FILE *about = fopen(path, "re");
        if (about && fgets(comm, sizeof comm, about) && strncmp(comm, name, strlen(name)) == 0)
            return atoi(word);
    }
    return 0;
}

static void expect_gone(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    assert_int_equal(access(path, F_OK), -1);
}

static int set_up(void **state) {
    struct screen *screen = *state;
    if (geteuid() != 0)
        return 0;
    screen_set_up(state);
    struct agent *agent = calloc(1, sizeof *agent);
    assert_non_null(agent);
    *agent = (struct agent){.screen = screen, .log = -1, .player = -1};
    furnish(agent);
    *state = agent;
    return 0;
}

static int tear_down(void **state) {
    struct agent *agent = *state;
    if (geteuid() != 0)
        return 0;
    if (agent->pid > 0) {
        kill(agent->pid, SIGKILL);
        waitpid(agent->pid, NULL, 0);
    }
    struct screen *screen;
    memcpy(&screen, &agent->screen, sizeof screen);
    pp_close(&agent->log);
    pp_close(&agent->player);
    pp_close(&agent->listener);
    free(agent);
    *state = screen;
    return screen_tear_down(state);
}

static struct agent *need_root(void **state) {
    if (geteuid() != 0) {
        print_message("SKIPPED, because only root can start an agent and renderers of two users\n");
        skip();
    }
    return *state;
}

/* ---- Tests ---- */

static const char *const attempts[] = {"key-encryption key: EACCES",
                                       "state folder: EACCES",
                                       "state folder as a path: EACCES",
                                       "memory: EACCES",
                                       "environment: EACCES",
                                       "descriptors: EACCES",
                                       "reading across: EPERM",
                                       "a descriptor across: EPERM",
                                       "signal: EPERM",
                                       "signal by descriptor: EPERM",
                                       "ptrace: EPERM",
                                       "player: EACCES",
                                       ("user: " RENDERER)};

static void a_renderer_can_do_nothing_to_the_agent(void **state) {
    struct agent *agent = need_root(state);
    start_agent(agent, CAPABILITIES, RENDERER);
    expect_log(agent, "renderers run as user " RENDERER "\n");
    play(agent);
    expect_log(agent, "that is all\n");
    for (size_t i = 0; i < PP_COUNT(attempts); i++) {
        if (!strstr(agent->text, attempts[i]))
            fail_msg("not \"%s\" in\n%s", attempts[i], agent->text);
    }
    assert_int_equal(end_agent(agent, SIGTERM), 0);
}

/* What the test above is about: the same, as it is without another user. */
static void a_renderer_of_the_agent_s_user_could(void **state) {
    struct agent *agent = need_root(state);
    start_agent(agent, 0, NULL);
    expect_log(agent, "renderers share our user: only their sandbox keeps them from our files\n");
    play(agent);
    expect_log(agent, "that is all\n");
    assert_non_null(strstr(agent->text, "key-encryption key: DONE"));
    assert_non_null(strstr(agent->text, "state folder: DONE"));
    assert_non_null(strstr(agent->text, "signal: DONE"));
    assert_non_null(strstr(agent->text, "player: DONE"));
    assert_int_equal(end_agent(agent, SIGTERM), 0);
}

static void the_agent_keeps_no_capability(void **state) {
    static const char *const lines[] = {"NoNewPrivs:\t1",
                                        "CapInh:\t0000000000000000",
                                        "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000",
                                        "CapBnd:\t0000000000000000",
                                        "CapAmb:\t0000000000000000"};
    struct agent *agent = need_root(state);
    char path[64], text[4096];
    start_agent(agent, CAPABILITIES, RENDERER);
    expect_log(agent, "renderers run as user");
    /* Of every thread: the worker's, too. */
    play(agent);
    snprintf(path, sizeof path, "/proc/%d/task", (int)agent->pid);
    pp_autodir DIR *tasks = opendir(path);
    for (const struct dirent *task; (task = readdir(tasks));) {
        if (*task->d_name == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.16s/status", (int)agent->pid, task->d_name);
        pp_autofile FILE *file = fopen(path, "re");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = 0;
        for (size_t i = 0; i < PP_COUNT(lines); i++) {
            if (!strstr(text, lines[i]))
                fail_msg("no \"%s\" in\n%s", lines[i], text);
        }
    }
    assert_int_equal(end_agent(agent, SIGTERM), 0);
}

static void renderers_and_launcher_end_with_the_agent(void **state) {
    struct agent *agent = need_root(state);
    start_agent(agent, CAPABILITIES, RENDERER);
    play(agent);
    expect_log(agent, "that is all\n");
    pid_t launcher = find_process(agent, "pingplay-launch");
    pid_t renderer = find_process(agent, "pingplay-render");
    assert_true(launcher > 0 && renderer > 0);
    assert_int_equal(end_agent(agent, SIGTERM), 0);
    expect_gone(launcher);
    expect_gone(renderer);
    assert_null(strstr(agent->text, "left behind"));
}

static void without_its_launcher_the_agent_ends(void **state) {
    struct agent *agent = need_root(state);
    start_agent(agent, CAPABILITIES, RENDERER);
    expect_log(agent, "renderers run as user");
    play(agent);
    pid_t launcher = find_process(agent, "pingplay-launch");
    assert_true(launcher > 0);
    kill(launcher, SIGKILL);
    int status = end_agent(agent, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_non_null(strstr(agent->text, "the launcher of renderers was killed by signal 9 (Killed)\n"));
}

/* One line, exit 1, and no renderer was started. */
static void expect_refusal(struct agent *agent, const char *line) {
    int status = end_agent(agent, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_string_equal(strchr(agent->text, ':') + 1, line);
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/state", agent->screen->folder));
    assert_true(access(path, F_OK) < 0 && errno == ENOENT); /* no key was made or read */
}

static void without_user_or_capabilities_it_does_not_run(void **state) {
    struct agent *agent = need_root(state);
    start_agent(agent, CAPABILITIES, "no-such-user");
    expect_refusal(agent,
                   " error: renderers cannot be started as user \"no-such-user\": there is no such user\n");
    start_agent(agent, CAPABILITIES, AGENT_USER);
    expect_refusal(agent, " error: renderers cannot be started as user \"" AGENT_USER
                          "\": that is this program's own user, or its group\n");
    start_agent(agent, 0, RENDERER);
    expect_refusal(
        agent, " error: renderers cannot be started as user \"" RENDERER
               "\": setgroups: Operation not permitted (it takes CAP_SETUID, CAP_SETGID and CAP_SETPCAP)\n");
    start_agent(agent, 1u << CAP_SETGID, RENDERER);
    expect_refusal(
        agent, " error: renderers cannot be started as user \"" RENDERER
               "\": setresuid: Operation not permitted (it takes CAP_SETUID, CAP_SETGID and CAP_SETPCAP)\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv) {
    if (argc && strncmp(argv[0], "pingplay-render-", strlen("pingplay-render-")) == 0)
        spy();
    const struct CMUnitTest tests[] = {
        TEST(a_renderer_can_do_nothing_to_the_agent), TEST(a_renderer_of_the_agent_s_user_could),
        TEST(the_agent_keeps_no_capability),          TEST(renderers_and_launcher_end_with_the_agent),
        TEST(without_its_launcher_the_agent_ends),    TEST(without_user_or_capabilities_it_does_not_run),
    };
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
