/*
 * Encrypted objects on flash. An object is the ciphertext as it was received, named by its SHA-256:
 *
 *   STATE/objects/ab/ab12…   whole objects, mode 0400, never changed once there
 *   STATE/partial/ab12…      objects on their way; resumed after a cut
 *   STATE/quarantine/ab12…   objects whose bytes have rotted; kept for a while so that the bad blocks of the
 *                            flash stay occupied while the object is fetched again; the first to go
 *
 * An object appears under objects/ only after its length and hash were checked and its bytes fsynced, so
 * after an interruption at any instant each object is whole or not there. Every function may be called from
 * any thread; one struct store_partial belongs to one thread at a time.
 */
#ifndef PP_STORE_STORE_H
#define PP_STORE_STORE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define STORE_HASH_SIZE         32                   /* bytes, SHA-256 */
#define STORE_OBJECT_LENGTH_MAX (UINT64_C(64) << 30) /* bytes */
#define STORE_OBJECTS_MAX       32768                /* objects that an opening lists */
#define STORE_FILES_MAX         16384                /* of one store, before the oldest go */
#define STORE_FILES_RESERVE     64                   /* inodes that are left free for everything else */
#define STORE_PARTIALS_MAX      64                   /* files in partial/ that survive an opening */
#define STORE_PARTIAL_AGE_MAX_S (INT64_C(7) * 24 * 60 * 60) /* s since its last write */
#define STORE_QUARANTINE_MAX    16                          /* files in quarantine/ */
#define STORE_PIN_MAX           8192                        /* hashes in one pin set */
#define STORE_UNREAD_MAX        8 /* failed readings in a row, after which an object is to be fetched anew */
/* s between two writes of the use of an object that is not current */
#define STORE_TOUCH_INTERVAL_S (24 * 60 * 60)

struct store_config {
    uint64_t max_bytes;         /* cap on what the store holds; 0: only the flash's own size */
    uint64_t reserve_bytes;     /* of the flash that are left free for everything else */
    struct pp_time_source time; /* when objects were used, to remove the longest unused first */
};

/* One object that somebody needs. */
struct store_need {
    uint8_t sha256[STORE_HASH_SIZE]; /* of the ciphertext */
    uint64_t length;                 /* bytes of ciphertext */
};

struct store;

/* Makes the folders where they are missing, lists what is there, drops files that cannot be objects, partial
 * files over the cap or age, objects over the cap. NULL on failure. `state_dir` must exist. */
struct store *store_open(const char *state_dir, const struct store_config *config, struct pp_error *error);
/* No partial may be open. NULL is allowed. */
void store_close(struct store *store);
PP_DEFINE_AUTO(store, struct store, store_close)

/* Whether the object is there, has that length, and can be read: one that the flash gives back no more stays,
 * and may be opened, but is to be fetched anew in its place. */
bool store_has(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], uint64_t length);

/* A read-only descriptor of the object, close-on-exec, which the caller closes; -1 with PP_E_NOTFOUND, or with
 * another code where that says nothing about the object: the flash, or no descriptor left. Counts as a use. The
 * descriptor stays good when the object is evicted meanwhile. */
int store_object_open(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], struct pp_error *error);

/* Reads a whole small object and checks its hash: PP_E_AUTH when that is wrong, PP_E_LIMIT over the buffer's
 * cap. */
PP_MUST_USE bool store_object_read(struct store *store, const uint8_t sha256[STORE_HASH_SIZE],
                                   struct pp_buf *out, struct pp_error *error);
/* Writes a whole small object; one that is there already is left alone. */
PP_MUST_USE bool store_object_put(struct store *store, const uint8_t sha256[STORE_HASH_SIZE],
                                  const void *data, size_t size, struct pp_error *error);

/* ---- An object on its way ---- */

struct store_partial;

/* Begins or resumes: bytes of an earlier attempt are hashed again and kept. PP_E_STATE when the object is
 * being written already. `cancel` (NULL: never) ends the hashing early, with PP_E_CANCELLED. */
struct store_partial *store_partial_begin(struct store *store, const uint8_t sha256[STORE_HASH_SIZE],
                                          uint64_t length, const atomic_bool *cancel, struct pp_error *error);
/* Bytes that are there: where the next write goes. */
uint64_t store_partial_offset(const struct store_partial *partial);
uint64_t store_partial_length(const struct store_partial *partial);
/* Appends. More than the object's length in all is PP_E_LIMIT, and nothing of it is written. */
PP_MUST_USE bool store_partial_write(struct store_partial *partial, const void *data, size_t size,
                                     struct pp_error *error);
/* Forgets every byte, to begin again at offset 0. */
PP_MUST_USE bool store_partial_restart(struct store_partial *partial, struct pp_error *error);

/* Each of these ends and frees the partial, whatever it returns. */

/* Checks length (PP_E_INVALID) and hash (PP_E_AUTH; what was written is removed), fsyncs, renames, fsyncs the
 * folder. May take as long as the flash needs; meant for a thread of its own. */
PP_MUST_USE bool store_partial_commit(struct store_partial *partial, struct pp_error *error);
/* Keeps what is there for a later store_partial_begin. NULL is allowed. */
void store_partial_keep(struct store_partial *partial);
/* Removes what is there. NULL is allowed. */
void store_partial_discard(struct store_partial *partial);

/* ---- Space ---- */

struct store_usage {
    uint64_t bytes;      /* of objects, partial files and quarantine */
    uint64_t max_bytes;  /* as configured */
    uint64_t free_bytes; /* of the flash, for this user, the reserve taken off */
    size_t objects;
    size_t quarantined;
};

void store_usage(struct store *store, struct store_usage *out);

/* Objects of a pin set are never evicted. Setting one replaces what it held. */
enum store_pin_set {
    STORE_PIN_CURRENT,  /* what the current manifest needs; what leaves the set counts as used then */
    STORE_PIN_PREVIOUS, /* what the one before needs */
    STORE_PIN_PENDING,  /* what is being fetched now */
    STORE_PIN_SETS,
};

PP_MUST_USE bool store_pin(struct store *store, enum store_pin_set set, const struct store_need *needs,
                           size_t count, struct pp_error *error);

/* Evicts, least recently used first, until what is missing of `needs` fits. PP_E_NOSPACE, where it cannot, says
 * how much is missing, and nothing is evicted then. Without needs it brings the store back under its caps. */
PP_MUST_USE bool store_evict(struct store *store, const struct store_need *needs, size_t count,
                             struct pp_error *error);

struct store_cleared {
    uint64_t bytes, files;
};
/* Removes whatever no pin set holds and nobody has open. A file that cannot be removed stays, with a line in the
 * log. */
PP_MUST_USE bool store_clear(struct store *store, struct store_cleared *cleared, struct pp_error *error);

/* ---- Rot ---- */

/* Sets an object aside: it is no longer there for store_has. Only a wrong hash is a reason. */
PP_MUST_USE bool store_quarantine(struct store *store, const uint8_t sha256[STORE_HASH_SIZE],
                                  struct pp_error *error);

struct store_scrub {
    uint64_t bytes;                  /* read in this step */
    bool bad;                        /* an object was found bad and set aside; the step ended with it */
    bool unread;                     /* one could not be read just now, and stays; the step ended with it */
    uint8_t sha256[STORE_HASH_SIZE]; /* of that object */
    uint64_t length;                 /* bytes, of that object */
    bool wrapped;                    /* the step reached the end of a pass over all objects */
};

/* The next step begins with this object, or with the one behind it where it is not there. */
void store_scrub_from(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]);

/* Reads and hashes on where the last step ended, at most about `budget` bytes, past the page cache where the
 * kernel lets us. */
PP_MUST_USE bool store_scrub_step(struct store *store, uint64_t budget, struct store_scrub *out,
                                  struct pp_error *error);

#endif
