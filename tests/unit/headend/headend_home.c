#include "headend_home.h"

#include <ftw.h>
#include <sys/stat.h>

int test_home_setup(void **state) {
    char path[] = "/tmp/pingplay-headend-unit-XXXXXX";
    struct pp_error error = {0};
    if (!mkdtemp(path) || !(*state = home_create(path, &error))) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

int test_home_teardown(void **state) {
    struct home *home = *state;
    char path[PP_PATH_MAX];
    memcpy(path, home->path, sizeof path);
    home_close(home);
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
