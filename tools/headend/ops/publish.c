#include "headend/ops/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "channel/manifest.h"
#include "crypto/bulk.h"
#include "headend/ops/certificate_holders.h"
#include "headend/ops/channel.h"
#include "headend/ops/channel_key.h"
#include "headend/ops/feed_channel.h"
#include "headend/ops/operations.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_manifest.h"
#include "headend/ops/publish_object.h"
#include "headend/ops/publish_steps.h"
#include "headend/ops/publish_version.h"
#include "headend/ops/publish_warning.h"
#include "headend/ops/repo_clean.h"
#include "headend/ops/rollout.h"
#include "headend/signer/control.h"
#include "headend/signer/service.h"
#include "headend/signer/tuf_repo.h"
#include "headend/signer/tuf_sign.h"
#include "headend/signing/signing.h"

#define SEALED_MAX   (CHANNEL_MANIFEST_SIZE_MAX + 1024 * 1024) /* bytes of a sealed manifest */

#define LOCK_POLL_MS 100 /* between looks at whether another headend has let it go */

void publish_unlock(struct publish_lock *lock) {
    if (!lock->home)
        return;
    db_lock(lock->home->db);
    db_release(lock->home->db);
    db_unlock(lock->home->db);
    pp_close(&lock->signer);
    pp_close(&lock->fd);
}
#define autolock publish_autolock

static int folder_lock(const struct home *home, bool wait, struct pp_error *error) {
    pp_autoclose int fd = openat(home->fd, HOME_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        pp_fail_errno(error, HOME_LOCK);
        return -1;
    }
    while (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0) {
        if (errno == EINTR)
            continue;
        pp_fail(error, errno == EWOULDBLOCK ? PP_E_STATE : PP_E_IO, HOME_LOCK ": %s", strerror(errno));
        return -1;
    }
    return pp_steal_fd(&fd);
}

static bool database_hold(const struct home *home, bool wait, struct pp_error *error) {
    for (;;) {
        struct pp_error busy = {0};
        db_lock(home->db);
        bool held = db_hold(home->db, &busy);
        db_unlock(home->db);
        if (held)
            return true;
        if (busy.code != PP_E_STATE || !wait)
            return pp_fail(error, busy.code, "%s", busy.message);
        nanosleep(&(const struct timespec){.tv_nsec = LOCK_POLL_MS * 1000000L}, NULL);
    }
}

struct publish_lock publish_lock(struct home *home, bool wait, struct pp_error *error) {
    pp_autoclose int fd = folder_lock(home, wait, error);
    if (fd < 0 || !database_hold(home, wait, error))
        return (struct publish_lock){.fd = -1, .signer = -1};
    struct publish_lock lock = {.home = home, .fd = pp_steal_fd(&fd), .signer = -1};
    if (!home->asks_another && (lock.signer = signer_lock(home, wait, error)) < 0) {
        publish_unlock(&lock);
        lock.home = NULL;
    }
    return lock;
}

/* Marks publish rows done, and the channels with them; and carries out the turns of rollouts. Returns in `changed`
 * whether there were any. */
static bool rows_done(struct home *home, int64_t snapshot, bool *changed, struct pp_error *error) {
    struct db *db = home->db;
    bool turned = false;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) ||
        !db_run(db, error, DB_CHANNEL_PUBLISH_SETTLE, DB_INT(snapshot)) ||
        /* Another state of theirs: it has the number of the publish. */
        !db_run(db, error, DB_DEVICE_NEW_VERSION_OF_PENDING, DB_INT(snapshot)) ||
        !publish_version_settle(db, snapshot, error) || !publish_job_settle_public(db, snapshot, error) ||
        !feed_channels_settle(db, error) || !db_run(db, error, DB_PUBLISH_DONE, DB_INT(snapshot)))
        return false;
    *changed = db_changes(db) > 0;
    if (!rollout_settle(db, snapshot, &turned, error))
        return false;
    *changed = *changed || turned;
    return db_run(db, error, DB_PUBLISH_REMOVE_PENDING) && db_change_commit(&change, error);
}

bool publish_settle(struct home *home, const struct tuf_repo *repo, struct pp_error *error) {
    if (!stored_key_settle(home->db, error))
        return false;
    db_lock(home->db);
    db_autorow struct db_row *row = db_query(home->db, error, DB_PUBLISH_COUNT_PENDING);
    bool changed = false;
    bool ok = row && db_next(row, "publish", error);
    int64_t pending = ok ? db_int(row, 0) : 0;
    bool rekeyed = false;
    db_row_finish(row);
    if (pending)
        ok = rows_done(home, tuf_repo_snapshot_version(repo), &changed, error);
    ok = ok && publish_job_settle(home->db, error) &&
         channel_key_settle(home->db, tuf_repo_snapshot_version(repo), &rekeyed, error);
    db_unlock(home->db);
    if (changed || rekeyed)
        home_wake(home);
    return ok;
}

/* The `signed` part of the channel's role that is public. The caller deletes it; NULL on failure. */
static cJSON *role_read(struct home *home, const struct tuf_repo *repo, const char *channel,
                        struct pp_error *error) {
    char role[sizeof TUF_CHANNEL_ROLE + CHANNEL_ID_MAX];
    snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", channel);
    return tuf_repo_read(home, tuf_repo_version(repo, role), role, error);
}

/* One of the channel's manifests as it is, under its next key; false where there is none that can be opened. */
static bool manifest_seal_again(struct home *home, const struct channel *channel, const cJSON *role,
                                enum publish_place place, struct tuf_target *target, struct pp_error *error) {
    uint8_t sha256[32];
    pp_autobuf struct pp_buf present = PP_BUF_INIT(SEALED_MAX);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CHANNEL_MANIFEST_SIZE_MAX);
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
    return publish_manifest_read(home, channel->id, role, place, sha256, &present, error) &&
           publish_manifest_open(home, channel->id, &present, &text, error) &&
           publish_manifest_seal(channel, pp_buf_text(&text), &sealed, error) &&
           publish_manifest_write(home, place, &sealed, target, error);
}

static bool rekey_begin(struct home *home, const char *id, int64_t snapshot, struct channel *channel,
                        struct pp_error *error) {
    db_lock(home->db);
    bool ok =
        channel_find(home->db, id, channel, error) && channel_key_begin(home->db, channel, snapshot, error);
    db_unlock(home->db);
    return ok;
}

static bool rekey_finish(struct home *home, const char *id, int64_t snapshot, struct pp_error *error) {
    bool changed;
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, home->db, error) && rows_done(home, snapshot, &changed, error) &&
           channel_key_finish(home->db, id, error) && db_change_commit(&change, error);
}

/* With what is next on it, where a rollout is under way. Where that is spoilt, the rollout ends with this. */
static bool next_seal_again(struct home *home, const struct channel *channel, const cJSON *role,
                            int64_t snapshot, struct tuf_target *target, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error none = {0};
    struct pp_error spoilt = {0};
    db_lock(home->db);
    bool found = rollout_of_channel(home->db, channel->id, &rollout, &none);
    db_unlock(home->db);
    if (!found)
        return none.code == PP_E_NOTFOUND || pp_fail(error, none.code, "%s", none.message);
    bool again = manifest_seal_again(home, channel, role, PUBLISH_NEXT, target, &spoilt);
    if (!again)
        pp_log_warning("channel %s: its rollout is cancelled: %s", channel->id, spoilt.message);
    rollout.length = target->next_length;
    memcpy(rollout.sha256, target->next_sha256, sizeof rollout.sha256);
    db_lock(home->db);
    bool ok = rollout_turn(home->db, &rollout, again ? "reseal" : "cancel", snapshot, error);
    db_unlock(home->db);
    return ok;
}

/* A new key for the channel, and what is published on it sealed anew. A manifest that is spoilt does not keep the old
 * key in effect: the next publish replaces it. */
static bool rekey(struct home *home, struct tuf_repo *repo, const char *id, struct pp_error *error) {
    struct channel channel;
    struct pp_error spoilt = {0};
    bool changed;
    int64_t snapshot = tuf_repo_snapshot_version(repo) + 1;
    bool ok = rekey_begin(home, id, snapshot, &channel, error);
    struct tuf_target target = {.channel = channel.id};
    pp_autojson cJSON *role = ok && channel.publish ? role_read(home, repo, id, &spoilt) : NULL;
    if (role && manifest_seal_again(home, &channel, role, PUBLISH_PRESENT, &target, &spoilt))
        ok = next_seal_again(home, &channel, role, snapshot, &target, error) &&
             signing_repo_update(home->signing, repo, &target, &changed, error);
    else if (spoilt.code)
        pp_log_warning("channel %s: publish it again: %s", id, spoilt.message);
    pp_wipe(&channel, sizeof channel);
    return ok && rekey_finish(home, id, tuf_repo_snapshot_version(repo), error);
}

/* New keys for all channels that screens have left. */
static bool rekey_all(struct home *home, struct tuf_repo *repo, struct pp_error *error) {
    char id[CHANNEL_ID_MAX + 1];
    for (;;) {
        db_lock(home->db);
        bool ok = channel_key_wanted(home->db, id, error);
        db_unlock(home->db);
        if (!ok || !*id)
            return ok;
        if (!rekey(home, repo, id, error))
            return false;
        pp_log_info("channel %s has a new key, since a screen left it", id);
        home_wake(home);
    }
}

bool publish_rekey(struct home *home, struct pp_error *error) {
    char id[CHANNEL_ID_MAX + 1];
    db_lock(home->db);
    bool ok = channel_key_wanted(home->db, id, error);
    db_unlock(home->db);
    if (!ok || !*id)
        return ok;
    autolock struct publish_lock lock = publish_lock(home, true, error);
    tuf_autorepo struct tuf_repo repo = {0};
    return lock.home && signing_repo_open(home->signing, &repo, home, error) &&
           publish_settle(home, &repo, error) && rekey_all(home, &repo, error);
}

bool publish_init(struct home *home, struct pp_error *error) {
    return tuf_repo_create(home, error);
}

/* All that was begun is done, and what that or time changes is signed anew. */
static bool bring_up_to_date(struct home *home, struct tuf_repo *repo, struct pp_error *error) {
    bool changed;
    return ca_holders_refuse(home, error) && signing_settle_authorities(home->signing, error) &&
           rekey_all(home, repo, error) && signing_repo_update(home->signing, repo, NULL, &changed, error) &&
           signing_finish_authorities(home->signing, error);
}

bool publish_refresh(struct home *home, struct pp_error *error) {
    struct pp_error busy = {0};
    autolock struct publish_lock lock = publish_lock(home, false, &busy);
    if (!lock.home)
        return busy.code == PP_E_STATE ? true : pp_fail(error, busy.code, "%s", busy.message);
    tuf_autorepo struct tuf_repo repo = {0};
    return signing_repo_open(home->signing, &repo, home, error) && publish_settle(home, &repo, error) &&
           bring_up_to_date(home, &repo, error);
}

static bool states_restored(const struct home *home, struct pp_error *error) {
    db_lock(home->db);
    bool ok = db_run(home->db, error, DB_DEVICE_NEW_EPOCH_ALL);
    db_unlock(home->db);
    return ok;
}

/* Where the root's key is kept elsewhere, all is done that can be done without it. */
static bool roots_lead_on(const struct tuf_repo *repo, int64_t root_version, struct pp_error *error) {
    struct pp_error failure = {0};
    if (tuf_repo_lead_on(repo, root_version, &failure))
        return true;
    if (root_version || failure.code != PP_E_NOTFOUND)
        return pp_fail(error, failure.code, "%s", failure.message);
    pp_log_warning(
        "the root's key is not here: screens that have seen a channel which was made after the copy follow "
        "nothing that is published (%s)",
        failure.message);
    return true;
}

bool publish_restored(struct home *home, int64_t root_version, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {0};
    bool changed;
    autolock struct publish_lock lock = publish_lock(home, true, error);
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error))
        return false;
    if (!roots_lead_on(&repo, root_version, error))
        return false;
    repo.least = repo.now;
    return tuf_repo_update(&repo, NULL, &changed, error) && states_restored(home, error);
}

static bool control_rotate(struct home *home, struct tuf_repo *repo, struct pp_error *error) {
    bool changed;
    PP_AUTO(crypto_key) struct crypto_key *next = tuf_key(home, CONTROL_ROLE TUF_NEXT, true, error);
    return next && tuf_repo_update(repo, NULL, &changed, error) &&
           tuf_key_take_next(home, CONTROL_ROLE, error) && tuf_repo_update(repo, NULL, &changed, error);
}

bool publish_rotate(struct home *home, const char *const *roles, struct pp_error *error) {
    const char *repository[8] = {NULL}; /* those of them that a root names */
    size_t count = 0;
    bool control = false;
    tuf_autorepo struct tuf_repo repo = {0};
    for (; *roles; roles++) {
        if (strcmp(*roles, CONTROL_ROLE) == 0)
            control = true;
        else if (count < PP_COUNT(repository) - 1)
            repository[count++] = *roles;
    }
    autolock struct publish_lock lock = publish_lock(home, true, error);
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error) || (count && !tuf_repo_rotate(&repo, repository, error)) ||
        (control && !control_rotate(home, &repo, error)))
        return false;
    home_wake(home);
    return true;
}

bool publish_rotate_database(struct home *home, struct pp_error *error) {
    autolock struct publish_lock lock = publish_lock(home, true, error);
    return lock.home && stored_key_rotate(home->db, error);
}

bool publish_rotate_channel(struct home *home, const char *channel, struct pp_error *error) {
    db_lock(home->db);
    bool ok = channel_key_want(home->db, channel, error);
    db_unlock(home->db);
    return ok && publish_rekey(home, error);
}

bool publish_ca_rotate(struct home *home, uint8_t sha256[CA_HASH_SIZE], struct pp_error *error) {
    const struct ca_holders holders = ca_holders_of(home);
    tuf_autorepo struct tuf_repo repo = {0};
    autolock struct publish_lock lock = publish_lock(home, true, error);
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error) || !ca_rotate(home, &holders, sha256, error) ||
        !bring_up_to_date(home, &repo, error))
        return false;
    home_wake(home);
    return true;
}

bool publish_ca_retire(struct home *home, const char *hex, bool force, uint8_t sha256[CA_HASH_SIZE],
                       struct pp_error *error) {
    const struct ca_holders holders = ca_holders_of(home);
    tuf_autorepo struct tuf_repo repo = {0};
    autolock struct publish_lock lock = publish_lock(home, true, error);
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error) || !ca_retire(home, &holders, hex, force, sha256, error) ||
        !bring_up_to_date(home, &repo, error))
        return false;
    home_wake(home);
    return true;
}

bool publish_restate_time(struct home *home, struct pp_error *error) {
    tuf_autorepo struct tuf_repo repo = {0};
    autolock struct publish_lock lock = publish_lock(home, true, error);
    return lock.home && signing_repo_open(home->signing, &repo, home, error) &&
           tuf_repo_restate_time(&repo, error);
}

static bool versions_forget(struct home *home, int64_t now, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_versions_forget(home->db, now, error);
    db_unlock(home->db);
    return ok;
}

bool publish_maintain(struct home *home, int64_t now, bool *again, struct pp_error *error) {
    struct pp_error busy = {0};
    struct repo_cleaned cleaned = {0};
    autolock struct publish_lock lock = publish_lock(home, false, &busy);
    *again = !lock.home;
    if (!lock.home)
        return busy.code == PP_E_STATE ? true : pp_fail(error, busy.code, "%s", busy.message);
    tuf_autorepo struct tuf_repo repo = {0};
    if (!signing_repo_open(home->signing, &repo, home, error))
        return false;
    repo.now = now;
    /* Neither waits for the other: a root that cannot be signed here must not fill the disk. */
    struct pp_error root = {0};
    bool root_ok = signing_repo_renew_root(home->signing, &root);
    if (!publish_settle(home, &repo, error) || !versions_forget(home, now, error) ||
        !repo_clean(home, &repo, &cleaned, error))
        return false;
    *again = cleaned.more;
    if (cleaned.files)
        pp_log_info("removed %zu files that nothing refers to any more, %llu bytes", cleaned.files,
                    (unsigned long long)cleaned.bytes);
    return root_ok ? true : pp_fail(error, root.code, "%s", root.message);
}

/* A publish on its way. */
struct publishing {
    struct home *home;
    struct tuf_repo *repo;
    const char *channel;
    struct playlist *playlist;
    const struct publish_options *options;
    struct published_object *objects; /* of each file; without their keys once they stand in the manifest */
    cJSON *warnings;
    struct publish_result *result;
};

static void publishing_finish(struct publishing *publishing) {
    free(publishing->objects);
    cJSON_Delete(publishing->warnings);
}

static const char *file_name(const struct publishing *publishing, size_t place) {
    const struct publish_original *originals = publishing->options->originals;
    return originals ? originals[place].name : publishing->playlist->files[place];
}

static bool object_seal(const struct publishing *publishing, size_t place, struct published_object *object,
                        struct pp_error *error) {
    const struct publish_options *options = publishing->options;
    const struct playlist *playlist = publishing->playlist;
    const struct media_type *type = &playlist->types[place];
    bool ok = options->originals ? publish_object_again(publishing->home, &options->originals[place], type,
                                                        &options->renderers, options->watch, object, error)
                                 : publish_object(publishing->home, playlist->files[place], type,
                                                  &options->renderers, object, error);
    return ok && publish_object_note(publishing->home, object, publishing->channel, error);
}

static bool objects_seal(struct publishing *publishing, struct pp_error *error) {
    struct publish_result *result = publishing->result;
    const struct playlist *playlist = publishing->playlist;
    cJSON *objects = cJSON_AddObjectToObject(playlist->manifest, "objects");
    publishing->objects = calloc(playlist->count + 1, sizeof *publishing->objects);
    if (!publishing->objects)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < playlist->count; i++) {
        struct published_object *object = &publishing->objects[i];
        if (!object_seal(publishing, i, object, error)) {
            pp_wipe(&object->key, sizeof object->key);
            return false;
        }
        if (*object->warning)
            publish_warning_add(publishing->warnings, file_name(publishing, i), object->warning);
        publish_manifest_object(objects, i, object, playlist->types[i].name);
        result->objects++;
        result->kept += object->kept;
        result->bytes += object->kept ? 0 : object->length;
    }
    return true;
}

static bool manifest_seal(const struct channel *channel, const cJSON *manifest, struct pp_buf *sealed,
                          struct pp_error *error) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(manifest);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    bool ok = publish_manifest_seal(channel, text, sealed, error);
    pp_wipe(text, strlen(text));
    return ok;
}

static bool row_insert(const struct home *home, const char *channel, int64_t snapshot, int64_t *number,
                       struct pp_error *error) {
    db_autorow struct db_row *row = db_query(home->db, error, DB_PUBLISH_ADD, DB_TEXT(channel),
                                             DB_INT(snapshot), DB_INT(pp_clock_realtime_s()));
    if (!row || !db_next(row, "publish", error))
        return false;
    *number = db_int(row, 0);
    return true;
}

/* The row that says which snapshot will make this publish public. */
static bool row_pending(const struct home *home, const char *channel, int64_t snapshot, const cJSON *warnings,
                        int64_t *number, struct pp_error *error) {
    db_lock(home->db);
    bool ok = row_insert(home, channel, snapshot, number, error) &&
              publish_warnings_store(home->db, *number, warnings, error);
    db_unlock(home->db);
    return ok;
}

/* Publishing files makes the channel; one that content of the library is published on is there, or has been removed. */
static bool channel_take(struct home *home, const struct publishing *publishing, struct channel *channel,
                         struct pp_error *error) {
    return publishing->options->originals ? channel_known(home->db, publishing->channel, channel, error)
                                          : channel_ensure(home->db, publishing->channel, error);
}

static bool channel_prepare(const struct publishing *publishing, struct channel *channel,
                            struct pp_error *error) {
    struct home *home = publishing->home;
    const char *id = publishing->channel;
    const cJSON *manifest = publishing->playlist->manifest;
    const cJSON *title = cJSON_GetObjectItemCaseSensitive(manifest, "title");
    char folded[TEXT_FOLDED_SIZE];
    db_lock(home->db);
    /* With a rollout it is called otherwise once that is finished. */
    bool ok = channel_take(home, publishing, channel, error) &&
              (!title || publishing->options->record->plan ||
               db_run(home->db, error, DB_CHANNEL_TITLE_SET, DB_TEXT(title->valuestring),
                      DB_TEXT(text_folded(title->valuestring, folded)), DB_TEXT(id))) &&
              channel_find(home->db, id, channel, error) && channel_open_key(home->db, channel, error);
    db_unlock(home->db);
    return ok;
}

/* What the channel's version is to be known by, and the job that is done with it. */
static bool record_keep(const struct publishing *publishing, struct pp_error *error) {
    const struct publish_record *record = publishing->options->record;
    const struct publish_version version = {.channel = publishing->channel,
                                            .number = publishing->result->number,
                                            .record = record,
                                            .playlist = publishing->playlist,
                                            .originals = publishing->options->originals,
                                            .objects = publishing->objects};
    return publish_version_add(publishing->home->db, &version, error) &&
           (!record->job ||
            publish_job_is_made(publishing->home->db, record->job, publishing->result->number, error));
}

/* That some screens have it first. */
static bool rollout_keep(const struct publishing *publishing, int64_t snapshot, const struct pp_buf *sealed,
                         struct pp_error *error) {
    const struct publish_record *record = publishing->options->record;
    rollout_auto struct rollout rollout = {.version = publishing->result->number, .length = sealed->size};
    if (!record->plan)
        return true;
    snprintf(rollout.channel, sizeof rollout.channel, "%s", publishing->channel);
    snprintf(rollout.author, sizeof rollout.author, "%s", record->author);
    snprintf(rollout.note, sizeof rollout.note, "%s", record->note);
    return crypto_sha256(sealed->data, sealed->size, rollout.sha256, error) &&
           rollout_plan_parse(record->plan, &rollout.plan, error) &&
           rollout_add(publishing->home->db, &rollout, snapshot, error);
}

/* The channel, the rows, and the sealed manifest: all of it, or nothing where screens would refuse it. */
static bool publish_prepare(const struct publishing *publishing, int64_t snapshot, struct pp_buf *sealed,
                            struct pp_error *error) {
    struct channel channel;
    struct home *home = publishing->home;
    cJSON *manifest = publishing->playlist->manifest;
    int64_t *number = &publishing->result->number;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, home->db, error) || !channel_prepare(publishing, &channel, error) ||
        !row_pending(home, publishing->channel, snapshot, publishing->warnings, number, error))
        return false;
    bool ok =
        record_keep(publishing, error) && feed_channel_add(home->db, publishing->channel, manifest, error);
    cJSON_AddStringToObject(manifest, "channel", publishing->channel);
    cJSON_AddNumberToObject(manifest, "version", (double)*number);
    ok = ok && manifest_seal(&channel, manifest, sealed, error) &&
         rollout_keep(publishing, snapshot, sealed, error) && db_change_commit(&change, error);
    pp_wipe(&channel, sizeof channel);
    return ok;
}

/* Nothing else is published during a rollout, which needs something to go back to. */
static bool rollout_may_begin(const struct publishing *publishing, struct pp_error *error) {
    struct db *db = publishing->home->db;
    struct channel channel = {0};
    struct pp_error missing = {0};
    db_lock(db);
    bool ok = rollout_none(db, publishing->channel, error);
    bool known = ok && channel_find(db, publishing->channel, &channel, &missing);
    db_unlock(db);
    if (!ok || (!known && missing.code != PP_E_NOTFOUND))
        return ok ? pp_fail(error, missing.code, "%s", missing.message) : false;
    return !publishing->options->record->plan || channel.publish ||
           pp_fail(error, PP_E_STATE,
                   "nothing is published on channel \"%s\" yet: a rollout needs something to go back to",
                   publishing->channel);
}

/* Beside the present one, or in its place. */
static bool manifest_place(const struct publishing *publishing, const struct pp_buf *sealed,
                           struct tuf_target *target, struct pp_error *error) {
    struct home *home = publishing->home;
    if (!publishing->options->record->plan)
        return publish_manifest_write(home, PUBLISH_PRESENT, sealed, target, error);
    pp_autojson cJSON *role = role_read(home, publishing->repo, publishing->channel, error);
    return role &&
           (publish_manifest_named(role, PUBLISH_PRESENT, target) ||
            pp_fail(error, PP_E_STATE, "nothing is published on channel \"%s\"", publishing->channel)) &&
           publish_manifest_write(home, PUBLISH_NEXT, sealed, target, error);
}

bool publish_under_lock(struct home *home, struct tuf_repo *repo, const char *channel,
                        struct playlist *playlist, const struct publish_options *options,
                        struct publish_result *result, struct pp_error *error) {
    PP_CLEANUP(publishing_finish)
    struct publishing publishing = {.home = home,
                                    .repo = repo,
                                    .channel = channel,
                                    .playlist = playlist,
                                    .options = options,
                                    .warnings = cJSON_CreateArray(),
                                    .result = result};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
    struct tuf_target target = {.channel = channel};
    bool changed;
    *result = (struct publish_result){0};
    if (!rollout_may_begin(&publishing, error) || !rekey_all(home, repo, error) ||
        !objects_seal(&publishing, error))
        return false;
    int64_t snapshot = tuf_repo_snapshot_version(repo) + 1;
    if (!publish_prepare(&publishing, snapshot, &sealed, error) ||
        !manifest_place(&publishing, &sealed, &target, error) ||
        !signing_repo_update(home->signing, repo, &target, &changed, error) ||
        !rows_done(home, snapshot, &changed, error))
        return false;
    if (options->warn)
        publish_warnings_each(publishing.warnings, options->warn, options->arg);
    home_wake(home);
    return true;
}

/* Files of who asks, who is at work on them himself. */
static bool job_begin(struct home *home, const char *channel, const struct playlist *playlist,
                      const cJSON *plan, char job[UUID_TEXT_SIZE], struct pp_error *error) {
    const struct op_place at = {.home = home, .db = home->db};
    const struct actor actor = actor_command_line();
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", channel);
    cJSON_AddNumberToObject(request, "files", (double)playlist->count);
    if (plan)
        cJSON_AddItemToObject(request, "rollout", cJSON_Duplicate(plan, true));
    db_lock(home->db);
    bool ok = ops_run(&at, &actor, "channel.publish", request, &result, error);
    db_unlock(home->db);
    return ok && pp_json_copy(result.value, "job", UUID_TEXT_SIZE - 1, job, error);
}

bool publish_playlist(struct home *home, const char *channel, struct playlist *playlist,
                      const struct publish_options *options, struct publish_result *result,
                      struct pp_error *error) {
    char job[UUID_TEXT_SIZE];
    const struct publish_record record = {
        .author = "command line", .note = "", .document = "", .job = job, .plan = options->plan};
    struct publish_options recorded = *options;
    struct pp_error why = {0};
    autolock struct publish_lock lock = publish_lock(home, true, error);
    tuf_autorepo struct tuf_repo repo = {0};
    recorded.record = &record;
    if (!lock.home || !signing_repo_open(home->signing, &repo, home, error) ||
        !publish_settle(home, &repo, error) || !job_begin(home, channel, playlist, options->plan, job, error))
        return false;
    if (publish_under_lock(home, &repo, channel, playlist, &recorded, result, &why))
        return true;
    publish_job_fail(home->db, job, &why);
    return pp_fail(error, why.code, "%s", why.message);
}

/* ---- The end of a rollout ---- */

static bool rollout_open(struct home *home, const char *id, struct rollout *rollout, struct pp_error *error) {
    db_lock(home->db);
    bool known = rollout_find(home->db, id, rollout, error);
    db_unlock(home->db);
    return known && (strcmp(rollout->state, "running") == 0 || strcmp(rollout->state, "halted") == 0 ||
                     pp_fail(error, PP_E_STATE, "the rollout has ended already"));
}

/* Public with the next snapshot. */
static bool rollout_end(struct home *home, struct tuf_repo *repo, const struct rollout *rollout,
                        const char *turn, const struct tuf_target *target, struct pp_error *error) {
    int64_t snapshot = tuf_repo_snapshot_version(repo) + 1;
    bool changed;
    db_lock(home->db);
    bool ok = rollout_turn(home->db, rollout, turn, snapshot, error);
    db_unlock(home->db);
    if (!ok || !signing_repo_update(home->signing, repo, target, &changed, error) ||
        !rows_done(home, snapshot, &changed, error))
        return false;
    home_wake(home);
    return true;
}

/* What screens have had so far, and nothing else. */
static bool next_read(struct home *home, const struct rollout *rollout, const cJSON *role,
                      struct pp_buf *sealed, struct pp_error *error) {
    uint8_t named[32];
    uint8_t sha256[32];
    return publish_manifest_read(home, rollout->channel, role, PUBLISH_NEXT, named, sealed, error) &&
           crypto_sha256(sealed->data, sealed->size, sha256, error) &&
           ((memcmp(sha256, named, sizeof sha256) == 0 &&
             memcmp(sha256, rollout->sha256, sizeof sha256) == 0) ||
            pp_fail(error, PP_E_INVALID, "what is next on channel \"%s\" is spoilt: cancel the rollout",
                    rollout->channel));
}

bool publish_finish_under_lock(struct home *home, struct tuf_repo *repo, const char *id,
                               struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
    if (!rekey_all(home, repo, error) || !rollout_open(home, id, &rollout, error))
        return false;
    struct tuf_target target = {.channel = rollout.channel};
    pp_autojson cJSON *role = role_read(home, repo, rollout.channel, error);
    return role && next_read(home, &rollout, role, &sealed, error) &&
           publish_manifest_write(home, PUBLISH_PRESENT, &sealed, &target, error) &&
           rollout_end(home, repo, &rollout, "finish", &target, error);
}

bool publish_cancel_under_lock(struct home *home, struct tuf_repo *repo, const char *id,
                               struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    if (!rollout_open(home, id, &rollout, error))
        return false;
    struct tuf_target target = {.channel = rollout.channel};
    pp_autojson cJSON *role = role_read(home, repo, rollout.channel, error);
    return role &&
           (publish_manifest_named(role, PUBLISH_PRESENT, &target) ||
            pp_fail(error, PP_E_INVALID, TUF_CHANNEL_ROLE "%s: names no manifest", rollout.channel)) &&
           rollout_end(home, repo, &rollout, "cancel", &target, error);
}

static bool channel_published(struct home *home, const char *id, struct channel *channel,
                              struct pp_error *error) {
    db_lock(home->db);
    bool known = channel_known(home->db, id, channel, error);
    db_unlock(home->db);
    if (!known)
        return false;
    return channel->publish ? true : pp_fail(error, PP_E_STATE, "nothing is published on channel \"%s\"", id);
}

static bool channel_emptied(struct home *home, const char *id, struct pp_error *error) {
    db_lock(home->db);
    bool ok = publish_version_withdraw(home->db, id, error) && feed_channel_empty(home->db, id, error) &&
              db_run(home->db, error, DB_CHANNEL_EMPTY, DB_TEXT(id));
    db_unlock(home->db);
    return ok;
}

bool publish_withdraw_under_lock(struct home *home, struct tuf_repo *repo, const char *id,
                                 struct pp_error *error) {
    struct channel channel = {0};
    bool changed;
    if (!channel_published(home, id, &channel, error))
        return false;
    const struct tuf_target nothing = {.channel = channel.id};
    db_lock(home->db);
    bool none = rollout_none(home->db, id, error);
    db_unlock(home->db);
    if (!none || !signing_repo_update(home->signing, repo, &nothing, &changed, error) ||
        !channel_emptied(home, channel.id, error))
        return false;
    home_wake(home);
    return true;
}

static bool screens_move(struct home *home, const char *id, const char *move_to, struct pp_error *error) {
    struct channel channel;
    db_lock(home->db);
    bool ok = channel_known(home->db, id, &channel, error) &&
              (!move_to || channel_known(home->db, move_to, &channel, error)) &&
              channel_leave(home->db, id, move_to, error);
    db_unlock(home->db);
    return ok;
}

/* Out of the repository, where it is in there. */
static bool channel_unlist(struct tuf_repo *repo, const char *id, struct pp_error *error) {
    struct signing *signing = repo->home->signing;
    const struct tuf_target gone = {.channel = id, .removed = true};
    char role[sizeof TUF_CHANNEL_ROLE + CHANNEL_ID_MAX];
    bool changed;
    snprintf(role, sizeof role, TUF_CHANNEL_ROLE "%s", id);
    if (tuf_repo_version(repo, role) && !signing_repo_update(signing, repo, &gone, &changed, error))
        return false;
    return signing_repo_forget(signing, id, error);
}

bool publish_remove_under_lock(struct home *home, struct tuf_repo *repo, const char *id, const char *move_to,
                               struct pp_error *error) {
    if (!screens_move(home, id, move_to, error) || !channel_unlist(repo, id, error))
        return false;
    db_lock(home->db);
    bool ok = channel_delete(home->db, id, error);
    db_unlock(home->db);
    home_wake(home);
    return ok;
}
