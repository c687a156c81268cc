#include "command/board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define REQUEST_SIZE  2
#define ANSWER_MAX    (1 + BOARD_REASON_MAX)
#define LEVEL_MAX     1000000 /* of a backlight */
#define NUMBER_MAX    32      /* bytes of a file's text */
#define POWER_ON      0       /* of bl_power: FB_BLANK_UNBLANK */
#define POWER_OFF     4       /* FB_BLANK_POWERDOWN */
#define SIGNAL_REBOOT (SIGRTMIN + 5)

/* ---- Backlights ---- */

static bool file_write(int folder, const char *name, long number, struct pp_error *error) {
    char text[NUMBER_MAX];
    int size = snprintf(text, sizeof text, "%ld\n", number);
    pp_autoclose int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return pp_fail_errno(error, "%s", name);
    return pp_write_all(fd, text, (size_t)size, error) || pp_wrap(error, "%s", name);
}

static bool file_read(int folder, const char *name, long *number, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(NUMBER_MAX);
    char *end = NULL;
    if (!pp_file_read(folder, name, &text, error))
        return false;
    *number = strtol(pp_buf_text(&text), &end, 10);
    return (text.size && (*end == '\n' || !*end) && *number > 0 && *number <= LEVEL_MAX) ||
           pp_fail(error, PP_E_INVALID, "%s: not a level", name);
}

/* Percent of what people see as all of it; 0 is as dark as it goes without being switched off. */
static bool set_brightness(int folder, uint8_t percent, struct pp_error *error) {
    long most = 0;
    if (!file_read(folder, "max_brightness", &most, error))
        return false;
    long level = (most * percent + 50) / 100;
    return file_write(folder, "brightness", level > 0 ? level : 1, error);
}

static bool set_power(int folder, uint8_t on, struct pp_error *error) {
    return file_write(folder, "bl_power", on ? POWER_ON : POWER_OFF, error);
}

/* Of all that there are; PP_E_NOTFOUND where there is none. */
static bool backlights_each(const struct board_service *service, uint8_t value,
                            bool (*set)(int folder, uint8_t value, struct pp_error *error),
                            struct pp_error *error) {
    pp_autodir DIR *all = opendir(service->backlights);
    unsigned count = 0;
    for (const struct dirent *entry; all && (entry = readdir(all));) {
        if (entry->d_name[0] == '.')
            continue;
        pp_autoclose int folder = openat(dirfd(all), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return pp_fail_errno(error, "backlight %s", entry->d_name);
        if (!set(folder, value, error))
            return pp_wrap(error, "backlight %s", entry->d_name);
        count++;
    }
    return count || pp_fail(error, PP_E_NOTFOUND, "no backlight");
}

/* ---- Requests ---- */

static bool on_reboot(const struct board_service *service, uint8_t value, struct pp_error *error) {
    if (value)
        return pp_fail(error, PP_E_INVALID, "a reboot has no value");
    pp_log_info("the agent asks for a reboot");
    return kill(service->init, SIGNAL_REBOOT) == 0 || pp_fail_errno(error, "reboot");
}

static bool on_brightness(const struct board_service *service, uint8_t value, struct pp_error *error) {
    if (value > 100)
        return pp_fail(error, PP_E_INVALID, "more than 100 percent");
    return backlights_each(service, value, set_brightness, error);
}

static bool on_backlight(const struct board_service *service, uint8_t value, struct pp_error *error) {
    if (value > 1)
        return pp_fail(error, PP_E_INVALID, "neither on nor off");
    return backlights_each(service, value, set_power, error);
}

void board_answer(const struct board_service *service, int peer) {
    static bool (*const verbs[])(const struct board_service *service, uint8_t value,
                                 struct pp_error *error) = {
        [BOARD_REBOOT] = on_reboot, [BOARD_BRIGHTNESS] = on_brightness, [BOARD_BACKLIGHT] = on_backlight};
    uint8_t request[REQUEST_SIZE + 1];
    struct pollfd fd = {.fd = peer, .events = POLLIN};
    struct pp_error error = {0};
    char answer[ANSWER_MAX + 1];
    if (poll(&fd, 1, BOARD_PEER_MS) <= 0 ||
        recv(peer, request, sizeof request, MSG_DONTWAIT) != REQUEST_SIZE || request[0] >= PP_COUNT(verbs) ||
        !verbs[request[0]])
        return;
    bool done = verbs[request[0]](service, request[1], &error);
    answer[0] = done ? 0 : 1;
    int size = snprintf(answer + 1, BOARD_REASON_MAX + 1, "%s", error.message);
    if (!done)
        pp_log_warning("%s", error.message);
    if (size > BOARD_REASON_MAX)
        size = BOARD_REASON_MAX;
    (void)!send(peer, answer, (size_t)size + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool board_serve(const struct board_service *service, int listener, struct pp_error *error) {
    for (;;) {
        pp_autoclose int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0 && errno != EINTR && errno != ECONNABORTED)
            return pp_fail_errno(error, "accept");
        if (peer >= 0)
            board_answer(service, peer);
    }
}

/* ---- The agent's side ---- */

int board_ask(const char *socket_path, enum board_verb verb, uint8_t value, struct pp_error *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const uint8_t request[REQUEST_SIZE] = {(uint8_t)verb, value};
    if (strlen(socket_path) >= sizeof address.sun_path) {
        pp_fail(error, PP_E_LIMIT, "%s: too long for a socket", socket_path);
        return -1;
    }
    strcpy(address.sun_path, socket_path);
    pp_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        send(fd, request, sizeof request, MSG_NOSIGNAL) != sizeof request) {
        pp_fail_errno(error, "the board's service");
        return -1;
    }
    return pp_steal_fd(&fd);
}

bool board_hear(int fd, struct pp_error *error) {
    char answer[ANSWER_MAX + 1];
    ssize_t size = recv(fd, answer, ANSWER_MAX, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return pp_fail(error, PP_E_STATE, "no answer yet");
    if (size <= 0)
        return pp_fail(error, PP_E_IO, "the board's service gives no answer");
    answer[size] = 0;
    return answer[0] == 0 || pp_fail(error, PP_E_IO, "%s", answer + 1);
}
