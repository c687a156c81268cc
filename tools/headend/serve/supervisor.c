/* Starts the processes of `serve` (children.h), and again when they end; hands signals on; ends with them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/db/home_open.h"
#include "headend/http/listen.h"
#include "headend/serve/children.h"
#include "headend/serve/config.h"
#include "headend/serve/server_cage.h"
#include "ipc/program.h"
#include "ipc/wire.h"

#define PROGRAM        "/proc/self/exe" /* this one, also where another was installed meanwhile */
#define AGAIN_MS       100 /* until one that ended is started again; twice that the next time … */
#define AGAIN_MAX_MS   10000
#define STEADY_MS      30000 /* … and from the beginning, where it has lasted so long */
#define STOP_MS        8000  /* for the server's orderly end; then it is killed */
#define SIGNER_STOP_MS 1000
#define BUSY_MS        3000 /* for the address of a server that was killed with its supervisor just now */
#define BUSY_LOOK_MS   50
#define HAND_MAX       (SERVER_LANES_FD - CHILD_FIRST_FD + SERVERS_MAX * SIGNING_LANES)
#define ASIDE_FD       64 /* above all places of descriptors that are handed on */

struct child {
    const char *name;
    pid_t pid; /* 0: it does not run */
    int pidfd;
    int64_t started_ms, again_ms; /* CLOCK_MONOTONIC; again_ms 0: it runs */
    int64_t delay_ms;
};

struct server {
    struct child child;
    const char *command;
    int listener;
    int lanes[SIGNING_LANES][2]; /* the signer's ends, and the server's */
    int looks;                   /* its end of ingest's lane; -1: it has none */
};

struct supervisor {
    int argc;
    char **argv; /* of `serve` */
    const char *folder;
    struct home *home; /* NULL: nothing of it is kept open */
    int signals;
    int looks[2];        /* ingest's end of its lane, and a server's */
    int ready[2];        /* what servers say, and where */
    unsigned said_ready; /* how often they have said that they serve */
    bool stopping;
    int64_t stop_ms; /* the servers are killed then */
    struct child signer, ingest;
    struct server servers[SERVERS_MAX];
    unsigned server_count;
};

/* Each has said once that it serves. */
static bool served(const struct supervisor *supervisor) {
    return supervisor->said_ready >= supervisor->server_count;
}

static void lanes_close(struct server *server) {
    for (size_t i = 0; i < SIGNING_LANES; i++) {
        pp_close(&server->lanes[i][0]);
        pp_close(&server->lanes[i][1]);
    }
}

static void supervisor_finish(struct supervisor *supervisor) {
    home_close(supervisor->home);
    pp_close(&supervisor->signals);
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        pp_close(&supervisor->servers[i].listener);
        pp_close(&supervisor->servers[i].child.pidfd);
        lanes_close(&supervisor->servers[i]);
    }
    pp_close(&supervisor->looks[0]);
    pp_close(&supervisor->looks[1]);
    pp_close(&supervisor->ready[0]);
    pp_close(&supervisor->ready[1]);
    pp_close(&supervisor->signer.pidfd);
    pp_close(&supervisor->ingest.pidfd);
}

/* ---- Starting one ---- */

/* In the child, after fork. What is not handed (-1) leaves its place empty. Signals stay blocked as they are here: one
 * that comes before the child has seen to them waits for it. */
static _Noreturn void become(char **argv, const int *hand, size_t count, pid_t parent) {
    int aside[HAND_MAX];
    for (size_t i = 0; i < count; i++) {
        aside[i] = hand[i] >= 0 ? fcntl(hand[i], F_DUPFD_CLOEXEC, ASIDE_FD) : -1;
        if (hand[i] >= 0 && aside[i] < 0)
            _exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < count; i++) {
        int place = CHILD_FIRST_FD + (int)i;
        if (aside[i] < 0)
            close(place);
        else if (dup2(aside[i], place) < 0)
            _exit(EXIT_FAILURE);
    }
    /* Whoever kills this process takes its children with it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
        _exit(EXIT_FAILURE);
    execv(PROGRAM, argv);
    _exit(EXIT_FAILURE);
}

/* Its status, once it has ended. */
static int child_reap(struct child *child) {
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
    pp_close(&child->pidfd);
    return status;
}

static bool child_start(struct child *child, char **argv, const int *hand, size_t count,
                        struct pp_error *error) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return pp_fail_errno(error, "start %s", child->name);
    if (pid == 0)
        become(argv, hand, count, parent);
    child->pid = pid;
    child->started_ms = pp_clock_monotonic_ms();
    child->again_ms = 0;
    child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (child->pidfd >= 0)
        return true;
    pp_fail_errno(error, "watch %s", child->name);
    kill(pid, SIGKILL);
    child_reap(child);
    return false;
}

static bool signer_start(struct supervisor *supervisor, struct pp_error *error) {
    char program[] = "pingplay-headend";
    char name[] = CHILD_SIGNER;
    char folder[PP_PATH_MAX];
    char servers[12];
    int hand[SERVERS_MAX * SIGNING_LANES];
    size_t lanes = (size_t)supervisor->server_count * SIGNING_LANES;
    char *argv[] = {program, name, folder, servers, NULL};
    for (size_t i = 0; i < lanes; i++)
        hand[i] = supervisor->servers[i / SIGNING_LANES].lanes[i % SIGNING_LANES][0];
    snprintf(servers, sizeof servers, "%u", supervisor->server_count);
    return pp_path_format(folder, error, "%s", supervisor->folder) &&
           child_start(&supervisor->signer, argv, hand, lanes, error);
}

static bool ingest_start(struct supervisor *supervisor, struct pp_error *error) {
    char program[] = "pingplay-headend";
    char name[] = CHILD_INGEST;
    char *argv[] = {program, name, NULL};
    return child_start(&supervisor->ingest, argv, &supervisor->looks[0], 1, error);
}

static bool server_start(struct supervisor *supervisor, struct server *server, struct pp_error *error) {
    char program[] = "pingplay-headend";
    char name[16];
    int hand[SERVER_LANES_FD - CHILD_FIRST_FD + SIGNING_LANES] = {server->listener, supervisor->ready[1],
                                                                  server->looks};
    char **argv = calloc((size_t)supervisor->argc + 2, sizeof *argv);
    if (!argv)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    snprintf(name, sizeof name, "%s", server->command);
    argv[0] = program;
    argv[1] = name;
    for (int i = 1; i < supervisor->argc; i++)
        argv[i + 1] = supervisor->argv[i];
    for (size_t i = 0; i < SIGNING_LANES; i++)
        hand[SERVER_LANES_FD - CHILD_FIRST_FD + i] = server->lanes[i][1];
    bool ok = child_start(&server->child, argv, hand, PP_COUNT(hand), error);
    free(argv);
    return ok;
}

/* ---- What becomes of them ---- */

/* The longer the sooner it ended. */
static void child_delay(struct child *child) {
    int64_t now = pp_clock_monotonic_ms();
    bool steady = now - child->started_ms >= STEADY_MS;
    child->delay_ms = steady || !child->delay_ms ? AGAIN_MS : 2 * child->delay_ms;
    if (child->delay_ms > AGAIN_MAX_MS)
        child->delay_ms = AGAIN_MAX_MS;
    child->again_ms = now + child->delay_ms;
}

static void child_again(struct child *child, int status) {
    char how[IPC_REASON_MAX + 1];
    child_delay(child);
    ipc_program_describe_end(child->name, status, how, sizeof how);
    pp_log_error("%s; it is started again", how);
}

static void child_kill(const struct child *child, int number) {
    if (child->pid > 0)
        kill(child->pid, number);
}

static bool by_itself(int status) {
    return WIFEXITED(status) && WEXITSTATUS(status) != 0;
}

/* One that says why it cannot even begin has said so; there is no use in asking again. */
static bool helper_reap(struct supervisor *supervisor, struct child *helper) {
    int status = child_reap(helper);
    if (by_itself(status) && !served(supervisor))
        return true;
    if (!supervisor->stopping)
        child_again(helper, status);
    return false;
}

/* What it has asked and nobody taken: nobody is left who wants it, and its locks are gone. */
static bool server_reap(struct supervisor *supervisor, struct server *server) {
    int status = child_reap(&server->child);
    for (size_t i = 0; i < SIGNING_LANES; i++)
        signing_lane_drop(server->lanes[i][0]);
    if (server->looks >= 0)
        signing_lane_drop(supervisor->looks[0]);
    if (by_itself(status) && (!served(supervisor) || supervisor->stopping))
        return true;
    if (!supervisor->stopping)
        child_again(&server->child, status);
    return false;
}

/* `ended`: the signer's, ingest's and the servers' in their order. */
static bool children_reap(struct supervisor *supervisor, const struct pollfd *ended, bool *told) {
    *told = (ended[0].revents && helper_reap(supervisor, &supervisor->signer)) ||
            (ended[1].revents && helper_reap(supervisor, &supervisor->ingest));
    for (unsigned i = 0; i < supervisor->server_count; i++) {
        if (ended[2 + i].revents && server_reap(supervisor, &supervisor->servers[i]))
            *told = true;
    }
    return !*told;
}

/* Where its time has come. */
static bool is_due(const struct child *child) {
    return child->again_ms && pp_clock_monotonic_ms() >= child->again_ms;
}

static void start_settle(struct child *child, bool started, const struct pp_error *error) {
    if (started)
        return;
    child_delay(child);
    pp_log_error("%s; it is tried again", error->message);
}

/* A machine that has no place for another process now may have it later. */
static void children_start(struct supervisor *supervisor) {
    struct pp_error error = {0};
    if (is_due(&supervisor->signer))
        start_settle(&supervisor->signer, signer_start(supervisor, &error), &error);
    if (is_due(&supervisor->ingest))
        start_settle(&supervisor->ingest, ingest_start(supervisor, &error), &error);
    for (unsigned i = 0; i < supervisor->server_count; i++) {
        struct server *server = &supervisor->servers[i];
        if (is_due(&server->child))
            start_settle(&server->child, server_start(supervisor, server, &error), &error);
    }
}

/* ---- The loop ---- */

static void servers_kill(const struct supervisor *supervisor, int number) {
    for (unsigned i = 0; i < supervisor->server_count; i++)
        child_kill(&supervisor->servers[i].child, number);
}

static void signals_take(struct supervisor *supervisor) {
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        servers_kill(supervisor, (int)info.ssi_signo);
        if (info.ssi_signo == SIGHUP || supervisor->stopping)
            continue;
        supervisor->stopping = true;
        supervisor->stop_ms = pp_clock_monotonic_ms() + STOP_MS;
        supervisor->signer.again_ms = supervisor->ingest.again_ms = 0;
        for (unsigned i = 0; i < supervisor->server_count; i++)
            supervisor->servers[i].child.again_ms = 0;
    }
}

static int timeout_ms(const struct supervisor *supervisor) {
    int64_t dues[3 + SERVERS_MAX] = {supervisor->signer.again_ms, supervisor->ingest.again_ms,
                                     supervisor->stop_ms};
    int64_t now = pp_clock_monotonic_ms();
    int64_t least = -1;
    for (unsigned i = 0; i < supervisor->server_count; i++)
        dues[3 + i] = supervisor->servers[i].child.again_ms;
    for (size_t i = 0; i < PP_COUNT(dues); i++) {
        int64_t left = dues[i] > now ? dues[i] - now : 0;
        if (dues[i] && (least < 0 || left < least))
            least = left;
    }
    return (int)least;
}

static void ready_take(struct supervisor *supervisor) {
    char byte;
    while (recv(supervisor->ready[0], &byte, sizeof byte, MSG_DONTWAIT) > 0)
        supervisor->said_ready++;
}

static bool servers_run(const struct supervisor *supervisor) {
    for (unsigned i = 0; i < supervisor->server_count; i++) {
        if (supervisor->servers[i].child.pid)
            return true;
    }
    return false;
}

/* Until it is told to stop and the servers have ended, or something cannot go on. */
static bool run(struct supervisor *supervisor, bool *told, struct pp_error *error) {
    while (!supervisor->stopping || servers_run(supervisor)) {
        struct pollfd fds[4 + SERVERS_MAX] = {{.fd = supervisor->signals, .events = POLLIN},
                                              {.fd = supervisor->ready[0], .events = POLLIN},
                                              {.fd = supervisor->signer.pidfd, .events = POLLIN},
                                              {.fd = supervisor->ingest.pidfd, .events = POLLIN}};
        for (unsigned i = 0; i < SERVERS_MAX; i++)
            fds[4 + i] = (struct pollfd){.fd = supervisor->servers[i].child.pidfd, .events = POLLIN};
        if (poll(fds, PP_COUNT(fds), timeout_ms(supervisor)) < 0 && errno != EINTR)
            return pp_fail_errno(error, "poll");
        if (fds[1].revents)
            ready_take(supervisor);
        if (fds[0].revents)
            signals_take(supervisor);
        if (!children_reap(supervisor, &fds[2], told))
            return false;
        if (supervisor->stop_ms && pp_clock_monotonic_ms() >= supervisor->stop_ms)
            servers_kill(supervisor, SIGKILL);
        if (!supervisor->stopping)
            children_start(supervisor);
    }
    return true;
}

static void child_end(struct child *child) {
    child_kill(child, SIGKILL);
    if (child->pid)
        child_reap(child);
}

/* The signer ends when nobody is left who could ask it; ingest has nothing that could be lost. */
static void stop_all(struct supervisor *supervisor) {
    for (unsigned i = 0; i < supervisor->server_count; i++) {
        child_end(&supervisor->servers[i].child);
        lanes_close(&supervisor->servers[i]);
    }
    child_end(&supervisor->ingest);
    if (!supervisor->signer.pid)
        return;
    poll(&(struct pollfd){.fd = supervisor->signer.pidfd, .events = POLLIN}, 1, SIGNER_STOP_MS);
    child_end(&supervisor->signer);
}

/* ---- What they are given ---- */

static bool pair_make(int kind, int pair[2], struct pp_error *error) {
    return socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, pair) == 0 || pp_fail_errno(error, "socket pair");
}

static bool lanes_make(struct server *server, struct pp_error *error) {
    for (size_t i = 0; i < SIGNING_LANES; i++) {
        int *lane = server->lanes[i];
        if (!pair_make(SOCK_SEQPACKET, lane, error) || !signing_lane_prepare(lane[0], error) ||
            !signing_lane_prepare(lane[1], error))
            return false;
    }
    return true;
}

static bool signals_open(struct supervisor *supervisor, struct pp_error *error) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 ||
        (supervisor->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return pp_fail_errno(error, "signals");
    return true;
}

/* A server whose supervisor was killed a moment ago may have the address still. */
static int listen_patiently(const struct serve_options *options, uint64_t wanted, struct pp_error *error) {
    int64_t end_ms = pp_clock_monotonic_ms() + BUSY_MS;
    uint16_t port;
    for (;;) {
        errno = 0;
        int fd = listen_open(options->listen, (uint16_t)wanted, &port, error);
        if (fd >= 0 || errno != EADDRINUSE || pp_clock_monotonic_ms() >= end_ms)
            return fd;
        poll(NULL, 0, BUSY_LOOK_MS);
    }
}

/* What is wrong with the folder is told at once, and its database becomes that of this version, before anybody serves.
 * SQLite's stays open here, so that the files beside it are the ones that the server may open (server_cage.h). */
static bool folder_prepare(struct supervisor *supervisor, struct pp_error *error) {
    supervisor->home = home_open(supervisor->folder, error);
    if (!supervisor->home || !server_cage_prepare(supervisor->home, error))
        return false;
    if (faccessat(supervisor->home->fd, HOME_DATABASE, F_OK, 0) == 0) {
        home_close(supervisor->home);
        supervisor->home = NULL;
    }
    return true;
}

static bool server_prepare(struct supervisor *supervisor, const char *command, const char *name,
                           const struct serve_options *options, uint64_t port, struct pp_error *error) {
    struct server *server = &supervisor->servers[supervisor->server_count++];
    server->command = command;
    server->child.name = name;
    return lanes_make(server, error) && (server->listener = listen_patiently(options, port, error)) >= 0;
}

/* One for all, or one for screens and one for people. Files are handed on to ingest by the one that people reach. */
static bool servers_prepare(struct supervisor *supervisor, const struct serve_options *options,
                            struct pp_error *error) {
    if (!options->console_port) {
        if (!server_prepare(supervisor, CHILD_SERVER, "the server", options, options->port, error))
            return false;
    } else if (!server_prepare(supervisor, CHILD_DEVICE, "the screens' server", options, options->port,
                               error) ||
               !server_prepare(supervisor, CHILD_CONSOLE, "the console's server", options,
                               options->console_port, error)) {
        return false;
    }
    supervisor->servers[supervisor->server_count - 1].looks = supervisor->looks[1];
    return true;
}

static bool prepare(struct supervisor *supervisor, const struct serve_options *options,
                    struct pp_error *error) {
    return folder_prepare(supervisor, error) && pair_make(SOCK_SEQPACKET, supervisor->looks, error) &&
           pair_make(SOCK_STREAM, supervisor->ready, error) && servers_prepare(supervisor, options, error) &&
           signals_open(supervisor, error);
}

static bool start_all(struct supervisor *supervisor, struct pp_error *error) {
    bool ok = signer_start(supervisor, error) && ingest_start(supervisor, error);
    for (unsigned i = 0; ok && i < supervisor->server_count; i++)
        ok = server_start(supervisor, &supervisor->servers[i], error);
    return ok;
}

/* The words are looked at here as well, and stay as they are for the server. */
static bool options_read(int argc, char **argv, struct serve_config *config, struct pp_error *error) {
    char **words = calloc((size_t)argc + 1, sizeof *words);
    if (!words)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    memcpy(words, argv, (size_t)argc * sizeof *words);
    bool ok = serve_config_read(config, argc, words, error);
    free(words);
    return ok;
}

bool supervise(int argc, char **argv, bool *told, struct pp_error *error) {
    PP_CLEANUP(supervisor_finish)
    struct supervisor supervisor = {.argc = argc,
                                    .argv = argv,
                                    .signals = -1,
                                    .looks = {-1, -1},
                                    .ready = {-1, -1},
                                    .signer = {.name = "the signer", .pidfd = -1},
                                    .ingest = {.name = "ingest", .pidfd = -1}};
    struct serve_config config;
    *told = false;
    for (size_t i = 0; i < SERVERS_MAX; i++) {
        supervisor.servers[i] = (struct server){.child = {.pidfd = -1}, .listener = -1, .looks = -1};
        memset(supervisor.servers[i].lanes, -1, sizeof supervisor.servers[i].lanes);
    }
    if (!options_read(argc, argv, &config, error))
        return false;
    supervisor.folder = config.dir;
    if (strcmp(config.options.log_format, "json") == 0)
        pp_log_use_json(true);
    bool ok = prepare(&supervisor, &config.options, error) && start_all(&supervisor, error) &&
              run(&supervisor, told, error);
    stop_all(&supervisor);
    return ok;
}
