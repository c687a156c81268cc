#include "headend/server/intake.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "headend/http/connections.h"

struct intake {
    struct work work; /* the first member */
    struct workers *workers;
    struct MHD_Connection *connection;
    const struct body_sink *sink;
    void *upload;
    uint64_t total, max;   /* bytes */
    uint64_t drained;      /* bytes that came after it failed */
    pthread_mutex_t mutex; /* over `busy`; the rest is the worker's while that is true */
    bool busy;
    bool last; /* this block is */
    bool ended;
    struct pp_error error; /* code PP_OK while all goes well */
    size_t size;           /* of the block */
    uint8_t block[INTAKE_BLOCK];
};

static void intake_run(struct work *work) {
    struct intake *intake = (struct intake *)(void *)work;
    bool ok =
        !intake->size || intake->sink->data(intake->upload, intake->block, intake->size, &intake->error);
    if (ok && intake->last)
        (void)!intake->sink->end(intake->upload, &intake->error);
    intake->size = 0;
    intake->ended = intake->last;
    connection_body_waits(connection_of(intake->connection), false);
    pthread_mutex_lock(&intake->mutex);
    intake->busy = false;
    struct MHD_Connection *connection = intake->connection;
    pthread_mutex_unlock(&intake->mutex);
    MHD_resume_connection(connection);
}

struct intake *intake_create(struct workers *workers, struct MHD_Connection *connection,
                             const struct body_sink *sink, void *upload, uint64_t max,
                             struct pp_error *error) {
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    intake->work.run = intake_run;
    intake->workers = workers;
    intake->connection = connection;
    intake->sink = sink;
    intake->upload = upload;
    intake->max = max;
    pthread_mutex_init(&intake->mutex, NULL);
    return intake;
}

void intake_destroy(struct intake *intake) {
    if (!intake)
        return;
    intake->sink->finish(intake->upload);
    pthread_mutex_destroy(&intake->mutex);
    free(intake);
}

/* libmicrohttpd may call once more though the connection was just suspended. */
static bool intake_busy(struct intake *intake) {
    pthread_mutex_lock(&intake->mutex);
    bool busy = intake->busy;
    pthread_mutex_unlock(&intake->mutex);
    return busy;
}

static void intake_hand_over(struct intake *intake) {
    intake->busy = true;
    connection_body_waits(connection_of(intake->connection), true);
    MHD_suspend_connection(intake->connection);
    workers_add(intake->workers, &intake->work);
}

bool intake_take(struct intake *intake, const char *data, size_t *size) {
    if (intake_busy(intake))
        return true;
    if (intake->error.code == PP_OK && *size > intake->max - intake->total)
        pp_fail(&intake->error, PP_E_LIMIT, "at most %llu bytes", (unsigned long long)intake->max);
    if (intake->error.code != PP_OK) {
        intake->drained += *size;
        *size = 0;
        return intake->drained <= INTAKE_DRAIN_MAX;
    }
    size_t room = INTAKE_BLOCK - intake->size;
    size_t taken = *size < room ? *size : room;
    memcpy(intake->block + intake->size, data, taken);
    intake->size += taken;
    intake->total += taken;
    *size -= taken;
    if (intake->size == INTAKE_BLOCK)
        intake_hand_over(intake);
    return true;
}

bool intake_end(struct intake *intake) {
    if (intake_busy(intake))
        return false;
    if (intake->ended || intake->error.code != PP_OK)
        return true;
    intake->last = true;
    intake_hand_over(intake);
    return false;
}

bool intake_good(const struct intake *intake, struct pp_error *error) {
    if (intake->error.code == PP_OK)
        return true;
    *error = intake->error;
    return false;
}

void *intake_upload(const struct intake *intake) {
    return intake->upload;
}
