/* headend/serve: what a server that was taken over can still do. A process in the server's cage, with the server's
 * descriptors, looks for the keys, for other processes, and for something to be signed that is in no row. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../headend_home.h"
#include "base/privileges.h"
#include "headend/serve/children.h"
#include "headend/serve/server_cage.h"
#include "headend/signer/tuf_repo.h"
#include "support/test_folder.h"

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "line %d: %s (errno %d)\n", __LINE__, #condition, errno);                        \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

static char folder[PP_PATH_MAX];
static int lanes[SIGNING_LANES][2];
static pid_t signer;

/* The signer as `serve` has it, in its own cage. */
static pid_t signer_start(void) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (int i = 0; i < SIGNING_LANES; i++)
        CHECK(dup2(lanes[i][0], 100 + i) >= 0);
    for (int i = 0; i < SIGNING_LANES; i++)
        CHECK(dup2(100 + i, CHILD_FIRST_FD + i) >= 0);
    struct pp_error error = {0};
    _exit(signer_process(folder, 1, &error) ? 0 : 1);
}

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    const struct home *home = *state;
    struct pp_error error = {0};
    snprintf(folder, sizeof folder, "%s", home->path);
    for (int i = 0; i < SIGNING_LANES; i++) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lanes[i]) < 0 ||
            !signing_lane_prepare(lanes[i][0], &error) || !signing_lane_prepare(lanes[i][1], &error))
            return -1;
    }
    if (!tuf_repo_create(home, &error) || !server_cage_prepare(home, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    signer = signer_start();
    return signer > 0 ? 0 : -1;
}

static int tear_down(void **state) {
    for (int i = 0; i < SIGNING_LANES; i++) {
        close(lanes[i][0]);
        close(lanes[i][1]);
    }
    waitpid(signer, NULL, 0);
    return test_home_teardown(state);
}

/* How a process in the server's cage ends that does it. */
static int status_as(enum app_part part, void (*act)(void)) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        const struct serve_options options = {.provider_ca = "/etc/ssl/certs/ca-certificates.crt"};
        struct pp_error error = {0};
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        /* As the service's user has none. */
        if (!pp_capabilities_drop(&error) || !server_cage_enter(folder, &options, part, &error)) {
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

static int status_of(void (*act)(void)) {
    return status_as(APP_ALL, act);
}

static const char *below(const char *name) {
    static char path[PP_PATH_MAX];
    CHECK(pp_path_format(path, NULL, "%s/%s", folder, name));
    return path;
}

static bool opens(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- The keys ---- */

static void act_read_keys(void) {
    static const char *const keys[] = {"keys/root.pem",        "keys/targets.pem", "keys/timestamp.pem",
                                       "keys/snapshot.pem",    "ca.key",           "keys/../keys/root.pem",
                                       "repo/../keys/root.pem"};
    for (size_t i = 0; i < PP_COUNT(keys); i++) {
        CHECK(!opens(below(keys[i]), O_RDONLY) && errno == EACCES);
        CHECK(!opens(below(keys[i]), O_WRONLY) && errno == EACCES);
    }
    char through[2 * PP_PATH_MAX];
    snprintf(through, sizeof through, "/proc/self/root%s", below("keys/root.pem"));
    CHECK(!opens(through, O_RDONLY));
    CHECK(!opens(below("keys/mine.pem"), O_WRONLY | O_CREAT));
}

static void act_move_keys(void) {
    char to[PP_PATH_MAX];
    snprintf(to, sizeof to, "%s", below("content/stolen"));
    CHECK(rename(below("keys/root.pem"), to) < 0);
    CHECK(link(below("keys/root.pem"), to) < 0);
    CHECK(unlink(below("keys/root.pem")) < 0);
    CHECK(rename(below("keys"), to) < 0);
    CHECK(symlink("../keys/root.pem", to) < 0);
    CHECK(unlink(below("ca.key")) < 0 && unlink(below("root.json")) < 0);
}

static void act_write_metadata(void) {
    CHECK(opens(below("repo/metadata/1.root.json"), O_RDONLY));
    CHECK(!opens(below("repo/metadata/1.root.json"), O_WRONLY));
    CHECK(!opens(below("repo/metadata/2.root.json"), O_WRONLY | O_CREAT));
    CHECK(!opens(below("repo/targets/keys/mine.json"), O_WRONLY | O_CREAT));
    char from[PP_PATH_MAX];
    snprintf(from, sizeof from, "%s", below("repo/objects/mine"));
    CHECK(opens(from, O_WRONLY | O_CREAT));
    CHECK(rename(from, below("repo/metadata/timestamp.json")) < 0);
}

static void act_day_s_work(void) {
    CHECK(opens(below("headend.db"), O_RDWR) || opens(below(HOME_DATABASE), O_RDONLY));
    CHECK(opens(below("repo/objects/new"), O_WRONLY | O_CREAT));
    CHECK(opens(below("incoming/new"), O_WRONLY | O_CREAT) &&
          opens(below("uploads/new"), O_WRONLY | O_CREAT));
    CHECK(opens(below(HOME_LOCK), O_RDWR) && opens(below(HOME_WAKE), O_WRONLY | O_CREAT));
    CHECK(opens("/etc/passwd", O_RDONLY) && socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void a_server_that_was_taken_over_reads_no_key_and_moves_none(void **state) {
    (void)state;
    assert_int_equal(status_of(act_read_keys), 0);
    assert_int_equal(status_of(act_move_keys), 0);
}

static void it_writes_no_metadata_and_goes_on_with_its_work(void **state) {
    (void)state;
    assert_int_equal(status_of(act_write_metadata), 0);
    assert_int_equal(status_of(act_day_s_work), 0);
}

/* ---- A server that is for screens alone ---- */

static void act_serve_screens(void) {
    CHECK(opens(below("headend.db"), O_RDWR) || opens(below(HOME_DATABASE), O_RDONLY));
    CHECK(opens(below("uploads/new"), O_WRONLY | O_CREAT) && opens(below(HOME_WAKE), O_WRONLY | O_CREAT));
    CHECK(opens(below("repo/metadata/1.root.json"), O_RDONLY));
    CHECK(opens("/etc/passwd", O_RDONLY) && socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static void act_change_what_is_published(void) {
    CHECK(!opens(below("repo/objects/new"), O_WRONLY | O_CREAT) &&
          unlink(below("repo/metadata/1.root.json")) < 0);
    CHECK(!opens(below("repo/targets/channels/new"), O_WRONLY | O_CREAT));
    CHECK(!opens(below("content/kept"), O_RDONLY) && !opens(below("content/new"), O_WRONLY | O_CREAT));
    CHECK(!opens(below("incoming/kept"), O_RDONLY) && !opens(below("incoming/new"), O_WRONLY | O_CREAT));
    CHECK(!opens(below(HOME_LOCK), O_RDWR));
}

static void act_start_a_program(void) {
    execl("/bin/true", "true", NULL);
    CHECK(errno == EACCES);
}

static void one_for_screens_changes_nothing_that_is_published_and_starts_nothing(void **state) {
    (void)state;
    assert_true(opens(below("content/kept"), O_WRONLY | O_CREAT) &&
                opens(below("incoming/kept"), O_WRONLY | O_CREAT));
    assert_int_equal(status_as(APP_SCREENS, act_serve_screens), 0);
    assert_int_equal(status_as(APP_SCREENS, act_change_what_is_published), 0);
    assert_int_equal(status_as(APP_SCREENS, act_start_a_program), 0);
    assert_int_equal(status_as(APP_SCREENS, act_read_keys), 0);
    assert_int_equal(status_as(APP_PEOPLE, act_read_keys), 0);
    assert_int_equal(status_as(APP_PEOPLE, act_day_s_work), 0);
}

/* ---- The signer's process ---- */

#ifndef PP_SANITIZED
static void act_trace(void) {
    ptrace(PTRACE_ATTACH, signer, NULL, NULL);
}
#endif
static void act_take_descriptors(void) {
    syscall(438 /* pidfd_getfd */, 0, 0, 0);
}
/* Anything of it, however it is opened. */
static void expect_nothing(const char *name) {
    char path[64];
    char byte;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)signer, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, &byte, 1) > 0) {
        fprintf(stderr, "%s can be read\n", path);
        _exit(1);
    }
    if (fd >= 0)
        close(fd);
}

static void act_read_memory(void) {
    expect_nothing("mem");
    expect_nothing("maps");
    expect_nothing("environ");
}

static void it_does_not_look_into_the_signer(void **state) {
    (void)state;
    int status = status_of(act_take_descriptors);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#ifndef PP_SANITIZED
    status = status_of(act_trace);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
#endif
    assert_int_equal(status_of(act_read_memory), 0);
}

/* ---- What it may ask ---- */

static bool get(struct pp_buf *packet, struct signing_message *answer) {
    do {
        if (!signing_lane_receive(lanes[1][1], packet, answer, NULL))
            return false;
    } while (answer->type == SIGNING_HELLO);
    return true;
}

/* Any bytes at all: an answer comes, and it is a refusal. */
static void expect_refusal(const void *bytes, size_t size) {
    struct signing_message answer;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
    CHECK(send(lanes[1][1], bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
    CHECK(get(&packet, &answer));
    CHECK(answer.type == SIGNING_FAILED);
}

static void act_ask_what_is_in_no_row(void) {
    static const char text[] = "sign this, please: {\"_type\":\"root\"}";
    uint8_t packet[128];
    for (unsigned type = 0; type < 256; type++) {
        for (size_t size = 1; size < 40; size += 3) {
            memset(packet, 0x61, sizeof packet);
            packet[0] = (uint8_t)type;
            packet[1] = SIGNING_VERSION;
            /* A bare row that is right is answered; those have no words to sign. */
            if (size > 6)
                expect_refusal(packet, size);
        }
    }
    expect_refusal(text, sizeof text);
}

static void act_ask_for_new_keys(void) {
    struct signing_message answer;
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(SIGNING_PACKET_MAX);
    const struct signing_message request = {.type = SIGNING_KEY_NEXT, .number = 1};
    CHECK(signing_lane_send(lanes[1][1], &request, NULL) && get(&packet, &answer));
    CHECK(answer.type == SIGNING_FAILED && answer.flag == PP_E_DENIED);
}

static void act_ask_for_files(void) {
    static const char *const names[] = {"ca.key", "keys/root.pem", "../etc/passwd", "headend.db",
                                        "root.json"};
    int fds[SIGNING_LANES];
    for (int i = 0; i < SIGNING_LANES; i++)
        fds[i] = lanes[i][1];
    struct signing *signing = signing_remote(fds, NULL);
    pp_autobuf struct pp_buf content = PP_BUF_INIT(SIGNING_FILE_MAX);
    CHECK(signing);
    for (size_t i = 0; i < PP_COUNT(names); i++)
        CHECK(!signing_read_file(signing, names[i], &content, NULL));
    CHECK(content.size == 0);
    CHECK(signing_read_file(signing, "ca.pem", &content, NULL) && content.size);
    CHECK(signing_ready(signing, NULL));
    signing_close(signing);
}

static void it_has_nothing_signed_that_is_in_no_row(void **state) {
    (void)state;
    assert_int_equal(status_of(act_ask_what_is_in_no_row), 0);
    assert_int_equal(status_of(act_ask_for_new_keys), 0);
    assert_int_equal(status_of(act_ask_for_files), 0);
    assert_int_equal(waitpid(signer, NULL, WNOHANG), 0); /* none of it has ended it */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_server_that_was_taken_over_reads_no_key_and_moves_none),
        TEST(it_writes_no_metadata_and_goes_on_with_its_work),
        TEST(one_for_screens_changes_nothing_that_is_published_and_starts_nothing),
        TEST(it_does_not_look_into_the_signer),
        TEST(it_has_nothing_signed_that_is_in_no_row),
    };
    return cmocka_run_group_tests_name("headend/serve/server_cage", tests, NULL, NULL);
}
