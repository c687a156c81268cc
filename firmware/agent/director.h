/*
 * Directs what the player shows: the zones of the layout that the manifest's schedule names now, or a status
 * screen. A new manifest or layout takes over zone by zone, each old picture staying until the new one's
 * first frame; a player that comes back is given everything again.
 */
#ifndef PP_AGENT_DIRECTOR_H
#define PP_AGENT_DIRECTOR_H

#include <stdint.h>

#include "agent/player_link.h"
#include "agent/zone.h"
#include "base/error.h"
#include "channel/manifest.h"
#include "net/loop.h"

#define DIRECTOR_SETTLE_MAX_MS    30000 /* old pictures go after so long, whatever the new zones do */
#define DIRECTOR_RESIZE_MS        300 /* a display keeps its new size for so long before all is drawn again */
#define DIRECTOR_STATUS_FADE_MS   400 /* between two status screens */
#define DIRECTOR_STATUS_AGAIN_MS  3000  /* until a status screen that failed is tried again */
#define DIRECTOR_MESSAGE_AGAIN_MS 250   /* the same of an urgent message */
#define DIRECTOR_CLOCK_LOOK_MS    60000 /* a schedule is looked at at least so often: clocks are set */
#define DIRECTOR_TIME_ZONE_MAX    64    /* bytes with the NUL */

struct director_config {
    struct net_loop *loop;
    /* As a zone asks for it (zone.h). */
    int (*open_object)(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error);
    const char *player_socket; /* path; NULL: player_fd is connected already, and there is no other */
    int player_fd;             /* taken */
    struct renderers_config renderers;
    int64_t (*now_ms)(void *arg); /* ms since 1970, the clock floor applied */
    /* Every zone of a layout has settled; `shown` says whether at least one of them shows something. It comes
     * again whenever that changes: one can at last, or the last one cannot any more. */
    void (*on_settled)(void *arg, bool shown);
    void (*on_play)(void *arg, const struct zone_play *play);
    void (*on_fault)(void *arg, const struct channel_item *item, const char *reason, bool set_aside);
    /* The item is shown, but not all of it: told once for each object, as long as it is remembered. */
    void (*on_note)(void *arg, const struct channel_item *item, const char *reason);
    /* The player has come, or its display has another size: content begins anew, and settles anew. */
    void (*on_display)(void *arg, const struct ipc_display *display);
    /* The player has gone; another is looked for. The manifest may be changed from within. */
    void (*on_player_lost)(void *arg, bool orderly);
    /* The text of the status screen that is wanted, for this size in pixels; into `json`. */
    bool (*write_status)(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                         struct pp_error *error);
    /* What an item of live data shows now, for this size. NULL: there is none. */
    bool (*write_metric)(void *arg, const struct channel_item *item, uint16_t width, uint16_t height,
                         char json[IPC_TEXT_MAX + 1], struct pp_error *error);
    /* The words of director_identify, likewise; and whether they were shown, once for each. */
    bool (*write_identify)(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                           struct pp_error *error);
    void (*on_identified)(void *arg, bool shown);
    /* The words of director_notice, likewise. */
    bool (*write_notice)(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                         struct pp_error *error);
    /* The words of director_show_message, likewise. */
    bool (*write_message)(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                          struct pp_error *error);
    void (*on_message)(void *arg); /* what was asked for last is on the screen */
    void (*on_controlled)(void *arg, const struct ipc_controlled *controlled);
    void (*on_typed)(void *arg, const struct ipc_typed *typed); /* secret, wiped behind it */
    void (*on_screenshot)(void *arg, const struct ipc_screenshot_done *done);
    void *arg;
};

struct director;

/* NULL on failure. Connects to the player by itself. */
struct director *director_create(const struct director_config *config, struct pp_error *error);
/* The player holds the last picture. NULL is allowed. */
void director_destroy(struct director *director);
/* There will be content soon: starts what it needs ahead. */
void director_prepare(struct director *director);

/* Takes the manifest over (NULL: no content any more) and begins to show it. */
void director_set_manifest(struct director *director, struct channel_manifest *manifest);
const struct channel_manifest *director_manifest(const struct director *director);

/* Feeds have other values, or have become old. */
void director_refresh_feeds(struct director *director);

/* IANA name; an unknown one counts as UTC. */
void director_set_time_zone(struct director *director, const char *time_zone);
/* 0, 90, 180 or 270 degrees clockwise: everything is turned by that on the display. */
void director_set_rotation(struct director *director, unsigned degrees);

/* Shows the status screen, or draws it again when its text has changed. It goes by itself when content is
 * shown. */
void director_show_status(struct director *director);
/* Takes the status screen away. */
void director_hide_status(struct director *director);

/* Shows who this is for `ms`, above all else, which goes on beneath. on_identified follows, not from within. */
PP_MUST_USE bool director_identify(struct director *director, int64_t ms, struct pp_error *error);
/* The same for what somebody in front of it is to read now; nobody is told whether it was shown. */
PP_MUST_USE bool director_notice(struct director *director, int64_t ms, struct pp_error *error);
/* Takes it away before its time. */
void director_notice_end(struct director *director);

/* Shows an urgent message above everything, or draws it again when its words have changed: until it is hidden, through
 * players that come and go. `band`: below, over a part of the display. on_message follows. */
void director_show_message(struct director *director, bool band);
void director_hide_message(struct director *director);

/* Asks the player for what it is to keep up; on_controlled follows for all but a restart. False without a player. */
bool director_control(struct director *director, enum ipc_control_kind control, uint8_t value);
/* Whether what is typed at the display is wanted; on_typed follows. False without a player. */
bool director_want_keyboard(struct director *director, bool wanted);
/* Has a PNG of what is shown written into the file; on_screenshot follows. False without a player. */
bool director_screenshot(struct director *director, uint32_t id, int fd);

/* The small offline mark. */
void director_set_mark(struct director *director, bool offline);

/* Shows no content while `blank`; the manifest is kept and begins again afterwards. */
void director_set_blank(struct director *director, bool blank);

/* Content is about to be shown: no status screen is needed yet. */
bool director_is_settling(const struct director *director);

/* How far the renderers' sandboxes reach, bits of enum sandbox_level; 0 while none has been started. */
uint8_t director_sandbox(const struct director *director);

/* Whether there is a player. */
bool director_has_player(const struct director *director);

/* Objects were fetched again: items that failed may be tried. */
void director_clear_faults(struct director *director);

#endif
