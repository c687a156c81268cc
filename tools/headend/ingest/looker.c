#include "headend/ingest/looker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "headend/ingest/cage.h"
#include "headend/ingest/content_look.h"
#include "headend/ingest/message.h"
#include "headend/ingest/thumbnail.h"
#include "ipc/program.h"

/* What it was asked, and what it has found. */
struct looking {
    const struct ingest_message *request;
    int object, answers;
    char folder[PP_PATH_MAX];
    struct pp_buf thumbnail; /* in clear */
    struct pp_buf sealed;
    struct content_facts facts;
};

static void looking_finish(struct looking *looking) {
    pp_buf_finish(&looking->thumbnail);
    pp_buf_finish(&looking->sealed);
}

static bool thumbnail_seal(struct looking *looking, struct pp_error *error) {
    char owner[INGEST_OWNER_MAX + 1];
    if (!looking->thumbnail.size || !looking->request->owner.size)
        return true;
    ingest_copy(&looking->request->owner, owner, sizeof owner);
    return seal_encrypt(looking->thumbnail.data, looking->thumbnail.size, looking->request->key, owner,
                        &looking->sealed, error);
}

static bool look(struct looking *looking, struct pp_error *error) {
    const struct ingest_message *request = looking->request;
    const struct content_renderers renderers = {.folder = looking->folder};
    struct content_facts *facts = &looking->facts;
    facts->seen.thumbnail = &looking->thumbnail;
    if (request->task == INGEST_TASK_LOOK)
        return content_look(&renderers, looking->object, request->length, request->key, facts, error) &&
               thumbnail_seal(looking, error);
    facts->seen.thumbnail = NULL;
    return content_see(&renderers, looking->object, request->length, request->key,
                       request->task == INGEST_TASK_FILM ? IPC_MEDIA_VIDEO : IPC_MEDIA_IMAGE, 0,
                       facts->warning, &facts->seen, error);
}

static bool pieces_send(const struct looking *looking, struct pp_error *error) {
    for (size_t at = 0; at < looking->sealed.size;) {
        size_t left = looking->sealed.size - at;
        size_t size = left < INGEST_PIECE_MAX ? left : INGEST_PIECE_MAX;
        const struct ingest_message piece = {
            .type = INGEST_PIECE, .data = {.data = looking->sealed.data + at, .size = (uint32_t)size}};
        if (!ingest_send(looking->answers, &piece, NULL, error))
            return false;
        at += size;
    }
    return true;
}

static uint8_t flags_of(const struct content_facts *facts) {
    bool film = facts->type.kind && strcmp(facts->type.kind, "video") == 0;
    return (uint8_t)((film ? INGEST_FILM : 0) | (facts->type.moves ? INGEST_MOVES : 0) |
                     (facts->seen.sound ? INGEST_SOUND : 0));
}

static bool seen_send(const struct looking *looking, struct pp_error *error) {
    const struct content_facts *facts = &looking->facts;
    const struct ingest_message seen = {.type = INGEST_SEEN,
                                        .name = ingest_text(facts->type.name),
                                        .flags = flags_of(facts),
                                        .width = facts->seen.width,
                                        .height = facts->seen.height,
                                        .duration_ms = facts->seen.duration_ms,
                                        .clear = looking->sealed.size ? (uint32_t)looking->thumbnail.size : 0,
                                        .sealed = (uint32_t)looking->sealed.size,
                                        .words = ingest_text(facts->warning)};
    return pieces_send(looking, error) && ingest_send(looking->answers, &seen, NULL, error);
}

static bool refused_send(const struct looking *looking, const struct pp_error *why, struct pp_error *error) {
    const struct ingest_message refused = {.type = INGEST_REFUSED,
                                           .code = (uint8_t)why->code,
                                           .words = ingest_text(*why->message ? why->message : "?")};
    return ingest_send(looking->answers, &refused, NULL, error);
}

/* Nothing of the file is looked at before the cage is closed. */
static bool closed_up(const struct looking *looking, struct pp_error *error) {
    char renderer[PP_PATH_MAX];
    const char *const programs[] = {renderer, NULL};
    return pp_path_format(renderer, error, "%s/" CONTENT_RENDERER, looking->folder) &&
           ingest_cage_enter(programs, error);
}

static bool answer(struct looking *looking, struct pp_error *error) {
    struct pp_error why = {0};
    if (closed_up(looking, &why) && look(looking, &why))
        return seen_send(looking, error);
    return refused_send(looking, &why, error);
}

static bool asked(struct ingest_packet *packet, struct pp_error *error) {
    if (!ingest_receive(IPC_PROGRAM_CONTROL_FD, packet, error))
        return false;
    return packet->message.type == INGEST_LOOK ||
           pp_fail(error, PP_E_INVALID, "not the message that this program is started with");
}

/* Nobody else's descriptors, and whoever ends the starter ends this. */
static bool prepare(struct pp_error *error) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || setpgid(0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_PDEATHSIG");
    if (fcntl(IPC_PROGRAM_CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0)
        return pp_fail(error, PP_E_STATE, "descriptor %d is no socket: the headend starts this program",
                       IPC_PROGRAM_CONTROL_FD);
    pp_autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        syscall(SYS_close_range, IPC_PROGRAM_CONTROL_FD + 1, ~0U, 0) < 0)
        return pp_fail_errno(error, "descriptors");
    pp_steal_fd(&null); /* closed with the others */
    return true;
}

int looker_run(void) {
    static struct ingest_packet packet;
    PP_CLEANUP(looking_finish)
    struct looking looking = {.thumbnail = PP_BUF_INIT(THUMBNAIL_MAX),
                              .sealed = PP_BUF_INIT(INGEST_SEALED_MAX)};
    struct pp_error error = {0};
    bool ok = prepare(&error) && asked(&packet, &error);
    if (ok) {
        looking.request = &packet.message;
        looking.object = packet.packet.fds[INGEST_FD_OBJECT];
        looking.answers = packet.packet.fds[INGEST_FD_ANSWERS];
        ingest_copy(&packet.message.folder, looking.folder, sizeof looking.folder);
        ok = answer(&looking, &error);
    }
    ingest_packet_finish(&packet);
    /* Whoever asked may be gone. */
    if (!ok && error.code != PP_E_NET)
        pp_log_error("%s", error.message);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
