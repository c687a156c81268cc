#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ipc/program.h"
#include "support/test_folder.h"

/* Starts a shell script, waits for its end, and returns what it wrote to its control socket. */
static int run_script(const char *lines, char *said, size_t size) {
    char folder[TEST_FOLDER_SIZE];
    char path[PP_PATH_MAX];
    char script[1024];
    struct pp_error error = {0};
    struct ipc_program program;
    int status = -1;
    test_folder_make(folder);
    assert_true(pp_path_format(path, &error, "%s/script", folder));
    snprintf(script, sizeof script, "#!/bin/sh\n%s\n", lines);
    assert_true(pp_file_replace(AT_FDCWD, path, script, strlen(script), 0700, &error));
    if (!ipc_program_start(NULL, path, &program, &error))
        fail_msg("%s", error.message);
    assert_int_equal(poll(&(struct pollfd){.fd = program.pidfd, .events = POLLIN}, 1, -1), 1);
    assert_int_equal(waitpid(program.pid, &status, 0), program.pid);
    ssize_t got = recv(program.control, said, size - 1, MSG_DONTWAIT);
    said[got > 0 ? got : 0] = 0;
    pp_close(&program.control);
    pp_close(&program.pidfd);
    pp_close(&program.words);
    test_folder_remove(folder);
    return status;
}

static void program_gets_the_control_socket_and_none_that_is_close_on_exec(void **state) {
    char said[256];
    (void)state;
    pp_autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pp_autoclose int high = fcntl(null, F_DUPFD_CLOEXEC, 20);
    assert_int_equal(high, 20);
    assert_int_equal(run_script("for fd in 0 1 2 3 20; do"
                                " [ -e /proc/$$/fd/$fd ] && echo -n $fd, >&4; done 4>$0.out; cat $0.out >&3",
                                said, sizeof said),
                     0);
    assert_string_equal(said, "0,1,2,3,");
}

/* Not to its starter's log, and never so much that it would wait for a reader. */
static void what_a_program_writes_goes_to_a_pipe_of_its_own(void **state) {
    char folder[TEST_FOLDER_SIZE], path[PP_PATH_MAX], text[64] = "";
    struct pp_error error = {0};
    struct ipc_program program;
    int status = -1;
    static const char script[] =
        "#!/bin/sh\necho hello >&2\nhead -c 1000000 /dev/zero >&2 2>/dev/null\nexit 0\n";
    (void)state;
    test_folder_make(folder);
    assert_true(pp_path_format(path, &error, "%s/script", folder));
    assert_true(pp_file_replace(AT_FDCWD, path, script, strlen(script), 0700, &error));
    assert_true(ipc_program_start(NULL, path, &program, &error));
    assert_int_equal(waitpid(program.pid, &status, 0), program.pid); /* and nobody has read */
    assert_int_equal(read(program.words, text, 6), 6);
    assert_string_equal(text, "hello\n");
    pp_close(&program.control);
    pp_close(&program.pidfd);
    pp_close(&program.words);
    test_folder_remove(folder);
}

static void program_gets_no_environment_but_the_language(void **state) {
    char said[256];
    (void)state;
    assert_int_equal(setenv("PP_SECRET", "1", 1), 0);
    assert_int_equal(run_script("tr '\\0' ' ' </proc/self/environ >&3", said, sizeof said), 0);
    assert_non_null(strstr(said, "LANG=C.UTF-8"));
    assert_null(strstr(said, "PP_SECRET"));
}

static void program_ignores_and_blocks_no_signal_of_its_starter(void **state) {
    char said[256];
    (void)state;
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(sigprocmask(SIG_BLOCK, &usr1, NULL), 0);
    /* Of the first 28 signals; two behind 31 are the C library's own. */
    int status = run_script("echo $(sed -n 's/^SigBlk:.*\\(.\\{7\\}\\)$/\\1/p; "
                            "s/^SigIgn:.*\\(.\\{7\\}\\)$/\\1/p' /proc/self/status) >&3",
                            said, sizeof said);
    assert_int_equal(sigprocmask(SIG_UNBLOCK, &usr1, NULL), 0);
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(status, 0);
    assert_string_equal(said, "0000000 0000000\n");
}

static void program_that_is_not_there_is_named(void **state) {
    struct ipc_program program;
    struct pp_error error = {0};
    (void)state;
    assert_false(ipc_program_start(NULL, "/nowhere/pingplay-render-media", &program, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_string_equal(error.message, "start /nowhere/pingplay-render-media: No such file or directory");
    assert_int_equal(program.pid, 0);
    assert_int_equal(program.pidfd, -1);
    pp_close(&program.control);
}

static void program_s_end_is_told_in_words(void **state) {
    char said[16];
    char text[100];
    (void)state;
    ipc_program_describe_end("the renderer", run_script("exit 3", said, sizeof said), text, sizeof text);
    assert_string_equal(text, "the renderer ended with status 3");
    ipc_program_describe_end("the renderer", run_script("kill -SYS $$", said, sizeof said), text,
                             sizeof text);
    assert_string_equal(text, "the renderer was killed by signal 31 (Bad system call)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_gets_the_control_socket_and_none_that_is_close_on_exec),
        cmocka_unit_test(what_a_program_writes_goes_to_a_pipe_of_its_own),
        cmocka_unit_test(program_gets_no_environment_but_the_language),
        cmocka_unit_test(program_ignores_and_blocks_no_signal_of_its_starter),
        cmocka_unit_test(program_that_is_not_there_is_named),
        cmocka_unit_test(program_s_end_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
