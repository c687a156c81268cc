/*
 * What a screen writes and reads: the same documents as pingplay-agent's, by the same modules where there are any.
 */
#ifndef FLEET_DOCUMENTS_H
#define FLEET_DOCUMENTS_H

#include "base/buf.h"
#include "command/command.h"
#include "command/journal.h"
#include "command/upload.h"
#include "crypto/jwk.h"
#include "events/chain.h"

#define DOCUMENT_MAX        (64 * 1024) /* bytes of a report */
#define DOCUMENT_TOKEN_MAX  4096        /* characters of what is signed here */
#define DOCUMENT_ID_SIZE    37          /* bytes of a UUID's text with the NUL */
#define DOCUMENT_NONCE_SIZE 25

/* Who signs. */
struct document_signer {
    struct crypto_key *key;
    const char *kid; /* its thumbprint */
};

/* Random: a UUID (RFC 9562 §5.4), a nonce. */
PP_MUST_USE bool document_id(char id[DOCUMENT_ID_SIZE], struct pp_error *error);
PP_MUST_USE bool document_nonce(char nonce[DOCUMENT_NONCE_SIZE], struct pp_error *error);

/* ---- Enrolment ---- */

/* Base64 of a certification request by that key (SEC 1, DER). */
PP_MUST_USE bool document_request(const struct pp_buf *key, struct pp_buf *base64, struct pp_error *error);
/* The first certificate of EST's answer, base64 of PKCS#7. */
PP_MUST_USE bool document_certificate(const char *base64, size_t size, struct pp_buf *der,
                                      struct pp_error *error);
/* That of an agreement key which is made for it: a simulated screen opens nothing, so its private half is forgotten. */
PP_MUST_USE bool document_announcement(const struct document_signer *signer, struct pp_buf *token,
                                       struct pp_error *error);

/* ---- The state ---- */

struct document_state {
    char channel[65]; /* "" none */
    int64_t epoch, version, issued_s, publish;
    struct command_upload_key upload_key;
    struct command_list commands;
};

/* Reads a state that was made for that screen, in answer to that nonce; its signature is not looked at, which agents
 * do and which would cost the machine that is measured. PP_E_AUTH where it is for somebody or something else. */
PP_MUST_USE bool document_state_read(const char *token, size_t size, const char *device, const char *nonce,
                                     struct document_state *state, struct pp_error *error);

/* ---- Reports ---- */

/* `head` is the signed head of the events, "" none. */
PP_MUST_USE bool document_status(const struct document_state *state, const char *head, struct pp_buf *body,
                                 struct pp_error *error);
/* `count` plays, the last one over now. */
PP_MUST_USE bool document_plays(unsigned count, struct pp_buf *body, struct pp_error *error);
/* One event, behind `chain` (begun where it is not), and the head that goes with it. */
PP_MUST_USE bool document_events(struct event_head *chain, const struct document_signer *signer,
                                 struct pp_buf *body, struct pp_buf *head, struct pp_error *error);
/* `result`: JSON, NULL none. */
PP_MUST_USE bool document_receipt(const struct document_signer *signer, const struct command *command,
                                  enum command_outcome outcome, const char *result, struct pp_buf *token,
                                  struct pp_error *error);

#endif
