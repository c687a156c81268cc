/*
 * The time zones that people choose from: those of the system's zone.tab, one or more for each country, and UTC. Read
 * once; without the tz database the list is empty, and a zone is typed.
 */
#ifndef HEADEND_PAGES_TIME_ZONES_H
#define HEADEND_PAGES_TIME_ZONES_H

#include "base/buf.h"
#include "base/mem.h"
#include "headend/base/text.h"

#define TIME_ZONES_DIR      "/usr/share/zoneinfo"
#define TIME_ZONES_FILE_MAX (256 * 1024) /* bytes of zone.tab */
#define TIME_ZONES_MAX      1000         /* in the list; what is beyond is left out */

struct time_zones {
    char (*names)[TIME_ZONE_MAX + 1]; /* sorted */
    size_t count;
};

/* Of a folder like TIME_ZONES_DIR. False only where memory is short. */
PP_MUST_USE bool time_zones_load(struct time_zones *zones, const char *dir, struct pp_error *error);
void time_zones_finish(struct time_zones *zones);
#define time_zones_auto PP_CLEANUP(time_zones_finish)

/* The zone that a person means: a name of the tz database, or one of the list in any case, with spaces for its
 * underscores, or only its last part ("new york"), where that is one zone's. False where it is none. */
bool time_zones_find(const struct time_zones *zones, const char *typed, char zone[TIME_ZONE_MAX + 1]);

/* <option> elements of all. */
PP_MUST_USE bool time_zones_options(const struct time_zones *zones, struct pp_buf *out,
                                    struct pp_error *error);

#endif
