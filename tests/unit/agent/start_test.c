/* The agent as systemd starts it (sd_notify(3)). */
#include "support/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/file.h"

#define AGENT   PP_BUILD_DIR "/firmware/agent/pingplay-agent"
#define SIGNS   4
#define WAIT_MS 20000 /* until one that must come is given up */

static void write_config(struct screen *screen, char path[PP_PATH_MAX]) {
    char url[64];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(4096);
    test_server_url(&screen->server, "good", url);
    assert_true(pp_path_format(path, NULL, "%s/agent.conf", screen->folder));
    assert_true(pp_buf_addf(&text, NULL,
                            "[headend]\nurl = %s\nca = %s\nroot = %s\n[paths]\nstate = %s/state\n"
                            "player-socket = %s/player\nrenderers = %s\n",
                            url, screen_ca(screen), screen_ca(screen), screen->folder, screen->folder,
                            screen->folder));
    assert_true(pp_file_replace(AT_FDCWD, path, text.data, text.size, 0600, NULL));
}

/* Nobody answers, and nothing else happens that would wake it: it wakes for its watchdog all the same. */
static void the_watchdog_gets_its_signs_of_life(void **state) {
    struct screen *screen = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char config[PP_PATH_MAX];
    char sign[32];
    write_config(screen, config);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/notify", screen->folder);
    pp_autoclose int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(notify, (const struct sockaddr *)(const void *)&address, sizeof address), 0);
    pid_t agent = fork();
    if (agent == 0) {
        setenv("NOTIFY_SOCKET", address.sun_path, 1);
        setenv("WATCHDOG_USEC", "600000", 1);
        execl(AGENT, AGENT, "--config", config, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < SIGNS; i++) {
        struct pollfd wait = {.fd = notify, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
        assert_int_equal(recv(notify, sign, sizeof sign, 0), strlen("WATCHDOG=1"));
        assert_memory_equal(sign, "WATCHDOG=1", strlen("WATCHDOG=1"));
    }
    int status = 0;
    kill(agent, SIGTERM);
    assert_int_equal(waitpid(agent, &status, 0), agent);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {screen_test(the_watchdog_gets_its_signs_of_life)};
    return cmocka_run_group_tests(tests, screen_group_set_up, screen_group_tear_down);
}
