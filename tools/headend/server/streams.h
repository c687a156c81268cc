/*
 * Answers that are made while they are sent: as long as there is something to send, a producer is asked for the next
 * block, on a thread of its own (workers.h); where it has nothing to say, the connection is suspended in libmicrohttpd
 * and costs no thread, until there is news. For a client that reads slowly nothing more is made: a stream has one block
 * in memory.
 */
#ifndef HEADEND_SERVER_STREAMS_H
#define HEADEND_SERVER_STREAMS_H

#include "headend/server/request.h"
#include "headend/server/workers.h"

#define STREAM_BLOCK        (64 * 1024) /* bytes of a block */
#define STREAMS_PER_PERSON  8           /* at a time, of one administrator */
#define STREAM_HEARTBEAT_MS 15000       /* after so long without news, its source's heartbeat is said */

enum stream_state {
    STREAM_GOES_ON, /* ask again once this is sent */
    STREAM_WAITS,   /* ask again when there is news */
    STREAM_ENDS,    /* that was all */
    STREAM_BREAKS,  /* it cannot go on: the connection is cut, so that nobody takes the half for the whole */
};

struct stream_source {
    /* Adds what there is to say to `out`, of at most STREAM_BLOCK; never by two threads at once. */
    enum stream_state (*produce)(void *arg, struct pp_buf *out);
    void (*destroy)(void *arg);
    const char
        *heartbeat; /* what is said to keep the connection, and to find out that it is gone; NULL: nothing */
};

struct streams;
struct streams *streams_create(struct workers *workers, struct pp_error *error);
/* Once the daemon is stopped. */
void streams_destroy(struct streams *streams);

/* Answers 200 with a stream for request->admin, who is signed in; 429 where he has too many. Takes `arg` either way. */
void reply_stream(struct streams *streams, const struct request *request, struct reply *reply,
                  const char *type, const struct stream_source *source, void *arg);

/* The same of `size` bytes, which the source has to make, for anybody: no session ends it, and no news wakes it. */
void reply_stream_sized(struct streams *streams, const struct request *request, struct reply *reply,
                        unsigned status, uint64_t size, const struct stream_source *source, void *arg);

/* There is news: those that wait are asked. */
void streams_wake(struct streams *streams);
/* The same of the one whose producer has that `arg`. */
void streams_wake_of(struct streams *streams, const void *arg);
/* Those whose heartbeat is due are asked, and those whose clients have gone end. Returns when the next heartbeat is due
 * (ms, CLOCK_MONOTONIC), or INT64_MAX. */
int64_t streams_expire(struct streams *streams);
/* Those of a session, by its token, end: it was signed out. */
void streams_end(struct streams *streams, const char *session);
/* Those of a person, but of one session ("" none): others were ended. Browsers whose session goes on come again. */
void streams_end_of(struct streams *streams, int64_t admin, const char *but);
/* All end, and none begins any more. */
void streams_stop(struct streams *streams);

#endif
