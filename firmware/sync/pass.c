/* One pass: from the repository's metadata to a manifest that is current, with every object on flash. */
#include "base/clock.h"
#include "base/log.h"
#include "crypto/bulk.h"
#include "sync/internal.h"

/* A publisher or a cache has to be mended first. Each attempt may bring the object three times, so the wait
 * doubles: neither flash nor line are to be worn out by it. */
#define WRONG_HASH_WAIT_S     1800
#define WRONG_HASH_WAIT_MAX_S (24 * 60 * 60)

/* Everything that a pass holds while it runs. */
struct pass {
    struct sync *sync;
    const struct sync_target *target;
    struct sync_newest newest;
    struct sync_record record;
    struct sync_stored next;
    struct channel_manifest *manifest;
    struct sync_needs needs;
    bool channel_is_empty;   /* there is no `next` */
    bool manifest_was_there; /* the sealed manifest was on flash before */
};

static void pass_finish(struct pass *pass) {
    sync_repository_forget(pass->sync->repository);
    trust_target_finish(&pass->newest.target);
    sync_record_finish(&pass->record);
    pp_wipe(&pass->next, sizeof pass->next);
    channel_manifest_destroy(pass->manifest);
    free(pass->needs.list);
}

/* What goes wrong here is in the signed manifest itself, but for a want of memory. */
static bool open_manifest(struct pass *pass, const struct pp_buf *sealed, struct sync_verdict *verdict,
                          struct pp_error *error) {
    pass->manifest =
        sync_manifest_open(sealed->data, sealed->size, pass->next.key, pass->target->channel, error);
    if (pass->manifest) {
        pass->next.version = pass->manifest->version;
        if (sync_needs_make(&pass->next, pass->manifest, &pass->needs, error))
            return true;
    }
    verdict->hopeless = error->code != PP_E_NOMEM;
    return false;
}

/* From flash, from the last attempt, or from the repository. */
static bool get_sealed(struct pass *pass, uint64_t *fetched, struct sync_verdict *verdict,
                       struct pp_error *error) {
    struct sync *sync = pass->sync;
    const struct sync_stored *next = &pass->next;
    uint8_t held[CHANNEL_HASH_SIZE] = {0};
    pass->manifest_was_there = store_has(sync->store, next->sha256, next->length);
    if (sync->manifest.size == next->length &&
        crypto_sha256(sync->manifest.data, sync->manifest.size, held, NULL) &&
        memcmp(held, next->sha256, sizeof held) == 0)
        return true;
    pp_buf_finish(&sync->manifest);
    struct pp_error why = {0};
    if (pass->manifest_was_there && store_object_read(sync->store, next->sha256, &sync->manifest, &why))
        return true;
    if (why.code == PP_E_NOMEM)
        return pp_fail(error, why.code, "%s", why.message);
    /* One that only cannot be read just now stays where it is. */
    if (why.code == PP_E_AUTH) {
        if (!store_quarantine(sync->store, next->sha256, &why))
            pp_log_warning("sync: %s", why.message);
        pass->manifest_was_there = false;
    }
    if (!sync_manifest_download(sync, &pass->newest, &sync->manifest, &verdict->retry_after_s, error))
        return false;
    *fetched += sync->manifest.size;
    return true;
}

static bool keep_sealed(const struct pass *pass, struct pp_error *error) {
    struct store *store = pass->sync->store;
    const struct pp_buf *sealed = &pass->sync->manifest;
    return store_has(store, pass->next.sha256, pass->next.length) ||
           store_object_put(store, pass->next.sha256, sealed->data, sealed->size, error);
}

static bool is_current(const struct pass *pass) {
    const struct sync_stored *current = &pass->record.current;
    return current->there && memcmp(current->sha256, pass->next.sha256, sizeof current->sha256) == 0 &&
           strcmp(current->channel, pass->next.channel) == 0;
}

static bool find_newest(struct pass *pass, struct sync_verdict *verdict, struct pp_error *error) {
    struct sync_newest *newest = &pass->newest;
    if (!sync_metadata_refresh(pass->sync, &verdict->retry_after_s, error) ||
        !sync_manifest_find(pass->sync, pass->target, newest, &verdict->retry_after_s, error))
        return false;
    pass->channel_is_empty = newest->nothing;
    pass->next = (struct sync_stored){.there = !newest->nothing, .length = newest->target.length};
    snprintf(pass->next.channel, sizeof pass->next.channel, "%s", pass->target->channel);
    memcpy(pass->next.sha256, newest->target.sha256, sizeof pass->next.sha256);
    memcpy(pass->next.key, pass->target->key, sizeof pass->next.key);
    struct pp_error why = {0};
    pthread_mutex_lock(&pass->sync->record_lock);
    if (!sync_record_load(pass->sync->vault, &pass->record, &why))
        pp_log_warning("sync: %s", why.message);
    pthread_mutex_unlock(&pass->sync->record_lock);
    /* A cache may still have what was sealed before the channel's key was changed. */
    if (is_current(pass))
        memcpy(pass->next.key, pass->record.current.key, sizeof pass->next.key);
    return true;
}

/* A publish came while objects of this one still do. Where the repository cannot be asked they go on. */
static bool is_superseded(void *arg) {
    const struct pass *pass = arg;
    struct sync_newest newest = {0};
    struct pp_error why = {0};
    int64_t retry_after_s = -1;
    bool superseded = sync_metadata_refresh(pass->sync, &retry_after_s, &why) &&
                      sync_manifest_find(pass->sync, pass->target, &newest, &retry_after_s, &why) &&
                      memcmp(newest.target.sha256, pass->next.sha256, sizeof pass->next.sha256) != 0;
    sync_repository_forget(pass->sync->repository);
    trust_target_finish(&newest.target);
    return superseded;
}

/* What the current manifest needs stays in any case. The objects of the one before go where the new one does
 * not fit otherwise: a screen that holds two manifests, and not three, would never change again. */
static bool make_room(struct pass *pass, struct pp_error *error) {
    struct store *store = pass->sync->store;
    const struct sync_needs *needs = &pass->needs;
    const struct sync_stored *previous = &pass->record.previous;
    if (store_evict(store, needs->list, needs->count, error))
        return true;
    if (error->code != PP_E_NOSPACE || !previous->there)
        return false;
    struct store_need sealed = {.length = previous->length};
    memcpy(sealed.sha256, previous->sha256, sizeof sealed.sha256);
    if (store_pin(store, STORE_PIN_PREVIOUS, &sealed, 1, error) &&
        store_evict(store, needs->list, needs->count, error)) {
        pp_log_warning("sync: objects of the previous manifest made room for the next");
        return true;
    }
    sync_pin_recorded(pass->sync);
    return false;
}

/* Room first, then the objects, and nothing that comes is evicted while it waits for the rest. */
static bool bring_objects(struct pass *pass, struct sync_result *result, struct sync_verdict *verdict,
                          struct pp_error *error) {
    struct sync *sync = pass->sync;
    const struct sync_needs *needs = &pass->needs;
    struct sync_fetched outcome = {.retry_after_s = -1};
    if (!store_pin(sync->store, STORE_PIN_PENDING, needs->list, needs->count, error) ||
        !make_room(pass, error) || !keep_sealed(pass, error))
        return false;
    sync_repository_forget(sync->repository);
    struct sync_newer newer = {.came = is_superseded, .arg = pass};
    bool ok = sync_fetch(sync, needs->list, needs->count, &newer, &outcome, error);
    result->objects_fetched = outcome.objects;
    result->bytes_fetched += outcome.bytes;
    verdict->retry_after_s = outcome.retry_after_s;
    if (!ok)
        return false;
    return sync_needs_met(sync->store, needs) ||
           pp_fail(error, PP_E_STATE, "an object vanished from the store");
}

static bool make_current(struct pass *pass, struct sync_result *result, struct pp_error *error) {
    struct pp_error why = {0};
    bool again = is_current(pass);
    if (!sync_switch(pass->sync, &pass->next, &pass->needs, error))
        return false;
    (void)!store_pin(pass->sync->store, STORE_PIN_PENDING, NULL, 0, NULL);
    if (!store_evict(pass->sync->store, NULL, 0, &why))
        pp_log_warning("sync: %s", why.message);
    /* Whoever could not open the current manifest shows another one: it is told as a switch. */
    result->kind = again && pass->manifest_was_there ? SYNC_REPAIRED : SYNC_SWITCHED;
    if (result->kind == SYNC_SWITCHED)
        result->manifest = pp_steal(&pass->manifest);
    return true;
}

/* The newest manifest is rejected, so the current one is to stay: it gets what rotted or vanished of it. */
static bool mend_current(struct pass *pass, struct sync_result *result, struct sync_verdict *verdict,
                         struct pp_error *error) {
    struct pp_error why = {0};
    pass->next = pass->record.current;
    memcpy(result->sha256, pass->next.sha256, sizeof result->sha256);
    pass->manifest = pass->next.there ? sync_manifest_load(pass->sync->store, &pass->next, &why) : NULL;
    if (!pass->manifest)
        return true; /* and there is no way to get it any more */
    pass->manifest_was_there = true;
    result->version = pass->next.version;
    return sync_needs_make(&pass->next, pass->manifest, &pass->needs, error) &&
           (sync_needs_met(pass->sync->store, &pass->needs) ||
            (bring_objects(pass, result, verdict, error) && make_current(pass, result, error)));
}

static bool pass_run(struct pass *pass, struct sync_result *result, struct sync_verdict *verdict) {
    struct pp_error *error = &result->error;
    if (pass->sync->unpinned)
        sync_pin_recorded(pass->sync);
    if (!find_newest(pass, verdict, error))
        return false;
    memcpy(result->sha256, pass->next.sha256, sizeof result->sha256);
    result->kind = pass->channel_is_empty ? SYNC_EMPTY : SYNC_UNCHANGED;
    if (pass->channel_is_empty)
        return sync_forget_manifests(pass->sync, error);
    if (sync_record_rejects(&pass->record, &pass->next))
        return mend_current(pass, result, verdict, error);
    if (!get_sealed(pass, &result->bytes_fetched, verdict, error) ||
        !open_manifest(pass, &pass->sync->manifest, verdict, error))
        return false;
    result->version = pass->manifest->version;
    if (is_current(pass) && pass->manifest_was_there && sync_needs_met(pass->sync->store, &pass->needs))
        return true;
    return bring_objects(pass, result, verdict, error) && make_current(pass, result, error);
}

/* Longer each time that the same manifest's objects had wrong hashes. */
static int64_t wrong_hash_wait(struct sync *sync, const struct sync_stored *manifest) {
    if (memcmp(sync->wrong_manifest, manifest->sha256, sizeof sync->wrong_manifest) != 0)
        sync->wrong_wait_s = 0;
    memcpy(sync->wrong_manifest, manifest->sha256, sizeof sync->wrong_manifest);
    int64_t wait_s = sync->wrong_wait_s ? sync->wrong_wait_s * 2 : WRONG_HASH_WAIT_S;
    sync->wrong_wait_s = wait_s < WRONG_HASH_WAIT_MAX_S ? wait_s : WRONG_HASH_WAIT_MAX_S;
    return sync->wrong_wait_s;
}

bool sync_pass(struct sync *sync, const struct sync_target *target, struct sync_result *result,
               struct sync_verdict *verdict) {
    struct pass pass = {.sync = sync, .target = target};
    int64_t began = pp_clock_monotonic_ms();
    *verdict = (struct sync_verdict){.retry_after_s = -1};
    *result = (struct sync_result){.retry_ms = -1};
    snprintf(result->channel, sizeof result->channel, "%s", target->channel);
    bool ok = pass_run(&pass, result, verdict);
    if (ok) {
        result->error = (struct pp_error){0}; /* of things that were tried and may fail */
        pp_buf_finish(&sync->manifest);
    } else {
        (void)!store_pin(sync->store, STORE_PIN_PENDING, NULL, 0, NULL);
        result->kind = SYNC_FAILED;
        if (result->error.code == PP_E_AUTH && pass.needs.count)
            verdict->wait_s = wrong_hash_wait(sync, &pass.next);
    }
    result->elapsed_ms = pp_clock_monotonic_ms() - began;
    pass_finish(&pass);
    return ok;
}
