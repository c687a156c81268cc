/*
 * Uploads of administrators, which can be gone on with: who began one, how long it is to be, and what of it has come
 * (upload_pieces.h), which is read from the disk and stands nowhere else. One that nothing was added to for a day ends,
 * and its number is known for a week more, so that whoever asks for it hears that it has gone.
 */
#ifndef HEADEND_OPS_CONTENT_UPLOAD_H
#define HEADEND_OPS_CONTENT_UPLOAD_H

#include "headend/base/home.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/ops/upload_pieces.h"

#define CONTENT_UPLOAD_MAX          (UINT64_C(10) * 1024 * 1024 * 1024) /* bytes */
#define CONTENT_UPLOADS_PER_PERSON  32                                  /* that have not ended */
#define CONTENT_UPLOADS_MAX         256                                 /* of all together */
#define CONTENT_UPLOAD_METADATA_MAX 2048                                /* bytes */
#define CONTENT_UPLOAD_KEEP_S       86400                         /* without a byte, after which one ends */
#define CONTENT_UPLOAD_FORGET_S     604800                        /* after its end */
#define CONTENT_SPACE_LEFT          (UINT64_C(256) * 1024 * 1024) /* bytes that uploads leave to all else */

struct db;

struct content_upload {
    char id[UUID_TEXT_SIZE];
    int64_t admin;                                  /* who began it */
    uint64_t length;                                /* bytes that it is to have */
    uint64_t offset;                                /* bytes that have come */
    int64_t created;                                /* s since 1970 */
    int64_t expires;                                /* the same */
    char metadata[CONTENT_UPLOAD_METADATA_MAX + 1]; /* as it came (http/tus.h) */
    uint8_t key[SEAL_KEY_SIZE];
    char content[UUID_TEXT_SIZE];       /* that it has become; "" so far, or where it is refused */
    bool duplicate;                     /* which had the same bytes before */
    char refusal[PP_ERROR_MESSAGE_MAX]; /* why it became none; "" */
};

/* What of it there is to do. */
enum content_upload_state {
    CONTENT_UPLOAD_COMES,
    CONTENT_UPLOAD_CHECKED, /* all has come, and is looked at */
    CONTENT_UPLOAD_DONE,
    CONTENT_UPLOAD_REFUSED,
};
enum content_upload_state content_upload_state(const struct content_upload *upload);

/* Who is at work on which, so that nobody else is; of any thread. */
struct content_uploads;
struct content_uploads *content_uploads_create(const struct home *home, struct pp_error *error);
void content_uploads_destroy(struct content_uploads *uploads);
/* False where somebody is at work on it, or as many are as may be. */
bool content_uploads_claim(struct content_uploads *uploads, const char *id);
void content_uploads_release(struct content_uploads *uploads, const char *id);
bool content_uploads_busy(struct content_uploads *uploads, const char *id);

/* Callers of all below hold db_lock. */

/* A new one of `admin`, with length and metadata: gives it an id and a key. PP_E_LIMIT where there are too many,
 * PP_E_NOSPACE where all that is to come would not fit on the disk, on which each needs its size twice until it has its
 * place. Nothing is kept yet but its folder: the caller, who has claimed it then, keeps it or removes that. */
PP_MUST_USE bool content_upload_begin(struct content_uploads *uploads, struct db *db,
                                      struct content_upload *upload, struct pp_error *error);
PP_MUST_USE bool content_upload_keep(struct db *db, const struct content_upload *upload,
                                     struct pp_error *error);
/* PP_E_NOTFOUND where there is none, or of somebody else; PP_E_EXPIRED where it has ended and
 * become nothing. With its key. */
PP_MUST_USE bool content_upload_find(struct content_uploads *uploads, struct db *db, int64_t admin,
                                     const char *id, struct content_upload *upload, struct pp_error *error);
/* Those of one person that have not ended, the oldest first; `each` says whether to go on. */
PP_MUST_USE bool content_upload_each(struct content_uploads *uploads, struct db *db, int64_t admin,
                                     bool (*each)(void *arg, const struct content_upload *upload), void *arg,
                                     struct pp_error *error);
/* One of anybody that has come whole, behind `after` ("" for the first): its id; "" where there is none. */
PP_MUST_USE bool content_upload_whole(struct content_uploads *uploads, struct db *db, const char *after,
                                      char id[UUID_TEXT_SIZE], struct pp_error *error);
/* One of anybody, which has not ended, with its key, and who began it. PP_E_NOTFOUND. */
PP_MUST_USE bool content_upload_take(struct content_uploads *uploads, struct db *db, const char *id,
                                     struct content_upload *upload, char person[TEXT_NAME_MAX + 1],
                                     struct pp_error *error);
/* It has become content, or is refused; its pieces are the caller's to remove. */
PP_MUST_USE bool content_upload_settle(struct db *db, const struct content_upload *upload,
                                       struct pp_error *error);
/* Ends one that the caller has claimed; its pieces go. */
PP_MUST_USE bool content_upload_end(struct content_uploads *uploads, struct db *db, const char *id,
                                    struct pp_error *error);

/* Without db_lock: ends those whose time is over, and removes what a server that was killed has left of others. */
PP_MUST_USE bool content_uploads_tidy(struct content_uploads *uploads, struct db *db, int64_t now,
                                      struct pp_error *error);

#endif
