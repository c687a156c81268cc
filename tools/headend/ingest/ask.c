#include "headend/ingest/ask.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "headend/base/install.h"
#include "headend/ingest/thumbnail.h"
#include "ipc/conn.h"

#define END_MS    5000 /* for one that was killed; it hangs, or nobody is left who may kill it */
#define WORDS_MAX 1024 /* bytes of what one has written to its standard error */

struct ingest_lane {
    int socket;
    int stopped;           /* eventfd: readable once it is */
    pthread_mutex_t mutex; /* held by who asks */
};

struct ingest_lane *ingest_lane_create(int socket, struct pp_error *error) {
    struct ingest_lane *lane = calloc(1, sizeof *lane);
    if (!lane) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    lane->socket = socket;
    pthread_mutex_init(&lane->mutex, NULL);
    lane->stopped = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lane->stopped >= 0)
        return lane;
    pp_fail_errno(error, "eventfd");
    ingest_lane_destroy(lane);
    return NULL;
}

void ingest_lane_stop(struct ingest_lane *lane) {
    if (lane)
        eventfd_write(lane->stopped, 1);
}

void ingest_lane_destroy(struct ingest_lane *lane) {
    if (!lane)
        return;
    pp_close(&lane->stopped);
    pthread_mutex_destroy(&lane->mutex);
    free(lane);
}

void ingest_facts_finish(struct ingest_facts *facts) {
    pp_buf_finish(&facts->thumbnail);
}

/* ---- What is answered ---- */

enum outcome {
    ANSWERED,
    ENDED,  /* without an answer */
    FAILED, /* the error says how */
};

/* One file, looked at once. */
struct asking {
    const struct ingest_message *request;
    int object;     /* borrowed */
    int answers;    /* our end */
    int stopped;    /* borrowed; -1: nobody stops it */
    int64_t end_ms; /* CLOCK_MONOTONIC */
    struct ingest_facts *facts;
};

static void asking_finish(struct asking *asking) {
    pp_close(&asking->answers);
}

static enum outcome wait_for(const struct asking *asking, struct pp_error *error) {
    for (;;) {
        int64_t left_ms = asking->end_ms - pp_clock_monotonic_ms();
        struct pollfd fds[] = {{.fd = asking->answers, .events = POLLIN},
                               {.fd = asking->stopped, .events = POLLIN}};
        if (left_ms <= 0) {
            pp_fail(error, PP_E_NET, "ingest: nobody has looked at it");
            return FAILED;
        }
        if (poll(fds, PP_COUNT(fds), (int)left_ms) < 0)
            continue;
        if (fds[1].revents) {
            pp_fail(error, PP_E_CANCELLED, "the server stops");
            return FAILED;
        }
        if (fds[0].revents)
            return ANSWERED;
    }
}

static bool facts_take(struct ingest_facts *facts, const struct ingest_message *seen, bool whole,
                       struct pp_error *error) {
    char name[INGEST_NAME_MAX + 1];
    bool film = seen->flags & INGEST_FILM;
    ingest_copy(&seen->name, name, sizeof name);
    ingest_copy(&seen->words, facts->warning, sizeof facts->warning);
    if (whole && !media_type_of(name, film ? "video" : "image", &facts->type, error))
        return false;
    facts->type.moves = seen->flags & INGEST_MOVES;
    facts->width = seen->width;
    facts->height = seen->height;
    facts->duration_ms = seen->duration_ms;
    facts->sound = seen->flags & INGEST_SOUND;
    facts->thumbnail_size = seen->clear;
    return (facts->thumbnail.size == seen->sealed && !seen->clear == !seen->sealed &&
            seen->clear <= THUMBNAIL_MAX && (!film || facts->type.moves || !whole)) ||
           pp_fail(error, PP_E_STATE, "ingest: its answer contradicts itself");
}

static bool refusal_take(const struct ingest_message *refused, struct pp_error *error) {
    char words[INGEST_WORDS_MAX + 1];
    ingest_copy(&refused->words, words, sizeof words);
    return pp_fail(error, refused->code, "%s", words);
}

/* *more: another one follows. */
static bool message_take(const struct asking *asking, const struct ingest_message *message, bool *more,
                         struct pp_error *error) {
    *more = message->type == INGEST_PIECE;
    switch (message->type) {
    case INGEST_PIECE:
        return pp_buf_add(&asking->facts->thumbnail, message->data.data, message->data.size, error);
    case INGEST_SEEN:
        return facts_take(asking->facts, message, asking->request->task == INGEST_TASK_LOOK, error);
    case INGEST_REFUSED:
        return refusal_take(message, error);
    default:
        return pp_fail(error, PP_E_STATE, "ingest: it answers with %s", ingest_type_name(message->type));
    }
}

static enum outcome answers_take(struct asking *asking, struct pp_error *error) {
    PP_CLEANUP(ingest_packet_finish) struct ingest_packet packet;
    packet.packet.fd_count = 0;
    for (bool more = true; more;) {
        struct pp_error why = {0};
        enum outcome outcome = wait_for(asking, error);
        if (outcome != ANSWERED)
            return outcome;
        if (!ingest_receive(asking->answers, &packet, &why)) {
            if (why.code == PP_E_NET)
                return ENDED;
            pp_fail(error, PP_E_STATE, "%s", why.message);
            return FAILED;
        }
        if (!message_take(asking, &packet.message, &more, error))
            return FAILED;
    }
    return ANSWERED;
}

/* ---- Over the lane ---- */

static bool hand_over(struct asking *asking, int socket, struct pp_error *error) {
    int pair[2];
    if (!ipc_pair(pair, error))
        return false;
    asking->answers = pair[0];
    pp_autoclose int theirs = pair[1];
    const int fds[INGEST_FDS] = {[INGEST_FD_OBJECT] = asking->object, [INGEST_FD_ANSWERS] = theirs};
    return ingest_send(socket, asking->request, fds, error);
}

static enum outcome ask_lane_once(struct ingest_lane *lane, struct asking *asking, struct pp_error *error) {
    pp_buf_finish(&asking->facts->thumbnail);
    enum outcome outcome = hand_over(asking, lane->socket, error) ? answers_take(asking, error) : FAILED;
    pp_close(&asking->answers);
    return outcome;
}

/* The file is what is the matter where it ends whoever looks at it again and again. */
static bool ask_lane(struct ingest_lane *lane, struct asking *asking, struct pp_error *error) {
    enum outcome outcome = ENDED;
    pthread_mutex_lock(&lane->mutex);
    asking->stopped = lane->stopped;
    unsigned tries = 0;
    int64_t took_ms = 0;
    while (outcome == ENDED && tries < INGEST_TRIES_MAX && took_ms <= INGEST_AGAIN_S * INT64_C(1000)) {
        int64_t begun_ms = pp_clock_monotonic_ms();
        asking->end_ms = begun_ms + INGEST_WAIT_S * INT64_C(1000);
        outcome = ask_lane_once(lane, asking, error);
        took_ms = pp_clock_monotonic_ms() - begun_ms;
        tries++;
    }
    pthread_mutex_unlock(&lane->mutex);
    if (outcome != ENDED)
        return outcome == ANSWERED;
    return pp_fail(error, PP_E_UNSUPPORTED,
                   "screens cannot show it: what looked at it was ended by it, %u times", tries);
}

/* ---- Here ---- */

bool ingest_looker_find(char path[PP_PATH_MAX], struct pp_error *error) {
    char folder[PP_PATH_MAX];
    return content_renderers_find(folder, error) && pp_path_format(path, error, "%s/" CONTENT_LOOKER, folder);
}

static void words_log(const struct ipc_program *program) {
    char words[WORDS_MAX];
    ssize_t got = program->words >= 0 ? read(program->words, words, sizeof words - 1) : 0;
    if (got <= 0)
        return;
    words[got] = 0;
    pp_json_tidy(words);
    pp_log_warning("%s", words);
}

int ingest_looker_end(struct ipc_launcher *launcher, struct ipc_program *program) {
    int status = -1;
    if (program->pid > 0) {
        if (!launcher)
            kill(-program->pid, SIGKILL); /* and what it has started: a group of its own (looker.c) */
        ipc_program_kill(launcher, program);
        poll(&(struct pollfd){.fd = program->pidfd, .events = POLLIN}, 1, END_MS);
        if (waitpid(program->pid, &status, WNOHANG) <= 0)
            status = -1;
    }
    words_log(program);
    pp_close(&program->control);
    pp_close(&program->pidfd);
    pp_close(&program->words);
    *program = IPC_PROGRAM_NONE;
    return status;
}

/* Beside the renderers that were named, where it is there, else where this program has its own. */
static bool looker_path(const char *folder, char path[PP_PATH_MAX], struct pp_error *error) {
    if (*folder && pp_path_format(path, NULL, "%s/" CONTENT_LOOKER, folder) && access(path, X_OK) == 0)
        return true;
    return ingest_looker_find(path, error);
}

static bool ask_here(const struct content_renderers *renderers, struct asking *asking,
                     struct pp_error *error) {
    struct ipc_launcher *launcher = renderers->launcher;
    char path[PP_PATH_MAX];
    char how[IPC_REASON_MAX + 1];
    struct ipc_program program = IPC_PROGRAM_NONE;
    asking->end_ms = pp_clock_monotonic_ms() + INGEST_LOOK_S * INT64_C(1000);
    bool started = looker_path(renderers->folder, path, error) &&
                   ipc_program_start(launcher, path, &program, error) &&
                   hand_over(asking, program.control, error);
    enum outcome outcome = started ? answers_take(asking, error) : FAILED;
    if (outcome == ENDED) /* its own status, and not that it was killed */
        poll(&(struct pollfd){.fd = program.pidfd, .events = POLLIN}, 1, END_MS);
    int status = ingest_looker_end(launcher, &program);
    if (!started)
        return pp_wrap(error,
                       "content cannot be tried out (--renderers names the folder of " CONTENT_RENDERER ")");
    if (outcome != ENDED)
        return outcome == ANSWERED;
    ipc_program_describe_end("what looked at it", status, how, sizeof how);
    return pp_fail(error, PP_E_UNSUPPORTED, "screens cannot show it: %s", how);
}

/* ---- Questions ---- */

static bool ask(const struct content_renderers *renderers, int object, struct ingest_message *request,
                struct ingest_facts *facts, struct pp_error *error) {
    PP_CLEANUP(asking_finish)
    struct asking asking = {
        .request = request, .object = object, .answers = -1, .stopped = -1, .facts = facts};
    request->type = INGEST_LOOK;
    request->folder = ingest_text(renderers->folder);
    bool ok =
        renderers->lane ? ask_lane(renderers->lane, &asking, error) : ask_here(renderers, &asking, error);
    pp_wipe(request, sizeof *request);
    return ok;
}

bool ingest_look(const struct content_renderers *renderers, int object, uint64_t length,
                 const uint8_t key[INGEST_KEY_SIZE], const char *owner, struct ingest_facts *facts,
                 struct pp_error *error) {
    struct ingest_message request = {.task = INGEST_TASK_LOOK, .length = length, .owner = ingest_text(owner)};
    memcpy(request.key, key, sizeof request.key);
    return ask(renderers, object, &request, facts, error);
}

bool ingest_check(const struct content_renderers *renderers, int object, uint64_t length,
                  const uint8_t key[INGEST_KEY_SIZE], enum ipc_media_kind kind,
                  char warning[CONTENT_WARNING_MAX], struct pp_error *error) {
    ingest_autofacts struct ingest_facts facts = INGEST_FACTS_INIT;
    struct ingest_message request = {.task = kind == IPC_MEDIA_VIDEO ? INGEST_TASK_FILM : INGEST_TASK_IMAGE,
                                     .length = length};
    memcpy(request.key, key, sizeof request.key);
    bool ok = ask(renderers, object, &request, &facts, error);
    memcpy(warning, facts.warning, CONTENT_WARNING_MAX);
    return ok;
}
