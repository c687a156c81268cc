/* Small signed targets that others than the channel live on: found in the repository, and told where they change. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sync/internal.h"

/* ---- Who follows what ---- */

/* Lock held; NULL: nobody follows it. */
static struct sync_followed *find_followed(struct sync *sync, const char *path) {
    for (size_t i = 0; i < sync->document_count; i++) {
        if (strcmp(sync->documents[i].row.path, path) == 0)
            return &sync->documents[i];
    }
    return NULL;
}

/* Lock held. */
static bool add(struct sync *sync, const struct sync_document *document, struct pp_error *error) {
    if (find_followed(sync, document->path))
        return pp_fail(error, PP_E_STATE, "%s is followed already", document->path);
    if (sync->document_count == SYNC_DOCUMENTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "%s: more than %d documents", document->path, SYNC_DOCUMENTS_MAX);
    sync->documents[sync->document_count++] = (struct sync_followed){.row = *document};
    return true;
}

bool sync_add_document(struct sync *sync, const struct sync_document *document, struct pp_error *error) {
    pthread_mutex_lock(&sync->lock);
    bool ok = add(sync, document, error);
    pthread_mutex_unlock(&sync->lock);
    return ok;
}

void sync_request_document(struct sync *sync, const char *path) {
    pthread_mutex_lock(&sync->lock);
    struct sync_followed *followed = find_followed(sync, path);
    if (followed) {
        followed->requested = true;
        atomic_store(&sync->asked_again, true);
        net_loop_wake(sync->loop);
        pthread_cond_signal(&sync->wake);
    }
    pthread_mutex_unlock(&sync->lock);
    if (!followed)
        pp_log_warning("sync: nobody follows %s", path);
}

bool sync_documents_requested(const struct sync *sync) {
    bool any = false;
    for (size_t i = 0; i < sync->document_count; i++)
        any = any || sync->documents[i].requested;
    return any;
}

/* Those below the count stay as they are. */
static size_t count_followed(struct sync *sync) {
    pthread_mutex_lock(&sync->lock);
    size_t count = sync->document_count;
    pthread_mutex_unlock(&sync->lock);
    return count;
}

/* ---- The worker ---- */

static bool download(struct sync *sync, struct sync_followed *followed, const struct trust_target *target,
                     struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(followed->row.bytes_max);
    struct sync_result result = {.kind = SYNC_DOCUMENT, .document = &followed->row, .retry_ms = -1};
    if (!sync_repository_download(sync->repository, target, &text, error) ||
        !pp_text_copy(&result.text, pp_buf_text(&text), error))
        return false;
    memcpy(result.sha256, target->sha256, sizeof result.sha256);
    memcpy(followed->sha256, target->sha256, sizeof followed->sha256);
    sync_push_result(sync, &result);
    return true;
}

static bool look_up(struct sync *sync, struct sync_followed *followed, struct pp_error *error) {
    const struct sync_document *row = &followed->row;
    trust_autotarget struct trust_target target = {0};
    bool ok =
        sync_repository_find(sync->repository, row->path, row->bytes_max, &target, error) == SYNC_FOUND &&
        (memcmp(followed->sha256, target.sha256, sizeof target.sha256) == 0 ||
         download(sync, followed, &target, error));
    return ok || pp_wrap(error, "%s", row->path);
}

static void follow(struct sync *sync, struct sync_followed *followed) {
    struct pp_error *why = &followed->error;
    *why = (struct pp_error){0};
    bool ok = look_up(sync, followed, why) || (followed->row.optional && why->code == PP_E_NOTFOUND);
    pthread_mutex_lock(&sync->lock);
    bool missed = !ok && (followed->requested || why->code != PP_E_NOTFOUND);
    followed->requested = followed->requested && !ok;
    pthread_mutex_unlock(&sync->lock);
    if (missed) /* a repository that has none is none of ours, and nobody has asked for it */
        pp_log_warning("sync: %s", why->message);
}

void sync_documents_follow(struct sync *sync) {
    size_t count = count_followed(sync);
    for (size_t i = 0; i < count; i++)
        follow(sync, &sync->documents[i]);
}

static void tell_missing(struct sync *sync, const struct sync_followed *followed, const struct pp_error *why,
                         int64_t retry_ms) {
    struct sync_result result = {
        .kind = SYNC_NO_DOCUMENT, .document = &followed->row, .retry_ms = retry_ms, .error = *why};
    pthread_mutex_lock(&sync->lock);
    bool requested = followed->requested;
    pthread_mutex_unlock(&sync->lock);
    if (requested && why->code && why->code != PP_E_CANCELLED)
        sync_push_result(sync, &result);
}

void sync_documents_look_up(struct sync *sync) {
    struct pp_error error = {0};
    int64_t retry_after_s = -1;
    bool refreshed = sync_metadata_refresh(sync, &retry_after_s, &error);
    sync_repository_forget(sync->repository);
    pthread_mutex_lock(&sync->lock);
    bool came = !sync_documents_requested(sync);
    pthread_mutex_unlock(&sync->lock);
    if (came) {
        net_retry_reset(&sync->documents_retry);
        return;
    }
    int64_t retry_ms = net_retry_next_ms(&sync->documents_retry, retry_after_s);
    sync->documents_at_ms = pp_clock_monotonic_ms() + retry_ms;
    size_t count = count_followed(sync);
    for (size_t i = 0; i < count; i++)
        tell_missing(sync, &sync->documents[i], refreshed ? &sync->documents[i].error : &error, retry_ms);
}
