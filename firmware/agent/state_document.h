/*
 * What the headend wants of this display point: the answer of GET /v1/state (design §6). Today JSON over
 * verified TLS; the signature (JWS by the control key) and the encryption of the channel key (JWE to the
 * device key) take their place in state_document_parse, before anything of the document is believed.
 *
 *   {"format": 1, "aud": "<device id>", "epoch": 0, "version": 12,
 *    "iat": "2026-01-05T08:00:00Z", "exp": "2026-02-05T08:00:00Z",
 *    "name": "Lobby left", "site": "Lyon", "time_zone": "Europe/Paris", "locale": "fr",
 *    "channel": {"id": "lobby", "title": "Lobby", "key": "<base64url, 32 bytes>"}, "publish": 7,
 *    "settings": {"rotation": 90, "offline_mark": true}, "commands": []}
 */
#ifndef PP_AGENT_STATE_DOCUMENT_H
#define PP_AGENT_STATE_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "channel/manifest.h"

#define STATE_DOCUMENT_MAX  (64 * 1024) /* bytes */
#define STATE_NAME_MAX      128         /* bytes of a name or site */
#define STATE_DEVICE_ID_MAX 64          /* bytes */
#define STATE_TIME_ZONE_MAX 63          /* bytes */
#define STATE_LOCALE_MAX    15          /* bytes */

/* One document may be so far ahead of the newest that was in effect. A number out of all proportion is the
 * headend's mistake, and taken, it would rule out every honest document after it. */
#define STATE_VERSION_STEP_MAX 1000000
#define STATE_EPOCH_STEP_MAX   1000

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
    bool has_channel;
    char channel[CHANNEL_NAME_MAX + 1];
    char channel_title[STATE_NAME_MAX + 1]; /* "" for none */
    uint8_t channel_key[CHANNEL_KEY_SIZE];  /* secret */
};

/* PP_E_INVALID or PP_E_LIMIT name the field. Unknown fields are ignored. Wipe it when done. */
bool state_document_parse(const void *json, size_t size, struct state_document *out, struct pp_error *error);

/* Whether it may take effect on this device: PP_E_AUTH for another device's, PP_E_ROLLBACK below `floor`,
 * PP_E_LIMIT too far above it, PP_E_EXPIRED at `now_s`. */
bool state_document_check(const struct state_document *state, const char *device_id,
                          const struct state_floor *floor, int64_t now_s, struct pp_error *error);

#endif
