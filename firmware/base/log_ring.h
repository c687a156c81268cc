/*
 * The last lines of the log, in memory, for a technician on the spot or an administrator from afar: secrets are cut
 * (base/redact.h) before a line is kept. Whoever follows holds a position, and is told how many lines have been
 * overwritten before they were read.
 */
#ifndef PP_BASE_LOG_RING_H
#define PP_BASE_LOG_RING_H

#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "base/mem.h"

#define PP_LOG_RING_LINES    512 /* kept */
#define PP_LOG_RING_TEXT_MAX 480 /* bytes with the NUL; a longer line is cut */

struct pp_log_line {
    int64_t time_ms; /* ms since 1970, by the system's clock */
    enum pp_log_level level;
    char text[PP_LOG_RING_TEXT_MAX];
};

struct pp_log_ring;

struct pp_log_ring *pp_log_ring_create(struct pp_error *error);
/* It must not be the log's tap any more. NULL is allowed. */
void pp_log_ring_destroy(struct pp_log_ring *ring);
PP_DEFINE_AUTO(pp_log_ring, struct pp_log_ring, pp_log_ring_destroy)

/* A pp_log_tap, with the ring as its argument; any thread. */
void pp_log_ring_add(void *ring, enum pp_log_level level, const char *text);

/* The position of the last `lines` lines, or of all that there are. */
uint64_t pp_log_ring_position(struct pp_log_ring *ring, uint64_t lines);
/* The line at the position, or the oldest that is left, and goes on behind it; *lost is raised by those that are
 * not. False
 * where there is none yet. */
bool pp_log_ring_read(struct pp_log_ring *ring, uint64_t *position, struct pp_log_line *line, uint64_t *lost);

/* Forgets all lines. */
void pp_log_ring_clear(struct pp_log_ring *ring);

/* Readable once a line was added after the last pp_log_ring_watch; borrowed. */
int pp_log_ring_fd(const struct pp_log_ring *ring);
/* Makes it unreadable; from now on lines make it readable, if `wanted`. */
void pp_log_ring_watch(struct pp_log_ring *ring, bool wanted);

#endif
