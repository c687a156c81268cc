/*
 * Recurrence rules (RFC 5545 §3.3.10) for libical, which searches some of them wrongly and some without end.
 * Times are wall times, counted in s since 1970 as if they were UTC. Internal.
 */
#ifndef PP_CHANNEL_RULE_H
#define PP_CHANNEL_RULE_H

#include <libical/ical.h>

#include "channel/schedule.h"

#define RULE_DAY_S           (24 * 60 * 60)
#define RULE_LOOK_AHEAD_DAYS 8 /* a question looks no further for the next occurrence */
#define RULE_LOOK_BACK_DAYS  2 /* and so far back beyond the duration: zones and daylight saving */

struct icaltimetype rule_time(int64_t seconds);
int64_t rule_seconds(const struct icaltimetype *time);
int64_t rule_event_start(const struct channel_event *event);

/* The rule as it is written. */
bool rule_parse(const char *text, struct icalrecurrencetype *rule);
/* Puts a rule that was checked into the form that libical searches rightly and fast. */
void rule_prepare(struct icalrecurrencetype *rule, const struct channel_local_time *start);
/* Where an iterator of a prepared rule begins. */
int64_t rule_start(const struct channel_event *event, const struct icalrecurrencetype *rule);
/* Where it may be set to, at `from` or before; `start` is rule_start and before `from`. */
int64_t rule_jump(const struct icalrecurrencetype *rule, int64_t start, int64_t from);

#endif
