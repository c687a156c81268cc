#include "headend_home.h"

#include <fcntl.h>

#include "headend/db/home_open.h"
#include "headend/signer/ca_issue.h"
#include "support/test_folder.h"

int test_home_setup(void **state) {
    char path[TEST_FOLDER_SIZE];
    struct pp_error error = {0};
    test_folder_make(path);
    *state = home_create(path, &error);
    if (!*state || !ca_create(*state, &error)) {
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

void test_content_make(const struct home *home, const char *name, char path[PP_PATH_MAX]) {
    pp_autobuf struct pp_buf picture = PP_BUF_INIT(65536);
    struct pp_error error = {0};
    /* What follows a PNG's end is ignored. */
    if (!pp_file_read(AT_FDCWD, PP_TEST_DATA "/media/quarters.png", &picture, &error) ||
        !pp_buf_add(&picture, name, strlen(name), &error) ||
        !pp_path_format(path, &error, "%s/%s.png", home->path, name) ||
        !pp_file_replace(AT_FDCWD, path, picture.data, picture.size, 0600, &error)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
}
