#include "headend_home.h"

#include "support/test_folder.h"

int test_home_setup(void **state) {
    char path[TEST_FOLDER_SIZE];
    struct pp_error error = {0};
    test_folder_make(path);
    *state = home_create(path, &error);
    if (!*state) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

int test_home_teardown(void **state) {
    struct home *home = *state;
    char path[PP_PATH_MAX];
    memcpy(path, home->path, sizeof path);
    home_close(home);
    test_folder_remove(path);
    return 0;
}
