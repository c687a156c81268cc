/* What a preview is started with: read to the letter, and no file but those of the library's folder is opened. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/conn.h"
#include "preview/job.h"

#define HASH "0000000000000000000000000000000000000000000000000000000000000001"
#define FDS  3

static const char manifest[] = "{\"format\":1,\"channel\":\"lobby\",\"canvas\":{\"width\":100,\"height\":50},"
                               "\"layouts\":{\"l\":{\"zones\":[{"
                               "\"id\":\"z\",\"x\":0,\"y\":0,\"width\":100,\"height\":50,\"playlist\":\"p\"}]"
                               "}},\"playlists\":{\"p\":{\"items\":"
                               "[]}},\"schedule\":[],\"default_layout\":\"l\",\"objects\":{}}";

/* A job's JSON, with another width, manifest and file where these are given. */
static void job_text(char text[4096], const char *width, const char *of_manifest, const char *file) {
    snprintf(text, 4096,
             "{\"width\":%s,\"height\":540,\"still\":true,\"ahead_ms\":-5,\"time_zone\":\"Europe/Paris\","
             "\"programs\":\"/programs\",\"manifest\":%s,\"files\":{\"" HASH "\":\"%s\"}}",
             width ? width : "960", of_manifest ? of_manifest : manifest, file ? file : "ab/object");
}

struct handed {
    int pair[2], folder, out[2];
    char dir[64];
};

static void handed_open(struct handed *handed) {
    char path[128];
    strcpy(handed->dir, "/tmp/preview-job-XXXXXX");
    assert_non_null(mkdtemp(handed->dir));
    snprintf(path, sizeof path, "%s/ab", handed->dir);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/ab/object", handed->dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "sealed", 6), 6);
    close(fd);
    snprintf(path, sizeof path, "%s/ab/link", handed->dir);
    assert_int_equal(symlink("object", path), 0);
    assert_true(ipc_pair(handed->pair, NULL));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, handed->out), 0);
    handed->folder = open(handed->dir, O_RDONLY | O_DIRECTORY);
}

static void handed_close(struct handed *handed) {
    char command[128];
    close(handed->pair[0]);
    close(handed->pair[1]);
    close(handed->out[0]);
    close(handed->out[1]);
    close(handed->folder);
    snprintf(command, sizeof command, "rm -r %s", handed->dir);
    assert_int_equal(system(command), 0);
}

static void give(const struct handed *handed, const char *text, size_t size, size_t count) {
    int file = memfd_create("job", 0);
    assert_int_equal(write(file, text, size), size);
    const int fds[FDS] = {file, handed->folder, handed->out[1]};
    char byte = 0;
    struct iovec data = {&byte, 1};
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof fds)] = {0};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count) {
        message.msg_control = space;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, count * sizeof(int));
    }
    assert_int_equal(sendmsg(handed->pair[0], &message, 0), 1);
    close(file);
}

static void a_job_is_read(void **state) {
    (void)state;
    struct handed handed;
    struct pp_error error = {0};
    preview_job_auto struct preview_job job = {0};
    char text[4096];
    uint8_t hash[CHANNEL_HASH_SIZE] = {[CHANNEL_HASH_SIZE - 1] = 1};
    handed_open(&handed);
    job_text(text, NULL, NULL, NULL);
    give(&handed, text, strlen(text), FDS);
    assert_true(preview_job_receive(handed.pair[1], &job, &error));
    assert_int_equal(job.width, 960);
    assert_int_equal(job.height, 540);
    assert_int_equal(job.ahead_ms, -5);
    assert_true(job.still);
    assert_string_equal(job.time_zone, "Europe/Paris");
    assert_string_equal(job.programs, "/programs");
    assert_string_equal(job.manifest->channel, "lobby");
    int fd = preview_job_open(&job, hash, &error);
    char sealed[7] = "";
    assert_int_equal(read(fd, sealed, 6), 6);
    assert_string_equal(sealed, "sealed");
    close(fd);
    hash[0] = 9;
    assert_int_equal(preview_job_open(&job, hash, &error), -1);
    assert_int_equal(error.code, PP_E_NOTFOUND);
    handed_close(&handed);
}

static void what_is_no_job_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *width, *manifest;
        size_t size, fds; /* 0: all of it */
        enum pp_code code;
    } wrong[] = {
        {"961", NULL, 0, FDS, PP_E_INVALID},     {"15", NULL, 0, FDS, PP_E_INVALID},
        {"\"960\"", NULL, 0, FDS, PP_E_INVALID}, {NULL, "{}", 0, FDS, PP_E_INVALID},
        {NULL, NULL, 40, FDS, PP_E_INVALID},     {NULL, NULL, 0, 2, PP_E_INVALID},
        {NULL, NULL, 0, 0, PP_E_INVALID},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct handed handed;
        struct pp_error error = {0};
        preview_job_auto struct preview_job job = {0};
        char text[4096];
        handed_open(&handed);
        job_text(text, wrong[i].width, wrong[i].manifest, NULL);
        give(&handed, text, wrong[i].size ? wrong[i].size : strlen(text), wrong[i].fds);
        assert_false(preview_job_receive(handed.pair[1], &job, &error));
        assert_int_equal(error.code, wrong[i].code);
        handed_close(&handed);
    }
}

static void only_files_of_the_folder_are_opened(void **state) {
    (void)state;
    static const char *const wrong[] = {"../etc/passwd", "ab/../../etc/passwd", "/etc/passwd", "ab/link",
                                        "ab/gone"};
    uint8_t hash[CHANNEL_HASH_SIZE] = {[CHANNEL_HASH_SIZE - 1] = 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct handed handed;
        struct pp_error error = {0};
        preview_job_auto struct preview_job job = {0};
        char text[4096];
        handed_open(&handed);
        job_text(text, NULL, NULL, wrong[i]);
        give(&handed, text, strlen(text), FDS);
        assert_true(preview_job_receive(handed.pair[1], &job, &error));
        assert_int_equal(preview_job_open(&job, hash, &error), -1);
        handed_close(&handed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_read),
        cmocka_unit_test(what_is_no_job_is_refused),
        cmocka_unit_test(only_files_of_the_folder_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
