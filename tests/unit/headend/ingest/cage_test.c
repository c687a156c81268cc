/* headend/ingest: what a process that looks at a file, and was taken over by it, can still do. In its cage, with what
 * it was handed, it looks for another file, for the network and for other processes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "headend/ingest/cage.h"
#include "support/test_folder.h"

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #condition, errno);                        \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static char folder[TEST_FOLDER_SIZE]; /* with two files of the library */
static int handed;                    /* the one that it was given */
static pid_t other;                   /* another process of the same user */

static const char *below(const char *name) {
    static char path[PP_PATH_MAX];
    CHECK(pp_path_format(path, NULL, "%s/%s", folder, name));
    return path;
}

static void file_write(const char *name, const char *text) {
    int fd = open(below(name), O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int set_up(void **state) {
    (void)state;
    test_folder_make(folder);
    file_write("mine", "mine");
    file_write("another", "another");
    handed = open(below("mine"), O_RDONLY | O_CLOEXEC);
    other = fork();
    if (other == 0) {
        for (;;)
            pause();
    }
    return handed >= 0 && other > 0 ? 0 : -1;
}

static int tear_down(void **state) {
    close(handed);
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    test_folder_remove(folder);
    (void)state;
    return 0;
}

/* How a process in the cage ends that does it. */
static int status_of(void (*act)(void)) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        static const char *const programs[] = {"/bin/true", NULL};
        struct pp_error error = {0};
        if (!ingest_cage_enter(programs, &error)) {
            fprintf(stderr, "%s\n", error.message);
            _exit(2);
        }
        act();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static bool opens(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- Files ---- */

static void act_read_what_it_was_given(void) {
    char text[8] = "";
    CHECK(pread(handed, text, sizeof text, 0) == 4 && memcmp(text, "mine", 4) == 0);
}

static void act_read_another(void) {
    char path[2 * PP_PATH_MAX];
    CHECK(!opens(below("another"), O_RDONLY) && errno == EACCES);
    CHECK(!opens(below("mine"), O_RDWR) && errno == EACCES);
    CHECK(!opens(folder, O_RDONLY | O_DIRECTORY) && errno == EACCES);
    snprintf(path, sizeof path, "/proc/self/root%s", below("another"));
    CHECK(!opens(path, O_RDONLY));
    snprintf(path, sizeof path, "/proc/%d/root%s", (int)other, below("another"));
    CHECK(!opens(path, O_RDONLY));
    /* From the descriptor that it has, to those beside it. */
    CHECK(openat(handed, "../another", O_RDONLY) < 0);
    CHECK(syscall(SYS_open_by_handle_at, handed, NULL, O_RDONLY) < 0);
    CHECK(pwrite(handed, "x", 1, 0) < 0);
}

static void act_leave_something(void) {
    CHECK(!opens(below("left"), O_WRONLY | O_CREAT) && !opens("/tmp/left", O_WRONLY | O_CREAT));
    CHECK(unlink(below("another")) < 0 && rename(below("another"), below("mine")) < 0);
    CHECK(mkdir(below("left"), 0700) < 0 && symlink("another", below("left")) < 0);
    CHECK(chmod(below("another"), 0666) < 0 && fchmod(handed, 0666) < 0);
}

static void it_has_the_file_that_it_was_given_and_no_other(void **state) {
    (void)state;
    assert_int_equal(status_of(act_read_what_it_was_given), 0);
    assert_int_equal(status_of(act_read_another), 0);
    assert_int_equal(status_of(act_leave_something), 0);
}

/* ---- The network ---- */

static void act_connect(void) {
    CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    CHECK(socket(AF_INET6, SOCK_DGRAM, 0) < 0 && socket(AF_UNIX, SOCK_STREAM, 0) < 0);
    CHECK(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && socket(AF_PACKET, SOCK_RAW, 0) < 0);
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/notify"};
    CHECK(connect(pair[0], (struct sockaddr *)&address, sizeof address) < 0 && errno == EPERM);
    CHECK(bind(pair[0], (struct sockaddr *)&address, sizeof address) < 0 && errno == EPERM);
    CHECK(listen(pair[0], 1) < 0 && accept(pair[0], NULL, NULL) < 0);
}

/* What another namespace would give it has a call of its own. */
static void act_become_another_root(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0)
        CHECK(!opens(below("another"), O_RDONLY));
    CHECK(mount("none", "/mnt", "tmpfs", 0, NULL) < 0 && errno == EPERM);
    CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0);
    CHECK(setuid(0) < 0 && setgid(0) < 0 && chroot("/") < 0);
    CHECK(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0);
    CHECK(syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS);
}

static void it_reaches_no_network_and_no_namespace_helps(void **state) {
    (void)state;
    assert_int_equal(status_of(act_connect), 0);
    assert_int_equal(status_of(act_become_another_root), 0);
}

/* ---- Other processes ---- */

#ifndef PP_SANITIZED
static void act_trace(void) {
    ptrace(PTRACE_ATTACH, other, NULL, NULL);
}
#endif
static void act_take_a_descriptor(void) {
    syscall(438 /* pidfd_getfd */, 0, 0, 0);
}

static void act_look_into_it(void) {
    static const char *const names[] = {"mem", "maps", "environ", "fd/0", "root/etc/passwd"};
    char path[64];
    char byte;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)other, names[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        CHECK(fd < 0 || read(fd, &byte, 1) <= 0);
    }
}

static void it_does_not_look_into_other_processes(void **state) {
    (void)state;
    int status = status_of(act_take_a_descriptor);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#ifndef PP_SANITIZED
    status = status_of(act_trace);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#endif
    assert_int_equal(status_of(act_look_into_it), 0);
}

/* ---- What it is for ---- */

static void act_start_a_program(void) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/true", "true", NULL);
        _exit(99);
    }
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void act_start_what_is_not_installed(void) {
    execl(below("mine"), "mine", NULL);
    CHECK(errno == EACCES);
}

/* Limits hold for what it starts as well, and it cannot lift them. */
static void act_limits(void) {
    static const __rlimit_resource_t resources[] = {RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU};
    for (size_t i = 0; i < PP_COUNT(resources); i++) {
        struct rlimit present;
        CHECK(getrlimit(resources[i], &present) == 0 && present.rlim_max != RLIM_INFINITY);
        CHECK(setrlimit(resources[i], &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) < 0 && errno == EPERM);
    }
}

static void it_starts_programs_of_the_system_within_its_limits(void **state) {
    (void)state;
    assert_int_equal(status_of(act_start_a_program), 0);
    assert_int_equal(status_of(act_start_what_is_not_installed), 0);
    assert_int_equal(status_of(act_limits), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_has_the_file_that_it_was_given_and_no_other),
        TEST(it_reaches_no_network_and_no_namespace_helps),
        TEST(it_does_not_look_into_other_processes),
        TEST(it_starts_programs_of_the_system_within_its_limits),
    };
    return cmocka_run_group_tests_name("headend/ingest/cage", tests, NULL, NULL);
}
