/*
 * The bytes of an upload while it comes, in pieces that are sealed each by itself (crypto/seal.h) under the upload's
 * key: nothing stands here in clear, and a piece that is begun again is another stream with another salt.
 *
 *   DIR/incoming/UPLOAD/00000000000000     the bytes from 0 on, up to where the next one begins
 *   DIR/incoming/UPLOAD/00000033554432     the bytes from 32 MiB on
 *   DIR/incoming/UPLOAD/part               one that is being written: it counts for nothing
 *
 * Where a piece has its name it is on the disk, so that what was acknowledged survives whatever happens. A last piece
 * that is small is written again with what follows it, in one file that takes its place: so there are few, however
 * small the steps are in which an upload comes.
 *
 * Associated data is "pingplay/upload/UPLOAD/FIRST": a piece in another's place is refused.
 */
#ifndef HEADEND_OPS_UPLOAD_PIECES_H
#define HEADEND_OPS_UPLOAD_PIECES_H

#include "crypto/seal.h"
#include "headend/base/home.h"
#include "headend/base/secret.h"

#define UPLOAD_FOLDER      "incoming"
#define UPLOAD_PIECE       (32 * 1024 * 1024) /* bytes, after which one has its name */
#define UPLOAD_PIECE_SMALL (4 * 1024 * 1024)  /* bytes: a shorter last one is written again */

struct upload_pieces {
    uint64_t end;    /* bytes that have come */
    uint64_t last;   /* where the last piece begins */
    int64_t changed; /* s since 1970: when the folder last changed */
};
/* PP_E_NOTFOUND where there is no folder of it. */
PP_MUST_USE bool upload_pieces_look(const struct home *home, const char *id, struct upload_pieces *pieces,
                                    struct pp_error *error);
/* The folder, with nothing in it. */
PP_MUST_USE bool upload_pieces_make(const struct home *home, const char *id, struct pp_error *error);
/* All of it, where it is there. */
PP_MUST_USE bool upload_pieces_remove(const struct home *home, const char *id, struct pp_error *error);

/* Everything in its order, to `take`; PP_E_AUTH where a piece is not what was written. */
PP_MUST_USE bool upload_pieces_read(const struct home *home, const char *id, const uint8_t key[SEAL_KEY_SIZE],
                                    uint64_t length, seal_sink take, void *arg, struct pp_error *error);

/* Of what comes next. One at a time for an upload. */
struct upload_writer;
/* `at_once`: nothing of it counts before upload_writer_keep. */
struct upload_writer *upload_writer_create(const struct home *home, const char *id,
                                           const uint8_t key[SEAL_KEY_SIZE], bool at_once,
                                           struct pp_error *error);
PP_MUST_USE bool upload_writer_write(struct upload_writer *writer, const void *data, size_t size,
                                     struct pp_error *error);
/* What was written is on the disk and has its name. */
PP_MUST_USE bool upload_writer_keep(struct upload_writer *writer, struct pp_error *error);
/* What was not kept is dropped. NULL is allowed. */
void upload_writer_destroy(struct upload_writer *writer);

#endif
