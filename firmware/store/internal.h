/* What the files of this module share. */
#ifndef PP_STORE_INTERNAL_H
#define PP_STORE_INTERNAL_H

#include <pthread.h>

#include "base/encode.h"
#include "base/file.h"
#include "store/index.h"
#include "store/store.h"

#define STORE_NAME_SIZE        PP_HEX_SIZE(STORE_HASH_SIZE) /* of a file, with the NUL */
#define STORE_BLOCK_SIZE       (256 * 1024)                 /* bytes read at once */
#define STORE_FLASH_UNIT       4096                         /* bytes in which a file system gives out space */

#define STORE_OBJECTS          "objects"
#define STORE_PARTIAL          "partial"
#define STORE_QUARANTINE       "quarantine"

#define STORE_FOLDER_MODE      0700
#define STORE_FOLDERS          256 /* objects/00 … objects/ff */
#define STORE_FOLDER_NAME_SIZE 3   /* "ab" with the NUL */

struct crypto_sha256;

struct store_pins {
    uint8_t (*hashes)[STORE_HASH_SIZE]; /* sorted */
    size_t count;
};

/* Belongs to the thread that scrubs, under scrub_lock. */
struct store_scrubber {
    uint8_t next[STORE_HASH_SIZE]; /* where the pass goes on */
    struct store_entry entry;      /* being read, while fd >= 0 */
    int fd;
    uint64_t offset;
    struct crypto_sha256 *hash;
};

struct store {
    int dir; /* the state folder */
    int lock_fd;
    struct store_config config;
    pthread_mutex_t lock; /* over everything below but `scrubber` */
    struct store_index objects, partials, quarantine;
    struct store_pins pins[STORE_PIN_SETS];
    bool unlisted[STORE_FOLDERS]; /* folders of objects/ that could not be read yet */
    int64_t clock_ms;             /* the last use given out */
    pthread_mutex_t scrub_lock;
    struct store_scrubber scrubber;
};

struct store_partial {
    struct store *store;
    uint8_t sha256[STORE_HASH_SIZE];
    char path[PP_PATH_MAX]; /* below the state folder */
    int fd;
    uint64_t length, offset; /* bytes */
    uint64_t behind;         /* bytes whose way to the flash has been started */
    struct crypto_sha256 *hash;
};

/* objects/ab/ab…, partial/ab…, quarantine/ab… */
void store_object_path(const uint8_t sha256[STORE_HASH_SIZE], char path[PP_PATH_MAX]);
void store_side_path(const char *folder, const uint8_t sha256[STORE_HASH_SIZE], char path[PP_PATH_MAX]);

/* A descriptor to read from, or -1 with errno. */
int store_file_open(const struct store *store, const char *path);

/* Grows with every call, near the time of day. Lock held. */
int64_t store_tick(struct store *store);

/* Lock held, each. */
PP_MUST_USE bool store_quarantine_locked(struct store *store, const struct store_entry *entry,
                                         struct pp_error *error);
void store_quarantine_drop(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]);
bool store_pinned(const struct store *store, const uint8_t sha256[STORE_HASH_SIZE]);
bool store_pinned_in(const struct store *store, enum store_pin_set set,
                     const uint8_t sha256[STORE_HASH_SIZE]);
/* Counts as a use, and is written to the flash. */
void store_touch(struct store *store, struct store_entry *entry);

/* Fills the three indexes from the folders. */
PP_MUST_USE bool store_list(struct store *store, struct pp_error *error);
/* The object's entry, or NULL; a folder that could not be listed is looked into once more. Lock held. */
struct store_entry *store_find(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]);

#endif
