#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "child.h"

#define CHECK(condition)                                                                                     \
    if (!(condition))                                                                                        \
    _exit(__LINE__ % 90 + 1)

#define NOBODY  65534
#define KEPT_FD 20

static void act_nothing(void) {
}

/* ---- what stays possible ---- */

static void *thread_main(void *arg) {
    *(int *)arg = 7;
    return arg;
}

static void act_threads(void) {
    pthread_t thread;
    int value = 0;
    CHECK(pthread_create(&thread, NULL, thread_main, &value) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(value == 7);
}

/* A ring comes from the player: only mapping it is left to do. */
static void prepare_ring(void) {
    int fd = memfd_create("ring", MFD_CLOEXEC);
    CHECK(fd >= 0 && ftruncate(fd, 65536) == 0 && dup2(fd, KEPT_FD) == KEPT_FD);
}

static void act_ring(void) {
    char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, KEPT_FD, 0);
    CHECK(memory != MAP_FAILED);
    memory[65535] = 1;
}

static void act_memory_and_time(void) {
    void *big = malloc(32 * 1024 * 1024);
    CHECK(big);
    memset(big, 1, 32 * 1024 * 1024);
    big = realloc(big, 48 * 1024 * 1024);
    CHECK(big);
    free(big);
    struct timespec now;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    struct pollfd nothing = {.fd = 2, .events = 0};
    CHECK(poll(&nothing, 1, 1) >= 0);
}

static void act_exec_is_told_apart_from_clone3(void) {
    CHECK(syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS);
}

/* AT_EMPTY_PATH lets the path be empty; the kernel follows one that is not. */
static void act_look_at_a_path(void) {
    struct stat about;
    CHECK(syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &about, AT_EMPTY_PATH) < 0 && errno == ENOSYS);
}

/* Nobody's memory or table of descriptors is filled through a socket. */
static void act_send_many_descriptors(void) {
    int sent = 0;
    for (; sent < 1000; sent++) {
        int fd = KEPT_FD + 1;
        char control[CMSG_SPACE(sizeof fd)] = {0};
        char byte = 0;
        struct iovec part = {.iov_base = &byte, .iov_len = 1};
        struct msghdr header = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        struct cmsghdr *entry = CMSG_FIRSTHDR(&header);
        entry->cmsg_level = SOL_SOCKET;
        entry->cmsg_type = SCM_RIGHTS;
        entry->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(entry), &fd, sizeof fd);
        if (sendmsg(KEPT_FD, &header, MSG_NOSIGNAL | MSG_DONTWAIT) != 1)
            break;
    }
    CHECK(sent < 32 && errno == ETOOMANYREFS);
}

static void child_lives(void **state) {
    int status = child_run(*state);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- limits ---- */

static void act_write_file(void) {
    char byte = 0;
    CHECK(write(KEPT_FD, &byte, 1) < 0);
}

static void act_burn(void) {
    for (volatile unsigned i = 0;; i++) {
    }
}

#ifndef PP_SANITIZED
static void act_eat(void) {
    for (int i = 0; i < 64; i++) {
        void *piece = malloc(16 * 1024 * 1024);
        if (!piece)
            _exit(55);
        memset(piece, 1, 16 * 1024 * 1024);
    }
}

static void memory_over_the_limit_is_refused(void **state) {
    (void)state;
    struct child child = {
        .act = act_eat,
        .config = {
            .profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1, .memory_max = 256 * 1024 * 1024}};
    int status = child_run(&child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 55);
}
#endif

static void a_write_to_a_file_kills(void **state) {
    (void)state;
    struct child child = {.act = act_write_file,
                          .prepare = prepare_ring,
                          .config = {.profile = SANDBOX_RENDERER, .keep = {2, KEPT_FD}, .keep_count = 2}};
    int status = child_run(&child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXFSZ);
}

static void cpu_time_over_the_limit_kills(void **state) {
    (void)state;
    struct child child = {
        .act = act_burn, .config = {.profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1, .cpu_max = 1}};
    int status = child_run(&child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
}

/* ---- descriptors ---- */

static void prepare_descriptors(void) {
    CHECK(dup2(2, KEPT_FD) == KEPT_FD && dup2(2, KEPT_FD + 1) == KEPT_FD + 1 && dup2(2, 5) == 5);
}

static void act_look_at_descriptors(void) {
    CHECK(fcntl(KEPT_FD, F_GETFD) >= 0);
    for (int fd = 0; fd < 64; fd++)
        CHECK(fd == 2 || fd == KEPT_FD || (fcntl(fd, F_GETFD) < 0 && errno == EBADF));
}

static void act_receive(void) {
    char byte;
    CHECK(read(KEPT_FD, &byte, 1) == 0);
}

static void prepare_pipe(void) {
    int ends[2];
    CHECK(pipe(ends) == 0 && dup2(ends[0], KEPT_FD) == KEPT_FD);
}

/* One end is kept by the child, the other is not read. */
static void prepare_socket(void) {
    static int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(dup2(ends[0], KEPT_FD) == KEPT_FD && dup2(ends[1], KEPT_FD + 1) == KEPT_FD + 1);
}

static void too_many_descriptors_to_keep_are_refused(void **state) {
    (void)state;
    struct child child = {.act = act_nothing,
                          .config = {.profile = SANDBOX_RENDERER, .keep_count = SANDBOX_KEEP_MAX + 1}};
    int status = child_run(&child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), CHILD_REFUSED);
}

/* ---- where less is to be had ---- */

static void prepare_ordinary_user(void) {
    CHECK(getuid() != 0 ||
          (setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0));
}

static void prepare_without_user_namespaces(void) {
    if (unshare(CLONE_NEWUSER) < 0)
        return; /* switched off already */
    FILE *file = fopen("/proc/sys/user/max_user_namespaces", "w");
    CHECK(file && fputs("0", file) >= 0 && fclose(file) == 0);
    CHECK(unshare(CLONE_NEWUSER) < 0);
}

static void forbid_seccomp(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    CHECK(filter && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) == 0);
    CHECK(seccomp_load(filter) == 0);
}

static void without_seccomp_it_refuses(void **state) {
    (void)state;
    struct child child = {.act = act_nothing,
                          .prepare = forbid_seccomp,
                          .config = {.profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1}};
    int status = child_run(&child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), CHILD_REFUSED);
}

/* ---- the loader, which may read files, and nothing else more than a renderer ---- */

static void act_load(void) {
    uint8_t level = 0;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    CHECK(pp_file_read(AT_FDCWD, "/etc/passwd", &text, &error));
    int fd = open("/tmp/pingplay-sandbox-loader", O_WRONLY | O_CREAT, 0600);
    CHECK(fd < 0 || syscall(444, NULL, 0, 1) < 0); /* Landlock forbids it, where there is Landlock */
    struct sandbox_config config = {.profile = SANDBOX_RENDERER, .keep = {2}, .keep_count = 1};
    CHECK(sandbox_enter(&config, &level, &error));
    CHECK(level & SANDBOX_SECCOMP);
    CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == ENOENT);
    open("/etc/passwd", O_WRONLY);
}

static void loader_reads_until_it_is_a_renderer(void **state) {
    (void)state;
    struct child child = {.act = act_load,
                          .config = {.profile = SANDBOX_LOADER, .keep = {2}, .keep_count = 1}};
    int status = child_run(&child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* ---- what the kernel says about it ---- */

static void act_wait_for_end(void) {
    char byte;
    while (read(KEPT_FD, &byte, 1) > 0) {
    }
}

static int hold_end, held_by_child; /* of a pipe: the child waits until the parent closes its end */

static void prepare_hold(void) {
    close(hold_end);
    CHECK(dup2(held_by_child, KEPT_FD) == KEPT_FD);
}

static void read_status(pid_t pid, struct pp_buf *text) {
    char path[64];
    struct pp_error error = {0};
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    for (int i = 0; i < 500; i++) {
        pp_buf_finish(text);
        assert_true(pp_file_read(AT_FDCWD, path, text, &error));
        if (strstr(pp_buf_text(text), "Seccomp:\t2"))
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("no filter came up:\n%s", pp_buf_text(text));
}

static void proc_status_shows_the_cage(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    held_by_child = ends[0];
    hold_end = ends[1];
    struct child child = {.act = act_wait_for_end,
                          .prepare = prepare_hold,
                          .config = {.profile = SANDBOX_RENDERER, .keep = {2, KEPT_FD}, .keep_count = 2}};
    pid_t pid = child_start(&child);
    assert_true(pid > 0);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    read_status(pid, &text);
    static const char *const lines[] = {"NoNewPrivs:\t1",
                                        "CapInh:\t0000000000000000",
                                        "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000",
                                        "CapBnd:\t0000000000000000",
                                        "CapAmb:\t0000000000000000"};
    for (size_t i = 0; i < PP_COUNT(lines); i++) {
        if (!strstr(pp_buf_text(&text), lines[i]))
            fail_msg("%s is not in\n%s", lines[i], pp_buf_text(&text));
    }
    close(ends[1]);
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(ends[0]);
}

static void report_names_each_part(void **state) {
    (void)state;
    char text[SANDBOX_REPORT_MAX];
    sandbox_report(SANDBOX_SECCOMP | SANDBOX_NO_NEW_PRIVS, text);
    assert_string_equal(text, "seccomp, no new privileges, shared namespaces, no Landlock");
    sandbox_report(0xff, text);
    assert_string_equal(text, "seccomp, no new privileges, own namespaces, Landlock");
}

#define RENDERER                                                                                             \
    { .profile = SANDBOX_RENDERER, .keep = {2, KEPT_FD}, .keep_count = 2 }

static struct child living[] = {
    {"threads_can_be_started", act_threads, NULL, RENDERER},
    {"a_frame_ring_can_be_mapped", act_ring, prepare_ring, RENDERER},
    {"memory_and_time_can_be_used", act_memory_and_time, NULL, RENDERER},
    {"no_path_can_be_looked_at", act_look_at_a_path, NULL, RENDERER},
    {"few_descriptors_can_be_on_their_way",
     act_send_many_descriptors,
     prepare_socket,
     {.profile = SANDBOX_RENDERER, .keep = {2, KEPT_FD, KEPT_FD + 1}, .keep_count = 3}},
    {"clone3_is_said_not_to_exist", act_exec_is_told_apart_from_clone3, NULL, RENDERER},
    {"kept_descriptors_stay_and_others_are_closed", act_look_at_descriptors, prepare_descriptors, RENDERER},
    {"a_kept_descriptor_can_be_read", act_receive, prepare_pipe, RENDERER},
    {"an_ordinary_user_can_enter", act_threads, prepare_ordinary_user, RENDERER},
    {"it_is_entered_where_user_namespaces_are_off", act_threads, prepare_without_user_namespaces, RENDERER},
};

int main(void) {
    const struct CMUnitTest others[] = {
#ifndef PP_SANITIZED
        cmocka_unit_test(memory_over_the_limit_is_refused),
#endif
        cmocka_unit_test(a_write_to_a_file_kills),
        cmocka_unit_test(cpu_time_over_the_limit_kills),
        cmocka_unit_test(too_many_descriptors_to_keep_are_refused),
        cmocka_unit_test(without_seccomp_it_refuses),
        cmocka_unit_test(loader_reads_until_it_is_a_renderer),
        cmocka_unit_test(proc_status_shows_the_cage),
        cmocka_unit_test(report_names_each_part),
    };
    struct CMUnitTest tests[PP_COUNT(living)];
    for (size_t i = 0; i < PP_COUNT(living); i++)
        tests[i] = (struct CMUnitTest){living[i].name, child_lives, NULL, NULL, &living[i]};
    int failed = cmocka_run_group_tests_name("what stays possible", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("limits and levels", others, NULL, NULL);
}
