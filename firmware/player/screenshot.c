#include "player/screenshot.h"

#include <png.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

#include "base/mem.h"
#include "player/clock.h"

#define STOP_WAIT_US 500000 /* us */
#define STOP_STEP_US 5000   /* us */

struct job {
    struct screenshots *shots;
    struct screenshot_result result;
    uint8_t *pixels;
    struct geometry_size size;
    int fd;
};

struct screenshots {
    pthread_mutex_t lock; /* over the rest */
    struct screenshot_result done[SCREENSHOT_JOBS_MAX];
    size_t done_count;
    size_t running; /* includes those in `done` */
    int event;      /* eventfd */
};

struct screenshots *screenshots_create(struct pp_error *error) {
    pp_autofree struct screenshots *shots = calloc(1, sizeof *shots);
    if (!shots) {
        pp_fail(error, PP_E_NOMEM, "screenshots: out of memory");
        return NULL;
    }
    shots->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (shots->event < 0) {
        pp_fail_errno(error, "eventfd");
        return NULL;
    }
    pthread_mutex_init(&shots->lock, NULL);
    return pp_steal(&shots);
}

static bool all_done(struct screenshots *shots) {
    pthread_mutex_lock(&shots->lock);
    bool done = shots->running == shots->done_count;
    pthread_mutex_unlock(&shots->lock);
    return done;
}

void screenshots_destroy(struct screenshots *shots) {
    if (!shots)
        return;
    for (int64_t until = player_now_us() + STOP_WAIT_US; !all_done(shots) && player_now_us() < until;)
        usleep(STOP_STEP_US);
    if (!all_done(shots))
        return; /* its file hangs; the process ends anyway */
    pp_close(&shots->event);
    pthread_mutex_destroy(&shots->lock);
    free(shots);
}

int screenshots_fd(const struct screenshots *shots) {
    return shots->event;
}

bool screenshot_encode(const uint8_t *pixels, struct geometry_size size, int fd) {
    pp_autofile FILE *file = fdopen(fd, "wb");
    if (!file) {
        close(fd);
        return false;
    }
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)size.w,
                       .height = (png_uint_32)size.h,
                       .format = PNG_FORMAT_RGB,
                       .flags = PNG_IMAGE_FLAG_FAST};
    bool ok = png_image_write_to_stdio(&image, file, 0, pixels, 0, NULL);
    FILE *closing = pp_steal(&file);
    return fclose(closing) == 0 && ok;
}

static void *job_main(void *arg) {
    struct job *job = arg;
    struct screenshots *shots = job->shots;
    job->result.ok = screenshot_encode(job->pixels, job->size, job->fd);
    pthread_mutex_lock(&shots->lock);
    shots->done[shots->done_count++] = job->result;
    (void)!write(shots->event, &(uint64_t){1}, sizeof(uint64_t));
    pthread_mutex_unlock(&shots->lock);
    free(job->pixels);
    free(job);
    return NULL;
}

static bool slot_reserve(struct screenshots *shots) {
    pthread_mutex_lock(&shots->lock);
    bool free_slot = shots->running < SCREENSHOT_JOBS_MAX;
    shots->running += free_slot;
    pthread_mutex_unlock(&shots->lock);
    return free_slot;
}

static void slot_free(struct screenshots *shots) {
    pthread_mutex_lock(&shots->lock);
    shots->running--;
    pthread_mutex_unlock(&shots->lock);
}

bool screenshots_write(struct screenshots *shots, uint8_t *pixels, struct geometry_size size, int fd,
                       struct screenshot_result request, struct pp_error *error) {
    pp_autofree uint8_t *owned = pixels;
    pp_autoclose int file = fd;
    pp_autofree struct job *job = malloc(sizeof *job);
    pthread_t thread;
    if (!job)
        return pp_fail(error, PP_E_NOMEM, "screenshot: out of memory");
    if (!slot_reserve(shots))
        return pp_fail(error, PP_E_LIMIT, "screenshot: %d are being written", SCREENSHOT_JOBS_MAX);
    *job = (struct job){.shots = shots, .result = request, .pixels = owned, .size = size, .fd = file};
    if (pthread_create(&thread, NULL, job_main, job) != 0) {
        slot_free(shots);
        return pp_fail(error, PP_E_NOMEM, "screenshot: no thread");
    }
    pthread_detach(thread);
    (void)pp_steal(&job);
    (void)pp_steal(&owned);
    (void)pp_steal_fd(&file);
    return true;
}

bool screenshots_take(struct screenshots *shots, struct screenshot_result *result) {
    uint64_t count;
    (void)!read(shots->event, &count, sizeof count);
    pthread_mutex_lock(&shots->lock);
    bool any = shots->done_count > 0;
    if (any) {
        *result = shots->done[--shots->done_count];
        shots->running--;
    }
    pthread_mutex_unlock(&shots->lock);
    return any;
}
