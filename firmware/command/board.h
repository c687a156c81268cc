/*
 * What takes more rights than the agent has: a service of root's (program pingplay-board,
 * board/systemd/pingplay-board.service) with a fixed vocabulary, reached by a unix socket (SOCK_SEQPACKET) that only
 * the agent's user may connect to. One packet each way, then the connection ends:
 *
 *      request  verb (1 byte), value (1 byte)
 *      answer   0: done, 1: not done (1 byte), why not (text without a NUL, at most BOARD_REASON_MAX bytes)
 *
 * Nothing of a request is a name, a path or a program. Another packet ends the connection without an answer.
 */
#ifndef PP_COMMAND_BOARD_H
#define PP_COMMAND_BOARD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define BOARD_SOCKET     "/run/pingplay/board.sock"
#define BOARD_REASON_MAX 150  /* bytes */
#define BOARD_PEER_MS    2000 /* for a peer to send its request */

enum board_verb {
    BOARD_REBOOT = 1, /* of the machine, in good order; value 0 */
    BOARD_BRIGHTNESS, /* of every backlight; value: percent */
    BOARD_BACKLIGHT,  /* power of every backlight; value: 0 off, 1 on */
};

/* ---- The service's side ---- */

struct board_service {
    const char *backlights; /* folder, "/sys/class/backlight" */
    pid_t init;             /* is told to reboot as systemd(1) has it, by SIGRTMIN+5; 1 but for tests */
};

/* Answers one connection; closes nothing. */
void board_answer(const struct board_service *service, int peer);
/* Takes connections until a signal ends it. */
PP_MUST_USE bool board_serve(const struct board_service *service, int listener, struct pp_error *error);

/* ---- The agent's side ---- */

/* Connects and asks, without waiting: a descriptor that is readable when there is an answer, or -1. */
int board_ask(const char *socket_path, enum board_verb verb, uint8_t value, struct pp_error *error);
/* The answer. PP_E_STATE: not yet. Another failure is the answer, or that there is none. */
PP_MUST_USE bool board_hear(int fd, struct pp_error *error);

#endif
