/*
 * Calendars (iCalendar, RFC 5545) as schedules, and schedules as calendars:
 *
 *   BEGIN:VCALENDAR                                      {"dtstart": "2026-01-05T08:00:00", "duration": "PT12H",
 *   BEGIN:VEVENT                                          "rrule": "FREQ=WEEKLY;BYDAY=MO,TU", "priority": 10,
 *   DTSTART:20260105T080000                               "exdate": ["2026-12-25T08:00:00"], "layout": "day"}
 *   DURATION:PT12H
 *   RRULE:FREQ=WEEKLY;BYDAY=MO,TU
 *   EXDATE:20261225T080000
 *   SUMMARY:day
 *   CATEGORIES:Priority 10
 *   END:VEVENT
 *   END:VCALENDAR
 *
 * Out, each event is its layout's name, with its rule as it stands, in floating time unless it has a zone of its own,
 * which is named as the IANA database has it, without a VTIMEZONE (as RFC 7809 has it). In, only what says when is
 * taken, and SUMMARY and CATEGORIES, by which a person chooses the layout; all else is passed over. An event that no
 * manifest could have is refused by itself, in words: a time zone that is unknown, a rule that
 * screens do not take, changes of all that follow (RANGE=THISANDFUTURE). A changed occurrence becomes an event of its
 * own, and an exception of the other.
 */
#ifndef HEADEND_INGEST_CALENDAR_H
#define HEADEND_INGEST_CALENDAR_H

#include "base/buf.h"
#include "base/json.h"

#define CALENDAR_SIZE_MAX   (1024 * 1024) /* bytes */
#define CALENDAR_EVENTS_MAX 10000
#define CALENDAR_TAKEN_MAX  512 /* of them; those behind are refused */
#define CALENDAR_LINE_MAX                                                                                    \
    8192 /* bytes of an unfolded line; an event is refused for a longer one of its own */
#define CALENDAR_TEXT_MAX    100               /* bytes of a summary or a category; the rest is cut */
#define CALENDAR_DATES_MAX   256               /* of one event's EXDATE, and RDATE */
#define CALENDAR_WRITTEN_MAX (2 * 1024 * 1024) /* bytes */

/* {"events": [{"summary": "Sale", "categories": ["Shop"], "priority": 10, "entry": {…} | null, "refusal": null | "…"}],
 *  "cancelled": 2}. The caller deletes it. NULL with PP_E_INVALID where it is no calendar, and PP_E_LIMIT where it has
 * too many events. */
cJSON *calendar_read(const void *data, size_t size, struct pp_error *error);

struct calendar_out {
    const char *channel, *title; /* the id makes the events' UIDs, which stay */
    const cJSON *schedule;       /* of a manifest that screens take */
    int count;                   /* of its events, that are written */
    int64_t changed;             /* s since 1970 */
};
PP_MUST_USE bool calendar_write(const struct calendar_out *calendar, struct pp_buf *text,
                                struct pp_error *error);

#endif
