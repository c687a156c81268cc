/* A state folder in /tmp and objects to put there. */
#ifndef TEST_STORE_SCRATCH_H
#define TEST_STORE_SCRATCH_H

#include "store/store.h"
#include "support/test_folder.h"

#define NOBODY 65534 /* a user that is not root */

struct scratch {
    char dir[TEST_FOLDER_SIZE];
    struct store *store;
};

struct sample {
    uint8_t *data;
    size_t size;
    struct store_need need;
};

/* The folder, and a store in it under these caps. */
void scratch_init(struct scratch *scratch, uint64_t max_bytes);
void scratch_reopen(struct scratch *scratch, uint64_t max_bytes);
void scratch_finish(struct scratch *scratch);

/* `size` bytes that depend on `seed`, and their hash. */
struct sample sample_make(unsigned seed, size_t size);
void sample_finish(struct sample *sample);
/* The same, put into the store as well. */
struct sample sample_put(struct scratch *scratch, unsigned seed, size_t size);

/* DIR/objects/ab/ab… (also "partial", "quarantine") */
void scratch_path(const struct scratch *scratch, const char *folder, const struct sample *sample,
                  char path[256]);
bool path_exists(const char *path);
/* Flips one bit of the byte at `offset`. */
void path_flip(const char *path, size_t offset);
void path_write(const char *path, const void *data, size_t size);
bool scratch_has(const struct scratch *scratch, const struct sample *sample);

#endif
