/* Time zones as Outlook and Exchange name them: "W. Europe Standard Time". Those that people meet; what each is in the
 * IANA database is what the Unicode CLDR says for the zone as a whole (windowsZones, territory 001). */
#ifndef HEADEND_INGEST_CALENDAR_ZONES_H
#define HEADEND_INGEST_CALENDAR_ZONES_H

#include <stddef.h>

/* NULL where it is none of them. */
const char *calendar_zone_of_windows(const char *name);
/* The `index`th of the table, for those who hold it against the database; NULL behind the last. */
const char *calendar_zone_at(size_t index);

#endif
