/* Packets of one stream, read while another stream's was wanted. */
#ifndef PP_RENDER_MEDIA_QUEUE_H
#define PP_RENDER_MEDIA_QUEUE_H

#include <libavcodec/packet.h>
#include <stdbool.h>
#include <stddef.h>

#include "render/media/limits.h"

struct queue {
    AVPacket *packets[MEDIA_QUEUE_PACKETS]; /* a ring */
    size_t first, count;
    size_t bytes; /* of their data */
};

bool queue_is_full(const struct queue *queue);
/* Takes the packet's reference; false out of memory, or when the queue is full. */
bool queue_put(struct queue *queue, AVPacket *packet);
/* Moves the oldest into `packet`; false when there is none. */
bool queue_take(struct queue *queue, AVPacket *packet);
void queue_clear(struct queue *queue);

#endif
