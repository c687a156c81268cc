/* The process that has the private keys. It takes requests from its lanes and nothing else: no network, no file but
 * those of the headend's folder, no other program (signer/service.h for what it does). */
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/privileges.h"
#include "base/thread.h"
#include "headend/base/locked.h"
#include "headend/serve/children.h"
#include "headend/signer/service.h"
#include "sandbox/confine.h"

#define DESCRIPTORS_MAX 64

struct worker {
    struct signer_service *service;
    int lane;
    pthread_t thread;
};

/* Files of the folder, beside what every thread needs (firmware/sandbox/filter.c). */
static const char *const calls[] = {
    "openat",
    "open",
    "renameat",
    "renameat2",
    "rename",
    "unlinkat",
    "unlink",
    "mkdirat",
    "mkdir",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fchmod",
    "fchmodat",
    "newfstatat",
    "fstatat64",
    "stat",
    "lstat",
    "statx",
    "faccessat",
    "faccessat2",
    "access",
    "getdents64",
    "pwrite64",
    "recvfrom",
    "sendto",
    "umask",
    "mlock",
    "mlock2",
    "munlock",
    "uname",
    "sync_file_range",
    "fallocate",
    "flock",
    "sched_setaffinity",
    "rt_sigtimedwait",
    "pause",
};

static bool confine(const char *folder, int lanes, struct pp_error *error) {
    const struct sandbox_path paths[] = {{folder, SANDBOX_READ | SANDBOX_WRITE}};
    const struct rlimit few = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};
    bool held = false;
    tzset(); /* before its file is out of reach */
    if (syscall(SYS_close_range, CHILD_FIRST_FD + lanes, ~0U, 0) < 0)
        return pp_fail_errno(error, "close_range");
    locked_memory_keep();
    if (!pp_capabilities_drop(error) || !sandbox_confine_paths(paths, PP_COUNT(paths), false, &held, error))
        return false;
    if (!held)
        pp_log_warning("signer: this system has no Landlock: it may reach files of its user elsewhere");
    if (setrlimit(RLIMIT_NOFILE, &few) < 0)
        return pp_fail_errno(error, "RLIMIT_NOFILE");
    return sandbox_confine_calls(calls, PP_COUNT(calls), error);
}

static void fill_failure(struct signing_message *reply, const struct pp_error *why) {
    reply->type = SIGNING_FAILED;
    reply->flag = why->code ? (uint8_t)why->code : PP_E_STATE;
    reply->text = signing_text(why->message);
}

/* What was asked for as far as it is a request of the day's work. */
static bool answer(struct signer_service *service, const struct signing_message *request,
                   struct signing_answer *answer, struct pp_error *why) {
    if (!signing_is_request(request->type) || signing_is_for_commands(request->type))
        return pp_fail(why, PP_E_DENIED, "signer: %s is not asked for here",
                       signing_type_name(request->type));
    return signer_service_answer(service, request, answer, why) &&
           signing_answer_fits(request->type, answer->data.size, why);
}

static bool serve_one(struct worker *worker, struct pp_buf *packet, struct pp_error *error) {
    struct signing_message request;
    struct pp_error why = {0};
    struct signing_answer result = {.data = PP_BUF_INIT(SIGNING_TOKEN_MAX)};
    bool taken = signing_lane_receive(worker->lane, packet, &request, &why);
    if (!taken && (why.code == PP_E_NET || why.code == PP_E_IO))
        return pp_fail(error, why.code, "%s", why.message);
    struct signing_message reply = {.type = SIGNING_ANSWER, .number = request.number};
    if (taken && answer(worker->service, &request, &result, &why)) {
        reply.flag = result.flag;
        reply.secret = signing_data(result.data.data, result.data.size);
    } else {
        fill_failure(&reply, &why);
    }
    bool sent = signing_lane_send(worker->lane, &reply, error);
    pp_buf_finish(&result.data);
    pp_buf_finish(packet);
    return sent;
}

/* Until the other end is closed. What fails otherwise ends all of it, since whoever asks on this lane would wait for
 * nothing: it is started again. */
static void *work(void *arg) {
    struct worker *worker = arg;
    struct pp_error error = {0};
    const struct signing_message hello = {.type = SIGNING_HELLO};
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
    bool ok = signing_lane_send(worker->lane, &hello, &error);
    while (ok)
        ok = serve_one(worker, &packet, &error);
    if (error.code != PP_E_NET) {
        pp_log_error("signer: %s", error.message);
        _exit(EXIT_FAILURE);
    }
    return NULL;
}

/* The supervisor says when it ends, by closing its lanes; signals that are for all are for the others. */
static void ignore_signals(void) {
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < PP_COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
}

/* Before anything else of the folder is opened: who is started otherwise has none. */
static bool lanes_check(int lanes, struct pp_error *error) {
    for (int i = 0; i < lanes; i++) {
        int type = 0;
        socklen_t size = sizeof type;
        if (getsockopt(CHILD_FIRST_FD + i, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
            return pp_fail(error, PP_E_STATE, CHILD_SIGNER " is started by \"serve\" alone");
    }
    return true;
}

bool signer_process(const char *folder, unsigned servers, struct pp_error *error) {
    struct worker workers[SERVERS_MAX * SIGNING_LANES] = {{0}};
    size_t lanes = (size_t)servers * SIGNING_LANES;
    size_t started = 0;
    ignore_signals();
    if (servers < 1 || servers > SERVERS_MAX)
        return pp_fail(error, PP_E_INVALID, "signer: %u servers", servers);
    if (!lanes_check((int)lanes, error) || !confine(folder, (int)lanes, error))
        return pp_wrap(error, "signer");
    PP_AUTO(signer_service) struct signer_service *service = signer_service_create(folder, error);
    bool ok = service != NULL;
    for (; ok && started < lanes; started += ok) {
        workers[started] = (struct worker){.service = service, .lane = CHILD_FIRST_FD + (int)started};
        ok = pp_thread_start(&workers[started].thread, "signer", work, &workers[started], error);
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    return ok;
}
