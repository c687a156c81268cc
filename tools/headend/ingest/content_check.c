#include "headend/ingest/content_check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "headend/base/install.h"
#include "headend/ingest/thumbnail.h"
#include "ipc/conn.h"
#include "ipc/program.h"
#include "ipc/ring.h"

#define SOUND_LOOK_MS 20   /* the sound ring has no messages */
#define END_MS        5000 /* for one that was killed; it hangs, or nobody is left who may kill it */

/* One renderer at its work, seen from the agent's and the player's side at once. */
struct trial {
    struct ipc_program program;
    struct ipc_launcher *launcher;
    int frames; /* our end of its frame socket */
    struct ipc_video_ring video;
    struct ipc_audio_ring audio; /* memory NULL: no sound */
    bool sandboxed, ended;
    bool failed;       /* `refusal` says why */
    unsigned pictures; /* FRAMEs so far */
    struct pp_error refusal;
    char *warning;
    struct content_seen *seen; /* NULL: nobody wants to know */
};

static void trial_finish(struct trial *trial) {
    if (trial->program.pid > 0) {
        ipc_program_kill(trial->launcher, &trial->program);
        poll(&(struct pollfd){.fd = trial->program.pidfd, .events = POLLIN}, 1, END_MS);
        waitpid(trial->program.pid, NULL, WNOHANG);
    }
    pp_close(&trial->program.control);
    pp_close(&trial->program.pidfd);
    pp_close(&trial->program.words);
    pp_close(&trial->frames);
    ipc_video_ring_finish(&trial->video);
    ipc_audio_ring_finish(&trial->audio);
}

bool content_renderers_find(char folder[PP_PATH_MAX], struct pp_error *error) {
    return install_path(PP_RENDERERS_FROM_PROGRAM, folder, error);
}

static void refuse(struct trial *trial, enum pp_code code, const char *what, const char *reason) {
    char words[IPC_REASON_MAX + 1];
    if (trial->failed)
        return;
    trial->failed = true;
    snprintf(words, sizeof words, "%s", reason);
    pp_json_tidy(words); /* they may quote the file */
    pp_fail(&trial->refusal, code, "%s: %s", what, words);
}

static void warn(struct trial *trial, const char *words) {
    size_t used = strlen(trial->warning);
    snprintf(trial->warning + used, CONTENT_WARNING_MAX - used, "%s%s", used ? "; " : "", words);
    pp_json_tidy(trial->warning);
}

static void handle_note(struct trial *trial, const struct ipc_note *note) {
    if (note->kind == IPC_NOTE_DAMAGED) {
        refuse(trial, PP_E_INVALID, "publish a whole copy of it", note->reason);
        return;
    }
    warn(trial, note->reason);
}

static void handle_info(const struct trial *trial, const struct ipc_info *info) {
    if (!trial->seen)
        return;
    trial->seen->width = info->width;
    trial->seen->height = info->height;
    trial->seen->duration_ms = info->duration_ms;
    trial->seen->sound = info->has_audio;
}

static void handle_control(struct trial *trial, const struct ipc_message *message) {
    switch (message->type) {
    case IPC_SANDBOXED:
        trial->sandboxed = message->sandboxed.level & IPC_SANDBOX_SECCOMP;
        break;
    case IPC_INFO:
        handle_info(trial, &message->info);
        break;
    case IPC_NOTE:
        handle_note(trial, &message->note);
        break;
    case IPC_FAILED:
        refuse(trial, PP_E_UNSUPPORTED, "screens cannot show it", message->failed.reason);
        break;
    default:
        refuse(trial, PP_E_STATE, "the renderer", "it sent what is not its to send");
    }
}

/* The player would have shown it, and gives the slot back. */
static bool handle_picture(struct trial *trial, const struct ipc_frame *frame) {
    struct ipc_message release = {.type = IPC_RELEASE, .release = {.slot = frame->slot}};
    struct pp_error gone;
    if (frame->slot >= trial->video.layout.slots)
        return false;
    if (!trial->pictures && trial->seen && trial->seen->thumbnail &&
        !thumbnail_make(&trial->video, frame->slot, trial->seen->thumbnail, &gone))
        refuse(trial, gone.code, "its picture", gone.message);
    trial->pictures++;
    return ipc_send(trial->frames, &release, &gone) || gone.code == PP_E_NET;
}

/* The renderer may be gone. */
static bool give_memory(const struct trial *trial, enum ipc_memory_use use, int fd) {
    struct ipc_message memory = {
        .type = IPC_MEMORY, .memory = {.use = (uint8_t)use}, .fds = {fd}, .fd_count = 1};
    struct pp_error gone;
    return ipc_send(trial->frames, &memory, &gone) || gone.code == PP_E_NET;
}

static void handle_frames(struct trial *trial, const struct ipc_message *message) {
    struct pp_error error = {.message = "it broke the protocol"};
    pp_autoclose int fd = -1;
    bool ok = false;
    switch (message->type) {
    case IPC_RING:
        ok = !trial->video.memory && ipc_video_ring_create(&message->ring, &trial->video, &fd, &error) &&
             give_memory(trial, IPC_MEMORY_FRAMES, fd);
        break;
    case IPC_AUDIO:
        ok = !trial->audio.memory && ipc_audio_ring_create(&message->audio, &trial->audio, &fd, &error) &&
             give_memory(trial, IPC_MEMORY_SOUND, fd);
        break;
    case IPC_FRAME:
        ok = trial->video.memory && handle_picture(trial, &message->frame);
        break;
    case IPC_LATE:
        ok = true;
        break;
    case IPC_END:
        ok = trial->ended = true;
        break;
    default:
        break;
    }
    if (!ok)
        refuse(trial, PP_E_STATE, "the renderer", error.message);
}

/* All that waits in one of the two sockets, which is closed when the renderer has closed it. */
static void take_waiting(struct trial *trial, int *socket,
                         void (*handle)(struct trial *, const struct ipc_message *)) {
    struct pp_error error = {0};
    while (*socket >= 0 && !trial->failed) {
        ipc_automessage struct ipc_message message = {0};
        if (ipc_receive(*socket, &message, &error)) {
            handle(trial, &message);
            continue;
        }
        if (error.code == PP_E_STATE)
            return;
        pp_close(socket);
        if (error.code != PP_E_NET)
            refuse(trial, PP_E_STATE, "the renderer", error.message);
    }
}

/* Waits for something to happen. False when the time is over, or the process. */
static bool trial_wait(struct trial *trial, int64_t end_ms, bool *ended) {
    int64_t left_ms = end_ms - pp_clock_monotonic_ms();
    struct pollfd watched[] = {{.fd = trial->program.pidfd, .events = POLLIN},
                               {.fd = trial->program.control, .events = POLLIN},
                               {.fd = trial->frames, .events = POLLIN}};
    if (left_ms <= 0)
        return false;
    if (trial->audio.memory && left_ms > SOUND_LOOK_MS)
        left_ms = SOUND_LOOK_MS;
    if (poll(watched, PP_COUNT(watched), (int)left_ms) < 0)
        return errno == EINTR;
    *ended = watched[0].revents != 0;
    /* What it said at its end is waiting: its last words come before how it ended. */
    take_waiting(trial, &trial->program.control, handle_control);
    take_waiting(trial, &trial->frames, handle_frames);
    return true;
}

static void refuse_by_end(struct trial *trial) {
    char how[IPC_REASON_MAX + 1];
    int status = 0;
    if (waitpid(trial->program.pid, &status, 0) != trial->program.pid)
        return;
    trial->program.pid = 0;
    ipc_program_describe_end("the renderer", status, how, sizeof how);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        refuse(trial, PP_E_UNSUPPORTED, "screens cannot show it", how);
}

/* The first picture, and the first sound where there is some. */
static bool trial_has_seen_enough(const struct trial *trial) {
    return trial->failed || (trial->pictures &&
                             (!trial->audio.memory || trial->ended || trial->pictures > CONTENT_FRAMES_MAX ||
                              ipc_audio_ring_waiting(&trial->audio)));
}

/* Then the player hangs up, and the renderer ends: what it has to say is said by then. */
static void trial_run(struct trial *trial) {
    int64_t end_ms = pp_clock_monotonic_ms() + CONTENT_CHECK_S * INT64_C(1000);
    bool ended = false;
    while (!ended && !trial_has_seen_enough(trial)) {
        if (!trial_wait(trial, end_ms, &ended))
            refuse(trial, PP_E_UNSUPPORTED, "screens cannot show it",
                   "it takes too long to its first picture");
    }
    if (trial->audio.memory && !trial->failed && !ipc_audio_ring_waiting(&trial->audio))
        warn(trial, "no sound of it was heard");
    pp_close(&trial->frames);
    while (!ended && !trial->failed && trial_wait(trial, end_ms, &ended)) {
    }
    if (ended)
        refuse_by_end(trial);
    if (!trial->pictures)
        refuse(trial, PP_E_UNSUPPORTED, "screens cannot show it", "no picture of it came");
    if (!trial->sandboxed)
        refuse(trial, PP_E_STATE, "the renderer", "it is not in its sandbox");
}

static bool trial_start(struct trial *trial, const char *folder, struct ipc_message *start,
                        struct pp_error *error) {
    char path[PP_PATH_MAX];
    int pair[2];
    if (!pp_path_format(path, error, "%s/" CONTENT_RENDERER, folder) || !ipc_pair(pair, error))
        return false;
    trial->frames = pair[0];
    pp_autoclose int theirs = pair[1];
    start->fds[start->fd_count++] = theirs;
    if (!ipc_program_start(trial->launcher, path, &trial->program, error))
        return pp_wrap(error,
                       "content cannot be tried out (--renderers names the folder of " CONTENT_RENDERER ")");
    /* One that is gone already tells by its end what is wrong. */
    if (!ipc_send(trial->program.control, start, error) && error->code != PP_E_NET)
        return false;
    return ipc_set_nonblocking(trial->program.control, error) && ipc_set_nonblocking(trial->frames, error);
}

bool content_see(const struct content_renderers *renderers, int object, uint64_t length,
                 const uint8_t key[IPC_KEY_SIZE], enum ipc_media_kind kind, uint32_t start_ms,
                 char warning[CONTENT_WARNING_MAX], struct content_seen *seen, struct pp_error *error) {
    PP_CLEANUP(trial_finish)
    struct trial trial = {.program = IPC_PROGRAM_NONE,
                          .launcher = renderers->launcher,
                          .frames = -1,
                          .warning = warning,
                          .seen = seen};
    struct ipc_message start = {.type = IPC_START_MEDIA,
                                .start_media = {.kind = (uint8_t)kind,
                                                .object_length = length,
                                                .audio = 1,
                                                .target_width = CONTENT_TARGET_WIDTH,
                                                .target_height = CONTENT_TARGET_HEIGHT,
                                                .start_ms = start_ms,
                                                .look_cpu_ms = start_ms ? 0 : CONTENT_LOOK_CPU_MS},
                                .fds = {object},
                                .fd_count = 1};
    *warning = 0;
    memcpy(start.start_media.key, key, sizeof start.start_media.key);
    bool started = trial_start(&trial, renderers->folder, &start, error);
    pp_wipe(&start, sizeof start);
    if (!started)
        return false;
    trial_run(&trial);
    if (trial.failed)
        *error = trial.refusal;
    return !trial.failed;
}
