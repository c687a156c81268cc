/* Small signed targets that others than the channel live on: found in TUF's metadata, and told where they change. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sync/internal.h"

struct document_row {
    const char *path; /* of the target, of the top-level role */
    size_t bytes_max;
    bool optional; /* a repository may have none: whoever asks for it gets no answer then */
};

static const struct document_row rows[SYNC_DOCUMENTS] = {
    [SYNC_CONTROL_KEYS] = {"keys/control.json", 4096, false},
    [SYNC_AUTHORITIES] = {"keys/authorities.json", SYNC_DOCUMENT_MAX, true},
};

static bool download(struct sync *sync, enum sync_document document, struct trust *trust,
                     const struct trust_target *target, struct pp_error *error) {
    size_t max = rows[document].bytes_max;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(max);
    struct sync_result result = {.kind = SYNC_DOCUMENT, .document = document, .retry_ms = -1};
    if (target->length > max)
        return pp_fail(error, PP_E_LIMIT, "%llu bytes long, at most %zu are allowed",
                       (unsigned long long)target->length, max);
    if (!trust_target_download(trust, target, &text, error) ||
        !pp_text_copy(&result.text, pp_buf_text(&text), error))
        return false;
    memcpy(result.sha256, target->sha256, sizeof result.sha256);
    memcpy(sync->documents[document].sha256, target->sha256, sizeof target->sha256);
    sync_push_result(sync, &result);
    return true;
}

static bool look_up(struct sync *sync, enum sync_document document, struct trust *trust,
                    struct pp_error *error) {
    const char *path = rows[document].path;
    const uint8_t *told = sync->documents[document].sha256;
    struct trust_target target = {0};
    bool ok = trust_target_find(trust, path, &target, error) &&
              (target.has_sha256 || pp_fail(error, PP_E_UNSUPPORTED, "it has no SHA-256")) &&
              (memcmp(told, target.sha256, sizeof target.sha256) == 0 ||
               download(sync, document, trust, &target, error));
    trust_target_finish(&target);
    return ok || pp_wrap(error, "%s", path);
}

static void follow(struct sync *sync, enum sync_document document, struct trust *trust) {
    struct pp_error *why = &sync->documents[document].error;
    *why = (struct pp_error){0};
    bool ok = look_up(sync, document, trust, why) || (rows[document].optional && why->code == PP_E_NOTFOUND);
    pthread_mutex_lock(&sync->lock);
    bool missed = !ok && (sync->document_requested[document] || why->code != PP_E_NOTFOUND);
    sync->document_requested[document] = sync->document_requested[document] && !ok;
    pthread_mutex_unlock(&sync->lock);
    if (missed) /* a repository that has none is none of ours, and nobody has asked for it */
        pp_log_warning("sync: %s", why->message);
}

void sync_documents_follow(struct sync *sync, struct trust *trust) {
    for (int document = 0; document < SYNC_DOCUMENTS; document++)
        follow(sync, document, trust);
}

bool sync_documents_requested(const struct sync *sync) {
    bool any = false;
    for (int document = 0; document < SYNC_DOCUMENTS; document++)
        any = any || sync->document_requested[document];
    return any;
}

static void tell_missing(struct sync *sync, enum sync_document document, const struct pp_error *why,
                         int64_t retry_ms) {
    struct sync_result result = {
        .kind = SYNC_NO_DOCUMENT, .document = document, .retry_ms = retry_ms, .error = *why};
    pthread_mutex_lock(&sync->lock);
    bool requested = sync->document_requested[document];
    pthread_mutex_unlock(&sync->lock);
    if (requested && why->code && why->code != PP_E_CANCELLED)
        sync_push_result(sync, &result);
}

void sync_documents_look_up(struct sync *sync) {
    struct pp_error error = {0};
    int64_t retry_after_s = -1;
    PP_AUTO(sync_repository)
    struct sync_repository *repository = sync_repository_open(sync, &retry_after_s, &error);
    pthread_mutex_lock(&sync->lock);
    bool came = !sync_documents_requested(sync);
    pthread_mutex_unlock(&sync->lock);
    if (came) {
        net_retry_reset(&sync->documents_retry);
        return;
    }
    int64_t retry_ms = net_retry_next_ms(&sync->documents_retry, retry_after_s);
    sync->documents_at_ms = pp_clock_monotonic_ms() + retry_ms;
    for (int document = 0; document < SYNC_DOCUMENTS; document++)
        tell_missing(sync, document, repository ? &sync->documents[document].error : &error, retry_ms);
}
