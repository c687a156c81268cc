#include "vault/later.h"

#include "base/log.h"
#include "vault/record.h"

/* Wiped when it goes. */
struct value {
    bool there;
    bool removal;
    unsigned times; /* that it is written */
    struct pp_buf data;
};

struct later_write {
    struct pp_job job; /* first: the job is the write */
    struct later_write *next;
    struct later *later;
    char name[VAULT_NAME_MAX + 1];
    /* The owner's thread alone. */
    bool added; /* the jobs have it */
    vault_kept *kept;
    void *arg;
    /* Under the lock. */
    struct value waiting;
    struct value writing;
    struct pp_error failure; /* of the last write; PP_OK none */
};

static void value_clear(struct value *value) {
    pp_buf_finish(&value->data);
    *value = (struct value){.data = PP_BUF_INIT(VAULT_RECORD_MAX)};
}

static struct later_write *write_find(struct later *later, const char *name) {
    struct later_write *write = later->writes;
    while (write && strcmp(write->name, name) != 0)
        write = write->next;
    return write;
}

/* On the thread of the jobs. */
static void write_run(struct pp_job *job) {
    struct later_write *write = (struct later_write *)job;
    struct later *later = write->later;
    struct pp_error error = {0};
    pthread_mutex_lock(&later->lock);
    write->writing = write->waiting;
    write->waiting = (struct value){.data = PP_BUF_INIT(VAULT_RECORD_MAX)};
    if (later->dropped && !write->writing.there)
        pp_fail(&error, PP_E_STATE, "vault record %s: what waited is not written any more", write->name);
    pthread_mutex_unlock(&later->lock);
    const struct value *value = &write->writing; /* others only read it meanwhile */
    bool ok = value->there;
    for (unsigned i = 0; i < value->times && ok; i++)
        ok = vault_write_now(later->vault, write->name, value->removal ? NULL : pp_buf_text(&value->data),
                             value->data.size, &error);
    pthread_mutex_lock(&later->lock);
    write->failure = error;
    value_clear(&write->writing);
    pthread_cond_broadcast(&later->written);
    pthread_mutex_unlock(&later->lock);
}

static void write_done(struct pp_job *job) {
    struct later_write *write = (struct later_write *)job;
    struct later *later = write->later;
    pthread_mutex_lock(&later->lock);
    bool again = write->waiting.there;
    struct pp_error failure = write->failure;
    pthread_mutex_unlock(&later->lock);
    write->added = again;
    if (again)
        pp_jobs_add(later->jobs, job);
    else if (write->kept)
        write->kept(write->arg, failure.code ? &failure : NULL);
    else if (failure.code)
        pp_log_warning("%s", failure.message);
}

static struct later_write *write_create(struct later *later, const char *name, struct pp_error *error) {
    struct later_write *write = calloc(1, sizeof *write);
    if (!write) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    write->job = (struct pp_job){.run = write_run, .done = write_done};
    write->later = later;
    snprintf(write->name, sizeof write->name, "%s", name);
    value_clear(&write->waiting);
    value_clear(&write->writing);
    pthread_mutex_lock(&later->lock);
    write->next = later->writes;
    later->writes = write;
    pthread_mutex_unlock(&later->lock);
    return write;
}

static bool value_copy(struct value *value, const void *data, size_t size, unsigned times,
                       struct pp_error *error) {
    *value = (struct value){
        .there = true, .removal = !data, .times = times, .data = PP_BUF_INIT(VAULT_RECORD_MAX)};
    return !data || pp_buf_add(&value->data, data, size, error);
}

bool later_add(struct later *later, const char *name, const void *data, size_t size, unsigned times,
               vault_kept *kept, void *arg, struct pp_error *error) {
    struct value value;
    if (!record_name_check(name, error))
        return false;
    struct later_write *write = write_find(later, name);
    if ((!write && !(write = write_create(later, name, error))) ||
        !value_copy(&value, data, size, times, error))
        return false;
    pthread_mutex_lock(&later->lock);
    /* One that was to be in both generations and did not get there: neither is to say what was before it. */
    if (write->waiting.times > value.times)
        value.times = write->waiting.times;
    value_clear(&write->waiting);
    write->waiting = value;
    pthread_mutex_unlock(&later->lock);
    write->kept = kept;
    write->arg = arg;
    if (!write->added) {
        write->added = true;
        pp_jobs_add(later->jobs, &write->job);
    }
    return true;
}

void later_forget_kept(struct later *later, const char *name) {
    struct later_write *write = write_find(later, name);
    if (write)
        write->kept = NULL;
}

enum later_state later_get(struct later *later, const char *name, struct pp_buf *out,
                           struct pp_error *error) {
    enum later_state state = LATER_NONE;
    pthread_mutex_lock(&later->lock);
    const struct later_write *write = write_find(later, name);
    const struct value *value = write && write->waiting.there   ? &write->waiting
                                : write && write->writing.there ? &write->writing
                                                                : NULL;
    if (value && value->removal)
        state = LATER_REMOVED;
    else if (value)
        state = pp_buf_add(out, value->data.data, value->data.size, error) ? LATER_VALUE : LATER_FAILED;
    pthread_mutex_unlock(&later->lock);
    return state;
}

void later_supersede(struct later *later, const char *name) {
    pthread_mutex_lock(&later->lock);
    struct later_write *write = write_find(later, name);
    if (write)
        value_clear(&write->waiting);
    while (write && write->writing.there)
        pthread_cond_wait(&later->written, &later->lock);
    pthread_mutex_unlock(&later->lock);
}

void later_drop_all(struct later *later) {
    pthread_mutex_lock(&later->lock);
    later->dropped = true;
    for (struct later_write *write = later->writes; write; write = write->next)
        value_clear(&write->waiting);
    pthread_mutex_unlock(&later->lock);
}

void later_init(struct later *later, struct vault *vault) {
    *later = (struct later){.vault = vault};
    pthread_mutex_init(&later->lock, NULL);
    pthread_cond_init(&later->written, NULL);
}

void later_finish(struct later *later) {
    while (later->writes) {
        struct later_write *write = later->writes;
        later->writes = write->next;
        value_clear(&write->waiting);
        value_clear(&write->writing);
        free(write);
    }
    pthread_cond_destroy(&later->written);
    pthread_mutex_destroy(&later->lock);
}
