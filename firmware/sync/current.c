/* Which manifest is current: opening it, switching to another, going back. */
#include "base/encode.h"
#include "base/log.h"
#include "crypto/bulk.h"
#include "crypto/seal.h"
#include "sync/internal.h"

#define ASSOCIATED_DATA_SIZE (sizeof SEAL_AD_MANIFEST + CHANNEL_NAME_MAX)

struct channel_manifest *sync_manifest_open(const void *sealed, size_t size,
                                            const uint8_t key[CHANNEL_KEY_SIZE], const char *channel,
                                            struct pp_error *error) {
    char associated_data[ASSOCIATED_DATA_SIZE];
    pp_autobuf struct pp_buf json = PP_BUF_INIT(CHANNEL_MANIFEST_SIZE_MAX);
    snprintf(associated_data, sizeof associated_data, SEAL_AD_MANIFEST "%s", channel);
    if (!seal_decrypt(sealed, size, key, associated_data, &json, error)) {
        pp_wrap(error, "manifest of channel %s", channel);
        return NULL;
    }
    PP_AUTO(channel_manifest)
    struct channel_manifest *manifest = channel_manifest_parse(json.data, json.size, error);
    if (!manifest) {
        pp_wrap(error, "manifest of channel %s", channel);
        return NULL;
    }
    if (!crypto_sha256(json.data, json.size, manifest->digest, error))
        return NULL;
    if (strcmp(manifest->channel, channel) != 0) {
        pp_fail(error, PP_E_INVALID, "manifest of channel %s says it is of channel %s", channel,
                manifest->channel);
        return NULL;
    }
    return pp_steal(&manifest);
}

struct channel_manifest *sync_manifest_load(struct store *store, const struct sync_stored *manifest,
                                            struct pp_error *error) {
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SYNC_MANIFEST_MAX);
    struct pp_error why = {0};
    if (!store_object_read(store, manifest->sha256, &sealed, &why)) {
        if (error)
            *error = why;
        /* Rotten: it is fetched again where it is still needed. What cannot be read just now is not that. */
        if (why.code == PP_E_AUTH && !store_quarantine(store, manifest->sha256, &why))
            pp_log_warning("sync: %s", why.message);
        return NULL;
    }
    return sync_manifest_open(sealed.data, sealed.size, manifest->key, manifest->channel, error);
}

/* ---- Needs ---- */

static int compare_needs(const void *a, const void *b) {
    const struct store_need *left = a;
    const struct store_need *right = b;
    return memcmp(left->sha256, right->sha256, sizeof left->sha256);
}

/* Objects may share a hash; one that has two lengths cannot be. */
static bool merge_needs(struct sync_needs *needs, struct pp_error *error) {
    size_t kept = 0;
    qsort(needs->list, needs->count, sizeof *needs->list, compare_needs);
    for (size_t i = 0; i < needs->count; i++) {
        if (kept && compare_needs(&needs->list[kept - 1], &needs->list[i]) == 0) {
            if (needs->list[kept - 1].length != needs->list[i].length)
                return pp_fail(error, PP_E_INVALID, "manifest gives one object two lengths");
            continue;
        }
        needs->list[kept++] = needs->list[i];
    }
    needs->count = kept;
    return true;
}

bool sync_needs_make(const struct sync_stored *sealed, const struct channel_manifest *manifest,
                     struct sync_needs *out, struct pp_error *error) {
    out->count = manifest->object_count + 1;
    out->list = calloc(out->count, sizeof *out->list);
    if (!out->list)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < manifest->object_count; i++) {
        memcpy(out->list[i].sha256, manifest->objects[i].sha256, STORE_HASH_SIZE);
        out->list[i].length = manifest->objects[i].length;
    }
    memcpy(out->list[manifest->object_count].sha256, sealed->sha256, STORE_HASH_SIZE);
    out->list[manifest->object_count].length = sealed->length;
    return merge_needs(out, error);
}

bool sync_needs_met(struct store *store, const struct sync_needs *needs) {
    for (size_t i = 0; i < needs->count; i++) {
        if (!store_has(store, needs->list[i].sha256, needs->list[i].length))
            return false;
    }
    return true;
}

/* ---- Pins ---- */

/* A manifest that cannot be read still keeps itself; its objects are anybody's then. */
static void pin_recorded(struct sync *sync, const struct sync_stored *manifest, enum store_pin_set set) {
    struct pp_error error = {0};
    struct sync_needs needs = {0};
    struct store_need alone = {.length = manifest->length};
    bool pinned = false;
    if (!manifest->there) {
        (void)!store_pin(sync->store, set, NULL, 0, NULL);
        return;
    }
    memcpy(alone.sha256, manifest->sha256, sizeof alone.sha256);
    PP_AUTO(channel_manifest)
    struct channel_manifest *opened = sync_manifest_load(sync->store, manifest, &error);
    if (opened && sync_needs_make(manifest, opened, &needs, &error))
        pinned = store_pin(sync->store, set, needs.list, needs.count, &error);
    else
        pinned = store_pin(sync->store, set, &alone, 1, &error);
    if (!pinned || !opened) {
        pp_log_warning("sync: objects are not pinned: %s", error.message);
        sync->unpinned = sync->unpinned || error.code == PP_E_IO || error.code == PP_E_NOMEM;
    }
    free(needs.list);
}

void sync_pin_recorded(struct sync *sync) {
    struct pp_error error = {0};
    sync_autorecord struct sync_record record = {0};
    pthread_mutex_lock(&sync->record_lock);
    sync->unpinned = !sync_record_load(sync->vault, &record, &error);
    if (sync->unpinned)
        pp_log_warning("sync: %s", error.message);
    pin_recorded(sync, &record.current, STORE_PIN_CURRENT);
    pin_recorded(sync, &record.previous, STORE_PIN_PREVIOUS);
    pthread_mutex_unlock(&sync->record_lock);
}

/* ---- Switching ---- */

static bool same_manifest(const struct sync_stored *a, const struct sync_stored *b) {
    return a->there && b->there && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0 &&
           strcmp(a->channel, b->channel) == 0;
}

/* A record that cannot be read must not keep a screen from ever switching again: it is written anew. */
static void load_or_forget(struct sync *sync, struct sync_record *record) {
    struct pp_error error = {0};
    if (sync_record_load(sync->vault, record, &error))
        return;
    pp_log_warning("sync: what was current is forgotten: %s", error.message);
    *record = (struct sync_record){0};
}

static bool switch_locked(struct sync *sync, const struct sync_stored *next, const struct sync_needs *needs,
                          struct pp_error *error) {
    sync_autorecord struct sync_record record = {0};
    load_or_forget(sync, &record);
    if (sync_record_rejects(&record, next))
        return pp_fail(error, PP_E_CANCELLED, "this manifest was rejected meanwhile");
    if (!same_manifest(&record.current, next)) {
        record.previous = record.current;
        record.has_rejected = false;
    }
    record.current = *next;
    if (!sync_record_save(sync->vault, &record, error))
        return false;
    pin_recorded(sync, &record.previous, STORE_PIN_PREVIOUS);
    return store_pin(sync->store, STORE_PIN_CURRENT, needs->list, needs->count, error);
}

bool sync_switch(struct sync *sync, const struct sync_stored *next, const struct sync_needs *needs,
                 struct pp_error *error) {
    pthread_mutex_lock(&sync->record_lock);
    bool ok = switch_locked(sync, next, needs, error);
    pthread_mutex_unlock(&sync->record_lock);
    return ok;
}

static bool forget_locked(struct sync *sync, struct pp_error *error) {
    sync_autorecord struct sync_record record = {0};
    load_or_forget(sync, &record);
    if (!record.current.there && !record.previous.there)
        return true;
    sync_record_finish(&record);
    record = (struct sync_record){0};
    if (!sync_record_save(sync->vault, &record, error))
        return false;
    pin_recorded(sync, &record.current, STORE_PIN_CURRENT);
    pin_recorded(sync, &record.previous, STORE_PIN_PREVIOUS);
    return true;
}

bool sync_forget_manifests(struct sync *sync, struct pp_error *error) {
    pthread_mutex_lock(&sync->record_lock);
    bool ok = forget_locked(sync, error);
    pthread_mutex_unlock(&sync->record_lock);
    return ok;
}

bool sync_load_current(struct vault *vault, struct store *store, struct channel_manifest **out,
                       struct pp_error *error) {
    sync_autorecord struct sync_record record = {0};
    *out = NULL;
    if (!sync_record_load(vault, &record, error))
        return false;
    if (!record.current.there)
        return pp_fail(error, PP_E_NOTFOUND, "no manifest yet");
    *out = sync_manifest_load(store, &record.current, error);
    if (*out || !record.previous.there)
        return *out != NULL;
    struct pp_error why = {0};
    *out = sync_manifest_load(store, &record.previous, &why);
    if (*out)
        pp_log_warning("sync: the previous manifest is shown: %s", error ? error->message : "current is bad");
    return *out != NULL;
}

static bool use_previous_locked(struct sync *sync, struct channel_manifest **out, struct pp_error *error) {
    sync_autorecord struct sync_record record = {0};
    if (!sync_record_load(sync->vault, &record, error))
        return false;
    if (!record.previous.there)
        return pp_fail(error, PP_E_NOTFOUND, "no previous manifest");
    PP_AUTO(channel_manifest)
    struct channel_manifest *manifest = sync_manifest_load(sync->store, &record.previous, error);
    if (!manifest)
        return pp_wrap(error, "previous manifest");
    memcpy(record.rejected, record.current.sha256, sizeof record.rejected);
    record.has_rejected = true;
    record.current = record.previous;
    pp_wipe(&record.previous, sizeof record.previous);
    if (!sync_record_save(sync->vault, &record, error))
        return false;
    pin_recorded(sync, &record.current, STORE_PIN_CURRENT);
    pin_recorded(sync, &record.previous, STORE_PIN_PREVIOUS);
    *out = pp_steal(&manifest);
    return true;
}

bool sync_use_previous(struct sync *sync, struct channel_manifest **out, struct pp_error *error) {
    *out = NULL;
    pthread_mutex_lock(&sync->record_lock);
    bool ok = use_previous_locked(sync, out, error);
    pthread_mutex_unlock(&sync->record_lock);
    return ok;
}
