/* The process that has files from outside looked at: for each one that it is handed it starts a program that looks at
 * this one and ends (ingest/looker.h), in the cage that this process is in itself (ingest/cage.h), and hands on what it
 * was handed. It reads nothing of a file, and no answer. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/ingest/ask.h"
#include "headend/ingest/cage.h"
#include "headend/serve/children.h"

#define OWN_END_MS 1000 /* for one that has answered */

/* The supervisor says when it ends, by closing its end; signals that are for all are for the others. */
static void ignore_signals(void) {
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < PP_COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
}

static bool lane_check(struct pp_error *error) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(CHILD_FIRST_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
        return pp_fail(error, PP_E_STATE, CHILD_INGEST " is started by \"serve\" alone");
    if (syscall(SYS_close_range, CHILD_FIRST_FD + 1, ~0U, 0) < 0 ||
        fcntl(CHILD_FIRST_FD, F_SETFD, FD_CLOEXEC) < 0)
        return pp_fail_errno(error, "descriptors");
    return true;
}

static bool close_up(const char *looker, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    char renderer[PP_PATH_MAX];
    const char *const programs[] = {looker, renderer, NULL};
    return content_renderers_find(folder, error) &&
           pp_path_format(renderer, error, "%s/" CONTENT_RENDERER, folder) &&
           ingest_cage_enter(programs, error);
}

/* Whoever asked hears it, if nothing was answered before. */
static void refuse(int answers, enum pp_code code, const char *words) {
    struct pp_error gone = {0};
    const struct ingest_message refused = {
        .type = INGEST_REFUSED, .code = (uint8_t)code, .words = ingest_text(words)};
    if (!ingest_send(answers, &refused, NULL, &gone) && gone.code != PP_E_NET)
        pp_log_warning("%s", gone.message);
}

/* Until it has ended, or nobody wants to know any more, or it is too late. */
static void watch(const struct ipc_program *program, int answers) {
    int64_t end_ms = pp_clock_monotonic_ms() + INGEST_LOOK_S * INT64_C(1000);
    for (;;) {
        int64_t left_ms = end_ms - pp_clock_monotonic_ms();
        struct pollfd fds[] = {{.fd = program->pidfd, .events = POLLIN}, {.fd = answers, .events = 0}};
        if (left_ms <= 0) {
            refuse(answers, PP_E_UNSUPPORTED, "screens cannot show it: it takes too long to look at");
            return;
        }
        if (poll(fds, PP_COUNT(fds), (int)left_ms) < 0 || (!fds[0].revents && !fds[1].revents))
            continue;
        /* One that has answered ends by itself. */
        if (!fds[0].revents)
            poll(fds, 1, OWN_END_MS);
        return;
    }
}

static void end_tell(int status) {
    char how[IPC_REASON_MAX + 1];
    if (status == -1 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    ipc_program_describe_end("what looked at a file", status, how, sizeof how);
    pp_log_warning("ingest: %s", how);
}

static void have_looked_at(const char *looker, struct ingest_packet *packet) {
    struct ipc_program program = IPC_PROGRAM_NONE;
    struct pp_error error = {0};
    pp_autoclose int answers = packet->packet.fds[INGEST_FD_ANSWERS];
    bool handed = ipc_program_start(NULL, looker, &program, &error) &&
                  ingest_send(program.control, &packet->message, packet->packet.fds, &error);
    packet->packet.fds[INGEST_FD_ANSWERS] = -1;
    ingest_packet_finish(packet);
    if (handed)
        watch(&program, answers);
    else
        refuse(answers, error.code, error.message);
    end_tell(ingest_looker_end(NULL, &program));
}

bool ingest_process(struct pp_error *error) {
    static struct ingest_packet packet;
    char looker[PP_PATH_MAX];
    struct pp_error ended = {0};
    ignore_signals();
    if (!lane_check(error) || !ingest_looker_find(looker, error) || !close_up(looker, error))
        return false;
    while (ingest_receive(CHILD_FIRST_FD, &packet, &ended)) {
        if (packet.message.type != INGEST_LOOK) {
            ingest_packet_finish(&packet);
            return pp_fail(error, PP_E_INVALID, "ingest: it was asked what is no question");
        }
        have_looked_at(looker, &packet);
    }
    return ended.code == PP_E_NET || pp_fail(error, ended.code, "%s", ended.message);
}
