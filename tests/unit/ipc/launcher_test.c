/* A launcher of another user, with that user's real number: as root. What needs root is skipped without, and
 * says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/privileges.h"
#include "ipc/conn.h"
#include "ipc/launcher.h"
#include "ipc/program.h"
#include "support/test_folder.h"

#define USER    "nobody" /* of every Debian */
#define MANY    100      /* programs */
#define ANSWER  4096     /* bytes */
#define A_GROUP 4        /* of ours */
#define WAIT_MS 20000    /* until what must come is given up */

struct world {
    char folder[TEST_FOLDER_SIZE]; /* open to all */
    struct ipc_launcher *launcher;
    pid_t launcher_pid;
};

static void read_proc(pid_t pid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    pp_autofile FILE *file = fopen(path, "re");
    text[file ? fread(text, 1, size - 1, file) : 0] = 0;
}

/* Our child of that name; 0 none. */
static pid_t find_child(const char *name) {
    char text[64];
    pp_autofree char *children = calloc(1, 65536);
    read_proc(getpid(), "task/self/children", children, 65536);
    snprintf(text, sizeof text, "task/%d/children", (int)getpid());
    read_proc(getpid(), text, children, 65536);
    for (char *rest = children, *word; (word = strsep(&rest, " "));) {
        pid_t pid = atoi(word);
        read_proc(pid, "comm", text, sizeof text);
        text[strcspn(text, "\n")] = 0;
        if (pid && strcmp(text, name) == 0)
            return pid;
    }
    return 0;
}

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    struct pp_error error = {0};
    *state = world;
    test_folder_make(world->folder);
    assert_int_equal(chmod(world->folder, 0755), 0);
    if (geteuid() != 0)
        return 0;
    assert_int_equal(setgroups(1, &(gid_t){A_GROUP}), 0); /* which nothing is to inherit */
    world->launcher = ipc_launcher_create(USER, &error);
    if (!world->launcher)
        fail_msg("%s", error.message);
    world->launcher_pid = find_child("pingplay-launch");
    assert_true(world->launcher_pid > 0);
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    ipc_launcher_destroy(world->launcher);
    test_folder_remove(world->folder);
    free(world);
    return 0;
}

static struct world *need_root(void **state) {
    if (geteuid() != 0) {
        print_message("SKIPPED, because only root can make a launcher of another user\n");
        skip();
    }
    return *state;
}

/* ---- Programs ---- */

static void start(const struct world *world, const char *lines, struct ipc_program *program) {
    char path[PP_PATH_MAX], script[2048];
    struct pp_error error = {0};
    assert_true(pp_path_format(path, &error, "%s/script", world->folder));
    snprintf(script, sizeof script, "#!/bin/sh\n%s\n", lines);
    assert_true(pp_file_replace(AT_FDCWD, path, script, strlen(script), 0700, &error));
    assert_int_equal(chmod(path, 0755), 0);
    if (!ipc_program_start(world->launcher, path, program, &error))
        fail_msg("%s", error.message);
    assert_true(program->pid > 1);
}

static void forget(struct ipc_program *program) {
    pp_close(&program->control);
    pp_close(&program->pidfd);
    pp_close(&program->words);
}

/* It is our child: we learn how it ended. */
static int reap(const struct ipc_program *program) {
    int status = -1;
    assert_int_equal(poll(&(struct pollfd){.fd = program->pidfd, .events = POLLIN}, 1, -1), 1);
    assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
    return status;
}

/* All that it wrote to its control socket. */
static int run(const struct world *world, const char *lines, char answer[ANSWER]) {
    struct ipc_program program;
    size_t size = 0;
    start(world, lines, &program);
    int status = reap(&program);
    for (ssize_t got = 0; got >= 0 && size<ANSWER - 1; size += got> 0 ? (size_t)got : 0) {
        got = recv(program.control, answer + size, ANSWER - 1 - size, MSG_DONTWAIT);
        if (got == 0)
            break;
    }
    answer[size] = 0;
    forget(&program);
    return status;
}

static void expect_lines(const char *text, const char *const *lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!strstr(text, lines[i]))
            fail_msg("\"%s\" is not in\n%s", lines[i], text);
    }
}

static const char *const powerless[] = {"NoNewPrivs:\t1",
                                        "CapInh:\t0000000000000000",
                                        "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000",
                                        "CapBnd:\t0000000000000000",
                                        "CapAmb:\t0000000000000000",
                                        "Groups:\t \n"};

static void a_program_is_the_user_s_and_our_child(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER], expected[128];
    const struct passwd *user = getpwnam(USER);
    assert_int_equal(run(world, "cat /proc/$$/status >&3", answer), 0);
    expect_lines(answer, powerless, PP_COUNT(powerless));
    snprintf(expected, sizeof expected, "PPid:\t%d\n", (int)getpid());
    assert_non_null(strstr(answer, expected));
    snprintf(expected, sizeof expected, "Uid:\t%1$u\t%1$u\t%1$u\t%1$u\nGid:\t%2$u\t%2$u\t%2$u\t%2$u\n",
             user->pw_uid, user->pw_gid);
    assert_non_null(strstr(answer, expected));
}

static void a_program_gets_its_two_descriptors_and_nothing_of_ours(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER];
    pp_autoclose int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    /* It stays open at exec; the launcher was made before. */
    pp_autoclose int high = fcntl(null, F_DUPFD, 20);
    assert_int_equal(high, 20);
    assert_int_equal(setenv("PP_SECRET", "1", 1), 0);
    assert_int_equal(
        run(world,
            "for fd in 0 1 2 3 4 5 6 7 8 9 20 21; do\n"
            "  [ -e /proc/$$/fd/$fd ] && echo \"$fd:$(readlink /proc/$$/fd/$fd | tr -d 0-9)\" >&3\n"
            "done; tr '\\0' ' ' </proc/$$/environ >&3",
            answer),
        0);
    assert_string_equal(answer, "0:/dev/null\n1:/dev/null\n2:pipe:[]\n3:socket:[]\nLANG=C.UTF-8 ");
}

static void what_a_program_writes_comes_through_the_pipe(void **state) {
    const struct world *world = need_root(state);
    struct ipc_program program;
    char text[16] = "";
    start(world, "echo hello >&2", &program);
    assert_int_equal(reap(&program), 0);
    assert_int_equal(read(program.words, text, sizeof text - 1), 6);
    assert_string_equal(text, "hello\n");
    forget(&program);
}

static void a_program_ignores_and_blocks_no_signal(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER];
    /* Of the first 28 signals; two behind 31 are the C library's own. */
    assert_int_equal(
        run(world,
            "echo $(sed -n 's/^SigBlk:.*\\(.\\{7\\}\\)$/\\1/p; s/^SigIgn:.*\\(.\\{7\\}\\)$/\\1/p' "
            "/proc/self/status) >&3",
            answer),
        0);
    assert_string_equal(answer, "0000000 0000000\n");
}

static void how_a_program_ended_is_known(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER], text[100];
    ipc_program_describe_end("the renderer", run(world, "exit 3", answer), text, sizeof text);
    assert_string_equal(text, "the renderer ended with status 3");
    ipc_program_describe_end("the renderer", run(world, "ulimit -t 1; while :; do :; done", answer), text,
                             sizeof text);
    assert_string_equal(text, "the renderer was killed by signal 9 (Killed)");
    ipc_program_describe_end("the renderer", run(world, "kill -SYS $$", answer), text, sizeof text);
    assert_string_equal(text, "the renderer was killed by signal 31 (Bad system call)");
}

static void a_program_that_is_not_there_is_named(void **state) {
    const struct world *world = need_root(state);
    struct ipc_program program;
    struct pp_error error = {0};
    assert_true(ipc_program_start(world->launcher, "/nowhere/pingplay-render-media", &program, &error));
    int status = reap(&program);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 127);
    ipc_automessage struct ipc_message failed = {0};
    assert_true(ipc_receive(program.control, &failed, &error));
    assert_int_equal(failed.type, IPC_FAILED);
    assert_true(failed.failed.unread);
    assert_string_equal(failed.failed.reason,
                        "start /nowhere/pingplay-render-media: No such file or directory");
    forget(&program);
    memset(&program, 0, sizeof program);
    char path[IPC_PATH_MAX + 2];
    memset(path, '/', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_false(ipc_program_start(world->launcher, path, &program, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    forget(&program);
}

/* ---- Killing ---- */

/* We could, as root; the user that the agent is could not. */
static void a_program_is_killed_by_the_launcher(void **state) {
    const struct world *world = need_root(state);
    struct ipc_program program;
    start(world, "exec sleep 1000", &program);
    ipc_program_kill(world->launcher, &program);
    int status = reap(&program);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ipc_program_kill(world->launcher, &program); /* again, when it is gone */
    forget(&program);
}

/* Whoever has a descriptor of a process of another user has no more than that user. */
static void no_process_of_another_user_is_killed(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER];
    pid_t ours = fork();
    if (ours == 0) {
        pause();
        _exit(0);
    }
    pp_autoclose int pidfd = (int)syscall(SYS_pidfd_open, ours, 0);
    ipc_launcher_kill(world->launcher, pidfd);
    assert_int_equal(run(world, "echo after it >&3", answer), 0); /* requests are handled in order */
    assert_string_equal(answer, "after it\n");
    assert_int_equal(waitpid(ours, NULL, WNOHANG), 0);
    kill(ours, SIGKILL);
    assert_int_equal(waitpid(ours, NULL, 0), ours);
}

/* ---- The launcher itself ---- */

static size_t count_descriptors(pid_t pid) {
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    pp_autodir DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    return count;
}

static void the_launcher_can_become_nobody_else_and_holds_nothing(void **state) {
    const struct world *world = need_root(state);
    char status[ANSWER], answer[ANSWER], script[256];
    read_proc(world->launcher_pid, "status", status, sizeof status);
    expect_lines(status, powerless, PP_COUNT(powerless));
    assert_int_equal(count_descriptors(world->launcher_pid), 2 + 4); /* with . and .. */
    /* Nor does what it starts look into it, though it is the same user's. */
    snprintf(script, sizeof script,
             "for name in mem environ fd/3; do (: </proc/%d/$name) 2>/dev/null && echo $name >&3; "
             "done; echo . >&3",
             (int)world->launcher_pid);
    assert_int_equal(run(world, script, answer), 0);
    assert_string_equal(answer, ".\n");
}

static void no_descriptor_is_left_behind(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER];
    size_t ours = count_descriptors(getpid());
    size_t its = count_descriptors(world->launcher_pid);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(run(world, "exit 0", answer), 0);
    assert_int_equal(count_descriptors(getpid()), ours);
    /* It closes those of a request after the answer. */
    int64_t end_ms = pp_clock_monotonic_ms() + WAIT_MS;
    while (count_descriptors(world->launcher_pid) > its)
        assert_true(pp_clock_monotonic_ms() < end_ms);
}

static void it_lives_as_long_as_it_is_wanted(void **state) {
    struct world *world = need_root(state);
    char answer[ANSWER];
    struct ipc_program program;
    assert_int_equal(kill(world->launcher_pid, SIGTERM), 0);
    assert_int_equal(kill(world->launcher_pid, SIGINT), 0);
    assert_int_equal(run(world, "echo still >&3", answer), 0);
    assert_string_equal(answer, "still\n");
    start(world, "read line; exit 5", &program);
    ipc_launcher_destroy(pp_steal(&world->launcher));
    assert_int_equal(waitpid(world->launcher_pid, NULL, WNOHANG), -1); /* reaped */
    int status = reap(&program);                                       /* and what it started went on */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 5);
    forget(&program);
}

/* Nothing is started any more, and whoever watches it learns why. */
static void expect_useless(struct world *world, const char *why) {
    struct ipc_program program;
    struct pp_error error = {0};
    assert_int_equal(poll(&(struct pollfd){.fd = ipc_launcher_fd(world->launcher), .events = POLLIN}, 1, -1),
                     1);
    assert_false(ipc_program_start(world->launcher, "/bin/true", &program, &error));
    assert_int_equal(program.pid, 0);
    forget(&program);
    (void)!ipc_launcher_explain(world->launcher, &error);
    assert_string_equal(error.message, why);
}

static void its_death_is_noticed(void **state) {
    struct world *world = need_root(state);
    assert_int_equal(kill(world->launcher_pid, SIGKILL), 0);
    expect_useless(world, "the launcher of renderers was killed by signal 9 (Killed)");
}

static void one_that_does_not_answer_is_not_asked_again(void **state) {
    struct world *world = need_root(state);
    struct ipc_program program;
    struct pp_error error = {0};
    assert_int_equal(kill(world->launcher_pid, SIGSTOP), 0);
    assert_false(ipc_program_start(world->launcher, "/bin/true", &program, &error));
    assert_string_equal(error.message, "it does not answer");
    forget(&program);
    expect_useless(world, "the launcher of renderers: it does not answer");
    assert_int_equal(kill(world->launcher_pid, SIGKILL), 0);
}

struct bad_request {
    const char *name;
    const char *packet;
    size_t size;
    int fd_count;
};

#define PACKET(bytes) (bytes), sizeof(bytes) - 1

static const struct bad_request bad_requests[] = {
    {"half a header", PACKET("\x01\x07"), 0},
    {"a type that is not there", PACKET("\x7f\x07\x02\x00"), 0},
    {"another version", PACKET("\x02\x07\x03\x00\x09"), 1},
    {"a path that ends early", PACKET("\x01\x07\x02\x00\x09\x00/bin"), 2},
    {"a path over the limit", PACKET("\x01\x07\x02\x00\x00\x02/bin/true"), 2},
    {"no descriptors", PACKET("\x01\x07\x02\x00\x09\x00/bin/true"), 0},
    {"one descriptor of two", PACKET("\x01\x07\x02\x00\x09\x00/bin/true"), 1},
    {"a descriptor too many", PACKET("\x01\x07\x02\x00\x09\x00/bin/true"), 3},
    {"more than a packet may have", PACKET("\x01\x07\x02\x00\x09\x00/bin/true"), 8},
    {"another signal", PACKET("\x02\x07\x02\x00\x0f"), 1},
    {"bytes behind it", PACKET("\x02\x07\x02\x00\x09\x00"), 1},
    {"a message of the renderer's", PACKET("\x01\x06\x02\x00\x01"), 0},
    {"its own answer", PACKET("\x01\x08\x02\x00\x01\x00\x00\x00\x00\x00"), 0},
};

static void send_raw(int fd, const struct bad_request *request) {
    char control[CMSG_SPACE(8 * sizeof(int))] __attribute__((aligned(16))) = {0};
    struct iovec part = {.iov_len = request->size};
    memcpy(&part.iov_base, &request->packet, sizeof part.iov_base);
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (request->fd_count) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE((size_t)request->fd_count * sizeof(int));
        struct cmsghdr *entry = CMSG_FIRSTHDR(&header);
        entry->cmsg_level = SOL_SOCKET;
        entry->cmsg_type = SCM_RIGHTS;
        entry->cmsg_len = CMSG_LEN((size_t)request->fd_count * sizeof(int));
        for (int i = 0; i < request->fd_count; i++)
            memcpy(CMSG_DATA(entry) + (size_t)i * sizeof(int), &(int){STDERR_FILENO}, sizeof(int));
    }
    assert_int_equal(sendmsg(fd, &header, 0), (ssize_t)request->size);
}

static void a_request_that_is_none_ends_it(void **state) {
    struct world *world = need_root(state);
    for (size_t i = 0; i < PP_COUNT(bad_requests); i++) {
        struct pp_error error = {0};
        print_message("%s: ", bad_requests[i].name);
        send_raw(ipc_launcher_fd(world->launcher), &bad_requests[i]);
        expect_useless(world, "the launcher of renderers ended with status 1");
        ipc_launcher_destroy(world->launcher);
        world->launcher = ipc_launcher_create(USER, &error);
        assert_non_null(world->launcher);
    }
}

/* A descriptor that is no process's is nobody's death, and no reason to end. */
static void a_kill_of_no_process_does_nothing(void **state) {
    const struct world *world = need_root(state);
    char answer[ANSWER];
    ipc_launcher_kill(world->launcher, STDERR_FILENO);
    assert_int_equal(run(world, "echo on >&3", answer), 0);
    assert_string_equal(answer, "on\n");
}

/* ---- Users ---- */

static void expect_refused(const char *user, enum pp_code code, const char *message) {
    struct pp_error error = {0};
    assert_null(ipc_launcher_create(user, &error));
    assert_int_equal(error.code, code);
    assert_string_equal(error.message, message);
    assert_int_equal(find_child("pingplay-launch"), 0);
}

static void a_user_who_would_be_no_wall_is_refused(void **state) {
    struct world *world = *state;
    ipc_launcher_destroy(pp_steal(&world->launcher));
    expect_refused("no-such-user", PP_E_NOTFOUND,
                   "renderers cannot be started as user \"no-such-user\": there is no such user");
    expect_refused("root", PP_E_INVALID,
                   "renderers cannot be started as user \"root\": that is root, or root's group");
    if (geteuid() != 0 || !getpwnam("games"))
        return;
    assert_int_equal(seteuid(getpwnam("games")->pw_uid), 0);
    expect_refused(
        "games", PP_E_INVALID,
        "renderers cannot be started as user \"games\": that is this program's own user, or its group");
    assert_int_equal(seteuid(0), 0);
}

static void without_the_capabilities_there_is_none(void **state) {
    struct world *world = *state;
    int status = -1;
    ipc_launcher_destroy(pp_steal(&world->launcher));
    pid_t pid = fork();
    if (pid == 0) {
        struct pp_error error = {0};
        if (!pp_capabilities_drop(&error))
            _exit(2);
        if (ipc_launcher_create(USER, &error))
            _exit(3);
        _exit(strcmp(error.message, "renderers cannot be started as user \"" USER
                                    "\": setgroups: Operation not permitted (it takes "
                                    "CAP_SETUID, CAP_SETGID and CAP_SETPCAP)") != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_program_is_the_user_s_and_our_child),
        TEST(a_program_gets_its_two_descriptors_and_nothing_of_ours),
        TEST(what_a_program_writes_comes_through_the_pipe),
        TEST(a_program_ignores_and_blocks_no_signal),
        TEST(how_a_program_ended_is_known),
        TEST(a_program_that_is_not_there_is_named),
        TEST(a_program_is_killed_by_the_launcher),
        TEST(no_process_of_another_user_is_killed),
        TEST(the_launcher_can_become_nobody_else_and_holds_nothing),
        TEST(no_descriptor_is_left_behind),
        TEST(it_lives_as_long_as_it_is_wanted),
        TEST(its_death_is_noticed),
        TEST(one_that_does_not_answer_is_not_asked_again),
        TEST(a_request_that_is_none_ends_it),
        TEST(a_kill_of_no_process_does_nothing),
        TEST(a_user_who_would_be_no_wall_is_refused),
        TEST(without_the_capabilities_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
