#include "headend/ops/screen_changes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "headend/ops/device.h"

/* Looked at one after the other. The first column is the id; the others are what counts. */
static const struct look {
    enum change_kind kind;
    enum db_statement statement;
    int columns;   /* behind the id */
    bool receipts; /* the last of them is of CHANGE_COMMANDS */
} looks[] = {
    {CHANGE_SCREEN, DB_DEVICE_SHOWN, 13, true},     {CHANGE_ENROLMENTS, DB_ENROLMENT_SHOWN, 2, false},
    {CHANGE_CHANNEL, DB_CHANNEL_SHOWN, 6, false},   {CHANGE_GROUP, DB_GROUP_SHOWN, 1, false},
    {CHANGE_SETTINGS, DB_SETTINGS_SHOWN, 6, false}, {CHANGE_MESSAGE, DB_MESSAGE_LOOK, 1, false},
    {CHANGE_FEED, DB_FEED_SHOWN, 1, false}};

struct seen {
    char id[SCREEN_CHANGE_ID_MAX + 1];
    uint64_t digest, receipts;
};

struct snapshot {
    struct seen *rows; /* by id */
    size_t count, room;
};

struct snapshots {
    struct snapshot of[PP_COUNT(looks)];
};

struct screen_changes {
    pthread_mutex_t mutex;
    struct snapshots last;
    bool looked;
    int64_t look_at;                                /* ms, CLOCK_MONOTONIC: not before */
    uint64_t newest;                                /* number of the next change */
    struct screen_change kept[SCREEN_CHANGES_KEPT]; /* change number n at n % SCREEN_CHANGES_KEPT */
};

static void snapshots_finish(struct snapshots *snapshots) {
    for (size_t i = 0; i < PP_COUNT(looks); i++)
        free(snapshots->of[i].rows);
    *snapshots = (struct snapshots){0};
}

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
    snapshots_finish(&changes->last);
    free(changes);
}

/* FNV-1a, 64 bits, over a column and its end. */
static uint64_t digest_add(uint64_t digest, const char *text) {
    do
        digest = (digest ^ (unsigned char)*text) * 1099511628211ULL;
    while (*text++);
    return digest;
}

#define DIGEST_START 14695981039346656037ULL

static bool snapshot_add(struct snapshot *snapshot, const struct look *look, struct db_row *row,
                         struct pp_error *error) {
    if (snapshot->count == snapshot->room) {
        size_t room = snapshot->room ? 2 * snapshot->room : 256;
        struct seen *rows = realloc(snapshot->rows, room * sizeof *rows);
        if (!rows)
            return pp_fail(error, PP_E_NOMEM, "out of memory");
        snapshot->rows = rows;
        snapshot->room = room;
    }
    struct seen *seen = &snapshot->rows[snapshot->count++];
    snprintf(seen->id, sizeof seen->id, "%s", db_text(row, 0));
    seen->digest = seen->receipts = DIGEST_START;
    for (int column = 1; column <= look->columns - look->receipts; column++)
        seen->digest = digest_add(seen->digest, db_text(row, column));
    if (look->receipts)
        seen->receipts = digest_add(seen->receipts, db_text(row, look->columns));
    return true;
}

static struct db_row *look_query(struct db *db, const struct look *look, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    if (look->kind == CHANGE_SCREEN)
        return db_query(db, error, look->statement, DB_INT(now - DEVICE_ONLINE_S));
    if (look->kind == CHANGE_ENROLMENTS)
        return db_query(db, error, look->statement, DB_INT(now));
    return db_query(db, error, look->statement);
}

static int seen_compare(const void *a, const void *b) {
    return strcmp(((const struct seen *)a)->id, ((const struct seen *)b)->id);
}

static bool snapshot_take(struct snapshot *snapshot, const struct look *look, struct db *db,
                          struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = look_query(db, look, error);
    if (!row)
        return false;
    while (db_next(row, "row", &end)) {
        if (!snapshot_add(snapshot, look, row, error))
            return false;
    }
    /* Names of sites stand in a database's own order. */
    if (look->kind == CHANGE_SETTINGS && snapshot->count)
        qsort(snapshot->rows, snapshot->count, sizeof *snapshot->rows, seen_compare);
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static void change_note(struct screen_changes *changes, enum change_kind kind, const char *id) {
    struct screen_change *change = &changes->kept[changes->newest++ % SCREEN_CHANGES_KEPT];
    change->kind = kind;
    snprintf(change->id, sizeof change->id, "%s", id);
}

/* What stands in one alone came or went. */
static void row_compare(struct screen_changes *changes, const struct look *look, const struct seen *old,
                        const struct seen *new) {
    if (!old || !new || old->digest != new->digest)
        change_note(changes, look->kind, old ? old->id : new->id);
    if (old && new && old->receipts != new->receipts)
        change_note(changes, CHANGE_COMMANDS, new->id);
}

/* Both are by id. */
static void changes_find(struct screen_changes *changes, const struct look *look,
                         const struct snapshot *before, const struct snapshot *now) {
    size_t b = 0;
    size_t n = 0;
    while (b < before->count || n < now->count) {
        const struct seen *old = b < before->count ? &before->rows[b] : NULL;
        const struct seen *new = n < now->count ? &now->rows[n] : NULL;
        int order = old && new ? strcmp(old->id, new->id) : old ? -1 : 1;
        if (old || new)
            row_compare(changes, look, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
        b += order <= 0;
        n += order >= 0;
    }
}

/* With the mutex held. */
static bool changes_look(struct screen_changes *changes, struct db *db, struct pp_error *error) {
    struct snapshots now = {0};
    for (size_t i = 0; i < PP_COUNT(looks); i++) {
        if (!snapshot_take(&now.of[i], &looks[i], db, error)) {
            snapshots_finish(&now);
            return false;
        }
    }
    for (size_t i = 0; changes->looked && i < PP_COUNT(looks); i++)
        changes_find(changes, &looks[i], &changes->last.of[i], &now.of[i]);
    snapshots_finish(&changes->last);
    changes->last = now;
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

bool screen_changes_since(struct screen_changes *changes, uint64_t *position, struct screen_change *found,
                          size_t max, size_t *count) {
    *count = 0;
    pthread_mutex_lock(&changes->mutex);
    bool kept = changes->newest - *position <= SCREEN_CHANGES_KEPT;
    if (!kept)
        *position = changes->newest;
    for (; *position < changes->newest && *count < max; ++*position)
        found[(*count)++] = changes->kept[*position % SCREEN_CHANGES_KEPT];
    pthread_mutex_unlock(&changes->mutex);
    return kept;
}
