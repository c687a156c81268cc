#include "base/jobs.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "base/thread.h"

struct job_list {
    struct pp_job *first;
    struct pp_job **end;
};

struct pp_jobs {
    int fd; /* eventfd: jobs have run */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;   /* over everything below */
    pthread_cond_t changed; /* a job was added, has run, or it is to stop */
    bool stop;
    bool busy; /* one runs */
    struct job_list waiting;
    struct job_list ran;
};

static void list_init(struct job_list *list) {
    list->first = NULL;
    list->end = &list->first;
}

static void list_append(struct job_list *list, struct pp_job *job) {
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

static struct pp_job *list_take(struct job_list *list) {
    struct pp_job *job = list->first;
    if (!job)
        return NULL;
    list->first = job->next;
    if (!list->first)
        list->end = &list->first;
    return job;
}

/* Lock held, but for the job itself. */
static void run_one(struct pp_jobs *jobs, struct pp_job *job) {
    uint64_t one = 1;
    jobs->busy = true;
    pthread_mutex_unlock(&jobs->lock);
    job->run(job);
    pthread_mutex_lock(&jobs->lock);
    jobs->busy = false;
    list_append(&jobs->ran, job);
    /* Fails only where the counter is full, and then the descriptor is readable anyway. */
    ssize_t written = write(jobs->fd, &one, sizeof one);
    (void)written;
    pthread_cond_broadcast(&jobs->changed);
}

static void *jobs_main(void *arg) {
    struct pp_jobs *jobs = arg;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->stop) {
        struct pp_job *job = list_take(&jobs->waiting);
        if (job)
            run_one(jobs, job);
        else
            pthread_cond_wait(&jobs->changed, &jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

struct pp_jobs *pp_jobs_create(const char *name, struct pp_error *error) {
    struct pp_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    list_init(&jobs->waiting);
    list_init(&jobs->ran);
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->changed, NULL);
    jobs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (jobs->fd < 0)
        pp_fail_errno(error, "eventfd");
    jobs->started = jobs->fd >= 0 && pp_thread_start(&jobs->thread, name, jobs_main, jobs, error);
    if (jobs->started)
        return jobs;
    pp_jobs_destroy(jobs);
    return NULL;
}

void pp_jobs_destroy(struct pp_jobs *jobs) {
    if (!jobs)
        return;
    if (jobs->started) {
        pp_jobs_wait(jobs);
        pthread_mutex_lock(&jobs->lock);
        jobs->stop = true;
        pthread_cond_broadcast(&jobs->changed);
        pthread_mutex_unlock(&jobs->lock);
        pthread_join(jobs->thread, NULL);
    }
    pthread_cond_destroy(&jobs->changed);
    pthread_mutex_destroy(&jobs->lock);
    pp_close(&jobs->fd);
    free(jobs);
}

void pp_jobs_add(struct pp_jobs *jobs, struct pp_job *job) {
    if (!jobs) {
        job->run(job);
        job->done(job);
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    list_append(&jobs->waiting, job);
    pthread_cond_broadcast(&jobs->changed);
    pthread_mutex_unlock(&jobs->lock);
}

int pp_jobs_fd(const struct pp_jobs *jobs) {
    return jobs->fd;
}

static struct pp_job *take_finished(struct pp_jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    struct pp_job *job = list_take(&jobs->ran);
    pthread_mutex_unlock(&jobs->lock);
    return job;
}

void pp_jobs_finish(struct pp_jobs *jobs) {
    uint64_t count;
    struct pp_job *job;
    ssize_t drained = read(jobs->fd, &count, sizeof count);
    (void)drained;
    while ((job = take_finished(jobs)))
        job->done(job);
}

/* Whether some were left; then none runs, and they may be finished. */
static bool wait_idle(struct pp_jobs *jobs) {
    pthread_mutex_lock(&jobs->lock);
    while (jobs->waiting.first || jobs->busy)
        pthread_cond_wait(&jobs->changed, &jobs->lock);
    bool any = jobs->ran.first;
    pthread_mutex_unlock(&jobs->lock);
    return any;
}

void pp_jobs_wait(struct pp_jobs *jobs) {
    while (jobs && wait_idle(jobs))
        pp_jobs_finish(jobs);
}
