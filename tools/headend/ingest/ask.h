/*
 * What a file from outside is, and whether screens can show it: the one way in which the rest of the headend learns
 * something of what is in a file. It is handed, sealed, as a descriptor with its key, to a process that looks at this
 * one file in a cage and ends (looker.h): in the server to headend-ingest, which starts those (serve/ingest_process.c),
 * in a command to one that is started here.
 *
 * What a file does to the process that looks at it is an answer as well: one that ends, and ends again, is refused.
 */
#ifndef HEADEND_INGEST_ASK_H
#define HEADEND_INGEST_ASK_H

#include "headend/ingest/content_check.h"
#include "headend/ingest/media_type.h"
#include "headend/ingest/message.h"
#include "ipc/program.h"

#define INGEST_LOOK_S    260 /* for one file, from when it is begun: two renderers, and what is between them */
#define INGEST_WAIT_S    300 /* for an answer, with the time in which ingest is away and started again */
#define INGEST_TRIES_MAX 3   /* that may end without one */
#define INGEST_AGAIN_S                                                                                       \
    60 /* after one that took longer there is no further, since all others wait for the lane */

/* The way to headend-ingest; from any thread, one file at a time. */
struct ingest_lane;
/* Borrows the socket. */
struct ingest_lane *ingest_lane_create(int socket, struct pp_error *error);
/* Whoever waits gives up, now and later: PP_E_CANCELLED. */
void ingest_lane_stop(struct ingest_lane *lane);
void ingest_lane_destroy(struct ingest_lane *lane);
PP_DEFINE_AUTO(ingest_lane, struct ingest_lane, ingest_lane_destroy)

struct ingest_facts {
    struct media_type type;
    uint32_t width, height; /* pixels */
    uint32_t duration_ms;   /* 0: unknown, or none */
    bool sound;
    char warning[CONTENT_WARNING_MAX];
    struct pp_buf thumbnail; /* a PNG, sealed with the file's key; empty where there is none */
    uint32_t thumbnail_size; /* bytes of it in clear */
};
#define INGEST_FACTS_INIT                                                                                    \
    (struct ingest_facts) {                                                                                  \
        .thumbnail = PP_BUF_INIT(INGEST_SEALED_MAX)                                                          \
    }
void ingest_facts_finish(struct ingest_facts *facts);
#define ingest_autofacts PP_CLEANUP(ingest_facts_finish)

/* `object` is a descriptor of `length` sealed bytes (crypto/seal.h, SEAL_AD_OBJECT), borrowed; the thumbnail is sealed
 * as `owner`. False with PP_E_UNSUPPORTED or PP_E_INVALID where screens cannot show it, in the words in which publish
 * says so; other codes where that could not be found out. */
PP_MUST_USE bool ingest_look(const struct content_renderers *renderers, int object, uint64_t length,
                             const uint8_t key[INGEST_KEY_SIZE], const char *owner,
                             struct ingest_facts *facts, struct pp_error *error);
/* The same of one whose kind is known, and no more than whether screens can show it. Where it is shown but something is
 * lost, `warning` says what; else it is "". */
PP_MUST_USE bool ingest_check(const struct content_renderers *renderers, int object, uint64_t length,
                              const uint8_t key[INGEST_KEY_SIZE], enum ipc_media_kind kind,
                              char warning[CONTENT_WARNING_MAX], struct pp_error *error);

/* ---- For who starts those that look ---- */

/* Where the program is that was installed with this one. */
PP_MUST_USE bool ingest_looker_find(char path[PP_PATH_MAX], struct pp_error *error);
/* Kills it where it still runs, with all that it has started; -1, or its status. What it has written to its standard
 * error is logged. */
int ingest_looker_end(struct ipc_launcher *launcher, struct ipc_program *program);

#endif
