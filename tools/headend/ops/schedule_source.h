/*
 * What a channel's schedule is asked of: a manifest as screens read it (firmware/channel), and what its items are
 * called here. Either what was published as some version, or the draft as publishing it now would make it. Callers
 * hold db_lock.
 */
#ifndef HEADEND_OPS_SCHEDULE_SOURCE_H
#define HEADEND_OPS_SCHEDULE_SOURCE_H

#include "channel/timeline.h"
#include "headend/base/secret.h"
#include "headend/ops/channel.h"

/* Of an object: "o1" is the first. */
struct schedule_object {
    char content[UUID_TEXT_SIZE]; /* "" of a file */
    char name[TEXT_NAME_MAX + 1];
};

struct schedule_source {
    struct channel_manifest *manifest;
    cJSON *schedule; /* its events as they were written ... */
    int own;         /* ... of which so many were described; those behind are made of items' validity */
    struct schedule_object *objects;
    size_t object_count;
    bool draft, plain; /* plain: a list without layouts of its own, whose schedule its validity has made */
    int64_t changed;   /* s since 1970; 0: never */
    int64_t version;   /* of what is published; or of the draft, 0: nobody has made one */
};
void schedule_source_finish(struct schedule_source *source);
#define schedule_source_auto PP_CLEANUP(schedule_source_finish)

/* PP_E_NOTFOUND where that version is not kept, or nothing is published (0). */
PP_MUST_USE bool schedule_source_published(struct db *db, const char *channel, int64_t version,
                                           struct schedule_source *source, struct pp_error *error);
/* PP_E_STATE, in the words in which publishing would be refused, where it would. */
PP_MUST_USE bool schedule_source_draft(struct db *db, const struct channel *channel,
                                       struct schedule_source *source, struct pp_error *error);
/* NULL where the item's object is not known. Borrowed. */
const struct schedule_object *schedule_source_object(const struct schedule_source *source,
                                                     const struct channel_item *item);

/* The time zones of the channel's screens, the one with the most first: [{"time_zone": "Europe/Paris", "screens": 3}],
 * at most SCHEDULE_ZONES_MAX. NULL on failure. */
#define SCHEDULE_ZONES_MAX 32
cJSON *schedule_zones(struct db *db, const char *channel, struct pp_error *error);

/* Wall time of a zone as JSON: "2026-03-29T03:30:00". */
void schedule_add_wall(cJSON *object, const char *name, const char *time_zone, int64_t utc);
void schedule_add_time(cJSON *object, const char *name, int64_t utc);

#endif
