/* Files as phones, cameras, editors and browsers write them (tests/data/media/devices.sh), with all that stands beside
 * the picture: each is shown in the cage, whatever its metadata makes a library look for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "object.h"

#define FILES_MAX  128
#define FRAMES_MAX 5 /* of a film of five frames; an animation goes on */

static bool is_film(const char *name) {
    static const char *const endings[] = {".mp4", ".mov", ".3gp", ".mkv", ".webm"};
    for (size_t i = 0; i < PP_COUNT(endings); i++) {
        if (strcmp(strrchr(name, '.'), endings[i]) == 0)
            return true;
    }
    return false;
}

static void file_is_shown(void **state) {
    const char *name = *state;
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    struct stage stage;
    struct ipc_frame frame;
    assert_true(pp_path_format(path, &error, "devices/%s", name));
    object_play(&stage, &(struct object_wish){.name = path,
                                              .kind = is_film(name) ? IPC_MEDIA_VIDEO : IPC_MEDIA_IMAGE,
                                              .duration_ms = is_film(name) ? 0 : 100});
    unsigned frames = 0;
    while (frames < FRAMES_MAX && stage_next(&stage, &frame) == STAGE_FRAME) {
        stage_release(&stage, frame.slot);
        frames++;
    }
    if (frames != (is_film(name) ? FRAMES_MAX : 1))
        fail_msg("%u frames: %s", frames, stage.failed);
    stage_close_well(&stage);
}

static int by_name(const void *left, const void *right) {
    return strcmp(((const struct CMUnitTest *)left)->name, ((const struct CMUnitTest *)right)->name);
}

/* Each file of the folder is a test of its name. */
static size_t find_files(struct CMUnitTest tests[FILES_MAX]) {
    DIR *folder = opendir(PP_TEST_DATA "/media/devices");
    size_t count = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder)) && count < FILES_MAX;) {
        char *name = entry->d_name[0] == '.' ? NULL : strdup(entry->d_name);
        if (name)
            tests[count++] = (struct CMUnitTest){name, file_is_shown, NULL, NULL, name};
    }
    if (folder)
        closedir(folder);
    qsort(tests, count, sizeof *tests, by_name);
    return count;
}

int main(void) {
    static struct CMUnitTest tests[FILES_MAX];
    size_t count = find_files(tests);
    if (count == 0)
        return 1;
    int failed = _cmocka_run_group_tests("files of devices", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(tests[i].initial_state);
    return failed;
}
