#include "headend/ops/screen_changes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "headend/ops/device.h"

#define COLUMNS 10 /* of DEVICE_SHOWN, behind the id */

struct seen {
    char id[UUID_TEXT_SIZE];
    uint64_t digest;
};

struct snapshot {
    struct seen *screens; /* by id */
    size_t count, room;
};

struct screen_changes {
    pthread_mutex_t mutex;
    struct snapshot last;
    bool looked;
    int64_t look_at;                               /* ms, CLOCK_MONOTONIC: not before */
    uint64_t newest;                               /* number of the next change */
    char ids[SCREEN_CHANGES_KEPT][UUID_TEXT_SIZE]; /* of change number n at n % SCREEN_CHANGES_KEPT */
};

struct screen_changes *screen_changes_create(struct pp_error *error) {
    struct screen_changes *changes = calloc(1, sizeof *changes);
    if (!changes) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&changes->mutex, NULL);
    return changes;
}

void screen_changes_destroy(struct screen_changes *changes) {
    if (!changes)
        return;
    pthread_mutex_destroy(&changes->mutex);
    free(changes->last.screens);
    free(changes);
}

/* FNV-1a, 64 bits, over a column and its end. */
static uint64_t digest_add(uint64_t digest, const char *text) {
    do
        digest = (digest ^ (unsigned char)*text) * 1099511628211ULL;
    while (*text++);
    return digest;
}

static bool snapshot_add(struct snapshot *snapshot, struct db_row *row, struct pp_error *error) {
    if (snapshot->count == snapshot->room) {
        size_t room = snapshot->room ? 2 * snapshot->room : 256;
        struct seen *screens = realloc(snapshot->screens, room * sizeof *screens);
        if (!screens)
            return pp_fail(error, PP_E_NOMEM, "out of memory");
        snapshot->screens = screens;
        snapshot->room = room;
    }
    struct seen *screen = &snapshot->screens[snapshot->count++];
    snprintf(screen->id, sizeof screen->id, "%s", db_text(row, 0));
    screen->digest = 14695981039346656037ULL;
    for (int column = 1; column <= COLUMNS; column++)
        screen->digest = digest_add(screen->digest, db_text(row, column));
    return true;
}

static bool snapshot_take(struct snapshot *snapshot, struct db *db, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_DEVICE_SHOWN, DB_INT(pp_clock_realtime_s() - DEVICE_ONLINE_S));
    if (!row)
        return false;
    while (db_next(row, "screen", &end)) {
        if (!snapshot_add(snapshot, row, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static void change_note(struct screen_changes *changes, const char *id) {
    memcpy(changes->ids[changes->newest++ % SCREEN_CHANGES_KEPT], id, UUID_TEXT_SIZE);
}

/* Both are by id: what stands in one alone came or went. */
static void changes_find(struct screen_changes *changes, const struct snapshot *before,
                         const struct snapshot *now) {
    size_t b = 0;
    size_t n = 0;
    while (b < before->count || n < now->count) {
        const struct seen *old = b < before->count ? &before->screens[b] : NULL;
        const struct seen *new = n < now->count ? &now->screens[n] : NULL;
        int order = old && new ? strcmp(old->id, new->id) : old ? -1 : 1;
        if (old && order < 0)
            change_note(changes, old->id);
        else if (new && (!old || order > 0 || old->digest != new->digest))
            change_note(changes, new->id);
        b += order <= 0;
        n += order >= 0;
    }
}

/* With the mutex held. */
static bool changes_look(struct screen_changes *changes, struct db *db, struct pp_error *error) {
    struct snapshot snapshot = {0};
    if (!snapshot_take(&snapshot, db, error)) {
        free(snapshot.screens);
        return false;
    }
    if (changes->looked)
        changes_find(changes, &changes->last, &snapshot);
    free(changes->last.screens);
    changes->last = snapshot;
    changes->looked = true;
    return true;
}

bool screen_changes_look(struct screen_changes *changes, struct db *db, struct pp_error *error) {
    bool ok = true;
    pthread_mutex_lock(&changes->mutex);
    int64_t start = pp_clock_monotonic_ms();
    if (start >= changes->look_at) {
        ok = changes_look(changes, db, error);
        int64_t end = pp_clock_monotonic_ms();
        int64_t pause_ms = SCREEN_CHANGES_PART * (end - start);
        changes->look_at = end + (pause_ms > SCREEN_CHANGES_EVERY_MS ? pause_ms : SCREEN_CHANGES_EVERY_MS);
    }
    pthread_mutex_unlock(&changes->mutex);
    return ok;
}

int64_t screen_changes_due(struct screen_changes *changes) {
    pthread_mutex_lock(&changes->mutex);
    int64_t due = changes->look_at;
    pthread_mutex_unlock(&changes->mutex);
    return due;
}

uint64_t screen_changes_position(struct screen_changes *changes) {
    pthread_mutex_lock(&changes->mutex);
    uint64_t newest = changes->newest;
    pthread_mutex_unlock(&changes->mutex);
    return newest;
}

bool screen_changes_since(struct screen_changes *changes, uint64_t *position, char (*ids)[UUID_TEXT_SIZE],
                          size_t max, size_t *count) {
    *count = 0;
    pthread_mutex_lock(&changes->mutex);
    bool kept = changes->newest - *position <= SCREEN_CHANGES_KEPT;
    if (!kept)
        *position = changes->newest;
    for (; *position < changes->newest && *count < max; ++*position)
        memcpy(ids[(*count)++], changes->ids[*position % SCREEN_CHANGES_KEPT], UUID_TEXT_SIZE);
    pthread_mutex_unlock(&changes->mutex);
    return kept;
}
