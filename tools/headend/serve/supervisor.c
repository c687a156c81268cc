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
#define HAND_MAX       (SERVER_LANES_FD - CHILD_FIRST_FD + SIGNING_LANES)
#define ASIDE_FD       64 /* above all places of descriptors that are handed on */

struct child {
    const char *name;
    pid_t pid; /* 0: it does not run */
    int pidfd;
    int64_t started_ms, again_ms; /* CLOCK_MONOTONIC; again_ms 0: it runs */
    int64_t delay_ms;
};

struct supervisor {
    int argc;
    char **argv; /* of `serve` */
    const char *folder;
    struct home *home; /* NULL: nothing of it is kept open */
    int listener, signals;
    int lanes[SIGNING_LANES][2]; /* the signer's ends, and the server's */
    int looks[2];                /* ingest's end of its lane, and the server's */
    int ready[2];                /* what the server says, and where */
    bool served;                 /* it has said once that it serves */
    bool stopping;
    int64_t stop_ms; /* the server is killed then */
    struct child signer, ingest, server;
};

static void supervisor_finish(struct supervisor *supervisor) {
    home_close(supervisor->home);
    pp_close(&supervisor->listener);
    pp_close(&supervisor->signals);
    for (size_t i = 0; i < SIGNING_LANES; i++) {
        pp_close(&supervisor->lanes[i][0]);
        pp_close(&supervisor->lanes[i][1]);
    }
    pp_close(&supervisor->looks[0]);
    pp_close(&supervisor->looks[1]);
    pp_close(&supervisor->ready[0]);
    pp_close(&supervisor->ready[1]);
    pp_close(&supervisor->signer.pidfd);
    pp_close(&supervisor->ingest.pidfd);
    pp_close(&supervisor->server.pidfd);
}

/* ---- Starting one ---- */

/* In the child, after fork. Signals stay blocked as they are here: one that comes before the child has seen to them
 * waits for it. */
static _Noreturn void become(char **argv, const int *hand, size_t count, pid_t parent) {
    int aside[HAND_MAX];
    for (size_t i = 0; i < count; i++) {
        aside[i] = fcntl(hand[i], F_DUPFD_CLOEXEC, ASIDE_FD);
        if (aside[i] < 0)
            _exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(aside[i], CHILD_FIRST_FD + (int)i) < 0)
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
    int hand[SIGNING_LANES];
    char *argv[] = {program, name, folder, NULL};
    for (size_t i = 0; i < SIGNING_LANES; i++)
        hand[i] = supervisor->lanes[i][0];
    return pp_path_format(folder, error, "%s", supervisor->folder) &&
           child_start(&supervisor->signer, argv, hand, SIGNING_LANES, error);
}

static bool ingest_start(struct supervisor *supervisor, struct pp_error *error) {
    char program[] = "pingplay-headend";
    char name[] = CHILD_INGEST;
    char *argv[] = {program, name, NULL};
    return child_start(&supervisor->ingest, argv, &supervisor->looks[0], 1, error);
}

static bool server_start_again(struct supervisor *supervisor, struct pp_error *error) {
    char program[] = "pingplay-headend";
    char name[] = CHILD_SERVER;
    int hand[HAND_MAX] = {supervisor->listener, supervisor->ready[1], supervisor->looks[1]};
    char **argv = calloc((size_t)supervisor->argc + 2, sizeof *argv);
    if (!argv)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    argv[0] = program;
    argv[1] = name;
    for (int i = 1; i < supervisor->argc; i++)
        argv[i + 1] = supervisor->argv[i];
    for (size_t i = 0; i < SIGNING_LANES; i++)
        hand[SERVER_LANES_FD - CHILD_FIRST_FD + i] = supervisor->lanes[i][1];
    bool ok = child_start(&supervisor->server, argv, hand, HAND_MAX, error);
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
    if (by_itself(status) && !supervisor->served)
        return true;
    if (!supervisor->stopping)
        child_again(helper, status);
    return false;
}

static bool children_reap(struct supervisor *supervisor, const struct pollfd *signer,
                          const struct pollfd *ingest, const struct pollfd *server, bool *told) {
    *told = (signer->revents && helper_reap(supervisor, &supervisor->signer)) ||
            (ingest->revents && helper_reap(supervisor, &supervisor->ingest));
    if (server->revents) {
        int status = child_reap(&supervisor->server);
        /* What it has asked and the signer not taken: nobody is left who wants it, and its locks are gone. */
        for (size_t i = 0; i < SIGNING_LANES; i++)
            signing_lane_drop(supervisor->lanes[i][0]);
        signing_lane_drop(supervisor->looks[0]);
        *told = *told || (by_itself(status) && (!supervisor->served || supervisor->stopping));
        if (!*told && !supervisor->stopping)
            child_again(&supervisor->server, status);
    }
    return !*told;
}

/* A machine that has no place for another process now may have it later. */
static void children_start(struct supervisor *supervisor) {
    const struct {
        struct child *child;
        bool (*start)(struct supervisor *supervisor, struct pp_error *error);
    } all[] = {{&supervisor->signer, signer_start},
               {&supervisor->ingest, ingest_start},
               {&supervisor->server, server_start_again}};
    int64_t now = pp_clock_monotonic_ms();
    for (size_t i = 0; i < PP_COUNT(all); i++) {
        struct pp_error error = {0};
        if (!all[i].child->again_ms || now < all[i].child->again_ms || all[i].start(supervisor, &error))
            continue;
        child_delay(all[i].child);
        pp_log_error("%s; it is tried again", error.message);
    }
}

/* ---- The loop ---- */

static void signals_take(struct supervisor *supervisor) {
    struct signalfd_siginfo info;
    while (read(supervisor->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        child_kill(&supervisor->server, (int)info.ssi_signo);
        if (info.ssi_signo == SIGHUP || supervisor->stopping)
            continue;
        supervisor->stopping = true;
        supervisor->stop_ms = pp_clock_monotonic_ms() + STOP_MS;
        supervisor->server.again_ms = supervisor->signer.again_ms = supervisor->ingest.again_ms = 0;
    }
}

static int timeout_ms(const struct supervisor *supervisor) {
    const int64_t dues[] = {supervisor->signer.again_ms, supervisor->ingest.again_ms,
                            supervisor->server.again_ms, supervisor->stop_ms};
    int64_t now = pp_clock_monotonic_ms();
    int64_t least = -1;
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
        supervisor->served = true;
}

/* Until it is told to stop and the server has ended, or something cannot go on. */
static bool run(struct supervisor *supervisor, bool *told, struct pp_error *error) {
    while (!supervisor->stopping || supervisor->server.pid) {
        struct pollfd fds[] = {{.fd = supervisor->signals, .events = POLLIN},
                               {.fd = supervisor->ready[0], .events = POLLIN},
                               {.fd = supervisor->signer.pidfd, .events = POLLIN},
                               {.fd = supervisor->ingest.pidfd, .events = POLLIN},
                               {.fd = supervisor->server.pidfd, .events = POLLIN}};
        if (poll(fds, PP_COUNT(fds), timeout_ms(supervisor)) < 0 && errno != EINTR)
            return pp_fail_errno(error, "poll");
        if (fds[1].revents)
            ready_take(supervisor);
        if (fds[0].revents)
            signals_take(supervisor);
        if (!children_reap(supervisor, &fds[2], &fds[3], &fds[4], told))
            return false;
        if (supervisor->stop_ms && pp_clock_monotonic_ms() >= supervisor->stop_ms)
            child_kill(&supervisor->server, SIGKILL);
        if (!supervisor->stopping)
            children_start(supervisor);
    }
    return true;
}

/* The signer ends when nobody is left who could ask it; ingest has nothing that could be lost. */
static void stop_all(struct supervisor *supervisor) {
    struct child *const at_once[] = {&supervisor->server, &supervisor->ingest};
    for (size_t i = 0; i < PP_COUNT(at_once); i++) {
        child_kill(at_once[i], SIGKILL);
        if (at_once[i]->pid)
            child_reap(at_once[i]);
    }
    for (size_t i = 0; i < SIGNING_LANES; i++) {
        pp_close(&supervisor->lanes[i][0]);
        pp_close(&supervisor->lanes[i][1]);
    }
    if (!supervisor->signer.pid)
        return;
    poll(&(struct pollfd){.fd = supervisor->signer.pidfd, .events = POLLIN}, 1, SIGNER_STOP_MS);
    child_kill(&supervisor->signer, SIGKILL);
    child_reap(&supervisor->signer);
}

/* ---- What they are given ---- */

static bool pair_make(int kind, int pair[2], struct pp_error *error) {
    return socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, pair) == 0 || pp_fail_errno(error, "socket pair");
}

static bool lanes_make(struct supervisor *supervisor, struct pp_error *error) {
    for (size_t i = 0; i < SIGNING_LANES; i++) {
        int *lane = supervisor->lanes[i];
        if (!pair_make(SOCK_SEQPACKET, lane, error) || !signing_lane_prepare(lane[0], error) ||
            !signing_lane_prepare(lane[1], error))
            return false;
    }
    return pair_make(SOCK_SEQPACKET, supervisor->looks, error) &&
           pair_make(SOCK_STREAM, supervisor->ready, error);
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
static int listen_patiently(const struct serve_options *options, struct pp_error *error) {
    int64_t end_ms = pp_clock_monotonic_ms() + BUSY_MS;
    uint16_t port;
    for (;;) {
        errno = 0;
        int fd = listen_open(options->listen, (uint16_t)options->port, &port, error);
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

static bool prepare(struct supervisor *supervisor, const struct serve_options *options,
                    struct pp_error *error) {
    return folder_prepare(supervisor, error) && lanes_make(supervisor, error) &&
           (supervisor->listener = listen_patiently(options, error)) >= 0 && signals_open(supervisor, error);
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
                                    .listener = -1,
                                    .signals = -1,
                                    .ready = {-1, -1},
                                    .looks = {-1, -1},
                                    .signer = {.name = "the signer", .pidfd = -1},
                                    .ingest = {.name = "ingest", .pidfd = -1},
                                    .server = {.name = "the server", .pidfd = -1}};
    struct serve_config config;
    *told = false;
    memset(supervisor.lanes, -1, sizeof supervisor.lanes);
    if (!options_read(argc, argv, &config, error))
        return false;
    supervisor.folder = config.dir;
    if (strcmp(config.options.log_format, "json") == 0)
        pp_log_use_json(true);
    bool ok = prepare(&supervisor, &config.options, error) && signer_start(&supervisor, error) &&
              ingest_start(&supervisor, error) && server_start_again(&supervisor, error) &&
              run(&supervisor, told, error);
    stop_all(&supervisor);
    return ok;
}
