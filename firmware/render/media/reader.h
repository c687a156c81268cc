/*
 * Packets of picture and sound, each when it is asked for, out of the one order in which they stand in the
 * file.
 */
#ifndef PP_RENDER_MEDIA_READER_H
#define PP_RENDER_MEDIA_READER_H

#include "base/error.h"
#include "render/media/container.h"
#include "render/media/queue.h"

enum reader_stream { READER_VIDEO, READER_AUDIO };

struct reader {
    struct container *container; /* borrowed */
    struct queue queues[2];      /* by enum reader_stream */
    bool at_end;                 /* of the file */
};

enum reader_result {
    READER_PACKET,
    READER_END,   /* no more of this stream */
    READER_LATER, /* the other stream's packets have to be used up first */
    READER_FAILED
};
enum reader_result reader_next(struct reader *reader, enum reader_stream stream, AVPacket *packet,
                               struct pp_error *error);
/* To the begin of the file. */
PP_MUST_USE bool reader_rewind(struct reader *reader, struct pp_error *error);
/* To where container_seek leads. */
PP_MUST_USE bool reader_seek(struct reader *reader, int64_t time_us, struct pp_error *error);
void reader_finish(struct reader *reader);

#endif
