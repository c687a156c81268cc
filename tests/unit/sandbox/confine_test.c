/* sandbox/confine: a program that may reach some paths and make some calls, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox/confine.h"
#include "support/test_folder.h"

#define CHECK(condition)                                                                                     \
    if (!(condition))                                                                                        \
    _exit(__LINE__ % 90 + 1)

static char inside[TEST_FOLDER_SIZE], outside[TEST_FOLDER_SIZE];

static int set_up(void **state) {
    (void)state;
    test_folder_make(inside);
    test_folder_make(outside);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    test_folder_remove(inside);
    test_folder_remove(outside);
    return 0;
}

/* How a child ends that does it. */
static int status_of(void (*act)(void)) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        act();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static int open_below(const char *folder, const char *name, int flags) {
    char path[TEST_FOLDER_SIZE + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, flags | O_CLOEXEC, 0600);
}

/* ---- Paths ---- */

static void enter_paths(unsigned rights) {
    const struct sandbox_path paths[] = {{inside, rights}, {"/nowhere/at/all", SANDBOX_READ}};
    bool held = false;
    CHECK(sandbox_confine_paths(paths, PP_COUNT(paths), false, &held, NULL));
    CHECK(held);
}

static void act_write_inside(void) {
    char from[TEST_FOLDER_SIZE + 32];
    char to[TEST_FOLDER_SIZE + 32];
    snprintf(from, sizeof from, "%s/sub/file", inside);
    snprintf(to, sizeof to, "%s/file", inside);
    enter_paths(SANDBOX_READ | SANDBOX_WRITE);
    int folder = open(inside, O_RDONLY | O_DIRECTORY);
    CHECK(folder >= 0 && mkdirat(folder, "sub", 0700) == 0);
    CHECK(open_below(inside, "sub/file", O_RDWR | O_CREAT | O_TRUNC) >= 0);
    CHECK(rename(from, to) == 0 && unlink(to) == 0 && unlinkat(folder, "sub", AT_REMOVEDIR) == 0);
}

static void act_stay_inside(void) {
    CHECK(open_below(outside, "kept", O_RDWR | O_CREAT) >= 0);
    enter_paths(SANDBOX_READ | SANDBOX_WRITE);
    CHECK(open_below(outside, "kept", O_RDONLY) < 0 && errno == EACCES);
    CHECK(open_below(outside, "new", O_WRONLY | O_CREAT) < 0 && errno == EACCES);
    CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    CHECK(open_below(inside, "../../etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    CHECK(open("/proc/self/root/etc/passwd", O_RDONLY) < 0);
}

static void act_read_only(void) {
    CHECK(open_below(inside, "kept", O_RDWR | O_CREAT) >= 0);
    enter_paths(SANDBOX_READ);
    CHECK(open_below(inside, "kept", O_RDONLY) >= 0);
    CHECK(open_below(inside, "kept", O_WRONLY) < 0 && errno == EACCES);
    CHECK(open_below(inside, "new", O_WRONLY | O_CREAT) < 0 && errno == EACCES);
}

static void act_start_a_program(void) {
    enter_paths(SANDBOX_READ | SANDBOX_WRITE);
    execl("/bin/true", "true", NULL);
    CHECK(errno == EACCES);
}

static void paths_that_are_named_may_be_used_and_no_others(void **state) {
    (void)state;
    assert_int_equal(status_of(act_write_inside), 0);
    assert_int_equal(status_of(act_stay_inside), 0);
    assert_int_equal(status_of(act_read_only), 0);
    assert_int_equal(status_of(act_start_a_program), 0);
}

/* ---- Calls ---- */

static void enter_calls(void) {
    static const char *const names[] = {"openat", "fsync"};
    CHECK(sandbox_confine_calls(names, PP_COUNT(names), NULL));
}

static void *thread_main(void *arg) {
    *(int *)arg = 7;
    return arg;
}

static void act_calls_of_its_own(void) {
    pthread_t thread;
    int value = 0;
    enter_calls();
    int fd = open(inside, O_RDONLY | O_DIRECTORY);
    CHECK(fd >= 0 && fsync(fd) == 0);
    CHECK(pthread_create(&thread, NULL, thread_main, &value) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(value == 7);
    CHECK(mkdir("/tmp/x", 0700) < 0 && errno == EPERM);
    CHECK(chroot("/") < 0 && errno == EPERM);
    CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static void act_socket(void) {
    enter_calls();
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}
static void act_unix_socket(void) {
    enter_calls();
    (void)!socket(AF_UNIX, SOCK_STREAM, 0);
}
static void act_exec(void) {
    enter_calls();
    execl("/bin/true", "true", NULL);
}
static void act_trace(void) {
    enter_calls();
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void connecting_starting_and_tracing_end_it(void **state) {
    (void)state;
    void (*const acts[])(void) = {act_socket, act_unix_socket, act_exec, act_trace};
    assert_int_equal(status_of(act_calls_of_its_own), 0);
    for (size_t i = 0; i < PP_COUNT(acts); i++) {
        int status = status_of(acts[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void enter_refused(void) {
    bool held;
    CHECK(sandbox_confine_paths(NULL, 0, true, &held, NULL) && sandbox_refuse_calls(NULL));
}
static void act_ordinary(void) {
    enter_refused();
    CHECK(socket(AF_INET, SOCK_STREAM, 0) >= 0 && open("/etc/passwd", O_RDONLY) < 0);
}
static void act_without_a_network(void) {
    CHECK(sandbox_refuse_network(NULL));
    CHECK(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EACCES);
    CHECK(socket(AF_INET6, SOCK_DGRAM, 0) < 0 && errno == EACCES);
    CHECK(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EACCES);
}

static void only_sockets_of_this_machine_are_left_where_the_network_is_refused(void **state) {
    (void)state;
    assert_int_equal(status_of(act_without_a_network), 0);
}

#ifndef PP_SANITIZED /* their runtime may: it looks for leaks by it */
static void act_look_into_another(void) {
    enter_refused();
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}
#endif
static void act_take_a_descriptor(void) {
    enter_refused();
    syscall(438 /* pidfd_getfd */, 0, 0, 0);
}

static void looking_into_other_processes_ends_it(void **state) {
    (void)state;
    void (*const acts[])(void) = {
#ifndef PP_SANITIZED
        act_look_into_another,
#endif
        act_take_a_descriptor,
    };
    assert_int_equal(status_of(act_ordinary), 0);
    for (size_t i = 0; i < PP_COUNT(acts); i++) {
        int status = status_of(acts[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_that_are_named_may_be_used_and_no_others),
        cmocka_unit_test(connecting_starting_and_tracing_end_it),
        cmocka_unit_test(only_sockets_of_this_machine_are_left_where_the_network_is_refused),
        cmocka_unit_test(looking_into_other_processes_ends_it),
    };
    return cmocka_run_group_tests_name("sandbox/confine", tests, set_up, tear_down);
}
