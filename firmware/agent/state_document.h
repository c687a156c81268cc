/*
 * What the headend wants of this display point: the answer of GET /v1/state (design §6), a JWS by a control key (RFC
 * 7515, ES256, typ "pingplay-state"). Whoever ends TLS on the way can hold it back, and neither make nor read it: the
 * channel's key in it is a JWE to this display point's agreement key (RFC 7516). Its payload:
 *
 *   {"format": 2, "aud": "<device id>", "epoch": 0, "version": 12, "iat": 1767600000, "exp": 1770278400,
 *    "name": "Lobby left", "site": "Lyon", "time_zone": "Europe/Paris", "locale": "fr",
 *    "channel": {"id": "lobby", "title": "Lobby", "key": "<JWE of a JWK \"oct\">"}, "publish": 7,
 *    "access": {"mode": "certificate"}, "policy": {"offline": {"lock_after_s": 604800, "erase_after_s": 2592000}},
 *    "settings": {"rotation": 90, "offline_mark": true, "proxy": {…}}, "commands": […], "messages": […],
 *    "upload_key": {…}, "nonce": "<of the request>"}
 *
 * The nonce binds it to the request that it answers (access/refusal.h), so that one that was kept cannot be said again:
 * neither what it wants nor the time that it was signed at. A headend from before there was one gives none.
 */
#ifndef PP_AGENT_STATE_DOCUMENT_H
#define PP_AGENT_STATE_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "access/policy.h"
#include "access/refusal.h"
#include "agent/control_keys.h"
#include "agent/offline_policy.h"
#include "agent/state_proxy.h"
#include "base/buf.h"
#include "base/error.h"
#include "channel/manifest.h"
#include "command/upload.h"
#include "command/urgent.h"

#define STATE_DOCUMENT_MAX  (64 * 1024) /* bytes */
#define STATE_NAME_MAX      128         /* bytes of a name or site */
#define STATE_DEVICE_ID_MAX 64          /* bytes */
#define STATE_TIME_ZONE_MAX 63          /* bytes */
#define STATE_LOCALE_MAX    15          /* bytes */
#define STATE_KEY_TOKEN_MAX 4096        /* characters of a channel's key, encrypted */

/* One document may be so far ahead of the newest that was in effect. A number out of all proportion is the
 * headend's mistake, and taken, it would rule out every honest document after it. */
#define STATE_VERSION_STEP_MAX 1000000
#define STATE_EPOCH_STEP_MAX   1000

/* The same of its times: ms where there should be s, say. From so far ahead it may come, where our clock is sure;
 * else we may have lain in a cupboard for years. So long may it count. */
#define STATE_AHEAD_MAX_S        (366 * 86400LL)
#define STATE_AHEAD_UNSURE_MAX_S (20 * STATE_AHEAD_MAX_S)
#define STATE_LIFE_MAX_S         (366 * 86400LL)

/* Which of two documents is newer: the later epoch, in one epoch the higher version. A headend that was
 * restored from a backup counts on from old versions, in a new epoch. */
struct state_floor {
    int64_t epoch, version;
};
/* Below, at or above 0. */
int state_floor_compare(const struct state_floor *a, const struct state_floor *b);

struct state_document {
    char audience[STATE_DEVICE_ID_MAX + 1];
    struct state_floor floor; /* only grows; version 0: no document */
    int64_t issued_s;         /* s since 1970 */
    int64_t expires_s;        /* s since 1970 */
    char name[STATE_NAME_MAX + 1];
    char site[STATE_NAME_MAX + 1];
    char time_zone[STATE_TIME_ZONE_MAX + 1];
    char locale[STATE_LOCALE_MAX + 1];
    unsigned rotation; /* degrees clockwise that the picture is turned by: 0, 90, 180, 270 */
    bool offline_mark; /* a small mark is shown while the headend cannot be reached */
    struct state_proxy proxy;
    struct access_policy access;
    struct offline_policy policy;
    bool has_channel;
    char channel[CHANNEL_NAME_MAX + 1];
    char channel_title[STATE_NAME_MAX + 1]; /* "" for none */
    uint8_t channel_key[CHANNEL_KEY_SIZE];  /* secret */
    bool has_take;                          /* it is in a rollout of the channel's next manifest, */
    uint8_t take[CHANNEL_HASH_SIZE];        /* which, sealed, has this SHA-256 (sync/sync.h) */
    struct command_list commands;
    struct urgent_list messages;
    struct command_upload_key upload_key; /* what is asked for is sealed to */
    char nonce[ACCESS_NONCE_SIZE];        /* "" none */
};

/* Reads the channel's key out of its token: 32 bytes. */
struct state_key_reader {
    bool (*read)(void *arg, const char *token, const char *device_id, uint8_t key[CHANNEL_KEY_SIZE],
                 struct pp_error *error);
    void *arg;
};

/* Appends the payload of a token that one of the control keys has signed. PP_E_AUTH where none has. */
PP_MUST_USE bool state_document_verify(const void *token, size_t size, struct control_keys *keys,
                                       struct pp_buf *payload, struct pp_error *error);

/* Of a payload that was verified, or was when it was kept. PP_E_INVALID or PP_E_LIMIT name the field. Unknown fields
 * are ignored. Wipe it when done. */
PP_MUST_USE bool state_document_parse(const void *json, size_t size, const struct state_key_reader *reader,
                                      struct state_document *out, struct pp_error *error);

/* Whether it may take effect on this device: PP_E_AUTH for another device's, PP_E_ROLLBACK below `floor`,
 * PP_E_LIMIT too far above it, signed after `latest_s` or good for longer than STATE_LIFE_MAX_S, PP_E_EXPIRED at
 * `now_s`. */
PP_MUST_USE bool state_document_check(const struct state_document *state, const char *device_id,
                                      const struct state_floor *floor, int64_t now_s, int64_t latest_s,
                                      struct pp_error *error);

/* Whether the document answers the request with that nonce, or says of none. PP_E_ROLLBACK where it answered
 * another. */
PP_MUST_USE bool state_document_answers(const struct state_document *state, const char *nonce,
                                        struct pp_error *error);

#endif
