/* What sync takes from the repository (repository.h): its metadata, the newest manifest of a channel; and what of it is
 * told. */
#include <string.h>

#include "sync/internal.h"

#define STATUS_FORBIDDEN 403

/* TUF takes "forbidden" for "not there"; for people it makes a difference. */
static void explain_denial(const struct sync *sync, struct pp_error *why) {
    int status = sync_repository_answer(sync->repository)->status;
    if (why->code == PP_E_NOTFOUND && status == STATUS_FORBIDDEN) {
        why->code = PP_E_DENIED;
        pp_wrap(why, "HTTP %d", status);
    }
}

/* Told once; and again where it would be needed. */
static void tell_time_statement(struct sync *sync, bool expired) {
    struct sync_result result = {.kind = SYNC_TIME, .retry_ms = -1, .expired = expired};
    sync_repository_root_time(sync->repository, &result.statement);
    if (!result.statement.epoch || (result.statement.epoch == sync->told_time_epoch && !expired))
        return;
    sync->told_time_epoch = result.statement.epoch;
    sync_push_result(sync, &result);
}

/* Told once for each reason, until metadata is accepted again. */
static void tell_refusal(struct sync *sync, const struct pp_error *why) {
    struct sync_result result = {.kind = SYNC_REFUSED, .retry_ms = -1, .error = *why};
    if (strcmp(sync->told_refusal, why->message) == 0)
        return;
    memcpy(sync->told_refusal, why->message, sizeof sync->told_refusal);
    sync_push_result(sync, &result);
}

/* False, the error being `why`. */
static bool fail(struct sync *sync, const struct pp_error *why, struct pp_error *error) {
    if (sync_repository_answer(sync->repository)->refused)
        tell_refusal(sync, why);
    return pp_fail(error, why->code, "%s", why->message);
}

static int64_t retry_after_s(const struct sync *sync) {
    return sync_repository_answer(sync->repository)->retry_after_s;
}

bool sync_metadata_refresh(struct sync *sync, int64_t *retry, struct pp_error *error) {
    struct pp_error why = {0};
    bool ok = sync_repository_refresh(sync->repository, &why);
    *retry = retry_after_s(sync);
    int64_t root = sync_repository_root_version(sync->repository);
    if (root > atomic_load(&sync->root_version))
        atomic_store(&sync->root_version, root);
    tell_time_statement(sync, !ok && why.code == PP_E_EXPIRED);
    if (!ok) {
        explain_denial(sync, &why);
        return fail(sync, &why, error);
    }
    sync_documents_follow(sync);
    return true;
}

static enum sync_find target_find(struct sync *sync, const char *channel, const char *name,
                                  char path[TRUST_TARGET_PATH_MAX], struct trust_target *target,
                                  struct pp_error *why) {
    snprintf(path, TRUST_TARGET_PATH_MAX, "channels/%s/%s", channel, name);
    return sync_repository_find(sync->repository, path, SYNC_MANIFEST_MAX, target, why);
}

/* A state alone makes no screen take what the repository does not vouch for: it has to name that very one. Where it
 * names none, or another one, the rollout has ended, or another one has begun. */
static enum sync_find next_find(struct sync *sync, const struct sync_target *wanted,
                                char path[TRUST_TARGET_PATH_MAX], struct trust_target *target,
                                struct pp_error *why) {
    if (!wanted->has_take)
        return SYNC_NOT_NAMED;
    enum sync_find found = target_find(sync, wanted->channel, "next.sealed", path, target, why);
    if (found != SYNC_FOUND || memcmp(target->sha256, wanted->take, sizeof wanted->take) == 0)
        return found;
    trust_target_finish(target);
    return SYNC_NOT_NAMED;
}

bool sync_manifest_find(struct sync *sync, const struct sync_target *wanted, struct sync_newest *newest,
                        int64_t *retry, struct pp_error *error) {
    char path[TRUST_TARGET_PATH_MAX];
    struct pp_error why = {0};
    enum sync_find found = next_find(sync, wanted, path, &newest->target, &why);
    if (found == SYNC_NOT_NAMED)
        found = target_find(sync, wanted->channel, "manifest.sealed", path, &newest->target, &why);
    *retry = retry_after_s(sync);
    if (found == SYNC_FIND_FAILED) {
        explain_denial(sync, &why);
        return fail(sync, &why, error);
    }
    if (found == SYNC_FOUND && newest->target.length == 0) {
        pp_fail(&why, PP_E_LIMIT, "%s is empty", path);
        tell_refusal(sync, &why);
        return pp_fail(error, why.code, "%s", why.message);
    }
    newest->nothing = found == SYNC_NOT_NAMED;
    *sync->told_refusal = 0;
    return true;
}

bool sync_manifest_download(struct sync *sync, const struct sync_newest *newest, struct pp_buf *out,
                            int64_t *retry, struct pp_error *error) {
    struct pp_error why = {0};
    bool ok = sync_repository_download(sync->repository, &newest->target, out, &why);
    *retry = retry_after_s(sync);
    return ok || fail(sync, &why, error);
}
