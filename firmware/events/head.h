/*
 * The head of a display point's chain of events (chain.h), signed by its device key: whoever has only the events can
 * neither make a chain that ends otherwise, nor take away the end of one unseen. A JWS (jose/jws.h), typ
 * "pingplay-event-head", with the payload
 *
 *   {"aud": "pingplay-headend", "iat": 1767600000, "chain": "<22 characters>", "seq": 12, "hash": "<43>"}
 *
 * It goes with each upload, for the last event of that batch (header Pingplay-Event-Head), and with each status, for
 * the newest event whose head is on flash ("event_head"): a screen that has an older vault put back says so itself.
 */
#ifndef PP_EVENTS_HEAD_H
#define PP_EVENTS_HEAD_H

#include "base/buf.h"
#include "events/chain.h"

#define EVENT_HEAD_TYP         "pingplay-event-head"
#define EVENT_HEAD_HEADER      "Pingplay-Event-Head"
#define EVENT_HEAD_AUDIENCE    "pingplay-headend"
#define EVENT_HEAD_PAYLOAD_MAX 512  /* bytes */
#define EVENT_HEAD_TOKEN_MAX   1024 /* characters */

/* "chain", "seq" and "hash" of an event, a payload or a record. */
PP_MUST_USE bool event_head_read(const cJSON *object, struct event_head *head, struct pp_error *error);

/* Appends the payload; `now_s` is s since 1970. */
PP_MUST_USE bool event_head_write_payload(const struct event_head *head, int64_t now_s,
                                          struct pp_buf *payload, struct pp_error *error);
/* *signed_s: when, s since 1970, by the screen's clock. PP_E_INVALID where it is none, or for somebody else. */
PP_MUST_USE bool event_head_read_payload(const void *payload, size_t size, struct event_head *head,
                                         int64_t *signed_s, struct pp_error *error);

#endif
