/* A state folder with vault and store, and manifests in it. */
#ifndef TEST_SYNC_FOLDER_H
#define TEST_SYNC_FOLDER_H

#include "support/test_folder.h"
#include "sync/record.h"

struct folder {
    char dir[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct store *store;
};

void folder_init(struct folder *folder);
void folder_finish(struct folder *folder);

/* Seals a manifest of that title for the channel and puts it into the store. */
struct sync_stored folder_put_manifest(struct folder *folder, const char *channel, const char *title);
/* Any 4,000 bytes as an object. */
struct store_need folder_put_object(struct folder *folder, unsigned seed);
void folder_save(struct folder *folder, const struct sync_record *record);

#endif
