#include "headend/ops/content_upload.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "headend/db/stored_key.h"

struct content_uploads {
    const struct home *home;
    pthread_mutex_t mutex;
    char claimed[CONTENT_UPLOADS_MAX][UUID_TEXT_SIZE]; /* "": a free place */
};

struct content_uploads *content_uploads_create(const struct home *home, struct pp_error *error) {
    struct content_uploads *uploads =
        pp_dir_make(home->fd, UPLOAD_FOLDER, 0700, error) ? calloc(1, sizeof *uploads) : NULL;
    if (!uploads) {
        if (error->code == PP_OK)
            pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    uploads->home = home;
    pthread_mutex_init(&uploads->mutex, NULL);
    return uploads;
}

void content_uploads_destroy(struct content_uploads *uploads) {
    if (!uploads)
        return;
    pthread_mutex_destroy(&uploads->mutex);
    free(uploads);
}

/* Where the id stands; with the mutex. */
static char *place_of(struct content_uploads *uploads, const char *id) {
    for (size_t i = 0; i < CONTENT_UPLOADS_MAX; i++) {
        if (strcmp(uploads->claimed[i], id) == 0)
            return uploads->claimed[i];
    }
    return NULL;
}

bool content_uploads_claim(struct content_uploads *uploads, const char *id) {
    pthread_mutex_lock(&uploads->mutex);
    char *place = place_of(uploads, id) ? NULL : place_of(uploads, "");
    if (place)
        snprintf(place, UUID_TEXT_SIZE, "%s", id);
    pthread_mutex_unlock(&uploads->mutex);
    return place != NULL;
}

void content_uploads_release(struct content_uploads *uploads, const char *id) {
    pthread_mutex_lock(&uploads->mutex);
    char *place = place_of(uploads, id);
    if (place)
        *place = 0;
    pthread_mutex_unlock(&uploads->mutex);
}

bool content_uploads_busy(struct content_uploads *uploads, const char *id) {
    pthread_mutex_lock(&uploads->mutex);
    bool busy = place_of(uploads, id) != NULL;
    pthread_mutex_unlock(&uploads->mutex);
    return busy;
}

/* ---- Rows ---- */

/* What the disk says of it; one without a folder has nothing. */
static bool upload_look(const struct content_uploads *uploads, struct content_upload *upload,
                        struct pp_error *error) {
    struct upload_pieces pieces;
    struct pp_error missing = {0};
    if (!upload_pieces_look(uploads->home, upload->id, &pieces, &missing) && missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    upload->offset = *upload->content || *upload->refusal ? upload->length : pieces.end;
    upload->expires =
        (pieces.changed > upload->created ? pieces.changed : upload->created) + CONTENT_UPLOAD_KEEP_S;
    return true;
}

/* Without its key. */
static bool upload_read(const struct content_uploads *uploads, struct db_row *row,
                        struct content_upload *upload, struct pp_error *error) {
    *upload = (struct content_upload){
        .admin = db_int(row, 1), .length = (uint64_t)db_int(row, 2), .created = db_int(row, 4)};
    snprintf(upload->id, sizeof upload->id, "%s", db_text(row, 0));
    snprintf(upload->metadata, sizeof upload->metadata, "%s", db_text(row, 3));
    snprintf(upload->content, sizeof upload->content, "%s", db_text(row, 7));
    upload->duplicate = db_int(row, 8);
    snprintf(upload->refusal, sizeof upload->refusal, "%s", db_text(row, 9));
    return upload_look(uploads, upload, error);
}

enum content_upload_state content_upload_state(const struct content_upload *upload) {
    if (*upload->content)
        return CONTENT_UPLOAD_DONE;
    if (*upload->refusal)
        return CONTENT_UPLOAD_REFUSED;
    return upload->offset == upload->length ? CONTENT_UPLOAD_CHECKED : CONTENT_UPLOAD_COMES;
}

static bool upload_open(struct content_uploads *uploads, struct db *db, struct db_row *row,
                        struct content_upload *upload, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    stored_key_of_upload(db_text(row, 0), owner);
    return upload_read(uploads, row, upload, error) && stored_key_open(db, owner, row, 6, upload->key, error);
}

bool content_upload_find(struct content_uploads *uploads, struct db *db, int64_t admin, const char *id,
                         struct content_upload *upload, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_FIND, DB_TEXT(id));
    if (!row || !db_next(row, "upload", error))
        return false;
    if (db_int(row, 1) != admin)
        return pp_fail(error, PP_E_NOTFOUND, "upload: none of that person's");
    if (!upload_open(uploads, db, row, upload, error))
        return false;
    return !db_int(row, 5) || *upload->content || *upload->refusal ||
           pp_fail(error, PP_E_EXPIRED, "the upload has ended");
}

static bool person_read(struct db *db, int64_t admin, char person[TEXT_NAME_MAX + 1],
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_PERSON, DB_INT(admin));
    if (!row || !db_next(row, "person", error))
        return false;
    snprintf(person, TEXT_NAME_MAX + 1, "%s", db_text(row, 0));
    return true;
}

bool content_upload_take(struct content_uploads *uploads, struct db *db, const char *id,
                         struct content_upload *upload, char person[TEXT_NAME_MAX + 1],
                         struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_FIND, DB_TEXT(id));
    if (!row || !db_next(row, "upload", error))
        return false;
    if (db_int(row, 5))
        return pp_fail(error, PP_E_NOTFOUND, "upload: it has ended");
    return upload_open(uploads, db, row, upload, error) && person_read(db, upload->admin, person, error);
}

bool content_upload_settle(struct db *db, const struct content_upload *upload, struct pp_error *error) {
    return db_run(db, error, DB_CONTENT_UPLOAD_SETTLE, DB_INT(pp_clock_realtime_s()),
                  DB_TEXT(upload->content), DB_INT(upload->duplicate), DB_TEXT(upload->refusal),
                  DB_TEXT(upload->id));
}

bool content_upload_whole(struct content_uploads *uploads, struct db *db, const char *after,
                          char id[UUID_TEXT_SIZE], struct pp_error *error) {
    struct pp_error end = {0};
    struct content_upload upload;
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_OPEN_AFTER, DB_TEXT(after));
    id[0] = 0;
    if (!row)
        return false;
    while (db_next(row, "upload", &end)) {
        if (!upload_read(uploads, row, &upload, error))
            return false;
        if (upload.offset == upload.length) {
            memcpy(id, upload.id, UUID_TEXT_SIZE);
            return true;
        }
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool content_upload_each(struct content_uploads *uploads, struct db *db, int64_t admin,
                         bool (*each)(void *arg, const struct content_upload *upload), void *arg,
                         struct pp_error *error) {
    struct pp_error end = {0};
    struct content_upload upload;
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_OPEN);
    if (!row)
        return false;
    while (db_next(row, "upload", &end)) {
        if (db_int(row, 1) != admin)
            continue;
        if (!upload_read(uploads, row, &upload, error))
            return false;
        if (!each(arg, &upload))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* All that have not ended. */
struct reckoning {
    int64_t admin;
    size_t count, of_person;
    uint64_t needed; /* bytes that are still to be written for them */
};

static bool reckon(const struct content_uploads *uploads, struct db *db, struct reckoning *reckoning,
                   struct pp_error *error) {
    struct pp_error end = {0};
    struct content_upload upload;
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_OPEN);
    if (!row)
        return false;
    while (db_next(row, "upload", &end)) {
        if (!upload_read(uploads, row, &upload, error))
            return false;
        reckoning->count++;
        reckoning->of_person += upload.admin == reckoning->admin;
        reckoning->needed += 2 * upload.length - upload.offset;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool space_free(const struct home *home, uint64_t *bytes, struct pp_error *error) {
    struct statvfs status;
    pp_autoclose int fd = pp_dir_open(home->fd, UPLOAD_FOLDER, error);
    if (fd < 0)
        return false;
    if (fstatvfs(fd, &status) < 0)
        return pp_fail_errno(error, UPLOAD_FOLDER);
    *bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return true;
}

static bool upload_admit(const struct content_uploads *uploads, struct db *db,
                         const struct content_upload *upload, struct pp_error *error) {
    struct reckoning reckoning = {.admin = upload->admin};
    uint64_t space = 0;
    if (!reckon(uploads, db, &reckoning, error) || !space_free(uploads->home, &space, error))
        return false;
    if (reckoning.of_person >= CONTENT_UPLOADS_PER_PERSON)
        return pp_fail(error, PP_E_LIMIT, "at most %d uploads of a person at a time",
                       CONTENT_UPLOADS_PER_PERSON);
    if (reckoning.count >= CONTENT_UPLOADS_MAX)
        return pp_fail(error, PP_E_LIMIT, "at most %d uploads at a time", CONTENT_UPLOADS_MAX);
    uint64_t needed = reckoning.needed + 2 * upload->length + CONTENT_SPACE_LEFT;
    return needed <= space || pp_fail(error, PP_E_NOSPACE, "there is no space for it here");
}

bool content_upload_begin(struct content_uploads *uploads, struct db *db, struct content_upload *upload,
                          struct pp_error *error) {
    upload->created = pp_clock_realtime_s();
    upload->expires = upload->created + CONTENT_UPLOAD_KEEP_S;
    upload->offset = 0;
    if (!upload_admit(uploads, db, upload, error) || !uuid_make(upload->id, error) ||
        !crypto_random(upload->key, sizeof upload->key, error))
        return false;
    if (!content_uploads_claim(uploads, upload->id))
        return pp_fail(error, PP_E_LIMIT, "at most %d uploads at a time", CONTENT_UPLOADS_MAX);
    if (upload_pieces_make(uploads->home, upload->id, error))
        return true;
    content_uploads_release(uploads, upload->id);
    return false;
}

bool content_upload_keep(struct db *db, const struct content_upload *upload, struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    stored_key_of_upload(upload->id, owner);
    return stored_key_seal(db, owner, upload->key, sealed, error) &&
           db_run(db, error, DB_CONTENT_UPLOAD_ADD, DB_TEXT(upload->id), DB_INT(upload->admin),
                  DB_INT((int64_t)upload->length), DB_TEXT(upload->metadata), DB_BLOB(sealed, sizeof sealed),
                  DB_INT(upload->created));
}

bool content_upload_end(struct content_uploads *uploads, struct db *db, const char *id,
                        struct pp_error *error) {
    return db_run(db, error, DB_CONTENT_UPLOAD_END, DB_INT(pp_clock_realtime_s()), DB_TEXT(id)) &&
           upload_pieces_remove(uploads->home, id, error);
}

/* ---- Housekeeping ---- */

/* Whether a folder's upload has a row that has not ended, or has come to its end just now. */
static bool upload_lives(struct content_uploads *uploads, struct db *db, const char *id, int64_t now,
                         bool *lives, struct pp_error *error) {
    struct content_upload upload;
    struct pp_error missing = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_FIND, DB_TEXT(id));
    if (!row)
        return false;
    *lives = db_next(row, "upload", &missing);
    if (!*lives)
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    *lives = !db_int(row, 5);
    if (!upload_read(uploads, row, &upload, error))
        return false;
    *lives = *lives && upload.expires > now;
    return true;
}

static bool folder_tidy(struct content_uploads *uploads, struct db *db, const char *id, int64_t now,
                        struct pp_error *error) {
    bool lives = false;
    db_lock(db);
    bool ok = upload_lives(uploads, db, id, now, &lives, error) &&
              (lives || db_run(db, error, DB_CONTENT_UPLOAD_END, DB_INT(now), DB_TEXT(id)));
    db_unlock(db);
    return ok && (lives || upload_pieces_remove(uploads->home, id, error));
}

struct overdue {
    const struct content_uploads *uploads;
    int64_t now;
    char ids[CONTENT_UPLOADS_MAX][UUID_TEXT_SIZE];
    size_t count;
};

static bool overdue_read(struct overdue *overdue, struct db_row *row, struct pp_error *error) {
    struct content_upload upload;
    struct pp_error end = {0};
    while (overdue->count < CONTENT_UPLOADS_MAX && db_next(row, "upload", &end)) {
        if (!upload_read(overdue->uploads, row, &upload, error))
            return false;
        if (upload.expires <= overdue->now)
            memcpy(overdue->ids[overdue->count++], upload.id, UUID_TEXT_SIZE);
    }
    return end.code == PP_OK || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* Rows whose folder has gone, which nothing is added to any more. */
static bool rows_tidy(struct content_uploads *uploads, struct db *db, int64_t now, struct pp_error *error) {
    pp_autofree struct overdue *overdue = calloc(1, sizeof *overdue);
    if (!overdue)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    overdue->uploads = uploads;
    overdue->now = now;
    db_lock(db);
    db_autorow struct db_row *row = db_query(db, error, DB_CONTENT_UPLOAD_OPEN);
    bool ok = row && overdue_read(overdue, row, error);
    db_row_finish(row);
    for (size_t i = 0; ok && i < overdue->count; i++) {
        if (!content_uploads_busy(uploads, overdue->ids[i]))
            ok = db_run(db, error, DB_CONTENT_UPLOAD_END, DB_INT(now), DB_TEXT(overdue->ids[i]));
    }
    ok = ok && db_run(db, error, DB_CONTENT_UPLOAD_FORGET, DB_INT(now - CONTENT_UPLOAD_FORGET_S));
    db_unlock(db);
    return ok;
}

bool content_uploads_tidy(struct content_uploads *uploads, struct db *db, int64_t now,
                          struct pp_error *error) {
    int fd = pp_dir_open(uploads->home->fd, UPLOAD_FOLDER, error);
    pp_autodir DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = dir != NULL;
    if (!dir && fd >= 0) {
        pp_fail_errno(error, UPLOAD_FOLDER);
        pp_close(&fd);
    }
    for (const struct dirent *entry; ok && (entry = readdir(dir));) {
        if (!uuid_valid(entry->d_name) || !content_uploads_claim(uploads, entry->d_name))
            continue;
        ok = folder_tidy(uploads, db, entry->d_name, now, error);
        content_uploads_release(uploads, entry->d_name);
    }
    return ok && rows_tidy(uploads, db, now, error);
}
