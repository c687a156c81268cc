/*
 * The second line of defence for logs that leave a device: no secret is an argument of pp_log, and what looks like one
 * all the same is cut before anybody reads it. Kept short so that what is meant can still be told apart:
 *
 *   eyJpc3MiOiJqb2UiLCJle…       22 characters of base64 and more, with capitals and digits    "eyJp…(40)"
 *   3f2a90bc…                    32 hex digits and more, as hashes and keys are                "3f2a90bc…(64)"
 *   http://user:password@proxy   what stands before "@" in an address                          "http://…@proxy"
 */
#ifndef PP_BASE_REDACT_H
#define PP_BASE_REDACT_H

#include <stddef.h>

#define PP_REDACT_TOKEN_MIN 22 /* characters: a key of 128 bits in base64url */
#define PP_REDACT_HEX_MIN   32 /* digits: of 128 bits */

/* Writes at most `room` bytes with the NUL; what does not fit is cut. */
void pp_redact(const char *text, char *out, size_t room);

#endif
