/*
 * Clients of the agent's socket that mean no good, one kind a run:
 *
 *   pingplay-local-hostile SOCKET hold              silent connections, more than are taken, held until standard
 * input ends
 *   pingplay-local-hostile SOCKET flood N           N connections, each with one of the packets below, not read from
 *   pingplay-local-hostile SOCKET deaf              follows the log and never reads; until standard input ends
 *   pingplay-local-hostile SOCKET leave N           N times a question whose answer nobody waits for
 *   pingplay-local-hostile SOCKET key               asks for the device key, and says what it was told
 *
 * Prints a line when it is there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/conn.h"
#include "ipc/local.h"

#define HOLD_MAX 64

static void wait_for_end(void) {
    char byte;
    puts("there");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

static int connect_or_end(const char *path) {
    struct pp_error error = {0};
    int fd = ipc_connect(path, &error);
    /* The queue of a listener may be full for a moment. */
    for (int i = 0; fd < 0 && i < 1000; i++) {
        usleep(1000);
        fd = ipc_connect(path, &error);
    }
    if (fd >= 0)
        return fd;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

static void hold(const char *path) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message answer = {0};
    struct pp_error error = {0};
    int last = -1;
    for (int i = 0; i < HOLD_MAX; i++)
        last = connect_or_end(path);
    if (local_receive(last, LOCAL_PACKET_MAX, &packet, &answer, &error) && answer.type == LOCAL_REFUSED &&
        answer.refused.refusal == LOCAL_BUSY)
        puts("the last is told that there are too many");
    wait_for_end();
}

static void ask_for_key(const char *path) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(LOCAL_PACKET_MAX);
    struct local_message answer = {0};
    pp_autoclose int fd = connect_or_end(path);
    if (!local_send(fd, &(struct local_message){.type = LOCAL_KEY}, NULL) ||
        !local_receive(fd, LOCAL_PACKET_MAX, &packet, &answer, NULL))
        puts("no answer");
    else if (answer.type == LOCAL_REFUSED)
        printf("refused: %.*s\n", (int)answer.refused.reason.size, answer.refused.reason.data);
    else
        printf("%s, a key of %u bytes\n", local_type_name(answer.type), answer.credentials.key.size);
}

static void flood(const char *path, int count) {
    static const struct {
        uint8_t bytes[16];
        size_t size;
    } packets[] = {
        {{0x01}, 1},                                     /* half a message */
        {{0x01, 0x01, 0x00}, 3},                         /* one and a half */
        {{0x01, 0xff}, 2},                               /* another version */
        {{0x41, 0x01, 2, 0, 0, 0, '{', '}'}, 8},         /* the agent's to send */
        {{0x07, 0x01, 0xff, 0xff, 0xff, 0xff, 'x'}, 7},  /* longer than it is */
        {{0x04, 0x01, 0xff, 0xff, 0xff, 0xff, 0x01}, 7}, /* more lines than there may be */
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8},
    };
    static uint8_t large[100 * 1024];
    for (int i = 0; i < count; i++) {
        pp_autoclose int fd = connect_or_end(path);
        size_t kind = (size_t)i % (PP_COUNT(packets) + 1);
        if (kind < PP_COUNT(packets))
            (void)!send(fd, packets[kind].bytes, packets[kind].size, MSG_NOSIGNAL);
        else
            (void)!send(fd, large, sizeof large, MSG_NOSIGNAL);
    }
    puts("there");
}

static void ask(const char *path, struct local_message request, int *fd) {
    struct pp_error error = {0};
    *fd = connect_or_end(path);
    (void)!local_send(*fd, &request, &error);
}

int main(int argc, char **argv) {
    int fd = -1;
    if (argc < 3)
        return 2;
    int count = argc > 3 ? atoi(argv[3]) : 0;
    if (strcmp(argv[2], "hold") == 0) {
        hold(argv[1]);
    } else if (strcmp(argv[2], "flood") == 0) {
        flood(argv[1], count);
    } else if (strcmp(argv[2], "deaf") == 0) {
        ask(argv[1], (struct local_message){.type = LOCAL_LOGS, .logs = {.lines = 0, .follow = 1}}, &fd);
        wait_for_end();
    } else if (strcmp(argv[2], "key") == 0) {
        ask_for_key(argv[1]);
    } else if (strcmp(argv[2], "leave") == 0) {
        for (int i = 0; i < count; i++) {
            ask(argv[1], (struct local_message){.type = i % 2 ? LOCAL_DIAGNOSE : LOCAL_SCHEDULE}, &fd);
            pp_close(&fd);
        }
        puts("there");
    } else {
        return 2;
    }
    return 0;
}
