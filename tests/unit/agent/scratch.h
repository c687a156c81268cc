/* A state folder of a test's own, with an open vault; removed afterwards. */
#ifndef PP_TEST_AGENT_SCRATCH_H
#define PP_TEST_AGENT_SCRATCH_H

#include "support/test_folder.h"
#include "vault/vault.h"

struct scratch {
    char path[TEST_FOLDER_SIZE];
    struct vault *vault;
};

void scratch_open(struct scratch *scratch);
void scratch_reopen(struct scratch *scratch); /* the vault, as after a restart */
void scratch_remove(struct scratch *scratch);
/* A test's own, in its state. */
int scratch_set_up(void **state);
int scratch_tear_down(void **state);
/* Whether `needle` stands in any file below the folder. */
bool scratch_contains(const struct scratch *scratch, const void *needle, size_t size);
/* Files directly in `folder` of the scratch. */
size_t scratch_count_files(const struct scratch *scratch, const char *folder);

#endif
