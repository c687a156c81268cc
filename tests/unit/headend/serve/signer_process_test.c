/* headend/serve: the signer's process, of which nothing is left half there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/serve/children.h"

#define LARGE       (100 * 1024) /* bytes, that a lane with the least place does not take in one packet */
#define ONE_WAIT_MS 12000

static int lanes[SIGNING_LANES][2];

static pid_t signer_start(const char *folder) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (int i = 0; i < SIGNING_LANES; i++) {
        if (dup2(lanes[i][0], 100 + i) < 0)
            _exit(99);
    }
    for (int i = 0; i < SIGNING_LANES; i++) {
        if (dup2(100 + i, CHILD_FIRST_FD + i) < 0)
            _exit(99);
    }
    struct pp_error error = {0};
    _exit(signer_process(folder, 1, &error) ? 0 : 98);
}

static void ask_for_file(int lane) {
    struct pp_error error = {0};
    const struct signing_message request = {
        .type = SIGNING_FILE, .number = 1, .name = signing_text(HOME_CA_CERTIFICATE)};
    assert_true(signing_lane_send(lane, &request, &error));
}

static void a_lane_that_fails_ends_the_whole_of_it(void **state) {
    const struct home *home = *state;
    static const char large[LARGE];
    struct pp_error error = {0};
    int status = 0;
    assert_true(pp_file_replace(home->fd, HOME_CA_CERTIFICATE, large, sizeof large, 0600, &error));
    for (int i = 0; i < SIGNING_LANES; i++) {
        int least = 1;
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lanes[i]), 0);
        assert_int_equal(setsockopt(lanes[i][0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
    }
    pid_t signer = signer_start(home->path);
    assert_true(signer > 0);
    ask_for_file(lanes[1][1]);
    assert_int_equal(waitpid(signer, &status, 0), signer);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
    for (int i = 0; i < SIGNING_LANES; i++) {
        close(lanes[i][0]);
        close(lanes[i][1]);
    }
}

static void a_full_lane_is_not_waited_for_for_ever(void **state) {
    static const char packet[4096];
    int ends[SIGNING_LANES];
    struct pp_error error = {0};
    (void)state;
    for (int i = 0; i < SIGNING_LANES; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lanes[i]), 0);
        ends[i] = lanes[i][1];
        while (send(ends[i], packet, sizeof packet, MSG_DONTWAIT) > 0)
            ;
    }
    PP_AUTO(signing) struct signing *signing = signing_remote(ends, &error);
    assert_non_null(signing);
    assert_false(signing_ready(signing, &error));
    assert_int_equal(error.code, PP_E_NET);
    for (int i = 0; i < SIGNING_LANES; i++) {
        close(lanes[i][0]);
        close(lanes[i][1]);
    }
}

static void *ask_ready(void *arg) {
    struct pp_error error = {0};
    assert_false(signing_ready(arg, &error));
    assert_int_equal(error.code, PP_E_NET);
    return NULL;
}

/* Nobody answers: one after the other, they would wait three times as long as one. */
static void many_who_ask_wait_no_longer_than_one(void **state) {
    int ends[SIGNING_LANES];
    pthread_t threads[3 * (SIGNING_LANES - 1)];
    struct pp_error error = {0};
    (void)state;
    for (int i = 0; i < SIGNING_LANES; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lanes[i]), 0);
        ends[i] = lanes[i][1];
    }
    PP_AUTO(signing) struct signing *signing = signing_remote(ends, &error);
    assert_non_null(signing);
    int64_t begun_ms = pp_clock_monotonic_ms();
    for (size_t i = 0; i < PP_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_ready, signing), 0);
    for (size_t i = 0; i < PP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_true(pp_clock_monotonic_ms() - begun_ms < 2 * ONE_WAIT_MS);
    for (int i = 0; i < SIGNING_LANES; i++) {
        close(lanes[i][0]);
        close(lanes[i][1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lane_that_fails_ends_the_whole_of_it, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test(a_full_lane_is_not_waited_for_for_ever),
        cmocka_unit_test(many_who_ask_wait_no_longer_than_one),
    };
    return cmocka_run_group_tests_name("headend/serve/signer_process", tests, NULL, NULL);
}
