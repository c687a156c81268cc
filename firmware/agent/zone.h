/*
 * One zone of a layout, playing its playlist without gaps: while an item is on the screen the next one's
 * renderer is started and prerolled, and the player changes to it at the very frame where the first one ends.
 * An item that fails is left out; the rest goes on. A playlist that keeps to the wall clock changes by
 * turns (turn.h).
 */
#ifndef PP_AGENT_ZONE_H
#define PP_AGENT_ZONE_H

#include <stdint.h>

#include "agent/faults.h"
#include "agent/layer.h"
#include "channel/manifest.h"
#include "net/loop.h"

#define ZONE_PREROLL_MS    3000  /* before the end of an item, the next one's renderer is started */
#define ZONE_OVERRUN_MS    10000 /* an item that goes on for so long after its end has failed */
#define ZONE_FILM_MAX_MS   (12 * 60 * 60 * 1000) /* the same for a film whose end only its file knows */
#define ZONE_STILL_MAX_MS  60000 /* such a film shows one picture, without sound, for no longer */
#define ZONE_SHOWN_MIN_MS  500   /* an item's successor is started no sooner: films may have one frame */
#define ZONE_RETRY_MS      5000  /* between two tries when no item can be played */
#define ZONE_READ_AGAIN_MS 1000  /* the same where the flash lets nothing be read */
#define ZONE_LINGER_MS     200   /* a replaced layer is removed so long after its transition */
#define ZONE_FIRST_FADE_MS 600   /* from what was shown before into a zone's first item */

/* What a renderer may use up to its first picture, by what it is to show. */
struct zone_budget {
    uint32_t first_ms;         /* ms until there is one */
    uint32_t first_cpu_ms;     /* ms of CPU time, the same */
    uint32_t memory_mib;       /* MiB of private memory, */
    uint32_t memory_per_pixel; /* and bytes more for each pixel of its place on the display */
};
/* A photograph may be much larger than its place and still be decoded; a film keeps pictures to decode others
 * from. */
struct zone_budget zone_budget_of(enum channel_kind kind);
uint32_t zone_memory_mib(const struct zone_budget *budget, uint32_t width, uint32_t height);

struct zone;

struct zone_play {
    const struct channel_item *item;
    int64_t shown_at_s;        /* s since 1970, by the device's clock */
    int64_t shown_for_ms;      /* ms */
    uint32_t frames_presented; /* 0 where it never ended by itself */
    uint32_t frames_late;
};

struct zone_events {
    /* The zone's first item is on the screen, or there is none that could be (not `shown`). It comes `again`
     * whenever that changes: one is shown at last, or what was shown is over and every item is set aside. */
    void (*on_settled)(void *arg, bool shown, bool again);
    void (*on_play)(void *arg, const struct zone_play *play);
    void (*on_fault)(void *arg, const struct channel_item *item, const char *reason, bool set_aside);
    /* The item is shown, but not all of it. */
    void (*on_note)(void *arg, const struct channel_item *item, const char *reason);
};

struct zone_config {
    struct net_loop *loop;
    struct layer_set *layers;
    /* A descriptor of the object, sealed, that the zone closes; -1 with PP_E_NOTFOUND, or with another code where that
     * says nothing about the object. */
    int (*open_object)(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error);
    struct faults *faults;
    const struct channel_zone *zone; /* of a manifest that lives until zone_freeze or zone_destroy */
    uint16_t target_width;           /* pixels of the zone on the display */
    uint16_t target_height;
    int64_t (*now_ms)(void *arg); /* ms since 1970, for an aligned playlist */
    /* What an item of live data shows now, for this size; into `json`. */
    bool (*write_metric)(void *arg, const struct channel_item *item, uint16_t width, uint16_t height,
                         char json[IPC_TEXT_MAX + 1], struct pp_error *error);
    struct zone_events events;
    void *arg;
};

/* Starts with the first item (or the one the wall clock names), replacing `carried`, a layer of somebody
 * else's, which may be NULL. The events come from the loop, never from within. */
struct zone *zone_create(const struct zone_config *config, const struct layer *carried,
                         struct pp_error *error);

/* Feeds have other values, or have become old: items that show them are drawn anew, in place. */
void zone_refresh_feeds(struct zone *zone);

/* Where it waits because no item could be played: now one may. */
void zone_try_again(struct zone *zone);

/* The layer it was to replace first goes away. */
void zone_forget_carried(struct zone *zone);

/* What is shown stays, and nothing goes on: the manifest may go away. */
void zone_freeze(struct zone *zone);

/* NULL is allowed. */
void zone_destroy(struct zone *zone);

/* What is on the screen, or NULL. Borrowed. */
const struct layer *zone_layer(const struct zone *zone);
const char *zone_id(const struct zone *zone);

#endif
