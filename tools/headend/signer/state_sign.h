/*
 * What screens are told, signed by the control key. Whoever asks for a state says what is in it, but it is for one
 * screen, from now, for a day, has members that states have, and names our keys, which are put in here. So a caller
 * that was taken over gets no other document, none for later, and has nothing encrypted for somebody else.
 */
#ifndef HEADEND_SIGNER_STATE_SIGN_H
#define HEADEND_SIGNER_STATE_SIGN_H

#include "headend/signer/control.h"
#include "headend/signer/sign_in_key.h"
#include "headend/signing/message.h"

#define STATE_LIFETIME_MAX_S 86400 /* from iat to exp */
#define STATE_CLOCK_S        60    /* between iat and now */

/* Appends the token. PP_E_INVALID says what is no state. */
PP_MUST_USE bool state_sign(struct control *control, const struct sign_in_key *sign_in, const char *device,
                            const struct signing_bytes *json, struct pp_buf *token, struct pp_error *error);

#endif
