/*
 * What a display point answers to a command: a JWS by its device key (jose/jws.h, "kid" its thumbprint), which the
 * headend checks and keeps. Payload:
 *
 *   {"aud": "pingplay-headend", "iat": 1795900003, "command": "4f0c2f9e-…", "name": "display", "outcome": "failed",
 *    "reason": "interrupted", "sequence": 42, "result": {…}}
 *
 * Outcomes: "accepted" (it is written down here, and its effect is to come), then "done" or "failed"; or "refused".
 * `sequence` grows with each outcome of this screen, over restarts: an older receipt takes nothing back.
 */
#ifndef PP_COMMAND_RECEIPT_H
#define PP_COMMAND_RECEIPT_H

#include "command/journal.h"

#define COMMAND_RECEIPT_TYP         "pingplay-receipt"
#define COMMAND_RECEIPT_AUDIENCE    "pingplay-headend"
#define COMMAND_RECEIPT_PAYLOAD_MAX (COMMAND_RESULT_MAX + 2048) /* bytes */
#define COMMAND_RECEIPT_TOKEN_MAX   (16 * 1024)                 /* characters */

struct command_receipt {
    char id[COMMAND_ID_SIZE];
    char name[COMMAND_NAME_MAX + 1];
    enum command_outcome outcome;
    char reason[COMMAND_REASON_MAX + 1];
    char *result;     /* JSON object, NULL none; the receipt's */
    int64_t sequence; /* 1 … */
    int64_t at_s;     /* s since 1970, by the screen's clock */
};

void command_receipt_finish(struct command_receipt *receipt);
#define command_receipt_auto PP_CLEANUP(command_receipt_finish)

/* The payload of the entry's newest outcome, appended. */
PP_MUST_USE bool command_receipt_write(const struct command_entry *entry, struct pp_buf *payload,
                                       struct pp_error *error);

/* Of a payload that was verified. PP_E_INVALID, PP_E_LIMIT, PP_E_AUTH (for somebody else), naming the field; `out` is
 * then empty. */
PP_MUST_USE bool command_receipt_read(const void *payload, size_t size, struct command_receipt *out,
                                      struct pp_error *error);

#endif
