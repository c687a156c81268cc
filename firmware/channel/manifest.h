/*
 * The channel manifest: what a channel shows, where on its canvas, when, and from which objects. JSON as in
 * assets/schema/manifest.schema.json:
 *
 *   { "format": 1, "channel": "lobby", "title": "Lobby", "version": 7,
 *     "canvas": {"width": 1920, "height": 1080, "background": "#101418"},
 *     "layouts": {"day": {"zones": [{"id": "main", "x": 0, "y": 0, "width": 1920, "height": 1080, "z": 0,
 *                                    "playlist": "welcome"}]}},
 *     "playlists": {"welcome": {"align": "wall-clock", "items": [
 *         {"id": "a1", "kind": "image", "object": "o1", "duration": "PT10S", "fit": "cover",
 *          "transition": {"kind": "crossfade", "duration": "PT0.6S"}},
 *         {"id": "a2", "kind": "video", "object": "o2", "volume": 0.5}]}},
 *     "schedule": [{"layout": "day", "dtstart": "2026-01-05T08:00:00", "duration": "PT12H",
 *                   "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "exdate": ["2026-12-25T08:00:00"],
 *                   "priority": 10}],
 *     "default_layout": "day", "feeds": {"sales": {}},
 *     "objects": {"o1": {"sha256": "…", "length": 183422, "key": "<base64url, 32 bytes>",
 *                        "media_type": "image/jpeg"}} }
 *
 * A manifest that breaks this is refused whole, and the error names the place, e.g.
 * "playlists.welcome.items[3].duration: …". Unknown fields are ignored; an item of an unknown kind is left
 * out of its playlist and listed in `skipped`, for the report.
 *
 * Everything that a manifest points to belongs to it and lives until channel_manifest_destroy, which wipes
 * the keys. A manifest never changes once parsed, so threads may share it.
 */
#ifndef PP_CHANNEL_MANIFEST_H
#define PP_CHANNEL_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "channel/duration.h"
#include "channel/rule.h"

#define CHANNEL_MANIFEST_SIZE_MAX  (4 * 1024 * 1024) /* bytes of JSON */
#define CHANNEL_OBJECTS_MAX        4096
#define CHANNEL_PLAYLISTS_MAX      256
#define CHANNEL_ITEMS_MAX          1024 /* in one playlist */
#define CHANNEL_ITEMS_TOTAL_MAX    8192 /* in one manifest */
#define CHANNEL_LAYOUTS_MAX        64
#define CHANNEL_ZONES_MAX          16 /* in one layout */
#define CHANNEL_SCHEDULE_MAX       512
#define CHANNEL_FEEDS_MAX          16
#define CHANNEL_SKIPPED_MAX        64    /* listed; `skipped_total` counts on */
#define CHANNEL_NAME_MAX           64    /* bytes of an id or name: letters, digits, '.', '_', '-' */
#define CHANNEL_TITLE_MAX          256   /* bytes */
#define CHANNEL_MEDIA_TYPE_MAX     127   /* bytes, RFC 6838 §4.2 */
#define CHANNEL_RRULE_MAX          512   /* bytes */
#define CHANNEL_DATES_MAX          128   /* of EXDATE, and of RDATE, of an event */
#define CHANNEL_ZONE_MAX           64    /* bytes of a time zone's name */
#define CHANNEL_PATH_MAX           160   /* bytes of a field path */
#define CHANNEL_CANVAS_MAX         16384 /* units, each side */
#define CHANNEL_ITEM_DURATION_MAX  (INT64_C(24) * 60 * 60 * 1000) /* ms */
#define CHANNEL_TRANSITION_MAX     10000                          /* ms */
#define CHANNEL_KEY_SIZE           32                             /* bytes */
#define CHANNEL_OBJECT_LENGTH_MAX  (INT64_C(64) << 30)            /* bytes of ciphertext */
#define CHANNEL_HASH_SIZE          32                             /* bytes, SHA-256 */
#define CHANNEL_METRIC_LABEL_MAX   100                            /* bytes */
#define CHANNEL_METRIC_POINTER_MAX 200                            /* bytes */
#define CHANNEL_METRIC_FORMAT_MAX  64                             /* bytes */

enum channel_kind {
    CHANNEL_IMAGE,
    CHANNEL_VIDEO,  /* also an animation */
    CHANNEL_METRIC, /* a value of a feed, large */
    CHANNEL_KINDS,  /* their count; channel/kind.h has a row of each */
};

enum channel_fit {
    CHANNEL_CONTAIN, /* the default: all of it, with borders */
    CHANNEL_COVER,   /* fills the zone, cut at the edges */
    CHANNEL_FILL,    /* stretched */
};

enum channel_transition_kind {
    CHANNEL_CUT, /* the default */
    CHANNEL_CROSSFADE,
};

struct channel_object {
    char name[CHANNEL_NAME_MAX + 1];
    uint8_t sha256[CHANNEL_HASH_SIZE];           /* of the ciphertext */
    uint64_t length;                             /* bytes of ciphertext */
    uint8_t key[CHANNEL_KEY_SIZE];               /* secret */
    char media_type[CHANNEL_MEDIA_TYPE_MAX + 1]; /* "" when not given */
};

/* A value that the headend gives, live (feeds/). */
struct channel_feed {
    char name[CHANNEL_NAME_MAX + 1];
};

/* What of a feed is shown (channel/metric.h). */
struct channel_metric {
    const struct channel_feed *feed;
    char label[CHANNEL_METRIC_LABEL_MAX + 1];     /* "" none */
    char pointer[CHANNEL_METRIC_POINTER_MAX + 1]; /* RFC 6901; "" the whole value */
    char format[CHANNEL_METRIC_FORMAT_MAX + 1];
};

struct channel_item {
    char id[CHANNEL_NAME_MAX + 1]; /* unique in its playlist */
    enum channel_kind kind;
    const struct channel_object *object; /* NULL where its kind needs none */
    struct channel_metric *metric;       /* of CHANNEL_METRIC; else NULL */
    int64_t duration_ms;                 /* 0: a video's own length; an image always has one */
    enum channel_fit fit;
    double volume;                           /* 0 … 1; 1 when not given */
    enum channel_transition_kind transition; /* into this item */
    int64_t transition_ms;                   /* 0 for a cut */
};

struct channel_playlist {
    char name[CHANNEL_NAME_MAX + 1];
    bool wall_clock; /* asked for: see channel_playlist_position */
    struct channel_item *items;
    size_t item_count; /* may be 0 */
    int64_t total_ms;  /* sum of the durations; 0 when one of them is not known */
};

struct channel_zone {
    char id[CHANNEL_NAME_MAX + 1]; /* unique in its layout */
    int32_t x, y;                  /* canvas units; may lie outside */
    uint32_t width, height;        /* canvas units, at least 1 */
    int32_t z;                     /* higher is nearer to the viewer */
    const struct channel_playlist *playlist;
};

struct channel_layout {
    char name[CHANNEL_NAME_MAX + 1];
    struct channel_zone *zones; /* in the order of z, then of the document */
    size_t zone_count;          /* at least 1 */
};

struct channel_event {
    const struct channel_layout *layout;
    struct _icaltimezone *zone; /* of its times, libical's; NULL: the display point's */
    struct channel_duration duration;
    struct channel_rule rule; /* freq RULE_NONE where it does not recur */
    char *rule_text;          /* as it was written; NULL where it does not recur */
    int64_t *dates; /* where it begins beside the rule: dtstart without a rule, and RDATE; in order */
    size_t date_count;
    int64_t *exceptions; /* EXDATE: where it does not begin, in order */
    size_t exception_count;
    int32_t priority; /* higher wins; 0 when not given */
};

struct channel_skipped {
    char path[CHANNEL_PATH_MAX];     /* e.g. "playlists.welcome.items[3]" */
    char kind[CHANNEL_NAME_MAX + 1]; /* the unknown kind, printable */
};

struct channel_manifest {
    uint8_t digest[CHANNEL_HASH_SIZE]; /* SHA-256 of its text, by whoever opened it (sync); zeros: not made */
    char channel[CHANNEL_NAME_MAX + 1];
    char title[CHANNEL_TITLE_MAX + 1]; /* "" when not given */
    int64_t version;                   /* for people and reports; 0 when not given */
    uint32_t width, height;            /* canvas units */
    bool fill;                         /* the canvas takes the display's shape, and its zones with it */
    uint32_t background;               /* 0xRRGGBB; black when not given */
    struct channel_object *objects;
    size_t object_count;
    struct channel_feed *feeds;
    size_t feed_count;
    struct channel_playlist *playlists;
    size_t playlist_count;
    struct channel_layout *layouts;
    size_t layout_count; /* at least 1 */
    struct channel_event *schedule;
    size_t event_count;
    const struct channel_layout *default_layout;
    struct channel_skipped *skipped;
    size_t skipped_count;
    size_t skipped_total;
};

/* NULL with PP_E_INVALID or PP_E_LIMIT. */
struct channel_manifest *channel_manifest_parse(const void *json, size_t size, struct pp_error *error);
/* NULL is allowed. */
void channel_manifest_destroy(struct channel_manifest *manifest);
PP_DEFINE_AUTO(channel_manifest, struct channel_manifest, channel_manifest_destroy)

/* Whether `text` can be a channel id or name: 1 … CHANNEL_NAME_MAX letters, digits, '.', '_', '-', and does
 * not begin with '.'. */
bool channel_name_valid(const char *text);

#endif
