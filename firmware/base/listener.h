/*
 * The socket that systemd listens on for a program (systemd.socket(5), sd_listen_fds(3)).
 */
#ifndef PP_BASE_LISTENER_H
#define PP_BASE_LISTENER_H

/* That socket, close-on-exec, for the caller to close; -1: none was handed over, or more than one. Once: no child takes
 * it for its own, since the environment does not name it any more. */
int pp_systemd_listener(void);

#endif
