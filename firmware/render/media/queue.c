#include "render/media/queue.h"

#include <libavcodec/avcodec.h>

bool queue_is_full(const struct queue *queue) {
    return queue->count == MEDIA_QUEUE_PACKETS || queue->bytes >= MEDIA_QUEUE_BYTES;
}

bool queue_put(struct queue *queue, AVPacket *packet) {
    AVPacket *kept = queue_is_full(queue) ? NULL : av_packet_alloc();
    if (!kept)
        return false;
    av_packet_move_ref(kept, packet);
    queue->packets[(queue->first + queue->count++) % MEDIA_QUEUE_PACKETS] = kept;
    queue->bytes += (size_t)kept->size;
    return true;
}

bool queue_take(struct queue *queue, AVPacket *packet) {
    if (queue->count == 0)
        return false;
    AVPacket *kept = queue->packets[queue->first];
    queue->first = (queue->first + 1) % MEDIA_QUEUE_PACKETS;
    queue->count--;
    queue->bytes -= (size_t)kept->size;
    av_packet_move_ref(packet, kept);
    av_packet_free(&kept);
    return true;
}

void queue_clear(struct queue *queue) {
    AVPacket *packet = av_packet_alloc();
    while (packet && queue_take(queue, packet))
        av_packet_unref(packet);
    av_packet_free(&packet);
}
