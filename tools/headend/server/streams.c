#include "headend/server/streams.h"

#include <poll.h>
#include <pthread.h>

#include "base/clock.h"
#include "headend/http/connections.h"
#include "headend/http/problems.h"

/* Where a stream is. Its connection is suspended in all but the first. */
enum stream_place {
    PLACE_SENT, /* libmicrohttpd sends its block, or comes for the next */
    PLACE_WORK, /* its producer is asked, or soon will be */
    PLACE_WAIT, /* it has nothing to say */
};

struct stream {
    struct work work; /* the first member */
    struct streams *all;
    struct MHD_Connection *connection;
    int fd; /* its socket */
    const struct stream_source *source;
    void *arg;
    struct pp_buf block; /* only its producer's in PLACE_WORK */
    size_t sent;         /* of it */
    enum stream_place place;
    enum stream_state state;
    bool news;            /* came while its producer was asked */
    bool over;            /* signed out, or the server stops */
    int64_t heartbeat_at; /* ms, CLOCK_MONOTONIC */
    int64_t admin;        /* 0: nobody's */
    char session[SECRET_TEXT_SIZE];
    struct stream *previous, *next;
};

struct streams {
    pthread_mutex_t mutex; /* over all streams, but their blocks while their producers have them */
    struct workers *workers;
    struct stream *first;
    bool stopping;
};

struct streams *streams_create(struct workers *workers, struct pp_error *error) {
    struct streams *streams = calloc(1, sizeof *streams);
    if (!streams) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    streams->workers = workers;
    pthread_mutex_init(&streams->mutex, NULL);
    return streams;
}

void streams_destroy(struct streams *streams) {
    if (!streams)
        return;
    pthread_mutex_destroy(&streams->mutex);
    free(streams);
}

/* ---- Its producer, on a worker's thread ---- */

/* With the mutex held. */
static void stream_ask(struct stream *stream) {
    stream->place = PLACE_WORK;
    stream->news = false;
    workers_add(stream->all->workers, &stream->work);
}

/* With the mutex held. */
static void stream_resume(struct stream *stream) {
    stream->place = PLACE_SENT;
    MHD_resume_connection(stream->connection);
}

/* Nothing was said: the heartbeat, where that is due. */
static void stream_beat(struct stream *stream) {
    const char *heartbeat = stream->source->heartbeat;
    if (heartbeat && !stream->block.size && pp_clock_monotonic_ms() >= stream->heartbeat_at)
        (void)!pp_buf_add_text(&stream->block, heartbeat, NULL);
}

static void stream_run(struct work *work) {
    struct stream *stream = (struct stream *)(void *)work;
    enum stream_state state = stream->source->produce(stream->arg, &stream->block);
    if (state == STREAM_WAITS)
        stream_beat(stream);
    struct streams *streams = stream->all;
    pthread_mutex_lock(&streams->mutex);
    stream->state = state;
    if (stream->over)
        stream->block.size = 0; /* it is nobody's news any more */
    if (state != STREAM_WAITS || stream->block.size || stream->over)
        stream_resume(stream);
    else if (stream->news)
        stream_ask(stream);
    else
        stream->place = PLACE_WAIT;
    pthread_mutex_unlock(&streams->mutex);
}

/* ---- What libmicrohttpd asks ---- */

static ssize_t stream_read(void *arg, uint64_t position, char *out, size_t max) {
    struct stream *stream = arg;
    (void)position;
    pthread_mutex_lock(&stream->all->mutex);
    ssize_t size = 0;
    size_t left = stream->block.size - stream->sent;
    if (left) {
        size = (ssize_t)(left < max ? left : max);
        memcpy(out, stream->block.data + stream->sent, (size_t)size);
        stream->sent += (size_t)size;
        stream->heartbeat_at = pp_clock_monotonic_ms() + STREAM_HEARTBEAT_MS;
    } else if (stream->state == STREAM_BREAKS) {
        size = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (stream->state == STREAM_ENDS || stream->over) {
        size = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->block.size = stream->sent = 0;
        MHD_suspend_connection(stream->connection);
        stream_ask(stream);
    }
    pthread_mutex_unlock(&stream->all->mutex);
    return size;
}

static void stream_free(void *arg) {
    struct stream *stream = arg;
    struct streams *streams = stream->all;
    pthread_mutex_lock(&streams->mutex);
    *(stream->previous ? &stream->previous->next : &streams->first) = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
    pthread_mutex_unlock(&streams->mutex);
    stream->source->destroy(stream->arg);
    pp_wipe(stream->session, sizeof stream->session);
    pp_buf_finish(&stream->block);
    free(stream);
}

/* ---- Beginning ---- */

/* Whether there is a place for one more; it is taken then. */
static bool stream_enter(struct streams *streams, struct stream *stream, bool *stopping) {
    size_t count = 0;
    pthread_mutex_lock(&streams->mutex);
    for (const struct stream *other = streams->first; stream->admin && other; other = other->next)
        count += other->admin == stream->admin;
    *stopping = streams->stopping;
    bool place = !*stopping && count < STREAMS_PER_PERSON;
    if (place) {
        stream->next = streams->first;
        if (streams->first)
            streams->first->previous = stream;
        streams->first = stream;
    }
    pthread_mutex_unlock(&streams->mutex);
    return place;
}

static struct stream *stream_create(struct streams *streams, const struct request *request,
                                    const struct stream_source *source, void *arg) {
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){.work = {.run = stream_run},
                              .all = streams,
                              .connection = request->connection,
                              .fd = connection_of(request->connection)->fd,
                              .source = source,
                              .arg = arg,
                              .block = PP_BUF_INIT(STREAM_BLOCK),
                              .heartbeat_at = pp_clock_monotonic_ms() + STREAM_HEARTBEAT_MS};
    return stream;
}

/* Begins it, or says why not. */
static void stream_begin(struct stream *stream, struct reply *reply, unsigned status, uint64_t size) {
    bool stopping = false;
    if (!stream_enter(stream->all, stream, &stopping)) {
        stream->source->destroy(stream->arg);
        pp_wipe(stream->session, sizeof stream->session);
        free(stream);
        if (stopping)
            reply_with(reply, PROBLEM_UNAVAILABLE, "the server stops");
        else
            reply_with(reply, PROBLEM_TOO_MANY_STREAMS, "at most %d at a time", STREAMS_PER_PERSON);
        return;
    }
    reply->status = status;
    reply->response = MHD_create_response_from_callback(size, STREAM_BLOCK, stream_read, stream, stream_free);
    if (!reply->response)
        stream_free(stream);
}

void reply_stream(struct streams *streams, const struct request *request, struct reply *reply,
                  const char *type, const struct stream_source *source, void *arg) {
    struct stream *stream = stream_create(streams, request, source, arg);
    if (!stream) {
        source->destroy(arg);
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return;
    }
    stream->admin = request->admin.id;
    memcpy(stream->session, request->admin.session, sizeof stream->session);
    stream_begin(stream, reply, MHD_HTTP_OK, MHD_SIZE_UNKNOWN);
    if (reply->status == MHD_HTTP_OK)
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, type);
}

void reply_stream_sized(struct streams *streams, const struct request *request, struct reply *reply,
                        unsigned status, uint64_t size, const struct stream_source *source, void *arg) {
    struct stream *stream = stream_create(streams, request, source, arg);
    if (stream) {
        stream_begin(stream, reply, status, size);
        return;
    }
    source->destroy(arg);
    reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
}

/* ---- News ---- */

/* With the mutex held. */
static void stream_wake(struct stream *stream) {
    stream->news = true;
    if (stream->place == PLACE_WAIT)
        stream_ask(stream);
}

void streams_wake(struct streams *streams) {
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next)
        stream_wake(stream);
    pthread_mutex_unlock(&streams->mutex);
}

void streams_wake_of(struct streams *streams, const void *arg) {
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next) {
        if (stream->arg == arg)
            stream_wake(stream);
    }
    pthread_mutex_unlock(&streams->mutex);
}

/* With the mutex held. */
static void stream_end(struct stream *stream) {
    stream->over = true;
    if (stream->place == PLACE_WAIT)
        stream_resume(stream);
}

/* libmicrohttpd looks at no connection that is suspended. */
static bool stream_left(const struct stream *stream) {
    struct pollfd peer = {.fd = stream->fd, .events = POLLRDHUP};
    return poll(&peer, 1, 0) > 0 && peer.revents;
}

int64_t streams_expire(struct streams *streams) {
    int64_t now = pp_clock_monotonic_ms();
    int64_t due = INT64_MAX;
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next) {
        if (stream->place != PLACE_WAIT)
            continue;
        if (stream_left(stream))
            stream_end(stream);
        else if (stream->heartbeat_at <= now)
            stream_ask(stream);
        else if (stream->heartbeat_at < due)
            due = stream->heartbeat_at;
    }
    pthread_mutex_unlock(&streams->mutex);
    return due;
}

void streams_end(struct streams *streams, const char *session) {
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next) {
        if (strcmp(stream->session, session) == 0)
            stream_end(stream);
    }
    pthread_mutex_unlock(&streams->mutex);
}

void streams_end_of(struct streams *streams, int64_t admin, const char *but) {
    pthread_mutex_lock(&streams->mutex);
    for (struct stream *stream = streams->first; stream; stream = stream->next) {
        if (stream->admin == admin && strcmp(stream->session, but) != 0)
            stream_end(stream);
    }
    pthread_mutex_unlock(&streams->mutex);
}

void streams_stop(struct streams *streams) {
    pthread_mutex_lock(&streams->mutex);
    streams->stopping = true;
    for (struct stream *stream = streams->first; stream; stream = stream->next)
        stream_end(stream);
    pthread_mutex_unlock(&streams->mutex);
    workers_drain(streams->workers);
}
