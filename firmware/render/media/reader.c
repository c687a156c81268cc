#include "render/media/reader.h"

static enum reader_stream stream_of(const struct reader *reader, const AVPacket *packet) {
    const AVStream *audio = reader->container->audio;
    return audio && packet->stream_index == audio->index ? READER_AUDIO : READER_VIDEO;
}

/* Sound that is so far ahead of the picture that it cannot be kept is lost; the picture is never. */
static bool keep_for_later(struct reader *reader, enum reader_stream stream, AVPacket *packet) {
    if (queue_put(&reader->queues[stream], packet))
        return true;
    av_packet_unref(packet);
    return stream == READER_AUDIO;
}

enum reader_result reader_next(struct reader *reader, enum reader_stream stream, AVPacket *packet,
                               struct pp_error *error) {
    if (queue_take(&reader->queues[stream], packet))
        return READER_PACKET;
    while (!reader->at_end) {
        if (stream == READER_AUDIO && queue_is_full(&reader->queues[READER_VIDEO]))
            return READER_LATER;
        enum container_result result = container_read(reader->container, packet, error);
        if (result == CONTAINER_FAILED)
            return READER_FAILED;
        if (result == CONTAINER_END) {
            reader->at_end = true;
            break;
        }
        if (stream_of(reader, packet) == stream)
            return READER_PACKET;
        if (!keep_for_later(reader, stream_of(reader, packet), packet)) {
            pp_fail(error, PP_E_NOMEM, "out of memory");
            return READER_FAILED;
        }
    }
    return READER_END;
}

bool reader_rewind(struct reader *reader, struct pp_error *error) {
    reader_finish(reader);
    reader->at_end = false;
    return container_rewind(reader->container, error);
}

bool reader_seek(struct reader *reader, int64_t time_us, struct pp_error *error) {
    reader_finish(reader);
    reader->at_end = false;
    return container_seek(reader->container, time_us, error);
}

void reader_finish(struct reader *reader) {
    queue_clear(&reader->queues[READER_VIDEO]);
    queue_clear(&reader->queues[READER_AUDIO]);
}
