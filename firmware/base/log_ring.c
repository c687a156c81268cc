#include "base/log_ring.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/redact.h"
#include "base/utf8.h"

struct pp_log_ring {
    pthread_mutex_t lock; /* guards all below */
    int fd;
    bool watched;
    uint64_t first; /* none before it is there any more */
    uint64_t next;  /* number of the line to come; line n lies at n mod PP_LOG_RING_LINES */
    struct pp_log_line lines[PP_LOG_RING_LINES];
};

struct pp_log_ring *pp_log_ring_create(struct pp_error *error) {
    struct pp_log_ring *ring = calloc(1, sizeof *ring);
    if (!ring) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&ring->lock, NULL);
    ring->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ring->fd < 0) {
        pp_fail_errno(error, "eventfd");
        pp_log_ring_destroy(ring);
        return NULL;
    }
    return ring;
}

void pp_log_ring_destroy(struct pp_log_ring *ring) {
    if (!ring)
        return;
    pp_close(&ring->fd);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

/* A line that was cut in the middle of a character ends before it. */
static void text_end_whole(char *text) {
    size_t at = 0;
    for (size_t size; text[at]; at += size) {
        size = pp_utf8_read(text + at, SIZE_MAX, NULL);
        if (!size)
            break;
    }
    text[at] = 0;
}

void pp_log_ring_add(void *arg, enum pp_log_level level, const char *text) {
    struct pp_log_ring *ring = arg;
    uint64_t one = 1;
    pthread_mutex_lock(&ring->lock);
    struct pp_log_line *line = &ring->lines[ring->next++ % PP_LOG_RING_LINES];
    line->time_ms = pp_clock_realtime_ms();
    line->level = level;
    pp_redact(text, line->text, sizeof line->text);
    text_end_whole(line->text);
    if (ring->watched && write(ring->fd, &one, sizeof one) < 0) {
        /* It is readable already. */
    }
    pthread_mutex_unlock(&ring->lock);
}

static uint64_t ring_oldest(const struct pp_log_ring *ring) {
    uint64_t oldest = ring->next > PP_LOG_RING_LINES ? ring->next - PP_LOG_RING_LINES : 0;
    return oldest > ring->first ? oldest : ring->first;
}

uint64_t pp_log_ring_position(struct pp_log_ring *ring, uint64_t lines) {
    pthread_mutex_lock(&ring->lock);
    uint64_t oldest = ring_oldest(ring);
    uint64_t position = ring->next - oldest > lines ? ring->next - lines : oldest;
    pthread_mutex_unlock(&ring->lock);
    return position;
}

bool pp_log_ring_read(struct pp_log_ring *ring, uint64_t *position, struct pp_log_line *line,
                      uint64_t *lost) {
    pthread_mutex_lock(&ring->lock);
    uint64_t oldest = ring_oldest(ring);
    if (*position < oldest) {
        *lost += oldest - *position;
        *position = oldest;
    }
    bool found = *position < ring->next;
    if (found)
        *line = ring->lines[(*position)++ % PP_LOG_RING_LINES];
    pthread_mutex_unlock(&ring->lock);
    return found;
}

void pp_log_ring_clear(struct pp_log_ring *ring) {
    pthread_mutex_lock(&ring->lock);
    pp_wipe(ring->lines, sizeof ring->lines);
    ring->first = ring->next;
    pthread_mutex_unlock(&ring->lock);
}

int pp_log_ring_fd(const struct pp_log_ring *ring) {
    return ring->fd;
}

void pp_log_ring_watch(struct pp_log_ring *ring, bool wanted) {
    uint64_t count;
    pthread_mutex_lock(&ring->lock);
    ring->watched = wanted;
    if (read(ring->fd, &count, sizeof count) < 0) {
        /* It was not readable. */
    }
    pthread_mutex_unlock(&ring->lock);
}
