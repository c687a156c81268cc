/*
 * What all renderer programs do at their control socket, descriptor 3: get one START message, go into the
 * sandbox, say how far that reached, say what the item is or why it cannot be shown.
 */
#ifndef PP_RENDER_COMMON_CONTROL_H
#define PP_RENDER_COMMON_CONTROL_H

#include "base/error.h"
#include "ipc/conn.h"

#define CONTROL_FD 3

/* First in main: what must not be left to chance inside (standard descriptors, malloc, signals). */
PP_MUST_USE bool control_prepare(struct pp_error *error);

/* Waits for the agent's START message of `type`; the descriptors and the wiping are the caller's. */
PP_MUST_USE bool control_receive(int control, enum ipc_type type, struct ipc_message *message,
                                 struct pp_error *error);

PP_MUST_USE bool control_send_sandboxed(int control, uint8_t level, struct pp_error *error);
PP_MUST_USE bool control_send_info(int control, const struct ipc_info *info, struct pp_error *error);
/* Something of the item is lost, for the reason in `why`; what is left is shown. */
PP_MUST_USE bool control_send_note(int control, enum ipc_note_kind kind, const struct pp_error *why,
                                   struct pp_error *error);

/* The last word of a renderer: reports `error` (PP_E_IO: what it reads could not be read, which is not the
 * item's fault) and returns the exit status that belongs to it. A peer that is
 * gone is no failure, it is the end. */
int control_end(int control, const struct pp_error *error);

#endif
