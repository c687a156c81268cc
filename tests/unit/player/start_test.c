/* How the player comes by its socket under systemd (sd_listen_fds(3)), and how it leaves. */
#include "rig.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/clock.h"

#define PLAYER      PP_BUILD_DIR "/firmware/player/pingplay-player"
#define SPIN_MS     300 /* a loop that spins turns many thousand times in it */
#define WAKEUPS_MAX 200

/* A player whose descriptor 3 is a listening socket; it inherits nothing else. */
static pid_t activated(int listener, const char *listen_fds) {
    pid_t child = fork();
    if (child != 0)
        return child;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", listen_fds, 1);
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    dup2(listener, 3);
    fcntl(3, F_SETFD, 0);
    execl(PLAYER, PLAYER, "--windowed", "64x64", (char *)NULL);
    _exit(127);
}

struct activation {
    char folder[32], path[64];
    int listener;
};

static int setup(void **state) {
    struct activation *activation = calloc(1, sizeof *activation);
    strcpy(activation->folder, "/tmp/pp-start-XXXXXX");
    assert_non_null(mkdtemp(activation->folder));
    snprintf(activation->path, sizeof activation->path, "%s/socket", activation->folder);
    activation->listener = ipc_listen(activation->path, NULL);
    assert_true(activation->listener >= 0);
    *state = activation;
    return 0;
}

static int teardown(void **state) {
    struct activation *activation = *state;
    pp_close(&activation->listener);
    unlink(activation->path);
    rmdir(activation->folder);
    free(activation);
    return 0;
}

static void a_socket_from_systemd_is_listened_on(void **state) {
    const struct activation *activation = *state;
    pid_t player = activated(activation->listener, "1");
    struct rig rig = {.agent = -1};
    snprintf(rig.socket, sizeof rig.socket, "%s", activation->path);
    rig_connect(&rig);
    assert_int_equal(rig.display.width, 64);
    rig_ping(&rig);
    int status = 0;
    kill(player, SIGTERM);
    assert_int_equal(waitpid(player, &status, 0), player);
    assert_int_equal(status, 0);
    rig_expect_disconnect(&rig);
}

static void two_sockets_from_systemd_are_refused(void **state) {
    const struct activation *activation = *state;
    pid_t player = activated(activation->listener, "2");
    int status = 0;
    assert_int_equal(waitpid(player, &status, 0), player);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

/* A still picture, or none, wakes the loop only every 10 s: it wakes for its watchdog all the same. */
static void the_watchdog_gets_its_signs_of_life(void **state) {
    const struct activation *activation = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char sign[32];
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", activation->folder);
    pp_autoclose int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(notify, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    setenv("WATCHDOG_USEC", "600000", 1);
    pid_t player = activated(activation->listener, "1");
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    for (int i = 0; i < 4; i++) {
        struct pollfd wait = {.fd = notify, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, RIG_WAIT_MS / 4), 1);
        assert_int_equal(recv(notify, sign, sizeof sign, 0), strlen("WATCHDOG=1"));
        assert_memory_equal(sign, "WATCHDOG=1", strlen("WATCHDOG=1"));
    }
    kill(player, SIGTERM);
    assert_int_equal(waitpid(player, NULL, 0), player);
    unlink(address.sun_path);
}

/* With sound playing, a fade running and a screenshot being written. */
static void in_the_middle_of_everything_it_ends_in_good_order(void **state) {
    struct rig *rig = *state;
    struct source sources[2];
    for (uint32_t i = 0; i < 2; i++)
        source_picture(rig, &sources[i], (struct ipc_layer_add){.layer = i + 1},
                       (struct ipc_ring){.format = IPC_PIXEL_BGRA}, 1, 2, 3);
    rig_show_now(rig, 1, 0);
    rig_show(rig,
             (struct ipc_layer_show){
                 .layer = 2, .replaces = 1, .transition = IPC_TRANSITION_CROSSFADE, .duration_ms = 60000});
    rig_expect(rig, IPC_LAYER_SHOWN);
    kill(rig->player, SIGUSR1);
    cJSON *lines = rig_stop(rig);
    const cJSON *last = cJSON_GetArrayItem(lines, cJSON_GetArraySize(lines) - 1);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(last, "end")));
    cJSON_Delete(lines);
    source_close(&sources[0]);
    source_close(&sources[1]);
}

/* The number that the player's next descriptor would have. */
static rlim_t next_descriptor(pid_t player) {
    for (rlim_t number = 0;; number++) {
        char path[64];
        struct stat info;
        snprintf(path, sizeof path, "/proc/%d/fd/%lu", (int)player, (unsigned long)number);
        if (lstat(path, &info) != 0)
            return number;
    }
}

/* A listener whose connection cannot be taken stays readable: the loop waits all the same. */
static void a_connection_waits_for_a_descriptor_without_the_loop_spinning(void **state) {
    struct rig *rig = *state;
    struct rlimit limit;
    assert_int_equal(prlimit(rig->player, RLIMIT_NOFILE, NULL, &limit), 0);
    struct rlimit none = {.rlim_cur = next_descriptor(rig->player), .rlim_max = limit.rlim_max};
    assert_int_equal(prlimit(rig->player, RLIMIT_NOFILE, &none, NULL), 0);
    struct rig second = {.player = rig->player};
    strcpy(second.socket, rig->socket);
    second.agent = ipc_connect(second.socket, NULL);
    assert_true(second.agent >= 0);
    poll(NULL, 0, SPIN_MS);
    assert_int_equal(prlimit(rig->player, RLIMIT_NOFILE, &limit, NULL), 0);
    rig_send(&second, &(struct ipc_message){.type = IPC_HELLO, .hello = {IPC_PROTOCOL}});
    rig_expect(&second, IPC_DISPLAY);
    rig_disconnect(&second);
    rig_expect_disconnect(rig);
    cJSON *lines = rig_stop(rig);
    const cJSON *last = cJSON_GetArrayItem(lines, cJSON_GetArraySize(lines) - 1);
    assert_in_range(cJSON_GetObjectItem(last, "wakeups")->valueint, 1, WAKEUPS_MAX);
    cJSON_Delete(lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_socket_from_systemd_is_listened_on, setup, teardown),
        cmocka_unit_test_setup_teardown(the_watchdog_gets_its_signs_of_life, setup, teardown),
        cmocka_unit_test_setup_teardown(a_connection_waits_for_a_descriptor_without_the_loop_spinning,
                                        rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(two_sockets_from_systemd_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(in_the_middle_of_everything_it_ends_in_good_order, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
