/* The board's service: what it takes, what it does to the kernel's files, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "command/board.h"
#include "support/test_folder.h"

static void put(const struct test_folder *folder, const char *name, const char *text) {
    assert_true(pp_file_replace(folder->fd, name, text, strlen(text), 0600, NULL));
}

static void expect(const struct test_folder *folder, const char *name, const char *text) {
    pp_autobuf struct pp_buf content = PP_BUF_INIT(64);
    assert_true(pp_file_read(folder->fd, name, &content, NULL));
    /* The kernel takes each write as a value; a file keeps what stood behind it. */
    assert_int_equal(strncmp(pp_buf_text(&content), text, strlen(text)), 0);
}

static void add_light(const struct test_folder *folder, const char *name, const char *most) {
    char path[64];
    snprintf(path, sizeof path, "%s", name);
    assert_true(pp_dir_make(folder->fd, path, 0700, NULL));
    snprintf(path, sizeof path, "%s/max_brightness", name);
    put(folder, path, most);
    snprintf(path, sizeof path, "%s/brightness", name);
    put(folder, path, "7\n");
    snprintf(path, sizeof path, "%s/bl_power", name);
    put(folder, path, "0\n");
}

/* The answer's first byte, and its text; -1 where there is none. */
static int ask(const struct test_folder *folder, pid_t init, const void *request, size_t size,
               char text[BOARD_REASON_MAX + 1]) {
    const struct board_service service = {.backlights = folder->path, .init = init};
    char answer[BOARD_REASON_MAX + 2];
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(send(ends[0], request, size, 0), size);
    board_answer(&service, ends[1]);
    close(ends[1]);
    ssize_t got = recv(ends[0], answer, sizeof answer, 0);
    close(ends[0]);
    if (got <= 0)
        return -1;
    memcpy(text, answer + 1, (size_t)got - 1);
    text[got - 1] = 0;
    return answer[0];
}

static int ask_verb(const struct test_folder *folder, enum board_verb verb, uint8_t value,
                    char text[BOARD_REASON_MAX + 1]) {
    const uint8_t request[] = {(uint8_t)verb, value};
    return ask(folder, getpid(), request, sizeof request, text);
}

static void board_sets_every_backlight_in_proportion(void **state) {
    const struct test_folder *folder = *state;
    char text[BOARD_REASON_MAX + 1];
    add_light(folder, "panel", "255\n");
    add_light(folder, "keys", "10\n");
    assert_int_equal(ask_verb(folder, BOARD_BRIGHTNESS, 40, text), 0);
    assert_string_equal(text, "");
    expect(folder, "panel/brightness", "102\n");
    expect(folder, "keys/brightness", "4\n");
    assert_int_equal(ask_verb(folder, BOARD_BRIGHTNESS, 100, text), 0);
    expect(folder, "panel/brightness", "255\n");
    /* As dark as it goes, and not off: nobody would find the screen again. */
    assert_int_equal(ask_verb(folder, BOARD_BRIGHTNESS, 0, text), 0);
    expect(folder, "panel/brightness", "1\n");
    assert_int_equal(ask_verb(folder, BOARD_BACKLIGHT, 0, text), 0);
    expect(folder, "panel/bl_power", "4\n");
    assert_int_equal(ask_verb(folder, BOARD_BACKLIGHT, 1, text), 0);
    expect(folder, "keys/bl_power", "0\n");
}

static void board_without_a_backlight_says_so(void **state) {
    const struct test_folder *folder = *state;
    char text[BOARD_REASON_MAX + 1];
    assert_int_equal(ask_verb(folder, BOARD_BRIGHTNESS, 40, text), 1);
    assert_string_equal(text, "no backlight");
    add_light(folder, "panel", "nonsense\n");
    assert_int_equal(ask_verb(folder, BOARD_BRIGHTNESS, 40, text), 1);
    assert_non_null(strstr(text, "not a level"));
    expect(folder, "panel/brightness", "7\n");
}

static void board_tells_init_to_reboot(void **state) {
    const struct test_folder *folder = *state;
    char text[BOARD_REASON_MAX + 1];
    const uint8_t request[] = {BOARD_REBOOT, 0};
    int status = 0;
    pid_t init = fork();
    assert_true(init >= 0);
    if (init == 0) {
        for (;;)
            pause();
    }
    assert_int_equal(ask(folder, init, request, sizeof request, text), 0);
    assert_int_equal(waitpid(init, &status, 0), init);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGRTMIN + 5);
}

static void board_takes_nothing_else(void **state) {
    const struct test_folder *folder = *state;
    char text[BOARD_REASON_MAX + 1];
    static const struct {
        uint8_t bytes[4];
        size_t size;
        int answer;
    } rows[] = {
        {{BOARD_BRIGHTNESS, 101}, 2, 1},
        {{BOARD_BACKLIGHT, 2}, 2, 1},
        {{BOARD_REBOOT, 1}, 2, 1},
        {{0, 0}, 2, -1},
        {{4, 0}, 2, -1},
        {{255, 0}, 2, -1},
        {{BOARD_BRIGHTNESS}, 1, -1},
        {{BOARD_REBOOT, 0, 0}, 3, -1},
        {{BOARD_BRIGHTNESS, 40, 0, 0}, 4, -1},
    };
    add_light(folder, "panel", "255\n");
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        assert_int_equal(ask(folder, getpid(), rows[i].bytes, rows[i].size, text), rows[i].answer);
    expect(folder, "panel/brightness", "7\n");
    expect(folder, "panel/bl_power", "0\n");
}

static void agent_hears_that_there_is_no_board(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    char path[TEST_FOLDER_SIZE + 16];
    snprintf(path, sizeof path, "%s/none.sock", folder->path);
    assert_int_equal(board_ask(path, BOARD_REBOOT, 0, &error), -1);
    assert_string_equal(error.message, "the board's service: No such file or directory");
}

#define folder_test(function)                                                                                \
    cmocka_unit_test_setup_teardown(function, test_folder_create, test_folder_destroy)

int main(void) {
    const struct CMUnitTest tests[] = {
        folder_test(board_sets_every_backlight_in_proportion),
        folder_test(board_without_a_backlight_says_so),
        folder_test(board_tells_init_to_reboot),
        folder_test(board_takes_nothing_else),
        folder_test(agent_hears_that_there_is_no_board),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
