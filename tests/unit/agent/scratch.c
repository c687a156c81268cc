#include "scratch.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/file.h"

void scratch_open(struct scratch *scratch) {
    test_folder_make(scratch->path);
    scratch->vault = NULL;
    scratch_reopen(scratch);
}

void scratch_reopen(struct scratch *scratch) {
    struct pp_error error = {0};
    vault_close(scratch->vault);
    scratch->vault = vault_open(scratch->path, NULL, &error);
    if (!scratch->vault)
        fail_msg("%s", error.message);
}

void scratch_remove(struct scratch *scratch) {
    vault_close(scratch->vault);
    scratch->vault = NULL;
    test_folder_remove(scratch->path);
}

static bool folder_contains(const char *folder, const void *needle, size_t size) {
    pp_autodir DIR *dir = opendir(folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PP_PATH_MAX];
        struct stat info;
        if (entry->d_name[0] == '.' || !pp_path_format(path, NULL, "%s/%s", folder, entry->d_name) ||
            stat(path, &info) < 0)
            continue;
        if (S_ISDIR(info.st_mode) && folder_contains(path, needle, size))
            return true;
        pp_autobuf struct pp_buf content = PP_BUF_INIT(1 << 20);
        if (S_ISREG(info.st_mode) && pp_file_read(AT_FDCWD, path, &content, NULL) && content.size &&
            memmem(content.data, content.size, needle, size))
            return true;
    }
    return false;
}

int scratch_set_up(void **state) {
    static struct scratch scratch;
    scratch_open(&scratch);
    *state = &scratch;
    return 0;
}

int scratch_tear_down(void **state) {
    scratch_remove(*state);
    return 0;
}

bool scratch_contains(const struct scratch *scratch, const void *needle, size_t size) {
    return folder_contains(scratch->path, needle, size);
}

size_t scratch_count_files(const struct scratch *scratch, const char *folder) {
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/%s", scratch->path, folder));
    pp_autodir DIR *dir = opendir(path);
    size_t count = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    return count;
}
